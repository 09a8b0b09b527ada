/* Claim 30: does epoll know more events than poll? */
#include "experiment.h"

static void compare(const char *what, int fd) {
    const int all = POLLIN | POLLPRI | POLLOUT | POLLRDHUP;
    int epfd = epoll_create1(0), by_poll, by_epoll;
    need(set_interest(epfd, EPOLL_CTL_ADD, fd, (uint32_t)all) == 0,
         "epoll_ctl");
    by_poll = report(fd, all, 0);
    by_epoll = epoll_report(epfd, 0);
    seen(by_poll == by_epoll, "%s: poll %s, epoll %s", what, names(by_poll),
         names(by_epoll));
    close(epfd);
}

int main(void) {
    int server, client;
    predicted("the same names, the same bits, the same answers");
    seen(EPOLLIN == POLLIN && EPOLLPRI == POLLPRI && EPOLLOUT == POLLOUT &&
             EPOLLERR == POLLERR && EPOLLHUP == POLLHUP &&
             EPOLLRDHUP == POLLRDHUP,
         "IN, PRI, OUT, ERR, HUP, RDHUP: equal in value");
    tcp_pair(&server, &client);
    need(send(client, "ab", 2, 0) == 2 && send(client, "!", 1, MSG_OOB) == 1,
         "send");
    await(server, POLLIN | POLLPRI);
    compare("data, and an urgent byte", server);
    close(client);
    await(server, POLLRDHUP);
    compare("and the end", server);
    tcp_pair(&server, &client);
    reset(client);
    await(server, POLLERR);
    compare("a RST", server);
    return outcome();
}
