/* Claim 6: must the interest go to OUT and back for each answer? System calls of
 * 100 echoes, one client: the documents' way, and send at once. */
#include "experiment.h"

#define ECHOES 100

static int calls;

static int ready(int epfd) {
    calls++;
    return epoll_report(epfd, PATIENCE_MS);
}

static void turn(int epfd, int fd, uint32_t events) {
    calls++;
    need(set_interest(epfd, EPOLL_CTL_MOD, fd, events) == 0, "epoll_ctl");
}

/* One echo by the server: to and fro, or at once. */
static void echo(int epfd, int fd, int to_and_fro) {
    char byte;
    while (!(ready(epfd) & EPOLLIN))
        continue;
    calls++;
    need(recv(fd, &byte, 1, 0) == 1, "recv");
    if (to_and_fro) {
        turn(epfd, fd, EPOLLIN | EPOLLOUT);
        while (!(ready(epfd) & EPOLLOUT))
            continue;
    }
    calls++;
    need(send(fd, &byte, 1, 0) == 1, "send");
    if (to_and_fro)
        turn(epfd, fd, EPOLLIN);
}

int main(void) {
    int server, client, epfd = epoll_create1(0), needed[2];
    predicted("to and fro: 6 for each echo; send at once: 3, as a socket "
              "mostly has room");
    tcp_pair(&server, &client);
    need(set_interest(epfd, EPOLL_CTL_ADD, server, EPOLLIN) == 0, "epoll_ctl");
    for (int way = 0; way < 2; way++) {
        calls = 0;
        for (int i = 0; i < ECHOES; i++) {
            char byte = 'x';
            need(send(client, &byte, 1, 0) == 1, "send");
            echo(epfd, server, way);
            need(recv(client, &byte, 1, 0) == 1, "recv");
        }
        needed[way] = calls;
    }
    seen(needed[1] == 6 * ECHOES, "%d echoes, to and fro: %d system calls",
         ECHOES, needed[1]);
    seen(needed[0] == 3 * ECHOES, "%d echoes, send at once: %d system calls",
         ECHOES, needed[0]);
    return outcome();
}
