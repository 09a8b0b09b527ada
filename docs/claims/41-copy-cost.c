/* Claim 41: how much of a call of select or poll is the copying? */
#include "experiment.h"

#define ENTRIES 1000 /* poll allows as many as we may have descriptors */
#define SOCKETS 900 /* for select, which has room for 1024 descriptors */
#define CALLS 51

static struct pollfd entries[ENTRIES];
static fd_set asked;
static int top;

static void call_poll(void) { need(poll(entries, ENTRIES, 0) == 0, "poll"); }

static void call_select(void) {
    fd_set in = asked;
    need(select(top + 1, &in, NULL, NULL, &(struct timeval){0, 0}) == 0,
         "select");
}

/* Waits, for nothing: each socket gets an entry in its wait queue. */
static void wait_in_poll(void) { need(poll(entries, ENTRIES, 1) == 0, "poll"); }

static int order(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* What one call takes by that clock, in us: of CALLS, the one in the middle. */
static double cost(void (*call)(void), double (*clock_ms)(void)) {
    double us[CALLS];
    for (int i = 0; i < CALLS; i++) {
        double start = clock_ms();
        call();
        us[i] = (clock_ms() - start) * 1e3;
    }
    qsort(us, CALLS, sizeof *us, order);
    return us[CALLS / 2];
}

int main(void) {
    int server, client;
    fd_set sockets;
    double copied, cost_all;
    predicted("to ask the sockets costs at least 3 times what the copying"
              " does");
    tcp_pair(&server, &client);
    FD_ZERO(&sockets);
    for (int i = 0; i < SOCKETS; i++) {
        top = dup(server);
        need(top >= 0 && top < FD_SETSIZE, "dup");
        FD_SET(top, &sockets);
    }
    copied = cost(call_select, now_ms); /* no bit is set: nobody is asked */
    asked = sockets;
    cost_all = cost(call_select, now_ms);
    seen(cost_all >= 3 * copied,
         "select, copies a set: %.1f us; and asks its %d sockets: %.1f us",
         copied, SOCKETS, cost_all);
    for (int i = 0; i < ENTRIES; i++)
        entries[i] = (struct pollfd){.fd = -1, .events = POLLIN};
    copied = cost(call_poll, now_ms); /* poll passes over -1 */
    for (int i = 0; i < ENTRIES; i++)
        entries[i].fd = server;
    cost_all = cost(call_poll, now_ms);
    seen(cost_all >= 3 * copied,
         "poll, copies %d entries: %.1f us; and asks their sockets: %.1f us",
         ENTRIES, copied, cost_all);
    seen(1, "poll, and waits in their wait queues, too: %.1f us of processor",
         cost(wait_in_poll, cpu_ms));
    return outcome();
}
