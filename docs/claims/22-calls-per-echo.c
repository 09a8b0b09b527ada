/* Claim 22: is edge-triggered more efficient? System calls of a server for each
 * echo, with one client, and with 100 that all send before it looks. */
#include "experiment.h"

#define MOST 100
#define ROUNDS 20

enum way {
    LEVEL,
    DRAIN,
    SHORT
}; /* SHORT: a recv that comes up short is the last */

static int server[MOST], client[MOST], calls;

static void serve(int fd, enum way way) {
    char buf[64];
    ssize_t n;
    do {
        calls++;
        n = recv(fd, buf, sizeof buf, 0);
        if (n > 0) {
            calls++;
            need(send(fd, buf, (size_t)n, 0) == n, "send");
        }
    } while (way == DRAIN ? n > 0 : way == SHORT && n == sizeof buf);
}

/* System calls for each echo. */
static double cost(enum way way, int clients) {
    struct epoll_event events[MOST];
    int epfd = epoll_create1(0);
    char byte = 'x';
    /* SHORT is right only together with EPOLLRDHUP: see claim 23. */
    uint32_t interest = way == LEVEL ? EPOLLIN : EPOLLIN | EPOLLET | EPOLLRDHUP;
    for (int i = 0; i < clients; i++) {
        tcp_pair(&server[i], &client[i]);
        nonblocking(server[i]);
        need(set_interest(epfd, EPOLL_CTL_ADD, server[i], interest) == 0,
             "epoll_ctl");
    }
    calls = 0;
    for (int round = 0; round < ROUNDS; round++) {
        int served = 0;
        for (int i = 0; i < clients; i++)
            need(send(client[i], &byte, 1, 0) == 1, "send");
        for (int i = 0; i < clients; i++)
            await(server[i], POLLIN);
        while (served < clients) {
            int n = epoll_wait(epfd, events, MOST, PATIENCE_MS);
            calls++;
            need(n > 0, "epoll_wait");
            for (int i = 0; i < n; i++)
                serve(events[i].data.fd, way);
            served += n;
        }
        for (int i = 0; i < clients; i++)
            need(recv(client[i], &byte, 1, 0) == 1, "recv");
    }
    for (int i = 0; i < clients; i++) {
        close(server[i]);
        close(client[i]);
    }
    close(epfd);
    return (double)calls / ROUNDS / clients;
}

int main(void) {
    static const char *const what[] = {"level", "edge, until EAGAIN",
                                       "edge, until a short recv"};
    double one[3], many[3];
    predicted("not for an echo: level 3 calls, and 2 with many; an edge saves "
              "none of them,");
    printf("           and to drain until EAGAIN costs one more\n");
    for (enum way way = LEVEL; way <= SHORT; way++) {
        one[way] = cost(way, 1);
        many[way] = cost(way, MOST);
        seen(one[way] >= one[LEVEL] && many[way] >= many[LEVEL] &&
                 (way != DRAIN || many[way] > many[LEVEL] + 0.9),
             "%-24s %.2f calls for an echo with 1 client, %.2f with %d",
             what[way], one[way], many[way], MOST);
    }
    return outcome();
}
