/* Claim 35: does the descriptor in an event name the client? A batch of two events;
 * while the first is handled, the second client is closed, and a new one accepted. */
#include "experiment.h"

int main(void) {
    struct epoll_event events[2];
    struct sockaddr_in where;
    int listener = listener_at(&where, 8), server[2], client[2],
        epfd = epoll_create1(0);
    int second, fresh, copy, mask;
    char byte;
    ssize_t n;
    predicted("only while it is open: a number is given out again; and a dup "
              "keeps the old one");
    for (int i = 0; i < 2; i++) {
        tcp_pair(&server[i], &client[i]);
        need(set_interest(epfd, EPOLL_CTL_ADD, server[i], EPOLLIN) == 0,
             "epoll_ctl");
        need(send(client[i], "x", 1, 0) == 1, "send");
        await(server[i], POLLIN);
    }
    connect_to(&where);
    need(epoll_wait(epfd, events, 2, PATIENCE_MS) == 2, "epoll_wait");
    second = events[1].data.fd;
    close(second); /* the handler of the first event does that, and accepts */
    fresh = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
    seen(fresh == second, "closed %d, then accept gave %d to a new client",
         second, fresh);
    n = recv(events[1].data.fd, &byte, 1, 0);
    seen(n < 0 && errno == EAGAIN,
         "the second event says %d is readable; recv there: %s", second,
         n < 0 ? strerror(errno) : "a byte");
    copy = dup(events[0].data.fd);
    close(events[0].data.fd);
    mask = epoll_report(epfd, SOON_MS);
    seen(copy >= 0 && mask == EPOLLIN,
         "closed the first, but a dup is open: still reported: %s",
         names(mask));
    return outcome();
}
