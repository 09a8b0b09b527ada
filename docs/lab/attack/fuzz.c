/* A fuzzer for echo servers: a hostile client that plays random operations on
 * many connections at once, and knows what each of them must get back.
 *
 *   fuzz [OPTIONS] PORT            a server that runs; -p PID watches it
 *   fuzz [OPTIONS] -- CMD [ARG...] starts CMD ARG... PORT, and ends it
 *
 *   docs/lab/attack/fuzz -s 7 -n 100000 -- 04-poll/server
 *
 * Called by fuzz-all, soak; make builds it, with docs/lab/core.
 *
 *   -s SEED  the operations are a function of the seed alone (1): never of
 *            what the server does, nor when. The same seed replays them.
 *   -n N     so many operations (50000)      -c N  connections at a time (50);
 *   -t S     begin none after S seconds (600)      -c 1: one after the other
 *   -b       a server that never sleeps: do not ask it to
 *   -P MS    what is not back by then will not come (10000)
 *   -m KIB   memory that it may gain (24 for each connection, and 4096)
 *   -l       list the operations: number, slot, operation, amount; play none
 *   -v       say each operation on stderr when it is handed to its slot
 *
 * Each slot is one connection at a time, and has a queue of operations, played
 * in order: so a slow one delays no other. Every byte that comes back is
 * compared. At the end there are four questions: does the server sleep while
 * clients are idle, and while some do not read; with few descriptors left, does
 * it sleep, and serve those who waited when there are more; and has it as many
 * descriptors as at the start, when all have left.
 *
 * Built with -fsanitize=address, a server keeps what it has freed for a while:
 * ASAN_OPTIONS=quarantine_size_mb=1:thread_local_quarantine_size_kb=64
 *
 * Exit status: 0, and one line of totals; 1, the server broke a promise: what,
 * where, and how to replay it; or two minutes after -t it is not done; 2, wrong use, or nothing to play against. */
#ifndef __linux__
#error "fuzz reads /proc and waits in epoll: on this system, it is for reading"
#endif
#define _GNU_SOURCE /* prlimit */
#include "../core/base.h"
#include "../core/program.h"
#include "../core/usage.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CHUNK 65536 /* bytes per send or recv */
#define PERIOD 1048573 /* bytes of the pattern: a prime fits no buffer */
#define PAST 8 /* operations of a slot that a failure tells */
#define RING 1024 /* operations that wait for one slot */
#define MOST_QUEUED 1048576 /* bytes; while it is more, no operation begins */
#define NARROW 16 /* 2^16: with a smaller buffer, TCP waits for its timers */
#define NARROW_BITS 9 /* so mostly, little is sent there */
#define URGENT_ROOM 32768 /* TCP's urgent pointer has 16 bits: stay below */
#define SLOW_TURNS 100
#define LATE_S 120 /* after -t: it hangs, and ends itself */
#define JAMMED 4 /* clients that do not read, at the end */
#define FEW 5 /* descriptors left for new clients, at the end */

enum kind {
    CONNECT, /* amount: sizes of the buffers; 2^0: the kernel's choice */
    SEND,
    URGENT,
    PAUSE, /* do not read, for some turns */
    SLOW, /* read so many bytes a turn */
    READ, /* read as usual again */
    FLOOD, /* KiB, sent and read as fast as it goes */
    HALF_CLOSE, /* then all must come, then the end */
    FINISH, /* leave when all is back */
    CLOSE, /* leave now: what is unread makes it a RST */
    UNREAD, /* leave when all is sent, and something waits to be read */
    RESET, /* a RST now */
    BEHIND, /* a RST right behind the last byte */
    BURST, /* connect and reset, so many times */
    REST, /* no operation for some turns */
    STOP, /* SIGSTOP, and SIGCONT some turns later */
    KINDS
};

