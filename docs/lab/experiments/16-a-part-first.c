/* Claim 16: the buffer is too small for what is written. What does write say? */
#include "experiment.h"

#define LARGE 100000 /* bytes: more than a pipe holds, pipe(7) */

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
    return outcome();
}
