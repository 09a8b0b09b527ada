/* Claim 31: epoll_create takes the number of descriptors? And is it one of three? */
#include "experiment.h"

#define MANY 100

int main(void) {
    int ends[2], small, flags, added = 0, refused;
    struct epoll_event event;
    predicted("the number is ignored, but must be positive; newer calls have "
              "taken their place");
    need(pipe(ends) == 0, "pipe");
    small = epoll_create(1);
    for (int i = 0; i < MANY; i++) {
        int fd = dup(ends[0]);
        need(fd >= 0, "dup");
        added += set_interest(small, EPOLL_CTL_ADD, fd, EPOLLIN) == 0;
    }
    seen(added == MANY, "epoll_create(1) has room for %d descriptors", added);
    refused = epoll_create(0);
    seen(refused == -1 && errno == EINVAL, "epoll_create(0): %s",
         refused < 0 ? strerror(errno) : "it worked");
    small = epoll_create1(EPOLL_CLOEXEC);
    need(small >= 0, "epoll_create1");
    flags = fcntl(small, F_GETFD);
    seen((flags & FD_CLOEXEC) != 0, "epoll_create1 takes flags in its place");
    seen(epoll_pwait(small, &event, 1, 1, NULL) == 0,
         "epoll_pwait waits with another mask of signals");
    return outcome();
}
