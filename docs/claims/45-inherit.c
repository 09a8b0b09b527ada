/* Claim 45: does a socket from a non-blocking listener block? */
#include "experiment.h"
#include <sys/resource.h>
#include <sys/time.h>

#define TIMEOUT_MS 50 /* or recv would sleep for ever */

static const char *mode(int fd) {
    return fcntl(fd, F_GETFL) & O_NONBLOCK ? "non-blocking" : "blocking";
}

/* How often this process gave the processor away, to wait: getrusage(2). */
static long sleeps(void) {
    struct rusage r;
    getrusage(RUSAGE_SELF, &r);
    return r.ru_nvcsw;
}

/* One recv from a silent client. Returns whether it has slept. */
static int recv_sleeps(int fd) {
    char c;
    long before = sleeps();
    need(recv(fd, &c, 1, 0) < 0 && errno == EAGAIN, "recv");
    return sleeps() > before;
}

int main(void) {
    struct sockaddr_in where;
    struct timeval limit = {.tv_usec = TIMEOUT_MS * 1000};
    int listener, fd, other;
    predicted("accept gives a blocking socket, accept4 and fcntl a"
              " non-blocking one");
    listener = listener_at(&where, 8);
    connect_to(&where);
    connect_to(&where);
    seen(!(fcntl(listener, F_GETFL) & O_NONBLOCK), "a new socket is %s",
         mode(listener));
    nonblocking(listener);
    fd = accept(listener, NULL, NULL);
    need(fd >= 0, "accept");
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    int slept = recv_sleeps(fd);
    seen(!(fcntl(fd, F_GETFL) & O_NONBLOCK) && slept,
         "the listener is %s; accept's socket is %s: recv %s", mode(listener),
         mode(fd), slept ? "sleeps" : "returns at once");
    nonblocking(fd);
    slept = recv_sleeps(fd);
    seen(!slept, "after fcntl with O_NONBLOCK it is %s: recv %s", mode(fd),
         slept ? "sleeps" : "returns at once");
    other = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
    seen(other >= 0 && (fcntl(other, F_GETFL) & O_NONBLOCK),
         "accept4 with SOCK_NONBLOCK: its socket is %s", mode(other));
    return outcome();
}
