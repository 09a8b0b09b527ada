/* One listener, several processes. How many wake for one client? And where each
 * process has a listener of its own (SO_REUSEPORT), who gets whom?
 * cc many-cores.c -o many-cores && ./many-cores: see docs/beyond/README.md */
#include "../claims/experiment.h"
#include <sys/mman.h>
#include <sys/wait.h>

#define WORKERS 4
#define CLIENTS 400
#define LISTEN_MS 300 /* how long a worker that was not woken goes on waiting */

enum way { POLL, EPOLL, EXCLUSIVE, ACCEPT };

/* A worker: waits for a client in its own way. 1: it was woken. It takes nobody,
 * except in accept, so that nobody takes a client from under another's nose. */
static int woken(enum way way, int fd) {
    struct timeval limit = {.tv_usec = LISTEN_MS * 1000};
    int epfd;
    switch (way) {
    case POLL:
        return report(fd, POLLIN, LISTEN_MS) != 0;
    case ACCEPT: /* SO_RCVTIMEO bounds accept, too: socket(7) */
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        return accept(fd, NULL, NULL) >= 0;
    default:
        epfd = epoll_create1(0);
        need(set_interest(epfd, EPOLL_CTL_ADD, fd,
                          way == EPOLL ? EPOLLIN : EPOLLIN | EPOLLEXCLUSIVE) ==
                 0,
             "epoll_ctl");
        return epoll_report(epfd, LISTEN_MS) != 0;
    }
}

/* In /proc/PID/stat, the state stands behind the name: proc(5). */
static int sleeps(pid_t pid) {
    char path[64], text[512], *name_end;
    size_t n;
    FILE *file;
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    file = fopen(path, "r");
    need(file != NULL, path);
    n = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[n] = '\0';
    name_end = strrchr(text, ')');
    return name_end != NULL && name_end[2] == 'S';
}

/* Starts the workers, lets one client come, and returns how many woke. */
static int herd(enum way way) {
    struct sockaddr_in where;
    int fd = listener_at(&where, 8), status, count = 0;
    /* Memory that the workers share: who has come to its wait. */
    volatile char *ready = mmap(NULL, WORKERS, PROT_READ | PROT_WRITE,
                                MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t pids[WORKERS];
    need(ready != MAP_FAILED, "mmap");
    for (int i = 0; i < WORKERS; i++) {
        pids[i] = fork();
        need(pids[i] >= 0, "fork");
        if (pids[i] == 0) {
            ready[i] = 1;
            _exit(woken(way, fd));
        }
    }
    for (int i = 0; i < WORKERS; i++)
        while (!ready[i] || !sleeps(pids[i]))
            nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    close(connect_to(&where));
    for (int i = 0; i < WORKERS; i++)
        if (waitpid(pids[i], &status, 0) == pids[i] && WIFEXITED(status))
            count += WEXITSTATUS(status) == 1;
    munmap((void *)ready, WORKERS);
    close(fd);
    return count;
}

/* Another listener on the port of the first. */
static int one_more(struct sockaddr_in *where) {
    int on = 1, fd = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
    need(bind(fd, (void *)where, sizeof *where) == 0 &&
             listen(fd, CLIENTS) == 0,
         "SO_REUSEPORT");
    nonblocking(fd);
    return fd;
}

static int drain(int fd) {
    int count = 0, client;
    while ((client = accept(fd, NULL, NULL)) >= 0) {
        close(client);
        count++;
    }
    return count;
}

int main(void) {
    struct sockaddr_in where = loopback();
    socklen_t len = sizeof where;
    int fds[WORKERS], got[WORKERS], clients[CLIENTS];
    int all, some, one, taken, sum = 0, least = CLIENTS, lost = 0;
    predicted("%d workers, one client: all wake from poll and epoll, one from",
              WORKERS);
    printf(
        "           accept, fewer than all with EPOLLEXCLUSIVE; %d listeners\n"
        "           on one port share the clients, and one that closes loses "
        "its\n",
        WORKERS);
    all = herd(POLL);
    seen(all == WORKERS, "poll: %d woke", all);
    all = herd(EPOLL);
    seen(all == WORKERS, "epoll, an instance each: %d woke", all);
    some = herd(EXCLUSIVE);
    seen(some >= 1 && some < WORKERS, "the same with EPOLLEXCLUSIVE: %d woke",
         some);
    one = herd(ACCEPT);
    seen(one == 1, "accept: %d woke", one);

    for (int i = 0; i < WORKERS; i++) {
        fds[i] =
            one_more(&where); /* the first lets the kernel choose the port */
        getsockname(fds[i], (void *)&where, &len);
    }
    for (int i = 0; i < CLIENTS; i++)
        clients[i] = connect_to(&where);
    for (int i = 1; i < WORKERS; i++) {
        got[i] = drain(fds[i]);
        sum += got[i];
        least = got[i] < least ? got[i] : least;
    }
    taken = CLIENTS - sum;
    seen(least > 0 && taken > 0,
         "SO_REUSEPORT, %d clients: %d wait at one listener, %d, %d, %d at the "
         "others",
         CLIENTS, taken, got[1], got[2], got[3]);
    close(fds[0]); /* with its clients in the backlog */
    for (int i = 0; i < CLIENTS; i++)
        lost += (report(clients[i], POLLIN, 0) & POLLERR) != 0;
    seen(lost == taken, "that one closes: %d clients get a RST", lost);
    return outcome();
}
