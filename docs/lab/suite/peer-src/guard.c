/* The commands `peer guard` and `peer await`. The guard starts a server in a group of
 * processes of its own, whatever it is. Nothing of it outlives the test: neither what the
 * command has started, nor what has left the group.
 *
 * The guard keeps the time itself, because a server may ignore an alarm, as the runtime of
 * Go does. */
#define _GNU_SOURCE /* prctl */
#include "peer.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#define TICK_US 100000 /* so often it looks whether who started it is there */

static volatile sig_atomic_t asked; /* to end it */

static void on_signal_note(int sig) {
    if (sig != SIGCHLD && sig != SIGALRM)
        asked = 1;
}

/* These wake us, and only while we wait for them. */
static void take_signals(sigset_t *waiting) {
    static const int signals[] = {SIGCHLD, SIGALRM, SIGHUP, SIGINT, SIGTERM};
    struct itimerval tick = {{0, TICK_US}, {0, TICK_US}};
    sigset_t ours;

    sigemptyset(&ours);
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        struct sigaction action = {.sa_handler = on_signal_note};

        sigaction(signals[i], &action, NULL);
        sigaddset(&ours, signals[i]);
    }
    sigprocmask(SIG_BLOCK, &ours, NULL);
    sigemptyset(waiting);
    setitimer(ITIMER_REAL, &tick, NULL);
}

/* What loses its parent becomes our child, and our end follows that of our parent. */
static void adopt(pid_t parent) {
    setpgid(0, 0);
#ifdef __linux__
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
#endif
    if (getppid() != parent)
        _exit(1);
}

static void end_all_of(pid_t group) {
    static struct member members[MOST_FAMILY];
    size_t n = family_of(getpid(), members, MOST_FAMILY);

    kill(-group, SIGKILL);
    for (size_t i = 0; i < n; i++)
        kill(members[i].pid, SIGKILL);
}

/* The number stands in the file before the command runs: who finds that it listens can
 * read it. */
static pid_t start_in_group(char **command, const char *pid_file) {
    pid_t pid = fork();
    FILE *f;

    if (pid < 0)
        quit(2, "fork: %s", strerror(errno));
    if (pid > 0) {
        setpgid(pid, pid);
        return pid;
    }
    setpgid(0, 0);
#ifdef __linux__
    prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
    if ((f = fopen(pid_file, "w")) == NULL ||
        fprintf(f, "%ld\n", (long)getpid()) < 0 || fclose(f) != 0)
        quit(2, "%s: %s", pid_file, strerror(errno));
    become(command, 0);
    quit(127, "%s: %s", command[0], strerror(errno));
}

/* We end as it has ended. */
static int end_like(int status) {
    struct rlimit none = {0, 0};
    sigset_t all;

    if (!WIFSIGNALED(status))
        return WEXITSTATUS(status);
    setrlimit(RLIMIT_CORE, &none);
    signal(WTERMSIG(status), SIG_DFL);
    raise(WTERMSIG(status));
    sigfillset(&all);
    sigprocmask(SIG_UNBLOCK, &all, NULL);
    return 128 + WTERMSIG(status);
}

int guard(char **argv) {
    int seconds = number_of("guard", argv[0], 1, 1000000), late = 0, status = 0;
    double end = now_ms() + seconds * 1e3;
    pid_t parent = getppid(), child, pid;
    sigset_t waiting;

    close_others(-1);
    adopt(parent);
    take_signals(&waiting);
    child = start_in_group(argv + 2, argv[1]);
    for (;;) {
        int how;

        while ((pid = waitpid(-1, &how, WNOHANG)) > 0)
            if (pid == child)
                status = how;
        if (pid < 0 && errno == ECHILD)
            break;
        if (!late && now_ms() > end) {
            fprintf(stderr, "peer: still running after %d s: ended\n", seconds);
            late = 1;
        }
        if (late || asked || getppid() != parent)
            end_all_of(child);
        sigsuspend(&waiting);
    }
    return end_like(late ? SIGALRM : status);
}

/* --- until it listens ----------------------------------------------------------------- */
#define ELSEWHERE_MS                                                           \
    500 /* who listens elsewhere, and not here, for so long, means it */

