/* A scripted peer: plays the clients that the tests and the demos need, polite and
 * rude, and checks every byte that comes back. `peer -h` says how it is called, and
 * lists the verbs of its steps; they stand in script.c. Called by the promises of
 * run-tests, the scenes, the transcripts, the traps, the attacks.
 *
 * Silent and exit 0 when everything went as the steps say; 1 when not, with a
 * message that names the step, what was sent and what came; 2 for wrong use, and
 * for a server that cannot be started. */
#include "peer.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int verbose, port, deadline_ms = 5000;
const char *address = "127.0.0.1", *kind_file;
pid_t server;

/* --- the commands that play no steps --------------------------------------------- */
static int cannot_run(const char *name) {
    fprintf(stderr, "peer: %s: %s\n", name, strerror(errno));
    return 127;
}

static int run_bounded(char **argv) {
    become(argv + 1, (unsigned)number_of("exec", argv[0], 0, 1000000));
    return cannot_run(argv[1]);
}

static int run_filled(char **argv) {
    int n = number_of("fill", argv[0], 1, 1000000);

    while (open("/dev/null", O_RDWR) < n - 1)
        continue;
    execvp(argv[1], argv + 1);
    return cannot_run(argv[1]);
}

/* A server that echoes some bytes to one client, and then leaves. */
static int leave(char **argv) {
    static char buf[CHUNK];
    long bytes = number_of("leave", argv[1], 0, 1 << 30);
    struct sockaddr_in addr = loopback(0);
    socklen_t len = sizeof addr;
    int door = socket(AF_INET, SOCK_STREAM, 0);
    struct link l = {.group = "client"};

    if (bind(door, (struct sockaddr *)&addr, len) < 0 || listen(door, 5) < 0 ||
        getsockname(door, (struct sockaddr *)&addr, &len) < 0)
        quit(1, "listen: %s", strerror(errno));
    printf("listening on 127.0.0.1:%d\n", ntohs(addr.sin_port));
    fflush(stdout);
    l.fd = accept(door, NULL, NULL);
    while (bytes > 0) {
        ssize_t n = recv(l.fd, buf, bytes < CHUNK ? (size_t)bytes : CHUNK, 0);

        if (n <= 0 || send(l.fd, buf, (size_t)n, 0) != n)
            break;
        bytes -= n;
    }
    end_link(&l, strcmp(argv[0], "reset") == 0);
    return 0;
}

static int print_port(char **argv) {
    (void)argv;
    return printf("%d\n", free_port()) < 0;
}

static int stdin_blocks(char **argv) {
    (void)argv;
    return (fcntl(0, F_GETFL) & O_NONBLOCK) != 0;
}

static const struct {
    const char *name, *arguments, *meaning;
    int least, most; /* arguments */
    int (*run)(char **argv);
} commands[] = {
    {"exec", "SECONDS COMMAND [ARG...]",
     "runs it, bounded in time, without inherited descriptors", 2, 100000,
     run_bounded},
    {"guard", "SECONDS FILE COMMAND [ARG...]",
     "the same, in a group of its own, of which nothing is left; FILE: its pid",
     3, 100000, guard},
    {"await", "MS PORT PID",
     "waits until the server of that guard listens on PORT of 127.0.0.1", 3, 3,
     await_listener},
    {"fill", "N COMMAND [ARG...]",
     "runs it, after opening all the descriptors below N", 2, 100000,
     run_filled},
    {"leave", "close|reset BYTES",
     "a server that leaves early: it echoes so many bytes, and is gone", 2, 2,
     leave},
    {"free-port", "", "prints a port that nobody uses", 0, 0, print_port},
    {"stdin-blocks", "", "exit status 0 if stdin has no O_NONBLOCK", 0, 0,
     stdin_blocks},
};
#define COMMANDS (sizeof commands / sizeof *commands)

