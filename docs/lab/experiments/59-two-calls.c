/* Claim 59: one connection. What does select cost there? */
#include "experiment.h"

#define ECHOES 100

static long calls;

static ssize_t counted(ssize_t result) {
    calls++;
    return result;
}

static void echo(int fd, int ask_first) {
    char byte;
    fd_set set;
    if (ask_first) {
        FD_ZERO(&set);
        FD_SET(fd, &set);
        need(counted(select(fd + 1, &set, NULL, NULL, NULL)) == 1, "select");
    }
    need(counted(recv(fd, &byte, 1, 0)) == 1, "recv");
    need(counted(send(fd, &byte, 1, 0)) == 1, "send");
}

int main(void) {
    int server, client;
    long needed[2];
    predicted("one more system call for each echo: 3 in place of 2");
    tcp_pair(&server, &client);
    for (int way = 0; way < 2; way++) {
        double start = cpu_ms();
        calls = 0;
        for (int i = 0; i < ECHOES; i++) {
            char byte = 'x';
            need(send(client, &byte, 1, 0) == 1, "send");
            echo(server, way);
            need(recv(client, &byte, 1, 0) == 1, "recv");
        }
        needed[way] = calls;
        seen(calls == (2 + way) * ECHOES,
             "%s: %ld calls for %d echoes, %.1f us each, client and all",
             way ? "with select   " : "without select", calls, ECHOES,
             (cpu_ms() - start) * 1e3 / ECHOES);
    }
    return needed[1] > needed[0] ? outcome() : 1;
}
