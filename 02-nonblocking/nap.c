/* Chapter 02, aside: a server that asks, naps, and asks again. The nap spares
 * the processor, and becomes the delay. Then the same server without O_NONBLOCK
 * on what accept returned: one silent client stops it. Plays both sides itself.
 * cc nap.c -o nap && ./nap [milliseconds], default 0 1 10 100: see asides.md */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ROW_MS 250 /* how long a server of the table runs, at least */
#define ECHOES 3 /* the first meets a nap at any moment: it is not counted */
#define NAP_MS 10 /* with the silent client */
#define DEADLINE_MS 200 /* twenty such naps: who is answered, is so by then */
#define PATIENCE_MS 5000 /* for what must come */
#define LIMIT_S 10 /* no process of ours outlives this, whatever happens */
#define ROOM 2 /* clients of a server */
#define MOST_MS 500 /* the longest nap: all ends well before LIMIT_S */

struct report { /* what a server tells when it ends */
    long questions; /* calls of accept and recv */
    long cpu_us; /* processor time */
    bool blocking; /* what accept returned had no O_NONBLOCK */
};

enum next { CLOSE, KEEP_OPEN }; /* what to do with a connection */

static struct sockaddr_in addr; /* of the server that runs */
static int report; /* the pipe that its struct report comes from */

/* For failures that leave nothing to show. */
static _Noreturn void die(const char *what) {
    fprintf(stderr, "nap: %s: %s\n", what, strerror(errno));
    exit(1);
}

static _Noreturn void usage(FILE *out, int status) {
    fprintf(out, "usage: nap [milliseconds 0-%d]\n", MOST_MS);
    exit(status);
}

/* Returns the nap asked for, or -1. Wrong use: one line on stderr, exit 2. */
static long parse_args(int argc, char **argv) {
    char *word = argv[1];
    if (argc == 1)
        return -1;
    if (argc == 2 && (strcmp(word, "-h") == 0 || strcmp(word, "--help") == 0))
        usage(stdout, 0);
    char *end; /* where strtol stopped: at the '\0', if all was a number */
    long ms = strtol(word, &end, 10);
    if (end == word || *end != '\0' || ms < 0 || ms > MOST_MS || argc > 2)
        usage(stderr, 2);
    return ms;
}

/* From now on, a call on fd that would have to wait fails with EAGAIN instead.
 * On an open socket, neither of these two can fail. fcntl(2). */
static void set_nonblocking(int fd) {
    int flags = fcntl(fd, F_GETFL);
    fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

/* Returns a socket that listens on 127.0.0.1, on a port of the kernel's choice:
 * its address is in addr. accept must not wait. */
static int open_listener(void) {
    socklen_t len = sizeof addr;
    addr = (struct sockaddr_in){.sin_family = AF_INET};
    inet_pton(AF_INET, "127.0.0.1", &addr.sin_addr);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0)
        die("cannot open a socket");
    if (bind(fd, (struct sockaddr *)&addr, len) < 0)
        die("cannot bind 127.0.0.1");
    if (listen(fd, ROOM) < 0)
        die("cannot listen on 127.0.0.1");
    if (getsockname(fd, (struct sockaddr *)&addr, &len) < 0)
        die("cannot ask for the port");
    set_nonblocking(fd);
    return fd;
}

