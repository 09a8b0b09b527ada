/* Claim 2: recv returned 0. Has the client closed the connection? */
#include "experiment.h"

int main(void) {
    int server, client, error;
    ssize_t end, sent, got;
    char answer[8];
    predicted("0 in both cases: its sending has ended. Only our send finds out "
              "the rest");
    signal(SIGPIPE, SIG_IGN);
    tcp_pair(&server, &client);
    need(shutdown(client, SHUT_WR) == 0, "shutdown");
    end = recv(server, answer, sizeof answer, 0);
    sent = send(server, "HI", 2, 0);
    got = recv(client, answer, sizeof answer, 0);
    seen(end == 0 && sent == 2 && got == 2,
         "the client ends its sending: recv %zd; we send %zd, it gets %zd", end,
         sent, got);
    tcp_pair(&server, &client);
    close(client);
    end = recv(server, answer, sizeof answer, 0);
    sent = send(server, "HI", 2, 0);
    await(server, POLLERR); /* nobody is there for the 2 bytes: a RST */
    got = send(server, "HI", 2, 0);
    error = errno;
    seen(end == 0 && sent == 2 && got == -1 && error == EPIPE,
         "the client closes:           recv %zd; we send %zd, then %zd: %s",
         end, sent, got, strerror(error));
    return outcome();
}
