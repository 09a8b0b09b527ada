/* Chapter 06, aside: the trace of the source documents. A server prints what
 * each epoll_wait returned, as (descriptor, event bits), and switches its
 * interest to OUT for each answer. Then once more, registered once.
 * cc trace.c -o trace && ./trace; ./trace PORT serves who comes: asides.md */
#ifndef __linux__
#error "epoll is Linux's alone: on this system, chapter 04 (poll) is the way"
#endif
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define BUFFER_SIZE 16384 /* bytes: the most we owe a client */
#define MAX_EVENTS 256 /* per wait; the next one brings the rest */
#define CUTS (EPOLLPRI | EPOLLRDHUP) /* an urgent byte, an end: recv stops */
#define NEWS (EPOLLIN | EPOLLOUT | CUTS | EPOLLET)
#define RETRY_MS 1000 /* out of descriptors: how long until we try again */
#define TELL_MS 60000 /* ... and until we say so again: no flood of lines */
#define DEADLINE_S 5 /* the played exchange takes milliseconds */

struct conn {
    int fd;
    uint32_t news; /* what epoll told of it */
    bool ended; /* the client's end of stream has been read */
    size_t owed; /* bytes at the start of buf, not yet sent back */
    char buf[BUFFER_SIZE];
};

/* What to do with a connection: in 05, the last two were one. */
enum next { CLOSE, AWAIT_NEWS, SERVE_AGAIN };

enum { WAIT, CTL, RECV, SEND, CALLS };

static int count[CALLS]; /* how often each was called since the client's turn */
static int listener; /* the socket that clients connect to */
static bool full; /* accept failed, for want of a descriptor or memory */
static long long retry_at; /* while full: when to try again, by now_ms */
static long long tell_at; /* that it is full: not again before, by now_ms */
static int epfd; /* the epoll instance: it holds the interest list */
static bool switching; /* the documents' way: IN, OUT for an answer, IN */
static struct epoll_event events[MAX_EVENTS]; /* what the wait returned */
static pid_t client; /* the scripted one; 0: we serve who comes */
static sigset_t turn; /* SIGUSR1 tells the scripted client to go on */

/* For failures that leave nothing to serve with. */
static _Noreturn void die(const char *what, int number) {
    fprintf(stderr, "trace: %s %d: %s\n", what, number, strerror(errno));
    exit(1);
}

/* One line for what a call on fd returned. Leaves errno alone. */
static void narrate(const char *call, int fd, ssize_t n, const char *unit) {
    int error = errno;
    if (n < 0)
        unit = error == EAGAIN ? "EAGAIN" : strerror(error);
    printf("    %s fd %d -> %zd %s\n", call, fd, n, unit);
    errno = error;
}

static _Noreturn void usage(FILE *out, int status) {
    fprintf(out, "usage: trace [port 0-65535]\n");
    exit(status);
}

/* Returns the port asked for, or -1. Wrong use: one line on stderr, exit 2. */
static int parse_args(int argc, char **argv) {
    char *word = argv[1];
    if (argc == 1)
        return -1;
    if (argc == 2 && (strcmp(word, "-h") == 0 || strcmp(word, "--help") == 0))
        usage(stdout, 0);
    char *end; /* where strtol stopped: at the '\0', if all was a number */
    long port = strtol(word, &end, 10);
    if (end == word || *end != '\0' || port < 0 || port > 65535 || argc > 2)
        usage(stderr, 2);
    return (int)port;
}

/* If 0, 1 or 2 is closed when we start, a socket would get that number, and all
 * that we print. So /dev/null takes it: open(2) uses the lowest free number. */
static void hold_standard_descriptors(void) {
    int fd;
    do
        fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= STDERR_FILENO);
    close(fd); /* the first one that is none of the three */
}

/* From now on, a call on fd that would have to wait fails with EAGAIN instead.
 * On an open socket, neither of these two can fail. fcntl(2). */
