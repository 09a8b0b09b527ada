/* The peer's lives. `lives`: many clients at once, each of which the server may serve or
 * cut; but none may it forget, nor give it bytes of another. `lifetimes`: many, one after
 * the other, of which nothing may be left. */
#include "peer.h"
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define MOST 100
#define NUDGE_MS 1500 /* longer than a server out of descriptors waits: 1 s */

/* One connection of `lives`. Those with an even number end their side right
 * behind the last byte; the others when all is back, so that they can go on. */
struct life {
    struct link l;
    uint64_t size;
    int reading, half, over;
};
enum { ALIVE, WHOLE, CUT, LATE };

/* Sends and reads what is possible now. Sets over when it has come to an end.
 * Returns 0 when nothing moved. */
static int live(struct life *v) {
    static unsigned char buf[CHUNK], want[CHUNK];
    uint64_t left = v->size - v->l.sent;
    size_t n = left < CHUNK ? (size_t)left : CHUNK;
    ssize_t sent = 0, got = -1;

    fill(buf, n, v->l.number, v->l.sent);
    errno = EAGAIN;
    if (n > 0)
        sent = send(v->l.fd, buf, n, 0);
    v->l.sent += sent > 0 ? (uint64_t)sent : 0;
    v->reading |= v->l.sent == v->size;
    if (!v->half && v->l.sent == v->size &&
        (v->l.number % 2 == 0 || v->l.got == v->size))
        v->half = shutdown(v->l.fd, SHUT_WR) == 0;
    if (v->reading || (sent < 0 && errno != EAGAIN))
        got = recv(v->l.fd, buf, CHUNK, 0);
    if (got > 0) {
        fill(want, (size_t)got, v->l.number, v->l.got);
        if (v->l.got + (uint64_t)got > v->l.sent ||
            memcmp(buf, want, (size_t)got) != 0)
            fail_as("changed", &v->l,
                    "after %" PRIu64 " bytes, others came back", v->l.got);
        v->l.got += (uint64_t)got;
    }
    if (got == 0 || (got < 0 && errno != EAGAIN))
        v->over = got == 0 && v->half && v->l.got == v->size ? WHOLE : CUT;
    return sent > 0 || got > 0 || v->over;
}

/* Nothing has moved for long: does the server wait for news? Sends a byte on
 * each that still may, and comes as a new client. */
static void nudge(struct life *lives, int n, int last) {
    struct link l = {.fd = connect_one()};

    for (int i = 0; i < n; i++) {
        lives[i].size += !lives[i].over && !lives[i].half;
        if (!lives[i].over && last)
            lives[i].over = LATE;
    }
    end_link(&l, 0);
}

/* Prints how many got all back, were cut, or had to wait. */
void play_lives(struct link *none, const struct step *s) {
    static struct life lives[MOST];
    struct pollfd polls[MOST];
    int n = s->n[0], left, nudges = 0, came_to[4] = {0};
    double moved = now_ms();

    (void)none;
    if (n < 1 || n > MOST)
        bad_step("1 to 100 connections, and a size");
    for (int i = 0; i < n; i++)
        lives[i] = (struct life){
            .l = {.group = "life", .number = i, .fd = connect_one()},
            .size = s->size};
    do {
        left = 0;
        for (int i = 0; i < n; i++) {
            if (!lives[i].over && live(&lives[i]))
                moved = now_ms();
            polls[i].fd = lives[i].over ? -1 : lives[i].l.fd;
            polls[i].events = lives[i].reading ? POLLIN : 0;
            if (lives[i].l.sent < lives[i].size)
                polls[i].events |= POLLOUT;
            left += !lives[i].over;
        }
        if (left > 0 && poll(polls, (nfds_t)n, 20) == 0)
            for (int i = 0; i < n; i++)
                lives[i].reading = 1; /* the server has jammed: let it go on */
        if (now_ms() - moved > NUDGE_MS) {
            nudge(lives, n, ++nudges == 3);
            moved = now_ms();
        }
    } while (left > 0);
    for (int i = 0; i < n; i++) {
        came_to[lives[i].over]++;
        end_link(&lives[i].l, lives[i].over == LATE);
    }
    printf("lives: %d whole, %d cut, %d late, %d nudges\n", came_to[WHOLE],
           came_to[CUT], came_to[LATE], nudges);
}

/* --- one after the other ---------------------------------------------------------- */
#define WORDS 1024 /* bytes that each of them sends */
#define UNREAD 262144

/* They leave in each way that there is. */
static void live_and_leave(int n) {
    static char text[UNREAD];
    static const struct verb gone = {.name = "gone"};
    static const struct step end = {.verb = &gone};
    struct link l = {.group = "client", .number = n, .fd = connect_one()};

    fill((unsigned char *)text, sizeof text, n, 0);
    if (n % 50 == 49) { /* the kernel takes what fits */
        ssize_t sent = send(l.fd, text, UNREAD, 0);

        l.sent = sent > 0 ? (uint64_t)sent : 0;
        end_link(&l, 1);
        return;
    }
    if (n % 10 != 8) {
        send_all(&l, text, WORDS, 0);
        snprintf(last_sent, sizeof last_sent, "%d bytes, as client number %d",
                 WORDS, n);
        expect(&l, text, WORDS);
    }
    if (n % 10 == 7) {
        shutdown(l.fd, SHUT_WR);
        play_end(&l, &end);
    }
    end_link(&l, n % 10 == 9);
}

void play_lifetimes(struct link *none, const struct step *s) {
    (void)none;
    for (int i = 0; i < s->n[0]; i++)
        live_and_leave(i);
}

/* A runtime with a heap that is swept from time to time grows and grows, and then it does
 * not; a leak grows in each round. */
void play_steady(struct link *none, const struct step *s) {
    long before = memory_kib(), after = before;

    (void)none;
    for (int round = 0; round < s->n[0]; round++) {
        for (int i = 0; i < s->n[1]; i++)
            live_and_leave(i);
        after = memory_kib();
        if (after <= before + s->n[2])
            return;
        before = after;
    }
    fail_as("grew", NULL,
            "in each of %d rounds of %d clients, the server grew by more than "
            "%d KiB of memory: now it has %ld KiB",
            s->n[0], s->n[1], s->n[2], after);
}
