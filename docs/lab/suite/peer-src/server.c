/* The process of the server: to start it, to stop it for a while, to ask what it
 * uses. */
#define _GNU_SOURCE /* prlimit */
#include "peer.h"
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define SETTLE_MS                                                              \
    20 /* for a server that never sleeps, before its first client */
#define START_MS 10000 /* until it listens, and an interpreter before it */
#define DYING_MS 50 /* a process closes its sockets before it is dead */
#define LAST_WORDS 200 /* bytes of what it said, in a message */

static long first_kib, first_fds;
static int output = -1; /* of the server that we started */
static int started; /* it is ours */
static int signalled; /* a step has sent a signal: it may have ended by it */

/* --- a server of ours ---------------------------------------------------------- */
void start_server(char **command, const char *log) {
    output = log == NULL
                 ? open_scratch()
                 : open(log, O_RDWR | O_CREAT | O_TRUNC | O_APPEND, 0666);
    if (output < 0)
        quit(2, "%s: %s", log != NULL ? log : "a temporary file",
             strerror(errno));
    started = 1;
    server = start_program(command, output, WHOLE_RUN_S + 5, NULL);
    port = port_told(output, START_MS);
    if (log != NULL)
        output = -1; /* who gave the log, reads it */
}

void tell_of_server(void) {
    const char *how = program_ended();
    char words[LAST_WORDS];
    off_t all = output >= 0 ? lseek(output, 0, SEEK_END) : 0;
    off_t from = all > LAST_WORDS ? all - LAST_WORDS : 0;
    ssize_t n = all > 0 ? pread(output, words, sizeof words, from) : 0;

    for (int ms = 0; started && how == NULL && ms < DYING_MS; ms++) {
        nap_ms(1);
        how = program_ended();
    }
    if (how != NULL)
        fprintf(stderr, "  the server:   it has ended: %s\n", how);
    if (n > 0)
        fprintf(stderr, "  it said last: %s%s\n", from > 0 ? "... " : "",
                show(words, (size_t)n, LAST_WORDS));
}

void check_own_server(void) {
    const char *how = program_ended();

    if (how != NULL && !signalled && strcmp(how, "status 0") != 0)
        fail(NULL, "the server has ended by itself");
}

/* --- what it is at -------------------------------------------------------------- */
double cpu_ms(void) {
    double ms = cpu_ms_of(server);

    if (ms < 0)
        fail(NULL, "the server is gone");
    return ms;
}

static long memory_kib(void) {
    long kib = memory_kib_of(server);

    if (kib < 0)
        fail(NULL, "the server is gone");
    return kib;
}

/* Waits until the process is in that state. Without /proc, 20 ms have to be
 * long enough. Returns 0 after ms. */
static int await_state(char state, double ms) {
    double end = now_ms() + ms;

    while (now_ms() < end) {
        char now = state_of(server);

        if (now == '-')
            nap_ms(20);
        if (now == '-' || toupper(now) == state) /* t: stopped, and traced */
            return 1;
        nap_ms(1);
    }
    return 0;
}

/* It listens, but it may still be at its preparations: until it sleeps. One that
 * never sleeps has had its time. */
void look_at_server(void) {
    await_state('S', SETTLE_MS);
    first_kib = memory_kib();
    first_fds = descriptors_of(server);
}

/* Its share of a processor over ms, in percent. *wanted: that of the moments in
 * which it ran, or wanted to: among busy neighbours, a server that spins is kept
 * waiting, and looks idle. */
static double cpu_over(int ms, double *wanted) {
    double cpu = cpu_ms(), start = now_ms();
    int looks = 0, ran = 0;

    while (now_ms() < start + ms) {
        nap_ms(5);
        looks++;
        ran += state_of(server) == 'R';
    }
    *wanted = looks > 0 ? 100.0 * ran / looks : 0;
    return (cpu_ms() - cpu) / (now_ms() - start) * 100;
}

/* --- the steps ------------------------------------------------------------------- */
/* SIGSTOP takes effect a little after kill(2) has returned. */
void play_stop(struct link *none, const struct step *s) {
    (void)none;
    (void)s;
    kill(server, SIGSTOP);
    if (!await_state('T', deadline_ms))
        fail(NULL, "the server did not stop for %d ms", deadline_ms);
}

void play_continue(struct link *none, const struct step *s) {
    (void)none;
    (void)s;
    kill(server, SIGCONT);
}

void play_signal(struct link *none, const struct step *s) {
    (void)none;
    signalled = 1;
    kill(server, s->n[0]);
}

void play_cpu(struct link *none, const struct step *s) {
    double wanted;

    (void)none;
    printf("%.0f\n", cpu_over(s->n[0], &wanted) * s->n[0] / 100);
}

void play_idle(struct link *none, const struct step *s) {
    double wanted, percent = cpu_over(s->n[1], &wanted);

    (void)none;
    if (percent > s->n[0] || wanted > 50)
        fail(NULL,
             "the server took %.0f %% of a processor, and wanted one in "
             "%.0f %% of the time: not idle",
             percent, wanted);
}

void play_busy(struct link *none, const struct step *s) {
    double wanted, percent = cpu_over(s->n[1], &wanted);

    (void)none;
    if (percent < s->n[0] && wanted < 90)
        fail(NULL, "the server took %.0f %% of a processor, not busy", percent);
}

void play_memory(struct link *none, const struct step *s) {
    long kib = memory_kib();

    (void)none;
    if (kib > first_kib + s->n[0])
        fail(NULL, "the server grew from %ld KiB to %ld KiB", first_kib, kib);
}

void play_descriptors(struct link *none, const struct step *s) {
    double end = now_ms() + deadline_ms;

    (void)none;
    (void)s;
    for (; descriptors_of(server) > first_fds; nap_ms(5))
        if (now_ms() > end)
            fail(NULL, "the server has %ld descriptors more than before",
                 descriptors_of(server) - first_fds);
}

/* Sets the limit of another process: prlimit(2), which only Linux has. The hard
 * limit stays, so that it can be raised again. */
void play_limit(struct link *none, const struct step *s) {
#ifdef __linux__
    struct rlimit limit;

    if (prlimit(server, RLIMIT_NOFILE, NULL, &limit) < 0)
        fail(NULL, "its limit cannot be read: %s", strerror(errno));
    limit.rlim_cur = (rlim_t)s->n[0];
    if (prlimit(server, RLIMIT_NOFILE, &limit, NULL) < 0)
        fail(NULL, "its limit cannot be set: %s", strerror(errno));
#else
    (void)s;
    fail(NULL, "this system cannot set the limit of another process");
#endif
    (void)none;
}

void play_alive(struct link *none, const struct step *s) {
    (void)none;
    (void)s;
    if (program_ended() != NULL || kill(server, 0) < 0)
        fail(NULL, "the server is gone");
}
