/* Claim 28: which events does a server with epoll see, from connect to echo? The
 * pairs are the descriptor and the bits: 1 is EPOLLIN, 4 is EPOLLOUT. */
#include "experiment.h"

/* One wait with one event, as "(5, 1)". */
static const char *pair(int epfd) {
    static char text[4][32];
    static int turn;
    char *out = text[turn = (turn + 1) % 4];
    struct epoll_event event;
    need(epoll_wait(epfd, &event, 1, PATIENCE_MS) == 1, "epoll_wait");
    snprintf(out, sizeof text[0], "(%d, %u)", event.data.fd, event.events);
    return out;
}

int main(void) {
    struct sockaddr_in where;
    int fd, epfd, client, server;
    const char *got;
    predicted(
        "(3, 1), then (5, 1), then (5, 4): numbers are given out from below");
    while ((fd = open("/dev/null", O_RDWR)) >= 0 && fd < 3)
        continue; /* 0 to 2 are taken, whatever we were started with */
    for (int i = 3; i < 100; i++)
        close(i);
    fd = listener_at(&where, 8);
    epfd = epoll_create1(0);
    need(set_interest(epfd, EPOLL_CTL_ADD, fd, EPOLLIN) == 0, "epoll_ctl");
    /* The client would be another process: here, out of the way. */
    client = fcntl(connect_to(&where), F_DUPFD, 100);
    close(5);
    got = pair(epfd);
    seen(fd == 3 && epfd == 4 && !strcmp(got, "(3, 1)"),
         "a client connects: %s: the listener", got);
    server = accept(fd, NULL, NULL);
    need(set_interest(epfd, EPOLL_CTL_ADD, server, EPOLLIN | EPOLLET) == 0,
         "epoll_ctl");
    need(send(client, "x", 1, 0) == 1, "send");
    got = pair(epfd);
    seen(!strcmp(got, "(5, 1)"),
         "it sends: %s: it can be read (4 is the epoll instance)", got);
    need(recv(server, &(char){0}, 1, 0) == 1, "recv");
    need(set_interest(epfd, EPOLL_CTL_MOD, server, EPOLLOUT | EPOLLET) == 0,
         "epoll_ctl");
    got = pair(epfd);
    seen(!strcmp(got, "(5, 4)"),
         "the interest is turned to OUT: %s: it can be written", got);
    return outcome();
}
