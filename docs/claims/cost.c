/* What one idle connection costs: with a process for it, with a thread for it,
 * with a registration in epoll. See docs/io-models.md.
 *
 *   ./cost [N]      N connections for each of the three, 100 to 1000 (200)
 *
 * own pages      memory that nobody else uses: Private_Dirty, proc(5)
 * page tables    the kernel's map from addresses to pages: VmPTE
 * kernel stack   where the kernel works for one process or thread: KernelStack
 * objects        the kernel's notes, such as a process's copy of the table of
 *                descriptors, with all that its parent has open: SUnreclaim
 * time           until fork, pthread_create or epoll_ctl had returned
 *
 * Kernel stacks and objects are counted for the whole system: what others start
 * and end meanwhile disturbs them. The socket and its buffers are not counted:
 * they are there in all three. */
#include "experiment.h"
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#define CONNECTIONS 200
#define LEAST 100 /* connections: fewer would drown in what others do */
#define MOST 1000
#define STACK_SIZE 65536 /* bytes, as in 01-blocking/thread.c */
/* One is too small for a count of pages. And the first ones take memory that
 * others gave back, and the kernel kept. */
#define REGISTRATIONS 100000
#define SETTLE_MS 150 /* the kernel gives some memory back with a delay */

/* In KiB; time in us. */
struct cost {
    double own, tables, stack, objects, time;
};

struct pair {
    int server, client;
    pid_t pid; /* the process that serves it, */
    pthread_t thread; /* or the thread */
};

/* The number behind name in a file of /proc. */
static double number(const char *file, const char *name) {
    char line[256];
    double value = -1;
    FILE *f = fopen(file, "r");
    need(f != NULL, file);
    while (value < 0 && fgets(line, sizeof line, f) != NULL)
        if (!strncmp(line, name, strlen(name)))
            value = strtod(line + strlen(name), NULL);
    fclose(f);
    need(value >= 0, name);
    return value;
}

/* What process pid uses, of its own and for its page tables. */
static void add_process(struct cost *c, pid_t pid) {
    char file[64];
    snprintf(file, sizeof file, "/proc/%d/smaps_rollup", (int)pid);
    c->own += number(file, "Private_Dirty:");
    snprintf(file, sizeof file, "/proc/%d/status", (int)pid);
    c->tables += number(file, "VmPTE:");
}

/* Pauses before it counts: no condition says that the counts have settled. */
static struct cost now_used(void) {
    struct cost c = {0};
    nanosleep(&(struct timespec){.tv_nsec = SETTLE_MS * 1000000L}, NULL);
    c = (struct cost){.stack = number("/proc/meminfo", "KernelStack:"),
                      .objects = number("/proc/meminfo", "SUnreclaim:")};
    add_process(&c, getpid());
    return c;
}

/* What was used between two moments, for each of n. */
static struct cost each(struct cost from, struct cost to, double ms, int n) {
    return (struct cost){.own = (to.own - from.own) / n,
                         .tables = (to.tables - from.tables) / n,
                         .stack = (to.stack - from.stack) / n,
                         .objects = (to.objects - from.objects) / n,
                         .time = ms * 1e3 / n};
}

/* Prints one row of the table. Returns the memory, KiB for each. */
static double row(const char *name, struct cost c) {
    double all = c.own + c.tables + c.stack + c.objects;
    printf("%-23s %9.1f %11.1f %12.1f %7.1f %8.1f %7.1f\n", name, c.own,
           c.tables, c.stack, c.objects, all, c.time);
    return all;
}

/* The blocking model: serves one client, mostly asleep in recv. */
static void *echo(void *arg) {
    struct pair *p = arg;
    char c;
    while (recv(p->server, &c, 1, 0) == 1 && send(p->server, &c, 1, 0) == 1)
        continue;
    return NULL;
}

/* One byte there and back on each: now all of them have run, and are idle. */
static void use(const struct pair *all, int n) {
    char c = 'x';
    for (int i = 0; i < n; i++)
        need(send(all[i].client, &c, 1, 0) == 1 &&
                 recv(all[i].client, &c, 1, 0) == 1,
             "no echo");
}

