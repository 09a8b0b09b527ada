// trial: wrong; removing a client moves the last one into its slot, without its send offset
// caught by: leavers
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>
#define BUF 65536

static struct pollfd *pfd;              /* slot 0 is the listener */
static char **out;
static size_t *len, *off;
static int n, cap, starved;

static void add(int fd) {
    if (n == cap) {
        cap = cap * 2 + 8;
        pfd = realloc(pfd, cap * sizeof *pfd);
        out = realloc(out, cap * sizeof *out);
        len = realloc(len, cap * sizeof *len);
        off = realloc(off, cap * sizeof *off);
    }
    fcntl(fd, F_SETFL, O_NONBLOCK);
    pfd[n] = (struct pollfd){ .fd = fd, .events = POLLIN };
    out[n] = malloc(BUF);
    len[n] = off[n] = 0;
    n++;
}
static void drop(int i) {
    close(pfd[i].fd);
    free(out[i]);
    n--;
    pfd[i] = pfd[n];
    out[i] = out[n];
    len[i] = len[n];
}
/* -1: connection is finished */
static int serve(int i) {
    if (len[i] == 0) {
        ssize_t k = recv(pfd[i].fd, out[i], BUF, 0);
        if (k < 0) return errno == EAGAIN || errno == EINTR ? 0 : -1;
        if (k == 0) return -1;
        len[i] = k;
        off[i] = 0;
    }
    while (off[i] < len[i]) {
        ssize_t k = send(pfd[i].fd, out[i] + off[i], len[i] - off[i], MSG_NOSIGNAL);
        if (k < 0 && errno == EINTR) continue;
        if (k < 0 && errno != EAGAIN) return -1;
        if (k < 0) break;
        off[i] += k;
    }
    if (off[i] == len[i]) len[i] = off[i] = 0;
    pfd[i].events = len[i] ? POLLOUT : POLLIN;
    return 0;
}
int main(int argc, char **argv) {
    char *end = "?";
    long port = argc == 2 ? strtol(argv[1], &end, 10) : 0;
    if (*end || port < 1 || port > 65535) { fprintf(stderr, "bad port\n"); return 2; }
    signal(SIGINT, SIG_DFL);
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(port) };
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd, l = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(l, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
    setsockopt(l, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int)); /* Linux hands it on */
    if (bind(l, (void *)&a, sizeof a) < 0 || listen(l, SOMAXCONN) < 0) { perror("port"); return 1; }
    add(l);
    for (;;) {
        pfd[0].fd = starved ? -1 : l;   /* out of descriptors: look again in 100 ms */
        if (poll(pfd, n, starved ? 100 : -1) < 0) continue;
        for (int i = n - 1; i > 0; i--)
            if (pfd[i].revents && serve(i) < 0) drop(i);
        if (!starved && !pfd[0].revents) continue;
        while ((fd = accept(l, NULL, NULL)) >= 0 || errno == ECONNABORTED) if (fd >= 0) add(fd);
        starved = errno != EAGAIN && errno != EINTR;
    }
}
