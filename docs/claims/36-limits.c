/* Claim 36: has epoll no limit on the number of descriptors? */
#include "experiment.h"
#include <sys/resource.h>

#define LIMIT 64

int main(void) {
    int ends[2], epfd = epoll_create1(0), added = 0, fd;
    struct rlimit limit;
    long watches = 0;
    FILE *file = fopen("/proc/sys/fs/epoll/max_user_watches", "r");
    predicted("none of its own at 1024; but what a process may open, and the "
              "user's memory");
    need(pipe(ends) == 0 && epfd >= 0, "pipe");
    if (file == NULL || fscanf(file, "%ld", &watches) != 1)
        watches = -1;
    need(getrlimit(RLIMIT_NOFILE, &limit) == 0, "getrlimit");
    limit.rlim_cur = LIMIT;
    need(setrlimit(RLIMIT_NOFILE, &limit) == 0, "setrlimit");
    while ((fd = dup(ends[0])) >= 0)
        added += set_interest(epfd, EPOLL_CTL_ADD, fd, EPOLLIN) == 0;
    seen(errno == EMFILE && added > 0 && added < LIMIT,
         "the process may open %d: %d were added, then: %s", LIMIT, added,
         strerror(errno));
    seen(watches != 0,
         "a user may have %ld entries in all: fs.epoll.max_user_watches",
         watches);
    return outcome();
}
