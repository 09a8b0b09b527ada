/* The echo server that libuv's guide leads to: a buffer from malloc for each read, and
 * a write request that owns it until it is sent. For `make rivals`: it is compared, not
 * taught.
 *
 *   cc libuv.c -luv -o libuv && ./libuv PORT */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <uv.h>

struct write {
    uv_write_t request; /* first: libuv hands back its address */
    uv_buf_t buf;
};

static void on_closed(uv_handle_t *client) { free(client); }

static void on_sent(uv_write_t *request, int status) {
    struct write *w = (struct write *)(void *)request;
    (void)status;
    free(w->buf.base);
    free(w);
}

/* libuv sends what is queued before it shuts down. */
static void on_shut_down(uv_shutdown_t *request, int status) {
    (void)status;
    uv_close((uv_handle_t *)request->handle, on_closed);
    free(request);
}

static void give_buffer(uv_handle_t *client, size_t size, uv_buf_t *buf) {
    (void)client;
    *buf = uv_buf_init(malloc(size), (unsigned)size);
}

static void on_read(uv_stream_t *client, ssize_t n, const uv_buf_t *buf) {
    if (n > 0) {
        struct write *w = malloc(sizeof *w);
        if (w == NULL)
            abort();
        w->buf = uv_buf_init(buf->base, (unsigned)n);
        uv_write(&w->request, client, &w->buf, 1, on_sent);
        return;
    }
    free(buf->base);
    if (n == UV_EOF) {
        uv_shutdown_t *request = malloc(sizeof *request);
        if (request == NULL)
            abort();
        if (uv_shutdown(request, client, on_shut_down) == 0)
            return;
        free(request);
    }
    if (n < 0)
        uv_close((uv_handle_t *)client, on_closed);
}

static void on_connection(uv_stream_t *listener, int status) {
    uv_tcp_t *client = status < 0 ? NULL : malloc(sizeof *client);
    if (client == NULL)
        return;
    uv_tcp_init(listener->loop, client);
    if (uv_accept(listener, (uv_stream_t *)client) == 0) {
        uv_tcp_nodelay(client, 1);
        uv_read_start((uv_stream_t *)client, give_buffer, on_read);
    } else {
        uv_close((uv_handle_t *)client, on_closed);
    }
}

int main(int argc, char **argv) {
    uv_loop_t *loop = uv_default_loop();
    uv_tcp_t listener;
    struct sockaddr_in addr;
    signal(SIGPIPE, SIG_IGN);
    uv_ip4_addr("127.0.0.1", argc > 1 ? atoi(argv[1]) : 0, &addr);
    uv_tcp_init(loop, &listener);
    uv_tcp_bind(&listener, (const struct sockaddr *)&addr, 0);
    if (argc != 2 ||
        uv_listen((uv_stream_t *)&listener, 4096, on_connection) < 0) {
        fprintf(stderr, "libuv: usage: libuv PORT\n");
        return 2;
    }
    printf("listening on 127.0.0.1:%s\n", argv[1]);
    fflush(stdout);
    return uv_run(loop, UV_RUN_DEFAULT);
}
