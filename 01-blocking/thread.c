/* Chapter 01, aside: one thread for each connection. Each waits inside its
 * calls, as server.c does, and delays nobody but its own client. With -v it
 * also tells what one connection costs: time to create its thread, and memory.
 * cc -pthread thread.c -o thread && ./thread -v [port], default 8001:
 * see asides.md */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PORT 8001
#define BUFFER_SIZE 16384 /* bytes: one recv, and the most we owe a client */
#define STACK_SIZE 65536 /* bytes; the default is 8 MiB of addresses on Linux */
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
    fprintf(stderr, "thread: %s %d: %s\n", what, number, strerror(errno));
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
    fprintf(out, "usage: thread [-v] [port 0-65535]\n");
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

/* The thread: serves one client to its end, and ends with it. It owns the
 * struct, and no other thread looks at it: so nothing needs a lock. */
static void *work(void *arg) {
    struct conn *c = arg;
    enum next next = KEEP_OPEN;
    while (next == KEEP_OPEN)
        next = serve(c); /* waits inside, and holds up nobody else */
    int result = close(c->fd);
    narrate("close", c->fd, result, "(done)");
    free(c);
    return NULL;
}

/* Starts a thread that serves c, and owns it. Returns 0, or an error's number.
 * pthread_create(3). */
static int start_thread(struct conn *c, int fd) {
    pthread_attr_t attr;
    pthread_t thread;
    c->fd = fd;
    c->owed = 0;
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, STACK_SIZE);
    /* Nobody joins it: else its stack would stay after it has ended. */
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    int error = pthread_create(&thread, &attr, work, c);
    pthread_attr_destroy(&attr);
    return error;
}

/* Leaves an accepted descriptor to a thread; without room, closes it. */
static void open_conn(int fd) {
    /* Else Nagle's algorithm may hold back a reply's end: tcp(7). */
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    long before = now_us();
    struct conn *c = malloc(sizeof *c);
    if (c == NULL || start_thread(c, fd) != 0) {
        fprintf(stderr, "thread: no room: client refused\n");
        free(c);
        close(fd);
        return;
    }
    long took = now_us() - before;
    narrate("time", fd, took, "us to create its thread");
    if (verbose) {
        long kib = own_kib();
        narrate("memory", fd, kib, "KiB, all threads together");
    }
}

/* Takes a client, leaves it to a thread, and looks for the next. */
static _Noreturn void run(void) {
    for (;;) {
        int fd = accept(listener, NULL, NULL);
        narrate("accept", listener, fd, "(new client)");
        if (fd >= 0) {
            open_conn(fd);
        } else if (errno != EINTR && errno != ECONNABORTED) {
            perror("thread: accept");
            sleep(RETRY_S); /* meanwhile a thread may end, and make room */
        }
    }
}

int main(int argc, char **argv) {
    int port = parse_args(argc, argv);
    hold_standard_descriptors();
    setvbuf(stdout, NULL, _IOLBF, 0); /* each line at once, to a file too */
    signal(SIGPIPE, SIG_IGN); /* send to a client that left: EPIPE instead */
    listener = open_listener(port);
    run();
}
