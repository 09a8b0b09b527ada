/* Chapter 02, aside: a server that asks, naps, and asks again. The nap spares
 * the processor, and becomes the delay. Then the same server without O_NONBLOCK
 * on what accept returned: one silent client stops it. Plays both sides itself.
 * cc nap.c -o nap && ./nap [milliseconds], default 0 1 10 100: see asides.md */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <poll.h>
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
    int blocking; /* what accept returned had no O_NONBLOCK */
};

static struct sockaddr_in addr; /* of the server that runs */
static int report; /* the pipe that its struct report comes from */

/* For failures that leave nothing to show. */
static void die(const char *what) {
    fprintf(stderr, "nap: %s: %s\n", what, strerror(errno));
    exit(1);
}

/* Microseconds, from a clock that nobody sets: clock_gettime(2). */
static long now_us(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (long)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void nap(long ms) {
    struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    if (ms > 0) /* nanosleep of 0 takes its time, too */
        nanosleep(&t, NULL);
}

/* Asks one client, and sends back what it has sent: a byte, so that send is
 * never short. Returns 0 when the client has left. */
static int serve(int fd) {
    char buf[16];
    ssize_t n = recv(fd, buf, sizeof buf, 0);
    if (n > 0)
        n = send(fd, buf, (size_t)n, 0);
    return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

/* The server: asks and naps until so many clients have come, and left again.
 * flag: gives O_NONBLOCK to what accept returns, not only to the listener. */
static struct report run(int listener, long nap_ms, int clients, int flag) {
    struct report r = {0};
    struct rusage used;
    int conns[ROOM], came = 0, left = 0;
    for (; left < clients; nap(left < clients ? nap_ms : 0)) {
        int fd = accept(listener, NULL, NULL);
        r.questions++;
        if (fd >= 0 && came == clients) {
            close(fd); /* a stranger's */
        } else if (fd >= 0) {
            int flags = fcntl(fd, F_GETFL);
            r.blocking = !(flags & O_NONBLOCK);
            if (flag)
                fcntl(fd, F_SETFL, flags | O_NONBLOCK);
            conns[came++] = fd;
        }
        for (int i = 0; i < came; i++) {
            r.questions += conns[i] >= 0;
            if (conns[i] >= 0 && !serve(conns[i])) {
                close(conns[i]);
                conns[i] = -1;
                left++;
            }
        }
    }
    getrusage(RUSAGE_SELF, &used);
    r.cpu_us = (long)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000000 +
               (long)(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
    return r;
}

/* Starts a server in a process of its own. Its listener is non-blocking. */
static void start(long nap_ms, int clients, int flag) {
    socklen_t len = sizeof addr;
    int ends[2], fd = socket(AF_INET, SOCK_STREAM, 0);
    pid_t pid = -1;
    addr = (struct sockaddr_in){.sin_family = AF_INET};
    addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || bind(fd, (void *)&addr, len) < 0 || listen(fd, ROOM) < 0 ||
        getsockname(fd, (void *)&addr, &len) < 0 ||
        fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) < 0 ||
        pipe(ends) < 0 || (pid = fork()) < 0)
        die("cannot start a server");
    if (pid == 0) {
        struct report r;
        alarm(LIMIT_S); /* a child does not inherit it */
        close(ends[0]);
        r = run(fd, nap_ms, clients, flag);
        _exit(write(ends[1], &r, sizeof r) != sizeof r);
    }
    close(fd);
    close(ends[1]);
    report = ends[0];
}

/* All clients have left: the server ends, and says what it has done. */
static struct report finish(void) {
    struct report r;
    if (read(report, &r, sizeof r) != sizeof r || wait(NULL) < 0)
        die("the server ended without its report");
    close(report);
    return r;
}

static int connect_to_server(void) {
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || connect(fd, (void *)&addr, sizeof addr) < 0)
        die("cannot connect");
    return fd;
}

static void send_byte(int fd) {
    if (send(fd, "?", 1, 0) != 1)
        die("cannot send");
}

/* Does the answer come within so many milliseconds? poll(2): see chapter 04. */
static int answered(int fd, int ms) {
    struct pollfd p = {.fd = fd, .events = POLLIN};
    char byte;
    return poll(&p, 1, ms) == 1 && recv(fd, &byte, 1, 0) == 1;
}

/* One line of the table: the shortest of the round trips, and the cost. */
static void measure(long nap_ms) {
    long begin = now_us(), best = LONG_MAX, total;
    struct report r;
    int fd;
    start(nap_ms, 1, 1);
    fd = connect_to_server();
    for (int i = 0; i < ECHOES; i++) {
        long sent = now_us(), took;
        send_byte(fd);
        if (!answered(fd, PATIENCE_MS))
            die("no answer");
        took = now_us() - sent;
        best = i > 0 && took < best ? took : best;
    }
    nap(ROW_MS - (now_us() - begin) / 1000);
    close(fd);
    r = finish();
    total = now_us() - begin;
    printf("%5ld ms %10ld us %12ld %10.1f %%\n", nap_ms, best, r.questions,
           100.0 * (double)r.cpu_us / (double)total);
}

/* A comes first, and is silent. B sends: is it answered? */
static void silent_client(int flag) {
    int a, b, in_time, later;
    start(NAP_MS, 2, flag);
    a = connect_to_server();
    b = connect_to_server();
    send_byte(b);
    in_time = answered(b, DEADLINE_MS);
    close(a);
    later = in_time || answered(b, PATIENCE_MS);
    close(b);
    printf("O_NONBLOCK on the listener%s:\n",
           flag ? ", and on each accepted socket" : " only");
    printf("  accept returned a %sblocking socket%s\n",
           finish().blocking ? "" : "non-", flag ? "; the flag is set" : "");
    printf("  B is %s within %d ms\n", in_time ? "answered" : "not answered",
           DEADLINE_MS);
    if (!in_time)
        printf("  A leaves: B is %s\n", later ? "answered" : "not answered");
}

int main(int argc, char **argv) {
    static const long naps[] = {0, 1, 10, 100};
    char *arg = argc > 1 ? argv[1] : "0", *end;
    long ms = strtol(arg, &end, 10);
    int help = argc == 2 && (!strcmp(arg, "-h") || !strcmp(arg, "--help"));
    if (argc > 2 || *end || end == arg || ms < 0 || ms > MOST_MS) {
        fprintf(help ? stdout : stderr, "usage: nap [milliseconds 0-%d]\n",
                MOST_MS);
        exit(help ? 0 : 2);
    }
    setvbuf(stdout, NULL, _IOLBF, 0); /* each line at once, to a file too */
    alarm(LIMIT_S);
    printf(" naps of    round trip    questions    processor\n");
    for (size_t i = 0; i < (argc > 1 ? 1 : sizeof naps / sizeof *naps); i++)
        measure(argc > 1 ? ms : naps[i]);
    printf("A is silent. B sends a byte. Naps of %d ms.\n", NAP_MS);
    silent_client(1);
    silent_client(0);
}
