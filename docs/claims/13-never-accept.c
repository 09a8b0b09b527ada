/* Claim 13: is a listener reported for ever, if nobody calls accept? */
#include "experiment.h"

#define WAITS 1000

static int told(int fd) {
    struct timeval none = {0};
    fd_set set;
    FD_ZERO(&set);
    FD_SET(fd, &set);
    return select(fd + 1, &set, NULL, NULL, &none);
}

int main(void) {
    struct sockaddr_in where;
    int fd = listener_at(&where, 8), client, count = 0;
    nonblocking(fd); /* an accept in vain must not wait */
    predicted("yes: the report is a state, and only accept changes it");
    client = connect_to(&where);
    await(fd, POLLIN);
    for (int i = 0; i < WAITS; i++)
        count += told(fd);
    seen(count == WAITS, "one client, no accept: reported by %d of %d calls",
         count, WAITS);
    close(client);
    seen(told(fd) == 1, "the client has left: reported, still");
    need(accept(fd, NULL, NULL) >= 0, "accept");
    seen(told(fd) == 0, "after accept: not reported");
    return outcome();
}
