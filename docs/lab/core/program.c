/* Starts a program, and is sure that it ends: see program.h. */
#include "program.h"
#include "base.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#define GRACE_MS 2000 /* between TERM and KILL */
#define REST_MS 100 /* the same, for what the program has left behind */
#define MOST 32 /* processes beside the program */

static volatile pid_t program, others[MOST], not_ours;
static volatile sig_atomic_t n_others;
static int ended, status; /* of the program: waitpid(2) */
static const char *name = "the program";
static char too_long[120];

/* --- to be sure -------------------------------------------------------------- */
static void on_signal(int sig) {
    for (int i = 0; i < n_others; i++)
        kill(others[i], SIGKILL);
    if (program > 0)
        kill(-program, SIGKILL);
    if (not_ours > 0)
        kill(not_ours, SIGCONT);
    if (sig == SIGALRM)
        _exit(write(2, too_long, strlen(too_long)) >= 0 ? 1 : 2);
    signal(sig, SIG_DFL);
    raise(sig); /* who waits for us is to see that it was a signal */
}

static void end_all(void) {
    if (not_ours > 0)
        kill(not_ours, SIGCONT);
    end_program();
    for (int i = 0; i < n_others; i++) {
        kill(others[i], SIGKILL);
        waitpid(others[i], NULL, 0);
    }
    n_others = 0;
}

void end_surely(unsigned seconds) {
    static const int signals[] = {SIGHUP, SIGINT, SIGTERM};
    unsigned left = alarm(0); /* of who started us */

    if (left > 0 && (seconds == 0 || left < seconds))
        seconds = left;
    snprintf(too_long, sizeof too_long,
             "%s: not done after %u s: it gives up\n", this_program, seconds);
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        struct sigaction inherited;

        sigaction(signals[i], NULL, &inherited);
        if (inherited.sa_handler != SIG_IGN)
            signal(signals[i], on_signal);
    }
    signal(SIGCHLD, SIG_DFL); /* ignored, it leaves nothing to wait for */
    signal(SIGALRM, on_signal);
    alarm(seconds);
    atexit(end_all);
}

void leave_running(pid_t pid) { not_ours = pid; }

/* A child that knows of none of our processes, and ends when we do. No signal
 * comes between its beginning and our knowing of it. */
static pid_t fork_bound(volatile pid_t *where, unsigned seconds) {
    pid_t pid, parent = getpid();
    sigset_t all, before;

    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before);
    pid = fork();
    if (pid == 0) {
        program = not_ours = 0;
        n_others = 0;
        alarm(seconds);
#ifdef __linux__
        prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
        if (getppid() != parent)
            _exit(1);
    } else {
        *where = pid;
    }
    sigprocmask(SIG_SETMASK, &before, NULL);
    if (pid < 0)
        quit(2, "fork: %s", strerror(errno));
    return pid;
}

pid_t fork_ours(unsigned seconds) {
    pid_t pid;

    if (n_others == MOST)
        quit(2, "more than %d processes", MOST);
    pid = fork_bound(&others[n_others], seconds);
    n_others += pid > 0;
    return pid;
}

void await_ours(pid_t pid) {
    int at = 0;

    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        continue;
    while (at < n_others && others[at] != pid)
        at++;
    if (at < n_others)
        others[at] = others[--n_others];
}

/* --- the program ------------------------------------------------------------- */
void close_others(int kept) {
    long most = sysconf(_SC_OPEN_MAX);

    for (int fd = 3; fd < (most > 0 && most < 65536 ? most : 65536); fd++)
        if (fd != kept)
            close(fd);
}

