/* A load generator for echo servers: many connections, every byte compared, and
 * what one message cost the server: processor time, and times it fell asleep.
 *
 *   load [OPTIONS] PORT            a server that runs; -p PID measures it
 *   load [OPTIONS] -- CMD [ARG...] starts CMD ARG... PORT, and ends it
 *
 *   docs/lab/bench/load -c 10 -i 0,980 -- 04-poll/server
 *
 * Called by bench, peers, soak; make builds it, with docs/lab/core.
 *
 *   -c N[,N...]  busy connections: one measurement for each N (10), rising
 *   -i N[,N...]  idle connections beside them (0), rising
 *   -s BYTES     size of a message (64)    -d N  messages under way on each (1)
 *   -t MS        how long to measure (500) -n N  or: so many messages
 *   -w MS        warm-up before each measurement (100)
 *   -k N         make each measurement N times (1)
 *   -m closed    the next message leaves when the last one is back (default)
 *   -m lockstep  send on all, then read from all: the same calls in every run
 *   -m open -r N N messages/s, whether or not the server keeps up: latency
 *                counts from the moment at which a message was due
 *   -m churn     connect, one message, close; again and again
 *   -m accept    connect, as often as -c says; then one message on the last
 *   -f N         N more connections, of a process of its own, flood the server
 *   -z MS        stop the server (SIGSTOP) for MS in mid-measurement
 *   -P MS        what is not back by then will not come (5000)
 *   -C S,L       pin the server to core S, and this program to core L
 *   -T NAME      a line with tabs, NAME first; -H prints the headings
 *
 * Exit status: 0, all came back; 1, a byte was wrong, missing, or too late;
 * 2, wrong use, or nothing to measure. */
#ifndef __linux__
#error "load reads /proc and waits in epoll: on this system, it is for reading"
#endif
#define _GNU_SOURCE /* sched_setaffinity */
#include "../core/base.h"
#include "../core/program.h"
#include "../core/usage.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE_MS 5000 /* an echo that is not back by then will not come */
#define BATCH 500 /* connections at a time: fewer than a backlog holds */
#define MANY 2000 /* new connections: after them, we let the kernel settle */
#define SETTLE_MS 300 /* the timers of a new connection run for some 200 ms */
#define CHUNK 65536 /* bytes per send or recv */
#define PERIOD 65521 /* bytes of the pattern: a prime fits no buffer */
#define MOST_DEPTH 1024
#define LOCKSTEP_BYTES 16384 /* on one connection: fits every buffer between */
#define SHIFT 5 /* 2^5 buckets for each power of two: within 3 % */
#define BUCKETS (64 << SHIFT)
#define SHORT_MS 20 /* less than this, and the clocks tell little */

enum mode { CLOSED, LOCKSTEP, OPEN, CHURN, ACCEPT };

struct conn {
    int fd, writing; /* writing: it waits for room in the send buffer */
    uint64_t phase; /* where in the pattern its stream begins */
    uint64_t queued, sent, got; /* bytes of its stream */
    uint64_t done; /* messages that are back */
    uint64_t *start; /* when each message under way was to leave, ns */
    uint64_t due; /* the one of them, where only one can be */
};

static struct options {
    const char *modes, *label;
    char **cmd;
    enum mode mode;
    int busy[16], n_busy, idle[16], n_idle;
    int size, depth, ms, messages, warm_ms, repeats, rate, floods, stop_ms;
    int port, pid, server_core, own_core, patience_ms;
} opt = {.modes = "closed", .busy = {10}, .n_busy = 1, .n_idle = 1};

/* The options that are one number, and the values they have without. */
static const struct {
    char letter;
    int *where, without, least, most;
} numeric[] = {
    {'s', &opt.size, 64, 1, 16 << 20},
    {'d', &opt.depth, 1, 1, MOST_DEPTH},
    {'t', &opt.ms, 500, 1, 600000},
    {'n', &opt.messages, 0, 1, 1 << 30},
    {'w', &opt.warm_ms, 100, 0, 600000},
    {'k', &opt.repeats, 1, 1, 1000},
    {'r', &opt.rate, 0, 1, 100000000},
    {'f', &opt.floods, 0, 0, 1000},
    {'z', &opt.stop_ms, 0, 0, 5000},
    {'p', &opt.pid, 0, 1, 1 << 30},
    {'P', &opt.patience_ms, PATIENCE_MS, 1, 600000},
};

