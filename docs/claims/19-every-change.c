/* Claim 19: does an edge tell every change of a buffer? */
#include "experiment.h"

int main(void) {
    char half[512];
    int server, client, epfd = epoll_create1(0), mask;
    predicted("only what comes in, and room after there was none; not what we "
              "take or send");
    tcp_pair(&server, &client);
    need(set_interest(epfd, EPOLL_CTL_ADD, server,
                      EPOLLIN | EPOLLOUT | EPOLLET) == 0,
         "epoll_ctl");
    need(send(client, (char[1024]){0}, 1024, 0) == 1024, "send");
    await(server, POLLIN);
    epoll_report(epfd, PATIENCE_MS);
    need(recv(server, half, sizeof half, 0) == sizeof half, "recv");
    mask = epoll_report(epfd, SOON_MS);
    seen(mask == 0, "we read half: the receive buffer has changed: %s",
         names(mask));
    need(send(server, half, sizeof half, 0) == sizeof half, "send");
    mask = epoll_report(epfd, SOON_MS);
    seen(mask == 0, "we send: the send buffer has changed: %s", names(mask));
    need(recv(client, half, sizeof half, 0) == sizeof half, "recv");
    mask = epoll_report(epfd, SOON_MS);
    seen(mask == 0, "the client reads it: the send buffer is empty again: %s",
         names(mask));
    need(send(client, "x", 1, 0) == 1, "send");
    mask = epoll_report(epfd, PATIENCE_MS);
    seen((mask & EPOLLIN) != 0, "one byte comes: %s", names(mask));
    return outcome();
}
