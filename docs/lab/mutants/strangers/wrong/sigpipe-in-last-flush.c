// trial: wrong; what is owed after a half-close goes out with write(): SIGPIPE ends the server
// caught by: half_close_owed
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>
#define BUF 1048576

static struct conn { char *buf; size_t len; int eof; } *cs;
static struct pollfd *pfd;              /* slot 0 is the listener */
static int n, cap, starved;

static void add(int fd) {
    if (n == cap) {
        cap = cap * 2 + 8;
        pfd = realloc(pfd, cap * sizeof *pfd);
        cs = realloc(cs, cap * sizeof *cs);
    }
    fcntl(fd, F_SETFL, O_NONBLOCK);
    pfd[n] = (struct pollfd){ .fd = fd, .events = POLLIN };
    cs[n++] = (struct conn){ malloc(BUF), 0, 0 };
}
static int serve(int i) {               /* -1: connection is finished */
    struct conn *c = &cs[i];
    int fd = pfd[i].fd;
    ssize_t k = -1;
    if (!c->eof && c->len < BUF) {
        k = recv(fd, c->buf + c->len, BUF - c->len, 0);
        if (k < 0 && errno != EAGAIN && errno != EINTR) return -1;
        if (k == 0) c->eof = 1;
        if (k > 0) c->len += k;
    }
    if (c->len) {
        if (c->eof) k = write(fd, c->buf, c->len);      /* the rest */
        else k = send(fd, c->buf, c->len, MSG_NOSIGNAL);
        if (k < 0 && errno != EAGAIN && errno != EINTR) return -1;
        if (k > 0) memmove(c->buf, c->buf + k, c->len -= k);
    }
    if (c->eof && !c->len) return -1;
    pfd[i].events = (c->len ? POLLOUT : 0) | (!c->eof && c->len < BUF ? POLLIN : 0);
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
            if (pfd[i].revents && serve(i) < 0) {
                close(pfd[i].fd);
                free(cs[i].buf);
                n--;
                pfd[i] = pfd[n];
                cs[i] = cs[n];
            }
        if (!starved && !pfd[0].revents) continue;
        while ((fd = accept(l, NULL, NULL)) >= 0 || errno == ECONNABORTED) if (fd >= 0) add(fd);
        starved = errno != EAGAIN && errno != EINTR;
    }
}
