/* Claim 37: a hundred connections, two are active. What does epoll_wait hand over? */
#include "experiment.h"

#define PAIRS 100

int main(void) {
    struct epoll_event events[PAIRS];
    int server[PAIRS], client[PAIRS], epfd = epoll_create1(0), n;
    predicted("those two, and nothing else");
    for (int i = 0; i < PAIRS; i++) {
        struct epoll_event event = {.events = EPOLLIN, .data.u64 = (uint64_t)i};
        tcp_pair(&server[i], &client[i]);
        need(epoll_ctl(epfd, EPOLL_CTL_ADD, server[i], &event) == 0,
             "epoll_ctl");
    }
    need(send(client[7], "x", 1, 0) == 1, "send");
    await(server[7], POLLIN);
    need(send(client[93], "x", 1, 0) == 1, "send");
    await(server[93], POLLIN);
    n = epoll_wait(epfd, events, PAIRS, PATIENCE_MS);
    seen(n == 2, "of %d, epoll_wait returned %d", PAIRS, n);
    if (n == 2)
        seen(events[0].data.u64 == 7 && events[1].data.u64 == 93,
             "number %d and number %d", (int)events[0].data.u64,
             (int)events[1].data.u64);
    return outcome();
}
