/* Chapter 03, aside: an operator at the keyboard answers many clients. Keyboard,
 * listener and connections are in one select, and nobody holds up another.
 * cc chat.c -o chat && ./chat [port], default 8013; clients: ./client 8013.
 * You see `2: text`; `2 answer` answers client 2, and an answer without a number
 * goes to whoever has waited longest. Ctrl-D ends it: see asides.md */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PORT 8013
#define LINE 512 /* bytes: a client's longer line is shown in pieces */
#define ROOM 4096 /* bytes of answers that one client may leave unread */
#define RETRY_S 1 /* out of descriptors: when to try accept again */
#define FAREWELL_MS 1000 /* after Ctrl-D: for what is owed, in all */
#define LOOK_MS 50 /* meanwhile: how often we look at the clock */

struct client {
    int number; /* given once, and to nobody else; 0: no such client */
    int fd;
    int ended; /* it sends no more, but may wait for an answer */
    unsigned long asked; /* its place among those who wait; 0: answered */
    size_t got, owed; /* bytes in line, and in out */
    char line[LINE], out[ROOM];
};

static struct client clients[FD_SETSIZE]; /* by descriptor */
static int listener, newest, full;
static long long closing; /* when we began to end, in ms; 0: not yet */
static unsigned long questions;

/* For failures that leave nothing to serve with. */
static void die(const char *what, int number) {
    fprintf(stderr, "chat: %s %d: %s\n", what, number, strerror(errno));
    exit(1);
}

/* Returns a socket that listens on 127.0.0.1:port, and prints the address.
 * Port 0 lets the kernel choose. bind(2), listen(2), getsockname(2). */
static int open_listener(int port) {
    struct sockaddr_in addr = {.sin_family = AF_INET};
    socklen_t len = sizeof addr;
    int on = 1, fd = socket(AF_INET, SOCK_STREAM, 0);
    addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    addr.sin_port = htons((in_port_t)port);
    /* Without REUSEADDR, a restart fails while old ones are in TIME_WAIT. */
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) ||
        bind(fd, (void *)&addr, len) || listen(fd, SOMAXCONN) ||
        getsockname(fd, (void *)&addr, &len))
        die("cannot listen on 127.0.0.1, port", port);
    printf("listening on 127.0.0.1:%d\n", ntohs(addr.sin_port));
    return fd;
}

static void leave(struct client *c, const char *how) {
    printf("(%d %s)\n", c->number, how);
    close(c->fd);
    *c = (struct client){0};
}

/* Sends what is owed, as far as there is room. */
static void send_owed(struct client *c) {
    ssize_t n = c->owed > 0 ? send(c->fd, c->out, c->owed, 0) : 0;
    if (n < 0 && errno != EAGAIN && errno != EINTR) {
        leave(c, "is gone");
        return;
    }
    c->owed -= n > 0 ? (size_t)n : 0;
    memmove(c->out, c->out + (n > 0 ? n : 0), c->owed); /* a short send */
    if (c->ended && (c->asked == 0 || closing) && c->owed == 0)
        leave(c, "has left");
}

/* Shows a line. What a client sends may hold anything: a control character
 * would reach the operator's terminal as a command. */
static void show_line(struct client *c) {
    printf("%d: ", c->number);
    for (size_t i = 0; i < c->got; i++)
        putchar(isprint((unsigned char)c->line[i]) ? c->line[i] : '?');
    putchar('\n');
    c->got = 0;
    if (c->asked == 0)
        c->asked = ++questions;
}

/* One recv: shows each line that is complete, and keeps the rest. */
static void hear(struct client *c) {
    char buf[LINE];
    ssize_t n = recv(c->fd, buf, sizeof buf, 0);
    if (n < 0 && errno != EAGAIN && errno != EINTR) {
        leave(c, "is gone");
        return;
    }
    for (ssize_t i = 0; i < n && !closing; i++) {
        if (buf[i] == '\n' || c->got == LINE)
            show_line(c);
        if (buf[i] != '\n')
            c->line[c->got++] = buf[i];
    }
    if (n == 0) {
        c->ended = 1;
        if (c->got > 0)
            show_line(c); /* no newline at the end */
        if (!closing && (c->asked > 0 || c->owed > 0))
            printf("(%d sends no more)\n", c->number);
        send_owed(c); /* a client that waits for nothing leaves here */
    }
}

/* The client that the operator's line is for; *text: what it is to be told.
 * NULL: there is none, and a number is not taken for an answer to another. */
static struct client *addressed(char **text) {
    struct client *oldest = NULL;
    char *end;
    long number = strtol(*text, &end, 10);
    int digits = end > *text;
    end += digits && *end == ':'; /* as it is shown: `2: text` */
    int named = digits && *end == ' ';
    for (struct client *c = clients; c < clients + FD_SETSIZE; c++) {
        if (c->number > 0 && c->number == number && named) {
            *text = end + 1;
            return c;
        }
        if (c->asked > 0 && (oldest == NULL || c->asked < oldest->asked))
            oldest = c;
    }
    return named ? NULL : oldest;
}

