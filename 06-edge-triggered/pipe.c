/* Chapter 06: half of what is in a pipe is read, and the rest stays there. Does
 * epoll report the rest? Asked twice: level-triggered, then edge-triggered.
 * cc pipe.c -o pipe && ./pipe [bytes, default 1024]: see asides.md */
#ifndef __linux__
#error "epoll is Linux's alone: on this system, chapter 04 (poll) is the way"
#endif
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define CAPACITY 65536 /* bytes: what a pipe holds, pipe(7) */
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
        die("pipe: epoll_wait");
    printf("  epoll_wait -> %d %s\n", n, n ? "IN" : "(nothing for 100 ms)");
}

static void put(int fd, size_t size) {
    static const char data[CAPACITY];
    ssize_t n = write(fd, data, size);
    if (n < 0)
        die("pipe: write");
    printf("  write      -> %zd bytes\n", n);
}

static void take(int fd, size_t size) {
    char data[CAPACITY];
    ssize_t n = read(fd, data, size);
    if (n < 0)
        die("pipe: read");
    printf("  read       -> %zd bytes\n", n);
}

/* Writes the whole, reads half of it, and asks before and after. */
static void play(const char *title, uint32_t interest, size_t whole) {
    struct epoll_event event = {.events = interest};
    int ends[2], epfd = epoll_create1(0);
    if (epfd < 0 || pipe(ends) < 0 ||
        epoll_ctl(epfd, EPOLL_CTL_ADD, ends[0], &event) < 0)
        die("pipe: cannot begin");
    printf("%s\n", title);
    put(ends[1], whole);
    wait_and_tell(epfd);
    take(ends[0], whole / 2);
    wait_and_tell(epfd); /* here the two differ */
    put(ends[1], 1);
    wait_and_tell(epfd); /* new data is news for both */
    take(ends[0], whole);
    close(ends[0]);
    close(ends[1]);
    close(epfd);
}

int main(int argc, char **argv) {
    char *end = "";
    long whole = argc > 1 ? strtol(argv[1], &end, 10) : 1024;
    int help =
        argc == 2 && (!strcmp(argv[1], "-h") || !strcmp(argv[1], "--help"));
    if (argc > 2 || *end || whole < 2 || whole > CAPACITY - 1) {
        fprintf(help ? stdout : stderr, "usage: pipe [bytes 2-65535]\n");
        exit(help ? 0 : 2);
    }
    play("level-triggered (EPOLLIN):", EPOLLIN, (size_t)whole);
    play("edge-triggered (EPOLLIN | EPOLLET):", EPOLLIN | EPOLLET,
         (size_t)whole);
}
