/* What select, poll and epoll say of a descriptor in each situation, and what
 * recv and send do then: the first table of docs/readiness/README.md, in Markdown.
 *
 *   ./readiness
 *
 * Each situation is a script: see script.h. */
#include "script.h"

#define ALL (POLLIN | POLLPRI | POLLOUT | POLLRDHUP)

static const char *const headings[KINDS] = {
    [TCP] = "A TCP connection",
    [SOCKET] = "A TCP socket that connects",
    [LISTENER] = "A TCP listener",
    [UDP] = "A connected UDP socket",
    [UNIX] = "An AF_UNIX stream",
    [PIPE_IN] = "A pipe: the end for reading",
    [PIPE_OUT] = "A pipe: the end for writing",
    [OTHER] = "Other descriptors",
};

static const struct {
    enum kind kind;
    const char *script;
} situations[] = {
    {TCP, "nothing yet"},
    {TCP, "peer sends 5"},
    {TCP, "peer sends urgent"},
    {TCP, "peer sends 5, peer sends urgent"},
    {TCP, "we fill the buffers"},
    {TCP, "we fill the buffers, peer sends 5"},
    {TCP, "peer ends"},
    {TCP, "peer closes"},
    {TCP, "peer sends 5, peer closes"},
    {TCP, "we fill the buffers, peer ends"},
    {TCP, "we end"},
    {TCP, "we end, peer closes"},
    {TCP, "peer closes, we end"},
    {TCP, "we stop reading"},
    {TCP, "peer resets"},
    {TCP, "peer sends 5, peer resets"},
    {TCP, "peer resets, we recv"},
    {TCP, "we send 5, peer closes"},
    {TCP, "peer closes, we send 5"},
    {TCP, "peer closes, we send 5, we send 5"},
    {SOCKET, "never connected"},
    {SOCKET, "connect: no answer yet"},
    {SOCKET, "connect: accepted"},
    {SOCKET, "connect: refused"},
    {LISTENER, "nobody yet"},
    {LISTENER, "client connects"},
    {LISTENER, "client connects, client resets"},
    {UDP, "nothing yet"},
    {UDP, "peer sends 5"},
    {UDP, "peer sends 0"},
    {UDP, "peer closes, we send 5"},
    {UNIX, "nothing yet"},
    {UNIX, "peer ends"},
    {UNIX, "peer closes"},
    {UNIX, "peer sends 5, peer closes"},
    {UNIX, "we send 5, peer closes"},
    {PIPE_IN, "nothing yet"},
    {PIPE_IN, "peer sends 5"},
    {PIPE_IN, "peer closes"},
    {PIPE_IN, "peer sends 5, peer closes"},
    {PIPE_OUT, "nothing yet"},
    {PIPE_OUT, "we fill the buffers"},
    {PIPE_OUT, "peer closes"},
    {PIPE_OUT, "we fill the buffers, peer closes"},
    {OTHER, "regular file at its end"},
    {OTHER, "closed descriptor"},
};

/* What a new epoll instance says, level-triggered; an error as -errno. */
static int epoll_says(int asked) {
    int mask, fd = epoll_create1(0);
    need(fd >= 0, "epoll_create1");
    mask = set_interest(fd, EPOLL_CTL_ADD, us, (uint32_t)asked) < 0
               ? -errno
               : epoll_report(fd, 0);
    close(fd);
    return mask;
}

/* Asks poll, then epoll. The cell holds both answers where they differ. */
static void print_answer(int asked) {
    char cell[CELL] = "";
    int poll_says = report(us, asked, 0), epoll = epoll_says(asked);
    add_bits(cell, "", poll_says);
    if (epoll != poll_says)
        add_bits(cell, " / ", epoll);
    printf(" %s |", cell);
}

/* In which of its three sets select leaves us. */
static void print_select(void) {
    fd_set in, out, urgent;
    FD_ZERO(&in);
    FD_SET(us, &in);
    out = urgent = in;
    if (select(us + 1, &in, &out, &urgent, &(struct timeval){0}) < 0)
        printf(" %s |", error_name(errno));
    else
        printf(" %s%s%s |", FD_ISSET(us, &in) ? "r" : "-",
               FD_ISSET(us, &out) ? "w" : "-",
               FD_ISSET(us, &urgent) ? "x" : "-");
}

/* What a call returned: a count, or the name of the error. */
static const char *returned(ssize_t n) {
    static char count[32];
    snprintf(count, sizeof count, "%zd", n);
    return n < 0 ? error_name(errno) : count;
}

static const char *recv_says(void) {
    char buf[BUFFER];
    if (kind == LISTENER)
        return accept(us, NULL, NULL) >= 0 ? "a client" : returned(-1);
    return returned(take(us, buf, sizeof buf));
}

/* Comes back when what was sent is acknowledged, or answered by a RST. */
static const char *send_says(void) {
    static const char step[] = "we send 1";
    ssize_t n = give(us, "x", 1, 0);
    if (n > 0 && kind == TCP)
        UNTIL(queued(us, SIOCOUTQ) == 0 || state(us) == TCP_CLOSE);
    return returned(n);
}

/* What a call says and, if it is something else, what it says next. */
static void print_calls(const char *(*call)(void)) {
    char first[CELL];
    const char *second;
    snprintf(first, sizeof first, "%s", call());
    second = call();
    printf(" %s%s%s |", first, strcmp(first, second) ? ", " : "",
           strcmp(first, second) ? second : "");
}

/* Who has no way to send, or to receive, has no column for it. */
static void print_heading(enum kind of) {
    int recvs = of != PIPE_OUT, sends = of != PIPE_IN && of != LISTENER;
    printf("### %s\n\n| situation | asked IN | asked OUT | asked nothing | "
           "asked all | select |%s%s\n|---|---|---|---|---|---|%s%s\n",
           headings[of],
           of == LISTENER ? " accept |"
           : recvs        ? " recv |"
                          : "",
           sends ? " send |" : "", recvs ? "---|" : "", sends ? "---|" : "");
}

static void print_row(enum kind of, const char *text) {
    printf("| %s |", text);
    set_up(of);
    play(text, NULL);
    print_answer(POLLIN);
    print_answer(POLLOUT);
    print_answer(0);
    print_answer(ALL);
    print_select();
    if (of != PIPE_OUT) {
        print_calls(recv_says);
        set_up(of); /* recv may have changed it */
        play(text, NULL);
    }
    if (of != PIPE_IN && of != LISTENER)
        print_calls(send_says);
    printf("\n");
}

int main(int argc, char **argv) {
    int help = argc == 2 && !strcmp(argv[1], "-h");
    if (argc > 1) {
        fprintf(help ? stdout : stderr, "usage: readiness\n");
        return help ? 0 : 2;
    }
    alarm(30); /* whatever hangs ends */
    signal(SIGPIPE, SIG_IGN); /* a send that fails: EPIPE instead */
    for (size_t i = 0; i < sizeof situations / sizeof *situations; i++) {
        enum kind of = situations[i].kind;
        if (i > 0 && of != situations[i - 1].kind)
            printf("\n");
        if (i == 0 || of != situations[i - 1].kind)
            print_heading(of);
        print_row(of, situations[i].script);
    }
    return 0;
}
