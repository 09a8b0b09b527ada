/* Chapter 06, aside: the trace of the source documents. A server prints what
 * each epoll_wait returned, as (descriptor, event bits), and switches its
 * interest to OUT for each answer. Then once more, registered once.
 * cc trace.c -o trace && ./trace; ./trace PORT serves who comes: asides.md */
#ifndef __linux__
#error "epoll is Linux's alone: on this system, chapter 04 (poll) is the way"
#endif
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define BUFFER_SIZE 16384 /* bytes: the most we owe a client */
#define MAX_EVENTS 256 /* per wait; the next one brings the rest */
#define CUTS (EPOLLPRI | EPOLLRDHUP) /* what can cut a recv short */
#define NEWS (EPOLLIN | EPOLLOUT | CUTS | EPOLLET)
#define RETRY_MS 1000 /* out of descriptors: when to try accept again */
#define DEADLINE_S 5 /* the played exchange takes milliseconds */

struct conn {
    int fd;
    int ended; /* the client's end of stream has been read */
    uint32_t news; /* what epoll told of it */
    size_t owed; /* bytes at the start of buf, not yet sent back */
    char buf[BUFFER_SIZE];
};

enum state { FINISHED, WAITING, MORE };
enum { WAIT, CTL, RECV, SEND, CALLS };
static int count[CALLS]; /* how often each was called since the client's turn */
static int listener; /* the socket that clients connect to */
static int full; /* accept found no room for a client */
static int epfd; /* the epoll instance: it holds the interest list */
static int switching; /* the documents' way: IN, OUT for an answer, IN */
static struct epoll_event events[MAX_EVENTS]; /* what the wait returned */
static pid_t client; /* the scripted one; 0: we serve who comes */
static sigset_t turn; /* SIGUSR1 tells the scripted client to go on */

/* For failures that leave nothing to show. */
static void die(const char *what, int number) {
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

/* Returns a socket that listens on 127.0.0.1:port, and prints the address.
 * Port 0 lets the kernel choose. bind(2), listen(2), getsockname(2). */
static int open_listener(int port) {
    struct sockaddr_in addr = {.sin_family = AF_INET};
    socklen_t len = sizeof addr;
    int on = 1, fd = socket(AF_INET, SOCK_STREAM, 0);
    addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    addr.sin_port = htons((in_port_t)port);
    /* Without REUSEADDR, a restart fails while old ones are in TIME_WAIT. */
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) ||
        bind(fd, (void *)&addr, len) || listen(fd, SOMAXCONN) ||
        getsockname(fd, (void *)&addr, &len))
        die("cannot listen on 127.0.0.1, port", port);
    printf("listening on 127.0.0.1:%d\n", ntohs(addr.sin_port));
    return fd;
}

static int watch(int op, int fd, uint32_t interest, struct conn *c) {
    struct epoll_event event = {.events = interest, .data.ptr = c};
    int result = epoll_ctl(epfd, op, fd, &event);
    count[CTL]++;
    narrate(op == EPOLL_CTL_ADD ? "epoll_ctl ADD" : "epoll_ctl MOD", fd, result,
            interest & EPOLLOUT ? interest & EPOLLIN ? "(IN OUT)" : "(OUT)"
            : interest          ? "(IN)"
                                : "(none)");
    return result;
}

static ssize_t take(struct conn *c) {
    ssize_t n = recv(c->fd, c->buf + c->owed, sizeof c->buf - c->owed, 0);
    count[RECV]++;
    narrate("recv", c->fd, n, "bytes");
    c->owed += n > 0 ? (size_t)n : 0;
    c->ended = n == 0;
    return n;
}

static ssize_t give(struct conn *c) {
    ssize_t n = send(c->fd, c->buf, c->owed, 0);
    count[SEND]++;
    narrate("send", c->fd, n, "bytes");
    c->owed -= n > 0 ? (size_t)n : 0;
    memmove(c->buf, c->buf + (n > 0 ? n : 0), c->owed); /* a short send */
    return n;
}

