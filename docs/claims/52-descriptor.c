/* Claim 52: which number does a new descriptor get, and whose is it? */
#include "experiment.h"
#include <sys/wait.h>

static int new_socket(void) {
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    need(fd >= 0, "socket");
    return fd;
}

static int is_open(int fd) { return fcntl(fd, F_GETFD) >= 0; }

int main(void) {
    int status;
    predicted("the lowest number that is free; and each process has a table of"
              " its own");
    int first = new_socket(), second = new_socket(), third = new_socket();
    close(second);
    close(first);
    int next = new_socket(), after = new_socket();
    seen(
        next == first && after == second && third > second,
        "opened %d, %d and %d, closed %d, then %d: the next ones are %d and %d",
        first, second, third, second, first, next, after);
    pid_t pid = fork();
    need(pid >= 0, "fork");
    if (pid == 0) { /* closes a descriptor: is it closed here, too? */
        close(first);
        _exit(is_open(first) ? 1 : 0);
    }
    need(waitpid(pid, &status, 0) == pid, "waitpid");
    int in_child = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    seen(in_child && is_open(first),
         "a child closes %d: there it is %s; in this process it is %s", first,
         in_child ? "closed" : "open", is_open(first) ? "open" : "closed");
    close(third);
    ssize_t n = read(third, &status, 1);
    seen(n < 0 && errno == EBADF, "closed %d, and read from it: %zd %s", third,
         n, n < 0 ? strerror(errno) : "");
    return outcome();
}
