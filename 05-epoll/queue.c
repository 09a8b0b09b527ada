/* Chapter 05, aside: the echo server with a queue of messages for each client and
 * an interest that goes to and fro: read, then ask for write, send, then ask for
 * read again. Correct, and dearer than server.c: count its calls with -v.
 * cc queue.c -o queue && ./queue -v [port], default 8005: see asides.md */
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

#define PORT 8005
#define BUFFER_SIZE 16384 /* bytes: one recv */
#define HIGH_WATER 65536 /* bytes in a queue: no more is read until some go */
#define MAX_EVENTS 256 /* per wait; the next one brings the rest */
#define RETRY_MS 1000 /* out of descriptors: when to try accept again */

struct message {
    struct message *next;
    size_t size, sent; /* bytes; sent: how many of them are on their way */
    char data[];
};

struct conn {
    int fd;
    int ended; /* the client will send no more */
    size_t queued; /* bytes that the queue takes in memory */
    struct message *first,
        **last; /* the queue; last: where the next one goes */
    uint32_t interest; /* what the kernel was told */
};

enum state { FINISHED, WAITING };
static int verbose; /* -v: print what each call returned */
static int listener; /* the socket that clients connect to */
static int full; /* accept found no room for a client */
static int epfd; /* the epoll instance: it holds the interest list */
static struct epoll_event events[MAX_EVENTS]; /* what the wait returned */

/* For failures that leave nothing to serve with. */
static void die(const char *what, int number) {
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

/* Returns the port asked for. Wrong use: one line on stderr, exit 2. */
static int parse_args(int argc, char **argv) {
    char *arg = argv[argc - 1], *end = "";
    int help = argc == 2 && (!strcmp(arg, "-h") || !strcmp(arg, "--help"));
    long port = PORT;
    verbose = argc > 1 && !strcmp(argv[1], "-v");
    if (argc > 1 + verbose)
        port = strtol(arg, &end, 10);
    if (argc > 2 + verbose || !*arg || *end || port < 0 || port > 65535) {
        fprintf(help ? stdout : stderr, "usage: queue [-v] [port 0-65535]\n");
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

/* What a recv or send that returned n means for the connection. */
static enum state outcome(ssize_t n) {
    return n > 0 || errno == EAGAIN || errno == EINTR ? WAITING : FINISHED;
}

/* Readable: one recv, and what came is put at the end of the queue. */
static enum state read_message(struct conn *c) {
    static char buf[BUFFER_SIZE];
    struct message *m;
    ssize_t n = recv(c->fd, buf, sizeof buf, 0);
    narrate("recv", c->fd, n, "bytes");
    if (n < 0)
        return outcome(n);
    if (n == 0) { /* the end; but what is queued is still owed */
        c->ended = 1;
        return c->first != NULL ? WAITING : FINISHED;
    }
    m = malloc(sizeof *m + (size_t)n);
    if (m == NULL)
        return FINISHED; /* an echo with a hole in it would be worse */
    *m = (struct message){.size = (size_t)n};
    memcpy(m->data, buf, (size_t)n);
    *c->last = m;
    c->last = &m->next;
    c->queued += sizeof *m + (size_t)n;
    return WAITING;
}

static void drop_message(struct conn *c) {
    struct message *m = c->first;
    c->first = m->next;
    if (c->first == NULL)
        c->last = &c->first;
    c->queued -= sizeof *m + m->size;
    free(m);
}

/* Writable: one send of the first message; the rest of it stays the first. */
static enum state write_message(struct conn *c) {
    struct message *m = c->first;
    ssize_t n = send(c->fd, m->data + m->sent, m->size - m->sent, 0);
    narrate("send", c->fd, n, "bytes");
    m->sent += n > 0 ? (size_t)n : 0;
    if (m->sent == m->size)
        drop_message(c);
    return c->ended && c->first == NULL ? FINISHED : outcome(n);
}

/* READ_ONLY with an empty queue, READ_WRITE with a message in it, and no reading
 * where it would be in vain (the end has come) or too much (HIGH_WATER). */
static uint32_t wanted(const struct conn *c) {
    uint32_t reading = c->ended || c->queued >= HIGH_WATER ? 0 : EPOLLIN;
    return c->first != NULL ? reading | EPOLLOUT : reading;
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
    if (c == NULL || watch(EPOLL_CTL_ADD, fd, EPOLLIN, c) < 0) {
        fprintf(stderr, "queue: no room for fd %d: client refused\n", fd);
        close(fd);
        free(c);
        return;
    }
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK); /* not inherited */
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    *c = (struct conn){.fd = fd, .last = &c->first, .interest = EPOLLIN};
}

static void close_conn(struct conn *c) {
    narrate("close", c->fd, close(c->fd), "(done)");
    while (c->first != NULL)
        drop_message(c);
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
        perror("queue: accept");
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

/* Handles what was told of c, and tells the kernel what it waits for now. ERR and
 * HUP come unasked: the call that is due says what they mean. */
static void handle(struct conn *c, uint32_t told) {
    enum state state = WAITING;
    uint32_t broken = told & (EPOLLERR | EPOLLHUP);
    if ((told & EPOLLIN || broken) && c->interest & EPOLLIN)
        state = read_message(c);
    if (state == WAITING && (told & EPOLLOUT || broken) && c->first != NULL)
        state = write_message(c);
    if (state == FINISHED) {
        close_conn(c);
    } else if (c->interest != wanted(c)) {
        c->interest = wanted(c);
        watch(EPOLL_CTL_MOD, c->fd, c->interest, c);
    }
}

/* Waits, handles what is told, and begins again. */
static void run(void) {
    if (watch(EPOLL_CTL_ADD, listener, EPOLLIN, NULL) < 0)
        die("no room for fd", listener);
    for (;;) {
        int n = epoll_wait(epfd, events, MAX_EVENTS, full ? RETRY_MS : -1);
        int was_full = full;
        int arrivals = full;
        if (n < 0 && errno != EINTR)
            die("cannot wait, fd", listener);
        narrate_wait(n);
        for (int i = 0; i < n; i++) {
            struct conn *c = events[i].data.ptr;
            if (c == NULL)
                arrivals = 1;
            else
                handle(c, events[i].events);
        }
        if (arrivals)
            accept_all();
        /* While full, a client in the backlog would wake us in vain. */
        if (full != was_full)
            watch(EPOLL_CTL_MOD, listener, full ? 0 : EPOLLIN, NULL);
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
    epfd = epoll_create1(0);
    run();
}
