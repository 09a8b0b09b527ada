// trial: wrong; select: clients with descriptor 1024 or more are accepted and closed at once
// caught by: crowd
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/select.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>
#define BUF 16384

static struct conn { size_t off, len; char *buf; } tab[FD_SETSIZE];
static fd_set rset, wset;
static int top;

static void drop(int fd) {
    FD_CLR(fd, &rset);
    FD_CLR(fd, &wset);
    free(tab[fd].buf);
    close(fd);
}
static void serve(int fd) {
    struct conn *c = &tab[fd];
    if (c->len == 0) {
        ssize_t n = recv(fd, c->buf, BUF, 0);
        if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
        if (n <= 0) { drop(fd); return; }
        c->len = n;
    }
    while (c->off < c->len) {
        ssize_t n = send(fd, c->buf + c->off, c->len - c->off, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && errno == EAGAIN) break;
        if (n < 0) { drop(fd); return; }
        c->off += n;
    }
    if (c->off < c->len) {
        FD_CLR(fd, &rset);
        FD_SET(fd, &wset);
    } else {
        c->off = c->len = 0;
        FD_CLR(fd, &wset);
        FD_SET(fd, &rset);
    }
}
int main(int argc, char **argv) {
    char *end = "?";
    long port = argc == 2 ? strtol(argv[1], &end, 10) : 0;
    if (*end || port < 1 || port > 65535) { fprintf(stderr, "bad port\n"); return 2; }
    signal(SIGINT, SIG_DFL);
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(port) };
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd, starved = 0, l = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(l, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
    setsockopt(l, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int)); /* Linux hands it on */
    if (bind(l, (void *)&a, sizeof a) < 0 || listen(l, SOMAXCONN) < 0) { perror("port"); return 1; }
    fcntl(l, F_SETFL, O_NONBLOCK);
    top = l;
    for (;;) {
        fd_set r = rset, w = wset;
        struct timeval tv = { 0, 100000 };
        if (!starved) FD_SET(l, &r);    /* out of descriptors: look again in 100 ms */
        if (select(top + 1, &r, &w, NULL, starved ? &tv : NULL) < 0) continue;
        for (fd = 0; fd <= top; fd++)
            if (fd != l && (FD_ISSET(fd, &r) || FD_ISSET(fd, &w))) serve(fd);
        if (!starved && !FD_ISSET(l, &r)) continue;
        while ((fd = accept(l, NULL, NULL)) >= 0 || errno == ECONNABORTED) {
            if (fd < 0) continue;
            if (fd >= FD_SETSIZE) { close(fd); continue; }
            fcntl(fd, F_SETFL, O_NONBLOCK);
            tab[fd] = (struct conn){ 0, 0, malloc(BUF) };
            FD_SET(fd, &rset);
            if (fd > top) top = fd;
        }
        starved = errno != EAGAIN && errno != EINTR;
    }
}
