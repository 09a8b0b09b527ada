/* Chapter 03, aside: an operator at the keyboard answers many clients. The
 * keyboard, the listener and the clients are in one select: nobody holds up
 * another. You see `2: text`; `2 answer` answers client 2, and an answer
 * without a number goes to whoever has waited longest. Ctrl-D ends it.
 * cc chat.c -o chat && ./chat [port], default 8013; clients: ./client 8013.
 * See asides.md */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
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
#define RETRY_MS 1000 /* out of descriptors: how long until we try again */
#define TELL_MS 60000 /* ... and until we say so again: no flood of lines */
#define FAREWELL_MS 1000 /* after Ctrl-D: for what is owed, in all */
#define LOOK_MS 50 /* meanwhile: how often we look at the clock */

struct client {
    int number; /* given once, and to nobody else; 0: no such client */
    int fd;
    bool ended; /* it sends no more, but may wait for an answer */
    unsigned long asked; /* its place among those who wait; 0: answered */
    size_t got, owed; /* bytes in line, and in out */
    char line[LINE], out[ROOM];
};

enum next { CLOSE, KEEP_OPEN }; /* what to do with a connection */

static struct client clients[FD_SETSIZE]; /* by descriptor */
static int newest; /* the highest number given to a client */
static unsigned long questions; /* how often a client began to wait */
static int listener; /* the socket that clients connect to */
static bool full; /* accept failed, for want of a descriptor or memory */
static long long retry_at; /* while full: when to try again, by now_ms */
static long long tell_at; /* that it is full: not again before, by now_ms */
static char typed[LINE + 2]; /* the operator's line; a newline; 0 for strtol */
static size_t typed_count; /* bytes of that line */
static bool too_long; /* it has more, which is cut off */
static long long closing; /* when we began to end, by now_ms; 0: not yet */

/* For failures that leave nothing to serve with. */
static _Noreturn void die(const char *what, int number) {
    fprintf(stderr, "chat: %s %d: %s\n", what, number, strerror(errno));
    exit(1);
}

static _Noreturn void usage(FILE *out, int status) {
    fprintf(out, "usage: chat [port 0-65535]\n");
    exit(status);
}

/* Returns the port asked for. Wrong use: one line on stderr, exit 2. */
static int parse_args(int argc, char **argv) {
    char *word = argv[1];
    if (argc == 1)
        return PORT;
    if (argc == 2 && (strcmp(word, "-h") == 0 || strcmp(word, "--help") == 0))
        usage(stdout, 0);
    char *end; /* where strtol stopped: at the '\0', if all was a number */
    long port = strtol(word, &end, 10);
    if (end == word || *end != '\0' || port < 0 || port > 65535 || argc > 2)
        usage(stderr, 2);
    return (int)port;
}

/* If 0, 1 or 2 is closed when we start, a socket would get that number, and all
 * that we print. So /dev/null takes it: open(2) uses the lowest free number. */
static void hold_standard_descriptors(void) {
    int fd;
    do
        fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= STDERR_FILENO);
    close(fd); /* the first one that is none of the three */
}

/* From now on, a call on fd that would have to wait fails with EAGAIN instead.
 * On an open socket, neither of these two can fail. fcntl(2). */
static void set_nonblocking(int fd) {
    int flags = fcntl(fd, F_GETFL);
    fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

/* Returns a socket that listens on 127.0.0.1:port, and prints that address.
 * Port 0 lets the kernel choose. bind(2), listen(2), getsockname(2). */
static int open_listener(int port) {
    struct sockaddr_in addr = {.sin_family = AF_INET};
    socklen_t len = sizeof addr;
    addr.sin_port = htons((in_port_t)port);
    inet_pton(AF_INET, "127.0.0.1", &addr.sin_addr);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0)
        die("cannot open a socket for port", port);
    /* Else a restart fails while old connections are in TIME_WAIT: tcp(7). */
    int on = 1;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0)
        die("cannot set SO_REUSEADDR for port", port);
    if (bind(fd, (struct sockaddr *)&addr, len) < 0)
        die("cannot bind 127.0.0.1, port", port);
    if (listen(fd, SOMAXCONN) < 0)
        die("cannot listen on 127.0.0.1, port", port);
    if (getsockname(fd, (struct sockaddr *)&addr, &len) < 0)
        die("cannot ask for the address of port", port);
    printf("listening on 127.0.0.1:%d\n", ntohs(addr.sin_port));
    return fd;
}

