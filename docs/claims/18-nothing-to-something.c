/* Claim 18: is an edge only the change from nothing to something? Nobody reads. */
#include "experiment.h"

#define SENDS 5

int main(void) {
    int server, client, epfd = epoll_create1(0), told = 0;
    predicted("each arrival is news, also where data waits already: %d sends, "
              "%d reports",
              SENDS, SENDS);
    tcp_pair(&server, &client);
    need(set_interest(epfd, EPOLL_CTL_ADD, server, EPOLLIN | EPOLLET) == 0,
         "epoll_ctl");
    for (int i = 0; i < SENDS; i++) {
        need(send(client, "x", 1, 0) == 1, "send");
        told += epoll_report(epfd, PATIENCE_MS) == EPOLLIN;
    }
    seen(told == SENDS, "%d sends, a wait after each, no recv: %d reports",
         SENDS, told);
    told = epoll_report(epfd, SOON_MS);
    seen(told == 0, "one more wait, nothing new: %s", names(told));
    return outcome();
}
