/* Claim 17: what is put into the second set of select, does it come back next time? */
#include "experiment.h"

static int writable(int fd) {
    struct timeval limit = {.tv_usec = SOON_MS * 1000};
    fd_set set;
    FD_ZERO(&set);
    FD_SET(fd, &set);
    return select(fd + 1, NULL, &set, NULL, &limit);
}

int main(void) {
    static char data[4096];
    int server, client;
    predicted("it comes back when it has room: at once as a rule, not while "
              "the peer does not read");
    tcp_pair(&server, &client);
    nonblocking(server);
    nonblocking(client);
    seen(writable(server) == 1, "a new connection: it comes back");
    do {
        while (send(server, data, sizeof data, 0) > 0)
            continue;
    } while (writable(server) == 1);
    seen(writable(server) == 0,
         "the client does not read, all buffers are full: it does not");
    for (int i = 0; i < 50 && writable(server) == 0; i++)
        while (recv(client, data, sizeof data, 0) > 0)
            continue;
    seen(writable(server) == 1, "the client has read: it comes back");
    return outcome();
}
