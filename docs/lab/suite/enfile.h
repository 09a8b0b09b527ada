/* For `cc -include`: for half a second after the first client has come, accept
 * fails with ENFILE, as if the whole system had no descriptor left. The client
 * stays in the backlog. Each such call leaves a line on stderr. */
#ifndef _DEFAULT_SOURCE
#define _DEFAULT_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>

static int accept_or_enfile(int fd, struct sockaddr *addr, socklen_t *len) {
    static struct timespec first;
    struct timespec now;
    struct pollfd p = {.fd = fd, .events = POLLIN};

    if (poll(&p, 1, fcntl(fd, F_GETFL) & O_NONBLOCK ? 0 : -1) <= 0) {
        errno = EAGAIN;
        return -1;
    }
    clock_gettime(CLOCK_MONOTONIC, &now);
    if (first.tv_sec == 0)
        first = now;
    if ((now.tv_sec - first.tv_sec) * 1000 +
            (now.tv_nsec - first.tv_nsec) / 1000000 <
        500) {
        fprintf(stderr, "ENFILE\n");
        errno = ENFILE;
        return -1;
    }
    return accept(fd, addr, len);
}

#define accept accept_or_enfile
