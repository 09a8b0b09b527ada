/* Claim 29: is the limit of epoll_wait in seconds? */
#include "experiment.h"

#define LIMIT 50

int main(void) {
    int epfd = epoll_create1(0);
    struct epoll_event event;
    double epoll_took, poll_took, start = now_ms();
    predicted("in milliseconds, as poll's");
    need(epoll_wait(epfd, &event, 1, LIMIT) == 0, "epoll_wait");
    epoll_took = now_ms() - start;
    start = now_ms();
    need(poll(NULL, 0, LIMIT) == 0, "poll");
    poll_took = now_ms() - start;
    seen(epoll_took >= LIMIT - 1 && epoll_took < 100 * LIMIT,
         "epoll_wait with a limit of %d: %.0f ms", LIMIT, epoll_took);
    seen(poll_took >= LIMIT - 1 && poll_took < 100 * LIMIT,
         "poll with a limit of %d: %.0f ms", LIMIT, poll_took);
    return outcome();
}