/* Milliseconds, from a clock that nobody sets: clock_gettime(2). */
static long long now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* What to do when recv or send failed. EINTR: a signal came first. EAGAIN, from
 * chapter 02 on: the call would have had to wait. Any other error: close. */
static enum next after_error(void) {
    return errno == EAGAIN || errno == EINTR ? KEEP_OPEN : CLOSE;
}

/* Ends a connection: its entry is free. */
static void leave(struct client *c, const char *how) {
    printf("(%d %s)\n", c->number, how);
    close(c->fd);
    *c = (struct client){0};
    retry_at = 0; /* there is room for one more */
}

/* Sends what is owed, as far as there is room. */
static void send_owed(struct client *c) {
    if (c->owed > 0) {
        ssize_t sent = send(c->fd, c->out, c->owed, 0);
        if (sent < 0) {
            if (after_error() == CLOSE)
                leave(c, "is gone");
            return;
        }
        c->owed -= (size_t)sent;
        if (c->owed > 0) /* a short send: the rest is the first to go */
            memmove(c->out, c->out + sent, c->owed);
    }
    bool waits = c->asked > 0 && closing == 0; /* for an answer that may come */
    if (c->owed == 0 && c->ended && !waits)
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
    if (c->asked == 0) {
        questions++;
        c->asked = questions;
    }
}

/* The client sends no more. One that waits for nothing leaves here. */
static void hear_end(struct client *c) {
    c->ended = true;
    if (c->got > 0)
        show_line(c); /* no newline at the end */
    if (closing == 0 && (c->asked > 0 || c->owed > 0))
        printf("(%d sends no more)\n", c->number);
    send_owed(c);
}

/* One recv: shows each line that is complete, and keeps the rest. */
static void hear(struct client *c) {
    char buf[LINE];
    ssize_t received = recv(c->fd, buf, sizeof buf, 0);
    if (received < 0 && after_error() == CLOSE)
        leave(c, "is gone");
    if (received == 0)
        hear_end(c);
    for (ssize_t i = 0; i < received && closing == 0; i++) {
        if (buf[i] == '\n' || c->got == LINE)
            show_line(c);
        if (buf[i] != '\n')
            c->line[c->got++] = buf[i];
    }
}

/* The client with that number; NULL: there is none. */
static struct client *numbered(long number) {
    for (struct client *c = clients; c < clients + FD_SETSIZE; c++)
        if (c->number > 0 && c->number == number)
            return c;
    return NULL;
}

/* The client that has waited longest for an answer; NULL: nobody waits. */
static struct client *longest_waiting(void) {
    struct client *oldest = NULL;
    for (struct client *c = clients; c < clients + FD_SETSIZE; c++)
        if (c->asked > 0 && (oldest == NULL || c->asked < oldest->asked))
            oldest = c;
    return oldest;
}

/* The client that the operator's line is for; *text: what it is to be told.
 * NULL: there is none, and a number is not taken for an answer to another. */
static struct client *addressed(char **text) {
    char *end;
    long number = strtol(*text, &end, 10);
    bool is_number = end > *text;
    if (is_number && *end == ':') /* as it is shown: `2: text` */
        end++;
    if (!is_number || *end != ' ')
        return longest_waiting();
    *text = end + 1;
    return numbered(number);
}

