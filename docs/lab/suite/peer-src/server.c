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
#define SAME_LOOKS 15 /* 10 ms each: what has not changed for so long stays */
#define GIVE_BACK_MS 500
#define MOST_LIMIT 65536
#define IDLE_LOOKS 4
#define LOOKED_AT 16 /* processes */
#define START_MS 10000 /* until it listens, and an interpreter before it */
#define MAY_DIE_MS 300 /* an interpreter writes about its end */
#define DYING_MS 50 /* a process closes its sockets before it is dead */
#define LAST_WORDS 200 /* bytes of what it said, in a message */

static long first_kib, first_fds, first_members;
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
        fail_as("gone", NULL, "the server has ended by itself");
}

/* --- what it is at: it, all that it has started, and its group -------------------- */
static struct member members[MOST_FAMILY];

/* They that live, in members: how many. */
static size_t find_members(void) {
    size_t n = family_of(server, members, MOST_FAMILY), living = 0;

    for (size_t i = 0; i < n; i++)
        if (members[i].state != 'Z')
            members[living++] = members[i];
    if (living == 0)
        fail_as("gone", NULL, "the server is gone");
    return living;
}

double cpu_ms(void) {
    find_members();
    return family_usage(server).cpu / 1e6;
}

/* Of those that find_members has found, the first few. To look at a thousand of them
 * would take a processor. */
static int some_in(size_t n, const char *states) {
    for (size_t i = 0; i < n && i < LOOKED_AT; i++)
        if (strchr(states, state_of(members[i].pid)) != NULL)
            return 1;
    return 0;
}

long memory_kib(void) {
    find_members();
    return family_memory_kib(server);
}

int wants_to_run(void) { return some_in(find_members(), "RD"); }

/* Waits until all are in that state. Without /proc, 20 ms have to be long enough.
 * Returns 0 after ms. */
static int await_state(char state, double ms) {
    double end = now_ms() + ms;

    while (now_ms() < end) {
        size_t n = find_members(), there = 0;

        /* A stopped process that is traced is t. */
        for (size_t i = 0; i < n; i++)
            there += toupper(members[i].state) == state;
        if (there == n)
            return 1;
        nap_ms(1);
    }
    return 0;
}

/* What it has now is what it is compared with. It listens, but it may still be at its
 * preparations, or take leave of others: until it sleeps, and has closed what it closes.
 * One that never sleeps has had its time. */
static void remember(double ms) {
    double end = now_ms() + ms;
    int same = 0;

    await_state('S', SETTLE_MS);
    do {
        long fds = family_descriptors(server), n = (long)find_members();

        same = fds == first_fds && n == first_members ? same + 1 : 0;
        first_fds = fds;
        first_members = n;
        if (same < SAME_LOOKS && ms > 0)
            nap_ms(10);
    } while (same < SAME_LOOKS && now_ms() < end);
    first_kib = memory_kib();
}

void look_at_server(void) { remember(0); }

void play_remember(struct link *none, const struct step *s) {
    (void)none;
    (void)s;
    remember(deadline_ms);
}

/* Its share of a processor over ms, in percent. *wanted: that of the moments in
 * which it ran, or wanted to: among busy neighbours, a server that spins is kept
 * waiting, and looks idle. */
static double cpu_over(int ms, double *wanted) {
    double cpu = cpu_ms(), start = now_ms();
    size_t n = find_members();
    int looks = 0, ran = 0;

    while (now_ms() < start + ms) {
        nap_ms(5);
        looks++;
        ran += some_in(n, "R");
    }
    *wanted = looks > 0 ? 100.0 * ran / looks : 0;
    return (cpu_ms() - cpu) / (now_ms() - start) * 100;
}

/* --- the steps ------------------------------------------------------------------- */
/* To its group, if it leads one, and to what it has started that has left the group. */
static void send_signal(int sig) {
    pid_t group = getpgid(server) == server && !families_are_one ? server : 0;
    size_t n = find_members();

    if (group > 0)
        kill(-group, sig);
    for (size_t i = 0; i < n; i++)
        if (group == 0 || getpgid(members[i].pid) != group)
            kill(members[i].pid, sig);
}

int stop_or_gone(const char *kind) {
    /* It has closed a connection, perhaps because it is about to end. */
    int may_die = strstr("refused reset ended", kind) != NULL;
    double end = now_ms() + (may_die ? MAY_DIE_MS : 0);

    do {
        if (kill(server, 0) < 0 || state_of(server) == 'Z')
            return 1;
        nap_ms(5);
    } while (now_ms() < end);
    kill(getpgid(server) == server ? -server : server, SIGSTOP);
    return 0;
}

/* SIGSTOP takes effect a little after kill(2) has returned. */
void play_stop(struct link *none, const struct step *s) {
    (void)none;
    (void)s;
    send_signal(SIGSTOP);
    if (!await_state('T', deadline_ms))
        fail_as("runs", NULL, "the server did not stop for %d ms", deadline_ms);
}