/* The documents' way. Nothing owed: the interest is IN; takes what is there,
 * then asks for OUT. All is sent: asks for IN. MOD looks at once: what came in
 * the meantime, or did not fit into the buffer, is reported. epoll_ctl(2). */
static enum state serve_switching(struct conn *c) {
    ssize_t n = 1;
    int owing = c->owed > 0;
    while (n > 0 && (owing ? c->owed > 0 : c->owed < sizeof c->buf))
        n = owing ? give(c) : take(c);
    if (n < 0 && errno != EAGAIN)
        return FINISHED; /* a reset, for instance */
    if (c->owed == 0 && c->ended)
        return FINISHED; /* not before: data and its end may come together */
    if (owing != (c->owed > 0) &&
        watch(EPOLL_CTL_MOD, c->fd, EPOLLET | (owing ? EPOLLIN : EPOLLOUT), c))
        return FINISHED;
    return WAITING;
}

/* The way of server.c: see there when it is safe to wait, and why. */
static enum state serve(struct conn *c) {
    ssize_t n = 0;
    int drained = 0;
    if (c->owed == 0) {
        n = take(c);
        drained = c->owed < sizeof c->buf && !(c->news & CUTS);
    }
    if (c->owed > 0)
        n = give(c);
    if ((n < 0 && errno == EAGAIN) || (n > 0 && drained && c->owed == 0))
        return WAITING;
    return n > 0 ? MORE : FINISHED; /* 0: end of stream, and all is sent */
}

/* Takes over an accepted descriptor; where there is no room, closes it. */
static void open_conn(int fd) {
    struct conn *c = calloc(1, sizeof *c);
    narrate("accept", listener, fd, "(new client)");
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK); /* not inherited */
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    if (c != NULL)
        c->fd = fd;
    if (c == NULL ||
        watch(EPOLL_CTL_ADD, fd, switching ? EPOLLIN | EPOLLET : NEWS, c) < 0) {
        close(fd);
        free(c);
    }
}

/* Empties the backlog. Without a descriptor for the next client, the listener
 * is silent until a connection is closed, or for a second. accept(2). */
static void accept_all(void) {
    int fd;
    while ((fd = accept(listener, NULL, NULL)) >= 0 || errno == EINTR ||
           errno == ECONNABORTED)
        if (fd >= 0)
            open_conn(fd);
    narrate("accept", listener, fd, "");
    full = errno != EAGAIN;
    if (full) {
        perror("trace: accept");
        watch(EPOLL_CTL_MOD, listener, 0, NULL);
    }
}

static void close_conn(struct conn *c) {
    narrate("close", c->fd, close(c->fd), "(done)");
    free(c);
    if (full)
        watch(EPOLL_CTL_MOD, listener, EPOLLIN, NULL);
}

/* When nobody has news, it is the scripted client's turn. */
static void let_client_go_on(void) {
    static const char *const steps[] = {"connects", "sends hello",
                                        "sends world", "leaves"};
    static size_t step;
    if (step == 3) /* all the calls since "sends world": one echo */
        printf("system calls of this echo: %d (%d epoll_wait, %d epoll_ctl, "
               "%d recv, %d send)\n",
               count[WAIT] + count[CTL] + count[RECV] + count[SEND],
               count[WAIT], count[CTL], count[RECV], count[SEND]);
    printf("the client %s\n", steps[step]);
    memset(count, 0, sizeof count);
    step = (step + 1) % 4;
    kill(client, SIGUSR1);
}

/* epoll_wait, and its list. Returns how many events there are. */
static int wait_for_news(void) {
    int n = epoll_wait(epfd, events, MAX_EVENTS,
                       client ? 0
                       : full ? RETRY_MS
                              : -1);
    if (n == 0 && client) {
        let_client_go_on();
        do /* counts as the same */
            n = epoll_wait(epfd, events, MAX_EVENTS, -1);
        while (n < 0 && errno == EINTR); /* it is still the client's turn */
    } else if (n == 0) {
        watch(EPOLL_CTL_MOD, listener, EPOLLIN, NULL); /* try accept again */
    }
    count[WAIT]++;
    if (n < 0 && errno != EINTR)
        die("cannot wait, fd", epfd);
    for (int i = 0; i < n; i++) {
        struct conn *c = events[i].data.ptr;
        printf("%s(%d, %u)%s", i ? ", " : "[", c ? c->fd : listener,
               events[i].events, i == n - 1 ? "]\n" : "");
    }
    return n;
}

