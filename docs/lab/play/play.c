/* Plays scripts on real TCP connections over 127.0.0.1, and prints what the
 * kernel said: for play-check, which compares it with docs/play/playground.html.
 *
 *   printf '%s\n' 'edge: A asks IN, A peer sends 4, ?, A recv 2, ?' | ./play
 *   A IN; 2; -
 *
 * One script a line: the mode (select, poll, level, edge, oneshot), a colon, and
 * steps. A and B are two connections. The steps of the peer are those of
 * docs/readiness/script.h, and our own are:
 *
 *   A asks IN OUT       what is asked for, or nothing: the first time it is ADD,
 *                       and later MOD (epoll); or what the next call is given
 *   ?                   one wait, which does not sleep; ?1: with room for one
 *   ?? STEP             a thread sleeps in the wait while STEP is done; what
 *                       woke it, and "asleep" if nothing did
 *   A recv 4, A send 4, A send until EAGAIN, A shutdown, A dup, A close
 *
 * In the answer there is one part for each wait, recv and send. */
#include "../../readiness/script.h"
#include <pthread.h>
#include <stdatomic.h>
#include <sys/syscall.h>

#define LONGEST 4096 /* bytes of a script */
#define MOST 16384 /* bytes: the largest recv or send of a script */
#define LARGE (128 * 1024) /* bytes: more than the peer has room for */
#define ASLEEP_MS 15 /* who is not awake by then was not woken */

enum mode { SELECT, POLL, LEVEL, EDGE, ONESHOT, MODES };
static const char *const modes[MODES] = {"select", "poll", "level", "edge",
                                         "oneshot"};
static enum mode mode;
static int epfd;
static struct connection {
    int us, spare, peer; /* spare: what `dup` made */
    int asked, watched;
} conns[2];
static char said[LONGEST]; /* the answers, so far */

static void answer(const char *text) {
    size_t used = strlen(said);
    snprintf(said + used, sizeof said - used, "%s%s", used ? "; " : "", text);
}

static void answer_call(ssize_t n) {
    char text[CELL];
    snprintf(text, sizeof text, "%zd", n);
    answer(n < 0 ? error_name(errno) : text);
}

/* Adds "A IN OUT" to a report. */
static void name_it(char *report_line, int which, const char *bits) {
    char text[CELL];
    snprintf(text, sizeof text, "%c %s", 'A' + which, bits);
    add(report_line, ", ", text);
}

static int wait_select(char *line, int ms) {
    fd_set sets[3];
    static const int asked[3] = {POLLIN, POLLOUT, POLLPRI};
    static const char *const names_of[3] = {"readable", "writable",
                                            "exceptional"};
    int top = -1, n;
    for (int s = 0; s < 3; s++)
        FD_ZERO(&sets[s]);
    for (int i = 0; i < 2; i++) {
        for (int s = 0; conns[i].watched && s < 3; s++)
            if (conns[i].asked & asked[s])
                FD_SET(conns[i].us, &sets[s]);
        if (conns[i].watched && conns[i].us > top)
            top = conns[i].us;
    }
    n = select(
        top + 1, &sets[0], &sets[1], &sets[2],
        &(struct timeval){.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000});
    for (int i = 0; n > 0 && i < 2; i++) {
        char bits[CELL] = "";
        for (int s = 0; conns[i].watched && s < 3; s++)
            if (FD_ISSET(conns[i].us, &sets[s]))
                add(bits, " ", names_of[s]);
        if (*bits)
            name_it(line, i, bits);
    }
    return n;
}

static int wait_poll(char *line, int ms) {
    struct pollfd fds[2];
    int n;
    for (int i = 0; i < 2; i++)
        fds[i] = (struct pollfd){.fd = conns[i].watched ? conns[i].us : -1,
                                 .events = (short)conns[i].asked};
    n = poll(fds, 2, ms);
    for (int i = 0; n > 0 && i < 2; i++) {
        char bits[CELL] = "";
        add_bits(bits, "", fds[i].revents);
        if (fds[i].revents)
            name_it(line, i, bits);
    }
    return n;
}

static int wait_epoll(char *line, int room, int ms) {
    struct epoll_event events[2];
    int n = epoll_wait(epfd, events, room, ms);
    for (int i = 0; i < n; i++) {
        char bits[CELL] = "";
        add_bits(bits, "", (int)events[i].events);
        name_it(line, (int)events[i].data.u32, bits);
    }
    return n;
}

