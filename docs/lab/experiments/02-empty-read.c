/* Claim 2: recv returned 0. Has the client closed the connection? */
#include "experiment.h"

int main(void) {
    int server, client;
    char answer[8] = "";
    ssize_t end, sent, got;
    predicted(
        "it has ended its sending; it may still read, and be owed an answer");
    tcp_pair(&server, &client);
    need(send(client, "hi", 2, 0) == 2 && shutdown(client, SHUT_WR) == 0,
         "shutdown");
    await(server, POLLIN);
    need(recv(server, answer, 2, 0) == 2, "recv");
    await(server, POLLIN);
    end = recv(server, answer, 2, 0);
    seen(end == 0, "the server's recv, after \"hi\": %zd", end);
    sent = send(server, "HI", 2, 0);
    await(client, POLLIN);
    got = recv(client, answer, sizeof answer, 0);
    seen(sent == 2 && got == 2,
         "the server sends %zd bytes all the same; the client gets %zd", sent,
         got);
    return outcome();
}
