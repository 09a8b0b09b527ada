/* Claim 42: does the kernel remember what poll was asked to watch? */
#include "experiment.h"

/* How many descriptors an epoll instance holds: "tfd:" lines, proc(5). */
static int registered(int epfd) {
    char name[64], line[256];
    int found = 0;
    snprintf(name, sizeof name, "/proc/self/fdinfo/%d", epfd);
    FILE *f = fopen(name, "r");
    need(f != NULL, name);
    while (fgets(line, sizeof line, f) != NULL)
        found += !strncmp(line, "tfd:", 4);
    fclose(f);
    return found;
}

static int select_ready(int fd) {
    fd_set in;
    FD_ZERO(&in);
    FD_SET(fd, &in);
    return select(fd + 1, &in, NULL, NULL, &(struct timeval){0, 0});
}

int main(void) {
    int a, b, a_client, b_client, epfd = epoll_create1(0);
    predicted("poll knows who is named in this call, as select does; epoll"
              " keeps a list");
    tcp_pair(&a, &a_client);
    tcp_pair(&b, &b_client);
    need(set_interest(epfd, EPOLL_CTL_ADD, a, EPOLLIN) == 0, "epoll_ctl");
    need(send(a_client, "x", 1, 0) == 1, "send");
    await(a, POLLIN);
    int first = report(a, POLLIN, 0), second = report(b, POLLIN, 0);
    seen(first == POLLIN && second == 0,
         "A has a byte. poll is asked for A: %s; then for B: %s", names(first),
         names(second));
    first = select_ready(a);
    second = select_ready(b);
    seen(first == 1 && second == 0,
         "A has a byte. select is asked for A: %d ready; then for B: %d ready",
         first, second);
    first = epoll_report(epfd, 0);
    second = epoll_report(epfd, 0);
    seen(first == EPOLLIN && second == EPOLLIN,
         "A was registered once. epoll_wait, which names nobody: %s; again: %s",
         names(first), names(second));
    seen(registered(epfd) == 1, "the kernel's list, in /proc: %d descriptor",
         registered(epfd));
    return outcome();
}