/* How often one is drawn, and its amount: up to 2 to the power of bits. */
static const struct {
    const char *name;
    int weight, bits;
} kinds[KINDS] = {
    [CONNECT] = {"connect", 0, 0},    [SEND] = {"send", 500, 18},
    [URGENT] = {"urgent", 60, 0},     [PAUSE] = {"pause", 80, 8},
    [SLOW] = {"slow", 40, 7},         [READ] = {"read", 60, 0},
    [FLOOD] = {"flood", 8, 11},       [HALF_CLOSE] = {"half-close", 30, 0},
    [FINISH] = {"finish", 20, 0},     [CLOSE] = {"close", 25, 0},
    [UNREAD] = {"unread", 15, 0},     [RESET] = {"reset", 20, 0},
    [BEHIND] = {"rst-behind", 20, 0}, [BURST] = {"burst", 3, 7},
    [REST] = {"rest", 20, 6},         [STOP] = {"stop", 4, 5},
};

struct op {
    int number, slot;
    enum kind kind;
    uint32_t amount;
};

struct slot {
    int fd, connecting, half_closed; /* fd -1: no connection */
    int readable, writable; /* until EAGAIN says otherwise: edge-triggered */
    int paused, slow, slow_turns, flood, unread;
    uint64_t number, phase; /* of the connection; where its bytes begin */
    uint64_t queued, sent, got, mark; /* mark: where the urgent byte went */
    uint64_t heard; /* ns: when something last moved */
    struct op ring[RING];
    unsigned first, next; /* played, and handed out, of all time */
    struct op past[PAST]; /* the last ones that were played */
    int plan_open, plan_marked, plan_narrow; /* what the plan knows of it */
};

static struct options {
    int seed, operations, slots, seconds, patience_ms, busy, memory;
    int list, verbose;
    int port, pid;
    char **argv, **cmd;
} opt = {.seed = 1,
         .operations = 50000,
         .slots = 50,
         .seconds = 600,
         .patience_ms = 10000};

static unsigned char pattern[PERIOD + CHUNK];
static struct slot *slots;
static int given, resting, stopped, epfd;
static uint64_t now, began, moved, connections, random_state;
static uint64_t bytes_out, bytes_in, resets, longest, played[KINDS];
static long first_kib, first_fds;

/* splitmix64: each state gives a number that looks like no other. */
static uint64_t mix(uint64_t z) {
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
}

static uint32_t draw(uint32_t below) {
    return (uint32_t)(mix(random_state += 0x9e3779b97f4a7c15U) >> 32) % below;
}

/* ---- verdicts ---- */

static void print_op(FILE *f, const struct op *op) {
    fprintf(f, "%d ", op->number);
    if (op->kind < BURST)
        fprintf(f, "slot %d ", op->slot);
    fprintf(f, "%s", kinds[op->kind].name);
    if (op->kind == CONNECT)
        fprintf(f, " rcvbuf 2^%u sndbuf 2^%u", op->amount / 32,
                op->amount % 32);
    else if (kinds[op->kind].bits > 0)
        fprintf(f, " %u", op->amount);
}

/* The server broke a promise: what, to whom, after which operations. */
static void fail(const struct slot *s, const char *format, ...)
    __attribute__((format(printf, 2, 3), noreturn));
static void fail(const struct slot *s, const char *format, ...) {
    va_list ap;
    fprintf(stderr, "fuzz: FAILED after %d operations, %.1f s: ", given,
            (double)(now_ns() - began) / 1e9);
    va_start(ap, format);
    vfprintf(stderr, format, ap);
    va_end(ap);
    if (s != NULL) {
        fprintf(stderr,
                "\n  slot %d, connection %" PRIu64 ": %" PRIu64
                " bytes queued, %" PRIu64 " sent, %" PRIu64
                " back, last mark at %" PRIu64 "\n  played: ",
                (int)(s - slots), s->number, s->queued, s->sent, s->got,
                s->mark);
        for (unsigned i = s->first > PAST ? s->first - PAST : 0; i < s->first;
             i++) {
            print_op(stderr, &s->past[i % PAST]);
            fprintf(stderr, "; ");
        }
        if (s->first < s->next) {
            fprintf(stderr, "now: ");
            print_op(stderr, &s->ring[s->first % RING]);
        }
    }
    fprintf(stderr, "\n  replay: %s -s %d -n %d -c %d%s", opt.argv[0], opt.seed,
            given, opt.slots, opt.busy ? " -b" : "");
    if (opt.memory)
        fprintf(stderr, " -m %d", opt.memory);
    for (int i = 0; opt.cmd != NULL && opt.cmd[i] != NULL; i++)
        fprintf(stderr, "%s %s", i ? "" : " --", opt.cmd[i]);
    fprintf(stderr, opt.cmd ? "\n" : " PORT\n");
    exit(1);
}

