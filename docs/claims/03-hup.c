/* Claim 3: does POLLHUP say that the client did not close properly? */
#include "experiment.h"

int main(void) {
    int server, client, mask;
    predicted("a clean close: IN; both directions ended: IN and HUP; a RST: "
              "ERR, too");
    tcp_pair(&server, &client);
    close(client);
    await(server, POLLIN);
    mask = report(server, POLLIN, 0);
    seen(mask == POLLIN, "the client has closed: %s", names(mask));
    shutdown(server, SHUT_WR);
    await(server, POLLHUP);
    mask = report(server, POLLIN, 0);
    seen(mask == (POLLIN | POLLHUP),
         "the server has ended its side, too, all in order: %s", names(mask));
    tcp_pair(&server, &client);
    reset(client);
    await(server, POLLERR | POLLHUP);
    mask = report(server, POLLIN, 0);
    seen(mask == (POLLIN | POLLERR | POLLHUP), "another client has reset: %s",
         names(mask));
    return outcome();
}
