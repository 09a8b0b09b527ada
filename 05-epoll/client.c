/* Chapter 05: a client that waits in epoll, for stdin, stdout and the server.
 * cc client.c -o client && ./client -v [host] [port]: see README.md */
#ifndef __linux__
#error "epoll is Linux's alone: on this system, chapter 04 (poll) is the way"
#endif
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define PORT "8005"
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
static int epfd; /* the epoll instance: it holds the interest list */

struct entry {
    int fd;
    uint32_t interest; /* what the kernel's list says; 0: fd is not in it */
    bool always; /* a file, or /dev/null: epoll refuses it, it never waits */
    bool ready; /* in one of the directions: move finds out in which */
};

static struct entry input = {.fd = STDIN_FILENO}, server;
static struct entry output = {.fd = STDOUT_FILENO};

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

/* Tells the kernel what we wait for on this descriptor from now on. */
static void tell_kernel(struct entry *entry, uint32_t interest) {
    struct epoll_event event = {.events = interest, .data.ptr = entry};
    int op = entry->interest == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
    if (interest == 0) /* a MOD to 0 would still report a hang-up, for ever */
        op = EPOLL_CTL_DEL;
    int result = epoll_ctl(epfd, op, entry->fd, &event);
    narrate("epoll_ctl", entry->fd, result, "(done)");
    if (result < 0 && errno != EPERM)
        die("no room in epoll for fd", entry->fd);
    entry->interest = interest;
    entry->always = result < 0; /* EPERM: epoll_ctl(2) */
}

/* Before each wait: what we wait for on this descriptor; 0: for nothing. */
static void watch(struct entry *entry, uint32_t interest) {
    if (!entry->always && entry->interest != interest)
        tell_kernel(entry, interest);
    entry->ready = entry->always && interest != 0; /* the wait adds others */
}

/* With -v: one line for what epoll_wait returned. */
static void narrate_wait(int n) {
    if (verbose && n >= 0)
        fprintf(stderr, "epoll_wait -> %d ready\n", n);
}

/* Says what each of the three is waited for, sleeps, and notes who is ready.
 * The socket has one entry, and may be waited for in both directions. */
static void wait_until_ready(void) {
    struct epoll_event events[3];
    uint32_t server_interest = down.owed > 0 ? 0 : EPOLLIN;
    if (sending && up.owed > 0)
        server_interest |= EPOLLOUT;
    watch(&input, sending && up.owed == 0 ? EPOLLIN : 0);
    watch(&server, server_interest);
    watch(&output, down.owed > 0 ? EPOLLOUT : 0);
    bool at_once = input.ready || server.ready || output.ready;
    int n = epoll_wait(epfd, events, 3, at_once ? 0 : -1);
    if (n < 0 && errno != EINTR)
        die("cannot wait, fd", epfd);
    narrate_wait(n);
    for (int i = 0; i < n; i++) {
        struct entry *entry = events[i].data.ptr;
        entry->ready = true;
    }
}

/* Waits until a direction can go on, and moves it. */
static void run(void) {
    for (;;) {
        wait_until_ready();
        bool up_ready = up.owed > 0 ? server.ready : input.ready;
        bool down_ready = down.owed > 0 ? output.ready : server.ready;
        if (sending && up_ready && move(&up) == CLOSE)
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
    set_nonblocking(fd);
    up.to = fd;
    down.from = fd;
    server.fd = fd;
    epfd = epoll_create1(0);
    if (epfd < 0)
        die("no epoll instance for fd", fd);
    run();
    return verdict();
}
