/* The limit: an echo server that knows who is next, and so needs nothing that
 * tells it who is ready. Two system calls for an echo, recv and send. No server
 * that makes both of them can be faster; `make bench` compares ours with it.
 *
 *   cc -D_POSIX_C_SOURCE=200809L limit.c -o limit
 *   ./limit N PORT      serves N connections, one message of each in its turn
 *   ./load -m lockstep -c 100 -- ./limit 100
 *
 * The client must send on all N in the order in which it connected, and a whole
 * message at a time, as `load -m lockstep` does. When one ends, all end. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define MOST 16000 /* connections */

static char buf[16384];

static void die(const char *what) {
    fprintf(stderr, "limit: %s: %s\n", what, strerror(errno));
    exit(1);
}

/* One message there and back. Returns 0 at the end of the connection. */
static int echo(int fd) {
    ssize_t n = recv(fd, buf, sizeof buf, 0);
    return n > 0 && send(fd, buf, (size_t)n, 0) == n;
}

/* A number in text, from 1 to most; else the end with status 2. */
static int number(const char *text, long most) {
    char *end = "";
    long n = text ? strtol(text, &end, 10) : 0;
    if (n < 1 || n > most || *end) {
        fprintf(stderr, "usage: limit N PORT (N: 1-%d)\n", MOST);
        exit(2);
    }
    return (int)n;
}

static int open_listener(int port) {
    struct sockaddr_in addr = {.sin_family = AF_INET};
    int on = 1, fd = socket(AF_INET, SOCK_STREAM, 0);
    inet_pton(AF_INET, "127.0.0.1", &addr.sin_addr);
    addr.sin_port = htons((in_port_t)port);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, (void *)&addr, sizeof addr) < 0 || listen(fd, SOMAXCONN) < 0)
        die("cannot listen");
    return fd;
}

int main(int argc, char **argv) {
    static int fds[MOST];
    struct rlimit files;
    int n, listener;
    if (argc == 2 && (!strcmp(argv[1], "-h") || !strcmp(argv[1], "--help"))) {
        printf("usage: limit N PORT (N: 1-%d)\n", MOST);
        return 0;
    }
    n = number(argc == 3 ? argv[1] : NULL, MOST);
    listener = open_listener(number(argv[2], 65535));
    signal(SIGPIPE, SIG_IGN);
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    for (int i = 0; i < n;) {
        int fd = accept(listener, NULL, NULL);
        if (fd < 0)
            die("accept");
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
        if (echo(fd)) /* its first message: it is one of the N */
            fds[i++] = fd;
        else
            close(fd);
    }
    for (int i = 0; echo(fds[i]);)
        i = i + 1 < n ? i + 1 : 0;
    return 0;
}
