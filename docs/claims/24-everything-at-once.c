/* Claim 24: must everything be read at once, after an edge? */
#include "experiment.h"

#define SIZE 10240 /* bytes; one turn reads a tenth */

int main(void) {
    static char data[SIZE];
    int server, client, epfd = epoll_create1(0), reports = 0, turns = 0, told;
    size_t got = 0;
    ssize_t n;
    predicted("no: it must be remembered who is not finished; then one report "
              "is enough");
    tcp_pair(&server, &client);
    nonblocking(server);
    need(set_interest(epfd, EPOLL_CTL_ADD, server, EPOLLIN | EPOLLET) == 0,
         "epoll_ctl");
    need(send(client, data, SIZE, 0) == SIZE, "send");
    for (int ms = 0;
         ms < PATIENCE_MS && recv(server, data, SIZE, MSG_PEEK) < SIZE; ms++)
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    told = epoll_report(epfd, PATIENCE_MS) == EPOLLIN;
    while (told) { /* the ready list of our own: one entry, or none */
        n = recv(server, data, SIZE / 10, 0);
        if (n < 0 && errno == EAGAIN)
            break;
        need(n > 0, "recv");
        got += (size_t)n;
        turns++;
        reports += epoll_report(epfd, 0) != 0; /* others could be served here */
    }
    seen(got == SIZE && turns == 10,
         "%zu of %d bytes in %d turns, others in between", got, SIZE, turns);
    seen(told && reports == 0, "reports: 1, and then %d", reports);
    return outcome();
}
