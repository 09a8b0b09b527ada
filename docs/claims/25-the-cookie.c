/* Claim 25: what does the kernel hand over with an event: the descriptor? */
#include "experiment.h"

int main(void) {
    struct epoll_event event = {.events = EPOLLIN}, back = {0};
    const uint64_t cookie = 0x0123456789abcdef;
    int server, client, epfd = epoll_create1(0);
    predicted("the 64 bits that were given to epoll_ctl, whatever they are");
    tcp_pair(&server, &client);
    event.data.u64 = cookie;
    need(epoll_ctl(epfd, EPOLL_CTL_ADD, server, &event) == 0, "epoll_ctl");
    need(send(client, "x", 1, 0) == 1, "send");
    need(epoll_wait(epfd, &back, 1, PATIENCE_MS) == 1, "epoll_wait");
    seen(back.data.u64 == cookie, "given: %#llx, back: %#llx",
         (unsigned long long)cookie, (unsigned long long)back.data.u64);
    seen(back.events == EPOLLIN && sizeof back <= 16,
         "and %s: %zu bytes in all", names((int)back.events), sizeof back);
    return outcome();
}
