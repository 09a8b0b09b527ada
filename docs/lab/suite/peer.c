/* A scripted peer: plays the clients that the tests and the demos need, polite
 * and rude, and checks every byte that comes back.
 *
 *   peer [-v] [-a ADDR] [-p PID] [-t MS] PORT STEP...
 *       plays the steps, in order
 *   peer exec SECONDS COMMAND [ARG...]
 *       runs a command, bounded in time, without inherited descriptors
 *   peer fill N COMMAND [ARG...]
 *       runs a command, after opening all the descriptors below N
 *   peer leave close|reset BYTES
 *       a server that leaves early: it echoes so many bytes, and is gone
 *   peer free-port
 *       prints a port that nobody uses
 *   peer stdin-blocks
 *       exit 0 if stdin has no O_NONBLOCK
 *
 * Silent and exit 0 when everything went as the steps say; else one message
 * that names the step, what was sent and what came, and exit 1. Each STEP is
 * one argument. A is a group of connections; A.7 is number 7 of the group; in
 * TEXT, \n \t \0 \\ are escapes, and # is the number of the connection.
 *
 *   connect A [N]     open N connections (1) to 127.0.0.1:PORT
 *   send A TEXT       send TEXT on each; expect A TEXT: exactly TEXT comes back
 *   ask A TEXT        send, then expect, on each in turn
 *   dribble A TEXT    byte by byte, each sent when the last one is back
 *   bytes A           all 256 byte values in one message, and back
 *   pipeline A N      N numbered messages in a row, then all of them back
 *   exchange A SIZE   SIZE bytes both ways at once, each byte compared
 *   pour A SIZE       send up to SIZE bytes, read nothing, stop when it jams
 *   collect A         read back what was poured, each byte compared
 *   finish A TEXT     TEXT and the end of the stream, in one segment
 *   urgent A X        one urgent byte (MSG_OOB), outside of the stream
 *   half-close A      no more from us (FIN); eof A: no more from the server
 *   close A, reset A  leave with a FIN, or with a RST
 *   gone A            the server ends the connection, and sends nothing
 *   silence A MS      nothing comes for MS milliseconds
 *   at-least N A TEXT exactly TEXT comes on N of the group, or on more
 *   flood A           a process of its own sends on A and reads, without end
 *   polite A N KIB    N messages, one after the other; while one is under way,
 *                     KIB of the floods come back (median), and no more
 *   lives N SIZE      N connections at once, SIZE bytes each; the server may cut
 *                     them: prints how many got all back, were cut, had to wait
 *   hurry MS          the steps from here on take MS milliseconds at most
 *   hold              wait until stdin ends; say TEXT: print TEXT
 * With -p PID, the process of the server:
 *   stop, continue    SIGSTOP, SIGCONT; signal N: any other
 *   cpu MS            print its CPU time, in ms, over the next MS ms
 *   idle P MS         over MS ms it takes at most P % of a processor
 *   busy P MS         ... or at least, or wants one all the time
 *   memory KIB        it has grown by at most KIB since the peer began
 *   descriptors       it has no more of them than when the peer began
 *   limit N           its limit of descriptors is N from now on (Linux)
 *   alive             it still runs */
#define _GNU_SOURCE /* only for MSG_MORE, where it exists */
#include <arpa/inet.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef MSG_MORE
#define MSG_MORE 0
#endif
#define MOST 20000 /* connections */
#define CHUNK 65536 /* bytes per send or recv of a stream */
#define JAM_MS 100 /* the kernel takes no more for so long: it is full */
#define SETTLE_MS 20 /* for a server that never sleeps, before its first client */
#define NUDGE_MS 1500 /* longer than a server out of descriptors waits: 1 s */
#define WHOLE_RUN_S 120 /* a peer that hangs ends itself */

struct link {
    char group[16];
    int number, fd;
    uint64_t sent, got; /* bytes of its stream: pour, collect, exchange */
};

static struct link links[MOST];
static int count, verbose, port, deadline_ms = 5000;
static const char *address = "127.0.0.1"; /* or what -a says */
static long pid, first_kib, first_fds;
static pid_t floods[8];
static int flooding;
static uint64_t *flooded; /* bytes that came back, by flood: shared memory */
static const char *step = "";
static double hurry_start, hurry_ms;
static char last_sent[80] = "nothing";

