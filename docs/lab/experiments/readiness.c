/* What select, poll and epoll say of a descriptor in each situation, and what
 * recv and send then do; and what epoll says level-triggered, edge-triggered
 * and with EPOLLONESHOT. The two tables of docs/readiness.md.
 *
 *   ./readiness            both tables, in Markdown
 *   ./readiness events     the first
 *   ./readiness edges      the second
 *
 * A situation is a script, and the script stands in the table: what is read
 * there is what was done. "we" own the descriptor that is asked about, "peer"
 * is the other end. After each step the program waits until the kernel has
 * settled: until what was sent is acknowledged, and the state of the connection
 * has changed, tcp(7). No step is followed by a pause of a fixed length. */
#include "experiment.h"
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/un.h>

#define ALL (POLLIN | POLLPRI | POLLOUT | POLLRDHUP)
#define CELL 128 /* bytes: the longest cell is far below */
#define HIGHEST 63 /* no script opens that many descriptors */
#define NOTHING_MS 3 /* how long an epoll_wait that says nothing lasts */
/* Small buffers are soon full. The kernel doubles both numbers, socket(7). */
#define BUFFER 8192

enum kind {
    TCP,
    SOCKET,
    LISTENER,
    UDP,
    UNIX,
    PIPE_IN,
    PIPE_OUT,
    OTHER,
    KINDS
};
static const char *const headings[KINDS] = {
    [TCP] = "A TCP connection",
    [SOCKET] = "A TCP socket that connects",
    [LISTENER] = "A TCP listener",
    [UDP] = "A UDP socket",
    [UNIX] = "An AF_UNIX stream",
    [PIPE_IN] = "A pipe: the end for reading",
    [PIPE_OUT] = "A pipe: the end for writing",
    [OTHER] = "Other descriptors",
};

static const struct {
    enum kind kind;
    const char *script;
} situations[] = {
    {TCP, "nothing yet"},
    {TCP, "peer sends 5"},
    {TCP, "peer sends urgent"},
    {TCP, "peer sends 5, peer sends urgent"},
    {TCP, "we fill the buffers"},
    {TCP, "we fill the buffers, peer sends 5"},
    {TCP, "peer ends"},
    {TCP, "peer closes"},
    {TCP, "peer sends 5, peer closes"},
    {TCP, "we fill the buffers, peer ends"},
    {TCP, "we end"},
    {TCP, "we end, peer closes"},
    {TCP, "peer closes, we end"},
    {TCP, "we stop reading"},
    {TCP, "peer resets"},
    {TCP, "peer sends 5, peer resets"},
    {TCP, "peer resets, we recv"},
    {TCP, "we send 5, peer closes"},
    {TCP, "peer closes, we send 5"},
    {TCP, "peer closes, we send 5, we send 5"},
    {SOCKET, "never connected"},
    {SOCKET, "connect: no answer yet"},
    {SOCKET, "connect: accepted"},
    {SOCKET, "connect: refused"},
    {LISTENER, "nobody yet"},
    {LISTENER, "client connects"},
    {LISTENER, "client connects, client resets"},
    {UDP, "nothing yet"},
    {UDP, "peer sends 5"},
    {UDP, "peer sends 0"},
    {UDP, "peer closes, we send 5"},
    {UNIX, "nothing yet"},
    {UNIX, "peer ends"},
    {UNIX, "peer closes"},
    {UNIX, "peer sends 5, peer closes"},
    {UNIX, "we send 5, peer closes"},
    {PIPE_IN, "nothing yet"},
    {PIPE_IN, "peer sends 5"},
    {PIPE_IN, "peer closes"},
    {PIPE_IN, "peer sends 5, peer closes"},
    {PIPE_OUT, "nothing yet"},
    {PIPE_OUT, "we fill the buffers"},
    {PIPE_OUT, "peer closes"},
    {PIPE_OUT, "we fill the buffers, peer closes"},
    {OTHER, "regular file, at its end"},
    {OTHER, "closed descriptor"},
};

/* In a script, "?" is one epoll_wait. The descriptor is added at the start,
 * unless the script says when. */
