/* A scripted terminal: puts a command on a pseudo-terminal, as a shell with job
 * control does, and plays what the person at the keyboard does and sees.
 *
 *   terminal [-v] [-t MS] [-o FILE] STEP... -- COMMAND [ARG...]
 *
 * It is both at once: the terminal (the master's side: it types, and sees what
 * is printed) and the shell (a session of its own, which the terminal controls).
 * The shell opens the terminal once, and the command inherits that open file as
 * stdin, stdout and stderr: the flags that it sets there, the shell has, too. The
 * command gets a process group of its own, and the signals that were ignored when
 * `terminal` was started are ignored in it. Called by the promises, and by the
 * tests of the scenes; by hand:
 *
 *   docs/lab/suite/terminal "type hello\n" "see hello" "see hello" "signal TSTP" \
 *       stopped flags fg "type \004" "ended 0" -- 03-select/client 8003
 *
 * Silent and exit 0 when all steps held; 1 when one did not, with a message that
 * names the step, what was expected, what came, and the end of what the terminal
 * showed; 2 for wrong use. Each STEP is one argument. In TEXT, \n \r \t \\ and
 * octal numbers (\004 is Ctrl-D, \032 Ctrl-Z) are escapes. What has not come
 * after -t MS (5000) does not come. All that is printed is written to FILE, too.
 *
 * `terminal -h` lists the verbs; `background` as the first step starts the command
 * without the terminal, as `command &` does.
 *
 * At the end, the command's group is killed. */
#include "terminal.h"
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

int verbose, deadline_ms = 5000;
FILE *copy;

static int help(void) {
    printf(
        "usage: terminal [-v] [-t MS] [-o FILE] STEP... -- COMMAND [ARG...]\n"
        "\n"
        "Puts the command on a pseudo-terminal, and plays what is typed and "
        "seen\n"
        "there. Each step is one argument; the first may be `background`. -v "
        "says\n"
        "each step; -t MS: what has not come by then does not come (5000); -o "
        "FILE:\n"
        "all that is printed is written there, too. In TEXT, \\n \\r \\t \\\\ "
        "and\n"
        "octal numbers are escapes: \\004 is Ctrl-D.\n"
        "\n");
    print_verbs();
    return 0;
}

int main(int argc, char **argv) {
    int option, in_background, first, last, fd;

    this_program = "terminal";
    /* With 0, 1 or 2 closed, the terminal would get that number. */
    while ((fd = open("/dev/null", O_RDWR)) >= 0 && fd < 3)
        continue;
    close(fd);
    for (last = 1; last < argc && strcmp(argv[last], "--") != 0; last++)
        continue;
    while ((option = getopt(last, argv, "+vt:o:h")) != -1) {
        if (option == 'v')
            verbose = 1;
        else if (option == 'h')
            return help();
        else if (option == 't' && is_number(optarg))
            deadline_ms = number(optarg);
        else if (option == 'o' && (copy = fopen(optarg, "w")) != NULL)
            fcntl(fileno(copy), F_SETFD, FD_CLOEXEC);
        else
            last = argc; /* wrong use */
    }
    if (last >= argc - 1)
        quit(2, "STEP... -- COMMAND: terminal -h tells more");
    first = optind;
    in_background = first < last && strcmp(argv[first], "background") == 0;
    first += in_background;
    for (int i = first; i < last; i++)
        play(argv[i], 1);
    step = "the beginning";
    become_shell();
    start(argv + last + 1, in_background);
    for (int i = first; i < last; i++)
        play(argv[i], 0);
    return 0;
}
