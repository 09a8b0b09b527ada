/* Chapter 05: a client that waits in epoll, for stdin, stdout and the server.
 * cc client.c -o client && ./client -v [host] [port]: see README.md */
#ifndef __linux__
#error "epoll is Linux's alone: on this system, chapter 04 (poll) is the way"
#endif
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define PORT "8005"
#define BUFFER_SIZE 16384 /* bytes: the most that one read takes */

struct flow {
    int from, to; /* descriptors: stdin to server, or server to stdout */
    size_t owed; /* bytes at the start of buf, read and not yet written */
    unsigned long long moved; /* bytes written, in all */
    char buf[BUFFER_SIZE];
};

enum state { FINISHED, WAITING, MORE };
static int verbose; /* -v: print what each call returned, on stderr */
static int failed; /* a call has failed, and that was printed */
static int sending = 1; /* until the end of stdin */
static struct flow up = {.from = 0}, down = {.to = 1};
static int epfd; /* the epoll instance: it holds the interest list */
static struct entry {
    int fd;
    uint32_t interest; /* what the kernel's list says; 0: fd is not in it */
    int always, ready; /* always: a regular file, which epoll refuses */
} input = {.fd = 0}, server, output = {.fd = 1};

/* With -v: one line for what a call on fd returned. Leaves errno alone. */
static void narrate(const char *call, int fd, ssize_t n, const char *unit) {
    int error = errno;
    if (n < 0)
        unit = error == EAGAIN ? "EAGAIN" : strerror(error);
    if (verbose)
        fprintf(stderr, "%s fd %d -> %zd %s\n", call, fd, n, unit);
    errno = error;
}

/* Reads [-v] [host] [port]; a lone number is the port. Wrong use: exit 2. */
static void parse_args(int argc, char **argv, char **host, char **port) {
    char *last = argv[argc - 1], *end;
    int help = argc == 2 && (!strcmp(last, "-h") || !strcmp(last, "--help"));
    verbose = argc > 1 && !strcmp(argv[1], "-v");
    int count = argc - 1 - verbose;
    int lone = count == 1 && last[strspn(last, "0123456789")] == '\0';
    *host = count > 0 && !lone ? argv[1 + verbose] : "127.0.0.1";
    *port = count > 1 || lone ? last : PORT;
    long n = strtol(*port, &end, 10);
    if (help || count > 2 || **host == '-' || *end || n < 1 || n > 65535) {
        fprintf(help ? stdout : stderr, "usage: client [-v] [host] [port]\n");
        exit(help ? 0 : 2);
    }
}

/* Returns a socket connected to host, or ends. getaddrinfo(3), connect(2). */
static int open_connection(const char *host, const char *port) {
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list, *a;
    int fd = -1, error = getaddrinfo(host, port, &hints, &list);
    if (error != 0) {
        fprintf(stderr, "client: %s: %s\n", host, gai_strerror(error));
        exit(1);
    }
    for (a = list; a != NULL; a = a->ai_next) { /* localhost: ::1, 127.0.0.1 */
        fd = socket(a->ai_family, a->ai_socktype, a->ai_protocol);
        if (fd >= 0 && connect(fd, a->ai_addr, a->ai_addrlen) == 0)
            break;
        error = errno;
        close(fd);
    }
    if (a == NULL) {
        fprintf(stderr, "client: %s:%s: %s\n", host, port, strerror(error));
        exit(1);
    }
    freeaddrinfo(list);
    return fd;
}

/* Moves one buffer at most. FINISHED: end of file, or an error, reported. */
static enum state move(struct flow *f) {
    ssize_t n = 0;
    if (f->owed == 0) {
        n = read(f->from, f->buf, sizeof f->buf);
        narrate("read", f->from, n, "bytes");
        f->owed = n > 0 ? (size_t)n : 0;
    }
    if (f->owed > 0) {
        n = write(f->to, f->buf, f->owed);
        narrate("write", f->to, n, "bytes");
        f->moved += n > 0 ? (size_t)n : 0;
        f->owed -= n > 0 ? (size_t)n : 0;
        memmove(f->buf, f->buf + (n > 0 ? n : 0), f->owed); /* a short write */
    }
    if (n < 0 && errno == EAGAIN)
        return WAITING;
    if (n > 0 || (n < 0 && errno == EINTR))
        return MORE;
    if (n < 0)
        perror(f->owed ? "client: write" : "client: read");
    failed |= n < 0;
    return FINISHED;
}

/* The end: says what is missing. Returns the exit status. */
static int verdict(void) {
    int lost = sending || up.moved != down.moved;
    if (lost && down.owed == 0)
        fprintf(stderr, "client: the server left: %llu bytes sent, %llu back\n",
                up.moved, down.moved);
    return failed || lost;
}

/* Brings the kernel's entry for w up to date, if it has changed. */
static void watch(struct entry *w, uint32_t interest) {
    struct epoll_event event = {.events = interest, .data.ptr = w};
    int op = w->interest == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
    w->ready = w->always && interest != 0;
    if (w->always || w->interest == interest)
        return;
    if (interest == 0) /* a MOD to 0 would still report a hang-up, for ever */
        op = EPOLL_CTL_DEL;
    w->interest = interest;
    int result = epoll_ctl(epfd, op, w->fd, &event);
    narrate("epoll_ctl", w->fd, result, "(done)");
    if (result < 0 && errno != EPERM)
        err(1, "no room in epoll for fd %d", w->fd);
    w->always = w->ready = result < 0; /* a regular file: EPERM, epoll_ctl(2) */
}

/* Waits until a direction can go on, and moves it. */
static void run(void) {
    for (;;) {
        struct epoll_event events[3];
        watch(&input, sending && !up.owed ? EPOLLIN : 0);
        watch(&output, down.owed ? EPOLLOUT : 0);
        watch(&server, (down.owed ? 0U : EPOLLIN) |
                           (sending && up.owed ? EPOLLOUT : 0U));
        int n =
            epoll_wait(epfd, events, 3, input.ready || output.ready ? 0 : -1);
        narrate("epoll_wait", epfd, n, "ready");
        for (int i = 0; i < n; i++)
            ((struct entry *)events[i].data.ptr)->ready = 1;
        if (sending && (up.owed ? server.ready : input.ready) &&
            move(&up) == FINISHED) {
            sending = 0; /* half-close: the server sees EOF, and can answer */
            narrate("shutdown", up.to, shutdown(up.to, SHUT_WR), "(done)");
        }
        if ((down.owed ? output.ready : server.ready) &&
            move(&down) == FINISHED)
            return;
    }
}

int main(int argc, char **argv) {
    char *host, *port;
    int fd;
    parse_args(argc, argv, &host, &port);
    /* With 0, 1 or 2 closed, the socket would get that number. */
    while ((fd = open("/dev/null", O_RDWR)) >= 0 && fd < 3)
        continue;
    close(fd);
    signal(SIGPIPE, SIG_IGN); /* write to a server that left: EPIPE instead */
    fd = open_connection(host, port);
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    up.to = down.from = server.fd = fd;
    if ((epfd = epoll_create1(0)) < 0)
        err(1, "no epoll instance");
    run();
    return verdict();
}
