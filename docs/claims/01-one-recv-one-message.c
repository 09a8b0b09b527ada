/* Claim 1: is what one recv brings one message? The reply of two documents is made
 * for each recv: the first byte becomes upper case, the rest lower case. */
#include "experiment.h"
#include <ctype.h>

/* One recv, capitalized, behind what is in text already. */
static ssize_t take(int fd, char *text, size_t size) {
    size_t used = strlen(text);
    ssize_t n = recv(fd, text + used, size - used - 1, 0);
    need(n >= 0, "recv");
    for (ssize_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)text[used + (size_t)i];
        text[used + (size_t)i] = (char)(i == 0 ? toupper(c) : tolower(c));
    }
    text[used + (size_t)n] = '\0';
    return n;
}

int main(void) {
    int server, client;
    char first[32] = "", second[32] = "";
    ssize_t n;
    predicted(
        "recv gives what is there: bytes, without the borders of the sends");
    tcp_pair(&server, &client);
    need(send(client, "he", 2, 0) == 2, "send");
    await(server, POLLIN);
    take(server, first, sizeof first);
    need(send(client, "LLO", 3, 0) == 3, "send");
    await(server, POLLIN);
    take(server, first, sizeof first);
    seen(!strcmp(first, "HeLlo"),
         "one word, sent in two pieces: 2 recv, \"%s\"", first);
    need(send(client, "one", 3, 0) == 3 && send(client, "TWO", 3, 0) == 3,
         "send");
    for (int ms = 0; ms < PATIENCE_MS && recv(server, second, 16, MSG_PEEK) < 6;
         ms++)
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    memset(second, 0, sizeof second);
    n = take(server, second, sizeof second);
    seen(n == 6 && !strcmp(second, "Onetwo"),
         "two words, sent one after the other: 1 recv, \"%s\"", second);
    return outcome();
}
