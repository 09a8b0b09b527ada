/* What each step of a script does. */
#include "terminal.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define GRACE_MS 500 /* for what is on its way when the command is at rest */

int number(const char *text) { return (int)strtol(text, NULL, 10); }

void step_type(const char *rest) {
    char text[1024]; /* on Linux, a terminal that nobody reads takes 4096 */
    size_t n = expand(text, sizeof text, rest, -1);

    if (master < 0)
        bad_step("the terminal is closed");
    if (write(master, text, n) != (ssize_t)n)
        fail("to type", "write: %s", strerror(errno));
}

void step_see(const char *rest) {
    char text[1024];
    size_t n = expand(text, sizeof text, rest, -1);
    double end = now_ms() + deadline_ms, rest_since = 0;

    for (;;) {
        for (size_t at = seen; at + n <= printed; at++)
            if (memcmp(screen + at, text, n) == 0) {
                seen = at + n;
                return;
            }
        if (state != RUNNING && rest_since <= 0)
            rest_since = now_ms();
        if (state == RUNNING)
            rest_since = 0;
        if (now_ms() > end ||
            (rest_since > 0 && now_ms() > rest_since + GRACE_MS))
            fail(show(text, n, SHOWN), "it did not come, and %s%s", now_it(),
                 now_ms() > end ? ", the time is over" : "");
        watch(LOOK_MS);
    }
}

void step_settled(const char *rest) {
    unsigned long long at_first = all_printed, last = all_printed;
    double ms = number(rest), since = now_ms(), end = since + ms + deadline_ms;

    while (now_ms() < since + ms) {
        watch(LOOK_MS);
        if (last != all_printed)
            since = now_ms();
        last = all_printed;
        if (now_ms() > end)
            fail("a moment in which nothing is printed",
                 "it prints all the time: %llu bytes in %.0f ms",
                 all_printed - at_first, ms + deadline_ms);
    }
}

/* For ms nothing is printed. What was printed before the step does not count. */
static void nothing_for(int ms, int most_cpu_ms) {
    char expected[96];
    double end, cpu, took;

    watch(0);
    unwanted_bytes = 0;
    end = now_ms() + ms;
    cpu = state == ENDED ? 0 : cpu_ms();
    while (now_ms() < end && state == RUNNING)
        watch(LOOK_MS);
    if (state != RUNNING)
        fail("a command that waits", "%s", now_it());
    took = cpu_ms() - cpu;
    snprintf(expected, sizeof expected, "nothing printed for %d ms", ms);
    if (most_cpu_ms >= 0)
        snprintf(expected + strlen(expected), 48,
                 ", with at most %d ms of processor time", most_cpu_ms);
    if (unwanted_bytes > 0)
        fail(expected, "%zu bytes, and %.0f ms of processor time: %s%s",
             unwanted_bytes, took,
             show(unwanted, unwanted_bytes < FIRST ? unwanted_bytes : FIRST,
                  FIRST),
             unwanted_bytes > FIRST ? "..." : "");
    if (most_cpu_ms >= 0 && took > most_cpu_ms)
        fail(expected, "0 bytes, and %.0f ms of processor time", took);
}

void step_asleep(const char *rest) {
    int ms = number(rest);

    /* ps(1) counts in hundredths of a second. */
    nothing_for(ms, ms / 50 > 10 ? ms / 50 : 10);
}

void step_quiet(const char *rest) { nothing_for(number(rest), -1); }

void step_signal(const char *rest) { send_signal(signal_number(rest)); }

void step_stopped(const char *rest) {
    await(STOPPED, "it stops");
    if (*rest == '\0')
        give_terminal_to(getpgrp());
}

void step_running(const char *rest) {
    (void)rest;
    look();
    await(RUNNING, "it runs");
}

/* The terminal first: a command that goes on without it would be stopped by its
 * next read. */
void step_fg(const char *rest) {
    (void)rest;
    give_terminal_to(command);
    send_signal(SIGCONT);
}

void step_bg(const char *rest) {
    (void)rest;
    send_signal(SIGCONT);
}

void step_flags(const char *rest) {
    static const char same[] = "the terminal as it was before the command";
    int flags = fcntl(slave, F_GETFL), other = flags ^ first_flags;
    struct termios t;

    (void)rest;
    if (other & O_NONBLOCK)
        fail(same, "O_NONBLOCK is %s on the terminal",
             flags & O_NONBLOCK ? "set" : "not set");
    if (other != 0)
        fail(same, "the file status flags are %#x, not %#x", (unsigned)flags,
             (unsigned)first_flags);
    if (master < 0) /* closed: it has no settings any more */
        return;
    if (tcgetattr(slave, &t) < 0)
        fail(same, "tcgetattr: %s", strerror(errno));
    if (t.c_iflag != first_settings.c_iflag)
        fail(same, "the settings differ in c_iflag (what is done to input)");
    if (t.c_oflag != first_settings.c_oflag)
        fail(same, "the settings differ in c_oflag (what is done to output)");
    if (t.c_cflag != first_settings.c_cflag)
        fail(same, "the settings differ in c_cflag (the line)");
    if (t.c_lflag != first_settings.c_lflag)
        fail(same, "the settings differ in c_lflag (ICANON, ECHO, ISIG...)");
    if (memcmp(t.c_cc, first_settings.c_cc, sizeof t.c_cc) != 0)
        fail(same, "the settings differ in c_cc (Ctrl-C, Ctrl-D...)");
}

void step_shell_clears(const char *rest) {
    (void)rest;
    fcntl(slave, F_SETFL, fcntl(slave, F_GETFL) & ~O_NONBLOCK);
}

void step_shell_reads(const char *rest) {
    char text[1024], line[1024];
    size_t n = expand(text, sizeof text, rest, -1);
    double end = now_ms() + deadline_ms;
    struct pollfd p = {.fd = slave, .events = POLLIN};
    ssize_t got;

    while (poll(&p, 1, LOOK_MS) == 0) {
        if (now_ms() > end)
            fail(show(text, n, SHOWN),
                 "there was nothing to read: who has read it?");
        watch(0);
    }
    got = read(slave, line, sizeof line);
    if (got < 0)
        fail(show(text, n, SHOWN), "the shell's own read of its terminal: %s",
             strerror(errno));
    if ((size_t)got != n || memcmp(line, text, n) != 0)
        fail(show(text, n, SHOWN), "the shell has read %s",
             show(line, (size_t)got, SHOWN));
}

void step_ended(const char *rest) {
    char expected[64];

    snprintf(expected, sizeof expected, "its end: %s", rest);
    await(ENDED, expected);
    watch(0); /* its last words */
    if (strcmp(rest, "anyhow") != 0 && strcmp(how_it_ended(), rest) != 0)
        fail(expected, "%s", now_it());
    give_terminal_to(getpgrp());
}

/* The kernel sends SIGHUP to the shell; and a shell, to its jobs. SIGCONT, so that
 * a job which is stopped learns of it, too. */
void step_terminal_closes(const char *rest) {
    (void)rest;
    if (master < 0)
        bad_step("the terminal is closed");
    watch(0); /* the last that it showed */
    close(master);
    master = -1;
    kill(-command, SIGHUP);
    kill(-command, SIGCONT);
}
