/* Chapter 03: a client that waits in select, for stdin and the server at once:
 * each of the two directions is a bit in one of the sets.
 * cc client.c -o client && ./client -v [host] [port]: see README.md */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

#define PORT "8003"
#define BUFFER_SIZE 16384 /* bytes: the most that one read takes */

struct flow { /* one direction */
    int from, to; /* descriptors: stdin to server, or server to stdout */
    size_t owed; /* bytes at the start of buf, read and not yet written */
    unsigned long long moved; /* bytes written, in all */
    char buf[BUFFER_SIZE];
};

enum next { CLOSE, KEEP_OPEN }; /* what to do with a direction */

static bool verbose; /* -v: print what each call returned, on stderr */
static bool failed; /* a call has failed, and that was printed */
static bool sending = true; /* until up has ended */
static struct flow up = {.from = STDIN_FILENO}, down = {.to = STDOUT_FILENO};

/* For failures after which nothing can be waited for. */
static _Noreturn void die(const char *what, int number) {
    fprintf(stderr, "client: %s %d: %s\n", what, number, strerror(errno));
    exit(1);
}

/* With -v: one line for what a call on fd returned. Leaves errno alone. */
static void narrate(const char *call, int fd, ssize_t n, const char *unit) {
    int error = errno;
    if (!verbose)
        return;
    if (n < 0)
        unit = error == EAGAIN ? "EAGAIN" : strerror(error);
    fprintf(stderr, "%s fd %d -> %zd %s\n", call, fd, n, unit);
    errno = error;
}

static _Noreturn void usage(FILE *out, int status) {
    fprintf(out, "usage: client [-v] [host] [port 1-65535]\n");
    exit(status);
}

/* Reads [-v] [host] [port]; a lone number is the port. Wrong use: one line on
 * stderr, exit 2. What host and port point to is the caller's argv, or ours. */
static void parse_args(int argc, char **argv, char **host, char **port) {
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
    int count = argc - optind;
    char *last = argv[argc - 1], *end;
    bool is_number = last[strspn(last, "0123456789")] == '\0';
    *host = "127.0.0.1";
    *port = PORT;
    if (count == 2 || (count == 1 && !is_number))
        *host = argv[optind];
    if (count == 2 || (count == 1 && is_number))
        *port = last;
    long number = strtol(*port, &end, 10);
    if (count > 2 || *end != '\0' || number < 1 || number > 65535)
        usage(stderr, 2);
}

/* Whoever starts us may have closed descriptor 0, 1 or 2. The socket would get
 * that number: so /dev/null takes the free ones. It is open for reading alone,
 * so that an echo for a stdout that is closed is an error, and not lost. */
static void hold_standard_descriptors(void) {
    int fd;
    do
        fd = open("/dev/null", O_RDONLY);
    while (fd >= 0 && fd <= STDERR_FILENO);
    close(fd); /* the first one that is none of the three */
}

/* From now on, a call on fd that would have to wait fails with EAGAIN instead.
 * On an open socket, neither of these two can fail. fcntl(2). */
