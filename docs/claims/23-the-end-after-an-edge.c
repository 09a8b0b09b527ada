/* Claim 23: may an edge be lost? Two bytes and the end of the stream come together;
 * the server reads once. */
#include "experiment.h"

static void play(const char *what, uint32_t interest, int again) {
    int server, client, epfd = epoll_create1(0), mask;
    char buf[64];
    ssize_t n;
    tcp_pair(&server, &client);
    nonblocking(server);
    need(send(client, "hi", 2, 0) == 2 && shutdown(client, SHUT_WR) == 0,
         "send");
    await(server, POLLIN | POLLRDHUP);
    need(set_interest(epfd, EPOLL_CTL_ADD, server, interest) == 0, "epoll_ctl");
    need(epoll_report(epfd, PATIENCE_MS) & EPOLLIN, "the first report");
    need(recv(server, buf, sizeof buf, 0) == 2,
         "recv"); /* short: all is read? */
    mask = epoll_report(epfd, SOON_MS);
    n = recv(server, buf, sizeof buf, 0);
    seen((mask != 0) == again && n == 0,
         "%s: after a short recv: %s; a recv would say: %zd", what, names(mask),
         n);
}

int main(void) {
    int server, client, epfd = epoll_create1(0), mask;
    predicted("the kernel loses nothing, but reminds nobody: the end is there, "
              "and not told");
    play("level", EPOLLIN, 1);
    play("edge ", EPOLLIN | EPOLLET, 0);
    tcp_pair(&server, &client);
    need(send(client, "hi", 2, 0) == 2 && shutdown(client, SHUT_WR) == 0,
         "send");
    await(server, POLLIN | POLLRDHUP);
    need(set_interest(epfd, EPOLL_CTL_ADD, server,
                      EPOLLIN | EPOLLRDHUP | EPOLLET) == 0,
         "epoll_ctl");
    mask = epoll_report(epfd, PATIENCE_MS);
    seen((mask & EPOLLRDHUP) != 0,
         "edge, with RDHUP asked for: the first report says it: %s",
         names(mask));
    return outcome();
}
