/* Claim 11: do select and epoll ask all the sockets again and again? */
#include "experiment.h"
#include <sys/resource.h>

#define WATCHED 500
#define WAIT_MS 200

static long sleeps(void) {
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return used.ru_nvcsw;
}

int main(void) {
    struct timeval limit = {.tv_usec = WAIT_MS * 1000};
    int ends[2], fd = 0, epfd = epoll_create1(0);
    fd_set set;
    double cpu;
    long slept;
    predicted("%d idle descriptors, %d ms: they sleep, and almost no processor "
              "time goes",
              WATCHED, WAIT_MS);
    need(pipe(ends) == 0 && epfd >= 0, "pipe");
    FD_ZERO(&set);
    for (int i = 0; i < WATCHED; i++) {
        fd = dup(ends[0]);
        need(fd >= 0 && fd < FD_SETSIZE, "dup");
        FD_SET(fd, &set);
        need(set_interest(epfd, EPOLL_CTL_ADD, fd, EPOLLIN) == 0, "epoll_ctl");
    }
    cpu = cpu_ms();
    slept = sleeps();
    need(select(fd + 1, &set, NULL, NULL, &limit) == 0, "select");
    seen(cpu_ms() - cpu < WAIT_MS / 10.0 && sleeps() - slept >= 1,
         "select: %.2f ms of processor time, it slept %ld times",
         cpu_ms() - cpu, sleeps() - slept);
    cpu = cpu_ms();
    slept = sleeps();
    need(epoll_report(epfd, WAIT_MS) == 0, "epoll_wait");
    seen(cpu_ms() - cpu < WAIT_MS / 10.0 && sleeps() - slept >= 1,
         "epoll_wait: %.2f ms of processor time, it slept %ld times",
         cpu_ms() - cpu, sleeps() - slept);
    return outcome();
}
