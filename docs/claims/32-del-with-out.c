/* Claim 32: EPOLL_CTL_DEL with EPOLLOUT: is it told then, when one may write? */
#include "experiment.h"

int main(void) {
    int server, client, epfd = epoll_create1(0), mask, status;
    predicted("DEL looks at no events: the descriptor is gone from the list, "
              "and silent");
    tcp_pair(&server, &client);
    need(set_interest(epfd, EPOLL_CTL_ADD, server, EPOLLIN) == 0, "epoll_ctl");
    status = set_interest(epfd, EPOLL_CTL_DEL, server, EPOLLOUT);
    seen(status == 0, "DEL with EPOLLOUT: %d", status);
    need(send(client, "x", 1, 0) == 1, "send");
    await(server, POLLIN | POLLOUT);
    mask = epoll_report(epfd, SOON_MS);
    seen(mask == 0, "it can be written, and data has come: %s", names(mask));
    status = set_interest(epfd, EPOLL_CTL_MOD, server, EPOLLOUT);
    seen(status == -1 && errno == ENOENT, "MOD, now: %s", strerror(errno));
    return outcome();
}
