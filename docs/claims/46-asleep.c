/* Claim 46: how much of the processor does a blocked process use? */
#include "experiment.h"
#include <sys/wait.h>

#define WATCH_MS 200

/* The state in /proc/PID/stat: R runs or could, S sleeps. proc(5) */
static char state(pid_t pid) {
    char name[64], s = '?';
    snprintf(name, sizeof name, "/proc/%d/stat", (int)pid);
    FILE *f = fopen(name, "r");
    need(f != NULL && fscanf(f, "%*d (%*[^)]) %c", &s) == 1, name);
    fclose(f);
    return s;
}

static double cpu_ms_of(pid_t pid) {
    clockid_t id;
    struct timespec t;
    need(clock_getcpuclockid(pid, &id) == 0 && clock_gettime(id, &t) == 0,
         "the child's clock");
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* A child waits for a byte that does not come, in recv, while we look on. */
static void watch(int fd, const char *how, char wanted) {
    pid_t pid = fork();
    need(pid >= 0, "fork");
    if (pid == 0) {
        char c;
        alarm(5); /* whatever happens */
        while (recv(fd, &c, 1, 0) < 0 && errno == EAGAIN)
            continue;
        _exit(0);
    }
    for (int ms = 0; ms < PATIENCE_MS && state(pid) != wanted; ms++)
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    double start = now_ms(), before = cpu_ms_of(pid);
    nanosleep(&(struct timespec){.tv_nsec = WATCH_MS * 1000000}, NULL);
    double used = cpu_ms_of(pid) - before, passed = now_ms() - start;
    char s = state(pid);
    seen(s == wanted && (wanted == 'S' ? used < 1 : used > passed / 20),
         "%s: state %c, %.3f ms of processor in %.0f ms", how, s, used, passed);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

int main(void) {
    int server, client;
    predicted("asleep in recv: state S, 0 ms; asking in a loop: state R, most"
              " of the time");
    tcp_pair(&server, &client);
    watch(server, "a blocking recv", 'S');
    nonblocking(server);
    watch(server, "a non-blocking recv, in a loop", 'R');
    return outcome();
}
