/* Claim 12: five clients send in the order 5 4 3 2 1. In which order is a server
 * told, if it was busy with the first while the others sent? And if it was not? */
#include "experiment.h"

#define CLIENTS 5

static int server[CLIENTS + 1], client[CLIENTS + 1], epfd; /* from 1 */
enum way { SELECT, POLL, EPOLL };

/* One wait. Puts the numbers of those who are ready behind what is in order, as a
 * server would meet them, and reads what they sent. */
static void serve(enum way way, char *order) {
    struct epoll_event events[CLIENTS];
    struct pollfd list[CLIENTS];
    int who[CLIENTS], n = 0, most = 0;
    char byte;
    fd_set set;
    FD_ZERO(&set);
    for (int i = 1; i <= CLIENTS; i++) {
        FD_SET(server[i], &set);
        most = server[i] > most ? server[i] : most;
        list[i - 1] = (struct pollfd){.fd = server[i], .events = POLLIN};
    }
    if (way == EPOLL)
        n = epoll_wait(epfd, events, CLIENTS, PATIENCE_MS);
    else if (way == POLL)
        need(poll(list, CLIENTS, PATIENCE_MS) > 0, "poll");
    else
        need(select(most + 1, &set, NULL, NULL, NULL) > 0, "select");
    for (int i = 0; i < n; i++)
        who[i] = events[i].data.fd;
    for (int i = 1; way != EPOLL && i <= CLIENTS; i++)
        if (way == POLL ? list[i - 1].revents != 0
                        : FD_ISSET(server[i], &set) != 0)
            who[n++] = i;
    for (int i = 0; i < n; i++) {
        need(recv(server[who[i]], &byte, 1, 0) == 1, "recv");
        snprintf(order + strlen(order), 12, "%s%d", *order ? " " : "", who[i]);
    }
}

static void ask(int i) {
    need(send(client[i], "x", 1, 0) == 1, "send");
    await(server[i], POLLIN);
}

int main(void) {
    static const char *const names_of[] = {"select", "poll", "epoll"};
    epfd = epoll_create1(0);
    predicted("busy: select and poll 5 1 2 3 4, epoll 5 4 3 2 1; quick: 5 4 3 "
              "2 1 for all");
    for (int i = 1; i <= CLIENTS; i++) {
        struct epoll_event event = {.events = EPOLLIN, .data.fd = i};
        tcp_pair(&server[i], &client[i]);
        need(epoll_ctl(epfd, EPOLL_CTL_ADD, server[i], &event) == 0,
             "epoll_ctl");
    }
    for (enum way way = SELECT; way <= EPOLL; way++) {
        char busy[64] = "", quick[64] = "";
        ask(5);
        serve(way, busy);
        for (int i = 4; i >= 1; i--)
            ask(i); /* meanwhile the server is busy with 5 */
        serve(way, busy);
        for (int i = 5; i >= 1; i--) {
            ask(i);
            serve(way, quick);
        }
        seen(!strcmp(busy, way == EPOLL ? "5 4 3 2 1" : "5 1 2 3 4") &&
                 !strcmp(quick, "5 4 3 2 1"),
             "%-6s busy with 5: %s   quick: %s", names_of[way], busy, quick);
    }
    return outcome();
}