/* One wait with the call of the mode: what it reports, or "-". */
static int wait_once(char *line, int room, int ms) {
    int n;
    *line = '\0';
    n = mode == SELECT ? wait_select(line, ms)
        : mode == POLL ? wait_poll(line, ms)
                       : wait_epoll(line, room, ms);
    if (n == 0)
        add(line, "", "-");
    return n;
}

/* The one who sleeps while the peer acts. */
static char heard[CELL];
static atomic_int sleeper, woken; /* the thread's number, and: it is back */

static void *sleep_in_wait(void *unused) {
    sleeper = (int)syscall(SYS_gettid);
    if (wait_once(heard, 2, 2 * PATIENCE_MS) < 0)
        snprintf(heard, sizeof heard, "asleep"); /* a signal has ended it */
    woken = 1;
    return unused;
}

static void nothing(int number) { (void)number; }

/* Is the thread asleep? Its state stands behind its name, proc(5). */
static int sleeps(int thread) {
    char path[CELL], line[CELL] = "";
    const char *end;
    FILE *f;
    snprintf(path, sizeof path, "/proc/self/task/%d/stat", thread);
    f = fopen(path, "r");
    if (f == NULL)
        return 0;
    if (fgets(line, sizeof line, f) == NULL)
        line[0] = '\0';
    fclose(f);
    end = strrchr(line, ')');
    return end && end[1] && end[2] == 'S';
}

static void ask(struct connection *c, const char *bits) {
    static const uint32_t bits_of[MODES] = {
        [EDGE] = EPOLLET, [ONESHOT] = EPOLLONESHOT};
    struct epoll_event e = {.data.u32 = (uint32_t)(c - conns)};
    c->asked = (strstr(bits, " IN") ? POLLIN : 0) |
               (strstr(bits, "OUT") ? POLLOUT : 0) |
               (strstr(bits, "PRI") ? POLLPRI : 0) |
               (strstr(bits, "RDHUP") ? POLLRDHUP : 0);
    e.events = (uint32_t)c->asked | bits_of[mode];
    if (mode >= LEVEL &&
        epoll_ctl(epfd, c->watched ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, c->us, &e) <
            0)
        fail(bits);
    c->watched = 1;
}

/* First one large piece, for which there is room: no send says EAGAIN while room
 * is still to come. When the peer's buffer is full, ours is filled; the EAGAIN is
 * the last thing that happens. */
static void send_until_eagain(const char *step) {
    static const char data[LARGE];
    while (queued(us, SIOCOUTQNSD) == 0) {
        if (give(us, data, sizeof data, 0) != sizeof data)
            fail(step);
        UNTIL((
            setsockopt(peer, IPPROTO_TCP, TCP_QUICKACK, &(int){1}, sizeof(int)),
            queued(us, SIOCOUTQ) == queued(us, SIOCOUTQNSD)));
    }
    while (give(us, data, sizeof data, 0) > 0 || errno != EAGAIN)
        continue;
}

/* Closes the peer, or ends its side, and waits for what comes of it here. */
static void leave(int how, const char *step) {
    int unread = 0, before = state(us), after;
    ioctl(peer, FIONREAD, &unread);
    if (how == SHUT_WR) {
        unread = 0;
        shutdown(peer, SHUT_WR);
    } else {
        close(peer);
        peer = -1;
    }
    after = unread || before == TCP_FIN_WAIT2 ? TCP_CLOSE : TCP_CLOSE_WAIT;
    UNTIL(state(us) == after);
}

/* Is the step this call, with a number of bytes? */
static int sized(const char *step, const char *call, size_t *size) {
    size_t len = strlen(call);
    char *end;
    if (strncmp(step, call, len) != 0)
        return 0;
    *size = strtoul(step + len, &end, 10);
    return end != step + len && *end == '\0' && *size > 0 && *size <= MOST;
}

/* Our own steps and those of the peer; `us` and `peer` are those of c. */
static int act(struct connection *c, const char *step) {
    static char data[MOST];
    size_t size;
    if (!strncmp(step, "asks", 4)) {
        ask(c, step + 4);
    } else if (sized(step, "recv ", &size)) {
        answer_call(take(us, data, size));
    } else if (sized(step, "send ", &size)) {
        ssize_t sent = give(us, data, size, 0);
        answer_call(sent);
        if (sent > 0)
            UNTIL(state(us) == TCP_CLOSE ||
                  (peer >= 0 && queued(us, SIOCOUTQ) == 0));
    } else if (!strcmp(step, "send until EAGAIN")) {
        send_until_eagain(step);
    } else if (!strcmp(step, "shutdown")) {
        return we_act("we end");
    } else if (!strcmp(step, "dup")) {
        c->spare = dup(us);
    } else if (!strcmp(step, "close")) {
        close(us);
        c->watched = 0;
        us = c->spare;
        c->spare = -1;
    } else if (!strcmp(step, "peer closes")) {
        leave(SHUT_RDWR, step);
    } else if (!strcmp(step, "peer ends")) {
        leave(SHUT_WR, step);
    } else {
        return peer_acts(step);
    }
    return 1;
}

