/* Claim 58: io_uring: is there an asynchronous recv that the kernel itself does?
 * Two rings in memory that we share with the kernel: we write what is to be done
 * into one, the kernel writes what is done into the other. io_uring_enter is
 * the call that says: look. Here without a library: io_uring(7).
 * make docs/beyond/uring && docs/beyond/uring
 * Where the kernel does not allow it, the program says so, and ends with 0. */
#include "../claims/experiment.h"
#ifdef __has_include
#if __has_include("linux/io_uring.h")
#include <linux/io_uring.h>
#include <sys/syscall.h>
#endif
#endif

#if !defined IORING_FEAT_FAST_POLL || !defined SYS_io_uring_setup
int main(void) {
    printf("uring: built without <linux/io_uring.h> of Linux 5.7 or later: "
           "nothing to show\n");
    return 0;
}
#else
#include <dirent.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/wait.h>

#define ENTRIES 8 /* places in the ring of what is to be done */
#define ECHOES 10 /* after the first */
#define LINE 6 /* bytes: "hello\n" */

typedef _Atomic unsigned shared; /* the kernel writes it, or reads it */

static int ring; /* the descriptor of the instance */
static int entered; /* how often io_uring_enter was called */
static unsigned queued; /* written into the ring, the kernel not told yet */
static struct io_uring_params params; /* where everything is in the rings */
static char *submissions, *completions; /* the two rings */
static struct io_uring_sqe *requests; /* what the first ring points to */

/* One line, and no failure: there is nothing to see on this system. */
static void nothing_to_show(const char *what, const char *why) {
    printf("uring: %s (%s): nothing to show\n", what, why);
    exit(0);
}

static shared *sq(unsigned offset) { return (shared *)(submissions + offset); }
static shared *cq(unsigned offset) { return (shared *)(completions + offset); }

static void *map(size_t size, off_t what) {
    void *at = mmap(NULL, size, PROT_READ | PROT_WRITE,
                    MAP_SHARED | MAP_POPULATE, ring, what);
    need(at != MAP_FAILED, "mmap of a ring");
    return at;
}

static void open_ring(void) {
    ring = (int)syscall(SYS_io_uring_setup, ENTRIES, &params);
    if (ring < 0 && (errno == ENOSYS || errno == EPERM || errno == EACCES))
        nothing_to_show("the kernel forbids io_uring here", strerror(errno));
    if (ring < 0 && errno == ENOMEM)
        nothing_to_show("no room for the rings: ulimit -l", strerror(errno));
    need(ring >= 0, "io_uring_setup");
    if (!(params.features & IORING_FEAT_FAST_POLL))
        nothing_to_show("this kernel's io_uring is too old", "before 5.7");
    submissions =
        map(params.sq_off.array + params.sq_entries * sizeof(unsigned),
            IORING_OFF_SQ_RING);
    completions = map(params.cq_off.cqes +
                          params.cq_entries * sizeof(struct io_uring_cqe),
                      IORING_OFF_CQ_RING);
    requests = map(params.sq_entries * sizeof *requests, IORING_OFF_SQES);
}

/* Writes one request into the ring: no system call. The kernel takes what lies
 * before the tail: so the tail moves last, and with release. */
static void queue(int operation, int fd, char *buf, unsigned flags) {
    unsigned mask = *(unsigned *)(submissions + params.sq_off.ring_mask);
    unsigned tail =
        atomic_load_explicit(sq(params.sq_off.tail), memory_order_relaxed);
    unsigned *array = (unsigned *)(submissions + params.sq_off.array);
    requests[tail & mask] =
        (struct io_uring_sqe){.opcode = (unsigned char)operation,
                              .flags = (unsigned char)flags,
                              .fd = fd,
                              .addr = (uintptr_t)buf,
                              .len = LINE,
                              .msg_flags = MSG_WAITALL,
                              .user_data = (unsigned)operation};
    array[tail & mask] = tail & mask;
    atomic_store_explicit(sq(params.sq_off.tail), tail + 1,
                          memory_order_release);
    queued++;
}

/* The only system call: hands over what is queued, and sleeps until as many
 * completions are there. */