static void set_nonblocking(int fd) {
    int flags = fcntl(fd, F_GETFL);
    fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

/* Returns a socket that listens on 127.0.0.1:port, and prints that address.
 * Port 0 lets the kernel choose. bind(2), listen(2), getsockname(2). */
static int open_listener(int port) {
    struct sockaddr_in addr = {.sin_family = AF_INET};
    socklen_t len = sizeof addr;
    addr.sin_port = htons((in_port_t)port);
    inet_pton(AF_INET, "127.0.0.1", &addr.sin_addr);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0)
        die("cannot open a socket for port", port);
    /* Else a restart fails while old connections are in TIME_WAIT: tcp(7). */
    int on = 1;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0)
        die("cannot set SO_REUSEADDR for port", port);
    if (bind(fd, (struct sockaddr *)&addr, len) < 0)
        die("cannot bind 127.0.0.1, port", port);
    if (listen(fd, SOMAXCONN) < 0)
        die("cannot listen on 127.0.0.1, port", port);
    if (getsockname(fd, (struct sockaddr *)&addr, &len) < 0)
        die("cannot ask for the address of port", port);
    printf("listening on 127.0.0.1:%d\n", ntohs(addr.sin_port));
    return fd;
}

/* Milliseconds, from a clock that nobody sets: clock_gettime(2). */
static long long now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* What to do when recv or send failed. EAGAIN: the call would have had to wait,
 * and news will come. EINTR: a signal came first. Any other error: close. */
static enum next after_error(void) {
    if (errno == EAGAIN)
        return AWAIT_NEWS;
    return errno == EINTR ? SERVE_AGAIN : CLOSE;
}

/* One recv, and it is counted. What comes is put behind what is owed. */
static ssize_t take(struct conn *c) {
    size_t room = sizeof c->buf - c->owed;
    ssize_t received = recv(c->fd, c->buf + c->owed, room, 0);
    count[RECV]++;
    narrate("recv", c->fd, received, "bytes");
    if (received > 0)
        c->owed += (size_t)received;
    if (received == 0)
        c->ended = true;
    return received;
}

/* One send of what is owed, and it is counted. */
static ssize_t give(struct conn *c) {
    ssize_t sent = send(c->fd, c->buf, c->owed, 0);
    count[SEND]++;
    narrate("send", c->fd, sent, "bytes");
    if (sent > 0) {
        c->owed -= (size_t)sent;
        memmove(c->buf, c->buf + sent, c->owed); /* a short send: the rest */
    }
    return sent;
}

/* The way of server.c: see there when it is safe to wait, and why. */
static enum next serve(struct conn *c) {
    bool drained = false;
    if (c->owed == 0) {
        ssize_t received = take(c);
        if (received < 0)
            return after_error();
        if (received == 0)
            return CLOSE; /* the client sends no more, and has all of it back */
        drained = c->owed < sizeof c->buf && !(c->news & CUTS);
    }
    ssize_t sent = give(c);
    if (sent < 0)
        return after_error();
    return drained && c->owed == 0 ? AWAIT_NEWS : SERVE_AGAIN;
}

/* The interest, for a line of narrate. */
static const char *in_words(uint32_t wanted) {
    if ((wanted & EPOLLIN) && (wanted & EPOLLOUT))
        return "(IN OUT)";
    if (wanted & EPOLLOUT)
        return "(OUT)";
    return wanted & EPOLLIN ? "(IN)" : "(none)";
}

/* Adds fd to the kernel's interest list, or changes its entry; its events bring
 * c back: NULL for the listener. Returns -1 where the kernel has no room. */
static int watch(int op, int fd, uint32_t wanted, struct conn *c) {
    struct epoll_event event = {.events = wanted, .data.ptr = c};
    int result = epoll_ctl(epfd, op, fd, &event);
    count[CTL]++;
    narrate(op == EPOLL_CTL_ADD ? "epoll_ctl ADD" : "epoll_ctl MOD", fd, result,
            in_words(wanted));
    return result;
}

/* The documents' way. Nothing owed: the interest is IN; takes what is there,
 * then asks for OUT. All is sent: asks for IN. MOD looks at once: what came in
 * the meantime, or did not fit into the buffer, is reported. epoll_ctl(2). */
