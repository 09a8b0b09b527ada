/* What the experiments have in common: a pair of connected sockets, answers
 * with a deadline, and the two lines that each one prints:
 *
 *   predicted: what the right statement lets one expect
 *   seen:      what this machine did
 *
 * An experiment ends with `return outcome();`: 0 when all that was seen is as
 * predicted, else 1. What could not be set up ends it with 2, and says why. */
#ifndef EXPERIMENT_H
#define EXPERIMENT_H
#ifndef __linux__
#error "the experiments look at Linux: on this system, they are for reading"
#endif
#define _GNU_SOURCE /* POLLRDHUP, accept4 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE_MS 2000 /* what has not come by then does not come */
#define SOON_MS 30 /* how long we look, to say that nothing comes */

static int unlike; /* how many of the things seen were not as predicted */

/* Ends the experiment: without this, there is nothing to see. */
static inline void need(int ok, const char *what) {
    if (ok)
        return;
    fprintf(stderr, "experiment: %s: %s\n", what, strerror(errno));
    exit(2);
}

__attribute__((format(printf, 1, 2))) static inline void
predicted(const char *format, ...) {
    va_list ap;
    alarm(10); /* whatever hangs ends */
    printf("predicted: ");
    va_start(ap, format);
    vprintf(format, ap);
    va_end(ap);
    printf("\n");
    fflush(stdout); /* a child would print it once more */
}

/* One line of what was seen, and whether that is what was predicted. */
__attribute__((format(printf, 2, 3))) static inline void
seen(int as_predicted, const char *format, ...) {
    va_list ap;
    unlike += !as_predicted;
    printf("seen:      ");
    va_start(ap, format);
    vprintf(format, ap);
    va_end(ap);
    printf("%s\n", as_predicted ? "" : "   <- not as predicted");
    fflush(stdout);
}

/* The exit status. */
static inline int outcome(void) { return unlike ? 1 : 0; }

static inline void nonblocking(int fd) {
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

/* 127.0.0.1, and port 0: the kernel chooses one. */
static inline struct sockaddr_in loopback(void) {
    struct sockaddr_in where = {.sin_family = AF_INET};
    inet_pton(AF_INET, "127.0.0.1", &where.sin_addr);
    return where;
}

/* A listener on 127.0.0.1, on a port of the kernel's choice: into *where. */
static inline int listener_at(struct sockaddr_in *where, int backlog) {
    socklen_t len = sizeof *where;
    int on = 1, fd = socket(AF_INET, SOCK_STREAM, 0);
    *where = loopback();
    /* Ports of earlier runs, in TIME_WAIT, are as good as new ones. */
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    need(fd >= 0 && bind(fd, (void *)where, len) == 0 &&
             listen(fd, backlog) == 0 &&
             getsockname(fd, (void *)where, &len) == 0,
         "cannot listen");
    return fd;
}

static inline int connect_to(const struct sockaddr_in *where) {
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    need(fd >= 0 && connect(fd, (const void *)where, sizeof *where) == 0,
         "cannot connect");
    return fd;
}

/* A TCP connection over loopback: *server is the accepted end. Blocking. */
static inline void tcp_pair(int *server, int *client) {
    struct sockaddr_in where;
    int fd = listener_at(&where, 8);
    *client = connect_to(&where);
    *server = accept(fd, NULL, NULL);
    need(*server >= 0, "cannot accept");
    close(fd);
}

/* Leaves with a RST in place of a FIN: SO_LINGER of 0 s, socket(7). */
static inline void reset(int fd) {
    struct linger none = {.l_onoff = 1, .l_linger = 0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
    close(fd);
}

/* What poll reports of fd, asked for those events, after at most ms. */
static inline int report(int fd, int events, int ms) {
    struct pollfd p = {.fd = fd, .events = (short)events};
    int n = poll(&p, 1, ms);
    need(n >= 0, "poll");
    return n == 0 ? 0 : p.revents;
}

/* Waits until poll reports all these bits of fd: what was sent is there. */
static inline void await(int fd, int bits) {
    for (int ms = 0; ms < PATIENCE_MS; ms++) {
        if ((report(fd, bits, 1) & bits) == bits)
            return;
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    errno = ETIMEDOUT;
    need(0, "it did not come");
}

/* "IN|HUP (17)": the names of an event mask. Two at a time can be printed. */
static inline const char *names(int mask) {
    static const struct {
        int bit;
        const char *name;
    } all[] = {{POLLIN, "IN"},   {POLLPRI, "PRI"}, {POLLOUT, "OUT"},
               {POLLERR, "ERR"}, {POLLHUP, "HUP"}, {POLLNVAL, "NVAL"},
               {0x2000, "RDHUP"}};
    static char text[4][64];
    static int turn;
    char *out = text[turn = (turn + 1) % 4];
    int used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (mask & all[i].bit)
            used += snprintf(out + used, sizeof text[0] - (size_t)used, "%s%s",
                             used ? "|" : "", all[i].name);
    if (used == 0)
        return "nothing";
    snprintf(out + used, sizeof text[0] - (size_t)used, " (%d)", mask);
    return out;
}

static inline double now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* Processor time of this process, user and system, in ms. */
static inline double cpu_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* epoll_ctl with fd as the cookie. Returns what epoll_ctl returns. */
static inline int set_interest(int epfd, int op, int fd, uint32_t events) {
    struct epoll_event e = {.events = events, .data.fd = fd};
    return epoll_ctl(epfd, op, fd, &e);
}

/* One epoll_wait with room for one event: its mask, or 0 after ms. */
static inline int epoll_report(int epfd, int ms) {
    struct epoll_event e = {0};
    int n = epoll_wait(epfd, &e, 1, ms);
    need(n >= 0, "epoll_wait");
    return n == 0 ? 0 : (int)e.events;
}
#endif
