/* A scripted terminal: puts a command on a pseudo-terminal, as a shell with job
 * control does, and plays what the person at the keyboard does and sees.
 *
 *   terminal [-v] [-t MS] [-o FILE] STEP... -- COMMAND [ARG...]
 *
 * It is both at once: the terminal (the master's side: it types, and sees what
 * is printed) and the shell (a session of its own, which the terminal controls).
 * The shell opens the terminal once, and the command inherits that open file as
 * stdin, stdout and stderr: the flags that it sets there, the shell has, too. The
 * command gets a process group of its own, and the signals that were ignored when
 * `terminal` was started are ignored in it. Called by terminal.bash; by hand:
 *
 *   docs/lab/suite/terminal "type hello\n" "see hello" "see hello" "signal TSTP" \
 *       stopped flags fg "type \004" "ended 0" -- 03-select/client 8003
 *
 * Silent and exit 0 when all steps held; 1 when one did not, with a message that
 * names the step, what was expected, what came, and the end of what the terminal
 * showed; 2 for wrong use. Each STEP is one argument. In TEXT, \n \r \t \\ and
 * octal numbers (\004 is Ctrl-D, \032 Ctrl-Z) are escapes. What has not come
 * after -t MS (5000) does not come. All that is printed is written to FILE, too.
 *
 *   background        first: started as `command &`, without the terminal
 *   type TEXT         types
 *   see TEXT          until TEXT is printed, behind what the last `see` saw
 *   settled MS        until nothing was printed for MS milliseconds
 *   asleep MS         for MS milliseconds nothing is printed, and the command
 *                     takes at most 2 % of a processor
 *   quiet MS          the same, whatever the processor does
 *   signal NAME       INT, STOP...: to the command's group
 *   stopped           until it is stopped: then the shell takes the terminal back
 *   stopped unnoticed the same without a shell that could take anything back
 *   running           until it is not stopped; it has not ended either. Behind a
 *                     step that proves that the signal has arrived
 *   fg                it gets the terminal, and SIGCONT
 *   bg                SIGCONT alone
 *   flags             those of the open file, and the terminal's settings, are as
 *                     they were before the command began
 *   shell-clears      bash at its prompt: O_NONBLOCK is off, whoever set it
 *   shell-reads TEXT  until the shell has read this line: it is its terminal now
 *   ended STATUS      until it has ended, with this exit status
 *   ended signal NAME ... or by this signal; ended anyhow: in any way
 *   terminal-closes   the window is closed: hang-up; the shell passes SIGHUP on.
 *                     What comes first, SIGHUP or the end of input, is open
 *
 * At the end, the command's group is killed. */
/* For posix_openpt(3), and waitpid's WCONTINUED. NOLINTNEXTLINE */
#define _XOPEN_SOURCE 700
#include "../core/base.h"
#include "../core/usage.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#define WHOLE_RUN_S 60 /* a terminal that hangs ends itself */
#define LOOK_MS 5 /* between two looks at the state of the command */
#define GRACE_MS 500 /* for what is on its way when the command is at rest */
#define SCREEN 65536 /* bytes kept of what was printed */
#define SHOWN 300 /* of them, in a message */
#define FIRST 60 /* of what should not have come, in a message */

enum state { RUNNING, STOPPED, ENDED };

static const char *const state_names[] = {"runs", "is stopped", "has ended"};
static int verbose, deadline_ms = 5000;
static const char *step = "the beginning";
static int master, slave; /* the two sides of the terminal */
static int leash; /* its end says that who called us is gone */
static FILE *copy; /* of all that is printed; NULL: none */
static volatile pid_t command; /* 0: none yet. Also the number of its group */
static enum state state = RUNNING;
static int status; /* of the command, where it has ended: waitpid(2) */
static int in_background;
static int first_flags;
static struct termios first_settings;

static char screen[SCREEN];
static size_t printed, seen; /* bytes in screen; those that `see` is behind */
static unsigned long long all_printed;
static char unwanted[FIRST]; /* the first bytes since a step began */
static size_t unwanted_bytes;

