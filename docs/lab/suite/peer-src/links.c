/* The peer's connections: to open one, to send, to compare what comes, to leave. */
#define _GNU_SOURCE /* only for MSG_MORE, where it exists */
#include "peer.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef MSG_MORE
#define MSG_MORE 0
#endif

#define KNOCK_MS 100

static char text[MOST_TEXT];

/* The bytes of the step's TEXT, in text. Returns how many. */
static size_t text_of(const struct link *l, const struct step *s) {
    return expand(text, sizeof text, s->text, l->number);
}

int wait_for(const struct link *l, short events, int ms) {
    struct pollfd p = {.fd = l->fd, .events = events};
    int n;

    do
        n = poll(&p, 1, ms);
    while (n < 0 && errno == EINTR);
    return n;
}

/* ENOTCONN: a connection that is under way, on the BSDs. */
static int not_now(void) {
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOTCONN;
}

void send_all(struct link *l, const char *bytes, size_t n, int flags) {
    snprintf(last_sent, sizeof last_sent, "%s (%zu bytes)",
             show(bytes, n, SAID), n);
    while (n > 0) {
        ssize_t sent = send(l->fd, bytes, n, flags);

        if (sent < 0 && not_now() && wait_for(l, POLLOUT, deadline_ms))
            continue;
        if (sent < 0 && not_now())
            fail_as("stuck", l, "no more could be sent for %d ms", deadline_ms);
        if (sent < 0)
            fail_as("reset", l, "send failed: %s", strerror(errno));
        bytes += sent;
        n -= (size_t)sent;
    }
}

void expect(struct link *l, const char *bytes, size_t n) {
    char buf[MOST_TEXT];
    size_t got = 0;

    while (got < n) {
        ssize_t more = recv(l->fd, buf + got, n - got, 0);

        if (more > 0) {
            got += (size_t)more;
            if (memcmp(buf, bytes, got) != 0)
                fail_as("changed", l, "%s was expected, %s came",
                        show(bytes, n, SAID), show(buf, got, SAID));
        } else if (more == 0) {
            fail_as("ended", l,
                    "%s was expected, %s came, and then the end of the stream",
                    show(bytes, n, SAID), show(buf, got, SAID));
        } else if (!not_now()) {
            fail_as("reset", l, "%s was expected, %s came, and then: %s",
                    show(bytes, n, SAID), show(buf, got, SAID),
                    strerror(errno));
        } else if (!wait_for(l, POLLIN, deadline_ms)) {
            if (got == 0)
                fail_as("late", l,
                        "%s was expected, and nothing came for %d ms",
                        show(bytes, n, SAID), deadline_ms);
            fail_as("part", l,
                    "%s was expected, %s came, and nothing more for %d ms",
                    show(bytes, n, SAID), show(buf, got, SAID), deadline_ms);
        }
    }
}

/* --- to come, and to leave ----------------------------------------------------- */
/* That port of the address. */
struct sockaddr_in at_port(int number) {
    struct sockaddr_in addr = loopback(number);

    if (inet_pton(AF_INET, address, &addr.sin_addr) != 1)
        fail(NULL, "-a %s: that is no address", address);
    return addr;
}

/* A connection under way: whoever sends on it, or looks for what comes, waits for it. */
static int begin_to_connect(struct sockaddr_in addr) {
    int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;

    if (fd < 0)
        fail(NULL, "the peer has no descriptor left: %s", strerror(errno));
    fcntl(fd, F_SETFL, O_NONBLOCK);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(fd, (struct sockaddr *)&addr, sizeof addr) < 0 &&
        errno != EINPROGRESS)
        fail_as("refused", NULL, "no connection: %s", strerror(errno));
    return fd;
}

/* Where the queue of a listener is full, the kernel forgets who comes, and TCP tries again
 * after a second: a thousand who come one by one should not wait for so long each time. */
int connect_one(void) {
    struct sockaddr_in addr = at_port(port);
    double end = now_ms() + deadline_ms;
    struct link l = {.fd = begin_to_connect(addr)};
    int error = 0;
    socklen_t len = sizeof error;

    while (!wait_for(&l, POLLOUT, KNOCK_MS)) {
        if (now_ms() > end)
            fail_as("unanswered", NULL, "no connection for %d ms", deadline_ms);
        close(l.fd);
        l.fd = begin_to_connect(addr);
    }
    getsockopt(l.fd, SOL_SOCKET, SO_ERROR, &error, &len);
    if (error != 0)
        fail_as("refused", NULL, "no connection: %s", strerror(error));
    return l.fd;
}

void play_connect(struct link *l, const struct step *s) {
    (void)l;
    for (int i = 0; i < s->n[0]; i++)
        new_link(s->group, i)->fd = connect_one();
}

