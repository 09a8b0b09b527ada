/* The scripted peer, in parts. main.c: the command line; script.c: the verbs, and
 * what plays them; links.c: one connection; streams.c: bytes in large numbers;
 * brim.c: a server that owes what it has read; floods.c: who sends and reads
 * without end; lives.c: clients that may be cut, and clients one after the other;
 * server.c: the processes of the server; guard.c: what starts and ends them.
 * `peer -h` prints the verbs. */
#ifndef PEER_H
#define PEER_H
#include "../../core/base.h"
#include "../../core/program.h"
#include "../../core/usage.h"
#include <stdint.h>
#include <sys/types.h>

#define CHUNK 65536 /* bytes per send or recv of a stream */
#define JAM_MS 100 /* the kernel takes no more for so long: it is full */
#define WHOLE_RUN_S 120 /* a peer that hangs ends itself */
#define MOST_LINKS 20000
#define MOST_TEXT 8192 /* bytes of one message */
#define SAID 60 /* bytes of a message that are shown */

struct link {
    char group[16];
    int number, fd; /* -1: closed */
    uint64_t sent, got; /* bytes of its stream: pour, collect, exchange */
    int jammed; /* the last pour has stopped before its end */
};

/* A step, taken apart as its verb says. */
struct step {
    const char *whole, *text; /* text: TEXT, or what is X */
    const struct verb *verb;
    char group[16];
    int member; /* of the group; -1: all */
    int n[3]; /* its numbers, in order */
    uint64_t size;
};

/* Plays on each connection that the step names, once (l is NULL), or once on the
 * process of the server. */
enum subject { SCRIPT, LINK, SERVER };
struct verb {
    const char *name, *arguments, *meaning, *example;
    enum subject subject;
    void (*play)(struct link *l, const struct step *s);
};

/* --- main.c: what the command line says --------------------------------------- */
extern int verbose, port, deadline_ms;
extern const char *address;
extern const char
    *kind_file; /* where the kind of a failure is written to, or NULL */
extern pid_t server; /* 0: not known */

/* --- script.c ------------------------------------------------------------------ */
extern const struct verb verbs[];
extern struct link links[MOST_LINKS];
extern int count;
extern char last_sent[300];

/* What went wrong, on l or nowhere (NULL), and of which kind it is, in a word; then the
 * end, with status 1. fail: of no kind. */
void fail_as(const char *kind, const struct link *l, const char *format, ...)
    __attribute__((format(printf, 3, 4), noreturn));
#define fail(...) fail_as("else", __VA_ARGS__)
void bad_step(const char *why) __attribute__((noreturn));
void print_verbs(void);
struct link *new_link(const char *group, int number);

/* All steps are taken apart before the first is played. */
void play_all(char **texts, int n);

/* --- links.c ------------------------------------------------------------------- */
struct sockaddr_in at_port(int number);
int wait_for(const struct link *l, short events, int ms); /* 0: none came */
int connect_one(void);
void end_link(struct link *l, int hard); /* with a RST, or a FIN */
void send_all(struct link *l, const char *text, size_t n, int flags);
void expect(struct link *l, const char *text, size_t n);
void play_connect(struct link *l, const struct step *s);
void play_knock(struct link *l, const struct step *s);
void play_send(struct link *l, const struct step *s);
void play_expect(struct link *l, const struct step *s);
void play_ask(struct link *l, const struct step *s);
void play_dribble(struct link *l, const struct step *s);
void play_bytes(struct link *l, const struct step *s);
void play_pipeline(struct link *l, const struct step *s);
void play_finish(struct link *l, const struct step *s);
void play_urgent(struct link *l, const struct step *s);
void play_half_close(struct link *l, const struct step *s);
void play_end(struct link *l, const struct step *s);
void play_close(struct link *l, const struct step *s);
void play_reset(struct link *l, const struct step *s);
void play_silence(struct link *l, const struct step *s);
void play_at_least(struct link *l, const struct step *s);

/* --- streams.c ----------------------------------------------------------------- */
/* Bytes i to i + n of stream k. */
void fill(unsigned char *buf, size_t n, int k, uint64_t i);
/* Sends the next bytes of the stream, up to size, as many as the kernel takes at once:
 * how many. */
size_t stream_out(struct link *l, uint64_t size);
/* It has stood still for ms: it does not even want to run. */
int stands_still(double cpu_before, double ms);
void play_exchange(struct link *l, const struct step *s);
void play_pour(struct link *l, const struct step *s);
void play_collect(struct link *l, const struct step *s);
void play_together(struct link *l, const struct step *s);
void play_lag(struct link *l, const struct step *s);
void play_jammed(struct link *l, const struct step *s);

/* --- brim.c ---------------------------------------------------------------------- */
void play_brim(struct link *l, const struct step *s);
void play_fill(struct link *l, const struct step *s);

/* --- floods.c, lives.c --------------------------------------------------------- */
void play_flood(struct link *l, const struct step *s);
void play_polite(struct link *l, const struct step *s);
void play_lives(struct link *l, const struct step *s);
void play_lifetimes(struct link *l, const struct step *s);
void play_steady(struct link *l, const struct step *s);

/* --- server.c ------------------------------------------------------------------ */
/* Starts the server that the steps are played against; log: a file, or NULL. Sets
 * server and port. */
void start_server(char **command, const char *log);
void look_at_server(void); /* before the first step: what it has then */
void check_own_server(void); /* behind the last: has ours ended badly? */
void tell_of_server(void); /* on stderr: how ours has ended, its last words */
double cpu_ms(void);
int wants_to_run(void);
int stop_or_gone(
    const char *kind); /* its processes stop now; 1: it had ended */
long memory_kib(void);
int guard(char **argv); /* the commands of that name */
int await_listener(char **argv);
void play_remember(struct link *l, const struct step *s);
void play_stop(struct link *l, const struct step *s);
void play_continue(struct link *l, const struct step *s);
void play_signal(struct link *l, const struct step *s);
void play_cpu(struct link *l, const struct step *s);
void play_idle(struct link *l, const struct step *s);
void play_busy(struct link *l, const struct step *s);
void play_memory(struct link *l, const struct step *s);
void play_descriptors(struct link *l, const struct step *s);
void play_processes(struct link *l, const struct step *s);
void play_room(struct link *l, const struct step *s);
void play_limit(struct link *l, const struct step *s);
void play_alive(struct link *l, const struct step *s);
#endif
