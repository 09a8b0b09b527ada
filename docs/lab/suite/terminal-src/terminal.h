/* The scripted terminal, in parts. main.c: what it is, and the command line; script.c:
 * the verbs, and what plays them; steps.c: what each does; command.c: what the command
 * is at, and what it has printed; shell.c: who starts it, as a shell does. */
#ifndef TERMINAL_H
#define TERMINAL_H
/* For posix_openpt(3), and waitpid's WCONTINUED. NOLINTNEXTLINE */
#define _XOPEN_SOURCE 700
#include "../../core/base.h"
#include "../../core/usage.h"
#include <stdio.h>
#include <sys/types.h>
#include <termios.h>

#define LOOK_MS 5 /* between two looks at the state of the command */
#define SCREEN 65536 /* bytes kept of what was printed */
#define SHOWN 300 /* of them, in a message */
#define FIRST 60 /* of what should not have come, in a message */

enum state { RUNNING, STOPPED, ENDED };

/* --- main.c -------------------------------------------------------------------- */
extern int verbose, deadline_ms;
extern FILE *copy; /* of all that is printed; NULL: none */

/* --- command.c ----------------------------------------------------------------- */
extern const char *step; /* the one that is played */
extern int leash; /* its end says that who called us is gone */
extern volatile pid_t command; /* 0: none yet. Also the number of its group */
extern enum state state;
extern int status; /* of the command, where it has ended: waitpid(2) */
extern char screen[SCREEN];
extern size_t printed, seen; /* bytes in screen; those that `see` is behind */
extern unsigned long long all_printed;
extern char unwanted[FIRST]; /* the first bytes since a step began */
extern size_t unwanted_bytes;

/* The end with status 1, for a step that did not hold; with 2, for one that is none. */
void fail(const char *expected, const char *format, ...)
    __attribute__((format(printf, 2, 3), noreturn));
void bad_step(const char *why) __attribute__((noreturn));
int signal_number(const char *name); /* 0: there is none */
const char *now_it(void); /* what the command is at now, for a message */
const char *how_it_ended(void); /* in the words of the step `ended` */
void look(void); /* asks the kernel for news of the command */
void watch(int ms); /* waits for news so long at most, takes what is printed */
void await(enum state wanted, const char *expected);
void give_terminal_to(pid_t group);
void send_signal(int number);
double cpu_ms(void);

/* --- shell.c ------------------------------------------------------------------- */
extern int master, slave; /* the two sides of the terminal */
extern int first_flags; /* of the open file, before the command */
extern struct termios first_settings;
void become_shell(void); /* another process; the first one waits for it */
void start(char **argv, int in_background);

/* --- script.c, steps.c --------------------------------------------------------- */
int is_number(const char *text);
void play(const char *text, int only_look);
void print_verbs(void);
int number(const char *text); /* play() has seen that it is one */
void step_type(const char *rest);
void step_see(const char *rest);
void step_settled(const char *rest);
void step_asleep(const char *rest);
void step_quiet(const char *rest);
void step_signal(const char *rest);
void step_stopped(const char *rest);
void step_running(const char *rest);
void step_fg(const char *rest);
void step_bg(const char *rest);
void step_flags(const char *rest);
void step_shell_clears(const char *rest);
void step_shell_reads(const char *rest);
void step_ended(const char *rest);
void step_terminal_closes(const char *rest);
#endif