/* Serves until the scripted client has left; without one, for ever. */
static void run(void) {
    int left = 0;
    fcntl(listener, F_SETFL, fcntl(listener, F_GETFL) | O_NONBLOCK);
    if (watch(EPOLL_CTL_ADD, listener, EPOLLIN, NULL) < 0)
        die("no room for fd", listener);
    while (!left) {
        for (int n = wait_for_news(), i = 0; i < n; i++) {
            struct conn *c = events[i].data.ptr;
            enum state state = MORE;
            if (c == NULL) {
                accept_all();
                continue;
            }
            c->news = events[i].events;
            while (state == MORE) /* without a budget: there is one client */
                state = switching ? serve_switching(c) : serve(c);
            if (state == FINISHED) {
                close_conn(c);
                left = client > 0;
            }
        }
    }
}

/* The client, a process of its own: takes one step for each SIGUSR1. */
static void be_client(void) {
    static const char *const lines[] = {"hello\n", "world\n"};
    struct sockaddr_in addr;
    socklen_t len = sizeof addr;
    char back[6]; /* bytes of a line */
    int fd, number;
    alarm(DEADLINE_S);
    getsockname(listener, (void *)&addr, &len);
    close(epfd);
    close(listener);
    sigwait(&turn, &number);
    fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(fd, (void *)&addr, len) < 0)
        die("cannot connect, fd", fd);
    for (int i = 0; i < 2; i++) {
        sigwait(&turn, &number);
        if (send(fd, lines[i], sizeof back, 0) != sizeof back ||
            recv(fd, back, sizeof back, MSG_WAITALL) != sizeof back ||
            memcmp(back, lines[i], sizeof back) != 0)
            die("no echo of line", i);
    }
    sigwait(&turn, &number);
    _exit(0); /* closes fd: FIN */
}

/* One exchange, from the listener's birth to its end. Returns the status. */
static int play(void) {
    int status;
    listener = open_listener(0);
    epfd = epoll_create1(0);
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
    return waitpid(client, &status, 0) != client || status != 0;
}

int main(int argc, char **argv) {
    char *end = "";
    int fd, failed;
    long port = argc > 1 ? strtol(argv[1], &end, 10) : 0;
    int help =
        argc == 2 && (!strcmp(argv[1], "-h") || !strcmp(argv[1], "--help"));
    if (argc > 2 || (argc > 1 && !*argv[1]) || *end || port < 0 ||
        port > 65535) {
        fprintf(help ? stdout : stderr, "usage: trace [port 0-65535]\n");
        exit(help ? 0 : 2);
    }
    setvbuf(stdout, NULL, _IOLBF, 0); /* each line at once, to a file too */
    signal(SIGPIPE, SIG_IGN); /* send to a client that left: EPIPE instead */
    signal(SIGCHLD, SIG_DFL); /* inherited, SIG_IGN would hide a status */
    /* So that our numbers are 3, 4, 5, whatever the shell has left open. */
    for (fd = 3; fd < 10; fd++)
        close(fd);
    while ((fd = open("/dev/null", O_RDWR)) >= 0 && fd < 3)
        continue;
    close(fd);
    switching = 1;
    if (argc > 1) {
        listener = open_listener((int)port);
        epfd = epoll_create1(0);
        run();
    }
    alarm(DEADLINE_S);
    sigemptyset(&turn);
    sigaddset(&turn, SIGUSR1);
    sigprocmask(SIG_BLOCK, &turn, NULL);
    printf("%d is EPOLLIN, %d is EPOLLOUT, %d is EPOLLRDHUP\n", EPOLLIN,
           EPOLLOUT, EPOLLRDHUP);
    printf("\nswitching between IN and OUT, as the documents do:\n");
    failed = play();
    printf("\nregistered once, as server.c does:\n");
    switching = 0;
    return play() || failed;
}
