/* Claim 44: are POLLERR and POLLHUP reported to who has not asked for them? */
#include "experiment.h"

#define READ_ONLY (POLLIN | POLLPRI | POLLHUP | POLLERR)

/* What has happened to fd, asked for in three ways. */
static void ask(const char *what, int fd, int unasked) {
    int nothing = report(fd, 0, 0), in = report(fd, POLLIN, 0),
        all = report(fd, READ_ONLY, 0);
    seen(nothing == unasked && in == all && (in & unasked) == unasked,
         "%s: events 0: %s; IN: %s; all: %s", what, names(nothing), names(in),
         names(all));
}

int main(void) {
    int ends[2], server, client;
    predicted("ERR, HUP and NVAL come unasked: to ask for them changes"
              " nothing");
    tcp_pair(&server, &client);
    reset(client);
    await(server, POLLERR);
    ask("a RST came", server, POLLERR | POLLHUP);
    tcp_pair(&server, &client);
    shutdown(server, SHUT_WR);
    close(client);
    await(server, POLLHUP);
    ask("both sides ended", server, POLLHUP);
    need(pipe(ends) == 0, "pipe");
    close(ends[1]);
    ask("a pipe's writer left", ends[0], POLLHUP);
    close(ends[0]);
    ask("a closed descriptor", ends[0], POLLNVAL);
    return outcome();
}
