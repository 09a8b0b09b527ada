/* Chapter 06: an echo server on edge-triggered epoll: news is told once, so the
 * server keeps a list of its own: who may have more to move.
 * cc server.c -o server && ./server -v [port], default 8006: see README.md */
#ifndef __linux__
#error "epoll is Linux's alone: on this system, chapter 04 (poll) is the way"
#endif
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define PORT 8006
#define BUFFER_SIZE 16384 /* bytes: one recv, and the most we owe a client */
#define MAX_EVENTS 256 /* per wait; the next one brings the rest */
#define CUTS (EPOLLPRI | EPOLLRDHUP) /* what can cut a recv short */
#define NEWS (EPOLLIN | EPOLLOUT | CUTS | EPOLLET)
#define RETRY_MS 1000 /* out of descriptors: when to try accept again */

struct conn {
    int fd;
    uint32_t news; /* what epoll told of it; 0: not in the ready list */
    struct conn *next; /* in the ready list */
    size_t owed; /* bytes at the start of buf, not yet sent back */
    char buf[BUFFER_SIZE];
};

enum state { FINISHED, WAITING, MORE };
static int verbose; /* -v: print what each call returned */
static int listener; /* the socket that clients connect to */
static int full; /* accept found no room for a client */
static int epfd; /* the epoll instance: it holds the interest list */
static struct epoll_event events[MAX_EVENTS]; /* what the wait returned */
static struct conn *ready; /* the ready list: who gets a turn */

/* For failures that leave nothing to serve with. */
static void die(const char *what, int number) {
    fprintf(stderr, "server: %s %d: %s\n", what, number, strerror(errno));
    exit(1);
}

/* With -v: one line for what a call on fd returned. Leaves errno alone. */
static void narrate(const char *call, int fd, ssize_t n, const char *unit) {
    int error = errno;
    if (!verbose)
        return;
    if (n < 0)
        unit = error == EAGAIN ? "EAGAIN" : strerror(error);
    printf("%s fd %d -> %zd %s\n", call, fd, n, unit);
    errno = error;
}

/* Returns the port asked for. Wrong use: one line on stderr, exit 2. */
static int parse_args(int argc, char **argv) {
    char *arg = argv[argc - 1], *end = "";
    int help = argc == 2 && (!strcmp(arg, "-h") || !strcmp(arg, "--help"));
    long port = PORT;
    verbose = argc > 1 && !strcmp(argv[1], "-v");
    if (argc > 1 + verbose)
        port = strtol(arg, &end, 10);
    if (argc > 2 + verbose || !*arg || *end || port < 0 || port > 65535) {
        fprintf(help ? stdout : stderr, "usage: server [-v] [port 0-65535]\n");
        exit(help ? 0 : 2);
    }
    return (int)port;
}

/* Returns a socket that listens on 127.0.0.1:port, and prints the address.
 * Port 0 lets the kernel choose. bind(2), listen(2), getsockname(2). */
static int open_listener(int port) {
    struct sockaddr_in addr = {.sin_family = AF_INET};
    socklen_t len = sizeof addr;
    int on = 1, fd = socket(AF_INET, SOCK_STREAM, 0);
    addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    addr.sin_port = htons((in_port_t)port);
    /* Without REUSEADDR, a restart fails while old ones are in TIME_WAIT. */
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) ||
        bind(fd, (void *)&addr, len) || listen(fd, SOMAXCONN) ||
        getsockname(fd, (void *)&addr, &len))
        die("cannot listen on 127.0.0.1, port", port);
    printf("listening on 127.0.0.1:%d\n", ntohs(addr.sin_port));
    return fd;
}

/* Moves one buffer at most. WAITING promises that news will come: true after
 * EAGAIN, and after a short recv, unless an urgent byte or EOF cut it short. */
static enum state serve(struct conn *c) {
    ssize_t n = 0;
    int drained = 0;
    if (c->owed == 0) {
        n = recv(c->fd, c->buf, sizeof c->buf, 0);
        if (n < 0 && (c->news & EPOLLPRI)) /* a signal makes EAGAIN untrue */
            n = recv(c->fd, c->buf, sizeof c->buf, 0);
        narrate("recv", c->fd, n, "bytes");
        c->owed = n > 0 ? (size_t)n : 0;
        drained = c->owed < sizeof c->buf && !(c->news & CUTS);
    }
    if (c->owed > 0) {
        n = send(c->fd, c->buf, c->owed, 0);
        narrate("send", c->fd, n, "bytes");
        c->owed -= n > 0 ? (size_t)n : 0;
        memmove(c->buf, c->buf + (n > 0 ? n : 0), c->owed); /* a short send */
    }
    if ((n < 0 && errno == EAGAIN) || (n > 0 && drained && c->owed == 0))
        return WAITING;
    return n > 0 || (n < 0 && errno == EINTR) ? MORE : FINISHED; /* 0: end */
}