static void set_nonblocking(int fd) {
    int flags = fcntl(fd, F_GETFL);
    fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

/* Returns a socket connected to host, or ends. A name may have more addresses
 * than one: localhost is ::1 and 127.0.0.1. getaddrinfo(3), connect(2). */
static int open_connection(const char *host, const char *port) {
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list;
    int error = getaddrinfo(host, port, &hints, &list);
    if (error != 0) {
        fprintf(stderr, "client: %s: %s\n", host, gai_strerror(error));
        exit(1);
    }
    for (struct addrinfo *a = list; a != NULL; a = a->ai_next) {
        int fd = socket(a->ai_family, a->ai_socktype, a->ai_protocol);
        if (fd >= 0 && connect(fd, a->ai_addr, a->ai_addrlen) == 0) {
            freeaddrinfo(list);
            return fd;
        }
        error = errno;
        if (fd >= 0)
            close(fd);
    }
    fprintf(stderr, "client: %s:%s: %s\n", host, port, strerror(error));
    exit(1);
}

/* What to do when a call on a direction failed. EAGAIN: it would have had to
 * wait. EINTR: a signal came first. Other errors end the direction. */
static enum next after_error(const char *call, int fd) {
    if (errno == EAGAIN || errno == EINTR)
        return KEEP_OPEN;
    fprintf(stderr, "client: %s fd %d: %s\n", call, fd, strerror(errno));
    failed = true;
    return CLOSE;
}

/* Moves one buffer at most: reads when nothing is owed, and writes. CLOSE: the
 * end of what comes, or an error. stdout is as we got it: if it is full, write
 * waits there, and we with it, or says EAGAIN where somebody set O_NONBLOCK. */
static enum next move(struct flow *f) {
    if (f->owed == 0) {
        ssize_t got = read(f->from, f->buf, sizeof f->buf);
        narrate("read", f->from, got, "bytes");
        if (got < 0)
            return after_error("read", f->from);
        if (got == 0)
            return CLOSE;
        f->owed = (size_t)got;
    }
    ssize_t written = write(f->to, f->buf, f->owed);
    narrate("write", f->to, written, "bytes");
    if (written < 0)
        return after_error("write", f->to);
    f->moved += (size_t)written;
    f->owed -= (size_t)written;
    if (f->owed > 0) /* a short write: the rest is the first to go next time */
        memmove(f->buf, f->buf + written, f->owed);
    return KEEP_OPEN;
}

/* When up has ended: the server sees the end of the stream, and can still
 * answer, because only our sending side is shut. shutdown(2). */
static void half_close(void) {
    sending = false;
    int result = shutdown(up.to, SHUT_WR);
    narrate("shutdown", up.to, result, "(done)");
}

/* The end: is anything missing, or has the server left before our input ended?
 * Returns the exit status. If down still owes, stdout failed: that was told. */
static int verdict(void) {
    bool lost = sending || up.moved != down.moved;
    if (lost && down.owed == 0)
        fprintf(stderr, "client: the server left: %llu bytes sent, %llu back\n",
                up.moved, down.moved);
    return failed || lost;
}

/* What a direction waits for: room for what it owes, or else bytes. */
static void want(const struct flow *f, fd_set *readable, fd_set *writable) {
    if (f->owed > 0)
        FD_SET(f->to, writable);
    else
        FD_SET(f->from, readable);
}

/* Whether select found what f waits for. To be asked before f is moved. */
static bool is_ready(const struct flow *f, fd_set *readable, fd_set *writable) {
    if (f->owed > 0)
        return FD_ISSET(f->to, writable);
    return FD_ISSET(f->from, readable);
}

/* With -v: one line for what select returned. */
static void narrate_wait(int n) {
    if (verbose)
        fprintf(stderr, "select below %d -> %d ready\n", up.to + 1, n);
}

/* Waits until a direction can go on, and moves it. */
static void run(void) {
    for (;;) {
        fd_set readable, writable;
        FD_ZERO(&readable);
        FD_ZERO(&writable);
        if (sending)
            want(&up, &readable, &writable);
        want(&down, &readable, &writable);
        int n = select(up.to + 1, &readable, &writable, NULL, NULL);
        if (n < 0 && errno != EINTR)
            die("cannot wait, fd", up.to);
        if (n < 0)
            continue; /* a signal came: the sets say nothing */
        narrate_wait(n);
        bool up_ready = sending && is_ready(&up, &readable, &writable);
        bool down_ready = is_ready(&down, &readable, &writable);
        if (up_ready && move(&up) == CLOSE)
            half_close();
        if (down_ready && move(&down) == CLOSE)
            return;
    }
}

int main(int argc, char **argv) {
    char *host, *port;
    parse_args(argc, argv, &host, &port);
    hold_standard_descriptors();
    setvbuf(stderr, NULL, _IOLBF, 0); /* each line of -v in one piece */
    signal(SIGPIPE, SIG_IGN); /* write to who has left: EPIPE instead */
    int fd = open_connection(host, port);
    if (fd >= FD_SETSIZE) { /* FD_SET would write past the end of the set */
        fprintf(stderr, "client: fd %d: select cannot watch it\n", fd);
        return 1;
    }
    set_nonblocking(fd);
    up.to = fd;
    down.from = fd;
    run();
    return verdict();
}