void play_continue(struct link *none, const struct step *s) {
    (void)none;
    (void)s;
    send_signal(SIGCONT);
}

void play_signal(struct link *none, const struct step *s) {
    (void)none;
    signalled = 1;
    send_signal(s->n[0]);
}

void play_cpu(struct link *none, const struct step *s) {
    double wanted;

    (void)none;
    printf("%.0f\n", cpu_over(s->n[0], &wanted) * s->n[0] / 100);
}

/* Who has just had something to do may still be at it, as a runtime that compiles what is
 * used often: of some looks, one has to find it idle. */
void play_idle(struct link *none, const struct step *s) {
    double wanted = 0, percent = 0;

    (void)none;
    for (int look = 0; look < IDLE_LOOKS; look++) {
        percent = cpu_over(s->n[1], &wanted);
        if (percent <= s->n[0] && wanted <= 50)
            return;
    }
    fail_as("awake", NULL,
            "the server took %.0f %% of a processor, and wanted one in "
            "%.0f %% of the time: not idle",
            percent, wanted);
}

void play_busy(struct link *none, const struct step *s) {
    double wanted, percent = cpu_over(s->n[1], &wanted);

    (void)none;
    if (percent < s->n[0] && wanted < 90)
        fail_as("asleep", NULL,
                "the server took %.0f %% of a processor, not busy", percent);
}

/* What is no longer needed may be given back a little later. */
void play_memory(struct link *none, const struct step *s) {
    double end = now_ms() + GIVE_BACK_MS;
    long kib;

    (void)none;
    for (; (kib = memory_kib()) > first_kib + s->n[0]; nap_ms(20))
        if (now_ms() > end)
            fail_as("grew", NULL,
                    "the server grew from %ld KiB of memory to %ld KiB",
                    first_kib, kib);
}

void play_descriptors(struct link *none, const struct step *s) {
    double end = now_ms() + deadline_ms;
    long more;

    (void)none;
    for (; (more = family_descriptors(server) - first_fds) > s->n[0]; nap_ms(5))
        if (now_ms() > end)
            fail_as("descriptors", NULL,
                    "the server has %ld descriptors more than before", more);
    find_members();
}

/* Those that have ended count as well, until somebody has waited for them. */
void play_processes(struct link *none, const struct step *s) {
    double end = now_ms() + deadline_ms;

    (void)none;
    for (;; nap_ms(5)) {
        long n = (long)family_of(server, members, MOST_FAMILY), zombies = 0;

        if (n - first_members <= s->n[0])
            return;
        for (long i = 0; i < n; i++)
            zombies += members[i].state == 'Z';
        if (now_ms() > end)
            fail_as("processes", NULL,
                    "the server has %ld processes more than before; %ld have "
                    "ended, and nobody has waited for them",
                    n - first_members, zombies);
    }
}

/* Sets the limit of another process: prlimit(2), which only Linux has. The hard limit
 * stays, so that it can be raised again. */
static void set_limit(pid_t pid, int n) {
#ifdef __linux__
    struct rlimit limit;

    if (prlimit(pid, RLIMIT_NOFILE, NULL, &limit) < 0)
        fail(NULL, "its limit cannot be read: %s", strerror(errno));
    limit.rlim_cur = (rlim_t)n < limit.rlim_max ? (rlim_t)n : limit.rlim_max;
    if (prlimit(pid, RLIMIT_NOFILE, &limit, NULL) < 0)
        fail(NULL, "its limit cannot be set: %s", strerror(errno));
#else
    (void)pid;
    (void)n;
    fail(NULL, "this system cannot set the limit of another process");
#endif
}

void play_limit(struct link *none, const struct step *s) {
    size_t n = find_members();

    (void)none;
    for (size_t i = 0; i < n; i++)
        set_limit(members[i].pid, s->n[0]);
}

/* A limit is a number that no descriptor reaches. So we look for the one below which so
 * many numbers are free, in each process of the server. */
void play_room(struct link *none, const struct step *s) {
    size_t n = find_members();

    (void)none;
    for (size_t i = 0; i < n; i++) {
        char path[64], to[8];
        int limit = 0, have = 0;

        for (int free; limit < MOST_LIMIT; limit++, have += free) {
            snprintf(path, sizeof path, "/proc/%ld/fd/%d", (long)members[i].pid,
                     limit);
            free = readlink(path, to, sizeof to) < 0;
            if (free && have == s->n[0])
                break;
        }
        set_limit(members[i].pid, limit);
    }
}

void play_alive(struct link *none, const struct step *s) {
    (void)none;
    (void)s;
    if (program_ended() != NULL || kill(server, 0) < 0 ||
        state_of(server) == 'Z')
        fail_as("gone", NULL, "the server is gone");
}
