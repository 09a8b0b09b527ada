/* trial: good; C, a detached pthread per client */
/* fair: no_stall; TCP_NODELAY is not set */
/* libs: -pthread */
#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void *echo(void *arg) {
    int fd = (int)(intptr_t)arg;
    char buf[16384];
    ssize_t n;
    while ((n = recv(fd, buf, sizeof buf, 0)) > 0) {
        char *p = buf;
        while (n > 0) {
            ssize_t w = send(fd, p, (size_t)n, MSG_NOSIGNAL);
            if (w < 0)
                goto out;
            p += w;
            n -= w;
        }
    }
out:
    close(fd);
    return NULL;
}

static int listen_on(const char *arg) {
    char *end;
    errno = 0;
    unsigned long port = strtoul(arg, &end, 10);
    if (*arg < '0' || *arg > '9' || *end || port > 65535) {
        errno = EINVAL;
        return -1;
    }
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd >= 0 && (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int)) ||
                    bind(fd, (struct sockaddr *)&a, sizeof a) || listen(fd, 128)))
        return -1;
    return fd;
}

int main(int argc, char **argv) {
    if (argc != 2)
        return fprintf(stderr, "usage: %s PORT\n", argv[0]), 2;
    int listener = listen_on(argv[1]);
    if (listener < 0)
        return fprintf(stderr, "%s: %s: %s\n", argv[0], argv[1], strerror(errno)), 1;
    pthread_attr_t attr;
    pthread_attr_init(&attr);
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attr, 128 * 1024);
    for (;;) {
        int fd = accept(listener, NULL, NULL);
        if (fd < 0) {
            if (errno != EINTR && errno != ECONNABORTED) {
                perror("accept");
                sleep(1);
            }
            continue;
        }
        pthread_t thread;
        if (pthread_create(&thread, &attr, echo, (void *)(intptr_t)fd))
            close(fd);
    }
}
