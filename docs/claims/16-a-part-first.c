/* Claim 16: the buffer is too small for what is written. What does write say?
 */
#include "experiment.h"

#define LARGE 2000000 /* bytes: more than an empty pipe takes, pipe(7) */
#define FREE 100 /* bytes that are left free, for the last case */

int main(void) {
    static char data[LARGE];
    int ends[2];
    ssize_t first, second;
    predicted("first a part is taken, and counted; only then -1 and EAGAIN");
    need(pipe(ends) == 0, "pipe");
    nonblocking(ends[1]);
    first = write(ends[1], data, LARGE);
    seen(first > 0 && first < LARGE,
         "write of %d bytes into an empty pipe: %zd", LARGE, first);
    second = write(ends[1], data + first, LARGE - (size_t)first);
    seen(second == -1 && errno == EAGAIN, "write of the other %zd: %zd, %s",
         LARGE - first, second, strerror(errno));
    need(pipe(ends) == 0, "pipe");
    nonblocking(ends[1]);
    need(write(ends[1], data, (size_t)first - FREE) == first - FREE, "write");
    second = write(ends[1], data, 2 * FREE);
    seen(second == -1 && errno == EAGAIN,
         "a pipe with %d bytes free, write of %d: %zd, small ones stay whole",
         FREE, 2 * FREE, second);
    return outcome();
}
