/* For `cc -include`: the program has a handler for SIGUSR1, so that a signal
 * ends its wait with EINTR. SA_RESTART does not help: signal(7) lists select,
 * poll and epoll_wait among the calls that are never restarted. */
#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L
#endif
#include <signal.h>

static void on_usr1(int sig) { (void)sig; }

__attribute__((constructor)) static void install_handler(void) {
    struct sigaction action = {.sa_handler = on_usr1, .sa_flags = SA_RESTART};

    sigaction(SIGUSR1, &action, 0);
}