/* ---- the plan: a function of the seed ---- */

static enum kind draw_kind(void) {
    uint32_t sum = 0, at;
    int k = 0;
    for (int i = 0; i < KINDS; i++)
        sum += (uint32_t)kinds[i].weight;
    for (at = draw(sum); at >= (uint32_t)kinds[k].weight; k++)
        at -= (uint32_t)kinds[k].weight;
    return (enum kind)k;
}

/* The size of a buffer as a power of two; 0 is the kernel's own choice. */
static uint32_t draw_size(void) { return draw(4) ? 0 : 8 + draw(14); }

/* The next operation of the seed, one that makes sense for its slot. */
static struct op next_op(void) {
    static int number;
    struct op op = {.kind = draw_kind()};
    struct slot *s = &slots[op.slot = (int)draw((uint32_t)opt.slots)];
    uint32_t bits;
    op.number = ++number;
    if (op.kind < BURST && !s->plan_open)
        op.kind = CONNECT;
    else if ((op.kind == URGENT && s->plan_marked) || /* first, a byte behind */
             (op.kind == FLOOD && s->plan_narrow)) /* it would take for ever */
        op.kind = SEND;
    bits = (uint32_t)kinds[op.kind].bits;
    if (op.kind == SEND && s->plan_narrow)
        bits = draw(16) ? NARROW_BITS : NARROW_BITS + 4;
    op.amount = 1 + draw(1U << draw(bits + 1));
    if (op.kind == CONNECT) {
        uint32_t receive = draw_size(), send = draw_size();
        op.amount = receive * 32 + send;
        s->plan_open = 1;
        s->plan_marked = 1;
        s->plan_narrow =
            (receive > 0 && receive < NARROW) || (send > 0 && send < NARROW);
    } else if (op.kind >= HALF_CLOSE && op.kind < BURST)
        s->plan_open = 0;
    else if (op.kind == SEND || op.kind == FLOOD || op.kind == URGENT)
        s->plan_marked = op.kind == URGENT;
    return op;
}

/* ---- the process of the server: proc(5) ---- */

/* It runs, and takes no more memory than it may. */
static void check_process(void) {
    const char *how = program_ended();
    long grown;
    if (how != NULL)
        fail(NULL, "the server is gone: %s", how);
    if (opt.pid > 0 && kill(opt.pid, 0) < 0)
        fail(NULL, "the server is gone");
    grown = opt.pid > 0
                ? process_number(opt.pid, "status", "VmHWM:") - first_kib
                : 0;
    if (grown > (opt.memory ? opt.memory : 24 * opt.slots + 4096))
        fail(NULL, "the server's memory has grown by %ld KiB", grown);
}

static void check_asleep(const char *when) {
    double used = 100;
    if (opt.pid == 0 || opt.busy)
        return;
    for (int ms = 0; used > 2; ms += 100) { /* of 100 ms */
        if (ms > opt.patience_ms / 3)
            fail(NULL,
                 "%s, the server does not sleep: it takes %.0f %% of a "
                 "processor",
                 when, used);
        used = family_cpu_ms(opt.pid);
        nap_ms(100);
        used = family_cpu_ms(opt.pid) - used;
    }
}

/* ---- connections ---- */

static void set_size(int fd, int option, uint32_t power) {
    int size = 1 << power;
    if (power > 0)
        setsockopt(fd, SOL_SOCKET, option, &size, sizeof size);
}

