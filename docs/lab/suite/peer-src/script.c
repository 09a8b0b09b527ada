/* The peer's script: the table of all verbs, and what takes a step apart, looks that
 * it is one, and plays it. */
#include "peer.h"
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void play_hurry(struct link *l, const struct step *s);
static void play_hold(struct link *l, const struct step *s);
static void play_say(struct link *l, const struct step *s);

/* A is a group, or A.7, one of it. TEXT and X are all that follows. SIZE is a number,
 * or one with KiB or MiB. The others are numbers, and one in brackets may be left
 * out: then it is 1. */
const struct verb verbs[] = {
    {"connect", "A [N]", "open N connections, the group A; without N: one",
     "connect A 3", SCRIPT, play_connect},
    {"knock", "A [N]", "the same, without waiting until one is there",
     "knock A 100", SCRIPT, play_knock},
    {"send", "A TEXT", "send TEXT on each of the group", "send A hello\\n",
     LINK, play_send},
    {"expect", "A TEXT", "exactly TEXT comes on each", "expect A hello\\n",
     LINK, play_expect},
    {"ask", "A TEXT", "send, then expect, on each in turn",
     "ask A I am number #\\n", LINK, play_ask},
    {"at-least", "N A TEXT", "exactly TEXT comes on N of the group, or on more",
     "at-least 2 A hello\\n", SCRIPT, play_at_least},
    {"settled", "N A TEXT", "the same, or the server has ended the connection",
     "settled 2 A hello\\n", SCRIPT, play_at_least},
    {"silence", "A MS", "nothing comes for MS milliseconds", "silence A 300",
     LINK, play_silence},
    {"dribble", "A TEXT", "byte by byte, each sent when the last one is back",
     "dribble A hello", LINK, play_dribble},
    {"bytes", "A", "all 256 byte values in one message, and back", "bytes A",
     LINK, play_bytes},
    {"pipeline", "A N", "N numbered messages in a row, then all are back",
     "pipeline A 100", LINK, play_pipeline},
    {"exchange", "A SIZE", "SIZE bytes both ways at once, each one compared",
     "exchange A 8MiB", LINK, play_exchange},
    {"pour", "A SIZE", "send up to SIZE bytes, read nothing, until it jams",
     "pour A 64MiB", LINK, play_pour},
    {"collect", "A", "read back what was poured, each byte compared",
     "collect A", LINK, play_collect},
    {"together", "A SIZE", "SIZE bytes both ways on all of the group at once",
     "together A 1MiB", SCRIPT, play_together},
    {"lag", "A SIZE",
     "read SIZE bytes, and send as many as it takes all the time",
     "lag A 64MiB", LINK, play_lag},
    {"jammed", "A", "of what was poured, the server has not taken all",
     "jammed A", LINK, play_jammed},
    {"brim", "", "find how much makes the server owe what it has read", "brim",
     SERVER, play_brim},
    {"fill", "A N", "send as much, but N pieces of 512 bytes, and read nothing",
     "fill A 1", LINK, play_fill},
    {"urgent", "A X", "one urgent byte (MSG_OOB), outside of the stream",
     "urgent A !", LINK, play_urgent},
    {"finish", "A TEXT", "TEXT and the end of the stream, in one segment",
     "finish A bye\\n", LINK, play_finish},
    {"half-close", "A", "no more from us (FIN)", "half-close A", LINK,
     play_half_close},
    {"eof", "A", "no more comes from the server (FIN)", "eof A", LINK,
     play_end},
    {"gone", "A", "the server ends the connection, and sends nothing",
     "gone A.1", LINK, play_end},
    {"close", "A", "leave with a FIN", "close A", LINK, play_close},
    {"reset", "A", "leave with a RST", "reset A", LINK, play_reset},
    {"flood", "A", "a process of its own sends on A and reads, for ever",
     "flood A", LINK, play_flood},
    {"polite", "A N KIB", "N messages: beside one, at most KIB of floods pass",
     "polite B 500 400", LINK, play_polite},
    {"lives", "N SIZE", "N clients, which the server may cut: how many it did",
     "lives 6 100KiB", SCRIPT, play_lives},
    {"lifetimes", "N", "N clients, one after the other, come, ask, and leave",
     "lifetimes 1000", SCRIPT, play_lifetimes},
    {"steady", "R N KIB", "of R rounds of N lifetimes, one costs at most KIB",
     "steady 12 500 512", SERVER, play_steady},
    {"hurry", "MS", "the steps from here on take MS milliseconds at most",
     "hurry 2000", SCRIPT, play_hurry},
    {"hold", "", "wait until stdin ends", "hold", SCRIPT, play_hold},
    {"say", "TEXT", "print TEXT", "say all are here", SCRIPT, play_say},
    {"stop", "", "SIGSTOP to the server", "stop", SERVER, play_stop},
    {"continue", "", "SIGCONT to the server", "continue", SERVER,
     play_continue},
    {"signal", "N", "signal number N to the server", "signal 15", SERVER,
     play_signal},
    {"cpu", "MS", "print the CPU time that it takes in MS ms, in ms",
     "cpu 1000", SERVER, play_cpu},
    {"idle", "P MS", "over MS ms it takes at most P % of a processor",
     "idle 5 300", SERVER, play_idle},
    {"busy", "P MS", "... or at least, or wants one all the time",
     "busy 20 300", SERVER, play_busy},
    {"remember", "",
     "what it has now is what it is compared with, from here on", "remember",
     SERVER, play_remember},
    {"memory", "KIB", "it has grown by at most KIB since the peer began",
     "memory 1024", SERVER, play_memory},
    {"descriptors", "[MORE]",
     "it has at most so many more than when the peer began", "descriptors",
     SERVER, play_descriptors},
    {"processes", "[MORE]", "the same of processes, with those that have ended",
     "processes 2", SERVER, play_processes},
    {"room", "N", "it can open N more descriptors from now on (Linux)",
     "room 12", SERVER, play_room},
    {"limit", "N", "its limit of descriptors is N from now on (Linux)",
     "limit 12", SERVER, play_limit},
    {"alive", "", "it still runs", "alive", SERVER, play_alive},
};
#define VERBS (sizeof verbs / sizeof *verbs)

