/* Chapter 06: an echo server on edge-triggered epoll: news is told once, so the
 * server keeps a list of its own: who may have more to move.
 * cc server.c -o server && ./server -v [port], default 8006: see README.md */
#ifndef __linux__
#error "epoll is Linux's alone: on this system, chapter 04 (poll) is the way"
#endif
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PORT 8006
#define BUFFER_SIZE 16384 /* bytes: one recv, and the most we owe a client */
#define MAX_EVENTS 256 /* per wait; the next one brings the rest */
#define ROOM 1048576 /* most descriptors in a process: proc(5), nr_open */
#define CUTS (EPOLLPRI | EPOLLRDHUP) /* an urgent byte, an end: recv stops */
#define NEWS (EPOLLIN | EPOLLOUT | CUTS | EPOLLET)
#define RETRY_MS 1000 /* out of descriptors: how long until we try again */
#define TELL_MS 60000 /* ... and until we say so again: no flood of lines */

struct conn {
    int fd;
    uint32_t news; /* what epoll told of it; 0: not in the ready list */
    size_t owed; /* bytes at the start of buf, not yet sent back */
    char buf[BUFFER_SIZE];
};

/* What to do with a connection: in 05, the last two were one. */
enum next { CLOSE, AWAIT_NEWS, SERVE_AGAIN };

static bool verbose; /* -v: print what each call returned */
static int listener; /* the socket that clients connect to */
static bool arrivals; /* the backlog may hold clients: news came of them */
static bool full; /* accept failed, for want of a descriptor or memory */
static long long retry_at; /* while full: when to try again, by now_ms */
static long long tell_at; /* that it is full: not again before, by now_ms */
static int epfd; /* the epoll instance: it holds the interest list */
static struct epoll_event events[MAX_EVENTS]; /* what the wait returned */
static struct conn *ready[ROOM]; /* the ready list: who gets a turn */
static int ready_count;

/* For failures that leave nothing to serve with. */
static _Noreturn void die(const char *what, int number) {
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

static _Noreturn void usage(FILE *out, int status) {
    fprintf(out, "usage: server [-v] [port 0-65535]\n");
    exit(status);
}

/* Returns the port asked for. Wrong use: one line on stderr, exit 2. */
static int parse_args(int argc, char **argv) {
    int option;
    if (argc == 2 && strcmp(argv[1], "--help") == 0)
        usage(stdout, 0);
    opterr = 0; /* getopt(3) prints nothing: the usage says it all */
    while ((option = getopt(argc, argv, "hv")) != -1) {
        if (option == 'h')
            usage(stdout, 0);
        if (option != 'v')
            usage(stderr, 2);
        verbose = true;
    }
    if (optind == argc)
        return PORT;
    char *end; /* where strtol stopped: at the '\0', if all was a number */
    long port = strtol(argv[optind], &end, 10);
    if (end == argv[optind] || *end != '\0' || port < 0 || port > 65535 ||
        argc > optind + 1)
        usage(stderr, 2);
    return (int)port;
}

/* If 0, 1 or 2 is closed when we start, a socket would get that number, and all
 * that we print. So /dev/null takes it: open(2) uses the lowest free number. */
static void hold_standard_descriptors(void) {
    int fd;
    do
        fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= STDERR_FILENO);
    close(fd); /* the first one that is none of the three */
}

/* From now on, a call on fd that would have to wait fails with EAGAIN instead.
 * On an open socket, neither of these two can fail. fcntl(2). */
static void set_nonblocking(int fd) {
    int flags = fcntl(fd, F_GETFL);
    fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

/* Returns a socket that listens on 127.0.0.1:port, and prints that address.
 * Port 0 lets the kernel choose. bind(2), listen(2), getsockname(2). */
static int open_listener(int port) {
    struct sockaddr_in addr = {.sin_family = AF_INET};
    socklen_t len = sizeof addr;
    addr.sin_port = htons((in_port_t)port);
    inet_pton(AF_INET, "127.0.0.1", &addr.sin_addr);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0)
        die("cannot open a socket for port", port);
    /* Else a restart fails while old connections are in TIME_WAIT: tcp(7). */
    int on = 1;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0)
        die("cannot set SO_REUSEADDR for port", port);
    if (bind(fd, (struct sockaddr *)&addr, len) < 0)
        die("cannot bind 127.0.0.1, port", port);
    if (listen(fd, SOMAXCONN) < 0)
        die("cannot listen on 127.0.0.1, port", port);
    if (getsockname(fd, (struct sockaddr *)&addr, &len) < 0)
        die("cannot ask for the address of port", port);
    printf("listening on 127.0.0.1:%d\n", ntohs(addr.sin_port));
    return fd;
}

/* Milliseconds, from a clock that nobody sets: clock_gettime(2). */
static long long now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* What to do when recv or send failed. EAGAIN: the call would have had to wait,
 * and news will come. EINTR: a signal came first. Any other error: close. */
static enum next after_error(void) {
    if (errno == EAGAIN)
        return AWAIT_NEWS;
    return errno == EINTR ? SERVE_AGAIN : CLOSE;
}

/* Moves one buffer at most, and reads only when nothing is owed, as before.
 * Returns AWAIT_NEWS only when news is sure to come: after EAGAIN; and when all
 * is sent, after a recv that came short, if neither an urgent byte nor the end
 * of the stream has cut it short. */
