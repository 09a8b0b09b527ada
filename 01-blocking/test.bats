#!/usr/bin/env bats
# Chapter 01 keeps all that one client can ask for. Its broken promise is asserted:
# a silent client delays everybody else.
# shellcheck disable=SC2030,SC2031,SC2034 # PORT and SERVER_PID are setup's
load ../docs/lab/suite/promises
@test "echo: a line comes back" { keeps line; }
@test "echo: an empty line comes back" { keeps empty_line; }
@test "echo: every byte value comes back" { keeps byte_values; }
@test "echo: one byte at a time" { keeps byte_by_byte; }
@test "echo: 1,000 messages in a row, in order" { keeps messages; }
@test "echo: 100 messages larger than a buffer, without a stall of 40 ms each" { keeps no_stall; }
@test "echo: 64 MiB, both ways at once, exact" { keeps both_ways; }
@test "ends: data and FIN together" { keeps data_and_fin; }
@test "ends: half-close with 1 MiB owed gets all of it, then EOF" { keeps half_close; }
@test "ends: close without a word" { keeps goodbye; }
@test "ends: RST before data" { keeps reset_before_data; }
@test "ends: RST after data" { keeps reset_after_data; }
@test "ends: RST in mid-send" { keeps reset_in_mid_send; }
@test "ends: 200 RSTs at once" { keeps reset_200; }
@test "ends: an urgent byte" { keeps urgent; }
@test "others: 1,000 clients, one after the other" { keeps in_turn; }
@test "limits: idle costs no CPU" { keeps idle; }
@test "signals: SIGSTOP, SIGCONT" { keeps stop_and_continue; }
@test "signals: a client that leaves in mid-send raises no SIGPIPE" { keeps sigpipe; }
@test "signals: SIGINT and SIGTERM end it at once" { keeps terminates; }
@test "surroundings: stdout is closed" { keeps stdout_closed; }
@test "surroundings: stdout is a dead pipe" { keeps stdout_dead; }
@test "surroundings: a restart takes the same port at once" { keeps restart; }
@test "surroundings: a port in use is refused clearly" { keeps port_in_use; }
@test "surroundings: a bad port is refused clearly" { keeps bad_port; }
@test "surroundings: it listens on 127.0.0.1 only" { keeps loopback; }
@test "signals: EINTR, also with SA_RESTART" { keeps eintr; }
@test "limits: ENFILE, no descriptor in the whole system: it waits a moment" { keeps enfile; }
@test "surroundings: started with descriptors 0 to 2 closed" { keeps no_descriptors; }

@test "broken, on purpose: others: a silent client delays nobody" {
    breaks silent
    start_server
    # It delays everybody, until it leaves. B's connect and send succeed: the kernel
    # does both. But nobody reads.
    play "connect A" 'ask A first\n' "connect B" 'send B hello\n' "silence B 500" \
        "close A" 'expect B hello\n'
}

@test "broken, on purpose: others: a client that never reads delays nobody, costs 1 MiB at most, loses nothing" {
    breaks never_reads
    start_server
    play "connect A" "pour A 64MiB" "connect B" 'send B hello\n' "silence B 500" \
        "reset A" 'expect B hello\n'
}

@test "lesson: while it waits, it is asleep: a client in each state costs no CPU" {
    start_server
    play "connect A" 'ask A x' "connect B 20" "idle 5 300"
}

@test "lesson: the client that stops and waits deadlocks on a line larger than all buffers" {
    own_client
    start_server
    # Both ends are asleep in send: neither reads. Only the alarm ends it.
    status=0
    { head -c 67108864 /dev/zero; echo; } | "$PEER" exec 2 "$BATS_TEST_DIRNAME/client" "$PORT" \
        >"$TMP/back" 2>"$TMP/message" || status=$?
    [ "$status" -eq 142 ] # 128 + SIGALRM
    [ ! -s "$TMP/back" ]
}

@test "lesson: -v tells each call as it returns" {
    own_server
    start_server -v
    play "connect A" 'ask A hello\n' "half-close A" "eof A"
    eventually grep -q '^close fd 4 -> 0' "$TMP/out"
    diff "$TMP/out" - <<END
listening on 127.0.0.1:$PORT
accept fd 3 -> 4 (new client)
recv fd 4 -> 6 bytes
send fd 4 -> 6 bytes
recv fd 4 -> 0 bytes
close fd 4 -> 0 (done)
END
}
@test "client: a line" { keeps client_line; }
@test "client: no newline at the end" { keeps client_no_newline; }
@test "client: empty stdin" { keeps client_empty_stdin; }
@test "client: 8 MiB from a file" { keeps client_file; }
@test "client: 8 MiB from a pipe, to a pipe" { keeps client_pipe; }
@test "client: a terminal" { keeps client_terminal; }
@test "client: no server" { keeps client_no_server; }
@test "client: a server that leaves early" { keeps client_server_closes; }
@test "client: a server that resets" { keeps client_server_resets; }
@test "client: localhost is an address, too" { keeps client_localhost; }
@test "client: wrong use" { keeps client_wrong_use; }
@test "client: stdout is closed" { keeps client_stdout_closed; }
@test "client: on a terminal, it is quiet while nobody types, with -v, too" { keeps client_terminal_idle; }
@test "client: on a terminal: started with &, then fg" { keeps client_terminal_echo_after_fg; }
@test "client: on a terminal: stopped by TSTP, STOP, TTIN or Ctrl-Z, then fg" { keeps client_terminal_stop_and_continue; }
@test "client: on a terminal: stopped and continued from outside" { keeps client_terminal_continue_from_outside; }
@test "client: on a terminal: whatever ends it, the terminal is as it was" { keeps client_terminal_ends; }
@test "client: on a terminal that is gone, an echo that cannot be printed is an error" { keeps client_terminal_gone; }
@test "client: on a terminal: an ignored signal stays ignored" { keeps client_terminal_ignored; }

