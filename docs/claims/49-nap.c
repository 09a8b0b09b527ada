/* Claim 49: what makes an answer late, the non-blocking socket, or the nap? */
#include "experiment.h"
#include <sys/wait.h>

#define TRIPS 15 /* odd: the one in the middle is typical */
#define BLOCKING (-1)

static int order(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Asks, naps, and asks again: what it gets, it sends back. */
static void serve(int fd, int nap_ms) {
    char c;
    ssize_t n;
    while ((n = recv(fd, &c, 1, 0)) == 1 || (n < 0 && errno == EAGAIN)) {
        if (n == 1 && send(fd, &c, 1, 0) != 1)
            return;
        if (nap_ms > 0)
            nanosleep(&(struct timespec){.tv_nsec = nap_ms * 1000000}, NULL);
    }
}

/* Round trips, in us: the typical one, and into *best the fastest. */
static double round_trip(int nap_ms, double *best) {
    int server, client;
    double us[TRIPS];
    char c = 'x';
    tcp_pair(&server, &client);
    pid_t pid = fork();
    need(pid >= 0, "fork");
    if (pid == 0) {
        close(client);
        alarm(5); /* whatever happens */
        if (nap_ms != BLOCKING)
            nonblocking(server);
        serve(server, nap_ms);
        _exit(0);
    }
    close(server);
    for (int i = 0; i < TRIPS; i++) {
        double start = now_ms();
        need(send(client, &c, 1, 0) == 1 && recv(client, &c, 1, 0) == 1,
             "no echo");
        us[i] = (now_ms() - start) * 1e3;
    }
    close(client);
    waitpid(pid, NULL, 0);
    qsort(us, TRIPS, sizeof *us, order);
    *best = us[0];
    return us[TRIPS / 2];
}

int main(void) {
    double typical, fastest[4];
    predicted("with a nap of 10 ms the echo takes at least 5 times as long as"
              " without one");
    typical = round_trip(BLOCKING, &fastest[0]);
    seen(1, "blocking:                   typical %8.1f us, fastest %8.1f us",
         typical, fastest[0]);
    typical = round_trip(0, &fastest[1]);
    seen(1, "non-blocking, no nap:       typical %8.1f us, fastest %8.1f us",
         typical, fastest[1]);
    typical = round_trip(1, &fastest[2]);
    seen(1, "non-blocking, naps of  1 ms: typical %8.1f us, fastest %8.1f us",
         typical, fastest[2]);
    typical = round_trip(10, &fastest[3]);
    seen(typical >= 5 * fastest[1],
         "non-blocking, naps of 10 ms: typical %8.1f us, fastest %8.1f us",
         typical, fastest[3]);
    return outcome();
}
