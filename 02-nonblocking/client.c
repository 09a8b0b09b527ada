/* Chapter 02: a client that never waits: it asks stdin and the server in turn,
 * all the time, so that neither can hold up the other.
 * cc client.c -o client && ./client -v [host] [port]: see README.md */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PORT "8002"
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
static int flags; /* those of stdin, as we found them */

/* With -v: one line for what a call on fd returned. Leaves errno alone.
 * EAGAIN is nearly every answer: it is not printed. */
static void narrate(const char *call, int fd, ssize_t n, const char *unit) {
    int error = errno;
    if (n < 0)
        unit = strerror(error);
    if (verbose && (n >= 0 || error != EAGAIN))
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

/* O_NONBLOCK belongs to the open file, which the shell shares: without this it
 * would find its terminal non-blocking. Called at every exit. fcntl(2). */
static void restore(void) { fcntl(0, F_SETFL, flags); }

/* Also where a signal ends us, or Ctrl-Z stops us until fg. */
static void on_signal(int sig) {
    int error = errno;
    restore();
    if (sig != SIGTSTP)
        signal(sig, SIG_DFL);
    raise(sig == SIGTSTP ? SIGSTOP : sig);
    fcntl(0, F_SETFL, flags | O_NONBLOCK); /* after fg: going on */
    errno = error;
}

static void set_stdin_nonblocking(void) {
    int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};
    struct sigaction action = {.sa_handler = on_signal,
                               .sa_flags = SA_RESTART | SA_NODEFER};
    flags = fcntl(0, F_GETFL);
    atexit(restore);
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        sigaction(signals[i], &action, NULL);
    fcntl(0, F_SETFL, flags | O_NONBLOCK);
}

/* Asks both, for ever. */
static void run(void) {
    for (;;) {
        if (sending && move(&up) == FINISHED) {
            sending = 0; /* half-close: the server sees EOF, and can answer */
            narrate("shutdown", up.to, shutdown(up.to, SHUT_WR), "(done)");
        }
        if (move(&down) == FINISHED)
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
    up.to = down.from = fd;
    set_stdin_nonblocking();
    run();
    return verdict();
}