/* Somebody takes connections there. */
static int answers(int family, int number) {
    struct sockaddr_in here = loopback(number);
    struct sockaddr_in6 six = {.sin6_family = AF_INET6,
                               .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    int fd = socket(family, SOCK_STREAM, 0), taken;

    six.sin6_port = here.sin_port;
    taken = fd >= 0 &&
            (family == AF_INET
                 ? connect(fd, (struct sockaddr *)&here, sizeof here)
                 : connect(fd, (struct sockaddr *)&six, sizeof six)) == 0;
    if (fd >= 0)
        close(fd);
    return taken;
}

/* One of the processes has that socket open: proc(5), fd. */
static int is_theirs(const struct member *members, size_t n,
                     unsigned long inode) {
    char wanted[40], path[300], to[40];

    snprintf(wanted, sizeof wanted, "socket:[%lu]", inode);
    for (size_t i = 0; i < n; i++) {
        struct dirent *entry;
        ssize_t length;
        int found = 0;
        DIR *dir;

        snprintf(path, sizeof path, "/proc/%ld/fd", (long)members[i].pid);
        dir = opendir(path);
        while (dir != NULL && !found && (entry = readdir(dir)) != NULL) {
            snprintf(path, sizeof path, "/proc/%ld/fd/%s", (long)members[i].pid,
                     entry->d_name);
            length = readlink(path, to, sizeof to - 1);
            to[length > 0 ? length : 0] = '\0';
            found = strcmp(to, wanted) == 0;
        }
        if (dir != NULL)
            closedir(dir);
        if (found)
            return 1;
    }
    return 0;
}

/* Where the processes of the guard listen, in words; "" where nothing is known. A line of
 * the table: number, address:port, the other end, state (0A listens), ..., inode. */
static const char *listens_at(pid_t guarding) {
    static struct member members[MOST_FAMILY];
    static char where[80];
    static const char *const tables[] = {"/proc/net/tcp", "/proc/net/tcp6"};
    size_t n = family_of(guarding, members, MOST_FAMILY);
    char line[256], text[40];

    where[0] = '\0';
    for (int six = 0; six < 2; six++) {
        FILE *f = fopen(tables[six], "r");

        while (f != NULL && fgets(line, sizeof line, f) != NULL) {
            unsigned number, state, at;
            unsigned long inode;

            if (sscanf(line,
                       " %*d: %39[0-9A-F]:%x %*x:%*x %x %*x:%*x %*x:%*x %*x "
                       "%*u %*d %lu",
                       text, &number, &state, &inode) != 4 ||
                state != 0x0A || !is_theirs(members, n, inode))
                continue;
            if (six)
                snprintf(
                    where, sizeof where, "%s port %u",
                    strncmp(text, "00000000000000000000000001000000", 32) == 0
                        ? "::1 (IPv6),"
                        : "an address of IPv6,",
                    number);
            else if (sscanf(text, "%x", &at) == 1)
                snprintf(where, sizeof where, "%u.%u.%u.%u, port %u",
                         ((unsigned char *)&at)[0], ((unsigned char *)&at)[1],
                         ((unsigned char *)&at)[2], ((unsigned char *)&at)[3],
                         number);
        }
        if (f != NULL)
            fclose(f);
    }
    return where;
}

static int is_there(pid_t pid) {
    return kill(pid, 0) == 0 && state_of(pid) != 'Z';
}

int await_listener(char **argv) {
    int ms = number_of("await", argv[0], 1, 1000000), told = 0;
    double start = now_ms(), elsewhere = 0;
    pid_t guarding = number_of("await", argv[2], 1, 1 << 30);

    port = number_of("await", argv[1], 1, 65535);
    for (;; nap_ms(2)) {
        const char *where = "";
        double now = now_ms();

        if (answers(AF_INET, port))
            return 0;
        if (!is_there(guarding))
            quit(1, "it has ended before it listened on 127.0.0.1:%d", port);
        if (now > start + 100) {
            where = listens_at(guarding);
            if (*where == '\0' && answers(AF_INET6, port))
                where = "::1 (IPv6)";
            elsewhere = *where == '\0' ? 0 : elsewhere > 0 ? elsewhere : now;
            nap_ms(20);
        }
        if (*where != '\0' && now > elsewhere + ELSEWHERE_MS)
            quit(1, "it listens on %s, not on 127.0.0.1:%d", where, port);
        if (now > start + ms)
            quit(1, "it runs, but has not listened on 127.0.0.1:%d for %d s",
                 port, ms / 1000);
        if (now > start + 1000 && !told++ && isatty(2))
            fprintf(stderr,
                    "waiting for the server to listen on 127.0.0.1:%d, for %d "
                    "s at most\n",
                    port, ms / 1000);
    }
}
