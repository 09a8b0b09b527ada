/* Claim 60: does select need a descriptor? */
#include "experiment.h"

#define WAIT_MS 100

int main(void) {
    struct timeval limit = {.tv_usec = WAIT_MS * 1000};
    double start = now_ms(), took;
    int n;
    predicted("without one they sleep until their limit of %d ms, and return 0",
              WAIT_MS);
    n = select(0, NULL, NULL, NULL, &limit);
    took = now_ms() - start;
    seen(n == 0 && took >= WAIT_MS - 1,
         "select, no set at all:     it returned %d, after %.0f ms", n, took);
    start = now_ms();
    n = poll(NULL, 0, WAIT_MS);
    took = now_ms() - start;
    seen(n == 0 && took >= WAIT_MS - 1,
         "poll, no list at all:      it returned %d, after %.0f ms", n, took);
    start = now_ms();
    n = epoll_report(epoll_create1(0), WAIT_MS);
    took = now_ms() - start;
    seen(n == 0 && took >= WAIT_MS - 1,
         "epoll, with an empty list: it returned %d, after %.0f ms", n, took);
    return outcome();
}