struct link links[MOST_LINKS];
int count;
char last_sent[300] = "nothing";
static const char *step = "";
static const struct step *playing;
static double hurry_start, hurry_ms;

/* --- what went wrong ------------------------------------------------------------- */
/* The word goes to who has asked for it: it chooses what the cause often is. What a
 * client has seen of a server that was about to end says little. And from now on the
 * server is stopped: what our leaving does to it is not what has gone wrong. */
static void tell_kind(const char *kind) {
    FILE *f = kind_file != NULL ? fopen(kind_file, "w") : NULL;

    if (f == NULL)
        return;
    fprintf(f, "%s\n", server > 0 && stop_or_gone(kind) ? "gone" : kind);
    fclose(f);
}

/* How many connections have that name. */
static int size_of_group(const char *group) {
    int n = 0;

    for (int i = 0; i < count; i++)
        n += strcmp(links[i].group, group) == 0;
    return n;
}

void fail_as(const char *kind, const struct link *l, const char *format, ...) {
    va_list ap;

    tell_kind(kind);
    if (playing != NULL)
        fprintf(stderr, "  in the step:  %s (%s)\n", playing->whole,
                playing->verb->meaning);
    fprintf(stderr, "  last sent:    %s\n  and then:     ", last_sent);
    if (l != NULL && size_of_group(l->group) > 1)
        fprintf(stderr, "on connection %d of %s, ", l->number, l->group);
    else if (l != NULL)
        fprintf(stderr, "on connection %s, ", l->group);
    va_start(ap, format);
    vfprintf(stderr, format, ap);
    va_end(ap);
    fprintf(stderr, "\n");
    tell_of_server();
    exit(1);
}

void bad_step(const char *why) { quit(2, "%s: %s", step, why); }

void print_verbs(void) {
    for (size_t i = 0; i < VERBS; i++) {
        char words[40];

        snprintf(words, sizeof words, "%s %s", verbs[i].name,
                 verbs[i].arguments);
        printf("  %-18s %-52s  \"%s\"\n", words, verbs[i].meaning,
               verbs[i].example);
    }
}

/* --- to take a step apart ---------------------------------------------------------- */
static uint64_t size_of(const char *word) {
    char *end;
    uint64_t n = strtoull(word, &end, 10);
    int bits = strcmp(end, "MiB") == 0 ? 20 : strcmp(end, "KiB") == 0 ? 10 : 0;

    if (end == word || (*end != '\0' && bits == 0))
        bad_step("SIZE is a number, or a number with KiB or MiB");
    return n << bits;
}

static void set_group(struct step *s, const char *word) {
    const char *dot = strchr(word, '.');
    size_t n = dot != NULL ? (size_t)(dot - word) : strlen(word);

    if (n == 0 || n >= sizeof s->group)
        bad_step("a group has a name of 1 to 15 letters");
    memcpy(s->group, word, n);
    s->member =
        dot != NULL ? number_of(s->whole, dot + 1, 0, MOST_LINKS - 1) : -1;
}

