/* trial: good; C with libevent, bufferevents, reading stops above a mark */
/* fair: no_stall; TCP_NODELAY is not set */
/* libs: -levent */
#include <arpa/inet.h>
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define HIGH (256 * 1024)
#define LOW (64 * 1024)

static void on_read(struct bufferevent *bev, void *arg) {
    (void)arg;
    struct evbuffer *out = bufferevent_get_output(bev);
    bufferevent_write_buffer(bev, bufferevent_get_input(bev));
    if (evbuffer_get_length(out) > HIGH)
        bufferevent_disable(bev, EV_READ);
}

static void on_low(struct bufferevent *bev, void *arg) {
    (void)arg;
    bufferevent_enable(bev, EV_READ);
}

static void on_flushed(struct bufferevent *bev, void *arg) {
    (void)arg;
    if (evbuffer_get_length(bufferevent_get_output(bev)) == 0)
        bufferevent_free(bev);
}

static void on_event(struct bufferevent *bev, short what, void *arg) {
    (void)arg;
    if ((what & BEV_EVENT_EOF) && evbuffer_get_length(bufferevent_get_output(bev)) > 0) {
        bufferevent_disable(bev, EV_READ);
        bufferevent_setwatermark(bev, EV_WRITE, 0, 0);
        bufferevent_setcb(bev, NULL, on_flushed, on_event, NULL);
    } else {
        bufferevent_free(bev);
    }
}

static void on_accept(struct evconnlistener *l, evutil_socket_t fd, struct sockaddr *sa,
                      int len, void *arg) {
    (void)sa, (void)len, (void)arg;
    struct bufferevent *bev =
        bufferevent_socket_new(evconnlistener_get_base(l), fd, BEV_OPT_CLOSE_ON_FREE);
    if (!bev) {
        evutil_closesocket(fd);
        return;
    }
    bufferevent_setcb(bev, on_read, on_low, on_event, NULL);
    bufferevent_setwatermark(bev, EV_WRITE, LOW, 0);
    bufferevent_enable(bev, EV_READ | EV_WRITE);
}

static void resume(evutil_socket_t fd, short what, void *l) {
    (void)fd, (void)what;
    evconnlistener_enable(l);
}

static void on_accept_error(struct evconnlistener *l, void *arg) {
    (void)arg;
    struct timeval tv = {.tv_usec = 200000};
    evconnlistener_disable(l);
    event_base_once(evconnlistener_get_base(l), -1, EV_TIMEOUT, resume, l, &tv);
}

int main(int argc, char **argv) {
    char *end = "?";
    long port = argc == 2 ? strtol(argv[1], &end, 10) : 0;
    if (*end || end == argv[1] || port < 0 || port > 65535) {
        fprintf(stderr, "usage: %s PORT\n", argv[0]);
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    struct event_base *base = event_base_new();
    struct sockaddr_in sin = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    struct evconnlistener *l =
        base ? evconnlistener_new_bind(base, on_accept, NULL,
                                       LEV_OPT_CLOSE_ON_FREE | LEV_OPT_REUSEABLE, 128,
                                       (struct sockaddr *)&sin, sizeof sin)
             : NULL;
    if (!l) {
        perror(argv[0]);
        return 1;
    }
    evconnlistener_set_error_cb(l, on_accept_error);
    return event_base_dispatch(base) < 0;
}