static char pattern[PERIOD + CHUNK];
static struct conn *conns;
static int opened, epfd, source; /* source: 127.0.0.(1 + source) */
static uint64_t latency[BUCKETS], longest, completed, issued, limit;
static uint64_t ends_at, begins_at; /* ns, of this measurement */
static uint64_t next_phase, latest_send;
static uint64_t size, depth; /* opt.size, opt.depth */

static uint64_t own_cpu(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000000U + (uint64_t)t.tv_nsec;
}

/* ---- latency: a histogram with buckets that grow ---- */

static void note_latency(uint64_t ns) {
    int high = 63 - __builtin_clzll(ns | 1 << SHIFT) - SHIFT;
    latency[((uint64_t)high << SHIFT) + (ns >> high)]++;
    if (ns > longest)
        longest = ns;
}

/* So many of 1 messages were at most as late as this, us. */
static double percentile(double share) {
    uint64_t all = 0, seen = 0;
    for (int i = 0; i < BUCKETS; i++)
        all += latency[i];
    for (uint64_t i = 0; i < BUCKETS; i++) {
        seen += latency[i];
        if (seen > 0 && (double)seen >= share * (double)all) {
            uint64_t high = i < 2 << SHIFT ? 0 : (i >> SHIFT) - 1;
            uint64_t top = (i - (high << SHIFT) + 1) << high;
            return (double)(top < longest ? top : longest) / 1e3;
        }
    }
    return 0;
}

/* ---- connections ---- */

/* Opens connection i. Where no port is left, the next address has its own. */
static void open_conn(int i) {
    struct sockaddr_in to = loopback(opt.port), from = loopback(0);
    uint32_t first = ntohl(from.sin_addr.s_addr);
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = (uint32_t)i};
    struct linger none = {.l_onoff = 1, .l_linger = 0};
    struct conn *c = &conns[i];
    int on = 1;
    for (;; source++) {
        c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (c->fd < 0)
            quit(2, "no descriptor for connection %d: %s: ulimit -n", i,
                 strerror(errno));
        from.sin_addr.s_addr = htonl(first + (uint32_t)source);
        if ((source == 0 || bind(c->fd, (void *)&from, sizeof from) == 0) &&
            connect(c->fd, (void *)&to, sizeof to) == 0)
            break;
        if ((errno != EADDRNOTAVAIL && errno != EADDRINUSE) || source > 200)
            quit(1, "connection %d to port %d: %s", i, opt.port,
                 strerror(errno));
        close(c->fd);
    }
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (opt.mode != CHURN) /* leave with a RST: no port in TIME_WAIT */
        setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
    c->phase = next_phase += 7919; /* neighbours send different bytes */
    c->queued = c->sent = c->got = c->done = 0;
    c->writing = 0;
    if (epoll_ctl(epfd, EPOLL_CTL_ADD, c->fd, &event) < 0)
        quit(2, "epoll_ctl: %s", strerror(errno));
}

static void ask_for(struct conn *c, uint32_t events) {
    struct epoll_event event = {.events = events,
                                .data.u32 = (uint32_t)(c - conns)};
    epoll_ctl(epfd, EPOLL_CTL_MOD, c->fd, &event);
    c->writing = (events & EPOLLOUT) != 0;
}