static const struct {
    enum kind kind;
    uint32_t interest;
    const char *script;
} experiments[] = {
    {PIPE_IN, EPOLLIN, "peer sends 1024, ?, we recv 512, ?, peer sends 1, ?"},
    {TCP, EPOLLIN, "peer sends 1024, ?, we recv 512, ?, peer sends 1, ?"},
    {TCP, EPOLLIN, "peer sends 4, ?, peer sends 4, ?, peer sends 4, ?, ?"},
    {TCP, EPOLLIN, "peer sends 4, peer sends 4, peer sends 4, ?, ?"},
    {TCP, EPOLLIN, "peer sends 4, we recv, ?"},
    {TCP, EPOLLIN, "peer sends 4, ADD, ?, ?"},
    {TCP, EPOLLIN, "peer sends 4, ?, ?, MOD, ?, ?"},
    {TCP, EPOLLIN | EPOLLOUT, "?, ?, peer sends 4, ?, ?"},
    {TCP, EPOLLIN | EPOLLOUT, "?, peer sends 4, we recv, ?"},
    {TCP, EPOLLOUT, "?, we send 4, peer recvs, ?"},
    {UNIX, EPOLLOUT, "?, we send 4, peer recvs, ?"},
    {TCP, EPOLLOUT, "we fill the buffers, ?, peer recvs, ?, ?"},
    {TCP, EPOLLIN | EPOLLRDHUP, "peer sends 4, peer ends, ?, we recv 16, ?"},
    {TCP, EPOLLIN | EPOLLRDHUP, "peer sends 4, ?, we recv 16, peer ends, ?"},
    {TCP, EPOLLIN, "peer ends, ?, we recv, ?, we recv, ?"},
    {TCP, EPOLLIN, "peer resets, ?, we recv, ?"},
    {TCP, EPOLLIN | EPOLLPRI, "peer sends urgent, ?, we recv, ?"},
    {LISTENER, EPOLLIN,
     "client connects, client connects, ?, we accept, ?, client connects, ?"},
    {LISTENER, EPOLLIN,
     "client connects, descriptors run out, ?, we accept, ?, we accept, ?, "
     "descriptors come back, ?"},
};

static enum kind kind; /* of the situation that is set up */
static const char *script;
static int us, peer, epfd;
static uint32_t watched; /* how us is registered in epfd */
static struct sockaddr_in where; /* the listener's address */
static char waits[CELL]; /* what each "?" of the script said */

/* Ends the program where a script cannot be played. */
static void fail(const char *step) {
    fprintf(stderr, "readiness: \"%s\": cannot play \"%s\": %s\n", script, step,
            strerror(errno));
    exit(2);
}

static const char *error_name(int error) {
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
static void add(char *cell, const char *separator, const char *text) {
    size_t used = strlen(cell);
    snprintf(cell + used, CELL - used, "%s%s", used ? separator : "", text);
}

/* Adds the names of the bits, or of the error if bits is below 0. */
static void add_bits(char *cell, const char *separator, int bits) {
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

/* Waits until the condition holds: a kernel that works needs microseconds. */
#define UNTIL(condition)                                                       \
    for (int ms = 0; !(condition); ms++) {                                     \
        errno = ETIMEDOUT;                                                     \
        if (ms == PATIENCE_MS)                                                 \
            fail(step);                                                        \
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);               \
    }

/* The state of a TCP socket, as in tcp(7), TCP_INFO. The call takes the
 * socket's lock after it has read the state: whoever was changing it is done. */
static int state(int fd) {
    struct tcp_info info = {0};
    socklen_t len = sizeof info;
    getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len);
    return info.tcpi_state;
}

/* How many clients wait in the backlog of a listener. */
static int backlog(int fd) {
    struct tcp_info info = {0};
    socklen_t len = sizeof info;
    getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len);
    return (int)info.tcpi_unacked;
}

/* Bytes that fd has sent: those not yet acknowledged (SIOCOUTQ), or those that
 * have not left (SIOCOUTQNSD). tcp(7). */
static int queued(int fd, unsigned long which) {
    int bytes = 0;
    ioctl(fd, which, &bytes);
    return bytes;
}

/* recv and send, or read and write where fd is no socket. */
static ssize_t take(int fd, void *buf, size_t size) {
    ssize_t n = recv(fd, buf, size, 0);
    return n < 0 && errno == ENOTSOCK ? read(fd, buf, size) : n;
}

static ssize_t give(int fd, const void *buf, size_t size, int flags) {
    ssize_t n = send(fd, buf, size, flags);
    return n < 0 && errno == ENOTSOCK ? write(fd, buf, size) : n;
}

/* Sends, and returns when it is there: acknowledged, answered by a RST, or, for
 * a datagram, reported. In a pipe or an AF_UNIX socket it is there at once. */
static void deliver(int from, int to, size_t size, int flags,
                    const char *step) {
    static const char data[BUFFER];
    if (size > sizeof data || (give(from, data, size, flags) < 0 && to >= 0))
        fail(step);
    if (kind == TCP) {
        UNTIL(queued(from, SIOCOUTQ) == 0 || state(from) == TCP_CLOSE);
        state(to);
    } else if (kind == UDP) {
        UNTIL(report(us, POLLIN, 0) != 0);
    }
}

/* Sends until nothing moves any more: all that is in flight is acknowledged,
 * and some bytes have not left, because the peer has no room for them. */
static void fill(const char *step) {
    static const char data[BUFFER];
    UNTIL({
        while (give(us, data, sizeof data, 0) > 0)
            continue;
        kind != TCP || (queued(us, SIOCOUTQNSD) > 0 &&
                        queued(us, SIOCOUTQ) == queued(us, SIOCOUTQNSD));
    });
}
