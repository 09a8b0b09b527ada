/* Scripts that put a descriptor into a situation, for readiness.c and edges.c:
 * "peer sends 5, peer closes". A script stands in the table that the program
 * prints: what is read there is what was done.
 *
 * "we" own the descriptor that is asked about, `us`; "peer" is the other end.
 * After each step the program waits until the kernel has settled: until what
 * was sent is acknowledged, or the connection is in its new state, tcp(7). No
 * step is followed by a pause of a fixed length. */
#ifndef SCRIPT_H
#define SCRIPT_H
#include "../claims/experiment.h"
#include <linux/sockios.h>
#include <sys/ioctl.h>

#define CELL 128 /* bytes: the longest cell of a table is shorter */
#define HIGHEST 63 /* no script opens as many descriptors */
#define BUFFER 8192 /* bytes: one send, one recv */

enum kind { TCP, SOCKET, LISTENER, UDP, UNIX, PIPE_IN, PIPE_OUT, OTHER, KINDS };
static enum kind kind; /* of the situation that is set up */
static const char *script; /* the one that is played */
static int us, peer;
static struct sockaddr_in where; /* the listener's address */

/* Ends the program where a script cannot be played. */
static inline void fail(const char *step) {
    fprintf(stderr, "\"%s\": cannot play \"%s\": %s\n", script, step,
            strerror(errno));
    exit(2);
}

static inline const char *error_name(int error) {
    static const struct {
        int error;
        const char *name;
    } all[] = {{EAGAIN, "EAGAIN"},
               {EBADF, "EBADF"},
               {ECONNREFUSED, "ECONNREFUSED"},
               {ECONNRESET, "ECONNRESET"},
               {ENOTCONN, "ENOTCONN"},
               {EPERM, "EPERM"},
               {EPIPE, "EPIPE"}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (all[i].error == error)
            return all[i].name;
    return strerror(error);
}

/* Adds text to a cell, after a separator if the cell is not empty. */
static inline void add(char *cell, const char *separator, const char *text) {
    if (*cell)
        strncat(cell, separator, CELL - 1 - strlen(cell));
    strncat(cell, text, CELL - 1 - strlen(cell));
}

/* Adds the names of the bits, or of the error if bits is below 0. */
static inline void add_bits(char *cell, const char *separator, int bits) {
    static const struct {
        int bit;
        const char *name;
    } all[] = {{POLLIN, "IN"},      {POLLPRI, "PRI"}, {POLLOUT, "OUT"},
               {POLLERR, "ERR"},    {POLLHUP, "HUP"}, {POLLNVAL, "NVAL"},
               {POLLRDHUP, "RDHUP"}};
    char text[CELL] = "";
    for (size_t i = 0; bits > 0 && i < sizeof all / sizeof *all; i++)
        if (bits & all[i].bit)
            add(text, " ", all[i].name);
    add(cell, separator, bits < 0 ? error_name(-bits) : *text ? text : "-");
}

/* Waits until the condition holds, which takes the kernel microseconds. */
#define UNTIL(condition)                                                       \
    do                                                                         \
        for (int ms = 0; !(condition); ms++) {                                 \
            errno = ETIMEDOUT;                                                 \
            if (ms == PATIENCE_MS)                                             \
                fail(step);                                                    \
            nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);           \
        }                                                                      \
    while (0)

/* What tcp(7) calls TCP_INFO. The call takes the socket's lock after it has read
 * the state: when it returns, whoever was changing the state is done. */
static inline struct tcp_info info(int fd) {
    struct tcp_info answer = {0};
    socklen_t len = sizeof answer;
    getsockopt(fd, IPPROTO_TCP, TCP_INFO, &answer, &len);
    return answer;
}

static inline int state(int fd) { return info(fd).tcpi_state; }

/* How many clients wait in the backlog of a listener. */
static inline int backlog(int fd) { return (int)info(fd).tcpi_unacked; }

/* Bytes that fd has sent: those not yet acknowledged (SIOCOUTQ), or those that
 * have not left (SIOCOUTQNSD). tcp(7). */
static inline int queued(int fd, unsigned long which) {
    int bytes = 0;
    ioctl(fd, which, &bytes);
    return bytes;
}