/* Sends what is queued, as far as the kernel takes it. */
static void send_more(struct conn *c) {
    while (c->sent < c->queued) {
        uint64_t left = c->queued - c->sent;
        size_t n = left < CHUNK ? (size_t)left : CHUNK;
        ssize_t sent = send(c->fd, pattern + (c->phase + c->sent) % PERIOD, n,
                            MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent < 0 && errno == EAGAIN) {
            if (!c->writing)
                ask_for(c, EPOLLIN | EPOLLOUT);
            return;
        }
        if (sent < 0)
            quit(1, "connection %d, after %" PRIu64 " bytes: send: %s",
                 (int)(c - conns), c->sent, strerror(errno));
        c->sent += (uint64_t)sent;
    }
    if (c->writing)
        ask_for(c, EPOLLIN);
}

/* One more message on c: it was, or is, due at the time when. */
static void queue_message(struct conn *c, uint64_t when) {
    c->start[c->queued / size % depth] = when;
    c->queued += size;
    issued++;
}

/* Reads what is there, and compares it. Returns how many messages that
 * completed. */
static uint64_t receive(struct conn *c) {
    static char buf[CHUNK];
    ssize_t n = recv(c->fd, buf, sizeof buf, MSG_DONTWAIT);
    const char *want = pattern + (c->phase + c->got) % PERIOD;
    uint64_t before = c->done, now;
    int i = (int)(c - conns);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    if (n <= 0)
        quit(1,
             "connection %d: %" PRIu64 " bytes sent, %" PRIu64
             " back, and then: %s",
             i, c->sent, c->got,
             n == 0 ? "the end of the stream" : strerror(errno));
    if (c->got + (uint64_t)n > c->sent)
        quit(1, "connection %d: more came back than was sent", i);
    for (ssize_t at = 0; memcmp(buf, want, (size_t)n) != 0; at++)
        if (buf[at] != want[at])
            quit(1,
                 "connection %d: byte %" PRIu64 " came back as 0x%02x, not "
                 "0x%02x",
                 i, c->got + (uint64_t)at, buf[at] & 255, want[at] & 255);
    c->got += (uint64_t)n;
    for (now = now_ns(); (c->done + 1) * size <= c->got; c->done++)
        note_latency(now - c->start[c->done % depth]);
    completed += c->done - before;
    return c->done - before;
}

/* Waits for events, ms at most, and reads. Calls again for each connection on
 * which messages came back. Returns how many connections had something. */
static int turn(int ms, void (*again)(struct conn *, uint64_t)) {
    static struct epoll_event events[1024];
    int n = epoll_wait(epfd, events, 1024, ms);
    for (int i = 0; i < n; i++) {
        struct conn *c = &conns[events[i].data.u32];
        uint64_t back = 0;
        if (events[i].events & ~(uint32_t)EPOLLOUT)
            back = receive(c);
        if (c->writing)
            send_more(c);
        if (back > 0 && again != NULL)
            again(c, back);
    }
    return n;
}

static void missing(void) {
    quit(1,
         "%" PRIu64 " of %" PRIu64 " messages have not come back after %d ms"
         ": nobody serves their connections",
         issued - completed, issued, opt.patience_ms);
}

/* Until everything that was sent is back. */
static void drain(void (*again)(struct conn *, uint64_t)) {
    while (completed < issued)
        if (turn(opt.patience_ms, again) == 0)
            missing();
}

/* Opens connections until there are so many. One message on each proves that
 * the server has taken it. For half a second after 16,000 of them an echo costs
 * a quarter more: the kernel still has work with them, such as their timers. */
static void grow(int total) {
    int before = opened;
    for (int i = 0; opt.mode >= CHURN && i < total; i++)
        if (conns[i].start == NULL)
            conns[i] = (struct conn){.fd = -1, .start = &conns[i].due};
    while (opt.mode < CHURN && opened < total) {
        int from = opened;
        for (; opened < total && opened < from + BATCH; opened++) {
            conns[opened].start = calloc(depth, sizeof(uint64_t));
            if (conns[opened].start == NULL)
                quit(2, "no memory");
            open_conn(opened);
            queue_message(&conns[opened], now_ns());
            send_more(&conns[opened]);
        }
        drain(NULL);
    }
    if (opened - before > MANY)
        nap_ms(SETTLE_MS + (opened - before) / 40);
}