/* Adds fd to the kernel's interest list, or changes its entry; events bring c
 * back: NULL for the listener. Returns -1 where the kernel has no room. */
static int watch(int op, int fd, uint32_t interest, struct conn *c) {
    struct epoll_event event = {.events = interest, .data.ptr = c};
    int result = epoll_ctl(epfd, op, fd, &event);
    narrate("epoll_ctl", fd, result, op == EPOLL_CTL_ADD ? "ADD" : "MOD");
    return result;
}

/* Takes over an accepted descriptor; where there is no room, closes it. */
static void open_conn(int fd) {
    struct conn *c = malloc(sizeof *c);
    narrate("accept", listener, fd, "(new client)");
    if (c == NULL || watch(EPOLL_CTL_ADD, fd, NEWS, c) < 0) {
        fprintf(stderr, "server: no room for fd %d: client refused\n", fd);
        close(fd);
        free(c);
        return;
    }
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK); /* not inherited */
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    c->fd = fd;
    c->owed = c->news = 0;
}

static void close_conn(struct conn *c) {
    narrate("close", c->fd, close(c->fd), "(done)");
    free(c);
}

/* Empties the backlog. Sets full when no descriptor, or no memory, is left
 * for the next client: it stays in the backlog until there is. accept(2). */
static void accept_all(void) {
    int fd, was_full = full;
    while ((fd = accept(listener, NULL, NULL)) >= 0 || errno == EINTR ||
           errno == ECONNABORTED)
        if (fd >= 0)
            open_conn(fd);
    narrate("accept", listener, fd, "");
    full = errno != EAGAIN;
    if (full && !was_full)
        perror("server: accept");
}

/* With -v: one line for what epoll_wait returned. EPOLLIN is POLLIN, etc. */
static void narrate_wait(int n) {
    if (verbose)
        printf("epoll_wait -> %s", n > 0 ? "" : "nothing\n");
    for (int i = 0; verbose && n > 0; i++) {
        struct conn *c = events[i].data.ptr;
        int fd = c ? c->fd : listener, e = (int)events[i].events;
        printf("fd %d%s%s%s%s%s", fd, e & POLLIN ? " IN" : "",
               e & POLLOUT ? " OUT" : "", e & POLLERR ? " ERR" : "",
               e & POLLHUP ? " HUP" : "", --n > 0 ? ", " : "\n");
    }
}

/* Waits for news, gives one turn to each in the ready list, begins again. */
static void run(void) {
    if ((epfd = epoll_create1(0)) < 0 ||
        watch(EPOLL_CTL_ADD, listener, NEWS, NULL) < 0)
        die("no room for fd", listener);
    for (;;) {
        int timeout = ready ? 0 : full ? RETRY_MS : -1, arrivals = full;
        int n = epoll_wait(epfd, events, MAX_EVENTS, timeout);
        if (n < 0 && errno != EINTR)
            die("cannot wait, fd", listener);
        narrate_wait(n);
        for (int i = n - 1; i >= 0; i--) {
            struct conn *c = events[i].data.ptr;
            arrivals |= c == NULL;
            if (c != NULL && c->news == 0) {
                c->next = ready;
                ready = c;
            }
            if (c != NULL)
                c->news |= events[i].events;
        }
        for (struct conn **p = &ready, *c = *p; c != NULL; c = *p) {
            enum state state = serve(c);
            if (state != MORE) {
                *p = c->next;
                c->news = 0;
            } else
                p = &c->next; /* its next turn comes after everybody else's */
            if (state == FINISHED)
                close_conn(c);
        }
        if (arrivals)
            accept_all(); /* no news tells of those put off: try */
    }
}

int main(int argc, char **argv) {
    int port = parse_args(argc, argv), fd;
    /* With 0, 1 or 2 closed, a client would get that number, and our output. */
    while ((fd = open("/dev/null", O_RDWR)) >= 0 && fd < 3)
        continue;
    close(fd);
    setvbuf(stdout, NULL, _IOLBF, 0); /* each line at once, to a file too */
    signal(SIGPIPE, SIG_IGN); /* send to a client that left: EPIPE instead */
    listener = open_listener(port);
    fcntl(listener, F_SETFL, fcntl(listener, F_GETFL) | O_NONBLOCK);
    run();
}