static void become_but(char **argv, unsigned seconds, int kept) {
    sigset_t none;

    close_others(kept);
    for (int i = 1; i < 32; i++)
        signal(i, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    alarm(seconds); /* outlives execvp */
    execvp(argv[0], argv);
}

void become(char **argv, unsigned seconds) { become_but(argv, seconds, -1); }

/* The pipe closes when the child has become the program, or tells why it cannot. */
pid_t start_program(char **argv, int output, unsigned seconds,
                    void (*prepare)(void)) {
    int ends[2], error = 0, null;

    name = argv[0];
    if (pipe(ends) < 0 || fcntl(ends[1], F_SETFD, FD_CLOEXEC) < 0 ||
        (null = open("/dev/null", O_RDWR)) < 0)
        quit(2, "cannot start %s: %s", name, strerror(errno));
    if (fork_bound(&program, seconds) == 0) {
        setpgid(0, 0);
        dup2(null, 0);
        dup2(output < 0 ? null : output, 1);
        if (output >= 0)
            dup2(output, 2);
        if (prepare != NULL)
            prepare();
        become_but(argv, seconds, ends[1]);
        error = errno;
        _exit(write(ends[1], &error, sizeof error) < 0);
    }
    setpgid(program, program);
    close(null);
    close(ends[1]);
    while (read(ends[0], &error, sizeof error) < 0 && errno == EINTR)
        continue;
    close(ends[0]);
    if (error != 0)
        quit(2, "%s: %s", name, strerror(error));
    return program;
}

const char *program_ended(void) {
    static char how[64];

    if (program > 0 && !ended)
        ended = waitpid(program, &status, WNOHANG) != 0;
    if (!ended)
        return NULL;
    if (WIFSIGNALED(status))
        snprintf(how, sizeof how, "%s", strsignal(WTERMSIG(status)));
    else
        snprintf(how, sizeof how, "status %d", WEXITSTATUS(status));
    return how;
}

/* The program alone first: it may have a tracer in its group, which writes down its
 * end. What is left of the group then cannot be waited for, only looked for. */
void end_program(void) {
    int ms = 0;

    if (program <= 0)
        return;
    if (program_ended() == NULL) {
        kill(program, SIGTERM);
        kill(program, SIGCONT);
    }
    for (; program_ended() == NULL; nap_ms(1))
        if (ms++ == GRACE_MS)
            kill(program, SIGKILL);
    kill(-program, SIGTERM);
    kill(-program, SIGCONT);
    for (ms = 0; ms < REST_MS && kill(-program, 0) == 0; ms++)
        nap_ms(1);
    kill(-program, SIGKILL);
    program = 0;
    ended = 0;
}

/* --- its port ---------------------------------------------------------------- */
/* Not one that the kernel would choose: until the server has it, somebody's connect
 * could be given the same. ip(7), ip_local_port_range: from 32768 on Linux, from
 * 49152 elsewhere. */
int free_port(void) {
    unsigned place = (unsigned)now_ns() ^ (unsigned)getpid();

    for (unsigned tries = 0; tries < 1000; tries++) {
        int port = 10000 + (int)((place + tries * 7919) % 20000), taken;
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        struct sockaddr_in addr = loopback(port);

        taken = bind(fd, (struct sockaddr *)&addr, sizeof addr) < 0;
        close(fd);
        if (!taken)
            return port;
    }
    quit(1, "no port is free");
}

char **with_port(char **command, int port) {
    static char *argv[64], text[16];
    size_t n = 0;

    for (; n < sizeof argv / sizeof *argv - 2 && command[n] != NULL; n++)
        argv[n] = command[n];
    snprintf(text, sizeof text, "%d", port);
    argv[n] = text;
    argv[n + 1] = NULL;
    return argv;
}

int first_client(int port, int ms) {
    struct sockaddr_in addr = loopback(port);
    double end = now_ms() + ms;

    for (;; nap_ms(1)) {
        const char *how = program_ended();
        int fd = socket(AF_INET, SOCK_STREAM, 0);

        if (fd < 0)
            quit(2, "no descriptor is left: %s", strerror(errno));
        if (how != NULL)
            quit(2, "%s has ended before it listened: %s", name, how);
        if (connect(fd, (struct sockaddr *)&addr, sizeof addr) == 0)
            return fd;
        close(fd);
        if (now_ms() > end)
            quit(2, "nobody listens on port %d", port);
    }
}

int port_told(int output, int ms) {
    static const char words[] = "listening on 127.0.0.1:";
    double end = now_ms() + ms;

    for (;; nap_ms(1)) {
        const char *how = program_ended();
        char text[4096], *at, *behind = text;
        ssize_t n = pread(output, text, sizeof text - 1, 0);
        long port = 0;

        if (n < 0)
            quit(2, "what %s says cannot be read: %s", name, strerror(errno));
        text[n] = '\0';
        if ((at = strstr(text, words)) != NULL)
            port = strtol(at + sizeof words - 1, &behind, 10);
        if (port > 0 && port < 65536 && *behind == '\n')
            return (int)port;
        if (how != NULL)
            quit(2, "%s has ended before it listened: %s; it said %s", name,
                 how, show(text, (size_t)n, 200));
        if (now_ms() > end)
            quit(2, "%s does not say on which port it listens", name);
    }
}