/* The operator's line is complete: it goes to whom it is for. */
static void answer(void) {
    typed[typed_count] = '\n';
    typed[typed_count + 1] = '\0';
    char *text = typed;
    struct client *c = addressed(&text);
    size_t n = typed_count + 1 - (size_t)(text - typed);
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

/* Enter, or the end of the keyboard. Enter alone is no answer. */
static void end_line(void) {
    if (typed_count > 0)
        answer();
    typed_count = 0;
    too_long = false;
}

/* One more byte of the operator's line. */
static void add_to_line(char byte) {
    if (typed_count < LINE) {
        typed[typed_count] = byte;
        typed_count++;
    } else if (!too_long) {
        printf("(too long: what is more than %d bytes is cut off)\n", LINE);
        too_long = true;
    }
}

/* One read of the keyboard. select said that it does not wait. */
static void hear_operator(void) {
    char buf[LINE];
    ssize_t n = read(STDIN_FILENO, buf, sizeof buf);
    for (ssize_t i = 0; i < n; i++) {
        if (buf[i] == '\n')
            end_line();
        else
            add_to_line(buf[i]);
    }
    if (n == 0 || (n < 0 && after_error() == CLOSE)) {
        end_line();
        closing = now_ms();
    }
}

/* Accepts one client; or no descriptor is left for it: then full is set, and it
 * stays in the backlog (macOS drops it). The next try waits until one of ours
 * has left, or RETRY_MS have passed. */
static void welcome(void) {
    int fd = accept(listener, NULL, NULL);
    full = fd < 0 && errno != EAGAIN && errno != EINTR && errno != ECONNABORTED;
    if (full && now_ms() >= tell_at) {
        perror("chat: accept");
        tell_at = now_ms() + TELL_MS;
    }
    retry_at = now_ms() + RETRY_MS;
    if (fd < 0)
        return;
    if (fd >= FD_SETSIZE) {
        fprintf(stderr, "chat: no room for fd %d: client refused\n", fd);
        close(fd);
        return;
    }
    set_nonblocking(fd); /* Linux does not copy this from the listener */
    newest++;
    clients[fd].fd = fd;
    clients[fd].number = newest;
    printf("(%d has come)\n", newest);
}

/* Puts into the sets what the clients wait for. Returns how many there are. */
static int ask_for_clients(fd_set *want_read, fd_set *want_write) {
    int count = 0;
    for (struct client *c = clients; c < clients + FD_SETSIZE; c++) {
        if (c->number == 0)
            continue;
        count++;
        if (!c->ended)
            FD_SET(c->fd, want_read);
        if (c->owed > 0)
            FD_SET(c->fd, want_write);
    }
    return count;
}

/* After the keyboard's end: whoever is owed nothing is told that no more comes.
 * Not close: if it has sent more, that is a RST, and its answer may be lost. */
static void say_farewell(void) {
    for (struct client *c = clients; c < clients + FD_SETSIZE; c++)
        if (c->number > 0 && c->owed == 0)
            shutdown(c->fd, SHUT_WR);
}

/* Waits for keyboard, listener and clients at once. Returns false when all is
 * over: after the keyboard's end, when all have what is owed to them, and have
 * left; or when they have had their time. */
static bool turn(void) {
    struct timeval retry = {.tv_sec = RETRY_MS / 1000};
    struct timeval look = {.tv_usec = LOOK_MS * 1000};
    struct timeval *timeout = NULL; /* for ever */
    fd_set readable, writable;
    FD_ZERO(&readable);
    FD_ZERO(&writable);
    int count = ask_for_clients(&readable, &writable);
    if (closing > 0) {
        say_farewell();
        if (count == 0 || now_ms() - closing > FAREWELL_MS)
            return false;
        timeout = &look;
    } else {
        FD_SET(STDIN_FILENO, &readable);
        if (full && now_ms() < retry_at)
            timeout = &retry; /* the backlog would wake us in vain */
        else
            FD_SET(listener, &readable);
    }
    int n = select(FD_SETSIZE, &readable, &writable, NULL, timeout);
    if (n < 0 && errno != EINTR)
        die("cannot wait, fd", listener);
    if (n <= 0)
        return true; /* a signal, or the timeout: the sets say nothing */
    for (struct client *c = clients; c < clients + FD_SETSIZE; c++) {
        if (c->number > 0 && FD_ISSET(c->fd, &writable))
            send_owed(c);
        if (c->number > 0 && FD_ISSET(c->fd, &readable))
            hear(c);
    }
    if (FD_ISSET(listener, &readable))
        welcome();
    if (FD_ISSET(STDIN_FILENO, &readable))
        hear_operator();
    return true;
}

int main(int argc, char **argv) {
    int port = parse_args(argc, argv);
    hold_standard_descriptors();
    setvbuf(stdout, NULL, _IOLBF, 0); /* each line at once, to a file too */
    signal(SIGPIPE, SIG_IGN); /* send to a client that left: EPIPE instead */
    listener = open_listener(port);
    if (listener >= FD_SETSIZE)
        die("the listener is past FD_SETSIZE: fd", listener);
    set_nonblocking(listener); /* accept must not wait, either */
    while (turn())
        continue;
}