/* Returns a socket that connects, from an address of many: each has its own
 * ports, as those of connections that we end stay in TIME_WAIT. ip(7). */
static int connect_socket(uint32_t sizes) {
    struct sockaddr_in to = loopback(opt.port), from = loopback(0);
    uint32_t first = ntohl(from.sin_addr.s_addr) + 1;
    int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (fd < 0)
        quit(2, "no descriptor is left: %s: ulimit -n", strerror(errno));
    from.sin_addr.s_addr = htonl(first + (uint32_t)(connections++ % 200));
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    set_size(fd, SO_RCVBUF, sizes / 32); /* before: it sets the window scale */
    set_size(fd, SO_SNDBUF, sizes % 32);
    if (bind(fd, (void *)&from, sizeof from) < 0)
        quit(2, "bind: %s", strerror(errno));
    if (connect(fd, (void *)&to, sizeof to) < 0 && errno != EINPROGRESS) {
        check_process();
        fail(NULL, "connect: %s", strerror(errno));
    }
    return fd;
}

static void reset_socket(int fd) {
    struct linger hard = {.l_onoff = 1, .l_linger = 0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    close(fd);
    resets++;
}

static void open_slot(struct slot *s, uint32_t sizes) {
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET,
                                .data.ptr = s};
    s->number = connections;
    s->phase = mix(connections) % PERIOD;
    s->fd = connect_socket(sizes);
    s->connecting = 1;
    s->half_closed = s->readable = s->writable = s->unread = 0;
    s->paused = s->slow_turns = s->flood = 0;
    s->queued = s->sent = s->got = s->mark = 0;
    s->heard = now;
    if (epoll_ctl(epfd, EPOLL_CTL_ADD, s->fd, &event) < 0)
        quit(2, "epoll_ctl: %s", strerror(errno));
}

static void close_slot(struct slot *s, int hard) {
    if (hard)
        reset_socket(s->fd);
    else
        close(s->fd);
    s->fd = -1;
}

/* Why the server cut a connection, if it was its own end that did it. */
static void cut(const struct slot *s, const char *call, const char *what) {
    nap_ms(50); /* a process that dies closes its sockets before it is dead */
    check_process();
    fail(s, "%s: %s, which the server had no reason for", call, what);
}

/* Names the place that the bytes are from, if they are of the same stream. */
static void wrong_byte(const struct slot *s, const unsigned char *buf,
                       const unsigned char *want, size_t n) {
    char where[64] = "";
    size_t i = 0;
    while (buf[i] == want[i])
        i++;
    for (size_t p = 0; n - i >= 8 && p < PERIOD && !*where; p++)
        if (!memcmp(pattern + p, buf + i, 8))
            snprintf(where, sizeof where, ": those of offset %zu",
                     (size_t)((p + PERIOD - s->phase) % PERIOD));
    fail(s, "wrong bytes at offset %" PRIu64 ": %02x, not %02x%s", s->got + i,
         buf[i], want[i], where);
}

/* Sends what the kernel takes at once. Returns 0 when it takes no more. */
static int send_some(struct slot *s) {
    size_t n =
        s->queued - s->sent < CHUNK ? (size_t)(s->queued - s->sent) : CHUNK;
    ssize_t sent;
    if (n == 0 || !s->writable)
        return 0;
    sent =
        send(s->fd, pattern + (s->phase + s->sent) % PERIOD, n, MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN)
        cut(s, "send", strerror(errno));
    s->writable = sent == (ssize_t)n;
    if (sent <= 0)
        return 0;
    s->sent += (uint64_t)sent;
    bytes_out += (uint64_t)sent;
    if (s->sent - s->got > longest)
        longest = s->sent - s->got;
    s->heard = now;
    return 1;
}