static double now_ms(void) {
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* Text for a message: printable, and not too long. */
static const char *show(const char *text, size_t n) {
    static char out[2][80];
    static int which;
    char *o = out[which = !which];
    size_t used = 0;

    o[used++] = '"';
    for (size_t i = 0; i < n && used < 60; i++) {
        if (text[i] == '\n')
            used += (size_t)snprintf(o + used, 5, "\\n");
        else if (isprint((unsigned char)text[i]))
            o[used++] = text[i];
        else
            used += (size_t)snprintf(o + used, 5, "\\x%02x", text[i] & 0xff);
    }
    snprintf(o + used, 6, n > 0 && used >= 60 ? "...\"" : "\"");
    return o;
}

static _Noreturn void fail(const struct link *l, const char *format, ...) {
    va_list ap;

    fprintf(stderr, "  in the step:  %s\n", *step ? step : "the beginning");
    fprintf(stderr, "  last sent:    %s\n  and then:     ", last_sent);
    if (l != NULL)
        fprintf(stderr, "on %s.%d, ", l->group, l->number);
    va_start(ap, format);
    vfprintf(stderr, format, ap);
    va_end(ap);
    fprintf(stderr, "\n");
    exit(1);
}

static _Noreturn void bad_step(const char *why) {
    fprintf(stderr, "peer: %s: %s\n", step, why);
    exit(2);
}

/* The stream of connection k: byte i depends on i and k, so that bytes which
 * are lost, doubled, swapped or another's are seen. splitmix64. */
static void fill(unsigned char *buf, size_t n, int k, uint64_t i) {
    for (size_t j = 0; j < n; j++, i++) {
        uint64_t z = (i >> 3) + ((uint64_t)k << 40) + 0x9e3779b97f4a7c15U;

        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
        buf[j] = (unsigned char)(z >> (8 * (i & 7)));
    }
}

/* Waits for events on l, ms at most. Returns 0 when none came. */
static int wait_for(const struct link *l, short events, int ms) {
    struct pollfd p = {.fd = l->fd, .events = events};
    int n;

    do
        n = poll(&p, 1, ms);
    while (n < 0 && errno == EINTR);
    return n;
}

static void send_all(struct link *l, const char *text, size_t n, int flags) {
    snprintf(last_sent, sizeof last_sent, "%s (%zu bytes)", show(text, n), n);
    while (n > 0) {
        ssize_t sent = send(l->fd, text, n, flags);

        if (sent < 0 && errno == EAGAIN && wait_for(l, POLLOUT, deadline_ms))
            continue;
        if (sent < 0 && errno == EAGAIN)
            fail(l, "no more could be sent for %d ms", deadline_ms);
        if (sent < 0)
            fail(l, "send failed: %s", strerror(errno));
        text += sent;
        n -= (size_t)sent;
    }
}

static void expect(struct link *l, const char *text, size_t n) {
    char *buf = malloc(n + 1);
    size_t got = 0;

    while (got < n) {
        ssize_t more = recv(l->fd, buf + got, n - got, 0);

        if (more > 0) {
            got += (size_t)more;
            if (memcmp(buf, text, got) != 0)
                fail(l, "%s was expected, %s came", show(text, n),
                     show(buf, got));
        } else if (more == 0) {
            fail(l, "%s was expected, %s came, and then the end of the stream",
                 show(text, n), show(buf, got));
        } else if (errno != EAGAIN) {
            fail(l, "%s was expected, %s came, and then: %s", show(text, n),
                 show(buf, got), strerror(errno));
        } else if (!wait_for(l, POLLIN, deadline_ms)) {
            fail(l, "%s was expected, %s came, and nothing more for %d ms",
                 show(text, n), show(buf, got), deadline_ms);
        }
    }
    free(buf);
}

/* Sends the next bytes of the stream, as many as the kernel takes at once.
 * Returns 0 when it takes none now. */
static size_t stream_out(struct link *l, uint64_t size) {
    static unsigned char buf[CHUNK];
    size_t n = size - l->sent < CHUNK ? (size_t)(size - l->sent) : CHUNK;
    ssize_t sent;

    fill(buf, n, l->number, l->sent);
    sent = send(l->fd, buf, n, 0);
    if (sent < 0 && errno != EAGAIN)
        fail(l, "after %" PRIu64 " bytes sent and %" PRIu64 " back: %s",
             l->sent, l->got, strerror(errno));
    l->sent += sent > 0 ? (uint64_t)sent : 0;
    return sent > 0 ? (size_t)sent : 0;
}

/* Reads the next bytes of the stream, as many as there are, and compares. */
static size_t stream_in(struct link *l) {
    static unsigned char buf[CHUNK], want[CHUNK];
    ssize_t n = recv(l->fd, buf, CHUNK, 0);

    if (n == 0)
        fail(l, "the stream ended: %" PRIu64 " bytes sent, %" PRIu64 " back",
             l->sent, l->got);
    if (n < 0 && errno != EAGAIN)
        fail(l, "%" PRIu64 " bytes sent, %" PRIu64 " back, and then: %s",
             l->sent, l->got, strerror(errno));
    if (n < 0)
        return 0;
    fill(want, (size_t)n, l->number, l->got);
    for (ssize_t i = 0; i < n; i++)
        if (buf[i] != want[i])
            fail(l, "byte %" PRIu64 " came back as another: %02x, not %02x",
                 l->got + (uint64_t)i, buf[i], want[i]);
    l->got += (uint64_t)n;
    return (size_t)n;
}

/* Both ways, until size bytes are sent, and all that was sent has come. */
static void exchange(struct link *l, uint64_t size) {
    size += l->sent;
    snprintf(last_sent, sizeof last_sent, "%" PRIu64 " bytes", size);
    while (l->got < size) {
        size_t moved = l->sent < size ? stream_out(l, size) : 0;

        moved += stream_in(l);
        if (moved == 0 &&
            !wait_for(l, l->sent < size ? POLLIN | POLLOUT : POLLIN,
                      deadline_ms))
            fail(l,
                 "%" PRIu64 " bytes sent, %" PRIu64
                 " back, and nothing more for %d ms",
                 l->sent, l->got, deadline_ms);
    }
}

/* That port of the address. */
static struct sockaddr_in at_port(int number) {
    struct sockaddr_in addr = {.sin_family = AF_INET};

    addr.sin_port = htons((in_port_t)number);
    if (inet_pton(AF_INET, address, &addr.sin_addr) != 1)
        fail(NULL, "-a %s: that is no address", address);
    return addr;
}

static int connect_one(void) {
    struct sockaddr_in addr = at_port(port);
    struct link l = {.fd = socket(AF_INET, SOCK_STREAM, 0)};
    int on = 1, error = 0;
    socklen_t len = sizeof error;

    if (l.fd < 0)
        fail(NULL, "the peer has no descriptor left: %s", strerror(errno));
    fcntl(l.fd, F_SETFL, O_NONBLOCK);
    setsockopt(l.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(l.fd, (struct sockaddr *)&addr, sizeof addr) < 0) {
        if (errno != EINPROGRESS)
            fail(NULL, "no connection: %s", strerror(errno));
        if (!wait_for(&l, POLLOUT, deadline_ms))
            fail(NULL, "no connection for %d ms", deadline_ms);
        getsockopt(l.fd, SOL_SOCKET, SO_ERROR, &error, &len);
        if (error != 0)
            fail(NULL, "no connection: %s", strerror(error));
    }
    return l.fd;
}

static void end_link(struct link *l, int hard) {
    struct linger reset = {.l_onoff = 1, .l_linger = 0};

    if (hard)
        setsockopt(l->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    close(l->fd);
    l->fd = -1;
}

/* A process of its own, so that the flood goes on while the peer is polite. */
static void flood(struct link *l) {
    static char buf[CHUNK];

    if (flooding == (int)(sizeof floods / sizeof *floods))
        bad_step("too many floods");
    if (flooded == NULL) {
        FILE *f = tmpfile();

        if (f == NULL || ftruncate(fileno(f), CHUNK) < 0)
            fail(l, "no temporary file for the count: %s", strerror(errno));
        flooded =
            mmap(NULL, CHUNK, PROT_READ | PROT_WRITE, MAP_SHARED, fileno(f), 0);
    }
    floods[flooding] = fork();
    if (floods[flooding++] != 0) {
        close(l->fd);
        l->fd = -1;
        /* Until it is under way: what follows is to find it there. A server that
         * does not serve it now may do so later. */
        for (double end = now_ms() + JAM_MS * 10;
             flooded[flooding - 1] < CHUNK && now_ms() < end;)
            poll(NULL, 0, 1);
        return;
    }
    alarm(WHOLE_RUN_S);
    for (;;) {
        ssize_t sent = send(l->fd, buf, sizeof buf, 0);
        ssize_t got = recv(l->fd, buf, sizeof buf, 0);

        if (got == 0 || (got < 0 && errno != EAGAIN))
            _exit(0);
        flooded[flooding - 1] += got > 0 ? (uint64_t)got : 0;
        if (sent < 0 && got < 0)
            wait_for(l, POLLIN | POLLOUT, deadline_ms);
    }
}

static uint64_t all_flooded(void) {
    uint64_t sum = 0;

    for (int i = 0; i < flooding; i++)
        sum += flooded[i];
    return sum;
}

static int by_size(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

/* Counts bytes, not time: a slow machine slows the floods as well. The median: when
 * we have to wait for a processor, a flood may have the other one. */
static void polite(struct link *l, const char *rest) {
    static uint64_t others[1000];
    uint64_t half;
    int messages = 0, most_kib = 0;

    if (sscanf(rest, "%d %d", &messages, &most_kib) != 2 || messages < 1 ||
        messages > 1000)
        bad_step("1 to 1000 messages, and KiB");
    while (flooding > 0 && all_flooded() < CHUNK)
        poll(NULL, 0, 1); /* until the floods are under way */
    for (int i = 0; i < messages; i++) {
        uint64_t before = all_flooded();

        send_all(l, "may I?", 6, 0);
        expect(l, "may I?", 6);
        others[i] = (all_flooded() - before) >> 10;
    }
    qsort(others, (size_t)messages, sizeof *others, by_size);
    half = others[messages / 2];
    if (verbose)
        fprintf(stderr, "peer: %" PRIu64 " KiB a message\n", half);
    if (half > (uint64_t)most_kib)
        fail(l,
             "while one message of 6 bytes was under way, %" PRIu64
             " KiB of the floods came back, mostly",
             half);
}

/* The CPU time of the server, user and system, in milliseconds. */
static double cpu_ms(void) {
#ifdef __linux__
    struct timespec t;
    clockid_t clock;

    if (clock_getcpuclockid((pid_t)pid, &clock) != 0 ||
        clock_gettime(clock, &t) != 0)
        fail(NULL, "the server is gone");
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
#else
    char command[64], text[64] = "";
    double minutes = 0, seconds = 0;
    FILE *f;

    snprintf(command, sizeof command, "ps -o time= -p %ld", pid);
    f = popen(command, "r");
    if (f == NULL || fgets(text, sizeof text, f) == NULL ||
        sscanf(text, "%lf:%lf", &minutes, &seconds) != 2)
        fail(NULL, "the server is gone");
    pclose(f);
    return (minutes * 60 + seconds) * 1e3;
#endif
}

/* What the server is at: S sleeps, R runs or waits for a processor, D waits for
 * a disk, T is stopped. - where /proc does not tell. proc(5), /proc/PID/stat. */
static char state_of_server(void) {
    char path[64], line[512] = "";
    const char *name_ends;
    FILE *f;

    snprintf(path, sizeof path, "/proc/%ld/stat", pid);
    if ((f = fopen(path, "r")) == NULL)
        return '-';
    name_ends = fgets(line, sizeof line, f) ? strrchr(line, ')') : NULL;
    fclose(f);
    return name_ends != NULL && name_ends[1] == ' ' ? name_ends[2] : '?';
}

/* Sends until nothing more fits, or all is sent. On a loaded machine the server
 * may be kept from running: as long as it wants to and cannot, it is no jam. */
static void pour(struct link *l, uint64_t size) {
    double end = now_ms() + deadline_ms;

    size += l->sent;
    while (l->sent < size && now_ms() < end) {
        double cpu;

        if (stream_out(l, size) > 0) {
            end = now_ms() + deadline_ms;
            continue;
        }
        cpu = pid > 0 ? cpu_ms() : 0;
        if (wait_for(l, POLLOUT, JAM_MS))
            continue;
        if (pid <= 0 || strchr("RD", state_of_server()) == NULL ||
            cpu_ms() - cpu > JAM_MS / 2.0)
            break;
    }
    snprintf(last_sent, sizeof last_sent, "%" PRIu64 " bytes, unread", l->sent);
}

/* Its share of a processor over ms, in percent. *wanted: that of the moments in
 * which it ran, or wanted to: among busy neighbours, a server that spins is kept
 * waiting, and looks idle. */
static double cpu_over(int ms, double *wanted) {
    double cpu = cpu_ms(), start = now_ms();
    int looks = 0, ran = 0;

    while (now_ms() < start + ms) {
        poll(NULL, 0, 5);
        looks++;
        ran += state_of_server() == 'R';
    }
    *wanted = looks > 0 ? 100.0 * ran / looks : 0;
    return (cpu_ms() - cpu) / (now_ms() - start) * 100;
}

/* The server's memory, in KiB: what ps(1) calls rss. */
static long memory_kib(void) {
    char text[64];
    long pages = 0, kib = 0;
    FILE *f;

    snprintf(text, sizeof text, "/proc/%ld/statm", pid);
    if ((f = fopen(text, "r")) != NULL) { /* proc(5): size, and resident */
        if (fscanf(f, "%*d %ld", &pages) != 1)
            fail(NULL, "the server is gone");
        fclose(f);
        return pages * (sysconf(_SC_PAGESIZE) / 1024);
    }
    snprintf(text, sizeof text, "ps -o rss= -p %ld", pid);
    f = popen(text, "r");
    if (f == NULL || fscanf(f, "%ld", &kib) != 1)
        fail(NULL, "the server is gone");
    pclose(f);
    return kib;
}

/* How many descriptors the server has open; 0 where /proc does not tell. */
static long descriptors(void) {
    char path[64];
    long n = 0;
    DIR *dir;

    snprintf(path, sizeof path, "/proc/%ld/fd", pid);
    dir = opendir(path);
    while (dir != NULL && readdir(dir) != NULL)
        n++;
    if (dir != NULL)
        closedir(dir);
    return n;
}

static uint64_t size_of(const char *text) {
    char *end;
    uint64_t n = strtoull(text, &end, 10);

    if (strcmp(end, "MiB") == 0)
        return n << 20;
    if (strcmp(end, "KiB") == 0)
        return n << 10;
    if (end == text || *end != '\0')
        bad_step("a size is a number, or a number with KiB or MiB");
    return n;
}

/* Resolves escapes, and # to the number. Returns the length. */
static size_t expand(char *out, const char *text, int number) {
    char *o = out;

    for (; *text != '\0'; text++) {
        if (*text == '#') {
            o += sprintf(o, "%d", number);
        } else if (*text == '\\' && text[1] != '\0') {
            text++;
            *o++ = (char)(*text == 'n'   ? '\n'
                          : *text == 't' ? '\t'
                          : *text == '0' ? '\0'
                                         : *text);
        } else {
            *o++ = *text;
        }
    }
    return (size_t)(o - out);
}

/* The verbs of one connection. */
static void play_link(struct link *l, const char *verb, const char *rest) {
    static char text[CHUNK];
    char byte;
    size_t n = strlen(rest) < CHUNK / 8 ? expand(text, rest, l->number) : 0;

    if (l->fd < 0)
        bad_step("that connection is closed");
    if (strcmp(verb, "send") == 0) {
        send_all(l, text, n, 0);
    } else if (strcmp(verb, "expect") == 0) {
        expect(l, text, n);
    } else if (strcmp(verb, "ask") == 0) {
        send_all(l, text, n, 0);
        expect(l, text, n);
    } else if (strcmp(verb, "dribble") == 0) {
        for (size_t i = 0; i < n; i++) {
            send_all(l, text + i, 1, 0);
            expect(l, text + i, 1);
        }
    } else if (strcmp(verb, "bytes") == 0) {
        for (int i = 0; i < 256; i++)
            text[i] = (char)i;
        send_all(l, text, 256, 0);
        expect(l, text, 256);
    } else if (strcmp(verb, "pipeline") == 0) {
        for (int i = 0; i < atoi(rest); i++)
            send_all(l, text, (size_t)sprintf(text, "message %d\n", i), 0);
        for (int i = 0; i < atoi(rest); i++)
            expect(l, text, (size_t)sprintf(text, "message %d\n", i));
    } else if (strcmp(verb, "exchange") == 0) {
        exchange(l, size_of(rest));
    } else if (strcmp(verb, "pour") == 0) {
        pour(l, size_of(rest));
    } else if (strcmp(verb, "collect") == 0) {
        exchange(l, 0);
    } else if (strcmp(verb, "finish") == 0) {
        send_all(l, text, n, MSG_MORE);
        shutdown(l->fd, SHUT_WR);
    } else if (strcmp(verb, "urgent") == 0) {
        send_all(l, text, 1, MSG_OOB);
    } else if (strcmp(verb, "half-close") == 0) {
        shutdown(l->fd, SHUT_WR);
    } else if (strcmp(verb, "eof") == 0 || strcmp(verb, "gone") == 0) {
        ssize_t got;

        if (!wait_for(l, POLLIN, deadline_ms))
            fail(l, "the server did not end the stream for %d ms", deadline_ms);
        got = recv(l->fd, text, sizeof text, 0);
        if (got > 0)
            fail(l, "%s came, not the end of the stream",
                 show(text, (size_t)got));
        if (got < 0 && strcmp(verb, "eof") == 0)
            fail(l, "no end of the stream, but: %s", strerror(errno));
    } else if (strcmp(verb, "close") == 0) {
        end_link(l, 0);
    } else if (strcmp(verb, "reset") == 0) {
        end_link(l, 1);
    } else if (strcmp(verb, "silence") == 0) {
        if (wait_for(l, POLLIN, atoi(rest)) && recv(l->fd, &byte, 1, 0) >= 0)
            fail(l, "there was to be silence for %s ms, but something came",
                 rest);
    } else if (strcmp(verb, "flood") == 0) {
        flood(l);
    } else if (strcmp(verb, "polite") == 0) {
        polite(l, rest);
    } else {
        bad_step("no such verb");
    }
}

/* Waits until text has come on n connections of the group. */
static void at_least(int n, const char *group, const char *rest) {
    char text[256], buf[256];
    int have = 0;
    double end = now_ms() + deadline_ms;

    for (;;) {
        have = 0;
        for (int i = 0; i < count; i++) {
            struct link *l = &links[i];
            size_t len = expand(text, rest, l->number);

            if (l->fd < 0 || strcmp(l->group, group) != 0)
                continue;
            if (recv(l->fd, buf, sizeof buf, MSG_PEEK) == (ssize_t)len &&
                memcmp(buf, text, len) == 0)
                have++;
        }
        if (have >= n)
            return;
        if (now_ms() > end)
            fail(NULL, "%d of the group were answered after %d ms, not %d",
                 have, deadline_ms, n);
        poll(NULL, 0, 5);
    }
}

/* Waits until the process is in that state. Without /proc, 20 ms have to be
 * long enough. Returns 0 after ms. */
static int await_state(char state, double ms) {
    double end = now_ms() + ms;

    while (now_ms() < end) {
        char now = state_of_server();

        if (now == '-')
            poll(NULL, 0, 20);
        if (now == '-' || toupper(now) == state) /* t: stopped, and traced */
            return 1;
        poll(NULL, 0, 1);
    }
    return 0;
}

/* SIGSTOP takes effect a little after kill(2) has returned: waits until the
 * state of the process, behind its name in parentheses, is T. proc(5). */
static void stop_server(void) {
    kill((pid_t)pid, SIGSTOP);
    if (!await_state('T', deadline_ms))
        fail(NULL, "the server did not stop for %d ms", deadline_ms);
}

/* One connection of `lives`. Those with an even number end their side right
 * behind the last byte; the others when all is back, so that they can go on. */
struct life {
    struct link l;
    uint64_t size;
    int reading, half, over;
};
enum { ALIVE, WHOLE, CUT, LATE };

/* Sends and reads what is possible now. Sets over when it has come to an end.
 * Returns 0 when nothing moved. */
static int live(struct life *v) {
    static unsigned char buf[CHUNK], want[CHUNK];
    uint64_t left = v->size - v->l.sent;
    size_t n = left < CHUNK ? (size_t)left : CHUNK;
    ssize_t sent = 0, got = -1;

    fill(buf, n, v->l.number, v->l.sent);
    errno = EAGAIN;
    if (n > 0)
        sent = send(v->l.fd, buf, n, 0);
    v->l.sent += sent > 0 ? (uint64_t)sent : 0;
    v->reading |= v->l.sent == v->size;
    if (!v->half && v->l.sent == v->size &&
        (v->l.number % 2 == 0 || v->l.got == v->size))
        v->half = shutdown(v->l.fd, SHUT_WR) == 0;
    if (v->reading || (sent < 0 && errno != EAGAIN))
        got = recv(v->l.fd, buf, CHUNK, 0);
    if (got > 0) {
        fill(want, (size_t)got, v->l.number, v->l.got);
        if (v->l.got + (uint64_t)got > v->l.sent ||
            memcmp(buf, want, (size_t)got) != 0)
            fail(&v->l, "after %" PRIu64 " bytes, others came back", v->l.got);
        v->l.got += (uint64_t)got;
    }
    if (got == 0 || (got < 0 && errno != EAGAIN))
        v->over = got == 0 && v->half && v->l.got == v->size ? WHOLE : CUT;
    return sent > 0 || got > 0 || v->over;
}

/* Nothing has moved for long: does the server wait for news? Sends a byte on
 * each that still may, and comes as a new client. */
static void nudge(struct life *lives, int n, int last) {
    struct link l = {.fd = connect_one()};

    for (int i = 0; i < n; i++) {
        lives[i].size += !lives[i].over && !lives[i].half;
        if (!lives[i].over && last)
            lives[i].over = LATE;
    }
    end_link(&l, 0);
}

static void live_all(const char *rest) {
    static struct life lives[100];
    struct pollfd polls[100];
    int n = 0, left, nudges = 0, came_to[4] = {0};
    char size[32] = "";
    double moved = now_ms();

    if (sscanf(rest, "%d %31s", &n, size) != 2 || n < 1 || n > 100)
        bad_step("1 to 100 connections, and a size");
    for (int i = 0; i < n; i++)
        lives[i] = (struct life){{"life", i, connect_one(), 0, 0},
                                 size_of(size), 0, 0, 0};
    do {
        left = 0;
        for (int i = 0; i < n; i++) {
            if (!lives[i].over && live(&lives[i]))
                moved = now_ms();
            polls[i].fd = lives[i].over ? -1 : lives[i].l.fd;
            polls[i].events = lives[i].reading ? POLLIN : 0;
            if (lives[i].l.sent < lives[i].size)
                polls[i].events |= POLLOUT;
            left += !lives[i].over;
        }
        if (left > 0 && poll(polls, (nfds_t)n, 20) == 0)
            for (int i = 0; i < n; i++)
                lives[i].reading = 1; /* the server has jammed: let it go on */
        if (now_ms() - moved > NUDGE_MS) {
            nudge(lives, n, ++nudges == 3);
            moved = now_ms();
        }
    } while (left > 0);
    for (int i = 0; i < n; i++) {
        came_to[lives[i].over]++;
        end_link(&lives[i].l, lives[i].over == LATE);
    }
    printf("lives: %d whole, %d cut, %d late, %d nudges\n", came_to[WHOLE],
           came_to[CUT], came_to[LATE], nudges);
}

/* Sets the limit of another process: prlimit(2), which only Linux has. The hard
 * limit stays, so that it can be raised again. */
static void limit_server(int most) {
#ifdef __linux__
    struct rlimit limit;

    if (prlimit((pid_t)pid, RLIMIT_NOFILE, NULL, &limit) < 0)
        fail(NULL, "its limit cannot be read: %s", strerror(errno));
    limit.rlim_cur = (rlim_t)most;
    if (prlimit((pid_t)pid, RLIMIT_NOFILE, &limit, NULL) < 0)
        fail(NULL, "its limit cannot be set: %s", strerror(errno));
#else
    (void)most;
    fail(NULL, "this system cannot set the limit of another process");
#endif
}

/* The verbs of the server's process. Returns 0 for another verb. */
static int play_server(const char *verb, const char *rest) {
    int a = 0, b = 0;
    double percent, wanted, end = now_ms() + deadline_ms;

    sscanf(rest, "%d %d", &a, &b);
    if (strcmp(verb, "stop") == 0) {
        stop_server();
    } else if (strcmp(verb, "continue") == 0) {
        kill((pid_t)pid, SIGCONT);
    } else if (strcmp(verb, "signal") == 0) {
        kill((pid_t)pid, a);
    } else if (strcmp(verb, "cpu") == 0) {
        printf("%.0f\n", cpu_over(a, &wanted) * a / 100);
    } else if (strcmp(verb, "idle") == 0) {
        if ((percent = cpu_over(b, &wanted)) > a || wanted > 50)
            fail(NULL,
                 "the server took %.0f %% of a processor, and wanted one in "
                 "%.0f %% of the time: not idle",
                 percent, wanted);
    } else if (strcmp(verb, "busy") == 0) {
        if ((percent = cpu_over(b, &wanted)) < a && wanted < 90)
            fail(NULL, "the server took %.0f %% of a processor, not busy",
                 percent);
    } else if (strcmp(verb, "memory") == 0) {
        if (memory_kib() > first_kib + a)
            fail(NULL, "the server grew from %ld KiB to %ld KiB", first_kib,
                 memory_kib());
    } else if (strcmp(verb, "descriptors") == 0) {
        while (descriptors() > first_fds) {
            if (now_ms() > end)
                fail(NULL, "the server has %ld descriptors more than before",
                     descriptors() - first_fds);
            poll(NULL, 0, 5);
        }
    } else if (strcmp(verb, "limit") == 0) {
        limit_server(a);
    } else if (strcmp(verb, "alive") == 0) {
        if (kill((pid_t)pid, 0) < 0)
            fail(NULL, "the server is gone");
    } else {
        return 0;
    }
    return 1;
}

static void play(const char *text) {
    char verb[16] = "", group[16] = "", *dot;
    int used = 0, n = 1, matched = 0, number = -1;

    step = text;
    if (verbose)
        fprintf(stderr, "peer: %s\n", step);
    sscanf(text, "%15s %n", verb, &used);
    if (hurry_ms > 0 && now_ms() > hurry_start + hurry_ms)
        fail(NULL, "%.0f ms passed, and %.0f ms were to be enough",
             now_ms() - hurry_start, hurry_ms);
    if (strcmp(verb, "hurry") == 0) {
        hurry_start = now_ms();
        hurry_ms = atoi(text + used);
        return;
    }
    if (strcmp(verb, "lives") == 0) {
        live_all(text + used);
        return;
    }
    if (strcmp(verb, "say") == 0) {
        puts(text + used);
        return;
    }
    if (strcmp(verb, "hold") == 0) {
        while (getchar() != EOF)
            continue;
        return;
    }
    if (pid > 0 && play_server(verb, text + used))
        return;
    text += used;
    if (strcmp(verb, "at-least") == 0) {
        sscanf(text, "%d %15s%n", &n, group, &used);
        at_least(n, group, text[used] ? text + used + 1 : "");
        return;
    }
    used = 0;
    sscanf(text, "%15s%n", group, &used);
    text += text[used] ? used + 1 : used;
    if (strcmp(verb, "connect") == 0) {
        n = *text ? atoi(text) : 1;
        for (int i = 0; i < n; i++, count++) {
            if (count == MOST)
                bad_step("too many connections");
            links[count].fd = connect_one();
            links[count].number = i;
            strcpy(links[count].group, group);
        }
        return;
    }
    if ((dot = strchr(group, '.')) != NULL) {
        number = atoi(dot + 1);
        *dot = '\0';
    }
    for (int i = 0; i < count; i++) {
        if (strcmp(links[i].group, group) != 0 ||
            (number >= 0 && links[i].number != number))
            continue;
        matched++;
        play_link(&links[i], verb, text);
    }
    if (matched == 0)
        bad_step("no such connection");
}

/* Runs a command without inherited descriptors and with default signals: a
 * shell that starts it in the background has SIGINT ignored. The alarm outlives
 * execvp, so that a server that was forgotten ends by itself. */
static int run_command(char **argv) {
    long most = sysconf(_SC_OPEN_MAX);
    sigset_t none;

    for (int fd = 3; fd < (most > 0 && most < 65536 ? most : 65536); fd++)
        close(fd);
    for (int i = 1; i < 32; i++)
        signal(i, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    alarm((unsigned)atoi(argv[0]));
    execvp(argv[1], argv + 1);
    fprintf(stderr, "peer: %s: %s\n", argv[1], strerror(errno));
    return 127;
}

/* A listener on 127.0.0.1, on a port that the kernel chooses: sets port. */
static int listen_anywhere(void) {
    struct sockaddr_in addr = at_port(0);
    socklen_t len = sizeof addr;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    if (bind(fd, (struct sockaddr *)&addr, len) < 0 || listen(fd, 5) < 0 ||
        getsockname(fd, (struct sockaddr *)&addr, &len) < 0) {
        perror("peer: listen");
        exit(1);
    }
    port = ntohs(addr.sin_port);
    return fd;
}

/* A port that nobody uses. Not one that the kernel would choose: until the
 * server has it, somebody's connect could be given the same. ip(7),
 * ip_local_port_range: from 32768 on Linux, from 49152 elsewhere. */
static int free_port(void) {
    struct timespec t;

    clock_gettime(CLOCK_REALTIME, &t);
    srand((unsigned)t.tv_nsec ^ (unsigned)getpid());
    for (int tries = 0; tries < 1000; tries++) {
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        int number = 10000 + rand() % 20000, taken;
        struct sockaddr_in addr = at_port(number);

        taken = bind(fd, (struct sockaddr *)&addr, sizeof addr) < 0;
        close(fd);
        if (!taken)
            return number;
    }
    fprintf(stderr, "peer: no port is free\n");
    exit(1);
}

/* A server that echoes some bytes to one client, and then leaves. */
static int leave(const char *how, long bytes) {
    static char buf[CHUNK];
    int door = listen_anywhere();
    struct link l = {.group = "client"};

    printf("listening on 127.0.0.1:%d\n", port);
    fflush(stdout);
    l.fd = accept(door, NULL, NULL);
    while (bytes > 0) {
        ssize_t n = recv(l.fd, buf, bytes < CHUNK ? (size_t)bytes : CHUNK, 0);

        if (n <= 0 || send(l.fd, buf, (size_t)n, 0) != n)
            break;
        bytes -= n;
    }
    end_link(&l, strcmp(how, "reset") == 0);
    return 0;
}

static void end_all(void) {
    for (int i = 0; i < count; i++)
        if (links[i].fd >= 0) /* of a crowd, TIME_WAIT would keep the ports */
            end_link(&links[i], count > 500);
    for (int i = 0; i < flooding; i++) {
        kill(floods[i], SIGKILL);
        waitpid(floods[i], NULL, 0);
    }
}

int main(int argc, char **argv) {
    int option;

    if (argc > 3 && strcmp(argv[1], "exec") == 0)
        return run_command(argv + 2);
    if (argc > 3 && strcmp(argv[1], "fill") == 0) {
        while (open("/dev/null", O_RDWR) < atoi(argv[2]) - 1)
            continue;
        execvp(argv[3], argv + 3);
        perror(argv[3]);
        return 127;
    }
    if (argc == 4 && strcmp(argv[1], "leave") == 0)
        return leave(argv[2], atol(argv[3]));
    if (argc == 2 && strcmp(argv[1], "free-port") == 0)
        return printf("%d\n", free_port()) < 0;
    if (argc == 2 && strcmp(argv[1], "stdin-blocks") == 0)
        return (fcntl(0, F_GETFL) & O_NONBLOCK) != 0;
    while ((option = getopt(argc, argv, "+va:p:t:")) != -1) {
        if (option == 'v')
            verbose = 1;
        else if (option == 'a')
            address = optarg;
        else if (option == 'p')
            pid = atol(optarg);
        else if (option == 't')
            deadline_ms = atoi(optarg);
        else
            return 2;
    }
    port = optind < argc ? atoi(argv[optind]) : 0;
    if (port <= 0) {
        fprintf(stderr,
                "usage: peer [-v] [-a ADDR] [-p PID] [-t MS] PORT STEP...\n"
                "       peer exec SECONDS COMMAND...\n");
        return 2;
    }
    alarm(WHOLE_RUN_S);
    signal(SIGPIPE, SIG_IGN);
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (pid > 0) {
        /* It listens, but it may still be at its preparations: until it sleeps.
         * One that never sleeps has had its time. */
        await_state('S', SETTLE_MS);
        first_kib = memory_kib();
        first_fds = descriptors();
    }
    atexit(end_all);
    for (int i = optind + 1; i < argc; i++)
        play(argv[i]);
    return 0;
}
