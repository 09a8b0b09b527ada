/* Claim 8: does POLLERR say that an error occurred? And which one? */
#include "experiment.h"

int main(void) {
    int server, client, mask, error = 0;
    socklen_t len = sizeof error;
    predicted(
        "an error waits to be fetched; SO_ERROR names it, and takes it away");
    tcp_pair(&server, &client);
    reset(client);
    await(server, POLLERR);
    mask = report(server, POLLIN, 0);
    seen((mask & POLLERR) != 0, "the client has reset: %s", names(mask));
    getsockopt(server, SOL_SOCKET, SO_ERROR, &error, &len);
    seen(error == ECONNRESET, "SO_ERROR: %s", strerror(error));
    mask = report(server, POLLIN, 0);
    seen((mask & POLLERR) == 0, "and then: %s", names(mask));
    return outcome();
}
