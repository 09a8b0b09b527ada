/* Three ways to be told by epoll: level-triggered, edge-triggered (EPOLLET), and
 * once only (EPOLLONESHOT): the second table of docs/readiness/README.md, in Markdown.
 *
 *   ./edges
 *
 * Each experiment is a script, played three times: see script.h. "?" is one
 * epoll_wait, "ADD" and "MOD" are calls of epoll_ctl. */
#include "script.h"
#include <sys/resource.h>

#define NOTHING_MS 3 /* how long an epoll_wait that says nothing lasts */

/* In a script, "?" is one epoll_wait. The descriptor is added at the start,
 * unless the script says when. */
static const struct {
    enum kind kind;
    uint32_t interest;
    const char *script;
} experiments[] = {
    {PIPE_IN, EPOLLIN, "peer sends 1024, ?, we recv 512, ?, peer sends 1, ?"},
    {TCP, EPOLLIN, "peer sends 1024, ?, we recv 512, ?, peer sends 1, ?"},
    {TCP, EPOLLIN, "peer sends 4, ?, peer sends 4, ?, peer sends 4, ?, ?"},
    {TCP, EPOLLIN, "peer sends 4, peer sends 4, peer sends 4, ?, ?"},
    {TCP, EPOLLIN, "peer sends 4, we recv, ?"},
    {TCP, EPOLLIN, "peer sends 4, ADD, ?, ?"},
    {TCP, EPOLLIN, "peer sends 4, ?, ?, MOD, ?, ?"},
    {TCP, EPOLLIN | EPOLLOUT, "?, ?, peer sends 4, ?, ?"},
    {TCP, EPOLLIN | EPOLLOUT, "?, peer sends 4, we recv, ?"},
    {TCP, EPOLLOUT, "?, we send 4, peer recvs, ?"},
    {UNIX, EPOLLOUT, "?, we send 4, peer recvs, ?"},
    {TCP, EPOLLOUT, "we fill the buffers, ?, peer recvs, ?, ?"},
    {TCP, EPOLLIN | EPOLLRDHUP, "peer sends 4, peer ends, ?, we recv 16, ?"},
    {TCP, EPOLLIN | EPOLLRDHUP, "peer sends 4, ?, we recv 16, peer ends, ?"},
    {TCP, EPOLLIN, "peer ends, ?, we recv, ?, we recv, ?"},
    {TCP, EPOLLIN, "peer resets, ?, we recv, ?"},
    {TCP, EPOLLIN, "peer sends 4, ?, peer resets, ?"},
    {TCP, EPOLLIN | EPOLLPRI, "peer sends urgent, ?, we recv, ?"},
    {LISTENER, EPOLLIN,
     "client connects, client connects, ?, we accept, ?, client connects, ?"},
    {LISTENER, EPOLLIN,
     "client connects, descriptors run out, ?, we accept, ?, we accept, ?, "
     "descriptors come back, ?"},
};

static int epfd;
static uint32_t watched; /* how us is registered */
static char waits[CELL]; /* what each "?" of the script said */

/* No descriptor above the limit can be opened; ~0: as at the start. */
static void limit_descriptors(rlim_t limit) {
    static struct rlimit before;
    if (before.rlim_max == 0)
        getrlimit(RLIMIT_NOFILE, &before);
    if (limit > before.rlim_cur)
        limit = before.rlim_cur;
    setrlimit(RLIMIT_NOFILE, &(struct rlimit){limit, before.rlim_max});
}

/* The steps that only these scripts have: 0 if this is none of them. */
static int wait_or_change(const char *step) {
    if (!strcmp(step, "?")) {
        add_bits(waits, ", ", epoll_report(epfd, NOTHING_MS));
    } else if (!strcmp(step, "ADD")) {
        need(set_interest(epfd, EPOLL_CTL_ADD, us, watched) == 0, step);
    } else if (!strcmp(step, "MOD")) {
        need(set_interest(epfd, EPOLL_CTL_MOD, us, watched) == 0, step);
    } else if (!strcmp(step, "descriptors run out")) {
        int lowest_free = dup(us);
        close(lowest_free);
        limit_descriptors((rlim_t)lowest_free);
    } else if (!strcmp(step, "descriptors come back")) {
        limit_descriptors(~(rlim_t)0);
    } else {
        return 0;
    }
    return 1;
}

/* Plays the script with us registered in a new epoll instance. */
static void play_watched(enum kind of, const char *text, uint32_t interest) {
    set_up(of);
    epfd = epoll_create1(0);
    watched = interest;
    waits[0] = '\0';
    if (strstr(text, "ADD") == NULL)
        wait_or_change("ADD");
    play(text, wait_or_change);
}

static void print_edges(void) {
    static const uint32_t modes[] = {0, EPOLLET, EPOLLONESHOT};
    static const char *const on[KINDS] = {[TCP] = "TCP",
                                          [LISTENER] = "listener",
                                          [UNIX] = "AF_UNIX",
                                          [PIPE_IN] = "pipe"};
    printf("| on | asked | what is done | level | edge | oneshot |\n"
           "|---|---|---|---|---|---|\n");
    for (size_t i = 0; i < sizeof experiments / sizeof *experiments; i++) {
        char asked[CELL] = "";
        add_bits(asked, "", (int)experiments[i].interest);
        printf("| %s | %s | %s |", on[experiments[i].kind], asked,
               experiments[i].script);
        for (size_t k = 0; k < sizeof modes / sizeof *modes; k++) {
            play_watched(experiments[i].kind, experiments[i].script,
                         experiments[i].interest | modes[k]);
            printf(" %s |", waits);
        }
        printf("\n");
    }
}

int main(int argc, char **argv) {
    int help = argc == 2 && !strcmp(argv[1], "-h");
    if (argc > 1) {
        fprintf(help ? stdout : stderr, "usage: edges\n");
        return help ? 0 : 2;
    }
    alarm(30); /* whatever hangs ends */
    print_edges();
    return 0;
}
