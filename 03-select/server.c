/* Chapter 03: an echo server that waits in select: one call sleeps on all the
 * descriptors at once, and says which of them are ready.
 * cc server.c -o server && ./server -v [port], default 8003: see README.md */
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
#include <sys/select.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PORT 8003
#define BUFFER_SIZE 16384 /* bytes: one recv, and the most we owe a client */
#define ROOM FD_SETSIZE /* an fd_set has no bit for a higher descriptor */
#define RETRY_MS 1000 /* out of descriptors: how long until we try again */
#define TELL_MS 60000 /* ... and until we say so again: no flood of lines */

struct conn {
    int fd;
    size_t owed; /* bytes at the start of buf, not yet sent back */
    char buf[BUFFER_SIZE];
};

enum next { CLOSE, KEEP_OPEN }; /* what to do with a connection */

static bool verbose; /* -v: print what each call returned */
static int listener; /* the socket that clients connect to */
static bool full; /* accept failed, for want of a descriptor or memory */
static long long retry_at; /* while full: when to try again, by now_ms */
static long long tell_at; /* that it is full: not again before, by now_ms */
static int top; /* the highest descriptor in use */
static struct conn *conns[ROOM]; /* by descriptor; NULL: no client */
static fd_set want_read, want_write; /* what to ask select for */

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

/* What to do when recv or send failed. EINTR: a signal came first. EAGAIN, from
 * chapter 02 on: the call would have had to wait. Any other error: close. */
static enum next after_error(void) {
    return errno == EAGAIN || errno == EINTR ? KEEP_OPEN : CLOSE;
}

/* Moves one buffer at most. Reads only when nothing is owed: a client that
 * does not read fills this buffer and the kernel's; then its own send waits. */
static enum next serve(struct conn *c) {
    if (c->owed == 0) {
        ssize_t received = recv(c->fd, c->buf, sizeof c->buf, 0);
        narrate("recv", c->fd, received, "bytes");
        if (received < 0)
            return after_error();
        if (received == 0)
            return CLOSE; /* the client sends no more, and has all of it back */
        c->owed = (size_t)received;
    }
    ssize_t sent = send(c->fd, c->buf, c->owed, 0);
    narrate("send", c->fd, sent, "bytes");
    if (sent < 0)
        return after_error();
    c->owed -= (size_t)sent;
    if (c->owed > 0) /* a short send: the rest is the first to go next time */
        memmove(c->buf, c->buf + sent, c->owed);
    return KEEP_OPEN;
}

/* What a connection waits for: to send, while bytes are owed, or to receive. */
static fd_set *interest(const struct conn *c) {
    return c->owed > 0 ? &want_write : &want_read;
}

/* Asks select for fd from now on, in this set; c is NULL for the listener.
 * Returns -1 if fd has no bit: FD_SET would write past the end of the set. */
static int watch(int fd, fd_set *set, struct conn *c) {
    if (fd >= ROOM) {
        errno = EMFILE;
        return -1;
    }
    FD_CLR(fd, &want_read);
    FD_CLR(fd, &want_write);
    FD_SET(fd, set);
    conns[fd] = c;
    if (fd > top)
        top = fd;
    return 0;
}

/* Takes over an accepted descriptor; where there is no room, closes it. */
static void open_conn(int fd) {
    struct conn *c = malloc(sizeof *c);
    if (c == NULL || watch(fd, &want_read, c) < 0) {
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
}

/* Takes a connection out of the table and the sets, and ends it. */
static void close_conn(struct conn *c) {
    FD_CLR(c->fd, &want_read);
    FD_CLR(c->fd, &want_write);
    conns[c->fd] = NULL;
    while (top > listener && conns[top] == NULL)
        top--;
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

/* Serves a connection that is ready, and says what it waits for next. */
static void give_turn(struct conn *c) {
    if (serve(c) == CLOSE)
        close_conn(c);
    else
        watch(c->fd, interest(c), c);
}

/* With -v: one line for what select returned. */
static void narrate_wait(int n, fd_set *readable, fd_set *writable) {
    const char *comma = "";
    if (!verbose)
        return;
    printf("select below %d ->%s", top + 1, n > 0 ? "" : " nothing");
    for (int fd = listener; n > 0 && fd <= top; fd++) {
        bool in = FD_ISSET(fd, readable), out = FD_ISSET(fd, writable);
        if (!in && !out)
            continue;
        printf("%s fd %d%s%s", comma, fd, in ? " readable" : "",
               out ? " writable" : "");
        comma = ",";
    }
    printf("\n");
}

/* Waits, serves who is ready, and begins again. */
static _Noreturn void run(void) {
    if (watch(listener, &want_read, NULL) < 0)
        die("cannot watch fd", listener);
    for (;;) {
        struct timeval retry = {.tv_sec = RETRY_MS / 1000};
        fd_set readable = want_read; /* copies: select puts its answer there */
        fd_set writable = want_write;
        bool paused = full && now_ms() < retry_at;
        if (paused) /* a client in the backlog would wake us in vain */
            FD_CLR(listener, &readable);
        struct timeval *timeout = paused ? &retry : NULL;
        int n = select(top + 1, &readable, &writable, NULL, timeout);
        if (n < 0 && errno != EINTR)
            die("cannot wait for those below", top + 1);
        narrate_wait(n, &readable, &writable);
        if (n <= 0)
            continue; /* a signal, or RETRY_MS: the sets say nothing */
        for (int fd = listener; fd <= top; fd++) {
            if (!FD_ISSET(fd, &readable) && !FD_ISSET(fd, &writable))
                continue;
            struct conn *c = conns[fd];
            if (c == NULL)
                accept_all();
            else
                give_turn(c);
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
