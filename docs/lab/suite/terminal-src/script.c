/* The script: the table of all verbs, and what looks that a step is one, and plays it. */
#include "terminal.h"
#include <stdio.h>
#include <string.h>

enum kind { NOTHING, TEXT, MS, SIGNAL, END, STOP };

static const struct {
    const char *name, *arguments, *meaning, *example;
    enum kind kind;
    void (*play)(const char *rest);
} verbs[] = {
    {"type", "TEXT", "types", "type hello\\n", TEXT, step_type},
    {"see", "TEXT", "until TEXT is printed, behind what the last `see` saw",
     "see hello", TEXT, step_see},
    {"settled", "MS", "until nothing was printed for MS milliseconds",
     "settled 200", MS, step_settled},
    {"asleep", "MS", "nothing is printed, and at most 2 % of a processor used",
     "asleep 500", MS, step_asleep},
    {"quiet", "MS", "nothing is printed, whatever the processor does",
     "quiet 500", MS, step_quiet},
    {"signal", "NAME", "to the command's group", "signal TSTP", SIGNAL,
     step_signal},
    {"stopped", "[unnoticed]",
     "until it is: the shell takes the terminal (or does not)", "stopped", STOP,
     step_stopped},
    {"running", "", "behind a step that proves that a signal arrived",
     "running", NOTHING, step_running},
    {"fg", "", "it gets the terminal, and SIGCONT", "fg", NOTHING, step_fg},
    {"bg", "", "SIGCONT alone", "bg", NOTHING, step_bg},
    {"flags", "", "those of the open file, and the settings, are as before",
     "flags", NOTHING, step_flags},
    {"shell-clears", "",
     "bash at its prompt: O_NONBLOCK is off, whoever set it", "shell-clears",
     NOTHING, step_shell_clears},
    {"shell-reads", "TEXT",
     "until the shell has read it: it is its terminal now",
     "shell-reads pwd\\n", TEXT, step_shell_reads},
    {"ended", "STATUS", "until it has; or `signal NAME`, or `anyhow`",
     "ended signal INT", END, step_ended},
    {"terminal-closes", "", "hang-up; and the shell passes SIGHUP on",
     "terminal-closes", NOTHING, step_terminal_closes},
};
#define VERBS (sizeof verbs / sizeof *verbs)

void print_verbs(void) {
    for (size_t i = 0; i < VERBS; i++) {
        char words[40];

        snprintf(words, sizeof words, "%s %s", verbs[i].name,
                 verbs[i].arguments);
        printf("  %-19s %-55s  \"%s\"\n", words, verbs[i].meaning,
               verbs[i].example);
    }
}

int is_number(const char *text) {
    return *text != '\0' && text[strspn(text, "0123456789")] == '\0' &&
           strlen(text) < 7;
}

/* What is wrong with the words behind a verb; NULL: nothing. */
static const char *wrong(enum kind kind, const char *rest) {
    switch (kind) {
    case NOTHING:
        return *rest != '\0' ? "nothing follows this verb" : NULL;
    case TEXT:
        return *rest == '\0'        ? "a text is missing"
               : strlen(rest) > 999 ? "the text is too long"
                                    : NULL;
    case MS:
        return !is_number(rest) ? "milliseconds are missing" : NULL;
    case SIGNAL:
        return !signal_number(rest) ? "no such signal" : NULL;
    case STOP:
        return *rest != '\0' && strcmp(rest, "unnoticed") != 0
                   ? "only `unnoticed` can follow"
                   : NULL;
    case END:
        return is_number(rest) || strcmp(rest, "anyhow") == 0 ||
                       (strncmp(rest, "signal ", 7) == 0 &&
                        signal_number(rest + 7))
                   ? NULL
                   : "an exit status, `signal NAME` or `anyhow` is missing";
    }
    return NULL;
}

/* Plays a step; or only looks whether it is one, so that a slip in the last step
 * is found before the first is played. */
void play(const char *text, int only_look) {
    size_t length = strcspn(text, " ");
    const char *rest = text + length + (text[length] == ' '), *why;

    step = text;
    for (size_t i = 0; i < VERBS; i++) {
        if (strlen(verbs[i].name) != length ||
            strncmp(verbs[i].name, text, length) != 0)
            continue;
        if ((why = wrong(verbs[i].kind, rest)) != NULL)
            bad_step(why);
        if (verbose && !only_look)
            fprintf(stderr, "terminal: %s\n", step);
        if (!only_look)
            verbs[i].play(rest);
        return;
    }
    bad_step(strcmp(text, "background") == 0
                 ? "only as the first step"
                 : "no such verb: terminal -h lists them");
}
