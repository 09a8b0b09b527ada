/* The peer's brim: the state in which the server owes a client what it has read, because
 * the kernel takes no more, and has nothing left to read. */
#define _GNU_SOURCE /* SOCK_CLOEXEC, AF_NETLINK */
#include "peer.h"
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#if defined __linux__ && defined __has_include && !defined __cppcheck__
#if __has_include(<linux/inet_diag.h>)
#define HAS_DIAG
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#endif
#endif

/* The state that a size alone does not make: the server has read all that was sent, and
 * owes some of it, because the kernel takes no more. We send in pieces, each when the one
 * before was read, until one is not. How much that takes depends on the pieces: so it is
 * found three times, with smaller ones at the end, and then sent again, but the last. */
#define READ_MS                                                                \
    60 /* what is not read by then stays unread, if the server sleeps */
#define KNOWN_MS                                                               \
    500 /* until the kernel knows a new connection, at the latest */
static const uint64_t pieces[] = {65536, 4096, 512};
/* Each size of piece is sent from there on. */
static uint64_t starts[] = {0, UINT64_MAX, UINT64_MAX};
static uint64_t brim;

static uint64_t piece_at(uint64_t sent) {
    return pieces[sent >= starts[2] ? 2 : sent >= starts[1] ? 1 : 0];
}

#ifdef HAS_DIAG
/* Asks the kernel about one connection: sock_diag(7). A table of all of them would take
 * longer than what is measured. Both ends are on this machine, so that it knows theirs. */
static long unread_at_server(const struct link *l) {
    static int diag = -1;
    struct sockaddr_in ours = {0};
    socklen_t len = sizeof ours;
    struct {
        struct nlmsghdr head;
        struct inet_diag_req_v2 which;
    } ask = {.head = {.nlmsg_len = sizeof ask,
                      .nlmsg_type = SOCK_DIAG_BY_FAMILY,
                      .nlmsg_flags = NLM_F_REQUEST}};
    union {
        struct nlmsghdr head;
        char bytes[4096];
    } answer;

    if (diag < 0)
        diag = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
    getsockname(l->fd, (struct sockaddr *)&ours, &len);
    ask.which.sdiag_family = AF_INET;
    ask.which.sdiag_protocol = IPPROTO_TCP;
    ask.which.idiag_states = ~0U;
    ask.which.id.idiag_sport = htons((in_port_t)port);
    ask.which.id.idiag_dport = ours.sin_port;
    ask.which.id.idiag_src[0] = ours.sin_addr.s_addr; /* 127.0.0.1, both */
    ask.which.id.idiag_dst[0] = ours.sin_addr.s_addr;
    ask.which.id.idiag_cookie[0] = ask.which.id.idiag_cookie[1] =
        INET_DIAG_NOCOOKIE;
    if (diag < 0 || send(diag, &ask, sizeof ask, 0) < 0 ||
        recv(diag, &answer, sizeof answer, 0) <
            (ssize_t)NLMSG_LENGTH(sizeof(struct inet_diag_msg)) ||
        answer.head.nlmsg_type != SOCK_DIAG_BY_FAMILY)
        return -1;
    return (long)((struct inet_diag_msg *)NLMSG_DATA(&answer.head))
        ->idiag_rqueue;
}
#else
static long unread_at_server(const struct link *l) {
    (void)l;
    return -1;
}
#endif

/* All that was sent, within ms. A connection that has just been made may not be known
 * yet at its other end. */
static int is_read_within(const struct link *l, double ms) {
    double start = now_ms();
    long unread;

    while ((unread = unread_at_server(l)) != 0 &&
           now_ms() < start + (unread < 0 ? KNOWN_MS : ms))
        nap_ms(0);
    if (unread < 0)
        fail_as("cannot", l,
                "what the server has read cannot be told here: no sock_diag");
    return unread == 0;
}

/* Waits until the server has read all that was sent. Returns 0 when it does not. */
static int is_read(const struct link *l) {
    double end = now_ms() + deadline_ms;

    /* It mostly is, at once. To look at the processes would take longer. */
    if (is_read_within(l, 2))
        return 1;
    while (now_ms() < end) {
        double cpu = cpu_ms();

        if (is_read_within(l, READ_MS))
            return 1;
        if (stands_still(cpu, READ_MS))
            return 0;
    }
    return 0;
}

/* Sends the next piece, or what is left of it up to size. */
static void send_piece(struct link *l, uint64_t size) {
    uint64_t want = l->sent + piece_at(l->sent);

    want = want < size ? want : size;
    while (l->sent < want)
        if (stream_out(l, want) == 0 && !wait_for(l, POLLOUT, deadline_ms))
            fail_as("stuck", l, "no more could be sent for %d ms", deadline_ms);
}

void play_brim(struct link *none, const struct step *s) {
    uint64_t most = UINT64_C(64) << 20;

    (void)none;
    (void)s;
    starts[1] = starts[2] = UINT64_MAX;
    for (int round = 0; round < 3; round++) {
        struct link l = {.group = "brim", .fd = connect_one()};

        do
            send_piece(&l, most);
        while (is_read(&l) && l.sent < most);
        brim = l.sent;
        if (brim >= most)
            fail_as("swallowed", &l,
                    "the server took all %" PRIu64
                    " bytes, of which the client has read none",
                    brim);
        if (round < 2)
            starts[round + 1] =
                brim > 2 * pieces[round] ? brim - 2 * pieces[round] : 0;
        end_link(&l, 1);
    }
}

void play_fill(struct link *l, const struct step *s) {
    uint64_t less = (uint64_t)s->n[0] * pieces[2],
             size = brim > less ? brim - less : 0;

    if (brim == 0)
        bad_step("behind brim");
    while (l->sent < size) {
        send_piece(l, size);
        if (!is_read(l))
            break; /* the brim, a little earlier than before */
    }
    snprintf(last_sent, sizeof last_sent, "%" PRIu64 " bytes, unread", l->sent);
}