# --- asides: fork.c and thread.c keep what server.c breaks ---------------------
# The processes whose parent is $1.
children() {
    if [ -r /proc/self/stat ]; then
        # The state and the parent stand behind the name, which may hold anything.
        cat /proc/[0-9]*/stat 2>"$TMP/gone" | sed 's/.*) //' | awk -v p="$1" '$2 == p' | wc -l
    else
        ps -A -o ppid= | awk -v p="$1" '$1 == p' | wc -l
    fi
}
has_children() { [ "$(children "$SERVER_PID")" -eq "$1" ]; }
has_threads() { grep -q "^Threads:[[:space:]]*$1$" "/proc/$SERVER_PID/status"; }

# Connects $1 clients, and leaves them connected until the test closes 8.
hold_clients() {
    mkfifo "$TMP/hold"
    exec 8<>"$TMP/hold"
    "$PEER" "$PORT" "connect A $1" 'ask A x' "say ready" "hold" "close A" \
        <"$TMP/hold" >"$TMP/said" 2>&1 8>&- &
    eventually grep -q ready "$TMP/said"
}

# What a client meets where there is no room for a process or a thread of its own.
refuses_clearly() {
    "${CC:-cc}" -pthread -include "$TMP/no-room.h" "$BATS_TEST_DIRNAME/$1.c" -o "$TMP/$1"
    SERVER="'$TMP/$1'"
    start_server
    play "connect A 3" "gone A" "descriptors" "alive"
    grep -q "^$1: no room: client refused" "$TMP/err"
}

@test "aside: fork.c keeps the promises of an echo: bytes and their order" { aside fork && keeps_all_echo; }
@test "aside: fork.c keeps the promises of an echo: ends" { aside fork && keeps_all_ends; }
@test "aside: fork.c keeps the promises of an echo: others" { aside fork && keeps_all_others; }
@test "aside: fork.c keeps the promises of an echo: limits" { aside fork && keeps_all_limits; }
@test "aside: fork.c keeps the promises of an echo: surroundings" { aside fork && keeps_all_surroundings; }
@test "aside: thread.c keeps the promises of an echo: bytes and their order" { aside thread && keeps_all_echo; }
@test "aside: thread.c keeps the promises of an echo: ends" { aside thread && keeps_all_ends; }
@test "aside: thread.c keeps the promises of an echo: others" { aside thread && keeps_all_others; }
@test "aside: thread.c keeps the promises of an echo: limits" { aside thread && keeps_all_limits; }
@test "aside: thread.c keeps the promises of an echo: surroundings" {
    aside thread && keeps_all_surroundings && keeps_all stop_and_continue
}

@test "aside: fork.c has one process for each client, and no zombie after it" {
    aside fork
    start_server
    eventually has_children 0 # whoever asked whether it listens has left
    hold_clients 10
    has_children 10
    exec 8>&-
    # A zombie counts as a child until its parent has waited for it.
    eventually has_children 0
    # Fifty that leave at once: one signal may stand for many.
    play "connect B 50" 'ask B x' "stop" "close B" "continue"
    eventually has_children 0
}

@test "aside: fork.c keeps no client's descriptor in the parent" {
    aside fork
    start_server
    play "connect A 10" 'ask A x' "descriptors"
}

@test "aside: fork.c serves on while its parent is stopped; the next one waits" {
    aside fork
    start_server
    play "connect A" 'ask A before\n' "stop" 'ask A while it is stopped\n' \
        "connect B" 'send B hello' "silence B 100" "continue" "expect B hello"
}

@test "aside: fork.c refuses a client clearly where no process can be had" {
    aside fork
    printf '%s\n' '#include <errno.h>' '#include <unistd.h>' \
        '#define fork() (errno = EAGAIN, -1)' >"$TMP/no-room.h"
    refuses_clearly fork
}

@test "aside: thread.c has one thread for each client, and none after it" {
    aside thread
    [ -r /proc/self/status ] || skip "the number of threads is read from /proc"
    [ -z "${SANITIZE:-}" ] || skip "the sanitizer has threads of its own"
    start_server
    eventually has_threads 1 # whoever asked whether it listens has left
    hold_clients 10
    has_threads 11
    exec 8>&-
    eventually has_threads 1
}

@test "aside: thread.c gives the memory of a client back, too" { aside thread && gives_memory_back; }

@test "aside: thread.c refuses a client clearly where no thread can be had" {
    aside thread
    printf '%s\n' '#include <errno.h>' '#include <pthread.h>' \
        '#define pthread_create(...) EAGAIN' >"$TMP/no-room.h"
    refuses_clearly thread
}

@test "aside: fork.c and thread.c tell what one connection costs" {
    own_server
    for program in fork thread; do
        SERVER="'$BATS_TEST_DIRNAME/$program' -v"
        start_server
        play "connect A" 'ask A x' "close A" "descriptors"
        eventually grep -Eq '^time fd [0-9]+ -> [1-9][0-9]* us' "$TMP/out"
        # Where the system does not tell, 0.
        least=1
        [ -r /proc/self/smaps_rollup ] || least=0
        eventually grep -Eq "^memory fd [0-9]+ -> [$least-9][0-9]* KiB" "$TMP/out"
        stop_server
    done
}
