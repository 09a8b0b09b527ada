// trial: wrong; SIGCHLD handler reaps one child only: zombies stay when several end at once
// caught by: goodbye
#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void reap(int s) {
    (void)s;
    int e = errno;
    waitpid(-1, NULL, WNOHANG);
    errno = e;
}
static void echo(int fd) {
    char buf[16384];
    for (;;) {
        ssize_t n = recv(fd, buf, sizeof buf, 0);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return;
        for (ssize_t off = 0; off < n;) {
            ssize_t k = send(fd, buf + off, n - off, MSG_NOSIGNAL);
            if (k < 0 && errno == EINTR) continue;
            if (k < 0) return;
            off += k;
        }
    }
}
int main(int argc, char **argv) {
    char *end = "?";
    long port = argc == 2 ? strtol(argv[1], &end, 10) : 0;
    if (*end || port < 1 || port > 65535) { fprintf(stderr, "bad port\n"); return 2; }
    signal(SIGINT, SIG_DFL);
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(port) };
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int l = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(l, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
    setsockopt(l, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int)); /* Linux hands it on */
    if (bind(l, (void *)&a, sizeof a) < 0 || listen(l, SOMAXCONN) < 0) { perror("port"); return 1; }
    struct sigaction sa = { .sa_handler = reap, .sa_flags = SA_RESTART | SA_NOCLDSTOP };
    sigemptyset(&sa.sa_mask);
    sigaction(SIGCHLD, &sa, NULL);
    pid_t parent = getpid();
    struct timespec nap = { 0, 100000000 };
    for (;;) {
        int fd = accept(l, NULL, NULL);
        if (fd < 0) {                   /* out of descriptors: a short rest */
            if (errno != EINTR && errno != ECONNABORTED) nanosleep(&nap, NULL);
            continue;
        }
        pid_t pid;
        while ((pid = fork()) < 0) nanosleep(&nap, NULL);
        if (pid == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            if (getppid() != parent) _exit(0);
            signal(SIGCHLD, SIG_DFL);
            close(l);
            echo(fd);
            _exit(0);
        }
        close(fd);
    }
}
