/* Chapter 05, aside: the echo server with a queue of messages for each client,
 * and an interest that goes to and fro: read, then ask for write; send, then
 * ask for read. Correct, and dearer than server.c: count its calls with -v.
 * cc queue.c -o queue && ./queue -v [port], default 8005: see asides.md */
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

#define PORT 8005
#define BUFFER_SIZE 16384 /* bytes: one recv */
#define HIGH_WATER 65536 /* bytes in a queue: no more is read until some go */
#define MAX_EVENTS 256 /* per wait; the next one brings the rest */
#define RETRY_MS 1000 /* out of descriptors: how long until we try again */
#define TELL_MS 60000 /* ... and until we say so again: no flood of lines */

struct message {
    struct message *next;
    size_t size, sent; /* bytes; sent: how many of them are on their way */
    char data[];
};

struct conn {
    int fd;
    bool ended; /* the client will send no more */
    uint32_t known; /* the interest that the kernel knows of */
    size_t queued; /* bytes that the queue takes in memory */
    struct message *first; /* the queue; NULL: it is empty */
    struct message **last; /* the pointer that is to lead to the next message */
};

enum next { CLOSE, KEEP_OPEN }; /* what to do with a connection */

static bool verbose; /* -v: print what each call returned */
static int listener; /* the socket that clients connect to */
static bool full; /* accept failed, for want of a descriptor or memory */
static long long retry_at; /* while full: when to try again, by now_ms */
static long long tell_at; /* that it is full: not again before, by now_ms */
static int epfd; /* the epoll instance: it holds the interest list */
static struct epoll_event events[MAX_EVENTS]; /* what the wait returned */

/* For failures that leave nothing to serve with. */
static _Noreturn void die(const char *what, int number) {
    fprintf(stderr, "queue: %s %d: %s\n", what, number, strerror(errno));
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
    fprintf(out, "usage: queue [-v] [port 0-65535]\n");
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

/* What to do when recv or send failed. EINTR: a signal came first. EAGAIN, from
 * chapter 02 on: the call would have had to wait. Any other error: close. */
static enum next after_error(void) {
    return errno == EAGAIN || errno == EINTR ? KEEP_OPEN : CLOSE;
}

/* Puts n bytes at the end of the queue. Returns -1 when memory has no room. */
static int add_message(struct conn *c, const char *data, size_t n) {
    struct message *m = malloc(sizeof *m + n);
    if (m == NULL)
        return -1;
    m->next = NULL;
    m->size = n;
    m->sent = 0;
    memcpy(m->data, data, n);
    *c->last = m;
    c->last = &m->next;
    c->queued += sizeof *m + n;
    return 0;
}

/* Takes the first message out of the queue. */
static void drop_message(struct conn *c) {
    struct message *m = c->first;
    c->first = m->next;
    if (c->first == NULL)
        c->last = &c->first;
    c->queued -= sizeof *m + m->size;
    free(m);
}

/* Readable: one recv, and what came is put at the end of the queue. */
static enum next read_message(struct conn *c) {
    static char buf[BUFFER_SIZE];
    ssize_t received = recv(c->fd, buf, sizeof buf, 0);
    narrate("recv", c->fd, received, "bytes");
    if (received < 0)
        return after_error();
    if (received == 0) {
        c->ended = true;
        return c->first != NULL ? KEEP_OPEN : CLOSE; /* the queue is owed */
    }
    if (add_message(c, buf, (size_t)received) < 0)
        return CLOSE; /* an echo with a hole in it would be worse */
    return KEEP_OPEN;
}

/* Writable: one send of the first message; the rest of it stays the first. */
static enum next write_message(struct conn *c) {
    struct message *m = c->first;
    ssize_t sent = send(c->fd, m->data + m->sent, m->size - m->sent, 0);
    narrate("send", c->fd, sent, "bytes");
    if (sent < 0)
        return after_error();
    m->sent += (size_t)sent;
    if (m->sent == m->size)
        drop_message(c);
    return c->ended && c->first == NULL ? CLOSE : KEEP_OPEN;
}

/* READ_ONLY with an empty queue, READ_WRITE with a message in it; and no
 * reading where it is in vain (the end has come) or too much (HIGH_WATER). */
static uint32_t interest(const struct conn *c) {
    uint32_t reading = c->ended || c->queued >= HIGH_WATER ? 0 : EPOLLIN;
    return c->first != NULL ? reading | EPOLLOUT : reading;
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
    if (c == NULL || watch(EPOLL_CTL_ADD, fd, EPOLLIN, c) < 0) {
        fprintf(stderr, "queue: no room for fd %d: client refused\n", fd);
        free(c);
        close(fd);
        return;
    }
    /* Else Nagle's algorithm may hold back a reply's end: tcp(7). */
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    set_nonblocking(fd); /* Linux does not copy this from the listener */
    *c = (struct conn){.fd = fd, .known = EPOLLIN, .last = &c->first};
}

/* Ends a connection; close also takes it off the kernel's interest list. */
static void close_conn(struct conn *c) {
    int result = close(c->fd);
    narrate("close", c->fd, result, "(done)");
    while (c->first != NULL)
        drop_message(c);
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
        perror("queue: accept");
        tell_at = now_ms() + TELL_MS;
    }
    retry_at = now_ms() + RETRY_MS;
}

/* Handles what was told of c, and tells the kernel what it waits for now. ERR
 * and HUP come unasked: the call that is due says what they mean. */
static void give_turn(struct conn *c, uint32_t told) {
    enum next next = KEEP_OPEN;
    if (told & (EPOLLERR | EPOLLHUP))
        told |= EPOLLIN | EPOLLOUT;
    if ((told & EPOLLIN) && (c->known & EPOLLIN))
        next = read_message(c);
    if (next == KEEP_OPEN && (told & EPOLLOUT) && c->first != NULL)
        next = write_message(c);
    if (next == CLOSE) {
        close_conn(c);
    } else if (interest(c) != c->known) {
        c->known = interest(c);
        watch(EPOLL_CTL_MOD, c->fd, c->known, c);
    }
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

/* Waits, handles what is told, and begins again. */
static _Noreturn void run(void) {
    bool paused = false;
    epfd = epoll_create1(0);
    if (epfd < 0 || watch(EPOLL_CTL_ADD, listener, EPOLLIN, NULL) < 0)
        die("cannot watch fd", listener);
    for (;;) {
        bool was_paused = paused;
        paused = full && now_ms() < retry_at;
        /* While we pause, a client in the backlog would wake us in vain. */
        if (paused != was_paused)
            watch(EPOLL_CTL_MOD, listener, paused ? 0 : EPOLLIN, NULL);
        int n = epoll_wait(epfd, events, MAX_EVENTS, paused ? RETRY_MS : -1);
        if (n < 0 && errno != EINTR)
            die("cannot wait, fd", listener);
        narrate_wait(n);
        for (int i = 0; i < n; i++) {
            struct conn *c = events[i].data.ptr;
            if (c == NULL)
                accept_all();
            else
                give_turn(c, events[i].events);
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
