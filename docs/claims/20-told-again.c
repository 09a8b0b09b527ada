/* Claim 20: an edge was told, and nobody reads. What makes epoll tell it again? */
#include "experiment.h"

int main(void) {
    int server, client, epfd = epoll_create1(0), mask;
    const uint32_t edge = EPOLLIN | EPOLLET;
    predicted("a new arrival, or MOD, also with the same mask");
    tcp_pair(&server, &client);
    need(set_interest(epfd, EPOLL_CTL_ADD, server, edge) == 0, "epoll_ctl");
    need(send(client, "x", 1, 0) == 1, "send");
    epoll_report(epfd, PATIENCE_MS);
    mask = epoll_report(epfd, SOON_MS);
    seen(mask == 0, "told once, asked again: %s", names(mask));
    need(set_interest(epfd, EPOLL_CTL_MOD, server, edge) == 0, "epoll_ctl");
    mask = epoll_report(epfd, SOON_MS);
    seen(mask == EPOLLIN, "after MOD with the same mask: %s", names(mask));
    need(send(client, "x", 1, 0) == 1, "send");
    mask = epoll_report(epfd, PATIENCE_MS);
    seen(mask == EPOLLIN, "after one byte more: %s", names(mask));
    return outcome();
}
