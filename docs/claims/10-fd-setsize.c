/* Claim 10: 1024 descriptors: is that a macro, or the kernel? */
#define FD_SETSIZE 4096 /* the documents' advice */
#include "experiment.h"
#include <sys/resource.h>

#define HIGH 1500 /* one descriptor, with this number */

int main(void) {
    static unsigned long bits[4096 / (8 * sizeof(long))];
    const size_t each = 8 * sizeof(long);
    struct timeval none = {0};
    struct rlimit limit;
    int ends[2], count;
    predicted("the macro changes nothing: the size is the C library's; the "
              "kernel takes more");
    seen(sizeof(fd_set) == 128,
         "FD_SETSIZE was defined as 4096: an fd_set has %zu bits",
         8 * sizeof(fd_set));
    need(getrlimit(RLIMIT_NOFILE, &limit) == 0, "getrlimit");
    if (limit.rlim_max <= HIGH) {
        seen(1, "ulimit -Hn is %lu here: no descriptor %d to go on with",
             (unsigned long)limit.rlim_max, HIGH);
        return outcome();
    }
    if (limit.rlim_cur <= HIGH)
        limit.rlim_cur = limit.rlim_max;
    need(setrlimit(RLIMIT_NOFILE, &limit) == 0, "setrlimit");
    need(pipe(ends) == 0 && dup2(ends[0], HIGH) == HIGH, "dup2");
    need(write(ends[1], "x", 1) == 1, "write");
    /* An array of our own, large enough, in the form that the kernel reads. */
    bits[HIGH / each] |= 1ul << HIGH % each;
    count = select(HIGH + 1, (void *)bits, NULL, NULL, &none);
    seen(count == 1 && bits[HIGH / each] >> HIGH % each & 1,
         "the kernel, with a larger array, and descriptor %d in it: %d ready",
         HIGH, count);
    return outcome();
}