/* recv and send, or read and write where fd is no socket. */
static inline ssize_t take(int fd, void *buf, size_t size) {
    ssize_t n = recv(fd, buf, size, 0);
    return n < 0 && errno == ENOTSOCK ? read(fd, buf, size) : n;
}

static inline ssize_t give(int fd, const void *buf, size_t size, int flags) {
    ssize_t n = send(fd, buf, size, flags);
    return n < 0 && errno == ENOTSOCK ? write(fd, buf, size) : n;
}

/* Sends, and returns when it is there: acknowledged, answered by a RST, or, for
 * a datagram, reported. In a pipe or an AF_UNIX socket it is there at once. */
static inline void deliver(int from, int to, size_t size, int flags,
                           const char *step) {
    static const char data[BUFFER];
    if (size > sizeof data || (give(from, data, size, flags) < 0 && to >= 0))
        fail(step);
    if (kind == TCP) {
        UNTIL(queued(from, SIOCOUTQ) == 0 || state(from) == TCP_CLOSE);
        state(to); /* for its lock */
    } else if (kind == UDP) {
        UNTIL(report(us, POLLIN, 0) != 0);
    }
}

/* Sends what fits. Then nothing moves any more: all that is in flight has been
 * acknowledged, and some bytes cannot leave, because the peer has no room. */
static inline int full(void) {
    static const char data[BUFFER];
    while (give(us, data, sizeof data, 0) > 0)
        continue;
    if (kind != TCP)
        return 1;
    /* Without it, acknowledgements are late by some 40 ms. tcp(7). */
    setsockopt(peer, IPPROTO_TCP, TCP_QUICKACK, &(int){1}, sizeof(int));
    return queued(us, SIOCOUTQNSD) > 0 &&
           queued(us, SIOCOUTQ) == queued(us, SIOCOUTQNSD);
}

/* Reads all that is there. */
static inline void empty(int fd) {
    char buf[BUFFER];
    while (take(fd, buf, sizeof buf) > 0)
        continue;
}

/* A file without a name, with nothing in it. */
static inline int empty_file(void) {
    char name[] = "/tmp/readiness.XXXXXX";
    int fd = mkstemp(name);
    need(fd >= 0, "mkstemp");
    unlink(name);
    return fd;
}

/* Where a SYN is not answered: the backlog has room for one client, and that
 * has come. listen(2). */
static inline void fill_backlog(void) {
    listener_at(&where, 0);
    connect_to(&where);
}

/* Closes what the scene before has left, and opens what the next script is
 * about: us, and peer where there is one. */
