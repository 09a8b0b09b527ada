/* Claim 26: does epoll share memory with the kernel? If it did, the program's own
 * array would not be written to; here it is memory that may only be read. */
#include "experiment.h"
#include <sys/mman.h>

int main(void) {
    int server, client, epfd = epoll_create1(0), n;
    long page = sysconf(_SC_PAGESIZE);
    void *memory =
        mmap(NULL, (size_t)page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    need(memory != MAP_FAILED, "mmap");
    predicted("no: each event is copied into the array of the caller; here "
              "that must fail");
    tcp_pair(&server, &client);
    need(set_interest(epfd, EPOLL_CTL_ADD, server, EPOLLIN) == 0, "epoll_ctl");
    need(send(client, "x", 1, 0) == 1, "send");
    await(server, POLLIN);
    n = epoll_wait(epfd, memory, 1, 0);
    seen(n == -1 && errno == EFAULT,
         "epoll_wait into memory that is read-only: %s",
         n < 0 ? strerror(errno) : "it worked");
    n = epoll_report(epfd, 0);
    seen(n == EPOLLIN, "into an array of ours: %s", names(n));
    return outcome();
}
