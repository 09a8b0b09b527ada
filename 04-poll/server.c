/* Chapter 04: an echo server that waits in poll: an array in place of bit sets,
 * so no descriptor is too large a number to be watched.
 * cc server.c -o server && ./server -v [port], default 8004: see README.md */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PORT 8004
#define BUFFER_SIZE 16384 /* bytes: one recv, and the most we owe a client */
#define ROOM 1048576 /* most descriptors in a process: proc(5), nr_open */
#define RETRY_MS 1000 /* out of descriptors: when to try accept again */

struct conn {
    int fd;
    size_t owed; /* bytes at the start of buf, not yet sent back */
    char buf[BUFFER_SIZE];
};

enum state { FINISHED, WAITING };
static int verbose; /* -v: print what each call returned */
static int listener; /* the socket that clients connect to */
static int full; /* accept found no room for a client */
static int top = -1; /* the highest descriptor in use */
static struct conn *conns[ROOM]; /* by descriptor; NULL: no client */
static struct pollfd fds[ROOM]; /* by descriptor; poll skips fd -1 */

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

/* Asks poll for events on fd from now on; c is NULL for the listener.
 * Returns -1 where the table has no room for fd. */
static int watch(int fd, short events, struct conn *c) {
    if (fd >= ROOM)
        return -1;
    conns[fd] = c;
    while (top < fd)
        fds[++top].fd = -1;
    fds[fd] = (struct pollfd){.fd = fd, .events = events};
    return 0;
}

/* Takes over an accepted descriptor; where there is no room, closes it. */
static void open_conn(int fd) {
    struct conn *c = malloc(sizeof *c);
    narrate("accept", listener, fd, "(new client)");
    if (c == NULL || watch(fd, POLLIN, c) < 0) {
        fprintf(stderr, "server: no room for fd %d: client refused\n", fd);
        close(fd);
        free(c);
        return;
    }
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK); /* not inherited */
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    c->fd = fd;
    c->owed = 0;
}

static void close_conn(struct conn *c) {
    narrate("close", c->fd, close(c->fd), "(done)");
    fds[c->fd].fd = -1;
    while (fds[top].fd < 0)
        top--;
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

/* With -v: one line for what poll returned. */
static void narrate_wait(int n) {
    if (verbose)
        printf("poll below %d -> %s", top + 1, n > 0 ? "" : "nothing\n");
    for (int fd = listener; verbose && n > 0; fd++) {
        int e = fds[fd].revents;
        if (e != 0)
            printf("fd %d%s%s%s%s%s", fd, e & POLLIN ? " IN" : "",
                   e & POLLOUT ? " OUT" : "", e & POLLERR ? " ERR" : "",
                   e & POLLHUP ? " HUP" : "", --n > 0 ? ", " : "\n");
    }
}

/* Waits, serves who is ready, and begins again. */
static void run(void) {
    if (watch(listener, POLLIN, NULL) < 0)
        die("no room for fd", listener);
    for (;;) {
        /* While full, a client in the backlog would wake us in vain. */
        fds[listener].events = full ? 0 : POLLIN;
        int n = poll(fds, (nfds_t)top + 1, full ? RETRY_MS : -1);
        int arrivals = full;
        if (n < 0 && errno != EINTR)
            die("cannot wait, fd", listener);
        narrate_wait(n);
        for (int fd = listener; n > 0 && fd <= top; fd++) {
            struct conn *c = conns[fd];
            if (fds[fd].revents == 0)
                continue;
            if (c == NULL)
                arrivals = 1;
            else if (serve(c) == FINISHED)
                close_conn(c);
            else
                watch(fd, c->owed ? POLLOUT : POLLIN, c);
        }
        if (arrivals)
            accept_all();
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
