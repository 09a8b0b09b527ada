/* Claim 38: is epoll the fastest, always? One call for 500 descriptors, of which
 * one is ready, or all. */
#include "experiment.h"

#define WATCHED 500
#define CALLS 200

static struct pollfd list[WATCHED];
static struct epoll_event events[WATCHED];

/* Microseconds of processor time for one call that finds so many ready. */
static double by_poll(int ready) {
    double start = cpu_ms();
    for (int i = 0; i < CALLS; i++)
        need(poll(list, WATCHED, 0) == ready, "poll");
    return (cpu_ms() - start) * 1e3 / CALLS;
}

static double by_epoll(int epfd, int ready) {
    double start = cpu_ms();
    for (int i = 0; i < CALLS; i++)
        need(epoll_wait(epfd, events, WATCHED, 0) == ready, "epoll_wait");
    return (cpu_ms() - start) * 1e3 / CALLS;
}

int main(void) {
    int idle[2], busy[2];
    double p, e;
    predicted("of many, few are ready: by far; all are ready: it has no "
              "advantage left");
    need(pipe(idle) == 0 && pipe(busy) == 0 && write(busy[1], "x", 1) == 1,
         "pipe");
    for (int all = 0; all < 2; all++) {
        int epfd = epoll_create1(0), ready = all ? WATCHED : 1;
        for (int i = 0; i < WATCHED; i++) {
            list[i].fd = dup(i < ready ? busy[0] : idle[0]);
            list[i].events = POLLIN;
            need(list[i].fd >= 0, "dup");
            need(set_interest(epfd, EPOLL_CTL_ADD, list[i].fd, EPOLLIN) == 0,
                 "epoll_ctl");
        }
        p = by_poll(ready);
        e = by_epoll(epfd, ready);
        seen(all ? e > p / 2 : e < p / 3,
             "%3d of %d ready: poll %.1f us, epoll %.1f us", ready, WATCHED, p,
             e);
        for (int i = 0; i < WATCHED; i++)
            close(list[i].fd);
        close(epfd);
    }
    return outcome();
}
