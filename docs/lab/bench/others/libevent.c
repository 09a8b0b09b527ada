/* The echo server that libevent's book leads to: a bufferevent for each client, and
 * what comes into its input buffer is moved to its output buffer. For `make rivals`: it
 * is compared, not taught.
 *
 *   cc libevent.c -levent -o libevent && ./libevent PORT */
#include <arpa/inet.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

static void on_read(struct bufferevent *client, void *arg) {
    (void)arg;
    bufferevent_write_buffer(client, bufferevent_get_input(client));
}

static void on_sent(struct bufferevent *client, void *arg) {
    (void)arg;
    if (evbuffer_get_length(bufferevent_get_output(client)) == 0)
        bufferevent_free(client);
}

/* At the end of the stream, what is owed is sent first. */
static void on_event(struct bufferevent *client, short what, void *arg) {
    (void)arg;
    if ((what & BEV_EVENT_ERROR) ||
        evbuffer_get_length(bufferevent_get_output(client)) == 0) {
        bufferevent_free(client);
        return;
    }
    bufferevent_disable(client, EV_READ);
    bufferevent_setcb(client, NULL, on_sent, on_event, NULL);
}

static void on_accept(struct evconnlistener *listener, evutil_socket_t fd,
                      struct sockaddr *from, int len, void *arg) {
    struct bufferevent *client =
        bufferevent_socket_new(arg, fd, BEV_OPT_CLOSE_ON_FREE);
    (void)listener, (void)from, (void)len;
    if (client == NULL)
        return;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    bufferevent_setcb(client, on_read, NULL, on_event, NULL);
    bufferevent_enable(client, EV_READ | EV_WRITE);
}

int main(int argc, char **argv) {
    struct event_base *base = event_base_new();
    struct sockaddr_in addr = {.sin_family = AF_INET};
    inet_pton(AF_INET, "127.0.0.1", &addr.sin_addr);
    addr.sin_port = htons((in_port_t)(argc > 1 ? atoi(argv[1]) : 0));
    signal(SIGPIPE, SIG_IGN);
    if (argc != 2 || base == NULL ||
        evconnlistener_new_bind(base, on_accept, base,
                                LEV_OPT_CLOSE_ON_FREE | LEV_OPT_REUSEABLE,
                                SOMAXCONN, (void *)&addr,
                                sizeof addr) == NULL) {
        perror("libevent: usage: libevent PORT");
        return 2;
    }
    printf("listening on 127.0.0.1:%s\n", argv[1]);
    fflush(stdout);
    return event_base_dispatch(base) < 0;
}