/* None of them is waited for: where the queue of the listener is full, TCP tries again. */
void play_knock(struct link *l, const struct step *s) {
    (void)l;
    for (int i = 0; i < s->n[0]; i++)
        new_link(s->group, i)->fd = begin_to_connect(at_port(port));
}

void end_link(struct link *l, int hard) {
    struct linger reset = {.l_onoff = 1, .l_linger = 0};

    if (hard)
        setsockopt(l->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    close(l->fd);
    l->fd = -1;
}

void play_close(struct link *l, const struct step *s) {
    (void)s;
    end_link(l, 0);
}

void play_reset(struct link *l, const struct step *s) {
    (void)s;
    end_link(l, 1);
}

void play_half_close(struct link *l, const struct step *s) {
    (void)s;
    shutdown(l->fd, SHUT_WR);
}

/* --- to send, and to compare ----------------------------------------------------- */
void play_send(struct link *l, const struct step *s) {
    send_all(l, text, text_of(l, s), 0);
}

void play_expect(struct link *l, const struct step *s) {
    expect(l, text, text_of(l, s));
}

void play_ask(struct link *l, const struct step *s) {
    play_send(l, s);
    play_expect(l, s);
}

void play_dribble(struct link *l, const struct step *s) {
    size_t n = text_of(l, s);

    for (size_t i = 0; i < n; i++) {
        send_all(l, text + i, 1, 0);
        expect(l, text + i, 1);
    }
}

void play_bytes(struct link *l, const struct step *s) {
    (void)s;
    for (int i = 0; i < 256; i++)
        text[i] = (char)i;
    send_all(l, text, 256, 0);
    expect(l, text, 256);
}

void play_pipeline(struct link *l, const struct step *s) {
    for (int i = 0; i < s->n[0]; i++)
        send_all(l, text, (size_t)sprintf(text, "message %d\n", i), 0);
    for (int i = 0; i < s->n[0]; i++)
        expect(l, text, (size_t)sprintf(text, "message %d\n", i));
}

void play_finish(struct link *l, const struct step *s) {
    send_all(l, text, text_of(l, s), MSG_MORE);
    shutdown(l->fd, SHUT_WR);
}

void play_urgent(struct link *l, const struct step *s) {
    text_of(l, s);
    send_all(l, text, 1, MSG_OOB);
}

/* eof: a FIN, and nothing else; gone: a RST will do as well. */
void play_end(struct link *l, const struct step *s) {
    ssize_t got;

    if (!wait_for(l, POLLIN, deadline_ms))
        fail_as("no-end", l, "the server did not end the stream for %d ms",
                deadline_ms);
    got = recv(l->fd, text, sizeof text, 0);
    if (got > 0)
        fail_as("extra", l, "%s came, not the end of the stream",
                show(text, (size_t)got, SAID));
    if (got < 0 && strcmp(s->verb->name, "eof") == 0)
        fail_as("reset", l, "no end of the stream, but: %s", strerror(errno));
}

void play_silence(struct link *l, const struct step *s) {
    ssize_t got;

    if (!wait_for(l, POLLIN, s->n[0]))
        return;
    got = recv(l->fd, text, sizeof text, 0);
    if (got == 0)
        fail_as(
            "ended", l,
            "the server ended the stream, in a silence that was to last %d ms",
            s->n[0]);
    if (got < 0)
        fail_as("reset", l, "in a silence that was to last %d ms: %s", s->n[0],
                strerror(errno));
    fail_as("extra", l, "there was to be silence for %d ms, but %s came",
            s->n[0], show(text, (size_t)got, SAID));
}

/* Waits until the text has come on so many connections of the group; with `settled`, an
 * end of the stream will do as well. */
void play_at_least(struct link *none, const struct step *s) {
    int end_will_do = strcmp(s->verb->name, "settled") == 0;
    char buf[MOST_TEXT];
    double end = now_ms() + deadline_ms;

    (void)none;
    for (int have = 0; have < s->n[0]; nap_ms(5)) {
        have = 0;
        for (int i = 0; i < count; i++) {
            struct link *l = &links[i];
            size_t n = text_of(l, s);
            ssize_t got;

            if (l->fd < 0 || strcmp(l->group, s->group) != 0)
                continue;
            got = recv(l->fd, buf, sizeof buf, MSG_PEEK);
            have += got == (ssize_t)n && memcmp(buf, text, n) == 0;
            have += end_will_do && (got == 0 || (got < 0 && errno != EAGAIN));
        }
        if (have < s->n[0] && now_ms() > end)
            fail_as("late", NULL,
                    "%d of the group were answered after %d ms, not %d", have,
                    deadline_ms, s->n[0]);
    }
}