static const struct {
    const char *name;
    int number;
} signals[] = {
    {"HUP", SIGHUP},   {"INT", SIGINT},   {"QUIT", SIGQUIT}, {"TERM", SIGTERM},
    {"TSTP", SIGTSTP}, {"TTIN", SIGTTIN}, {"TTOU", SIGTTOU}, {"STOP", SIGSTOP},
    {"CONT", SIGCONT}, {"USR1", SIGUSR1}, {"USR2", SIGUSR2}, {"ALRM", SIGALRM},
    {"KILL", SIGKILL}, {"PIPE", SIGPIPE}, {"SEGV", SIGSEGV}, {"ABRT", SIGABRT},
};
#define SIGNALS (sizeof signals / sizeof *signals)

/* play() has seen that it is one. */
static int number(const char *text) { return (int)strtol(text, NULL, 10); }

static _Noreturn void fail(const char *expected, const char *format, ...) {
    size_t n = printed < SHOWN ? printed : SHOWN;
    va_list ap;

    fprintf(stderr, "  in the step:  %s\n", step);
    fprintf(stderr, "  expected:     %s\n  and then:     ", expected);
    va_start(ap, format);
    vfprintf(stderr, format, ap);
    va_end(ap);
    fprintf(stderr, "\n  the terminal: %s%s\n", all_printed > n ? "... " : "",
            show(screen + printed - n, n, SHOWN));
    exit(1);
}

static _Noreturn void bad_step(const char *why) {
    quit(2, "%s: %s", step, why);
}

static int signal_number(const char *name) {
    for (size_t i = 0; i < SIGNALS; i++)
        if (strcmp(signals[i].name, name) == 0)
            return signals[i].number;
    return 0;
}

/* The end of a command, in the words of the step `ended`. */
static const char *how_it_ended(void) {
    static char text[64];
    const char *name = NULL;

    for (size_t i = 0; i < SIGNALS && WIFSIGNALED(status); i++)
        if (signals[i].number == WTERMSIG(status))
            name = signals[i].name;
    if (name != NULL)
        snprintf(text, sizeof text, "signal %s", name);
    else if (WIFSIGNALED(status))
        snprintf(text, sizeof text, "signal %d", WTERMSIG(status));
    else
        snprintf(text, sizeof text, "%d", WEXITSTATUS(status));
    return text;
}

/* What the command is at now, for a message. */
static const char *now_it(void) {
    static char text[96];

    snprintf(text, sizeof text, "it %s%s%s", state_names[state],
             state == ENDED ? ": " : "", state == ENDED ? how_it_ended() : "");
    return text;
}

/* Asks the kernel for news of the command: that it stopped, goes on, or ended. */
static void look(void) {
    int news;

    while (state != ENDED &&
           waitpid(command, &news, WNOHANG | WUNTRACED | WCONTINUED) > 0) {
        status = news;
        state = WIFSTOPPED(news)     ? STOPPED
                : WIFCONTINUED(news) ? RUNNING
                                     : ENDED;
    }
}

/* Keeps what was printed: the last of it, where it is more than there is room. */
static void keep(const char *bytes, size_t n) {
    size_t half = SCREEN / 2;

    if (copy != NULL && (fwrite(bytes, 1, n, copy) < n || fflush(copy) != 0))
        fail("to write what was printed to a file", "%s", strerror(errno));
    if (printed + n > SCREEN) {
        memmove(screen, screen + half, printed - half);
        printed -= half;
        seen -= seen < half ? seen : half;
    }
    memcpy(screen + printed, bytes, n);
    printed += n;
    all_printed += n;
    for (size_t i = 0; i < n && unwanted_bytes + i < FIRST; i++)
        unwanted[unwanted_bytes + i] = bytes[i];
    unwanted_bytes += n;
}

/* Waits for news, a moment at most; takes what the command has printed. */
static void watch(int ms) {
    struct pollfd p[2] = {{.fd = leash, .events = POLLIN},
                          {.fd = master, .events = POLLIN}};
    static char buf[SCREEN / 4];
    ssize_t n = 0;

    if (poll(p, 2, ms) > 0 && p[0].revents)
        fail("to be left alone", "who called the terminal is gone");
    if (p[1].revents)
        n = read(master, buf, sizeof buf);
    if (n > 0)
        keep(buf, (size_t)n);
    else if (p[1].revents) /* Linux: EIO when all have closed the other side */
        poll(NULL, 0, ms);
    look();
}

/* Until the command is in that state. */
static void await(enum state wanted, const char *expected) {
    double end = now_ms() + deadline_ms;

    while (state != wanted) {
        if (state == ENDED)
            fail(expected, "%s", now_it());
        if (now_ms() > end)
            fail(expected, "after %d ms, %s", deadline_ms, now_it());
        watch(LOOK_MS);
    }
}