/* --- what it is told --------------------------------------------------------------- */
static void help(void) {
    printf(
        "usage: peer [-v] [-t MS] [-a ADDR] [-k FILE] [-p PID] PORT STEP...\n"
        "       peer [-v] [-t MS] [-l LOG] STEP... -- CMD [ARG...]\n");
    for (size_t i = 0; i < COMMANDS; i++)
        printf("       peer %s%s%s\n", commands[i].name,
               *commands[i].arguments ? " " : "", commands[i].arguments);
    printf("\n"
           "Plays the steps, in order, against the server on PORT of "
           "127.0.0.1; or\n"
           "starts CMD, which prints \"listening on 127.0.0.1:PORT\", and ends "
           "it.\n"
           "-v says each step; -t MS: what has not come by then does not come "
           "(5000);\n"
           "-a ADDR: another address; -p PID: the process of the server, with "
           "all that it\n"
           "has started, and its group; -P PID: that process alone; -l LOG: "
           "the file for\n"
           "what CMD prints; -k FILE: gets a word for what went wrong. Silent, "
           "and status\n"
           "0, when all went as the steps say; 1, and what was sent and what "
           "came, when\n"
           "not; 2 for wrong use, and for a CMD that does not listen.\n"
           "\n");
    for (size_t i = 0; i < COMMANDS; i++)
        printf("%s: %s\n", commands[i].name, commands[i].meaning);
    printf(
        "\n"
        "Each step is one argument: peer 8005 \"connect A 2\" \"ask A hello\". "
        "A is a\n"
        "group of connections; A.7 is number 7 of it. In TEXT, \\n, \\t, \\\\, "
        "and\n"
        "\\0 and other octal numbers are escapes, and # is the number of the\n"
        "connection. From `stop` on, the steps are about the process of the "
        "server.\n"
        "\n");
    print_verbs();
    exit(0);
}

/* Of a crowd, TIME_WAIT would keep the ports. */
static void end_links(void) {
    for (int i = 0; i < count; i++)
        if (links[i].fd >= 0)
            end_link(&links[i], count > 500);
}

static void take_option(int letter, const char **log) {
    if (letter == 'v')
        verbose = 1;
    else if (letter == 'a')
        address = optarg;
    else if (letter == 'l')
        *log = optarg;
    else if (letter == 'k')
        kind_file = optarg;
    else if (letter == 'p')
        server = number_of("-p", optarg, 1, 1 << 30);
    else if (letter == 'P')
        server = number_of("-P", optarg, 1, 1 << 30), families_are_one = 1;
    else if (letter == 't')
        deadline_ms = number_of("-t", optarg, 1, 1 << 30);
    else if (letter == 'h')
        help();
    else
        exit(2); /* getopt has said why */
}

int main(int argc, char **argv) {
    const char *log = NULL;
    char **command = NULL;
    int option, last = 1;

    this_program = "peer";
    for (size_t i = 0; argc > 1 && i < COMMANDS; i++)
        if (strcmp(argv[1], commands[i].name) == 0 &&
            argc - 2 >= commands[i].least && argc - 2 <= commands[i].most)
            return commands[i].run(argv + 2);
    if (argc > 1 && strcmp(argv[1], "--help") == 0)
        help();
    while (last < argc && strcmp(argv[last], "--") != 0)
        last++;
    if (last < argc - 1)
        command = argv + last + 1;
    while ((option = getopt(last, argv, "+va:k:l:p:P:t:h")) != -1)
        take_option(option, &log);
    if (command == NULL && optind < last)
        port = (int)strtol(argv[optind++], NULL, 10);
    if ((command == NULL && (port <= 0 || port > 65535 || log != NULL)) ||
        (command != NULL && server > 0))
        quit(2, "PORT STEP..., or STEP... -- CMD: peer -h tells more");
    signal(SIGPIPE, SIG_IGN);
    setvbuf(stdout, NULL, _IOLBF, 0);
    end_surely(WHOLE_RUN_S);
    if (command != NULL)
        start_server(command, log);
    if (server > 0)
        look_at_server();
    atexit(end_links); /* before the server is ended */
    play_all(argv + optind, last - optind);
    check_own_server();
    return 0;
}
