/* Chapter 04, aside: what poll reports in eleven situations, asked for IN, OUT and
 * PRI, and asked for nothing; and what a read or write then returns.
 * cc events.c -o events && ./events -q prints the questions alone: see asides.md */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define ALL (POLLIN | POLLOUT | POLLPRI)
#define PATIENCE_MS 2000 /* what has not come by then does not come */

static int us, peer; /* the two ends: poll is asked about us */

/* For failures that leave nothing to show. */
static void die(const char *what) {
    fprintf(stderr, "events: %s: %s\n", what, strerror(errno));
    exit(1);
}

static int report(int events) {
    struct pollfd entry = {.fd = us, .events = (short)events};
    if (poll(&entry, 1, 0) < 0)
        die("poll");
    return entry.revents;
}

/* A connection to ourselves: us is the accepted end. */
static void tcp(void) {
    struct sockaddr_in addr = {.sin_family = AF_INET};
    socklen_t len = sizeof addr;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    peer = socket(AF_INET, SOCK_STREAM, 0);
    inet_pton(AF_INET, "127.0.0.1", &addr.sin_addr);
    if (bind(listener, (void *)&addr, len) < 0 || listen(listener, 1) < 0 ||
        getsockname(listener, (void *)&addr, &len) < 0 ||
        connect(peer, (void *)&addr, len) < 0 ||
        (us = accept(listener, NULL, NULL)) < 0)
        die("cannot connect");
    close(listener);
}

/* us is the end to read from, or to write to. */
static void make_pipe(int writing) {
    int ends[2];
    if (pipe(ends) < 0)
        die("pipe");
    us = ends[writing];
    peer = ends[!writing];
}

/* SO_LINGER of 0 s makes close send a RST: POSIX, <sys/socket.h>. */
static void reset(void) {
    struct linger none = {.l_onoff = 1, .l_linger = 0};
    setsockopt(peer, SOL_SOCKET, SO_LINGER, &none, sizeof none);
    close(peer);
}

/* The situations: each sets us up, and names the bits that are to come. */
static int idle(void) { return tcp(), POLLOUT; }
static int data(void) { return tcp(), send(peer, "hi", 2, 0), POLLIN; }
static int closed(void) { return tcp(), close(peer), POLLIN; }
static int ended(void) { return tcp(), shutdown(peer, SHUT_WR), POLLIN; }
static int both(void) {
    return tcp(), shutdown(us, SHUT_WR), close(peer), POLLIN | POLLHUP;
}
static int rst(void) { return tcp(), reset(), POLLERR | POLLHUP; }
static int urgent(void) { return tcp(), send(peer, "!", 1, MSG_OOB), POLLPRI; }
static int no_writer(void) { return make_pipe(0), close(peer), POLLHUP; }
static int last_words(void) {
    make_pipe(0);
    return write(peer, "hi", 2) == 2 && close(peer) == 0 ? POLLIN : 0;
}
static int no_reader(void) { return make_pipe(1), close(peer), POLLERR; }
static int not_open(void) { return tcp(), close(us), POLLNVAL; }

static const struct {
    const char *name;
    int (*set_up)(void);
} situations[] = {
    {"nothing has come", idle},
    {"data has come", data},
    {"the peer has closed", closed},
    {"the peer has ended its side only", ended},
    {"both sides have ended", both},
    {"the peer has reset", rst},
    {"an urgent byte has come", urgent},
    {"a pipe, its writer has closed", no_writer},
    {"the same, with data left in it", last_words},
    {"a pipe, its reader has closed", no_reader},
    {"a descriptor that is not open", not_open},
};

static void print_names(int bits) {
    static const struct {
        int bit;
        const char *name;
    } all[] = {{POLLIN, "IN"},   {POLLOUT, "OUT"}, {POLLPRI, "PRI"},
               {POLLERR, "ERR"}, {POLLHUP, "HUP"}, {POLLNVAL, "NVAL"}};
    char text[32] = "";
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (bits & all[i].bit)
            strcat(strcat(text, *text ? " " : ""), all[i].name);
    printf("%-16s", *text ? text : "-");
}

/* What a read returns, without waiting; or a write, where there is no reader. */
static void print_call(int writing) {
    char buf[16] = "";
    ssize_t n;
    fcntl(us, F_SETFL, fcntl(us, F_GETFL) | O_NONBLOCK);
    n = writing ? write(us, buf, 1) : read(us, buf, sizeof buf);
    if (n >= 0)
        printf("%zd\n", n);
    else
        printf("%s\n", errno == EAGAIN       ? "EAGAIN"
                       : errno == ECONNRESET ? "ECONNRESET"
                       : errno == EPIPE      ? "EPIPE"
                       : errno == EBADF      ? "EBADF"
                                             : strerror(errno));
}

int main(int argc, char **argv) {
    int blank = argc == 2 && !strcmp(argv[1], "-q");
    int help =
        argc == 2 && (!strcmp(argv[1], "-h") || !strcmp(argv[1], "--help"));
    if (argc > 1 && !blank) {
        fprintf(help ? stdout : stderr, "usage: events [-q]\n");
        exit(help ? 0 : 2);
    }
    signal(SIGPIPE, SIG_IGN); /* for the pipe without a reader */
    printf("%-34s%-16s%-16s%s\n", "asked for:", "IN OUT PRI", "nothing",
           "read or write");
    for (size_t i = 0; i < sizeof situations / sizeof *situations; i++) {
        printf("%-34s", situations[i].name);
        if (blank) {
            printf("%-16s%-16s%s\n", "....", "....", "....");
            continue;
        }
        int awaited = situations[i].set_up();
        for (int ms = 0; ms < PATIENCE_MS && (report(ALL) & awaited) != awaited;
             ms++)
            nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
        print_names(report(ALL));
        print_names(report(0));
        print_call(situations[i].set_up == no_reader);
        close(us);
    }
}
