/* Claim 50: what does an idle connection cost: a process, a thread, or a
 * registered descriptor? Counted is what /proc tells of a process: pages of its
 * own and page tables. What the kernel keeps elsewhere: see cost.c. */
#include "experiment.h"
#include <math.h>
#include <pthread.h>
#include <sys/wait.h>

#define N 200
#define STACK_SIZE 65536 /* bytes, as in 01-blocking/thread.c */

static int server, client, epfd, copies[N];
static pthread_attr_t small;
static pid_t pids[N];

/* KiB behind name in a file of /proc; NaN: this system does not tell. */
static double number(pid_t pid, const char *file, const char *name) {
    char line[256];
    double value = NAN;
    snprintf(line, sizeof line, "/proc/%d/%s", (int)pid, file);
    FILE *f = fopen(line, "r");
    while (f != NULL && fgets(line, sizeof line, f) != NULL)
        if (!strncmp(line, name, strlen(name)))
            value = strtod(line + strlen(name), NULL);
    if (f != NULL)
        fclose(f);
    return value;
}

static double memory_of(pid_t pid) {
    return number(pid, "smaps_rollup", "Private_Dirty:") +
           number(pid, "status", "VmPTE:");
}

/* The blocking model: asleep in recv. */
static void *serve(void *unused) {
    char c;
    while (recv(server, &c, 1, 0) > 0)
        continue;
    return unused;
}

static int process(int i) {
    pids[i] = fork();
    if (pids[i] == 0) {
        alarm(5); /* whatever happens */
        serve(NULL);
        _exit(0);
    }
    return pids[i] > 0;
}

static int thread(int i) {
    static pthread_t threads[N];
    errno = pthread_create(&threads[i], &small, serve, NULL);
    return errno == 0;
}

static int registration(int i) {
    return set_interest(epfd, EPOLL_CTL_ADD, copies[i], EPOLLIN) == 0;
}

static int order(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Makes N of them. Returns the time of the one in the middle, in us. */
static double create(int (*one)(int)) {
    double us[N];
    for (int i = 0; i < N; i++) {
        double start = now_ms();
        need(one(i), "cannot create one more");
        us[i] = (now_ms() - start) * 1e3;
    }
    qsort(us, N, sizeof *us, order);
    return us[N / 2];
}

int main(void) {
    double us[3], kib[3] = {0}, before;
    static const char *const what[] = {"a process", "a thread",
                                       "a registered descriptor"};
    predicted("memory of its own, and time: a process > a thread > a"
              " registered descriptor");
    tcp_pair(&server, &client);
    us[0] = create(process);
    for (int i = 0; i < N; i++) {
        kib[0] += i % 10 ? 0 : memory_of(pids[i]) / (N / 10.0);
        kill(pids[i], SIGKILL);
        waitpid(pids[i], NULL, 0);
    }
    for (int i = 0; i < N; i++)
        need((copies[i] = dup(server)) >= 0, "dup");
    epfd = epoll_create1(0);
    before = memory_of(getpid());
    us[2] = create(registration);
    kib[2] = (memory_of(getpid()) - before) / N;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, STACK_SIZE);
    before = memory_of(getpid());
    us[1] = create(thread);
    kib[1] = (memory_of(getpid()) - before) / N;
    for (int i = 0; i < 3; i++)
        seen(i == 0 || us[i - 1] > us[i], "%-24s %6.1f us to create", what[i],
             us[i]);
    if (isnan(kib[0]))
        seen(1, "memory: /proc does not tell it here");
    else
        seen(kib[0] > 2 * kib[1] && kib[1] > 2 * kib[2],
             "memory of one, in this order: %.1f KiB, %.1f KiB, %.1f KiB",
             kib[0], kib[1], kib[2]);
    return outcome(); /* the threads end with us */
}
