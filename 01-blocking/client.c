/* Chapter 01: a client that stops and waits: it sends one line, waits until all
 * of it has come back, and only then reads the next.
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

#define PORT "8001"
#define BUFFER_SIZE 16384 /* bytes: the most that one read takes */

static int verbose; /* -v: print what each call returned, on stderr */

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

/* Sends all n bytes, and waits until the kernel has taken them: send(2). A
 * signal can cut a send short. Returns -1 when the server is gone. */
static int send_all(int fd, const char *buf, size_t n) {
    while (n > 0) {
        ssize_t sent = send(fd, buf, n, 0);
        narrate("send", fd, sent, "bytes");
        if (sent < 0 && errno != EINTR)
            return -1;
        buf += sent > 0 ? sent : 0;
        n -= sent > 0 ? (size_t)sent : 0;
    }
    return 0;
}

/* Waits until n bytes have come, and writes them to stdout as they come.
 * Returns -1 when the server has left before. */
static int copy_back(int fd, size_t n) {
    char buf[BUFFER_SIZE];
    while (n > 0) {
        ssize_t got = recv(fd, buf, n < sizeof buf ? n : sizeof buf, 0);
        narrate("recv", fd, got, "bytes");
        if (got == 0 || (got < 0 && errno != EINTR))
            return -1;
        n -= got > 0 ? (size_t)got : 0;
        if (got > 0 && (fwrite(buf, 1, (size_t)got, stdout) < (size_t)got ||
                        fflush(stdout) == EOF)) {
            perror("client: stdout");
            exit(1);
        }
    }
    return 0;
}

/* Line by line: sends one, and waits for its echo. Returns the exit status. */
static int talk(int fd) {
    static char *line; /* getline's: it grows, and is kept to the end */
    static size_t size;
    ssize_t n;
    while ((n = getline(&line, &size, stdin)) > 0) {
        if (send_all(fd, line, (size_t)n) < 0 || copy_back(fd, (size_t)n) < 0) {
            fprintf(stderr, "client: the server left early\n");
            return 1;
        }
    }
    if (!feof(stdin)) { /* an error, or a line larger than memory: getline(3) */
        perror("client: stdin");
        return 1;
    }
    return 0;
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
    return talk(fd);
}