static inline void set_up(enum kind of) {
    int pair[2] = {-1, -1};
    socklen_t len = sizeof where;
    for (int fd = 3; fd <= HIGHEST; fd++)
        close(fd);
    kind = of;
    peer = us = -1;
    if (kind == TCP) {
        tcp_pair(&us, &peer);
        /* Small, so that it is soon full. As our servers: no waiting for an
         * acknowledgement before the next small packet leaves. */
        setsockopt(us, SOL_SOCKET, SO_SNDBUF, &(int){BUFFER}, sizeof(int));
        setsockopt(us, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    } else if (kind == SOCKET) {
        us = socket(AF_INET, SOCK_STREAM, 0);
    } else if (kind == LISTENER) {
        us = listener_at(&where, 8);
    } else if (kind == UDP) {
        us = socket(AF_INET, SOCK_DGRAM, 0);
        peer = socket(AF_INET, SOCK_DGRAM, 0);
        where = loopback();
        bind(peer, (void *)&where, len);
        getsockname(peer, (void *)&where, &len);
        connect(us, (void *)&where, len);
        getsockname(us, (void *)&where, &len);
        connect(peer, (void *)&where, len);
    } else if (kind == UNIX) {
        if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
            fail("socketpair");
    } else if (kind == PIPE_IN || kind == PIPE_OUT) {
        if (pipe(pair) < 0)
            fail("pipe");
    }
    if (pair[0] >= 0) {
        us = pair[kind == PIPE_OUT];
        peer = pair[kind != PIPE_OUT];
    }
    nonblocking(us);
    nonblocking(peer);
}

/* The steps of the other side. Returns 0 if this is none of them. */
static inline int peer_acts(const char *step) {
    int n;
    if (sscanf(step, "peer sends %d", &n) == 1) {
        deliver(peer, us, (size_t)n, 0, step);
    } else if (!strcmp(step, "peer sends urgent")) {
        deliver(peer, us, 1, MSG_OOB, step);
    } else if (!strcmp(step, "peer recvs")) {
        /* Room for more may come in several pieces: until all has left. */
        UNTIL((empty(peer), kind != TCP || queued(us, SIOCOUTQ) == 0));
        state(us); /* for its lock */
    } else if (!strcmp(step, "peer ends")) {
        shutdown(peer, SHUT_WR);
        UNTIL(kind != TCP || state(us) == TCP_CLOSE_WAIT);
    } else if (!strcmp(step, "peer closes")) {
        close(peer);
        peer = -1;
        UNTIL(kind != TCP || state(us) == TCP_CLOSE_WAIT ||
              state(us) == TCP_CLOSE);
    } else if (!strcmp(step, "peer resets")) {
        reset(peer);
        peer = -1;
        UNTIL(state(us) == TCP_CLOSE);
    } else if (!strcmp(step, "client connects")) {
        n = backlog(us);
        peer = connect_to(&where);
        UNTIL(backlog(us) == n + 1);
    } else if (!strcmp(step, "client resets")) {
        reset(peer); /* nothing to wait for: it stays in the backlog */
    } else {
        return 0;
    }
    return 1;
}

/* "connect: ..." for a socket that does not wait. connect(2), EINPROGRESS. */
static inline void start_connect(const char *how, const char *step) {
    if (!strcmp(how, "no answer yet"))
        fill_backlog();
    else
        peer = listener_at(&where, 8);
    if (!strcmp(how, "refused"))
        close(peer);
    if (connect(us, (void *)&where, sizeof where) == 0 || errno != EINPROGRESS)
        fail(step);
    if (!strcmp(how, "accepted"))
        UNTIL(state(us) == TCP_ESTABLISHED);
    if (!strcmp(how, "refused"))
        UNTIL(state(us) == TCP_CLOSE);
}

/* Our own steps: 0 if this is none of them. What recv and accept return is not
 * looked at here. */
static inline int we_act(const char *step) {
    static const char connecting[] = "connect: ";
    char buf[BUFFER];
    int n;
    if (sscanf(step, "we send %d", &n) == 1)
        deliver(us, peer, (size_t)n, 0, step);
    else if (!strcmp(step, "we fill the buffers"))
        UNTIL(full());
    else if (sscanf(step, "we recv %d", &n) == 1 && n <= BUFFER)
        take(us, buf, (size_t)n);
    else if (!strcmp(step, "we recv"))
        take(us, buf, sizeof buf);
    else if (!strcmp(step, "we accept"))
        accept(us, NULL, NULL);
    else if (!strcmp(step, "we end")) {
        shutdown(us, SHUT_WR);
        UNTIL(state(us) == TCP_FIN_WAIT2 || state(us) == TCP_CLOSE);
    } else if (!strcmp(step, "we stop reading"))
        shutdown(us, SHUT_RD);
    else if (!strncmp(step, connecting, sizeof connecting - 1))
        start_connect(step + sizeof connecting - 1, step);
    else if (!strcmp(step, "regular file at its end"))
        us = empty_file();
    else if (!strcmp(step, "closed descriptor"))
        us = HIGHEST; /* a number that nothing gets until the next scene */
    else
        return !strcmp(step, "nothing yet") || !strcmp(step, "nobody yet") ||
               !strcmp(step, "never connected");
    return 1;
}

/* Plays a script from beginning to end. A step that is none of those above is
 * one of the caller's: extra returns 0 if it is not. */
static inline void play(const char *text, int (*extra)(const char *step)) {
    char steps[2 * CELL], *rest = steps;
    script = text;
    snprintf(steps, sizeof steps, "%s", text);
    while (rest != NULL) {
        char *step = rest, *comma = strstr(rest, ", ");
        rest = comma ? comma + 2 : NULL;
        if (comma)
            *comma = '\0';
        if (!peer_acts(step) && !we_act(step) && !(extra && extra(step))) {
            errno = EINVAL;
            fail(step);
        }
    }
}
#endif
