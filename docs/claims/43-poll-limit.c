/* Claim 43: how many entries does poll take, and which descriptors? */
#include "experiment.h"
#include <sys/resource.h>

#define HIGH 900 /* a descriptor above LIMIT, below what all systems allow */
#define LIMIT 256 /* descriptors that we allow ourselves */

int main(void) {
    static struct pollfd none[LIMIT + 1];
    int ends[2];
    struct rlimit limit;
    predicted("as many entries as the process may have descriptors; of any"
              " number");
    need(pipe(ends) == 0 && write(ends[1], "x", 1) == 1, "pipe");
    need(getrlimit(RLIMIT_NOFILE, &limit) == 0, "getrlimit");
    int high = fcntl(ends[0], F_DUPFD, HIGH);
    need(high >= 0, "no descriptor from 900 on");
    limit.rlim_cur = LIMIT;
    need(setrlimit(RLIMIT_NOFILE, &limit) == 0, "setrlimit");
    for (int i = 0; i <= LIMIT; i++)
        none[i].fd = -1;
    int n = poll(none, LIMIT, 0);
    seen(n == 0, "limit %d: poll, %d entries: %d", LIMIT, LIMIT, n);
    n = poll(none, LIMIT + 1, 0);
    int refused = n < 0 && errno == EINVAL;
    seen(refused, "limit %d: poll, %d entries, all of them fd -1: %d %s", LIMIT,
         LIMIT + 1, n, n < 0 ? strerror(errno) : "");
    int event = report(high, POLLIN, 0);
    seen(event == POLLIN, "limit %d: poll, 1 entry, for descriptor %d: %s",
         LIMIT, high, names(event));
    return outcome();
}