/* A line of the operator's, n bytes, with its newline. */
static void answer(char *text, size_t n) {
    char *start = text;
    struct client *c = addressed(&text);
    n -= (size_t)(text - start);
    if (c == NULL) {
        printf("(nobody waits for that answer)\n");
    } else if (c->owed + n > ROOM) {
        printf("(%d does not read: not sent)\n", c->number);
    } else {
        memcpy(c->out + c->owed, text, n);
        c->owed += n;
        c->asked = 0;
        send_owed(c);
    }
}

static long long now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (long long)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* One read of the keyboard. select said that it does not wait. */
static void hear_operator(void) {
    static char line[LINE + 2]; /* a newline at the end, and a 0 for strtol */
    static size_t got;
    char buf[LINE];
    ssize_t n = read(STDIN_FILENO, buf, sizeof buf);
    int end = n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN);
    for (ssize_t i = 0; i < n || (end && got > 0); i++) {
        if (i < n && buf[i] != '\n') {
            if (got < LINE)
                line[got] = buf[i];
            if (got == LINE)
                printf("(too long: what is more than %d bytes is cut off)\n",
                       LINE);
            got += got <= LINE;
            continue;
        }
        got = got > LINE ? LINE : got;
        line[got] = '\n';
        line[got + 1] = '\0';
        if (got > 0) /* Enter alone is no answer */
            answer(line, got + 1);
        got = 0;
    }
    closing = end ? now_ms() : 0;
}

/* One client of the backlog. Out of descriptors, it stays there for a while. */
static void welcome(void) {
    static int told;
    int fd = accept(listener, NULL, NULL);
    full = fd < 0 && errno != EAGAIN && errno != EINTR && errno != ECONNABORTED;
    if (full && !told)
        perror("chat: accept");
    told = full;
    if (fd >= FD_SETSIZE) {
        fprintf(stderr, "chat: no room for fd %d: client refused\n", fd);
        close(fd);
    } else if (fd >= 0) {
        fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK); /* not inherited */
        clients[fd].fd = fd;
        clients[fd].number = ++newest;
        printf("(%d has come)\n", newest);
    }
}

/* Waits for keyboard, listener and clients at once. Returns 0 when all is over:
 * after the keyboard's end, when all have what is owed to them, and have left. */
static int turn(void) {
    struct timeval limit = {.tv_sec = RETRY_S};
    fd_set readable, writable;
    int n, left = 0;
    FD_ZERO(&readable);
    FD_ZERO(&writable);
    if (!closing)
        FD_SET(STDIN_FILENO, &readable);
    if (!closing && !full)
        FD_SET(listener, &readable);
    for (struct client *c = clients; c < clients + FD_SETSIZE; c++) {
        if (c->number > 0 && !c->ended)
            FD_SET(c->fd, &readable);
        if (c->owed > 0)
            FD_SET(c->fd, &writable);
        else if (c->number > 0 && closing)
            /* Not close: if it has sent more, that is a RST, and its answer
             * may be lost. */
            shutdown(c->fd, SHUT_WR);
        left += c->number > 0;
    }
    if (closing) {
        limit = (struct timeval){.tv_usec = LOOK_MS * 1000};
        if (left == 0 || now_ms() - closing > FAREWELL_MS)
            return 0;
    }
    full = 0;
    n = select(FD_SETSIZE, &readable, &writable, NULL,
               FD_ISSET(listener, &readable) ? NULL : &limit);
    if (n < 0 && errno != EINTR)
        die("cannot wait, fd", listener);
    for (struct client *c = clients; n > 0 && c < clients + FD_SETSIZE; c++) {
        if (c->number > 0 && FD_ISSET(c->fd, &writable))
            send_owed(c);
        if (c->number > 0 && FD_ISSET(c->fd, &readable))
            hear(c);
    }
    if (n > 0 && FD_ISSET(listener, &readable))
        welcome();
    if (n > 0 && FD_ISSET(STDIN_FILENO, &readable))
        hear_operator();
    return 1;
}

int main(int argc, char **argv) {
    int fd;
    char *end = "";
    long port = argc > 1 ? strtol(argv[1], &end, 10) : PORT;
    int help =
        argc == 2 && (!strcmp(argv[1], "-h") || !strcmp(argv[1], "--help"));
    if (argc > 2 || (argc > 1 && !*argv[1]) || *end || port < 0 ||
        port > 65535) {
        fprintf(help ? stdout : stderr, "usage: chat [port 0-65535]\n");
        exit(help ? 0 : 2);
    }
    /* With 0, 1 or 2 closed, a client would get that number, and our output. */
    while ((fd = open("/dev/null", O_RDWR)) >= 0 && fd < 3)
        continue;
    close(fd);
    setvbuf(stdout, NULL, _IOLBF, 0); /* each line at once, to a file too */
    signal(SIGPIPE, SIG_IGN); /* send to a client that left: EPIPE instead */
    listener = open_listener((int)port);
    if (listener >= FD_SETSIZE)
        die("the listener is past FD_SETSIZE: fd", listener);
    fcntl(listener, F_SETFL, fcntl(listener, F_GETFL) | O_NONBLOCK);
    while (turn())
        continue;
}