/* Reads and compares at most n bytes. Returns 0 when there are none now. */
static int read_some(struct slot *s, size_t n) {
    static unsigned char buf[CHUNK];
    const unsigned char *want = pattern + (s->phase + s->got) % PERIOD;
    ssize_t got = recv(s->fd, buf, n, 0);
    if (got < 0 && errno == EAGAIN)
        s->readable = 0;
    else if (got < 0)
        cut(s, "recv", strerror(errno));
    else if (got == 0 && (!s->half_closed || s->got < s->sent))
        cut(s, "recv", "end of stream");
    else if (got == 0)
        close_slot(s, 0);
    if (got <= 0)
        return got == 0;
    if (memcmp(buf, want, (size_t)got) != 0)
        wrong_byte(s, buf, want, (size_t)got);
    s->got += (uint64_t)got;
    bytes_in += (uint64_t)got;
    if (s->got > s->sent)
        fail(s, "more came back than was sent");
    s->heard = now;
    return 1;
}

/* ---- operations ---- */

/* One after the other, or all there before the first one leaves. */
static void burst(uint32_t n) {
    int fds[128] = {0}, together = n % 2 == 1;
    for (uint32_t i = 0; i < n; i++) {
        fds[i] = connect_socket(0);
        if (!together)
            reset_socket(fds[i]);
        else if (i % 4 == 0 && send(fds[i], "x", 1, MSG_NOSIGNAL) < 0 &&
                 errno != EAGAIN)
            fail(NULL, "send on a new connection: %s", strerror(errno));
    }
    for (uint32_t i = 0; together && i < n; i++)
        reset_socket(fds[i]);
}

/* An urgent byte is outside of the stream, and the one before it must have been
 * passed: else it becomes one of the stream. tcp(7). Returns 0 to try again. */
static int send_urgent(struct slot *s) {
    if (s->sent < s->queued || s->sent - s->got > URGENT_ROOM ||
        (s->mark > 0 && s->got <= s->mark))
        return 0;
    if (send(s->fd, "!", 1, MSG_OOB | MSG_NOSIGNAL) != 1) {
        if (errno != EAGAIN)
            cut(s, "send", strerror(errno));
        return 0;
    }
    s->mark = s->sent;
    return 1;
}

/* The operations that end a connection. Returns 0 until it has ended. */
static int end(struct slot *s, enum kind kind) {
    int waiting = 0;
    if (s->fd < 0)
        return 1; /* HALF_CLOSE: the end of the stream has come */
    if (kind != CLOSE && kind != RESET && s->sent < s->queued)
        return 0;
    if (kind == HALF_CLOSE && !s->half_closed) {
        shutdown(s->fd, SHUT_WR);
        s->half_closed = 1;
        s->heard = now;
    }
    s->unread = kind == UNREAD;
    if (kind == UNREAD && ioctl(s->fd, FIONREAD, &waiting) < 0)
        waiting = 0;
    if (kind == HALF_CLOSE || (kind == FINISH && s->got < s->sent) ||
        (kind == UNREAD && waiting == 0 && s->got < s->sent))
        return 0;
    close_slot(s, kind == RESET || kind == BEHIND);
    return 1;
}

/* Returns 0 if the operation has to be tried again at the next turn. */
static int play(struct slot *s, const struct op *op) {
    if (op->kind == CONNECT)
        open_slot(s, op->amount);
    else if (s->connecting)
        return 0;
    else if (op->kind == URGENT)
        return send_urgent(s);
    else if (op->kind >= HALF_CLOSE)
        return end(s, op->kind);
    else if (op->kind == SLOW) {
        s->slow = (int)op->amount;
        s->slow_turns = SLOW_TURNS;
    } else if (op->kind == SEND || op->kind == FLOOD) {
        if (s->queued - s->sent > MOST_QUEUED)
            return 0;
        s->flood = op->kind == FLOOD;
        s->queued += op->amount * (s->flood ? 1024U : 1U);
    }
    if (op->kind == PAUSE || op->kind == READ || op->kind == FLOOD)
        s->paused = op->kind == PAUSE ? (int)op->amount : 0;
    if (op->kind == READ || op->kind == FLOOD)
        s->slow_turns = 0;
    return 1;
}

