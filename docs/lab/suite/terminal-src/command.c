/* The command on the terminal: what it is at, and what it has printed. */
#include "terminal.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

const char *step = "the beginning";
int leash, status;
volatile pid_t command;
enum state state = RUNNING;
char screen[SCREEN], unwanted[FIRST];
size_t printed, seen, unwanted_bytes;
unsigned long long all_printed;
static const char *const state_names[] = {"runs", "is stopped", "has ended"};

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

void fail(const char *expected, const char *format, ...) {
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

void bad_step(const char *why) { quit(2, "%s: %s", step, why); }

int signal_number(const char *name) {
    for (size_t i = 0; i < SIGNALS; i++)
        if (strcmp(signals[i].name, name) == 0)
            return signals[i].number;
    return 0;
}

/* The end of a command, in the words of the step `ended`. */
const char *how_it_ended(void) {
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
const char *now_it(void) {
    static char text[96];

    snprintf(text, sizeof text, "it %s%s%s", state_names[state],
             state == ENDED ? ": " : "", state == ENDED ? how_it_ended() : "");
    return text;
}

/* Asks the kernel for news of the command: that it stopped, goes on, or ended. */
void look(void) {
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
void watch(int ms) {
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
void await(enum state wanted, const char *expected) {
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
void give_terminal_to(pid_t group) {
    if (master >= 0 && tcsetpgrp(slave, group) < 0)
        fail("the terminal in other hands", "tcsetpgrp: %s", strerror(errno));
}

void send_signal(int number) {
    look();
    if (state == ENDED)
        fail("a command that is still there", "%s", now_it());
    if (kill(-command, number) < 0)
        fail("a command that is still there", "kill: %s", strerror(errno));
    if (number == SIGCONT) /* takes effect at once, whoever runs when */
        state = RUNNING;
}

/* The processor time of the command so far, in ms. */
double cpu_ms(void) {
    double ms = cpu_ms_of(command);

    if (ms < 0)
        fail("to know its processor time", "the system does not tell");
    return ms;
}