/* Microseconds, from a clock that nobody sets: clock_gettime(2). */
static long now_us(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (long)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* Processor time of this process, its own and the kernel's for it. */
static long cpu_us(void) {
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    long seconds = (long)(used.ru_utime.tv_sec + used.ru_stime.tv_sec);
    long us = (long)(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
    return seconds * 1000000 + us;
}

static void nap(long ms) {
    struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    if (ms > 0) /* nanosleep of 0 takes its time, too */
        nanosleep(&t, NULL);
}

/* What to do when recv or send failed. EINTR: a signal came first. EAGAIN, from
 * chapter 02 on: the call would have had to wait. Any other error: close. */
static enum next after_error(void) {
    return errno == EAGAIN || errno == EINTR ? KEEP_OPEN : CLOSE;
}

/* Asks one client, and sends back what it has sent: a byte, so that send is
 * never short. */
static enum next serve(int fd) {
    char buf[16];
    ssize_t received = recv(fd, buf, sizeof buf, 0);
    if (received < 0)
        return after_error();
    if (received == 0)
        return CLOSE;
    ssize_t sent = send(fd, buf, (size_t)received, 0);
    return sent < 0 ? after_error() : KEEP_OPEN;
}

/* The server: asks and naps until so many clients have come, and left again.
 * flag: gives O_NONBLOCK to what accept returns, not only to the listener. */
static struct report run(int listener, long nap_ms, int clients, bool flag) {
    struct report r = {0};
    int conns[ROOM]; /* descriptors; -1: this one has left */
    int came = 0, left = 0;
    while (left < clients) {
        int fd = accept(listener, NULL, NULL);
        r.questions++;
        if (fd >= 0 && came == clients) {
            close(fd); /* a stranger's */
        } else if (fd >= 0) {
            int flags = fcntl(fd, F_GETFL);
            r.blocking = (flags & O_NONBLOCK) == 0;
            if (flag)
                set_nonblocking(fd);
            conns[came] = fd;
            came++;
        }
        for (int i = 0; i < came; i++) {
            if (conns[i] < 0)
                continue;
            r.questions++;
            if (serve(conns[i]) == CLOSE) {
                close(conns[i]);
                conns[i] = -1;
                left++;
            }
        }
        if (left < clients)
            nap(nap_ms);
    }
    r.cpu_us = cpu_us();
    return r;
}

/* Starts a server in a process of its own. Its report will come by a pipe. */
static void start(long nap_ms, int clients, bool flag) {
    int listener = open_listener();
    int ends[2]; /* of the pipe: to read from, and to write to */
    if (pipe(ends) < 0)
        die("cannot make a pipe");
    pid_t pid = fork();
    if (pid < 0)
        die("cannot start a process");
    if (pid == 0) {
        alarm(LIMIT_S); /* a child does not inherit it */
        close(ends[0]);
        struct report r = run(listener, nap_ms, clients, flag);
        ssize_t written = write(ends[1], &r, sizeof r);
        _exit(written == sizeof r ? 0 : 1);
    }
    close(listener);
    close(ends[1]);
    report = ends[0];
}

/* All clients have left: the server ends, and says what it has done. */
static struct report finish(void) {
    struct report r;
    ssize_t n = read(report, &r, sizeof r);
    if (n != sizeof r || wait(NULL) < 0)
        die("the server ended without its report");
    close(report);
    return r;
}

static int connect_to_server(void) {
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0)
        die("cannot open a socket");
    if (connect(fd, (struct sockaddr *)&addr, sizeof addr) < 0)
        die("cannot connect");
    return fd;
}

static void send_byte(int fd) {
    if (send(fd, "?", 1, 0) != 1)
        die("cannot send");
}

/* Does the answer come within so many milliseconds? poll(2): see chapter 04. */
static bool answered(int fd, int ms) {
    struct pollfd p = {.fd = fd, .events = POLLIN};
    char byte;
    return poll(&p, 1, ms) == 1 && recv(fd, &byte, 1, 0) == 1;
}

/* One line of the table: the shortest of the round trips, and the cost. */
static void measure(long nap_ms) {
    long begin = now_us(), best = LONG_MAX;
    start(nap_ms, 1, true);
    int fd = connect_to_server();
    for (int i = 0; i < ECHOES; i++) {
        long sent = now_us();
        send_byte(fd);
        if (!answered(fd, PATIENCE_MS))
            die("no answer");
        long took = now_us() - sent;
        if (i > 0 && took < best)
            best = took;
    }
    nap(ROW_MS - (now_us() - begin) / 1000);
    close(fd);
    struct report r = finish();
    long total = now_us() - begin;
    printf("%5ld ms %10ld us %12ld %10.1f %%\n", nap_ms, best, r.questions,
           100.0 * (double)r.cpu_us / (double)total);
}

/* A comes first, and is silent. B sends: is it answered? */
static void silent_client(bool flag) {
    start(NAP_MS, 2, flag);
    int a = connect_to_server();
    int b = connect_to_server();
    send_byte(b);
    bool in_time = answered(b, DEADLINE_MS);
    close(a);
    bool later = in_time || answered(b, PATIENCE_MS);
    close(b);
    struct report r = finish();
    printf("O_NONBLOCK on the listener%s:\n",
           flag ? ", and on each accepted socket" : " only");
    printf("  accept returned a %sblocking socket%s\n",
           r.blocking ? "" : "non-", flag ? "; the flag is set" : "");
    printf("  B is %s within %d ms\n", in_time ? "answered" : "not answered",
           DEADLINE_MS);
    if (!in_time)
        printf("  A leaves: B is %s\n", later ? "answered" : "not answered");
}

int main(int argc, char **argv) {
    static const long naps[] = {0, 1, 10, 100};
    long asked = parse_args(argc, argv);
    setvbuf(stdout, NULL, _IOLBF, 0); /* each line at once, to a file too */
    alarm(LIMIT_S);
    printf(" naps of    round trip    questions    processor\n");
    if (asked >= 0)
        measure(asked);
    for (size_t i = 0; asked < 0 && i < sizeof naps / sizeof *naps; i++)
        measure(naps[i]);
    printf("A is silent. B sends a byte. Naps of %d ms.\n", NAP_MS);
    silent_client(true);
    silent_client(false);
}
