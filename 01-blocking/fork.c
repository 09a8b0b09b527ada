/* Chapter 01, aside: one process for each connection. Each child waits inside
 * its calls, as server.c does, and delays nobody but its own client. With -v it
 * also tells what one connection costs: time to create its process, and memory.
 * cc fork.c -o fork && ./fork -v [port], default 8001: see asides.md */
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
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PORT 8001
#define BUFFER_SIZE 16384 /* bytes: one recv, and the most we owe a client */
#define RETRY_S 1 /* out of descriptors: how long until we try again */

struct conn {
    int fd;
    size_t owed; /* bytes at the start of buf, not yet sent back */
    char buf[BUFFER_SIZE];
};

enum next { CLOSE, KEEP_OPEN }; /* what to do with a connection */

static bool verbose; /* -v: print what each call returned */
static int listener; /* the socket that clients connect to */

/* For failures that leave nothing to serve with. */
static _Noreturn void die(const char *what, int number) {
    fprintf(stderr, "fork: %s %d: %s\n", what, number, strerror(errno));
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
    fprintf(out, "usage: fork [-v] [port 0-65535]\n");
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

/* Microseconds, from a clock that nobody sets: clock_gettime(2). */
static long now_us(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (long)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* KiB of memory that this process shares with no other, proc(5); 0 where the
 * system does not tell. The kernel's own part for it comes on top. */
static long own_kib(void) {
    static const char label[] = "Private_Dirty:";
    char line[128];
    long kib = 0;
    FILE *file = fopen("/proc/self/smaps_rollup", "r");
    if (file == NULL)
        return 0;
    while (fgets(line, sizeof line, file) != NULL)
        if (strncmp(line, label, strlen(label)) == 0)
            kib = strtol(line + strlen(label), NULL, 10);
    fclose(file);
    return kib;
}

/* A child that has ended is a zombie until it is waited for. Several may have
 * ended for one signal. waitpid(2) may be called here: signal-safety(7). */
static void reap(int number) {
    int error = errno;
    (void)number;
    while (waitpid(-1, NULL, WNOHANG) > 0)
        continue;
    errno = error;
}

/* From now on, reap is called when children have ended. SA_RESTART: that must
 * not cut a call of the parent short. sigaction(2). */
static void reap_children(void) {
    struct sigaction ended = {.sa_handler = reap, .sa_flags = SA_RESTART};
    sigemptyset(&ended.sa_mask);
    sigaction(SIGCHLD, &ended, NULL);
    /* Inherited, a blocked SIGCHLD would leave every child a zombie. */
    sigprocmask(SIG_SETMASK, &ended.sa_mask, NULL);
}

/* The child: serves one client to its end, and ends with it. */
static _Noreturn void child(struct conn *c) {
    close(listener); /* else the port stays taken as long as this child lives */
    enum next next = serve(c);
    if (verbose) { /* now its stack and its buffer have been written to */
        long kib = own_kib();
        narrate("memory", c->fd, kib, "KiB of its own");
    }
    while (next == KEEP_OPEN)
        next = serve(c); /* waits inside, and holds up nobody else */
    int result = close(c->fd);
    narrate("close", c->fd, result, "(done)");
    _exit(0); /* not exit(3): what is left in stdout's buffer is the parent's */
}

/* Leaves a client to a process of its own. */
static void start_child(struct conn *c) {
    long before = now_us();
    pid_t pid = fork();
    if (pid == 0)
        child(c);
    long took = now_us() - before;
    narrate("fork", c->fd, pid, "(its process)");
    narrate("time", c->fd, took, "us to create it");
    if (pid < 0)
        fprintf(stderr, "fork: no room: client refused\n");
    close(c->fd); /* else its end is not the end: we hold it, too */
}

/* Takes a client, leaves it to a child, and looks for the next. */
static _Noreturn void run(void) {
    static struct conn c;
    for (;;) {
        c.fd = accept(listener, NULL, NULL);
        narrate("accept", listener, c.fd, "(new client)");
        if (c.fd >= 0) {
            /* Else Nagle's algorithm may hold back a reply's end: tcp(7). */
            int on = 1;
            setsockopt(c.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
            c.owed = 0;
            start_child(&c);
        } else if (errno != EINTR && errno != ECONNABORTED) {
            perror("fork: accept");
            sleep(RETRY_S); /* or until a child ends: it may have made room */
        }
    }
}

int main(int argc, char **argv) {
    int port = parse_args(argc, argv);
    hold_standard_descriptors();
    setvbuf(stdout, NULL, _IOLBF, 0); /* each line at once, to a file too */
    signal(SIGPIPE, SIG_IGN); /* send to a client that left: EPIPE instead */
    reap_children();
    listener = open_listener(port);
    run();
}
