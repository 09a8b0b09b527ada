/* trial: good; C with libuv, one buffer per client, reading stops while a write is out */
/* libs: -luv */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <uv.h>

struct client {
    uv_tcp_t tcp;
    uv_write_t write;
    char data[64 * 1024];
};

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf);

static void on_close(uv_handle_t *handle) {
    free(handle->data);
}

static void drop(struct client *c) {
    if (!uv_is_closing((uv_handle_t *)&c->tcp))
        uv_close((uv_handle_t *)&c->tcp, on_close);
}

static void on_alloc(uv_handle_t *handle, size_t hint, uv_buf_t *buf) {
    struct client *c = handle->data;
    (void)hint;
    *buf = uv_buf_init(c->data, sizeof c->data);
}

static void on_written(uv_write_t *req, int status) {
    struct client *c = req->handle->data;
    if (status < 0 || uv_read_start(req->handle, on_alloc, on_read) < 0)
        drop(c);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf) {
    struct client *c = stream->data;
    if (n == 0)
        return;
    uv_read_stop(stream);
    uv_buf_t out = uv_buf_init(buf->base, n > 0 ? (unsigned)n : 0);
    if (n < 0 || uv_write(&c->write, stream, &out, 1, on_written) < 0)
        drop(c); /* an end, too: nothing is owed while we read */
}

static void on_connection(uv_stream_t *server, int status) {
    if (status < 0) {
        fprintf(stderr, "accept: %s\n", uv_strerror(status));
        return;
    }
    struct client *c = malloc(sizeof *c);
    if (!c)
        return;
    uv_tcp_init(server->loop, &c->tcp);
    c->tcp.data = c;
    if (uv_accept(server, (uv_stream_t *)&c->tcp) < 0 ||
        uv_read_start((uv_stream_t *)&c->tcp, on_alloc, on_read) < 0)
        drop(c);
}

int main(int argc, char **argv) {
    char *end = "?";
    long port = argc == 2 ? strtol(argv[1], &end, 10) : 0;
    if (*end || end == argv[1] || port < 0 || port > 65535) {
        fprintf(stderr, "usage: %s PORT\n", argv[0]);
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    uv_loop_t *loop = uv_default_loop();
    uv_tcp_t server;
    struct sockaddr_in addr;
    int err = uv_ip4_addr("127.0.0.1", (int)port, &addr);
    if (!err) err = uv_tcp_init(loop, &server);
    if (!err) err = uv_tcp_bind(&server, (struct sockaddr *)&addr, 0);
    if (!err) err = uv_listen((uv_stream_t *)&server, 128, on_connection);
    if (err) {
        fprintf(stderr, "%s: %s\n", argv[0], uv_strerror(err));
        return 1;
    }
    return uv_run(loop, UV_RUN_DEFAULT);
}