static enum next serve_switching(struct conn *c) {
    bool owing = c->owed > 0;
    ssize_t n = 1;
    if (owing)
        while (n > 0 && c->owed > 0)
            n = give(c);
    else
        while (n > 0 && c->owed < sizeof c->buf)
            n = take(c);
    if (n < 0 && after_error() == CLOSE)
        return CLOSE; /* a reset, for instance */
    if (c->owed == 0 && c->ended)
        return CLOSE; /* not before: data and its end may come together */
    if (owing == (c->owed > 0))
        return after_error(); /* nothing to switch: it goes on as before */
    uint32_t wanted = owing ? EPOLLIN : EPOLLOUT;
    if (watch(EPOLL_CTL_MOD, c->fd, wanted | EPOLLET, c) < 0)
        return CLOSE;
    return AWAIT_NEWS;
}

/* Takes over an accepted descriptor; where there is no room, closes it. */
static void open_conn(int fd) {
    uint32_t wanted = switching ? EPOLLIN | EPOLLET : NEWS;
    struct conn *c = malloc(sizeof *c);
    if (c == NULL || watch(EPOLL_CTL_ADD, fd, wanted, c) < 0) {
        fprintf(stderr, "trace: no room for fd %d: client refused\n", fd);
        free(c);
        close(fd);
        return;
    }
    /* Else Nagle's algorithm may hold back a reply's end: tcp(7). */
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    set_nonblocking(fd); /* Linux does not copy this from the listener */
    c->fd = fd;
    c->owed = 0;
    c->news = 0;
    c->ended = false;
}

/* Ends a connection; close also takes it off the kernel's interest list. */
static void close_conn(struct conn *c) {
    int result = close(c->fd);
    narrate("close", c->fd, result, "(done)");
    free(c);
    retry_at = 0; /* there is room for one more */
}

/* Accepts until the backlog is empty, or no descriptor is left for a client:
 * then full is set, and that client stays in the backlog (macOS drops it). The
 * next try waits until one of ours has left, or RETRY_MS have passed. */
static void accept_all(void) {
    int fd;
    do {
        fd = accept(listener, NULL, NULL);
        narrate("accept", listener, fd, "(new client)");
        if (fd >= 0)
            open_conn(fd);
    } while (fd >= 0 || errno == EINTR || errno == ECONNABORTED);
    full = errno != EAGAIN; /* EAGAIN: the backlog is empty */
    if (full && now_ms() >= tell_at) {
        perror("trace: accept");
        tell_at = now_ms() + TELL_MS;
    }
    retry_at = now_ms() + RETRY_MS;
}

/* When nobody has news, it is the scripted client's turn. */
static void let_client_go_on(void) {
    static const char *const steps[] = {"connects", "sends hello",
                                        "sends world", "leaves"};
    static size_t step;
    if (step == 3) { /* all the calls since "sends world": one echo */
        int sum = count[WAIT] + count[CTL] + count[RECV] + count[SEND];
        printf("system calls of this echo: %d (%d epoll_wait, %d epoll_ctl, "
               "%d recv, %d send)\n",
               sum, count[WAIT], count[CTL], count[RECV], count[SEND]);
    }
    printf("the client %s\n", steps[step]);
    memset(count, 0, sizeof count);
    step = (step + 1) % 4;
    kill(client, SIGUSR1);
}

/* The list that epoll_wait returned: (descriptor, event bits). */
static void print_list(int n) {
    const char *before = "[";
    for (int i = 0; i < n; i++) {
        struct conn *c = events[i].data.ptr;
        int fd = c != NULL ? c->fd : listener;
        printf("%s(%d, %u)", before, fd, events[i].events);
        before = ", ";
    }
    if (n > 0)
        printf("]\n");
}

/* Waits for so many ms, or for ever; with a scripted client, until that has
 * taken its step. Returns how many events there are. */
static int wait_for_news(int timeout) {
    if (client > 0)
        timeout = 0;
    int n = epoll_wait(epfd, events, MAX_EVENTS, timeout);
    if (n == 0 && client > 0) { /* that wait is not counted */
        let_client_go_on();
        do
            n = epoll_wait(epfd, events, MAX_EVENTS, -1);
        while (n < 0 && errno == EINTR); /* it is still the client's turn */
    }
    count[WAIT]++;
    if (n < 0 && errno != EINTR)
        die("cannot wait, fd", epfd);
    print_list(n);
    return n;
}

/* Serves c until it has no more. A budget is not needed: there is one client.
 * Returns true when it has left. */