/* ---- the five modes ---- */

/* May another message leave? */
static int go_on(uint64_t now) {
    return limit > 0 ? issued < limit : now < ends_at;
}

static void closed_again(struct conn *c, uint64_t n) {
    uint64_t now = now_ns();
    while (n-- > 0 && go_on(now))
        queue_message(c, now);
    send_more(c);
}

static void run_closed(int busy) {
    for (int i = 0; i < busy; i++)
        closed_again(&conns[i], depth);
    drain(closed_again);
}

static void run_lockstep(int busy) {
    while (go_on(now_ns())) {
        for (int i = 0; i < busy; i++) {
            uint64_t now = now_ns();
            for (int k = 0; k < opt.depth; k++)
                queue_message(&conns[i], now);
            send_more(&conns[i]);
        }
        for (int i = 0; i < busy; i++)
            while (conns[i].got < conns[i].queued) {
                struct pollfd p = {.fd = conns[i].fd, .events = POLLIN};
                if (receive(&conns[i]) == 0 &&
                    poll(&p, 1, opt.patience_ms) == 0)
                    missing();
            }
    }
}

static void run_open(int busy) {
    double gap = 1e9 / opt.rate;
    for (uint64_t k = 0; go_on(now_ns());) {
        uint64_t due = begins_at + (uint64_t)((double)k * gap), now = now_ns();
        struct conn *c = &conns[k % (uint64_t)busy];
        if (now < due) {
            turn(due - now > 2000000 ? (int)((due - now) / 1000000 - 1) : 0,
                 NULL);
            continue;
        }
        if (c->queued / size - c->done >= depth)
            quit(1,
                 "%d messages are under way on one connection: the server "
                 "does not keep up with -r %d",
                 opt.depth, opt.rate);
        if (now - due > latest_send)
            latest_send = now - due;
        queue_message(c, due);
        send_more(c);
        k++;
        turn(0, NULL);
    }
    drain(NULL);
}

static void churn_again(struct conn *c, uint64_t n) {
    uint64_t now = now_ns();
    (void)n;
    if (c->fd >= 0)
        close(c->fd);
    c->fd = -1;
    if (!go_on(now))
        return;
    open_conn((int)(c - conns));
    queue_message(c, now);
    send_more(c);
}

static void run_churn(int busy) {
    for (int i = 0; i < busy; i++)
        churn_again(&conns[i], 1);
    drain(churn_again);
}

/* Who takes the last client has taken all: the backlog is a queue. */
static void run_accept(int busy) {
    for (int i = 0; i < busy; i++)
        open_conn(i);
    issued = completed = (uint64_t)busy - 1;
    queue_message(&conns[busy - 1], now_ns());
    send_more(&conns[busy - 1]);
    drain(NULL);
}

static void run_for(int busy, int ms, uint64_t messages) {
    static void (*const run[])(int) = {run_closed, run_lockstep, run_open,
                                       run_churn, run_accept};
    memset(latency, 0, sizeof latency);
    longest = completed = issued = latest_send = 0;
    limit = messages;
    begins_at = now_ns();
    ends_at = begins_at + (uint64_t)ms * 1000000U;
    run[opt.mode](busy);
    ends_at = now_ns();
}

/* ---- processes ---- */

static void pin(int core) {
    cpu_set_t set;
    if (core < 0)
        return;
    CPU_ZERO(&set);
    CPU_SET((unsigned)core, &set);
    if (sched_setaffinity(0, sizeof set, &set) < 0)
        fprintf(stderr, "load: cannot pin to core %d: %s\n", core,
                strerror(errno));
}

static void pin_server(void) { pin(opt.server_core); }

/* Starts opt.cmd with a port, and waits until it listens. */
static void start_server(void) {
    opt.port = free_port();
    opt.pid = start_program(with_port(opt.cmd, opt.port), -1, 0, pin_server);
    close(first_client(opt.port, opt.patience_ms));
}

