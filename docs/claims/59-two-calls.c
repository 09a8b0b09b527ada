/* Claim 59: one connection. What does select cost there? And with ten? */
#include "experiment.h"

#define ECHOES 100
#define MOST 10 /* connections */

static int server[MOST], client[MOST], calls; /* calls: of the server */

/* One echo for each of n clients that have sent; waits in select before, or
 * only in recv. */
static void serve(int n, int ask_first) {
    char byte;
    fd_set set;
    FD_ZERO(&set);
    for (int i = 0; i < n; i++)
        FD_SET(server[i], &set);
    if (ask_first) {
        calls++;
        need(select(server[n - 1] + 1, &set, NULL, NULL, NULL) == n, "select");
    }
    for (int i = 0; i < n; i++) {
        calls += 2;
        need(recv(server[i], &byte, 1, 0) == 1, "recv");
        need(send(server[i], &byte, 1, 0) == 1, "send");
    }
}

/* ECHOES echoes, n of them at a time. */
static void play(const char *name, int n, int ask_first, int expected) {
    double start = now_ms();
    char byte = 'x';
    calls = 0;
    for (int done = 0; done < ECHOES; done += n) {
        for (int i = 0; i < n; i++)
            need(send(client[i], &byte, 1, 0) == 1, "send");
        for (int i = 0; i < n; i++)
            await(server[i], POLLIN);
        serve(n, ask_first);
        for (int i = 0; i < n; i++)
            need(recv(client[i], &byte, 1, 0) == 1, "recv");
    }
    seen(calls == expected, "%s %d echoes, %d system calls, %.0f us", name,
         ECHOES, calls, (now_ms() - start) * 1e3);
}

int main(void) {
    predicted("one client: 3 calls for an echo, in place of 2; ten at once "
              "share the third");
    for (int i = 0; i < MOST; i++)
        tcp_pair(&server[i], &client[i]);
    play("1 client, without select:", 1, 0, 2 * ECHOES);
    play("1 client, with select:   ", 1, 1, 3 * ECHOES);
    play("10 at once, with select: ", 10, 1, 2 * ECHOES + ECHOES / 10);
    return outcome();
}
