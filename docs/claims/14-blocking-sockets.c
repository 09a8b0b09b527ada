/* Claim 14: does multiplexing work only with non-blocking sockets? */
#include "experiment.h"

#define LARGE (32 << 20) /* bytes: more than the kernel's buffers hold */
#define LIMIT_MS                                                               \
    100 /* so long may a call wait here: without, it has no end   \
                      */

/* Lets the calls on fd that wait give up after LIMIT_MS, socket(7). */
static void limit(int fd, int option) {
    struct timeval most = {.tv_usec = LIMIT_MS * 1000};
    need(setsockopt(fd, SOL_SOCKET, option, &most, sizeof most) == 0,
         "setsockopt");
}

int main(void) {
    static char data[LARGE];
    struct sockaddr_in where;
    int server, client, fd, mask;
    double start;
    char byte;
    predicted(
        "it works; but a blocking socket waits where ready does not hold, "
        "or not for all");
    tcp_pair(&server, &client);
    need(send(client, "x", 1, 0) == 1, "send");
    mask = report(server, POLLIN, PATIENCE_MS);
    seen(mask == POLLIN && recv(server, &byte, 1, 0) == 1,
         "a blocking socket: %s, and recv returns", names(mask));
    limit(server, SO_SNDTIMEO);
    mask = report(server, POLLOUT, 0);
    start = now_ms();
    need(send(server, data, LARGE, 0) < LARGE, "the buffers hold too much");
    seen(mask == POLLOUT && now_ms() - start >= LIMIT_MS - 1,
         "the same socket: %s, and send of %d MiB waits, until our limit",
         names(mask), LARGE >> 20);
    fd = listener_at(&where, 8);
    limit(fd, SO_RCVTIMEO);
    client = connect_to(&where);
    mask = report(fd, POLLIN, PATIENCE_MS);
    need(accept(fd, NULL, NULL) >= 0, "accept"); /* as another process would */
    start = now_ms();
    seen(mask == POLLIN && accept(fd, NULL, NULL) < 0 &&
             now_ms() - start >= LIMIT_MS - 1,
         "a listener: %s, somebody else takes the client, accept waits, too",
         names(mask));
    return outcome();
}