/* Sends and reads on opt.floods connections, without end, in a process of its
 * own: what it does is not in our latencies, but for the core that we share. */
static void start_floods(void) {
    struct sockaddr_in addr = loopback(opt.port);
    struct pollfd *all;
    static char buf[CHUNK];
    if (opt.floods == 0 || fork_ours(0) != 0)
        return;
    signal(SIGPIPE, SIG_DFL);
    all = calloc((size_t)opt.floods, sizeof *all);
    if (all == NULL)
        quit(2, "no memory");
    for (int i = 0; i < opt.floods; i++) {
        all[i].fd = socket(AF_INET, SOCK_STREAM, 0);
        all[i].events = POLLIN | POLLOUT;
        if (connect(all[i].fd, (void *)&addr, sizeof addr) < 0)
            quit(1, "a flood: connect: %s", strerror(errno));
    }
    while (poll(all, (nfds_t)opt.floods, -1) > 0)
        for (int i = 0; i < opt.floods; i++) {
            if ((all[i].revents & POLLOUT) &&
                send(all[i].fd, buf, sizeof buf, MSG_DONTWAIT) < 0 &&
                errno != EAGAIN)
                _exit(1);
            if ((all[i].revents & POLLIN) &&
                recv(all[i].fd, buf, sizeof buf, MSG_DONTWAIT) == 0)
                _exit(1);
        }
    _exit(1);
}

/* Stops the server in the middle of the measurement. */
static pid_t start_stopper(void) {
    pid_t pid = opt.stop_ms > 0 ? fork_ours(0) : 0;
    if (opt.stop_ms == 0 || pid != 0)
        return pid;
    nap_ms(opt.ms / 2);
    kill(opt.pid, SIGSTOP);
    nap_ms(opt.stop_ms);
    kill(opt.pid, SIGCONT);
    _exit(0);
}

/* ---- measure, and say ---- */

/* Who was the limit? What a rate means depends on it. */
static void say_limit(int busy, double own, double server) {
    if (opt.mode == OPEN && latest_send > 1000000)
        printf("note          the load generator itself was late by up to "
               "%.1f ms: a part of the latency is its own\n",
               (double)latest_send / 1e6);
    else if (opt.mode != OPEN && own >= 90 && server < 90)
        printf("note          the load generator is the bottleneck: the rate "
               "says nothing of the server\n");
    else if (opt.mode != OPEN && busy * opt.depth >= 10 && own < 90 &&
             server < 90 && opt.pid > 0)
        printf("note          neither was busy: they waited for each other, or "
               "for "
               "another program\n");
    if (ends_at - begins_at < SHORT_MS * 1000000U)
        printf("note          %.1f ms are little: measure for longer\n",
               (double)(ends_at - begins_at) / 1e6);
}

static void report(int busy, int idle, struct usage used, double own) {
    double seconds = (double)(ends_at - begins_at) / 1e9;
    double n = (double)(completed ? completed : 1), rate = n / seconds;
    double server = used.cpu / seconds / 1e7, each = used.cpu / n / 1e3;
    long kib = opt.pid > 0 ? family_private_kib(opt.pid) : 0;
    long kernel = number_in("/proc/meminfo", "SUnreclaim:") +
                  number_in("/proc/meminfo", "KernelStack:") +
                  number_in("/proc/meminfo", "PageTables:");
    own /= seconds * 1e7;
    if (opt.label != NULL) {
        printf("%s\t%s\t%d\t%d\t%d\t%d\t%" PRIu64 "\t%.6f\t%.0f\t%.2f\t%.2f\t"
               "%.2f\t%.2f\t%.3f\t%.4f\t%.0f\t%.0f\t%ld\t%ld\n",
               opt.label, opt.modes, busy, idle, opt.size, opt.depth, completed,
               seconds, rate, percentile(.5), percentile(.99), percentile(.999),
               (double)longest / 1e3, each, (double)used.switches / n, own,
               server, kib, kernel);
        fflush(stdout);
        return;
    }
    printf("connections   %d busy, %d idle; %d bytes, %d under way on each\n",
           busy, idle, opt.size, opt.depth);
    printf("messages      %" PRIu64 " in %.3f s: %.0f/s, %.1f MB/s, every byte "
           "as sent\n",
           completed, seconds, rate, rate * (double)opt.size / 1e6);
    printf("latency       p50 %.0f us, p99 %.0f us, p99.9 %.0f us, max %.0f us"
           "%s\n",
           percentile(.5), percentile(.99), percentile(.999),
           (double)longest / 1e3, opt.mode == OPEN ? ", since it was due" : "");
    if (opt.pid > 0)
        printf("server        %.2f us of processor time and %.3f sleeps for a "
               "message; %ld KiB\n",
               each, (double)used.switches / n, kib);
    printf("processors    load %.0f %%", own);
    if (opt.pid > 0)
        printf(", server %.0f %%", server);
    printf("\n");
    say_limit(busy, own, server);
    fflush(stdout);
}

