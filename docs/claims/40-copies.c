/* Claim 40: what does each call copy into the kernel, and out again? */
#include "experiment.h"
#include <sys/mman.h>

/* "0", or the name of the error. */
static const char *said(int n) {
    return n >= 0 ? "0" : errno == EFAULT ? "EFAULT" : strerror(errno);
}

int main(void) {
    struct timeval now = {0, 0};
    int server, client, epfd = epoll_create1(0);
    predicted("select and poll read all, and write all; epoll_wait only what"
              " is ready");
    tcp_pair(&server, &client);
    need(set_interest(epfd, EPOLL_CTL_ADD, server, EPOLLIN) == 0, "epoll_ctl");
    fd_set in;
    struct pollfd p = {.fd = server, .events = POLLIN};
    FD_ZERO(&in);
    FD_SET(server, &in);
    int bits = select(server + 1, &in, NULL, NULL, &now);
    need(bits == 0 && poll(&p, 1, 0) == 0, "something is ready");
    seen(
        !FD_ISSET(server, &in) && p.events == POLLIN,
        "nothing is ready: the bit given to select is %s, poll's events are %s",
        FD_ISSET(server, &in) ? "still set" : "gone", names(p.events));
    /* The same again, in memory that we may read, and nobody may write. */
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    need(page != MAP_FAILED, "mmap");
    for (int round = 0; round < 2; round++) {
        int protection = round == 0 ? PROT_READ : PROT_NONE;
        mprotect(page, 4096, PROT_READ | PROT_WRITE);
        memset(page, 0, 4096);
        FD_SET(server, (fd_set *)page);
        mprotect(page, 4096, protection);
        int s = select(server + 1, page, NULL, NULL, &now);
        const char *by_select = said(s);
        mprotect(page, 4096, PROT_READ | PROT_WRITE);
        *(struct pollfd *)page = p;
        mprotect(page, 4096, protection);
        int n = poll(page, 1, 0);
        const char *by_poll = said(n);
        int e = epoll_wait(epfd, page, 1, 0);
        const char *by_epoll = said(e);
        seen(s < 0 && n < 0 && e == 0,
             "memory that cannot be %s: select %s, poll %s, epoll_wait %s",
             round == 0 ? "written" : "read", by_select, by_poll, by_epoll);
    }
    need(send(client, "x", 1, 0) == 1, "send");
    await(server, POLLIN);
    int e = epoll_wait(epfd, page, 1, 0);
    seen(e < 0 && errno == EFAULT,
         "the same memory, and a byte has come: epoll_wait %s", said(e));
    return outcome();
}
