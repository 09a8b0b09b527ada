/* Claim 5: is what one sends lost while the client does not receive? */
#include "experiment.h"

#define CHUNK 4096

int main(void) {
    static char data[CHUNK];
    int server, client;
    size_t sent = 0, got = 0, wrong = 0;
    ssize_t n;
    predicted("the kernel keeps it, until it is full; then it says so, and "
              "loses nothing");
    tcp_pair(&server, &client);
    nonblocking(server);
    do {
        for (size_t i = 0; i < CHUNK; i++)
            data[i] = (char)((sent + i) * 7);
        n = send(server, data, CHUNK, 0);
        sent += n > 0 ? (size_t)n : 0;
    } while (n > 0);
    seen(errno == EAGAIN && sent > 0,
         "nobody reads: %zu bytes were taken, then send said EAGAIN", sent);
    report(server, POLLIN, SOON_MS); /* the client is in no hurry */
    close(server);
    while ((n = recv(client, data, CHUNK, 0)) > 0)
        for (ssize_t i = 0; i < n; i++)
            wrong += data[i] != (char)(got++ * 7);
    seen(got == sent && wrong == 0,
         "the client reads at last: %zu bytes, %zu of them wrong", got, wrong);
    return outcome();
}
