/* The echo server that libev's manual leads to: a watcher for the listener, one for
 * each client, and the calls are yours. For `make rivals`: it is compared, not taught.
 *
 *   cc -D_POSIX_C_SOURCE=200809L libev.c -lev -o libev && ./libev PORT */
#include <arpa/inet.h>
#include <errno.h>
#include <ev.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct client {
    ev_io io; /* first: libev hands back its address */
    size_t owed;
    char buf[16384];
};

/* Reads when nothing is owed, sends at once; waits for room when it must. */
static void on_client(struct ev_loop *loop, ev_io *io, int events) {
    struct client *c = (struct client *)(void *)io;
    ssize_t n = 1;
    (void)events;
    if (c->owed == 0) {
        n = recv(io->fd, c->buf, sizeof c->buf, 0);
        c->owed = n > 0 ? (size_t)n : 0;
    }
    if (c->owed > 0) {
        n = send(io->fd, c->buf, c->owed, 0);
        c->owed -= n > 0 ? (size_t)n : 0;
        if (n > 0 && c->owed > 0)
            memmove(c->buf, c->buf + n, c->owed);
    }
    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
        ev_io_stop(loop, io);
        close(io->fd);
        free(c);
    } else if ((c->owed > 0) != (io->events & EV_WRITE) / EV_WRITE) {
        ev_io_stop(loop, io);
        ev_io_set(io, io->fd, c->owed > 0 ? EV_WRITE : EV_READ);
        ev_io_start(loop, io);
    }
}

static void on_listener(struct ev_loop *loop, ev_io *io, int events) {
    int fd;
    (void)events;
    while ((fd = accept(io->fd, NULL, NULL)) >= 0) {
        struct client *c = malloc(sizeof *c);
        if (c == NULL) {
            close(fd);
            continue;
        }
        fcntl(fd, F_SETFL, O_NONBLOCK);
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
        c->owed = 0;
        ev_io_init(&c->io, on_client, fd, EV_READ);
        ev_io_start(loop, &c->io);
    }
}

int main(int argc, char **argv) {
    struct ev_loop *loop = ev_default_loop(EVBACKEND_EPOLL);
    struct sockaddr_in addr = {.sin_family = AF_INET};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    ev_io io;
    signal(SIGPIPE, SIG_IGN);
    inet_pton(AF_INET, "127.0.0.1", &addr.sin_addr);
    addr.sin_port = htons((in_port_t)(argc > 1 ? atoi(argv[1]) : 0));
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
    if (argc != 2 || bind(fd, (void *)&addr, sizeof addr) < 0 ||
        listen(fd, SOMAXCONN) < 0) {
        perror("libev: usage: libev PORT");
        return 2;
    }
    fcntl(fd, F_SETFL, O_NONBLOCK);
    printf("listening on 127.0.0.1:%s\n", argv[1]);
    fflush(stdout);
    ev_io_init(&io, on_listener, fd, EV_READ);
    ev_io_start(loop, &io);
    ev_run(loop, 0);
    return 0;
}