static void enter(unsigned wait_for) {
    long n = syscall(SYS_io_uring_enter, ring, queued, wait_for,
                     wait_for ? IORING_ENTER_GETEVENTS : 0, NULL, (size_t)0);
    entered++;
    need(n == (long)queued, "io_uring_enter");
    queued = 0;
}

/* Is a completion there? A look at memory: no system call. */
static int completed(void) {
    return atomic_load_explicit(cq(params.cq_off.head), memory_order_relaxed) !=
           atomic_load_explicit(cq(params.cq_off.tail), memory_order_acquire);
}

/* Takes one completion out of its ring: its result, as recv or send would
 * return it, but with -errno in place of -1. */
static int result_of(unsigned operation) {
    unsigned mask = *(unsigned *)(completions + params.cq_off.ring_mask);
    unsigned head =
        atomic_load_explicit(cq(params.cq_off.head), memory_order_relaxed);
    struct io_uring_cqe *all = (void *)(completions + params.cq_off.cqes), done;
    errno = EPROTO;
    need(completed(), "a completion is missing");
    done = all[head & mask];
    /* With release: the kernel may write into this place from now on. */
    atomic_store_explicit(cq(params.cq_off.head), head + 1,
                          memory_order_release);
    need(done.user_data == operation, "the completions are in another order");
    return done.res;
}

static int threads(void) {
    DIR *dir = opendir("/proc/self/task");
    int n = 0;
    need(dir != NULL, "/proc/self/task");
    while (readdir(dir) != NULL)
        n++;
    closedir(dir);
    return n - 2; /* without . and .. */
}

/* The client, a process of its own: begins when it is told to, by memory. */
static void be_client(int fd, const shared *go) {
    char back[LINE];
    alarm(5);
    while (!atomic_load(go))
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    for (int i = 0; i <= ECHOES; i++)
        if (send(fd, "hello\n", LINE, 0) != LINE ||
            recv(fd, back, LINE, MSG_WAITALL) != LINE ||
            memcmp(back, "hello\n", LINE) != 0)
            _exit(1);
    _exit(0);
}

int main(void) {
    static char buf[LINE + 1];
    int server, client, status, n, ok = 1, before;
    volatile long counted = 0;
    double until;
    pid_t pid;
    shared *go = mmap(NULL, sizeof *go, PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    need(go != MAP_FAILED, "mmap");
    open_ring();
    predicted("1 call submits; the bytes and the result come without another");
    tcp_pair(&server, &client);
    before = threads();
    pid = fork();
    need(pid >= 0, "fork");
    if (pid == 0)
        be_client(client, go);
    queue(IORING_OP_RECV, server, buf, 0);
    enter(0);
    seen(entered == 1 && !completed(),
         "recv submitted, 1 io_uring_enter; nothing has come, %d completions",
         completed());
    until = now_ms() + PATIENCE_MS;
    atomic_store(go, 1);
    while (!completed() && (counted++ % 1024 != 0 || now_ms() < until))
        continue;
    need(completed(), "no completion came");
    n = result_of(IORING_OP_RECV);
    seen(n == LINE && !memcmp(buf, "hello\n", LINE) && entered == 1,
         "we count, look at memory only: result %d, \"%.5s\" is in our buffer",
         n, buf);
    seen(threads() == before,
         "threads: %d before, %d now: no thread of ours did it", before,
         threads());
    for (int i = 0; i < ECHOES; i++) {
        /* Linked: the next recv begins when this send is done. */
        queue(IORING_OP_SEND, server, buf, IOSQE_IO_LINK);
        queue(IORING_OP_RECV, server, buf, 0);
        enter(2);
        ok = ok && result_of(IORING_OP_SEND) == LINE &&
             result_of(IORING_OP_RECV) == LINE;
    }
    n = entered - 1;
    queue(IORING_OP_SEND, server, buf, 0);
    enter(1);
    ok = ok && result_of(IORING_OP_SEND) == LINE;
    waitpid(pid, &status, 0);
    seen(ok && status == 0 && n == ECHOES,
         "%d echoes more, send and next recv in one: %d io_uring_enter", ECHOES,
         n);
    return outcome();
}
#endif
