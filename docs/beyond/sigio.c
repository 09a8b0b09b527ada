/* Claim 56: does signal-driven I/O tell of each arrival, or of what is there?
 * The kernel sends a signal when something comes for a descriptor: fcntl(2),
 * F_SETOWN, F_SETSIG and O_ASYNC. We block the signals, and count those that
 * wait for us. A real-time signal is queued, so that each of them counts.
 * make docs/beyond/sigio && docs/beyond/sigio */
#include "../claims/experiment.h"
#include <sys/ioctl.h>
#include <sys/wait.h>

static siginfo_t last; /* what the last signal said */

/* Takes the signals that wait, of this number: waits for `expected` of them,
 * and then looks a little longer, whether there are more. */
static int count_signals(int number, int expected) {
    sigset_t set;
    int n = 0;
    sigemptyset(&set);
    sigaddset(&set, number);
    for (;;) {
        long ms = n < expected ? PATIENCE_MS : SOON_MS;
        struct timespec wait = {.tv_sec = ms / 1000,
                                .tv_nsec = ms % 1000 * 1000000};
        if (sigtimedwait(&set, &last, &wait) == number)
            n++;
        else if (errno != EINTR)
            return n;
    }
}

/* Sends n bytes from one end, and waits until they are at the other: so two
 * sends are two arrivals. */
static void put(int from, int to, size_t n) {
    int before = 0, now = 0;
    ioctl(to, FIONREAD, &before);
    need(send(from, "hello", n, 0) == (ssize_t)n, "send");
    for (int ms = 0; now < before + (int)n && ms < PATIENCE_MS; ms++) {
        nanosleep(&(struct timespec){.tv_nsec = 100000}, NULL);
        ioctl(to, FIONREAD, &now);
    }
}

static void drain(int fd) {
    char buf[64];
    while (recv(fd, buf, sizeof buf, MSG_DONTWAIT) > 0)
        continue;
}

/* Asks for a signal with each change of fd. 0 is the default: SIGIO. */
static void ask_for_signals(int fd, int number) {
    need(fcntl(fd, F_SETOWN, getpid()) == 0 &&
             fcntl(fd, F_SETSIG, number) == 0 &&
             fcntl(fd, F_SETFL, O_NONBLOCK | O_ASYNC) == 0,
         "no signals for this descriptor");
}

/* How a process ends that asks for SIGIO, and does not expect it. */
static int fate_of_the_careless(void) {
    int server, client, status = 0;
    sigset_t all;
    pid_t pid = fork();
    need(pid >= 0, "fork");
    if (pid == 0) {
        sigfillset(&all);
        sigprocmask(SIG_UNBLOCK, &all, NULL);
        tcp_pair(&server, &client);
        ask_for_signals(server, 0);
        put(client, server, 1);
        _exit(0);
    }
    waitpid(pid, &status, 0);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

int main(void) {
    const int rt = SIGRTMIN;
    int server, client, n, standard;
    char buf[2];
    sigset_t ours;
    predicted(
        "each arrival is one signal, what is left unread is none: 1, 0, 1");
    sigemptyset(&ours);
    sigaddset(&ours, rt);
    sigaddset(&ours, SIGIO);
    sigprocmask(SIG_BLOCK, &ours, NULL);
    tcp_pair(&server, &client);
    setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    ask_for_signals(server, rt);
    put(client, server, 5);
    n = count_signals(rt, 1);
    seen(n == 1 && last.si_fd == server,
         "1 send of 5 bytes: %d signal, and it names the descriptor", n);
    need(recv(server, buf, sizeof buf, 0) == 2, "recv");
    n = count_signals(rt, 0);
    seen(n == 0, "2 of them read, 3 left: %d signals", n);
    put(client, server, 1);
    n = count_signals(rt, 1);
    seen(n == 1, "1 byte more, behind those 3: %d signal", n);
    drain(server);
    put(server, client, 1);
    n = count_signals(rt, 0);
    seen(n == 0, "our own send, and its acknowledgement: %d signals", n);
    for (int i = 0; i < 5; i++)
        put(client, server, 1);
    n = count_signals(rt, 5);
    ask_for_signals(server, 0);
    for (int i = 0; i < 5; i++)
        put(client, server, 1);
    standard = count_signals(SIGIO, 1);
    seen(n == 5 && standard == 1,
         "5 arrivals while blocked: %d real-time signals, but %d SIGIO", n,
         standard);
    drain(server);
    ask_for_signals(server, rt);
    drain(client); /* with unread bytes, close would send a RST */
    close(client);
    n = count_signals(rt, 1);
    seen(n >= 1, "the client closes: at least 1 signal (here %d)", n);
    n = fate_of_the_careless();
    seen(n == SIGIO, "who asks for SIGIO and does not catch it: %s",
         n == SIGIO ? "killed by SIGIO" : "lives");
    return outcome();
}
