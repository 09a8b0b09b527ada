// trial: wrong; state by descriptor is not reset: unsent bytes of a lost client go to the next
// caught by: reset_in_mid_send
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

struct conn { size_t off, len; char buf[16384]; };
static struct conn **tab;       /* by descriptor */
static int ntab, ep, lfd, starved;

static struct conn *conn_of(int fd) {
    if (fd >= ntab) {
        int m = fd * 2 + 64;
        tab = realloc(tab, m * sizeof *tab);
        memset(tab + ntab, 0, (m - ntab) * sizeof *tab);
        ntab = m;
    }
    if (!tab[fd]) tab[fd] = calloc(1, sizeof **tab);    /* kept for the next with this number */
    return tab[fd];
}
static void accept_all(void) {
    for (;;) {
        int fd = accept(lfd, NULL, NULL);
        if (fd < 0) {
            if (errno == EINTR || errno == ECONNABORTED) continue;
            starved = errno != EAGAIN;
            return;
        }
        fcntl(fd, F_SETFL, O_NONBLOCK);
        struct epoll_event ev = { .events = EPOLLIN, .data.fd = fd };
        if (epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev) < 0) close(fd);
    }
}
static int serve(int fd) {      /* -1: connection is finished */
    struct conn *c = conn_of(fd);
    if (c->len == 0) {
        ssize_t n = recv(fd, c->buf, sizeof c->buf, 0);
        if (n < 0) return errno == EAGAIN || errno == EINTR ? 0 : -1;
        if (n == 0) return -1;
        c->len = n;
    }
    while (c->off < c->len) {
        ssize_t n = send(fd, c->buf + c->off, c->len - c->off, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && errno != EAGAIN) return -1;
        if (n < 0) break;
        c->off += n;
    }
    if (c->off == c->len) c->off = c->len = 0;
    struct epoll_event ev = { .events = c->len ? EPOLLOUT : EPOLLIN, .data.fd = fd };
    epoll_ctl(ep, EPOLL_CTL_MOD, fd, &ev);
    return 0;
}
int main(int argc, char **argv) {
    char *end = "?";
    long port = argc == 2 ? strtol(argv[1], &end, 10) : 0;
    if (*end || port < 1 || port > 65535) { fprintf(stderr, "bad port\n"); return 2; }
    signal(SIGINT, SIG_DFL);
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(port) };
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    lfd = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(lfd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
    setsockopt(lfd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int)); /* Linux hands it on */
    if (bind(lfd, (void *)&a, sizeof a) < 0 || listen(lfd, SOMAXCONN) < 0) { perror("port"); return 1; }
    fcntl(lfd, F_SETFL, O_NONBLOCK);
    ep = epoll_create1(0);
    struct epoll_event ev = { .events = EPOLLIN | EPOLLET, .data.fd = lfd }, evs[64];
    epoll_ctl(ep, EPOLL_CTL_ADD, lfd, &ev);
    for (;;) {
        int n = epoll_wait(ep, evs, 64, starved ? 100 : -1);
        for (int i = 0; i < n; i++)
            if (evs[i].data.fd != lfd && serve(evs[i].data.fd) < 0) close(evs[i].data.fd);
        if (n > 0 || starved) accept_all();
    }
}