static void next_step(struct slot *s) {
    if (s->first == s->next || !play(s, &s->ring[s->first % RING]))
        return;
    s->past[s->first % PAST] = s->ring[s->first % RING];
    played[s->past[s->first++ % PAST].kind]++;
    moved++;
}

/* Something is to come, and we read: has it been too long? */
static void check_patience(const struct slot *s) {
    if (s->fd < 0 || s->paused || stopped ||
        now - s->heard < (uint64_t)opt.patience_ms * 1000000U)
        return;
    check_process();
    if (s->connecting)
        fail(s, "no connection for %d ms", opt.patience_ms);
    if (s->got < s->sent)
        fail(s, "nothing comes back for %d ms", opt.patience_ms);
    if (s->sent < s->queued)
        fail(s, "no more can be sent for %d ms", opt.patience_ms);
    if (s->half_closed)
        fail(s, "no end of stream for %d ms", opt.patience_ms);
}

/* One turn of one slot: at most two operations, and a chunk both ways. */
static void turn_slot(struct slot *s) {
    int rounds = s->flood ? 16 : 1, going = 1;
    next_step(s);
    if (s->fd >= 0 && s->connecting && s->writable) {
        int error = 0;
        socklen_t len = sizeof error;
        getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &error, &len);
        if (error != 0)
            cut(s, "connect", strerror(error));
        s->connecting = 0;
        s->heard = now;
    }
    while (s->fd >= 0 && !s->connecting && going && rounds-- > 0) {
        size_t most = CHUNK;
        going = send_some(s);
        next_step(s);
        if (s->fd >= 0 && s->slow_turns > 0 && s->slow_turns-- > 0)
            most = (size_t)s->slow;
        if (s->fd >= 0 && s->readable && !s->paused && !s->unread)
            going |= read_some(s, most);
        moved += (uint64_t)going;
    }
    if (s->paused > 0 && --s->paused == 0)
        s->heard = now;
    check_patience(s);
}

/* One turn of all. Where nothing moved in the last one, it waits for news. */
static void turn(void) {
    static struct epoll_event events[256];
    static uint64_t last, turns;
    int n = epoll_wait(epfd, events, 256, 0);
    if (n == 0 && moved == last)
        nanosleep(&(struct timespec){0, 20000}, NULL);
    last = moved;
    now = now_ns();
    for (int i = 0; i < n; i++) {
        struct slot *s = events[i].data.ptr;
        s->readable |= (events[i].events & ~(uint32_t)EPOLLOUT) != 0;
        s->writable |= (events[i].events & ~(uint32_t)EPOLLIN) != 0;
    }
    for (int i = 0; i < opt.slots; i++)
        turn_slot(&slots[i]);
    if (stopped > 0 && --stopped == 0) {
        kill(opt.pid, SIGCONT);
        for (int i = 0; i < opt.slots; i++)
            slots[i].heard = now;
    }
    resting -= resting > 0;
    if (++turns % 1000 == 0)
        check_process();
}

/* Hands out operations, until a slot has no room for its next one. */
static void hand_out(void) {
    static struct op op;
    static int held; /* op is drawn, and waits for room */
    for (int i = 0; i < 8 && resting == 0 && given < opt.operations; i++) {
        struct slot *s;
        if (!held)
            op = next_op();
        s = &slots[op.slot];
        held = op.kind < BURST && s->next - s->first == RING;
        if (held)
            return;
        given++;
        if (opt.verbose) {
            print_op(stderr, &op);
            fprintf(stderr, "\n");
        }
        if (op.kind < BURST)
            s->ring[s->next++ % RING] = op;
        else
            played[op.kind]++;
        if (op.kind == BURST)
            burst(op.amount);
        else if (op.kind == REST)
            resting = (int)op.amount;
        else if (op.kind == STOP && opt.pid > 0 && kill(opt.pid, SIGSTOP) == 0)
            stopped = (int)op.amount;
    }
}

/* ---- the end: four questions ---- */

