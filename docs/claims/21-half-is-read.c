/* Claim 21: half of what came is read. Does epoll tell of the rest? */
#include "experiment.h"

#define WHOLE 50000 /* bytes; a pipe holds 65536 */

static int rest(uint32_t interest) {
    static char data[WHOLE];
    int ends[2], epfd = epoll_create1(0);
    need(pipe(ends) == 0 && epfd >= 0, "pipe");
    need(set_interest(epfd, EPOLL_CTL_ADD, ends[0], interest) == 0,
         "epoll_ctl");
    need(write(ends[1], data, WHOLE) == WHOLE, "write");
    need(epoll_report(epfd, PATIENCE_MS) == EPOLLIN, "the first report");
    need(read(ends[0], data, WHOLE / 2) == WHOLE / 2, "read");
    return epoll_report(epfd, SOON_MS);
}

int main(void) {
    int level, edge;
    predicted("level-triggered: yes; edge-triggered: no");
    level = rest(EPOLLIN);
    seen(level == EPOLLIN, "level: %d of %d bytes are left: %s", WHOLE / 2,
         WHOLE, names(level));
    edge = rest(EPOLLIN | EPOLLET);
    seen(edge == 0, "edge:  %d of %d bytes are left: %s", WHOLE / 2, WHOLE,
         names(edge));
    return outcome();
}
