/* The shell with job control: its signals, its terminal, and the command that it starts. */
#include "terminal.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define WHOLE_RUN_S 60 /* a terminal that hangs ends itself */

int master, slave, first_flags;
struct termios first_settings;

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
void start(char **argv, int in_background) {
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
void become_shell(void) {
    int ends[2], result;
    pid_t shell;

    if (pipe(ends) < 0 || (shell = fork()) < 0)
        no_terminal("fork");
    if (shell == 0) {
        close(ends[1]);
        leash = ends[0];
        fcntl(leash, F_SETFD, FD_CLOEXEC);
        take_signals();
        alarm(WHOLE_RUN_S);
        open_terminal();
        atexit(end_command);
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
