/* Chapter 03, aside: an fd_set has 1024 bits; FD_SET does not look. A higher
 * descriptor is written into whatever lies behind the set: here, into memory
 * that we have put there for it, so that nothing else is harmed.
 * cc fdset.c -o fdset && ./fdset [descriptor, default 1024]: see asides.md */
#undef _FORTIFY_SOURCE /* with it, which may be the default, glibc looks */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/wait.h>
#include <unistd.h>

#define BEHIND 64 /* bytes: room for 512 descriptors more than the set has */
#define HIGHEST (FD_SETSIZE + BEHIND * 8 - 1)

static struct {
    fd_set set;
    unsigned char neighbour[BEHIND];
} memory;
/* volatile: so that the compiler takes nothing for granted about what it is
 * that we write to, past the end of an array. */
static fd_set *volatile set = &memory.set;

/* For failures that leave nothing to show. */
static void die(const char *what, int number) {
    fprintf(stderr, "fdset: %s %d: %s\n", what, number, strerror(errno));
    exit(1);
}

/* Runs one part in a process of its own, and says how that has ended. */
static void in_child(void (*part)(int), int fd) {
    int status = 0;
    pid_t pid = fork();
    if (pid == 0) {
        struct rlimit no_core = {0, 0};
        setrlimit(RLIMIT_CORE, &no_core); /* when it is aborted */
        part(fd);
        _exit(0);
    }
    if (pid < 0 || waitpid(pid, &status, 0) < 0)
        die("cannot start a process for fd", fd);
    if (WIFSIGNALED(status))
        printf("  this process was ended by signal %d%s\n", WTERMSIG(status),
               WTERMSIG(status) == SIGABRT ? " (SIGABRT)" : "");
    else if (WEXITSTATUS(status) != 0)
        printf("  this process was ended, status %d\n", WEXITSTATUS(status));
}

/* Allows this process to have descriptor fd: getrlimit(2). */
static void raise_limit(int fd) {
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur > (rlim_t)fd)
        return;
    limit.rlim_cur = (rlim_t)fd + 1;
    if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
        die("the system does not allow descriptor", fd);
}

/* The neighbour's bytes are 0. Which are not, after FD_SET? */
static void unguarded(int fd) {
    struct timeval now = {0, 0};
    int changed = 0;
    FD_ZERO(set);
    FD_SET(fd, set);
    for (int i = 0; i < BEHIND; i++) {
        if (memory.neighbour[i] != 0)
            printf("  byte %d behind the set: 0x00 -> 0x%02x\n", i,
                   memory.neighbour[i]);
        changed += memory.neighbour[i] != 0;
    }
    if (changed == 0)
        printf("  no byte behind the set has changed\n");
    else /* the kernel knows no 1024: it reads as many bits as we say */
        printf("  select: %d ready\n", select(fd + 1, set, NULL, NULL, &now));
}

/* What FD_SET calls first when it is compiled with -O2 -D_FORTIFY_SOURCE=2. */
static void guarded(int fd) {
#ifdef __GLIBC__
    extern long __fdelt_chk(long descriptor);
    __fdelt_chk(fd);
    printf("  it has let fd %d pass\n", fd);
#else
    printf("  none that we know of, for fd %d\n", fd);
#endif
}

/* Is a descriptor that nobody has open an error? select(2), BUGS. */
static void closed(int fd) {
    struct timeval now = {0, 0};
    int n;
    close(fd); /* it may have been open before we began */
    FD_ZERO(set);
    FD_SET(fd, set);
    n = select(fd + 1, set, NULL, NULL, &now);
    printf("  closed fd %d: select -> %d %s\n", fd, n,
           n < 0 ? strerror(errno) : "(nothing is ready)");
}

int main(int argc, char **argv) {
    char *arg = argc > 1 ? argv[1] : "", *end = "";
    long wanted = argc > 1 ? strtol(arg, &end, 10) : FD_SETSIZE;
    int help = argc == 2 && (!strcmp(arg, "-h") || !strcmp(arg, "--help"));
    int ends[2], fd = -1;
    if (argc > 2 || *end || wanted < 3 || wanted > HIGHEST) {
        fprintf(help ? stdout : stderr, "usage: fdset [descriptor 3-%d]\n",
                HIGHEST);
        exit(help ? 0 : 2);
    }
    setvbuf(stdout, NULL, _IOLBF, 0); /* each line at once, to a file too */
    printf("sizeof(fd_set) is %zu bytes, FD_SETSIZE is %d\n", sizeof(fd_set),
           FD_SETSIZE);
    printf("A descriptor that is not open:\n");
    in_child(closed, 20);
    in_child(closed, 900); /* past the kernel's table of our descriptors */
    raise_limit((int)wanted);
    if (pipe(ends) < 0 || write(ends[1], "x", 1) != 1 ||
        (fd = fcntl(ends[0], F_DUPFD, (int)wanted)) < 0)
        die("cannot open fd", (int)wanted);
    printf("One descriptor is watched, fd %d:\n", fd);
    in_child(unguarded, fd);
    printf("The check that the C library has for it:\n");
    in_child(guarded, fd);
}
