/* Claim 57: POSIX AIO: who waits, who copies, and who sends the signal?
 * aio_read returns at once, and a signal tells of its completion: aio(7). The
 * number of our threads tells who did the work.
 * make docs/beyond/aio && docs/beyond/aio
 * With a glibc older than 2.34, link with -lrt. */
#include "../claims/experiment.h"
#include <aio.h>
#include <dirent.h>

/* The threads of this process; the state of the last one that is not the main
 * thread into *state: S sleeps, R runs. proc(5), /proc/pid/task. */
static int threads(char *state) {
    DIR *dir = opendir("/proc/self/task");
    struct dirent *entry;
    int n = 0;
    need(dir != NULL, "/proc/self/task");
    *state = '-';
    while ((entry = readdir(dir)) != NULL) {
        char path[300];
        FILE *stat;
        if (entry->d_name[0] == '.')
            continue;
        n++;
        snprintf(path, sizeof path, "/proc/self/task/%s/stat", entry->d_name);
        if (atoi(entry->d_name) == getpid() ||
            (stat = fopen(path, "r")) == NULL)
            continue;
        if (fscanf(stat, "%*d (%*[^)]) %c", state) != 1)
            *state = '?';
        fclose(stat);
    }
    closedir(dir);
    return n;
}

/* A thread that was just born runs before it sleeps. */
static int threads_at_rest(char *state) {
    int n = 0;
    for (int ms = 0; ms < PATIENCE_MS; ms++) {
        n = threads(state);
        if (*state == 'S')
            break;
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    return n;
}

int main(void) {
    int server, client, before, during, error;
    char buf[64] = "", state;
    volatile long counted = 0;
    struct timespec patience = {.tv_sec = PATIENCE_MS / 1000};
    siginfo_t info = {0};
    sigset_t done;
    struct aiocb request = {.aio_buf = buf, .aio_nbytes = sizeof buf};
    predicted(
        "it returns at once; one thread more sleeps in read, and signals");
    /* Blocked before there is a second thread: it inherits this. */
    sigemptyset(&done);
    sigaddset(&done, SIGUSR1);
    sigprocmask(SIG_BLOCK, &done, NULL);
    tcp_pair(&server, &client);
    request.aio_fildes = server;
    request.aio_sigevent.sigev_notify = SIGEV_SIGNAL;
    request.aio_sigevent.sigev_signo = SIGUSR1;
    before = threads(&state);
    need(aio_read(&request) == 0, "aio_read");
    error = aio_error(&request);
    seen(error == EINPROGRESS, "aio_read on a silent socket: 0, and then %s",
         error == EINPROGRESS ? "EINPROGRESS" : strerror(error));
    while (counted < 1000000)
        counted++;
    during = threads_at_rest(&state);
    seen(aio_error(&request) == EINPROGRESS && during == before + 1 &&
             state == 'S',
         "we count to %ld; threads: 1, now %d; the new one %s", counted,
         1 + during - before, state == 'S' ? "sleeps" : "does not sleep");
    need(send(client, "hello", 5, 0) == 5, "send");
    need(sigtimedwait(&done, &info, &patience) == SIGUSR1, "no signal came");
    seen(info.si_code == SI_ASYNCIO && info.si_pid == getpid(),
         "the signal: SI_ASYNCIO %s, sent by %s",
         info.si_code == SI_ASYNCIO ? "yes" : "no",
         info.si_pid == getpid() ? "our own process" : "somebody else");
    error = aio_error(&request);
    seen(error == 0 && aio_return(&request) == 5 && !memcmp(buf, "hello", 6),
         "in our buffer: \"%s\", and we have not called recv", buf);
    return outcome();
}
