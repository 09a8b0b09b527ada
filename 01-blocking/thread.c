/* Chapter 01, aside: one thread for each connection. Each waits inside its calls,
 * as server.c does, and delays nobody but its own client. With -v it also tells
 * what one connection costs: time to create its thread, and memory.
 * cc -pthread thread.c -o thread && ./thread -v [port], default 8001: asides.md */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PORT 8001
#define BUFFER_SIZE 16384 /* bytes: one recv, and the most we owe a client */
#define STACK_SIZE 65536 /* bytes; the default is 8 MiB of addresses on Linux */
#define RETRY_S 1 /* out of descriptors: when to try accept again */

struct conn {
    int fd;
    size_t owed; /* bytes at the start of buf, not yet sent back */
    char buf[BUFFER_SIZE];
};

enum state { FINISHED, WAITING };
static int verbose; /* -v: print what each call returned */
static int listener; /* the socket that clients connect to */

/* For failures that leave nothing to serve with. */
static void die(const char *what, int number) {
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

/* Returns the port asked for. Wrong use: one line on stderr, exit 2. */
static int parse_args(int argc, char **argv) {
    char *arg = argv[argc - 1], *end = "";
    int help = argc == 2 && (!strcmp(arg, "-h") || !strcmp(arg, "--help"));
    long port = PORT;
    verbose = argc > 1 && !strcmp(argv[1], "-v");
    if (argc > 1 + verbose)
        port = strtol(arg, &end, 10);
    if (argc > 2 + verbose || !*arg || *end || port < 0 || port > 65535) {
        fprintf(help ? stdout : stderr, "usage: thread [-v] [port 0-65535]\n");
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

/* Microseconds, from a clock that nobody sets: clock_gettime(2). */
static long now_us(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (long)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* KiB of memory that this process shares with no other, proc(5); 0 where the
 * system does not tell. The kernel's own part for it comes on top. */
static long own_kib(void) {
    char line[128];
    long kib = 0;
    FILE *file = fopen("/proc/self/smaps_rollup", "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        if (!strncmp(line, "Private_Dirty:", 14))
            kib = strtol(line + 14, NULL, 10);
    if (file != NULL)
        fclose(file);
    return kib;
}

/* The thread: serves one client to its end, and ends with it. It owns the struct,
 * and no other thread looks at it: so nothing needs a lock. */
static void *work(void *arg) {
    struct conn *c = arg;
    while (serve(c) == WAITING)
        continue;
    narrate("close", c->fd, close(c->fd), "(done)");
    free(c);
    return NULL;
}

/* Starts a thread for an accepted descriptor. Returns 0, or -1 and errno. */
static int start(int fd) {
    struct conn *c = malloc(sizeof *c);
    pthread_attr_t attr;
    pthread_t thread;
    if (c == NULL)
        return -1;
    c->fd = fd;
    c->owed = 0;
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, STACK_SIZE);
    /* Nobody joins it: else its stack would stay after it has ended. */
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    errno = pthread_create(&thread, &attr, work, c);
    pthread_attr_destroy(&attr);
    if (errno == 0)
        return 0;
    free(c);
    return -1;
}

/* Takes a client, and leaves it to a thread of its own. */
static void run(void) {
    for (;;) {
        int fd = accept(listener, NULL, NULL);
        narrate("accept", listener, fd, "(new client)");
        if (fd >= 0) {
            long before = now_us();
            setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
            if (start(fd) < 0) {
                fprintf(stderr, "thread: no room: client refused\n");
                close(fd);
                continue;
            }
            narrate("time", fd, now_us() - before, "us to create its thread");
            if (verbose)
                narrate("memory", fd, own_kib(), "KiB, all threads together");
        } else if (errno != EINTR && errno != ECONNABORTED) {
            fprintf(stderr, "thread: accept: %s\n", strerror(errno));
            sleep(RETRY_S);
        }
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
    run();
}
