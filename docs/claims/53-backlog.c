/* Claim 53: how many clients does listen(5) let in? */
#include "experiment.h"
#include <limits.h>

#define CLIENTS 10

/* The number in a file of /proc; -1: there is none. */
static long number_in(const char *file) {
    long value = -1;
    FILE *f = fopen(file, "r");
    if (f != NULL && fscanf(f, "%ld", &value) != 1)
        value = -1;
    if (f != NULL)
        fclose(f);
    return value;
}

/* CLIENTS begin to connect. Returns how many are connected soon; expected is
 * only to know when to look. Who finds the backlog full asks again in 1 s. */
static int connected(const struct sockaddr_in *where, int expected) {
    struct pollfd all[CLIENTS];
    int n = 0;
    for (int i = 0; i < CLIENTS; i++) {
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        need(fd >= 0, "socket");
        nonblocking(fd);
        need(connect(fd, (const void *)where, sizeof *where) == 0 ||
                 errno == EINPROGRESS,
             "connect");
        all[i] = (struct pollfd){.fd = fd, .events = POLLOUT};
    }
    for (int i = 0; i < 10 && n < expected; i++) {
        nanosleep(&(struct timespec){.tv_nsec = SOON_MS * 1000000}, NULL);
        n = poll(all, CLIENTS, 0); /* connected: it can be written to */
    }
    for (int i = 0; i < CLIENTS; i++)
        reset(all[i].fd);
    return n;
}

static int accept_all(int listener) {
    int n = 0;
    for (int fd; (fd = accept(listener, NULL, NULL)) >= 0; n++)
        close(fd);
    return n;
}

int main(void) {
    struct sockaddr_in where;
    struct tcp_info info = {0};
    socklen_t len = sizeof info;
    long most = number_in("/proc/sys/net/core/somaxconn");
    predicted("without accept, backlog + 1 are let in; after accept, as many"
              " again");
    listener_at(&where, 0); /* open to the end of the experiment */
    int n = connected(&where, 1);
    /* Older kernels: none, where SYN cookies are off, see tcp(7). */
    seen(n == 1 ||
             (n == 0 && number_in("/proc/sys/net/ipv4/tcp_syncookies") < 1),
         "listen(0), %d clients, no accept: %d connected", CLIENTS, n);
    int listener = listener_at(&where, 5);
    nonblocking(listener);
    n = connected(&where, 6);
    seen(n == 6, "listen(5), %d clients, no accept: %d connected", CLIENTS, n);
    int taken = accept_all(listener);
    n = connected(&where, 6);
    seen(taken == 6 && n == 6, "%d are accepted, %d new clients: %d connected",
         taken, CLIENTS, n);
    listener = listener_at(&where, INT_MAX);
    /* Of a listener, this is the bound of its backlog: tcp_get_info(). */
    need(getsockopt(listener, IPPROTO_TCP, TCP_INFO, &info, &len) == 0,
         "TCP_INFO");
    seen(most < 0 || info.tcpi_sacked == most,
         "listen(%d): the bound is %u; somaxconn is %ld", INT_MAX,
         info.tcpi_sacked, most);
    return outcome();
}
