/* Claim 7: does the third set of select hold the broken connections? */
#include "experiment.h"

/* "r w x": the sets in which select leaves fd. */
static const char *sets(int fd) {
    static char text[4][8];
    static int turn;
    char *out = text[turn = (turn + 1) % 4];
    struct timeval none = {0};
    fd_set r, w, x;
    FD_ZERO(&r);
    FD_SET(fd, &r);
    w = x = r;
    need(select(fd + 1, &r, &w, &x, &none) >= 0, "select");
    snprintf(out, sizeof text[0], "%s%s%s", FD_ISSET(fd, &r) ? "r" : "",
             FD_ISSET(fd, &w) ? "w" : "", FD_ISSET(fd, &x) ? "x" : "");
    return out;
}

int main(void) {
    int server, client;
    const char *got;
    predicted("x is for an urgent byte alone; an end and a RST are r and w");
    tcp_pair(&server, &client);
    close(client);
    await(server, POLLIN);
    got = sets(server);
    seen(!strcmp(got, "rw"), "the client has closed: %s", got);
    tcp_pair(&server, &client);
    reset(client);
    await(server, POLLERR);
    got = sets(server);
    seen(!strcmp(got, "rw"), "the client has reset: %s", got);
    tcp_pair(&server, &client);
    need(send(client, "!", 1, MSG_OOB) == 1, "send");
    await(server, POLLPRI);
    got = sets(server);
    seen(!strcmp(got, "wx"), "an urgent byte has come, nothing is broken: %s",
         got);
    return outcome();
}
