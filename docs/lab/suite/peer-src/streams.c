/* The peer's streams: bytes in large numbers, of which each is compared. */
#include "peer.h"
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

/* Byte i of stream k depends on i and k, so that bytes which are lost, doubled,
 * swapped or another's are seen. splitmix64. */
void fill(unsigned char *buf, size_t n, int k, uint64_t i) {
    for (size_t j = 0; j < n; j++, i++) {
        uint64_t z = (i >> 3) + ((uint64_t)k << 40) + 0x9e3779b97f4a7c15U;

        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
        buf[j] = (unsigned char)(z >> (8 * (i & 7)));
    }
}

/* Sends the next bytes of the stream, as many as the kernel takes at once.
 * Returns 0 when it takes none now. */
size_t stream_out(struct link *l, uint64_t size) {
    static unsigned char buf[CHUNK];
    size_t n = size - l->sent < CHUNK ? (size_t)(size - l->sent) : CHUNK;
    ssize_t sent;

    fill(buf, n, l->number, l->sent);
    sent = send(l->fd, buf, n, 0);
    if (sent < 0 && errno != EAGAIN)
        fail_as("reset", l,
                "after %" PRIu64 " bytes sent and %" PRIu64 " back: %s",
                l->sent, l->got, strerror(errno));
    l->sent += sent > 0 ? (uint64_t)sent : 0;
    return sent > 0 ? (size_t)sent : 0;
}

/* Reads the next bytes of the stream, as many as there are, and compares. */
static size_t stream_in(struct link *l) {
    static unsigned char buf[CHUNK], want[CHUNK];
    ssize_t n = recv(l->fd, buf, CHUNK, 0);

    if (n == 0)
        fail_as("ended", l,
                "the stream ended: %" PRIu64 " bytes sent, %" PRIu64 " back",
                l->sent, l->got);
    if (n < 0 && errno != EAGAIN)
        fail_as("reset", l,
                "%" PRIu64 " bytes sent, %" PRIu64 " back, and then: %s",
                l->sent, l->got, strerror(errno));
    if (n < 0)
        return 0;
    fill(want, (size_t)n, l->number, l->got);
    for (ssize_t i = 0; i < n; i++)
        if (buf[i] != want[i])
            fail_as("changed", l,
                    "byte %" PRIu64 " came back as another: 0x%02x, not 0x%02x",
                    l->got + (uint64_t)i, buf[i], want[i]);
    if (l->got + (uint64_t)n > l->sent)
        fail_as("extra", l,
                "%" PRIu64 " bytes sent, and more came back: %" PRIu64, l->sent,
                l->got + (uint64_t)n);
    l->got += (uint64_t)n;
    return (size_t)n;
}

/* Both ways, until size bytes are sent, and all that was sent has come. */
static void exchange(struct link *l, uint64_t size) {
    size += l->sent;
    snprintf(last_sent, sizeof last_sent, "%" PRIu64 " bytes", size);
    while (l->got < size) {
        size_t moved = l->sent < size ? stream_out(l, size) : 0;

        moved += stream_in(l);
        if (moved == 0 &&
            !wait_for(l, l->sent < size ? POLLIN | POLLOUT : POLLIN,
                      deadline_ms))
            fail_as(l->sent < size ? "stuck" : "part", l,
                    "%" PRIu64 " bytes sent, %" PRIu64
                    " back, and nothing more for %d ms",
                    l->sent, l->got, deadline_ms);
    }
}

void play_exchange(struct link *l, const struct step *s) {
    exchange(l, s->size);
}

void play_collect(struct link *l, const struct step *s) {
    (void)s;
    exchange(l, 0);
}

/* On all connections of the group at the same time. */
void play_together(struct link *none, const struct step *s) {
    double end = now_ms() + deadline_ms;
    int left = 1;

    (void)none;
    snprintf(last_sent, sizeof last_sent, "%" PRIu64 " bytes on each", s->size);
    while (left > 0) {
        struct link *late = NULL;
        size_t moved = 0;

        left = 0;
        for (int i = 0; i < count; i++) {
            struct link *l = &links[i];

            if (l->fd < 0 || strcmp(l->group, s->group) != 0 ||
                l->got == s->size)
                continue;
            moved += l->sent < s->size ? stream_out(l, s->size) : 0;
            moved += stream_in(l);
            left++;
            late = l;
        }
        if (moved > 0)
            end = now_ms() + deadline_ms;
        else if (left > 0 && now_ms() > end)
            fail_as("part", late,
                    "%" PRIu64 " bytes sent, %" PRIu64
                    " back, and nothing more for %d ms",
                    late->sent, late->got, deadline_ms);
        else
            nap_ms(1);
    }
}

/* Nothing has moved for a while. On a loaded machine the server may be kept from
 * running: as long as it wants to and cannot, it is no jam. A server that never sleeps
 * has had its part of a processor. */
int stands_still(double cpu_before, double ms) {
    return server <= 0 || !wants_to_run() || cpu_ms() - cpu_before > ms / 2;
}

/* Sends until nothing more fits, or all is sent. */
void play_pour(struct link *l, const struct step *s) {
    uint64_t size = l->sent + s->size;
    double end = now_ms() + deadline_ms;

    l->jammed = 0;
    while (l->sent < size && now_ms() < end) {
        double cpu;

        if (stream_out(l, size) > 0) {
            end = now_ms() + deadline_ms;
            continue;
        }
        cpu = server > 0 ? cpu_ms() : 0;
        if (!wait_for(l, POLLOUT, JAM_MS) && stands_still(cpu, JAM_MS)) {
            l->jammed = 1;
            break;
        }
    }
    snprintf(last_sent, sizeof last_sent, "%" PRIu64 " bytes, unread", l->sent);
}

/* Reads one chunk each time when no more can be sent: the server owes all the while. */
void play_lag(struct link *l, const struct step *s) {
    uint64_t most = l->got + s->size;

    while (l->got < most) {
        while (stream_out(l, UINT64_MAX) > 0)
            continue;
        if (stream_in(l) == 0 && !wait_for(l, POLLIN | POLLOUT, deadline_ms))
            fail_as("part", l,
                    "%" PRIu64 " bytes sent, %" PRIu64
                    " back, and nothing more for %d ms",
                    l->sent, l->got, deadline_ms);
    }
    snprintf(last_sent, sizeof last_sent,
             "%" PRIu64 " bytes, of which %" PRIu64 " are back", l->sent,
             l->got);
}

void play_jammed(struct link *l, const struct step *s) {
    (void)s;
    if (!l->jammed)
        fail_as("swallowed", l,
                "the server took all %" PRIu64
                " bytes, of which the client has read none",
                l->sent);
}