/* One step of a script: 0 if it is none. */
static int take_step(const char *step) {
    struct connection *c = &conns[*step == 'B'];
    int played;
    if ((*step != 'A' && *step != 'B') || step[1] != ' ')
        return 0;
    us = c->us;
    peer = c->peer;
    for (int i = 0; i < 2; i++) /* or acknowledgements are late by 40 ms */
        setsockopt(i ? us : peer, IPPROTO_TCP, TCP_QUICKACK, &(int){1},
                   sizeof(int));
    played = act(c, step + 2);
    if (c->us != us)
        c->us = us; /* it has not changed where a thread looks at it */
    c->peer = peer;
    return played;
}

/* A thread sleeps in the wait, the step is done, and what did the thread hear? */
static int step_in_sleep(const char *step) {
    pthread_t thread;
    int played;
    sleeper = woken = 0;
    need(pthread_create(&thread, NULL, sleep_in_wait, NULL) == 0, "a thread");
    UNTIL(woken || (sleeper && sleeps(sleeper)));
    if (woken) { /* there was something to tell before */
        pthread_join(thread, NULL);
        answer(heard);
        return take_step(step);
    }
    played = take_step(step);
    for (int ms = 0; ms < ASLEEP_MS && !woken; ms++)
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    if (!woken)
        pthread_kill(thread, SIGUSR1); /* EINTR */
    pthread_join(thread, NULL);
    answer(heard);
    return played;
}

static void open_conn(struct connection *c) {
    *c = (struct connection){.spare = -1};
    tcp_pair(&c->us, &c->peer);
    setsockopt(c->us, SOL_SOCKET, SO_SNDBUF, &(int){3 * LARGE / 2},
               sizeof(int));
    setsockopt(c->us, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    nonblocking(c->us);
    nonblocking(c->peer);
}

/* With a RST, so that no connection stays behind in TIME_WAIT. */
static void close_conn(struct connection *c) {
    if (c->peer >= 0)
        reset(c->peer);
    if (c->spare >= 0)
        close(c->spare);
    if (c->us >= 0)
        close(c->us);
}

static void play_line(char *line) {
    char *colon = strstr(line, ": "), *rest = colon ? colon + 2 : NULL;
    script = line;
    errno = EINVAL;
    if (colon == NULL)
        fail(line);
    *colon = '\0';
    for (mode = SELECT; mode < MODES && strcmp(modes[mode], line) != 0;)
        mode++;
    if (mode == MODES)
        fail(line);
    open_conn(&conns[0]);
    open_conn(&conns[1]);
    epfd = epoll_create1(0);
    need(epfd >= 0, "epoll_create1");
    said[0] = '\0';
    while (rest != NULL) {
        char *step = rest, *comma = strstr(rest, ", "), report_line[CELL];
        int played = 1;
        rest = comma ? comma + 2 : NULL;
        if (comma)
            *comma = '\0';
        if (!strcmp(step, "?") || !strcmp(step, "?1")) {
            wait_once(report_line, step[1] ? 1 : 2, 0);
            answer(report_line);
        } else if (!strncmp(step, "?? ", 3)) {
            played = step_in_sleep(step + 3);
        } else {
            played = take_step(step);
        }
        if (!played) {
            errno = EINVAL;
            fail(step);
        }
    }
    puts(said);
    close(epfd);
    close_conn(&conns[0]);
    close_conn(&conns[1]);
}

int main(int argc, char **argv) {
    static char line[LONGEST];
    int help = argc == 2 && !strcmp(argv[1], "-h");
    if (argc > 1) {
        fprintf(help ? stdout : stderr, "usage: play <SCRIPTS\n");
        return help ? 0 : 2;
    }
    alarm(300); /* whatever hangs ends */
    signal(SIGPIPE, SIG_IGN); /* a send that fails: EPIPE instead */
    sigaction(SIGUSR1, &(struct sigaction){.sa_handler = nothing}, NULL);
    while (fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\n")] = '\0';
        play_line(line);
    }
    return 0;
}
