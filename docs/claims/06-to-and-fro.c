/* Claim 6: must the interest go to OUT and back for each answer? System calls of
 * 100 echoes, one client: send at once, and the interest that goes to and fro. */
#include "experiment.h"

#define ECHOES 100

static int server, client, epfd, with_poll;
static int interest, queued, calls; /* of the server */

/* poll takes the interest with each call; epoll needs a call to change it. */
static void turn(int events) {
    interest = events;
    calls += !with_poll;
    need(with_poll ||
             set_interest(epfd, EPOLL_CTL_MOD, server, (uint32_t)events) == 0,
         "epoll_ctl");
}

static void answer(void) {
    calls++;
    need(send(server, "x", 1, 0) == 1, "send");
    queued = 0;
}

/* One wait, and one branch for what it told, as the documents have it. The two
 * flags change that: send when read, or turn back when sent. */
static void step(int at_once, int back_at_once) {
    char byte;
    int told = with_poll ? report(server, interest, PATIENCE_MS)
                         : epoll_report(epfd, PATIENCE_MS);
    calls++;
    need(told != 0, "nothing was reported");
    if (told & POLLIN) {
        calls++;
        need(recv(server, &byte, 1, 0) == 1, "recv");
        queued = 1;
        if (at_once)
            answer();
        else
            turn(POLLIN | POLLOUT);
    } else if (queued) {
        answer();
        if (back_at_once)
            turn(POLLIN);
    } else {
        turn(POLLIN); /* told OUT, and nothing to send */
    }
}

/* A client that is quick sends again before the server waits once more. */
static void play(const char *name, int each, int at_once, int back_at_once,
                 int quick) {
    char byte;
    calls = 0;
    for (int i = 0; i < ECHOES; i++) {
        need(send(client, "x", 1, 0) == 1, "send");
        await(server, POLLIN);
        do
            step(at_once, back_at_once);
        while (queued || (!quick && interest != POLLIN));
        need(recv(client, &byte, 1, 0) == 1, "recv");
    }
    seen(calls == each * ECHOES, "%-32s %d system calls", name, calls);
    if (interest != POLLIN)
        turn(POLLIN);
}

int main(void) {
    predicted("%d echoes: 300 calls. To and fro, 400 to 700 for the same bytes",
              ECHOES);
    tcp_pair(&server, &client);
    epfd = epoll_create1(0);
    interest = POLLIN;
    need(set_interest(epfd, EPOLL_CTL_ADD, server, EPOLLIN) == 0, "epoll_ctl");
    play("send at once:", 3, 1, 0, 0);
    play("to and fro, back when sent:", 6, 0, 1, 0);
    play("as in 000, the client pauses:", 7, 0, 0, 0);
    play("as in 000, the client is quick:", 5, 0, 0, 1);
    with_poll = 1;
    play("as in 004, the client pauses:", 5, 0, 0, 0);
    play("as in 004, the client is quick:", 4, 0, 0, 1);
    return outcome();
}
