// trial: wrong; a thread closes its descriptor twice; by then it may be another client's
// caught by: come_and_go, by chance: it is a race
#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

struct client { int fd; struct client *next; };
static struct client *clients;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void echo(int fd) {
    char buf[16384];
    ssize_t n;
    while ((n = recv(fd, buf, sizeof buf, 0)) != 0) {
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) break;
        for (ssize_t off = 0; off < n;) {
            ssize_t k = send(fd, buf + off, n - off, MSG_NOSIGNAL);
            if (k < 0 && errno == EINTR) continue;
            if (k < 0) goto out;
            off += k;
        }
    }
out:
    close(fd);
}
static void client_free(struct client *c) {
    pthread_mutex_lock(&lock);
    struct client **p = &clients;
    while (*p != c) p = &(*p)->next;
    *p = c->next;
    pthread_mutex_unlock(&lock);
    close(c->fd);
    free(c);
}
static void *run(void *arg) {
    struct client *c = arg;
    echo(c->fd);
    client_free(c);
    return NULL;
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
    pthread_attr_t at;
    pthread_attr_init(&at);
    pthread_attr_setdetachstate(&at, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&at, 65536);
    struct timespec nap = { 0, 100000000 };
    for (;;) {
        int fd = accept(l, NULL, NULL);
        if (fd < 0) {                   /* out of descriptors: a short rest */
            if (errno != EINTR && errno != ECONNABORTED) nanosleep(&nap, NULL);
            continue;
        }
        struct client *c = malloc(sizeof *c);
        c->fd = fd;
        pthread_mutex_lock(&lock);
        c->next = clients, clients = c;
        pthread_mutex_unlock(&lock);
        pthread_t t;
        while (pthread_create(&t, &at, run, c)) nanosleep(&nap, NULL);
    }
}