static enum next serve(struct conn *c) {
    bool drained = false;
    if (c->owed == 0) {
        ssize_t received = recv(c->fd, c->buf, sizeof c->buf, 0);
        /* At an urgent byte, a pending signal makes recv say EAGAIN: again. */
        if (received < 0 && (c->news & EPOLLPRI))
            received = recv(c->fd, c->buf, sizeof c->buf, 0);
        narrate("recv", c->fd, received, "bytes");
        if (received < 0)
            return after_error();
        if (received == 0)
            return CLOSE; /* the client sends no more, and has all of it back */
        c->owed = (size_t)received;
        drained = c->owed < sizeof c->buf && !(c->news & CUTS);
    }
    ssize_t sent = send(c->fd, c->buf, c->owed, 0);
    narrate("send", c->fd, sent, "bytes");
    if (sent < 0)
        return after_error();
    c->owed -= (size_t)sent;
    if (c->owed > 0) /* a short send: the rest is the first to go next time */
        memmove(c->buf, c->buf + sent, c->owed);
    return drained && c->owed == 0 ? AWAIT_NEWS : SERVE_AGAIN;
}

/* Adds fd to the kernel's interest list, or changes its entry; its events bring
 * c back: NULL for the listener. Returns -1 where the kernel has no room. */
static int watch(int op, int fd, uint32_t wanted, struct conn *c) {
    struct epoll_event event = {.events = wanted, .data.ptr = c};
    int result = epoll_ctl(epfd, op, fd, &event);
    narrate("epoll_ctl", fd, result, op == EPOLL_CTL_ADD ? "ADD" : "MOD");
    return result;
}

/* Takes over an accepted descriptor; where there is no room, closes it. */
static void open_conn(int fd) {
    struct conn *c = malloc(sizeof *c);
    if (c == NULL || fd >= ROOM || watch(EPOLL_CTL_ADD, fd, NEWS, c) < 0) {
        fprintf(stderr, "server: no room for fd %d: client refused\n", fd);
        free(c);
        close(fd);
        return;
    }
    /* Else Nagle's algorithm may hold back a reply's end: tcp(7). */
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    set_nonblocking(fd); /* Linux does not copy this from the listener */
    c->fd = fd;
    c->owed = 0;
    c->news = 0;
}

/* Ends a connection; close also takes it off the kernel's interest list. */
static void close_conn(struct conn *c) {
    int result = close(c->fd);
    narrate("close", c->fd, result, "(done)");
    free(c);
    retry_at = 0; /* there is room for one more */
}

/* Accepts until the backlog is empty, or no descriptor is left for a client:
 * then full is set, and that client stays in the backlog (macOS drops it). The
 * next try waits until one of ours has left, or RETRY_MS have passed. */
static void accept_all(void) {
    int fd;
    do {
        fd = accept(listener, NULL, NULL);
        narrate("accept", listener, fd, "(new client)");
        if (fd >= 0)
            open_conn(fd);
    } while (fd >= 0 || errno == EINTR || errno == ECONNABORTED);
    full = errno != EAGAIN; /* EAGAIN: the backlog is empty */
    if (full && now_ms() >= tell_at) {
        perror("server: accept");
        tell_at = now_ms() + TELL_MS;
    }
    retry_at = now_ms() + RETRY_MS;
}

/* With -v: one line for what epoll_wait returned. */
static void narrate_wait(int n) {
    const char *comma = "";
    if (!verbose)
        return;
    printf("epoll_wait ->%s", n > 0 ? "" : " nothing");
    for (int i = 0; i < n; i++) {
        struct conn *c = events[i].data.ptr;
        uint32_t e = events[i].events;
        int fd = c != NULL ? c->fd : listener;
        printf("%s fd %d%s%s%s%s", comma, fd, e & EPOLLIN ? " IN" : "",
               e & EPOLLOUT ? " OUT" : "", e & EPOLLERR ? " ERR" : "",
               e & EPOLLHUP ? " HUP" : "");
        comma = ",";
    }
    printf("\n");
}

/* Notes what the wait has told, because it tells each thing once. A connection
 * that is not in the ready list yet joins it, as the last. */
static void note_news(int n) {
    for (int i = 0; i < n; i++) {
        struct conn *c = events[i].data.ptr;
        if (c == NULL) {
            arrivals = true;
            continue;
        }
        if (c->news == 0)
            ready[ready_count++] = c;
        c->news |= events[i].events;
    }
}

/* Gives one turn to each in the ready list. Whoever may have more to move stays
 * in it, for another turn after everybody else's. The others leave it. */
static void serve_ready(void) {
    int kept = 0;
    for (int i = 0; i < ready_count; i++) {
        struct conn *c = ready[i];
        enum next next = serve(c);
        if (next == SERVE_AGAIN)
            ready[kept++] = c;
        else if (next == AWAIT_NEWS)
            c->news = 0;
        else
            close_conn(c);
    }
    ready_count = kept;
}

/* Waits for news, gives a turn to each who is ready, and begins again. */
static _Noreturn void run(void) {
    epfd = epoll_create1(0);
    if (epfd < 0 || watch(EPOLL_CTL_ADD, listener, NEWS, NULL) < 0)
        die("cannot watch fd", listener);
    for (;;) {
        int timeout = full ? RETRY_MS : -1;
        if (ready_count > 0)
            timeout = 0; /* somebody has more to move: only look for news */
        int n = epoll_wait(epfd, events, MAX_EVENTS, timeout);
        if (n < 0 && errno != EINTR)
            die("cannot wait, fd", epfd);
        narrate_wait(n);
        note_news(n);
        serve_ready();
        if (arrivals && (!full || now_ms() >= retry_at)) {
            accept_all();
            arrivals = full; /* epoll will not tell again of who still waits */
        }
    }
}

int main(int argc, char **argv) {
    int port = parse_args(argc, argv);
    hold_standard_descriptors();
    setvbuf(stdout, NULL, _IOLBF, 0); /* each line at once, to a file too */
    signal(SIGPIPE, SIG_IGN); /* send to a client that left: EPIPE instead */
    listener = open_listener(port);
    set_nonblocking(listener); /* accept must not wait, either */
    run();
}
