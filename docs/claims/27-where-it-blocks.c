/* Claim 27: where does a server wait that nobody has connected to? */
#include "experiment.h"

#define WAIT_MS 50

int main(void) {
    struct sockaddr_in where;
    int fd = listener_at(&where, 8), epfd, mask;
    double made, waited;
    predicted("not where the epoll instance is made: in epoll_wait");
    made = now_ms();
    epfd = epoll_create1(0);
    made = now_ms() - made;
    need(epfd >= 0 && set_interest(epfd, EPOLL_CTL_ADD, fd, EPOLLIN) == 0,
         "epoll");
    waited = now_ms();
    mask = epoll_report(epfd, WAIT_MS);
    waited = now_ms() - waited;
    seen(made < WAIT_MS, "epoll_create1 took %.3f ms", made);
    seen(mask == 0 && waited >= WAIT_MS - 1,
         "epoll_wait, with a limit of %d ms: %.0f ms", WAIT_MS, waited);
    return outcome();
}
