/* Claim 48: must a process that has non-blocking sockets ask again and again? */
#include "experiment.h"
#include <pthread.h>

#define WAIT_MS 50 /* when the byte is sent */

static int server, client;

static void *send_later(void *unused) {
    nanosleep(&(struct timespec){.tv_nsec = WAIT_MS * 1000000}, NULL);
    need(send(client, "x", 1, 0) == 1, "send");
    return unused;
}

/* Gets the byte. Returns how often recv was called; all but one in vain. */
static long get(int with_poll) {
    long calls = 0;
    ssize_t n;
    char c;
    struct pollfd p = {.fd = server, .events = POLLIN};
    pthread_t later;
    need(pthread_create(&later, NULL, send_later, NULL) == 0, "pthread_create");
    do {
        if (with_poll)
            need(poll(&p, 1, PATIENCE_MS) == 1, "poll");
        n = recv(server, &c, 1, 0);
        calls++;
    } while (n < 0 && errno == EAGAIN);
    need(n == 1, "recv");
    pthread_join(later, NULL);
    return calls;
}

int main(void) {
    predicted("without poll, recv is called 100 times or more; after poll,"
              " once");
    tcp_pair(&server, &client);
    nonblocking(server);
    char c;
    double start = now_ms();
    ssize_t n = recv(server, &c, 1, 0);
    seen(n < 0 && errno == EAGAIN,
         "nothing there: recv %zd, EAGAIN, in %.4f ms", n, now_ms() - start);
    start = now_ms();
    double cpu = cpu_ms();
    long calls = get(0);
    seen(
        calls >= 100,
        "a byte after %.1f ms: recv was called %ld times, %.2f ms of processor",
        now_ms() - start, calls, cpu_ms() - cpu);
    start = now_ms();
    cpu = cpu_ms();
    calls = get(1);
    seen(calls == 1,
         "with poll, after %.1f ms: recv was called %ld time, %.2f ms of"
         " processor",
         now_ms() - start, calls, cpu_ms() - cpu);
    return outcome();
}
