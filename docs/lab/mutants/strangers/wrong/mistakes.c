/* An echo server with poll, and one mistake: cc -DMISTAKE mistakes.c
 * trial: wrong CLOSES_AFTER_ONE_TRY; at the end of the stream it tries once more to send, and closes; caught by: half_close_owed
 * trial: wrong READS_AFTER_THE_END; it goes on to wait for input after the end, while it owes; caught by: half_close_owed
 * trial: wrong ONE_BUFFER; what all clients are owed stands in one buffer; caught by: two_jams
 * trial: wrong LEAKS_MEMORY; the buffer of a client that has left is not freed; caught by: come_and_go
 * trial: wrong BYTES_ARE_A_STRING; what has come is measured with strlen; caught by: byte_values
 * trial: wrong SHORT_SEND; the rest of a short send is forgotten; caught by: never_reads
 * trial: wrong SENDS_AWAY_THE_IDLE; who has sent nothing for 1.5 s is closed; caught by: patience
 * trial: wrong ALWAYS_ROOM; it always waits for room to send, too; caught by: idle
 * trial: wrong FIVE_HUNDRED; its table has room for 500, and it forgets the others; caught by: thousand
 * trial: wrong SPINS_WHEN_FULL; out of descriptors, it asks for the listener all the time; caught by: descriptors
 * trial: wrong ALL_IS_WELL; where it cannot listen it ends with status 0; caught by: port_in_use
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#ifdef FIVE_HUNDRED
#define MOST 500
#else
#define MOST 16384
#endif
#define SIZE 16384

struct client {
    char *buf;
    size_t at, end;
    int over; /* the end of the stream has come */
    time_t since;
};
static struct pollfd polls[MOST];
static struct client clients[MOST];
static int n = 1;
#ifdef ONE_BUFFER
static char shared[SIZE];
#endif

static void take(int fd) {
    int on = 1;

    fcntl(fd, F_SETFL, O_NONBLOCK);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (n == MOST)
        return; /* FIVE_HUNDRED: it stays open, and nobody looks at it */
    polls[n] = (struct pollfd){.fd = fd, .events = POLLIN};
    clients[n] = (struct client){.since = time(NULL)};
#ifdef ONE_BUFFER
    clients[n].buf = shared;
#else
    clients[n].buf = malloc(SIZE);
#endif
    n++;
}

static void leave(int i) {
    close(polls[i].fd);
#if !defined LEAKS_MEMORY && !defined ONE_BUFFER
    free(clients[i].buf);
#endif
    polls[i] = polls[--n];
    clients[i] = clients[n];
}

/* Returns 0 when the client has left. */
static int serve(int i) {
    struct client *c = &clients[i];
    ssize_t got = 0, sent;

    if (c->at == c->end && !c->over) {
        got = recv(polls[i].fd, c->buf, SIZE, 0);
        if (got < 0)
            return errno == EAGAIN;
        c->over = got == 0;
        c->at = 0;
        c->end = (size_t)got;
#ifdef BYTES_ARE_A_STRING
        if (got < SIZE)
            c->buf[got] = '\0', c->end = strlen(c->buf);
#endif
        c->since = time(NULL);
    }
#if defined CLOSES_AFTER_ONE_TRY || defined READS_AFTER_THE_END
    else if (!c->over && (polls[i].revents & POLLIN)) {
        char byte;

        c->over = recv(polls[i].fd, &byte, 1, MSG_PEEK) == 0;
    }
#endif
    if (c->at < c->end) {
        sent = send(polls[i].fd, c->buf + c->at, c->end - c->at, MSG_NOSIGNAL);
        if (sent < 0 && errno != EAGAIN)
            return 0;
        c->at += sent > 0 ? (size_t)sent : 0;
#ifdef SHORT_SEND
        c->at = c->end;
#endif
    }
    polls[i].events = c->at < c->end ? POLLOUT : POLLIN;
#if defined CLOSES_AFTER_ONE_TRY
    if (!c->over)
        polls[i].events |= POLLIN;
    if (c->over)
        return 0;
#elif defined READS_AFTER_THE_END
    polls[i].events |= POLLIN;
#elif defined ALWAYS_ROOM
    polls[i].events |= POLLOUT;
#endif
    return !(c->over && c->at == c->end);
}

int main(int argc, char **argv) {
    struct sockaddr_in here = {.sin_family = AF_INET};
    char *end = "";
    long port = argc > 1 ? strtol(argv[1], &end, 10) : 0;
    int on = 1;
#ifdef ALL_IS_WELL
    int wrong = 0;
#else
    int wrong = 1;
#endif

    if (argc < 2 || *end != '\0' || port < 1 || port > 65535) {
        fprintf(stderr, "usage: mistakes PORT\n");
        return wrong;
    }
    here.sin_port = htons((in_port_t)port);
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    polls[0] = (struct pollfd){.fd = socket(AF_INET, SOCK_STREAM, 0), .events = POLLIN};
    setsockopt(polls[0].fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    fcntl(polls[0].fd, F_SETFL, O_NONBLOCK);
    if (bind(polls[0].fd, (struct sockaddr *)&here, sizeof here) < 0 || listen(polls[0].fd, 1024) < 0) {
        perror("mistakes");
        return wrong;
    }
    for (;;) {
        int wait = polls[0].events ? -1 : 200, fd;

#ifdef SENDS_AWAY_THE_IDLE
        wait = 500;
#endif
        if (poll(polls, (nfds_t)n, wait) < 0 && errno != EINTR)
            return 1;
        polls[0].events = POLLIN;
        for (int i = n - 1; i > 0; i--) {
            int here_still = 1;

            if (polls[i].revents)
                here_still = serve(i);
#ifdef SENDS_AWAY_THE_IDLE
            if (time(NULL) > clients[i].since + 1)
                here_still = 0;
#endif
            if (!here_still)
                leave(i);
        }
        while ((fd = accept(polls[0].fd, NULL, NULL)) >= 0)
            take(fd);
#ifndef SPINS_WHEN_FULL
        if (errno == EMFILE || errno == ENFILE)
            polls[0].events = 0;
#endif
    }
}