static struct usage used_now(void) {
    return opt.pid > 0 ? family_usage(opt.pid) : (struct usage){0};
}

/* Both ends of the measurement are quiet: nothing is under way. So what the
 * server uses between them is for these messages. */
static void measure(int busy, int idle, int repeat) {
    struct usage before, after;
    uint64_t own;
    pid_t stopper;
    grow(busy + idle);
    if (opt.warm_ms > 0 && repeat == 0 && opt.mode != ACCEPT)
        run_for(busy, opt.warm_ms, 0);
    stopper = start_stopper();
    before = used_now();
    own = own_cpu();
    run_for(busy, opt.ms, (uint64_t)opt.messages);
    own = own_cpu() - own;
    after = used_now();
    if (stopper > 0)
        await_ours(stopper);
    after.cpu -= before.cpu;
    after.switches -= before.switches;
    report(busy, idle, after, (double)own);
}

/* ---- options ---- */

static void usage(int status) {
    fprintf(status ? stderr : stdout,
            "usage: load [-c N,..] [-i N,..] [-s BYTES] [-d N] [-t MS | -n N] "
            "[-w MS] [-k N] [-m MODE] [-r N] [-f N] "
            "[-z MS] [-P MS] [-p PID] [-C S,L] [-T NAME | -H] PORT | -- CMD "
            "[ARG...]\n");
    exit(status);
}

static void print_headings(void) {
    printf("server\tmode\tbusy\tidle\tsize\tdepth\tmessages\tseconds\trate\t"
           "p50_us\tp99_us\tp999_us\tmax_us\tcpu_us\tsleeps\tload_pct\t"
           "server_pct\town_kib\tkernel_kib\n");
    exit(0);
}

/* "0,100,300" into list, each from least to most. Returns how many. */
static int numbers(const char *name, char *text, int *list, int least) {
    int n = 0;
    for (char *one = strtok(text, ","); one != NULL; one = strtok(NULL, ",")) {
        if (n == 16)
            quit(2, "%s: at most 16 numbers", name);
        list[n] = number_of(name, one, least, 1000000);
        if (n > 0 && list[n] <= list[n - 1])
            quit(2, "%s: each number larger than the one before", name);
        n++;
    }
    return n > 0 ? n : number_of(name, NULL, least, 1000000);
}

static void parse_mode(const char *name) {
    static const char *const all[] = {"closed", "lockstep", "open", "churn",
                                      "accept"};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (!strcmp(name, all[i])) {
            opt.mode = (enum mode)i;
            return;
        }
    quit(2, "-m: closed, lockstep, open, churn or accept");
}

static void parse_cores(const char *text) {
    int read = sscanf(text, "%d,%d", &opt.server_core, &opt.own_core);
    if (read != 2 || opt.server_core < 0 || opt.own_core < 0 ||
        opt.server_core >= CPU_SETSIZE || opt.own_core >= CPU_SETSIZE)
        quit(2, "-C: two cores, as in -C 0,1");
}

