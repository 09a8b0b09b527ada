/* Chapter 01: a client that stops and waits: it sends one line, waits until all
 * of it has come back, and only then reads the next.
 * cc client.c -o client && ./client -v [host] [port]: see README.md */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PORT "8001"
#define BUFFER_SIZE 16384 /* bytes: the most that one read takes */

static bool verbose; /* -v: print what each call returned, on stderr */

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

/* Sends all n bytes, and waits until the kernel has taken them: send(2). Of a
 * line of many megabytes, the echo comes back meanwhile, unread, and fills all
 * buffers: then both wait for ever. Returns -1 when the server is gone. */
static int send_all(int fd, const char *buf, size_t n) {
    while (n > 0) {
        ssize_t sent = send(fd, buf, n, 0);
        narrate("send", fd, sent, "bytes");
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0)
            return -1;
        buf += sent;
        n -= (size_t)sent;
    }
    return 0;
}

/* Waits until n bytes have come, and writes them to stdout as they come.
 * Returns -1 when the server has left before. */
static int copy_back(int fd, size_t n) {
    char buf[BUFFER_SIZE];
    while (n > 0) {
        size_t most = n < sizeof buf ? n : sizeof buf;
        ssize_t got = recv(fd, buf, most, 0);
        narrate("recv", fd, got, "bytes");
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return -1;
        n -= (size_t)got;
        fwrite(buf, 1, (size_t)got, stdout);
        fflush(stdout);
        if (ferror(stdout)) { /* set when either of the two has failed */
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
    parse_args(argc, argv, &host, &port);
    hold_standard_descriptors();
    setvbuf(stderr, NULL, _IOLBF, 0); /* each line of -v in one piece */
    signal(SIGPIPE, SIG_IGN); /* write to who has left: EPIPE instead */
    int fd = open_connection(host, port);
    return talk(fd);
}
