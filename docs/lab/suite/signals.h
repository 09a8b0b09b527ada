/* For `cc -include`: the program has handlers for SIGUSR1 and SIGUSR2, so that
 * a signal ends its wait with EINTR. SIGUSR1's has SA_RESTART, which does not
 * help: signal(7) lists select, poll and epoll_wait among the calls that are
 * never restarted. SIGUSR2's has not, so that recv, send and accept end as
 * well. */
#ifndef _DEFAULT_SOURCE /* what a program defines itself comes too late, behind us */
#define _DEFAULT_SOURCE
#endif
#include <signal.h>

static void on_signal_do_nothing(int sig) { (void)sig; }

__attribute__((constructor)) static void install_handlers(void) {
    struct sigaction action = {.sa_handler = on_signal_do_nothing};

    sigaction(SIGUSR2, &action, 0);
    action.sa_flags = SA_RESTART;
    sigaction(SIGUSR1, &action, 0);
}
