/* Chapter 06: half of what is in a pipe is read, and the rest stays there. Does
 * epoll report the rest? Asked twice: level-triggered, then edge-triggered.
 * cc half.c -o half && ./half: see README.md */
#ifndef __linux__
#error "epoll is Linux's alone: on this system, chapter 04 (poll) is the way"
#endif
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#define WHOLE 1024 /* bytes: far less than a pipe holds */
#define TIMEOUT_MS 100

/* For failures that leave nothing to show. */
static void die(const char *what) {
    perror(what);
    exit(1);
}

/* Asks for news, and prints the answer. */
static void wait_and_tell(int epfd) {
    struct epoll_event event;
    int n = epoll_wait(epfd, &event, 1, TIMEOUT_MS);
    if (n < 0)
        die("half: epoll_wait");
    printf("  epoll_wait -> %d %s\n", n, n ? "IN" : "(nothing for 100 ms)");
}

static void put(int fd, size_t size) {
    static const char data[WHOLE];
    ssize_t n = write(fd, data, size);
    if (n < 0)
        die("half: write");
    printf("  write      -> %zd bytes\n", n);
}

static void take(int fd, size_t size) {
    char data[WHOLE];
    ssize_t n = read(fd, data, size);
    if (n < 0)
        die("half: read");
    printf("  read       -> %zd bytes\n", n);
}

static void play(const char *title, uint32_t interest) {
    struct epoll_event event = {.events = interest};
    int ends[2], epfd = epoll_create1(0);
    if (epfd < 0 || pipe(ends) < 0 ||
        epoll_ctl(epfd, EPOLL_CTL_ADD, ends[0], &event) < 0)
        die("half: cannot begin");
    printf("%s\n", title);
    put(ends[1], WHOLE);
    wait_and_tell(epfd);
    take(ends[0], WHOLE / 2);
    wait_and_tell(epfd); /* here the two differ */
    put(ends[1], 1);
    wait_and_tell(epfd); /* new data is news for both */
    take(ends[0], WHOLE);
    close(ends[0]);
    close(ends[1]);
    close(epfd);
}

int main(void) {
    play("level-triggered (EPOLLIN):", EPOLLIN);
    play("edge-triggered (EPOLLIN | EPOLLET):", EPOLLIN | EPOLLET);
}