static void parse_option(int letter, char *text) {
    for (size_t i = 0; i < sizeof numeric / sizeof *numeric; i++)
        if (letter == numeric[i].letter) {
            char name[] = {'-', numeric[i].letter, '\0'};
            *numeric[i].where =
                number_of(name, text, numeric[i].least, numeric[i].most);
            return;
        }
    if (letter == 'c')
        opt.n_busy = numbers("-c", text, opt.busy, 1);
    else if (letter == 'i')
        opt.n_idle = numbers("-i", text, opt.idle, 0);
    else if (letter == 'm')
        parse_mode(opt.modes = text);
    else if (letter == 'T')
        opt.label = text;
    else if (letter == 'C')
        parse_cores(text);
    else if (letter == 'H')
        print_headings();
    else
        usage(letter == 'h' ? 0 : 2);
}

static void parse_args(int argc, char **argv) {
    int letter, last = argc > 1 && !strcmp(argv[1], "--help");
    if (last)
        usage(0);
    opterr = 0;
    opt.server_core = opt.own_core = -1;
    for (size_t i = 0; i < sizeof numeric / sizeof *numeric; i++)
        *numeric[i].where = numeric[i].without;
    while ((letter =
                getopt(argc, argv, "+c:i:s:d:t:n:w:k:m:r:f:z:p:P:T:C:Hh")) > 0)
        parse_option(letter, optarg);
    if (optind == argc)
        usage(2);
    if (!strcmp(argv[optind - 1], "--"))
        opt.cmd = argv + optind;
    else if (optind + 1 == argc)
        opt.port = number_of("PORT", argv[optind], 1, 65535);
    else
        usage(2);
    if ((opt.mode == OPEN) != (opt.rate > 0))
        quit(2, "-m open and -r N go together");
    if (opt.stop_ms > 0 && opt.pid == 0 && opt.cmd == NULL)
        quit(2, "-z: whom? add -p PID, or let load start the server");
    if (opt.mode == LOCKSTEP && opt.size > LOCKSTEP_BYTES / opt.depth)
        quit(2, "lockstep: more than %d bytes at a time may wait for ever",
             LOCKSTEP_BYTES);
    if (opt.mode >= CHURN && (opt.depth > 1 || opt.idle[opt.n_idle - 1] > 0))
        quit(2, "-m %s: one message on each connection, and nobody is idle",
             opt.modes);
    if (opt.mode == ACCEPT && (opt.n_busy > 1 || opt.repeats > 1))
        quit(2, "-m accept: one number behind -c, and once");
    if (opt.mode == OPEN && opt.depth == 1)
        opt.depth = MOST_DEPTH; /* as many may wait to be answered */
    size = (uint64_t)opt.size;
    depth = (uint64_t)opt.depth;
}

int main(int argc, char **argv) {
    struct rlimit files;
    int most;
    this_program = "load";
    parse_args(argc, argv);
    end_surely(0);
    signal(SIGPIPE, SIG_IGN);
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max; /* for us, and for what we start */
    setrlimit(RLIMIT_NOFILE, &files);
    for (size_t i = 0; i < sizeof pattern; i++)
        pattern[i] = (char)((i % PERIOD) * 2654435761U >> 16);
    if (opt.cmd != NULL)
        start_server();
    else
        leave_running(opt.pid);
    if (opt.pid > 0 && kill(opt.pid, 0) < 0)
        quit(2, "process %d: %s", (int)opt.pid, strerror(errno));
    pin(opt.own_core);
    start_floods();
    epfd = epoll_create1(EPOLL_CLOEXEC);
    most = opt.busy[opt.n_busy - 1] + opt.idle[opt.n_idle - 1];
    conns = calloc((size_t)most, sizeof *conns);
    if (epfd < 0 || conns == NULL)
        quit(2, "cannot begin: %s", strerror(errno));
    for (int b = 0; b < opt.n_busy; b++)
        for (int i = 0; i < opt.n_idle; i++)
            for (int k = 0; k < opt.repeats; k++)
                measure(opt.busy[b], opt.idle[i], k);
    return 0;
}
