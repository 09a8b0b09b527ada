/* Claim 14: does multiplexing work only with non-blocking sockets? */
#include "experiment.h"
#include <sys/wait.h>

#define LARGE (32 << 20) /* bytes: more than the kernel's buffers hold */

int main(void) {
    int server, client, mask;
    char byte;
    pid_t pid;
    predicted("poll works with both; but \"writable\" is room for some bytes, "
              "not for all");
    tcp_pair(&server, &client);
    need(send(client, "x", 1, 0) == 1, "send");
    mask = report(server, POLLIN, PATIENCE_MS);
    seen(mask == POLLIN && recv(server, &byte, 1, 0) == 1,
         "a blocking socket: %s, and recv returns", names(mask));
    mask = report(server, POLLOUT, 0);
    pid = fork();
    need(pid >= 0, "fork");
    if (pid == 0) {
        static char data[LARGE];
        _exit(send(server, data, sizeof data, 0) < 0);
    }
    nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
    seen(mask == POLLOUT && waitpid(pid, NULL, WNOHANG) == 0,
         "the same socket: %s; a send of %d MiB has not returned after 100 ms",
         names(mask), LARGE >> 20);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    return outcome();
}
