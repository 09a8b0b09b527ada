/* Claim 60: does select need a descriptor? */
#include "experiment.h"

#define WAIT_MS 50

int main(void) {
    struct timeval limit = {.tv_usec = WAIT_MS * 1000};
    double start = now_ms();
    int n;
    predicted("without one it is a sleep with a limit");
    n = select(0, NULL, NULL, NULL, &limit);
    seen(n == 0 && now_ms() - start >= WAIT_MS - 1,
         "three empty sets, %d ms: it returned %d after %.0f ms", WAIT_MS, n,
         now_ms() - start);
    return outcome();
}
