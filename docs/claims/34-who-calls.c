/* Claim 34: does the kernel call the function that is registered? */
#include "experiment.h"

struct source {
    void (*handle)(void);
};

static int handled;

static void on_event(void) { handled++; }

int main(void) {
    struct source source = {.handle = on_event};
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = &source}, back;
    int server, client, epfd = epoll_create1(0);
    predicted("no: epoll_wait brings a pointer back, and the loop calls");
    tcp_pair(&server, &client);
    need(epoll_ctl(epfd, EPOLL_CTL_ADD, server, &event) == 0, "epoll_ctl");
    need(send(client, "x", 1, 0) == 1, "send");
    need(epoll_wait(epfd, &back, 1, PATIENCE_MS) == 1, "epoll_wait");
    seen(handled == 0, "epoll_wait has returned: the handler has run %d times",
         handled);
    ((struct source *)back.data.ptr)->handle();
    seen(handled == 1, "the loop has called it: %d time", handled);
    return outcome();
}
