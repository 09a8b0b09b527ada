/* Chapter 05, aside: server.c as an event loop with callbacks. What comes back
 * with an event leads to a handler, and the loop calls it. A handler may close any
 * connection, also one whose event is still in the batch: see close_conn.
 * cc callbacks.c -o callbacks && ./callbacks -v [port], default 8005: asides.md */
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
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define PORT 8005
#define BUFFER_SIZE 16384 /* bytes: one recv, and the most we owe a client */
#define MAX_EVENTS 256 /* per wait; the next one brings the rest */
#define RETRY_MS 1000 /* out of descriptors: when to try accept again */
#ifndef IDLE_MS
#define IDLE_MS 600000 /* a client that is silent for so long has to leave */
#endif

/* A source of events. The listener and the timer are ones, too. */
struct conn {
    void (*handle)(struct conn *); /* what the loop calls with each event */
    struct conn *prev, *next; /* the ring of clients; next: of the dead, too */
    long long heard_ms; /* when something last came from it, or went to it */
    int fd;
    size_t owed; /* bytes at the start of buf, not yet sent back */
    char buf[BUFFER_SIZE];
};

enum state { FINISHED, WAITING };
static int verbose; /* -v: print what each call returned */
static int listener; /* the socket that clients connect to */
static int full; /* accept found no room for a client */
static int epfd; /* the epoll instance: it holds the interest list */
static struct epoll_event events[MAX_EVENTS]; /* what the wait returned */
static struct conn clients = {.prev = &clients, .next = &clients}; /* a ring */
static struct conn *dead; /* closed in this batch, and not freed yet */

/* For failures that leave nothing to serve with. */
static void die(const char *what, int number) {
    fprintf(stderr, "callbacks: %s %d: %s\n", what, number, strerror(errno));
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
        fprintf(help ? stdout : stderr,
                "usage: callbacks [-v] [port 0-65535]\n");
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

/* Moves one buffer at most. Reads only when nothing is owed: a client that
 * does not read fills this buffer and the kernel's, then TCP makes it wait. */
static enum state serve(struct conn *c) {
    ssize_t n = 0;
    if (c->owed == 0) {
        n = recv(c->fd, c->buf, sizeof c->buf, 0);
        narrate("recv", c->fd, n, "bytes");
        c->owed = n > 0 ? (size_t)n : 0;
    }
    if (c->owed > 0) {
        n = send(c->fd, c->buf, c->owed, 0);
        narrate("send", c->fd, n, "bytes");
        c->owed -= n > 0 ? (size_t)n : 0;
        memmove(c->buf, c->buf + (n > 0 ? n : 0), c->owed); /* a short send */
    }
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return WAITING;
    return n > 0 ? WAITING : FINISHED; /* 0: end of stream, and all is sent */
}

/* Adds fd to the kernel's interest list, or changes its entry; events bring c
 * back. Returns -1 where the kernel has no room. epoll_ctl(2). */
static int watch(int op, int fd, uint32_t interest, struct conn *c) {
    struct epoll_event event = {.events = interest, .data.ptr = c};
    int result = epoll_ctl(epfd, op, fd, &event);
    narrate("epoll_ctl", fd, result, op == EPOLL_CTL_ADD ? "ADD" : "MOD");
    return result;
}

static long long now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (long long)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* The handler of what was closed earlier in the same batch. */
static void on_stale(struct conn *c) {
    narrate("stale", c->fd, 0, "(no more)");
}

/* Closes c, now. But its event may be among those that are still to be handled:
 * so its memory stays until the batch is done, and says that it is stale. */
static void close_conn(struct conn *c) {
    narrate("close", c->fd, close(c->fd), "(done)");
    c->handle = on_stale;
    c->prev->next = c->next;
    c->next->prev = c->prev;
    c->next = dead;
    dead = c;
}

/* After the batch: no event leads to them any more. */
static void free_dead(void) {
    while (dead != NULL) {
        struct conn *c = dead;
        dead = c->next;
        free(c);
    }
}

/* The handler of a client: moves bytes, and says what is waited for next. */
static void on_client(struct conn *c) {
    int owed = c->owed > 0;
    c->heard_ms = now_ms();
    if (serve(c) == FINISHED)
        close_conn(c);
    else if (owed != (c->owed > 0)) /* a system call: only if needed */
        watch(EPOLL_CTL_MOD, c->fd, c->owed ? EPOLLOUT : EPOLLIN, c);
}

/* Takes over an accepted descriptor; where there is no room, closes it. */
static void open_conn(int fd) {
    struct conn *c = malloc(sizeof *c);
    narrate("accept", listener, fd, "(new client)");
    if (c == NULL || watch(EPOLL_CTL_ADD, fd, EPOLLIN, c) < 0) {
        fprintf(stderr, "callbacks: no room for fd %d: client refused\n", fd);
        close(fd);
        free(c);
        return;
    }
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK); /* not inherited */
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    c->handle = on_client;
    c->heard_ms = now_ms();
    c->fd = fd;
    c->owed = 0;
    c->prev = &clients;
    c->next = clients.next;
    c->next->prev = clients.next = c;
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
        perror("callbacks: accept");
}

