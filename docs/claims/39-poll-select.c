/* Claim 39: which one is faster, poll or select, when both watch the same? */
#include "experiment.h"

#define MOST 900 /* sockets: all of them must fit below FD_SETSIZE */
#define CALLS 50 /* the fastest of them is the one that nobody disturbed */

static int fds[MOST];

static double select_us(int first, int n) {
    double best = 1e9;
    for (int call = 0; call < CALLS; call++) {
        fd_set in;
        int top = 0;
        FD_ZERO(&in);
        for (int i = first; i < first + n; i++) {
            FD_SET(fds[i], &in);
            top = fds[i] > top ? fds[i] : top;
        }
        double start = now_ms();
        int ready = select(top + 1, &in, NULL, NULL, &(struct timeval){0, 0});
        double us = (now_ms() - start) * 1e3;
        need(ready == 1, "select reports not one");
        best = us < best ? us : best;
    }
    return best;
}

static double poll_us(int first, int n) {
    static struct pollfd all[MOST];
    double best = 1e9;
    for (int i = 0; i < n; i++)
        all[i] = (struct pollfd){.fd = fds[first + i], .events = POLLIN};
    for (int call = 0; call < CALLS; call++) {
        double start = now_ms();
        int ready = poll(all, (nfds_t)n, 0);
        double us = (now_ms() - start) * 1e3;
        need(ready == 1, "poll reports not one");
        best = us < best ? us : best;
    }
    return best;
}

int main(void) {
    struct sockaddr_in where;
    double s[3], p[3];
    const int counts[3] = {10, 100, MOST};
    predicted("neither is 4 times faster; 900 sockets cost each one 10 times"
              " as much as 10");
    int listener = listener_at(&where, 8);
    for (int i = 0; i < MOST; i += 2) {
        fds[i] = connect_to(&where);
        fds[i + 1] = accept(listener, NULL, NULL);
        need(fds[i + 1] >= 0, "accept");
    }
    need(fds[MOST - 1] < FD_SETSIZE, "descriptors are too high for select");
    need(send(fds[MOST - 2], "x", 1, 0) == 1, "send"); /* the last is ready */
    await(fds[MOST - 1], POLLIN);
    for (int i = 0; i < 3; i++) {
        s[i] = select_us(MOST - counts[i], counts[i]);
        p[i] = poll_us(MOST - counts[i], counts[i]);
        seen(s[i] < 4 * p[i] && p[i] < 4 * s[i],
             "%3d sockets, 1 is ready: select %6.1f us, poll %6.1f us",
             counts[i], s[i], p[i]);
    }
    seen(s[2] > 10 * s[0] && p[2] > 10 * p[0],
         "900 cost what 10 cost, times %.0f for select, times %.0f for poll",
         s[2] / s[0], p[2] / p[0]);
    for (int i = 0; i < MOST; i++)
        reset(fds[i]); /* 450 ports in TIME_WAIT would be missed by others */
    return outcome();
}
