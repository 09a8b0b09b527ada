/* trial: good; C with libev, one loop, one buffer per client */
/* fair: no_stall; TCP_NODELAY is not set */
/* libs: -lev */
#include <arpa/inet.h>
#include <errno.h>
#include <ev.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct client {
    ev_io io;
    size_t start, end;
    char buf[16384];
};

static ev_timer pause_timer;
static ev_io listener;

static void watch(struct ev_loop *loop, struct client *c, int events) {
    if ((c->io.events & (EV_READ | EV_WRITE)) == events)
        return;
    ev_io_stop(loop, &c->io);
    ev_io_set(&c->io, c->io.fd, events);
    ev_io_start(loop, &c->io);
}

static void on_client(struct ev_loop *loop, ev_io *w, int revents) {
    struct client *c = (struct client *)w;
    ssize_t n = 0;
    if (revents & EV_READ) {
        n = recv(w->fd, c->buf, sizeof c->buf, 0);
        if (n == 0)
            goto drop;
        c->start = 0;
        c->end = n > 0 ? (size_t)n : 0;
    }
    if (n >= 0) {
        n = send(w->fd, c->buf + c->start, c->end - c->start, MSG_NOSIGNAL);
        if (n > 0)
            c->start += (size_t)n;
    }
    if (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
        goto drop;
    watch(loop, c, c->start < c->end ? EV_WRITE : EV_READ);
    return;
drop:
    ev_io_stop(loop, w);
    close(w->fd);
    free(c);
}

static void on_accept(struct ev_loop *loop, ev_io *w, int revents) {
    (void)revents;
    int fd = accept(w->fd, NULL, NULL);
    if (fd < 0) {
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            ev_io_stop(loop, w); /* try again in a while */
            ev_timer_set(&pause_timer, 0.2, 0.);
            ev_timer_start(loop, &pause_timer);
        }
        return;
    }
    struct client *c = malloc(sizeof *c);
    if (!c || fcntl(fd, F_SETFL, O_NONBLOCK) < 0) {
        free(c);
        close(fd);
        return;
    }
    c->start = c->end = 0;
    ev_io_init(&c->io, on_client, fd, EV_READ);
    ev_io_start(loop, &c->io);
}

static void on_pause_over(struct ev_loop *loop, ev_timer *w, int revents) {
    (void)w, (void)revents;
    ev_io_start(loop, &listener);
}

int main(int argc, char **argv) {
    char *end = "?";
    long port = argc == 2 ? strtol(argv[1], &end, 10) : 0;
    if (*end || end == argv[1] || port < 0 || port > 65535) {
        fprintf(stderr, "usage: %s PORT\n", argv[0]);
        return 2;
    }
    struct sockaddr_in addr = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int on = 1, fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) ||
        bind(fd, (struct sockaddr *)&addr, sizeof addr) || listen(fd, 128) ||
        fcntl(fd, F_SETFL, O_NONBLOCK)) {
        perror(argv[0]);
        return 1;
    }
    struct ev_loop *loop = ev_default_loop(0);
    ev_init(&pause_timer, on_pause_over);
    ev_io_init(&listener, on_accept, fd, EV_READ);
    ev_io_start(loop, &listener);
    ev_run(loop, 0);
    return 0;
}