/* With -v: one line for what epoll_wait returned. EPOLLIN is POLLIN, etc. */
static void narrate_wait(int n) {
    if (verbose)
        printf("epoll_wait -> %s", n > 0 ? "" : "nothing\n");
    for (int i = 0; verbose && n > 0; i++) {
        struct conn *c = events[i].data.ptr;
        int fd = c->fd, e = (int)events[i].events;
        printf("fd %d%s%s%s%s%s", fd, e & POLLIN ? " IN" : "",
               e & POLLOUT ? " OUT" : "", e & POLLERR ? " ERR" : "",
               e & POLLHUP ? " HUP" : "", --n > 0 ? ", " : "\n");
    }
}

/* The handler of the listener. */
static void on_listener(struct conn *c) {
    (void)c;
    accept_all();
}

/* The handler of the timer: it closes others than itself. */
static void on_timer(struct conn *c) {
    uint64_t ticks; /* read(2) resets the timer: it is not ready any more */
    long long now = now_ms();
    narrate("read", c->fd, read(c->fd, &ticks, sizeof ticks), "bytes (timer)");
    for (struct conn *each = clients.next, *next; each != &clients;
         each = next) {
        next = each->next;
        if (now - each->heard_ms >= IDLE_MS)
            close_conn(each);
    }
}

/* The event loop: waits, and calls the handler of each event. */
static void run(struct conn *door) {
    for (;;) {
        int n = epoll_wait(epfd, events, MAX_EVENTS, full ? RETRY_MS : -1);
        int was_full = full;
        if (n < 0 && errno != EINTR)
            die("cannot wait, fd", listener);
        narrate_wait(n);
        for (int i = 0; i < n; i++) {
            struct conn *c = events[i].data.ptr;
            c->handle(c);
        }
        free_dead();
        if (was_full)
            accept_all();
        /* While full, a client in the backlog would wake us in vain. */
        if (full != was_full)
            watch(EPOLL_CTL_MOD, listener, full ? 0 : EPOLLIN, door);
    }
}

int main(int argc, char **argv) {
    static struct conn door = {.handle = on_listener};
    static struct conn timer = {.handle = on_timer};
    struct itimerspec tick = {
        .it_value = {.tv_nsec = 1},
        .it_interval = {IDLE_MS / 2000, IDLE_MS % 2000 * 500000L}};
    int port = parse_args(argc, argv), fd;
    /* With 0, 1 or 2 closed, a client would get that number, and our output. */
    while ((fd = open("/dev/null", O_RDWR)) >= 0 && fd < 3)
        continue;
    close(fd);
    setvbuf(stdout, NULL, _IOLBF, 0); /* each line at once, to a file too */
    signal(SIGPIPE, SIG_IGN); /* send to a client that left: EPIPE instead */
    listener = open_listener(port);
    fcntl(listener, F_SETFL, fcntl(listener, F_GETFL) | O_NONBLOCK);
    epfd = epoll_create1(0);
    door.fd = listener;
    timer.fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
    if (timerfd_settime(timer.fd, 0, &tick, NULL) < 0 ||
        watch(EPOLL_CTL_ADD, timer.fd, EPOLLIN, &timer) < 0 ||
        watch(EPOLL_CTL_ADD, listener, EPOLLIN, &door) < 0)
        die("no room for fd", listener);
    run(&door);
}
