/* What ONE call of select, poll or epoll_wait costs, by the number of
 * descriptors that it watches, and by how many of those are ready: none, one,
 * all. No client and no network disturb it: the call is made again and again,
 * and does not sleep.
 *
 *   cc -D_POSIX_C_SOURCE=200809L waitcost.c -o waitcost
 *   ./waitcost [N...]   prints: call, watched, ready, ns   (10 100 1000 8000)
 *
 * The fastest of REPEATS series counts: whatever disturbs makes it slower. */
#include "../../claims/experiment.h"
#include <sys/resource.h>

#define REPEATS 7
#define SERIES_MS 3 /* at least one call, and as many as fit */
#define MOST 9000 /* watched; each has another end in this process */
#define ASIDE 9500 /* the other ends get numbers from here on */

static int watched[MOST], others[MOST], epfd;
static struct pollfd fds[MOST];
static struct epoll_event events[MOST];
static fd_set all;

static int by_select(int n) {
    fd_set set = all; /* it is overwritten, and must be made anew each time */
    return select(watched[n - 1] + 1, &set, NULL, NULL, &(struct timeval){0});
}

static int by_poll(int n) { return poll(fds, (nfds_t)n, 0); }

static int by_epoll(int n) { return epoll_wait(epfd, events, n, 0); }

/* The time of one call, ns. It must report so many as ready. */
static double cost(int (*call)(int), int n, int ready) {
    double best = 1e18;
    for (int r = 0; r < REPEATS; r++) {
        double start = now_ms(), ms;
        int calls = 0;
        do {
            for (int k = 0; k < 10; k++, calls++)
                need(call(n) == ready, "another number was ready");
            ms = now_ms() - start;
        } while (ms < SERIES_MS);
        if (ms / calls * 1e6 < best)
            best = ms / calls * 1e6;
    }
    return best;
}

static void row(const char *name, int (*call)(int), int n, int ready) {
    printf("%s\t%d\t%d\t%.0f\n", name, n, ready, cost(call, n, ready));
    fflush(stdout);
}

/* Opens pairs until there are so many. The watched ends have low numbers, so
 * that select can watch the first thousand. */
static void open_pairs(int n) {
    static struct sockaddr_in where;
    static int opened, listener;
    if (opened == 0)
        listener = listener_at(&where, 16);
    for (; opened < n; opened++) {
        int fd = connect_to(&where);
        others[opened] = fcntl(fd, F_DUPFD, ASIDE);
        close(fd);
        watched[opened] = accept(listener, NULL, NULL);
        need(others[opened] >= 0 && watched[opened] >= 0, "ulimit -n");
        fds[opened] = (struct pollfd){.fd = watched[opened], .events = POLLIN};
        need(set_interest(epfd, EPOLL_CTL_ADD, watched[opened], EPOLLIN) == 0,
             "epoll_ctl");
    }
    FD_ZERO(&all);
    for (int i = 0; i < n && watched[i] < FD_SETSIZE; i++)
        FD_SET(watched[i], &all);
}

/* Makes the last descriptors up to n readable, so many of them. */
static void make_ready(int from, int n) {
    for (int i = from; i < n; i++)
        need(send(others[i], "x", 1, 0) == 1, "send");
    for (int i = from; i < n; i++)
        await(watched[i], POLLIN);
}

static void one_size(int n) {
    const int ready[] = {0, 1, n};
    char c;
    open_pairs(n);
    for (int i = 0; i < (n > 1 ? 3 : 2); i++) {
        if (i > 0)
            make_ready(i == 1 ? n - 1 : 0, i == 1 ? n : n - 1);
        if (watched[n - 1] < FD_SETSIZE)
            row("select", by_select, n, ready[i]);
        row("poll", by_poll, n, ready[i]);
        row("epoll_wait", by_epoll, n, ready[i]);
    }
    for (int i = 0; i < n; i++) /* for the next size, nothing is ready */
        need(recv(watched[i], &c, 1, 0) == 1, "recv");
}

int main(int argc, char **argv) {
    static const char *sizes[] = {"10", "100", "1000", "8000", NULL};
    struct rlimit files;
    int last = 0;
    argv = argc > 1 ? argv + 1 : (char **)sizes;
    for (char **size = argv; *size != NULL; size++) {
        char *end;
        long n = strtol(*size, &end, 10);
        int help = !strcmp(*size, "-h") || !strcmp(*size, "--help");
        if (end == *size || *end || n <= last || n > MOST) {
            fprintf(help ? stdout : stderr,
                    "usage: waitcost [N...] (1-%d, rising)\n", MOST);
            return help ? 0 : 2;
        }
        last = (int)n;
    }
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    epfd = epoll_create1(0);
    printf("call\twatched\tready\tns\n");
    for (; *argv != NULL; argv++)
        one_size((int)strtol(*argv, NULL, 10));
    return 0;
}
