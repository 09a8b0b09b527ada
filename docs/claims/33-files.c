/* Claim 33: may one wait for a file, as for a socket? */
#include "experiment.h"

int main(void) {
    FILE *file = tmpfile();
    int epfd = epoll_create1(0), status, mask, fd;
    need(file != NULL, "tmpfile");
    fd = fileno(file);
    predicted("epoll refuses a file; poll says that it is ready, always, also "
              "where it is empty");
    status = set_interest(epfd, EPOLL_CTL_ADD, fd, EPOLLIN);
    seen(status == -1 && errno == EPERM, "epoll_ctl: %s",
         status < 0 ? strerror(errno) : "it worked");
    mask = report(fd, POLLIN | POLLOUT, 0);
    seen(mask == (POLLIN | POLLOUT), "poll, of an empty file: %s", names(mask));
    fclose(file);
    return outcome();
}