/* Makes the group the one that may read, and that Ctrl-C and Ctrl-Z reach. */
static void give_terminal_to(pid_t group) {
    if (master >= 0 && tcsetpgrp(slave, group) < 0)
        fail("the terminal in other hands", "tcsetpgrp: %s", strerror(errno));
}

static void send_signal(int number) {
    look();
    if (state == ENDED)
        fail("a command that is still there", "%s", now_it());
    if (kill(-command, number) < 0)
        fail("a command that is still there", "kill: %s", strerror(errno));
    if (number == SIGCONT) /* takes effect at once, whoever runs when */
        state = RUNNING;
}

/* The processor time of the command so far, in ms. */
static double cpu_ms(void) {
    double ms = cpu_ms_of(command);

    if (ms < 0)
        fail("to know its processor time", "the system does not tell");
    return ms;
}

/* --- the steps ---------------------------------------------------------------- */
static void step_type(const char *rest) {
    char text[1024]; /* on Linux, a terminal that nobody reads takes 4096 */
    size_t n = expand(text, sizeof text, rest, -1);

    if (master < 0)
        bad_step("the terminal is closed");
    if (write(master, text, n) != (ssize_t)n)
        fail("to type", "write: %s", strerror(errno));
}

static void step_see(const char *rest) {
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

static void step_settled(const char *rest) {
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

static void step_asleep(const char *rest) {
    int ms = number(rest);

    /* ps(1) counts in hundredths of a second. */
    nothing_for(ms, ms / 50 > 10 ? ms / 50 : 10);
}

static void step_quiet(const char *rest) { nothing_for(number(rest), -1); }

static void step_signal(const char *rest) { send_signal(signal_number(rest)); }

static void step_stopped(const char *rest) {
    await(STOPPED, "it stops");
    if (*rest == '\0')
        give_terminal_to(getpgrp());
}

static void step_running(const char *rest) {
    (void)rest;
    look();
    await(RUNNING, "it runs");
}

/* The terminal first: a command that goes on without it would be stopped by its
 * next read. */
static void step_fg(const char *rest) {
    (void)rest;
    give_terminal_to(command);
    send_signal(SIGCONT);
}

static void step_bg(const char *rest) {
    (void)rest;
    send_signal(SIGCONT);
}

static void step_flags(const char *rest) {
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

static void step_shell_clears(const char *rest) {
    (void)rest;
    fcntl(slave, F_SETFL, fcntl(slave, F_GETFL) & ~O_NONBLOCK);
}

static void step_shell_reads(const char *rest) {
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

static void step_ended(const char *rest) {
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
static void step_terminal_closes(const char *rest) {
    (void)rest;
    if (master < 0)
        bad_step("the terminal is closed");
    watch(0); /* the last that it showed */
    close(master);
    master = -1;
    kill(-command, SIGHUP);
    kill(-command, SIGCONT);
}

/* --- the script ---------------------------------------------------------------- */
enum kind { NOTHING, TEXT, MS, SIGNAL, END, STOP };

static const struct {
    const char *verb;
    enum kind kind;
    void (*play)(const char *rest);
} verbs[] = {
    {"type", TEXT, step_type},
    {"see", TEXT, step_see},
    {"settled", MS, step_settled},
    {"asleep", MS, step_asleep},
    {"quiet", MS, step_quiet},
    {"signal", SIGNAL, step_signal},
    {"stopped", STOP, step_stopped},
    {"running", NOTHING, step_running},
    {"fg", NOTHING, step_fg},
    {"bg", NOTHING, step_bg},
    {"flags", NOTHING, step_flags},
    {"shell-clears", NOTHING, step_shell_clears},
    {"shell-reads", TEXT, step_shell_reads},
    {"ended", END, step_ended},
    {"terminal-closes", NOTHING, step_terminal_closes},
};
#define VERBS (sizeof verbs / sizeof *verbs)

static int is_number(const char *text) {
    return *text != '\0' && text[strspn(text, "0123456789")] == '\0' &&
           strlen(text) < 7;
}

/* What is wrong with the words behind a verb; NULL: nothing. */
static const char *wrong(enum kind kind, const char *rest) {
    switch (kind) {
    case NOTHING:
        return *rest != '\0' ? "nothing follows this verb" : NULL;
    case TEXT:
        return *rest == '\0'        ? "a text is missing"
               : strlen(rest) > 999 ? "the text is too long"
                                    : NULL;
    case MS:
        return !is_number(rest) ? "milliseconds are missing" : NULL;
    case SIGNAL:
        return !signal_number(rest) ? "no such signal" : NULL;
    case STOP:
        return *rest != '\0' && strcmp(rest, "unnoticed") != 0
                   ? "only `unnoticed` can follow"
                   : NULL;
    case END:
        return is_number(rest) || strcmp(rest, "anyhow") == 0 ||
                       (strncmp(rest, "signal ", 7) == 0 &&
                        signal_number(rest + 7))
                   ? NULL
                   : "an exit status, `signal NAME` or `anyhow` is missing";
    }
    return NULL;
}

/* Plays a step; or only looks whether it is one, so that a slip in the last step
 * is found before the first is played. */
static void play(const char *text, int only_look) {
    size_t length = strcspn(text, " ");
    const char *rest = text + length + (text[length] == ' '), *why;

    step = text;
    for (size_t i = 0; i < VERBS; i++) {
        if (strlen(verbs[i].verb) != length ||
            strncmp(verbs[i].verb, text, length) != 0)
            continue;
        if ((why = wrong(verbs[i].kind, rest)) != NULL)
            bad_step(why);
        if (verbose && !only_look)
            fprintf(stderr, "terminal: %s\n", step);
        if (!only_look)
            verbs[i].play(rest);
        return;
    }
    bad_step(strcmp(text, "background") == 0 ? "only as the first step"
                                             : "no such verb");
}

/* --- the shell ----------------------------------------------------------------- */
/* What a shell must not die or stop of, and the two that could blind us: what is
 * set to be ignored for SIGCHLD leaves nothing to wait for. */
static const int ours[] = {SIGHUP,  SIGINT,  SIGQUIT, SIGTERM, SIGTSTP,
                           SIGTTIN, SIGTTOU, SIGPIPE, SIGCHLD, SIGALRM};
#define OURS (sizeof ours / sizeof *ours)
static struct sigaction inherited[OURS];
static sigset_t inherited_mask;

static void too_long(int sig) {
    static const char text[] = "terminal: it took more than a minute\n";

    (void)sig;
    if (command > 0)
        kill(-command, SIGKILL);
    _exit(write(2, text, sizeof text - 1) != 0);
}

static void take_signals(void) {
    struct sigaction action = {.sa_handler = SIG_IGN};
    sigset_t none;

    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, &inherited_mask);
    for (size_t i = 0; i < OURS; i++) {
        action.sa_handler = ours[i] == SIGCHLD   ? SIG_DFL
                            : ours[i] == SIGALRM ? too_long
                                                 : SIG_IGN;
        sigaction(ours[i], &action, &inherited[i]);
    }
}

static void give_signals_back(void) {
    for (size_t i = 0; i < OURS; i++)
        sigaction(ours[i], &inherited[i], NULL);
    sigprocmask(SIG_SETMASK, &inherited_mask, NULL);
}

static void end_command(void) {
    if (command <= 0)
        return;
    kill(-command, SIGKILL);
    while (state != ENDED && waitpid(command, &status, 0) < 0 && errno == EINTR)
        continue;
}

static _Noreturn void no_terminal(const char *call) {
    quit(1, "%s: %s", call, strerror(errno));
}

/* A pseudo-terminal, and a session that it controls: pty(7), credentials(7). The
 * settings are those of a terminal at its beginning, which not every system's
 * pseudo-terminal has by itself. */
static void open_terminal(void) {
    const char *name;
    struct termios *t = &first_settings;

    if (setsid() < 0)
        no_terminal("setsid");
    if ((master = posix_openpt(O_RDWR | O_NOCTTY)) < 0 || grantpt(master) < 0 ||
        unlockpt(master) < 0 || (name = ptsname(master)) == NULL)
        no_terminal("posix_openpt");
    if ((slave = open(name, O_RDWR)) < 0) /* on Linux, it controls us now */
        no_terminal(name);
#ifdef TIOCSCTTY
    ioctl(slave, TIOCSCTTY, 0); /* elsewhere, it has to be asked */
#endif
    fcntl(master, F_SETFD, FD_CLOEXEC);
    fcntl(slave, F_SETFD, FD_CLOEXEC);
    if (tcgetattr(slave, t) < 0)
        no_terminal("tcgetattr");
    t->c_iflag |= ICRNL;
    t->c_oflag |= OPOST | ONLCR;
    t->c_lflag |= ISIG | ICANON | ECHO;
    t->c_lflag &= (tcflag_t) ~(TOSTOP | NOFLSH);
    t->c_cc[VINTR] = 3;
    t->c_cc[VEOF] = 4;
    t->c_cc[VQUIT] = 28;
    t->c_cc[VSUSP] = 26;
    if (tcsetattr(slave, TCSANOW, t) < 0 || tcgetattr(slave, t) < 0)
        no_terminal("tcsetattr");
    if ((first_flags = fcntl(slave, F_GETFL)) < 0 ||
        tcsetpgrp(slave, getpgrp()) < 0)
        no_terminal("tcsetpgrp");
}

/* Group and terminal are set by both, child and shell, so that it does not matter
 * who runs first. Returns when the child has become the command: the pipe closes on
 * exec. Until then it would ignore what the shell ignores. */
static void start(char **argv) {
    int ends[2];
    pid_t child;
    char byte;

    if (pipe(ends) < 0 || fcntl(ends[1], F_SETFD, FD_CLOEXEC) < 0 ||
        (child = fork()) < 0)
        no_terminal("fork");
    if (child == 0) {
        close(ends[0]);
        setpgid(0, 0);
        if (!in_background)
            tcsetpgrp(slave, getpid());
        for (int fd = 0; fd <= 2; fd++)
            dup2(slave, fd);
        give_signals_back();
        execvp(argv[0], argv);
        fprintf(stderr, "terminal: %s: %s\n", argv[0], strerror(errno));
        _exit(127);
    }
    setpgid(child, child);
    command = child;
    if (!in_background)
        give_terminal_to(child);
    close(ends[1]);
    while (read(ends[0], &byte, 1) < 0 && errno == EINTR)
        continue;
    close(ends[0]);
}

/* The shell is another process than the one that was called: this one may be the
 * leader of a group, and could not begin a session: setsid(2). It has the other
 * end of the leash: killed, it drops it. */
static void become_shell(void) {
    int ends[2], result;
    pid_t shell;

    if (pipe(ends) < 0 || (shell = fork()) < 0)
        no_terminal("fork");
    if (shell == 0) {
        close(ends[1]);
        leash = ends[0];
        fcntl(leash, F_SETFD, FD_CLOEXEC);
        return;
    }
    close(ends[0]);
    signal(SIGCHLD, SIG_DFL);
    while (waitpid(shell, &result, 0) < 0)
        if (errno != EINTR)
            no_terminal("waitpid");
    if (WIFSIGNALED(result))
        fprintf(stderr, "terminal: ended by signal %d\n", WTERMSIG(result));
    _exit(WIFEXITED(result) ? WEXITSTATUS(result) : 1);
}

int main(int argc, char **argv) {
    int option, first, last, fd;

    this_program = "terminal";
    /* With 0, 1 or 2 closed, the terminal would get that number. */
    while ((fd = open("/dev/null", O_RDWR)) >= 0 && fd < 3)
        continue;
    close(fd);
    for (last = 1; last < argc && strcmp(argv[last], "--") != 0; last++)
        continue;
    while ((option = getopt(last, argv, "+vt:o:")) != -1) {
        if (option == 'v')
            verbose = 1;
        else if (option == 't' && is_number(optarg))
            deadline_ms = number(optarg);
        else if (option == 'o' && (copy = fopen(optarg, "w")) != NULL)
            fcntl(fileno(copy), F_SETFD, FD_CLOEXEC);
        else
            last = argc; /* wrong use */
    }
    if (last >= argc - 1) { /* no command */
        fprintf(stderr, "usage: terminal [-v] [-t MS] [-o FILE] STEP... -- "
                        "COMMAND [ARG...]\n");
        return 2;
    }
    first = optind;
    in_background = first < last && strcmp(argv[first], "background") == 0;
    first += in_background;
    for (int i = first; i < last; i++)
        play(argv[i], 1);
    become_shell();
    take_signals();
    alarm(WHOLE_RUN_S);
    step = "the beginning";
    open_terminal();
    atexit(end_command);
    start(argv + last + 1);
    for (int i = first; i < last; i++)
        play(argv[i], 0);
    return 0;
}
