/* Claim 9: does select say only that something happened, and not whose it was? */
#include "experiment.h"

#define PAIRS 5

int main(void) {
    int server[PAIRS], client[PAIRS], most = 0, count;
    char who[64] = "";
    fd_set set;
    predicted("five are watched, number 1 and number 3 have sent: select names "
              "these two");
    FD_ZERO(&set);
    for (int i = 0; i < PAIRS; i++) {
        tcp_pair(&server[i], &client[i]);
        FD_SET(server[i], &set);
        most = server[i] > most ? server[i] : most;
    }
    need(send(client[1], "x", 1, 0) == 1 && send(client[3], "x", 1, 0) == 1,
         "send");
    await(server[1], POLLIN);
    await(server[3], POLLIN);
    count = select(most + 1, &set, NULL, NULL, NULL);
    for (int i = 0; i < PAIRS; i++)
        if (FD_ISSET(server[i], &set))
            snprintf(who + strlen(who), sizeof who - strlen(who), " %d", i);
    seen(count == 2, "select returned %d", count);
    seen(!strcmp(who, " 1 3"), "the set holds number%s", who);
    return outcome();
}