static bool handle(struct conn *c, uint32_t news) {
    enum next next = SERVE_AGAIN;
    c->news = news;
    while (next == SERVE_AGAIN)
        next = switching ? serve_switching(c) : serve(c);
    if (next == CLOSE)
        close_conn(c);
    return next == CLOSE;
}

/* Serves until the scripted client has left; without one, for ever. */
static void run(void) {
    bool paused = false, left = false;
    if (watch(EPOLL_CTL_ADD, listener, EPOLLIN, NULL) < 0)
        die("cannot watch fd", listener);
    while (!left) {
        bool was_paused = paused;
        paused = full && now_ms() < retry_at;
        /* While we pause, a client in the backlog would wake us in vain. */
        if (paused != was_paused)
            watch(EPOLL_CTL_MOD, listener, paused ? 0 : EPOLLIN, NULL);
        int n = wait_for_news(paused ? RETRY_MS : -1);
        for (int i = 0; i < n; i++) {
            struct conn *c = events[i].data.ptr;
            if (c == NULL)
                accept_all();
            else if (handle(c, events[i].events))
                left = client > 0;
        }
    }
}

/* The client, a process of its own: takes one step for each SIGUSR1. */
static _Noreturn void be_client(void) {
    static const char *const lines[] = {"hello\n", "world\n"};
    struct sockaddr_in addr;
    socklen_t len = sizeof addr;
    char back[6]; /* bytes of a line */
    int number;
    alarm(DEADLINE_S);
    getsockname(listener, (struct sockaddr *)&addr, &len);
    close(epfd);
    close(listener);
    sigwait(&turn, &number);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(fd, (struct sockaddr *)&addr, len) < 0)
        die("cannot connect, fd", fd);
    for (int i = 0; i < 2; i++) {
        sigwait(&turn, &number);
        if (send(fd, lines[i], sizeof back, 0) != sizeof back)
            die("cannot send line", i);
        if (recv(fd, back, sizeof back, MSG_WAITALL) != sizeof back ||
            memcmp(back, lines[i], sizeof back) != 0)
            die("no echo of line", i);
    }
    sigwait(&turn, &number);
    _exit(0); /* closes fd: FIN */
}

/* Opens the listener and the epoll instance, in this order: 3 and 4. */
static void open_both(int port) {
    listener = open_listener(port);
    set_nonblocking(listener); /* accept must not wait, either */
    epfd = epoll_create1(0);
    if (epfd < 0)
        die("no epoll instance, fd", epfd);
}

/* One exchange, from the listener's birth to its end. Is all well? */
static bool play(void) {
    int status;
    open_both(0);
    printf("the listener is fd %d, the epoll instance fd %d\n", listener, epfd);
    fflush(stdout); /* the child would print it once more */
    client = fork();
    if (client < 0)
        die("cannot fork, client", 1);
    if (client == 0)
        be_client();
    run();
    close(epfd);
    close(listener);
    return waitpid(client, &status, 0) == client && status == 0;
}

/* Both ways, one after the other. Returns the exit status. */
static int play_both(void) {
    alarm(DEADLINE_S);
    sigemptyset(&turn);
    sigaddset(&turn, SIGUSR1);
    sigprocmask(SIG_BLOCK, &turn, NULL);
    printf("%d is EPOLLIN, %d is EPOLLOUT, %d is EPOLLRDHUP\n", EPOLLIN,
           EPOLLOUT, EPOLLRDHUP);
    printf("\nswitching between IN and OUT, as the documents do:\n");
    bool first = play();
    printf("\nregistered once, as server.c does:\n");
    switching = false;
    bool second = play();
    return first && second ? 0 : 1;
}

int main(int argc, char **argv) {
    int port = parse_args(argc, argv);
    /* So that our numbers are 3, 4, 5, whatever the shell has left open. */
    for (int fd = 3; fd < 10; fd++)
        close(fd);
    hold_standard_descriptors();
    setvbuf(stdout, NULL, _IOLBF, 0); /* each line at once, to a file too */
    signal(SIGPIPE, SIG_IGN); /* send to a client that left: EPIPE instead */
    signal(SIGCHLD, SIG_DFL); /* inherited, SIG_IGN would hide a status */
    switching = true;
    if (port < 0)
        return play_both();
    open_both(port);
    run();
}