/* n connections, both ends of each. */
static struct pair *pairs(int n) {
    struct pair *all = calloc((size_t)n, sizeof *all);
    need(all != NULL, "calloc");
    for (int i = 0; i < n; i++)
        tcp_pair(&all[i].server, &all[i].client);
    return all;
}

static struct cost processes(struct pair *all, int n) {
    struct cost before = now_used(), children = {0}, result;
    double start = now_ms(), ms;
    for (int i = 0; i < n; i++) {
        all[i].pid = fork();
        need(all[i].pid >= 0, "fork");
        if (all[i].pid == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL); /* it must not outlive us */
            echo(&all[i]);
            _exit(0);
        }
    }
    ms = now_ms() - start;
    use(all, n);
    result = each(before, now_used(), ms, n);
    for (int i = 0; i < n; i++)
        add_process(&children, all[i].pid);
    result.own = children.own / n;
    result.tables = children.tables / n;
    return result;
}

static struct cost threads(struct pair *all, int n) {
    struct cost before = now_used();
    double start = now_ms(), ms;
    pthread_attr_t attr;
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, STACK_SIZE);
    for (int i = 0; i < n; i++) {
        errno = pthread_create(&all[i].thread, &attr, echo, &all[i]);
        need(errno == 0, "pthread_create");
    }
    ms = now_ms() - start;
    pthread_attr_destroy(&attr);
    use(all, n);
    return each(before, now_used(), ms, n);
}

/* The same n descriptors, in as many epoll instances as it takes. */
static struct cost registrations(const struct pair *all, int n) {
    int instances = (REGISTRATIONS + n - 1) / n;
    struct cost before = now_used();
    double start = now_ms(), ms;
    for (int i = 0; i < instances; i++) {
        int epfd = epoll_create1(0);
        need(epfd >= 0, "epoll_create1");
        for (int k = 0; k < n; k++)
            need(set_interest(epfd, EPOLL_CTL_ADD, all[k].client, EPOLLIN) == 0,
                 "epoll_ctl");
    }
    ms = now_ms() - start;
    return each(before, now_used(), ms, instances * n);
}

/* Returns how many connections were asked for. Wrong use: exit 2. */
static int parse_args(int argc, char **argv) {
    char *end = "";
    long n = argc > 1 ? strtol(argv[1], &end, 10) : CONNECTIONS;
    int help = argc == 2 && !strcmp(argv[1], "-h");
    if (argc > 2 || *end || n < LEAST || n > MOST) {
        fprintf(help ? stdout : stderr, "usage: cost [connections %d-%d]\n",
                LEAST, MOST);
        exit(help ? 0 : 2);
    }
    return (int)n;
}

int main(int argc, char **argv) {
    int n = parse_args(argc, argv);
    struct cost process, thread, registered;
    struct pair *first, *second;
    struct rlimit limit;
    double kib[3];
    predicted("in memory, a process > a thread > a registration");
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max; /* descriptors: as many as we may have */
    setrlimit(RLIMIT_NOFILE, &limit);
    /* All stay to the end: what is given back would spoil the next count. */
    first = pairs(n);
    process = processes(first, n);
    second = pairs(n);
    thread = threads(second, n);
    registered = registrations(second, n);
    printf("one idle connection     own pages page tables kernel stack objects "
           "KiB, all us each\n");
    kib[0] = row("a process", process);
    kib[1] = row("a thread", thread);
    kib[2] = row("a registration in epoll", registered);
    /* Only what is the process's own is safe to compare: the stacks and objects
     * are counted for the whole system, where others work, too. */
    seen(process.own + process.tables > thread.own + thread.tables &&
             thread.own + thread.tables > registered.own + registered.tables,
         "for 10,000 connections: %.0f MiB, %.0f MiB, %.0f MiB",
         kib[0] * 1e4 / 1024, kib[1] * 1e4 / 1024, kib[2] * 1e4 / 1024);
    for (int i = 0; i < n; i++) { /* to each of them: the end of the stream */
        shutdown(first[i].client, SHUT_WR);
        waitpid(first[i].pid, NULL, 0);
        shutdown(second[i].client, SHUT_WR);
        pthread_join(second[i].thread, NULL);
    }
    free(first);
    free(second);
    return outcome();
}