/* Until all operations are played, and all that was sent is back. */
static void settle(void) {
    for (int busy = 1; busy;) {
        turn();
        busy = stopped;
        for (int i = 0; i < opt.slots; i++)
            busy |= slots[i].first < slots[i].next || slots[i].connecting ||
                    (slots[i].fd >= 0 && slots[i].got < slots[i].queued);
    }
}

/* Some clients send and do not read, until nothing moves. */
static void jam(void) {
    uint64_t before = 0, last = now;
    for (int i = 0; i < opt.slots && i < JAMMED; i++) {
        slots[i].paused = INT_MAX;
        slots[i].queued += 64 << 20;
    }
    while (now - last < 100000000U) {
        turn();
        last = bytes_out > before ? now : last;
        before = bytes_out;
    }
    check_asleep("while some clients do not read");
    for (int i = 0; i < opt.slots && i < JAMMED; i++) {
        slots[i].paused = 0;
        slots[i].queued = slots[i].sent;
        slots[i].heard = now;
    }
    settle();
}

static void leave(void) {
    long count = -1;
    for (int i = 0; i < opt.slots; i++)
        if (slots[i].fd >= 0)
            close_slot(&slots[i], i % 2);
    for (int ms = 0; opt.pid > 0 && ms < opt.patience_ms; ms += 10) {
        count = descriptors_of(opt.pid);
        if (count <= first_fds)
            break;
        nap_ms(10);
    }
    check_process();
    if (opt.pid > 0 && count > first_fds)
        fail(NULL,
             "all clients have left, and the server has %ld descriptors: "
             "before the first one, it had %ld",
             count, first_fds);
    check_asleep("when all clients have left");
}

static void arrive(void) {
    now = now_ns();
    for (int i = 0; i < opt.slots; i++) {
        if (slots[i].fd < 0)
            open_slot(&slots[i], 0);
        slots[i].paused = slots[i].slow_turns = 0;
        slots[i].queued++;
    }
}

/* More clients than descriptors: who is not served waits, and costs nothing. */
static void few_descriptors(void) {
    struct rlimit all, few;
    uint64_t until = now_ns() + 200000000U;
    if (opt.pid == 0 || opt.slots <= FEW ||
        prlimit(opt.pid, RLIMIT_NOFILE, NULL, &all) < 0)
        return;
    few = all;
    few.rlim_cur = (rlim_t)(first_fds + FEW);
    prlimit(opt.pid, RLIMIT_NOFILE, &few, NULL);
    for (arrive(); now < until;)
        turn();
    check_asleep("with no descriptor for those who wait");
    prlimit(opt.pid, RLIMIT_NOFILE, &all, NULL);
    for (int i = 0; i < opt.slots; i++)
        slots[i].heard = now_ns();
    settle();
    leave();
}

/* ---- begin, and say ---- */

/* Its limit is 1024: what is above, 03 refuses. */
static void limit_server(void) {
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max < 1024 ? files.rlim_max : 1024;
    setrlimit(RLIMIT_NOFILE, &files);
}

/* Starts opt.cmd with a port. */
static void start_server(void) {
    opt.port = free_port();
    opt.pid = start_program(with_port(opt.cmd, opt.port), -1,
                            (unsigned)opt.seconds + LATE_S + 5, limit_server);
}

/* Waits until a first client is answered: the server is there, and complete.
 * What it has when that client has left is what it must have at the end. */
static void greet(void) {
    int fd = first_client(opt.port, opt.patience_ms);
    char c = 'x';
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &(struct timeval){.tv_sec = 5},
               sizeof(struct timeval));
    if (send(fd, &c, 1, MSG_NOSIGNAL) != 1 || recv(fd, &c, 1, 0) != 1)
        quit(1, "port %d: the first client gets no echo", opt.port);
    first_fds = descriptors_of(opt.pid);
    close(fd);
    for (int ms = 0; ms < 200 && descriptors_of(opt.pid) >= first_fds; ms++)
        nap_ms(1);
    first_fds = descriptors_of(opt.pid);
    first_kib = process_number(opt.pid, "status", "VmRSS:");
}

