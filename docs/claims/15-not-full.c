/* Claim 15: a buffer is full, and is read. When is it "not full"? */
#include "experiment.h"

#define STEP 64

/* Fills out, then reads from in, step by step, until out is writable again.
 * Returns the bytes that had to be read; *held is what was in it. */
static size_t until_writable(int out, int in, size_t *held) {
    static char data[STEP];
    size_t taken = 0;
    ssize_t n;
    nonblocking(out);
    nonblocking(in);
    *held = 0;
    do { /* TCP moves bytes from one buffer to the other: fill both */
        while ((n = write(out, data, STEP)) > 0)
            *held += (size_t)n;
    } while (report(out, POLLOUT, SOON_MS) & POLLOUT);
    while (!(report(out, POLLOUT, 0) & POLLOUT)) {
        n = read(in, data, STEP);
        taken += n > 0 ? (size_t)n : 0;
    }
    return taken;
}

int main(void) {
    int ends[2], server, client;
    size_t held, taken, page = (size_t)sysconf(_SC_PAGESIZE);
    predicted("not with one free byte: a pipe when a page is free, TCP when "
              "much is free");
    need(pipe(ends) == 0, "pipe");
    taken = until_writable(ends[1], ends[0], &held);
    seen(taken > STEP && taken <= page,
         "a pipe, full with %zu bytes: writable after %zu were read", held,
         taken);
    tcp_pair(&server, &client);
    taken = until_writable(server, client, &held);
    seen(taken > page,
         "a TCP connection, full with %zu bytes: writable after %zu were read",
         held, taken);
    return outcome();
}
