/* Starts a program, and is sure that it ends: whatever ends us, and whether it wants
 * to or not. It has no descriptor of ours, default signals, and a group of its own.
 *
 *   end_surely(120);
 *   start_program(argv, -1, 130, NULL);
 *   close(first_client(port, 5000));
 *   ...                                   at exit, it is ended
 */
#ifndef CORE_PROGRAM_H
#define CORE_PROGRAM_H
#include <sys/types.h>

/* To be called first. What is started here ends when we do: at exit; by HUP, INT
 * and TERM, unless they are ignored (by nohup(1), or in the background of a
 * script); after so many seconds (0: never), or when the alarm rings that we were
 * started with, which is said. And on Linux, by KILL, too; elsewhere, what was
 * started has an alarm. */
void end_surely(unsigned seconds);

/* fork(2), with a child that ends when we do, and after so many seconds. */
pid_t fork_ours(unsigned seconds);

/* Until it has ended by itself. */
void await_ours(pid_t pid);

/* Starts the one program. Its stdin is /dev/null; its stdout and stderr are output;
 * or, with -1, /dev/null and our stderr. seconds as in fork_ours; prepare (or NULL)
 * is called in the child. Ends us with status 2 where it cannot be run. */
pid_t start_program(char **argv, int output, unsigned seconds,
                    void (*prepare)(void));

/* How the program has ended, in words: "status 1"; NULL while it runs, or where
 * none was started. */
const char *program_ended(void);

/* TERM; KILL, where that did not help; and the same for what it has started. */
void end_program(void);

/* A process that is not ours, but that we stop at times: is continued when we end. */
void leave_running(pid_t pid);

/* We become the program: without descriptors above 2, with default signals, and an
 * alarm. Returns where it cannot be run; errno says why. */
void become(char **argv, unsigned seconds);

/* All descriptors above 2, but that one. */
void close_others(int kept);

/* A port that nobody uses now. */
int free_port(void);

/* The command with a port as its last argument. */
char **with_port(char **command, int port);

/* Until somebody listens on that port of 127.0.0.1: a connection. Ends us with
 * status 2 after ms, or where the program has ended. */
int first_client(int port, int ms);

/* Until the program has written `listening on 127.0.0.1:PORT` to output, a file:
 * the port. The same. */
int port_told(int output, int ms);
#endif