/* The next word of *rest, up to a blank; *rest is then behind it. */
static const char *next_word(const char **rest) {
    static char word[32];
    size_t n = strcspn(*rest, " ");

    if (n >= sizeof word)
        bad_step("a word is too long");
    memcpy(word, *rest, n);
    word[n] = '\0';
    *rest += n + ((*rest)[n] == ' ');
    return word;
}

/* The arguments of a verb, as the table has them: "A N", with what follows in rest. */
static void take_arguments(struct step *s, const char *rest) {
    const char *wanted = s->verb->arguments;
    int numbers = 0;

    while (*wanted != '\0') {
        size_t n = strcspn(wanted, " ");
        int text = strncmp(wanted, "TEXT", n) == 0 || *wanted == 'X';

        if (text && strlen(rest) >= MOST_TEXT)
            bad_step("the text is too long");
        if (*rest == '\0' && *wanted == '[')
            s->n[numbers++] = strncmp(wanted, "[MORE]", n) != 0;
        else if (*rest == '\0' && strcmp(s->verb->name, "say") != 0)
            quit(2, "%s: %.*s is missing, as in: %s", s->whole, (int)n, wanted,
                 s->verb->example);
        else if (text)
            s->text = rest;
        else if (*wanted == 'A')
            set_group(s, next_word(&rest));
        else if (strncmp(wanted, "SIZE", n) == 0)
            s->size = size_of(next_word(&rest));
        else
            s->n[numbers++] = number_of(s->whole, next_word(&rest), 0, INT_MAX);
        wanted += n + (wanted[n] == ' ');
        if (text)
            return;
    }
    if (*rest != '\0')
        bad_step("more words than this verb takes");
}

static struct step parse(const char *whole) {
    struct step s = {.whole = whole, .text = ""};
    size_t n = strcspn(whole, " ");

    step = whole;
    for (size_t i = 0; i < VERBS && s.verb == NULL; i++)
        if (strlen(verbs[i].name) == n && strncmp(verbs[i].name, whole, n) == 0)
            s.verb = &verbs[i];
    if (s.verb == NULL)
        bad_step("no such verb: peer -h lists them");
    if (s.verb->subject == SERVER && server <= 0)
        bad_step("of which process? With -p PID, or -- CMD");
    take_arguments(&s, whole + n + (whole[n] == ' '));
    return s;
}

/* --- to play it -------------------------------------------------------------------- */
static void play_hurry(struct link *none, const struct step *s) {
    (void)none;
    hurry_start = now_ms();
    hurry_ms = s->n[0];
}

static void play_hold(struct link *none, const struct step *s) {
    (void)none;
    (void)s;
    while (getchar() != EOF)
        continue;
}

static void play_say(struct link *none, const struct step *s) {
    (void)none;
    puts(s->text);
}

struct link *new_link(const char *group, int number) {
    struct link *l = &links[count];

    if (count == MOST_LINKS)
        bad_step("too many connections");
    *l = (struct link){.fd = -1, .number = number};
    memcpy(l->group, group, sizeof l->group);
    count++;
    return l;
}

static void play(const struct step *s) {
    int matched = 0;

    step = s->whole;
    if (verbose)
        fprintf(stderr, "peer: %s\n", step);
    if (hurry_ms > 0 && now_ms() > hurry_start + hurry_ms)
        fail_as("slow", NULL, "%.0f ms passed, and %.0f ms were to be enough",
                now_ms() - hurry_start, hurry_ms);
    if (s->verb->subject != LINK)
        s->verb->play(NULL, s);
    for (int i = 0; s->verb->subject == LINK && i < count; i++) {
        if (strcmp(links[i].group, s->group) != 0 ||
            (s->member >= 0 && links[i].number != s->member))
            continue;
        matched++;
        if (links[i].fd < 0)
            bad_step("that connection is closed");
        s->verb->play(&links[i], s);
    }
    if (s->verb->subject == LINK && matched == 0)
        bad_step("no such connection");
}

void play_all(char **texts, int n) {
    struct step *steps = calloc((size_t)n + 1, sizeof *steps);

    if (steps == NULL)
        quit(2, "no memory");
    for (int i = 0; i < n; i++)
        steps[i] = parse(texts[i]);
    for (int i = 0; i < n; i++) {
        playing = &steps[i];
        play(playing);
    }
    playing = NULL;
    free(steps);
}