static void report(void) {
    printf("seed %d: %d operations in %.1f s:", opt.seed, given,
           (double)(now_ns() - began) / 1e9);
    for (int k = 0; k < KINDS; k++)
        printf(" %" PRIu64 " %s,", played[k], kinds[k].name);
    printf(" on %" PRIu64 " connections; %" PRIu64 " MB sent, %" PRIu64
           " back, every byte as sent; at most %" PRIu64
           " KB under way on one; %" PRIu64 " resets",
           connections, bytes_out / 1000000, bytes_in / 1000000, longest / 1000,
           resets);
    if (opt.pid > 0)
        printf("; memory +%ld KiB",
               process_number(opt.pid, "status", "VmHWM:") - first_kib);
    printf("\n");
}

static void usage(int status) {
    fprintf(
        status ? stderr : stdout,
        "usage: fuzz [-s SEED] [-n OPERATIONS] [-c CONNECTIONS] [-t S] "
        "[-P MS] [-m KIB] [-b] [-l] [-v] [-p PID] PORT | -- CMD [ARG...]\n");
    exit(status);
}

static void parse_args(int argc, char **argv) {
    static const struct {
        char letter;
        int *where, least, most;
    } options[] = {
        {'s', &opt.seed, 0, INT_MAX},
        {'n', &opt.operations, 0, INT_MAX},
        {'c', &opt.slots, 1, 500},
        {'t', &opt.seconds, 1, 100000},
        {'P', &opt.patience_ms, 100, 100000},
        {'m', &opt.memory, 1, INT_MAX},
        {'p', &opt.pid, 1, INT_MAX},
    };
    int letter, known = 0;
    opt.argv = argv;
    opterr = 0;
    while ((letter = getopt(argc, argv, "+s:n:c:t:m:p:P:blvh")) > 0) {
        for (size_t i = 0; i < sizeof options / sizeof *options; i++)
            if (letter == options[i].letter)
                *options[i].where =
                    number_of((char[]){'-', options[i].letter, '\0'}, optarg,
                              options[i].least, options[i].most);
        opt.busy |= letter == 'b';
        opt.list |= letter == 'l';
        opt.verbose |= letter == 'v';
        if (letter == 'h' || letter == '?')
            usage(letter == 'h' ? 0 : 2);
    }
    known = optind < argc;
    if (known && !strcmp(argv[optind - 1], "--"))
        opt.cmd = argv + optind;
    else if (known && optind + 1 == argc)
        opt.port = number_of("PORT", argv[optind], 1, 65535);
    else if (!opt.list)
        usage(2);
    if (opt.pid > 0 && (opt.cmd != NULL || kill(opt.pid, 0) < 0))
        quit(2, "-p %d: %s", opt.pid, opt.cmd ? "with PORT" : strerror(errno));
}

int main(int argc, char **argv) {
    this_program = "fuzz";
    parse_args(argc, argv);
    slots = calloc((size_t)opt.slots, sizeof *slots);
    epfd = epoll_create1(EPOLL_CLOEXEC);
    if (slots == NULL || epfd < 0)
        quit(2, "cannot begin: %s", strerror(errno));
    random_state = (uint64_t)opt.seed << 32;
    while (opt.list && given++ < opt.operations) {
        struct op op = next_op();
        print_op(stdout, &op);
        printf("\n");
    }
    if (opt.list)
        return 0;
    for (size_t i = 0; i < sizeof pattern; i++)
        pattern[i] = (unsigned char)mix(i % PERIOD + 1);
    for (int i = 0; i < opt.slots; i++)
        slots[i].fd = -1;
    end_surely((unsigned)opt.seconds + LATE_S);
    if (opt.cmd != NULL)
        start_server();
    else
        leave_running(opt.pid);
    greet();
    began = now = now_ns();
    while (given < opt.operations &&
           now - began < (uint64_t)opt.seconds * 1000000000U) {
        hand_out();
        turn();
    }
    settle();
    arrive();
    settle();
    check_asleep("while its clients are idle");
    jam();
    leave();
    few_descriptors();
    report();
    return 0;
}
