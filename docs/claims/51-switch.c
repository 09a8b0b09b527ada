/* Claim 51: how expensive is it to switch from one process to another? */
#include "experiment.h"
#include <sched.h>
#include <sys/resource.h>
#include <sys/wait.h>

#define TRIPS 500 /* there and back: two switches */
#define BATCHES 20 /* the fastest is the one that nobody disturbed */
#define MOST_US 100 /* 50 times what is usual */

static int there[2], back[2]; /* pipes */

/* One byte into a pipe, and out of a pipe. */
static void pass(int in, int out) {
    char c = 'x';
    need(write(in, &c, 1) == 1 && read(out, &c, 1) == 1, "pipe");
}

static void alone(void) { pass(back[1], back[0]); }
static void together(void) { pass(there[1], back[0]); }

static void ask_kernel(void) { need(getppid() >= 0, "getppid"); }

/* us for one call of work: of the fastest batch. */
static double cost(void (*work)(void)) {
    double best = 1e9;
    for (int i = 0; i < BATCHES; i++) {
        double start = now_ms();
        for (int k = 0; k < TRIPS; k++)
            work();
        double us = (now_ms() - start) * 1e3 / TRIPS;
        best = us < best ? us : best;
    }
    return best;
}

int main(void) {
    struct rusage before, after;
    cpu_set_t cpus;
    size_t first = 0;
    predicted("a switch costs more than a short system call, and less than"
              " %d us",
              MOST_US);
    need(pipe(there) == 0 && pipe(back) == 0, "pipe");
    need(sched_getaffinity(0, sizeof cpus, &cpus) == 0, "sched_getaffinity");
    while (!CPU_ISSET(first, &cpus))
        first++;
    CPU_ZERO(&cpus);
    CPU_SET(first, &cpus); /* on one processor, they must take turns */
    need(sched_setaffinity(0, sizeof cpus, &cpus) == 0, "sched_setaffinity");
    double call = cost(ask_kernel), pair = cost(alone);
    pid_t pid = fork();
    need(pid >= 0, "fork");
    if (pid == 0) {
        alarm(5); /* whatever happens */
        for (char c; read(there[0], &c, 1) == 1;)
            need(write(back[1], &c, 1) == 1, "pipe");
        _exit(0);
    }
    getrusage(RUSAGE_SELF, &before);
    /* Each half of the trip: one write, one read, and one switch. */
    double half = cost(together) / 2;
    getrusage(RUSAGE_SELF, &after);
    long switched = after.ru_nvcsw + after.ru_nivcsw - before.ru_nvcsw -
                    before.ru_nivcsw; /* asleep in read, or driven away */
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    /* Once more: the processor may have been slower before than it was since. */
    double again = cost(alone);
    pair = again < pair ? again : pair;
    seen(1, "a short system call, getppid: %.2f us", call);
    seen(1, "a byte into a pipe and out of it, in one process: %.2f us", pair);
    seen(switched >= (long)TRIPS * BATCHES,
         "to another process and back, %d times: switched away %ld times",
         TRIPS * BATCHES, switched);
    seen(half - pair > call && half < MOST_US,
         "a byte to another process: %.2f us; so the switch: %.2f us, %.0f "
         "calls",
         half, half - pair, (half - pair) / call);
    return outcome();
}
