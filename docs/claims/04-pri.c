/* Claim 4: is POLLPRI a read event like POLLIN? */
#include "experiment.h"

int main(void) {
    int server, client, mask;
    char byte;
    ssize_t n;
    predicted(
        "PRI is an urgent byte, outside of the stream: recv finds nothing");
    tcp_pair(&server, &client);
    nonblocking(server);
    need(send(client, "!", 1, MSG_OOB) == 1, "send");
    await(server, POLLPRI);
    mask = report(server, POLLIN | POLLPRI, 0);
    seen(mask == POLLPRI, "one urgent byte has come: %s", names(mask));
    n = recv(server, &byte, 1, MSG_PEEK);
    seen(n < 0 && errno == EAGAIN, "recv: %s",
         n < 0 ? strerror(errno) : "a byte");
    n = recv(server, &byte, 1, MSG_OOB);
    seen(n == 1 && byte == '!', "recv with MSG_OOB: %zd byte", n);
    return outcome();
}
