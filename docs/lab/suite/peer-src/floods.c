/* The peer's floods, each a process of its own, so that it goes on while the peer is
 * polite; and what a polite client has to wait beside them. */
#include "peer.h"
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define MOST 8
#define MOST_MESSAGES 1000
#define WORST 64 /* times what is allowed in the median */

static int flooding;
static uint64_t *flooded; /* bytes that came back, by flood: shared memory */

static void share_counts(const struct link *l) {
    int fd = open_scratch();

    if (fd < 0 || ftruncate(fd, CHUNK) < 0)
        fail(l, "no temporary file for the count: %s", strerror(errno));
    flooded = mmap(NULL, CHUNK, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (flooded == MAP_FAILED)
        fail(l, "no shared memory for the count: %s", strerror(errno));
    close(fd);
}

static _Noreturn void flood(const struct link *l, uint64_t *back) {
    static char buf[CHUNK];

    for (;;) {
        ssize_t sent = send(l->fd, buf, sizeof buf, 0);
        ssize_t got = recv(l->fd, buf, sizeof buf, 0);

        if (got == 0 || (got < 0 && errno != EAGAIN))
            _exit(0);
        *back += got > 0 ? (uint64_t)got : 0;
        if (sent < 0 && got < 0)
            wait_for(l, POLLIN | POLLOUT, deadline_ms);
    }
}

void play_flood(struct link *l, const struct step *s) {
    double end = now_ms() + JAM_MS * 10;

    (void)s;
    if (flooding == MOST)
        bad_step("too many floods");
    if (flooded == NULL)
        share_counts(l);
    if (fork_ours(WHOLE_RUN_S) == 0)
        flood(l, &flooded[flooding]);
    end_link(l, 0); /* the other process has it */
    /* Until it is under way: what follows is to find it there. A server that does
     * not serve it now may do so later. */
    while (flooded[flooding] < CHUNK && now_ms() < end)
        nap_ms(1);
    flooding++;
}

static uint64_t all_flooded(void) {
    uint64_t sum = 0;

    for (int i = 0; i < flooding; i++)
        sum += flooded[i];
    return sum;
}

static int by_size(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

/* Counts bytes, not time: a slow machine slows the floods as well. The median: when
 * we have to wait for a processor, a flood may have the other one. And the longest wait:
 * whoever is served only when the floods have a pause is served at once, or not for long. */
void play_polite(struct link *l, const struct step *s) {
    static uint64_t others[MOST_MESSAGES];
    int messages = s->n[0];
    uint64_t half, most, limit = (uint64_t)s->n[1];

    if (messages < 1 || messages > MOST_MESSAGES)
        bad_step("1 to 1000 messages, and KiB");
    while (flooding > 0 && all_flooded() < CHUNK)
        nap_ms(1); /* until the floods are under way */
    for (int i = 0; i < messages; i++) {
        uint64_t before = all_flooded();

        send_all(l, "may I?", 6, 0);
        expect(l, "may I?", 6);
        others[i] = (all_flooded() - before) >> 10;
    }
    qsort(others, (size_t)messages, sizeof *others, by_size);
    half = others[messages / 2];
    most = others[messages - 1];
    if (verbose)
        fprintf(stderr,
                "peer: %" PRIu64 " KiB a message, %" PRIu64 " at most\n", half,
                most);
    if (half > limit)
        fail_as("starved", l,
                "while one message of 6 bytes was under way, %" PRIu64
                " KiB of the floods came back, mostly",
                half);
    if (most > limit * WORST)
        fail_as("starved", l,
                "while one message of 6 bytes was under way, %" PRIu64
                " KiB of the floods came back, once",
                most);
}
