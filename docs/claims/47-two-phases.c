/* Claim 47: does recv sleep while it waits, and while it copies? */
#include "experiment.h"
#include <pthread.h>
#include <sys/resource.h>

#define WAIT_MS 50 /* when the first byte is sent */
#define QUEUE 16777216 /* bytes: more than the kernel's buffers take */

static char buf[QUEUE];
static int client;

/* How often this thread gave the processor away, to wait: getrusage(2). */
static long sleeps(void) {
    struct rusage r;
    getrusage(RUSAGE_THREAD, &r);
    return r.ru_nvcsw;
}

static double thread_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void *send_later(void *unused) {
    nanosleep(&(struct timespec){.tv_nsec = WAIT_MS * 1000000}, NULL);
    need(send(client, "x", 1, 0) == 1, "send");
    return unused;
}

/* One recv, as it is told by flags. Returns how often it has slept. */
static void watch(int fd, const char *what, int flags) {
    long before = sleeps();
    double start = now_ms(), cpu = thread_ms();
    ssize_t n = recv(fd, buf, QUEUE, flags);
    cpu = thread_ms() - cpu;
    start = now_ms() - start;
    long slept = sleeps() - before;
    need(n > 0, "recv");
    seen(what[0] == 'n' ? slept > 0 && n == 1 && cpu < start / 2
                        : slept == 0 && n > 1,
         "%s: %zd bytes in %.3f ms, %.3f ms of processor, sleeps: %ld", what, n,
         start, cpu, slept);
}

int main(void) {
    int server;
    pthread_t later;
    predicted("it sleeps while there is nothing; to copy is work, in both"
              " modes");
    tcp_pair(&server, &client);
    memset(buf, 'x', sizeof buf); /* now its pages are there */
    need(pthread_create(&later, NULL, send_later, NULL) == 0, "pthread_create");
    watch(server, "nothing there, blocking", 0);
    pthread_join(later, NULL);
    need(send(client, buf, QUEUE, MSG_DONTWAIT) > 1, "send"); /* all it takes */
    await(server, POLLIN);
    watch(server, "data there, blocking", 0);
    await(server, POLLIN); /* what the buffers at the other side still held */
    watch(server, "data there, non-blocking", MSG_DONTWAIT);
    return outcome();
}
