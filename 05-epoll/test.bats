#!/usr/bin/env bats
# Chapter 05 wakes only for those who are ready. The kernel's list is looked at.
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
@test "others: a silent client delays nobody" { keeps silent; }
@test "others: five clients send in the order 5, 4, 3, 2, 1" { keeps reverse; }
@test "others: a client that never reads delays nobody, costs 1 MiB at most, loses nothing" { keeps never_reads; }
@test "others: a flooder does not starve a polite client" { keeps flooder; }
@test "others: 100 connect at once, then silence" { keeps burst; }
@test "others: 1,000 clients" { keeps thousand; }
@test "others: 10,000 clients" { keeps ten_thousand; }
@test "limits: out of descriptors, it serves whom it has, and the others later" { keeps descriptors; }
@test "limits: its limit of descriptors is lowered while clients are there" { keeps limit_lowered; }
@test "limits: idle costs no CPU" { keeps idle; }
@test "limits: idle costs no CPU with 100 clients" { keeps idle_100; }
@test "limits: more than 1,024 descriptors" { keeps crowd; }
@test "limits: idle costs no CPU with 10,000 clients" { keeps idle_10000; }
@test "signals: SIGSTOP, SIGCONT" { keeps stop_and_continue; }
@test "signals: a client that leaves in mid-send raises no SIGPIPE" { keeps sigpipe; }
@test "signals: SIGINT and SIGTERM end it at once" { keeps terminates; }
@test "surroundings: stdout is closed" { keeps stdout_closed; }
@test "surroundings: stdout is a dead pipe" { keeps stdout_dead; }
@test "surroundings: a restart takes the same port at once" { keeps restart; }
@test "surroundings: a port in use is refused clearly" { keeps port_in_use; }
@test "surroundings: a bad port is refused clearly" { keeps bad_port; }
@test "surroundings: it listens on 127.0.0.1 only" { keeps loopback; }
@test "limits: out of descriptors, accept is not tried at every wake" { keeps accept_rarely; }
@test "limits: out of descriptors, accept is tried again, however busy the others are" { keeps accept_busy; }
@test "limits: a backlog of 128 is enough" { keeps small_backlog; }
@test "limits: its limit is lowered, and all who are there stay" { keeps limit_lowered_for_none; }
@test "signals: a stop and a continue end epoll_wait with EINTR, and it waits again" { keeps stop_in_wait; }
@test "signals: EINTR, also with SA_RESTART" { keeps eintr; }
@test "limits: ENFILE, no descriptor in the whole system: it waits a moment" { keeps enfile; }
@test "surroundings: started with descriptors 0 to 2 closed" { keeps no_descriptors; }

@test "lesson: one wake brings one descriptor, of 1,100" {
    own_server
    need_descriptors 1200
    start_server -v
    play "connect A 1100" 'ask A #\n' 'ask A.500 only one\n'
    eventually grep -qx 'epoll_wait -> fd 505 IN' "$TMP/out"
}

@test "lesson: the kernel's interest list holds the listener and each client once" {
    own_server
    start_server
    play "connect A 10" 'ask A x' "say ready" "hold" <"$TMP/out" >"$TMP/said"
    [ "$(interest_list | wc -l)" -eq 1 ] # they have left: the listener remains
    mkfifo "$TMP/hold"
    exec 8<>"$TMP/hold"
    play "connect A 10" 'ask A x' "say ready" "hold" <"$TMP/hold" >"$TMP/said" 8>&- &
    eventually grep -q ready "$TMP/said"
    [ "$(interest_list | wc -l)" -eq 11 ]
    exec 8>&-
}

@test "lesson: no interest is changed while sends succeed; a jam changes it" {
    own_server
    start_server -v
    play "connect A" "pipeline A 100"
    [ "$(grep -c 'MOD$' "$TMP/out")" -eq 0 ]
    play "connect B" "pour B 64MiB" "collect B"
    grep -q '^epoll_ctl fd [0-9]* -> 0 MOD$' "$TMP/out"
}

@test "lesson: three system calls an echo: wait, recv, send" {
    own_server
    start_server -v
    # S is silent: nobody asks it anything.
    play "connect S" "connect A" "pipeline A 1" "dribble A 0123456789" "dribble A 0123456789" \
        "dribble A 0123456789" "dribble A 0123456789" "dribble A 0123456789"
    [ "$(grep -c '^recv .* 1 bytes$' "$TMP/out")" -eq 50 ]
    [ "$(grep -c '^send .* 1 bytes$' "$TMP/out")" -eq 50 ]
    # Not once for each echo: once for each client, where its arrival was news.
    [ "$(grep -c '^recv .* EAGAIN$' "$TMP/out")" -le 2 ]
    # One wait for each, and a few for the connection's beginning and end.
    [ "$(grep -Ec '^(select|poll|epoll_wait) ' "$TMP/out")" -le 57 ]
}

@test "client: a line" { keeps client_line; }
@test "client: no newline at the end" { keeps client_no_newline; }
@test "client: empty stdin" { keeps client_empty_stdin; }
@test "client: 8 MiB from a file" { keeps client_file; }
@test "client: 8 MiB from a pipe, to a pipe" { keeps client_pipe; }
@test "client: 64 MiB, more than all buffers in between" { keeps client_larger_than_buffers; }
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

# --- asides --------------------------------------------------------------------
@test "aside: callbacks.c keeps the promises of an echo: bytes and their order" { aside callbacks && keeps_all_echo; }
@test "aside: callbacks.c keeps the promises of an echo: ends" { aside callbacks && keeps_all_ends; }
@test "aside: callbacks.c keeps the promises of an echo: others" { aside callbacks && keeps_all_others; }
@test "aside: callbacks.c keeps the promises of an echo: limits" { aside callbacks && keeps_all_limits; }
@test "aside: callbacks.c keeps the promises of an echo: surroundings" { aside callbacks && keeps_all_surroundings; }
@test "aside: queue.c keeps the promises of an echo: bytes and their order" { aside queue && keeps_all_echo; }
@test "aside: queue.c keeps the promises of an echo: ends" { aside queue && keeps_all_ends; }
@test "aside: queue.c keeps the promises of an echo: others" { aside queue && keeps_all_others; }
@test "aside: queue.c keeps the promises of an echo: limits" { aside queue && keeps_all_limits; }
@test "aside: queue.c keeps the promises of an echo: surroundings" { aside queue && keeps_all_surroundings; }

@test "aside: callbacks.c and queue.c give the memory of a client back" {
    own_server
    for program in callbacks queue; do
        SERVER="'$BATS_TEST_DIRNAME/$program'"
        gives_memory_back
        stop_server
    done
}

# callbacks.c with another limit for silent clients, in ms.
start_callbacks() {
    "${CC:-cc}" ${SANITIZE:+-g -fsanitize=address,undefined} -DIDLE_MS="$1" \
        "$BATS_TEST_DIRNAME/callbacks.c" -o "$TMP/callbacks"
    : >"$TMP/out"
    "$PEER" exec "$MOST_SECONDS" "$TMP/callbacks" -v 0 </dev/null >"$TMP/out" 2>"$TMP/err" &
    SERVER_PID=$!
    eventually read_port
}

@test "aside: callbacks.c closes whom it has not heard for too long, and only those" {
    own_server
    start_callbacks 600
    play "connect A 5" "connect B" 'ask B 1' "silence B 200" 'ask B 2' "silence B 200" 'ask B 3' \
        "silence B 200" 'ask B 4' "gone A" 'ask B still here' "alive"
}

@test "aside: callbacks.c: an event of a connection that was closed in the same batch is stale" {
    own_server
    start_callbacks 400
    # While it is stopped, the timer expires, then each client sends: one batch
    # brings the timer first. Its handler closes all whose events are still to come.
    # B is the last one to be served before: it may still be in the ready list.
    play "connect A 50" 'ask A hello' "connect B" 'ask B hello' "stop" "silence A.0 700" \
        "send A too late" "continue" "descriptors" "connect C" 'ask C hello' "alive"
    [ "$(grep -c '^stale fd ' "$TMP/out")" -eq 50 ]
}

@test "aside: queue.c needs six system calls an echo, and server.c three" {
    own_server
    for program in queue server; do
        SERVER="'$BATS_TEST_DIRNAME/$program' -v"
        start_server
        play "connect A" "pipeline A 1" "dribble A 0123456789" "dribble A 0123456789" \
            "dribble A 0123456789" "dribble A 0123456789" "dribble A 0123456789"
        stop_server
        # Of the fifty echoes of one byte, and a few for the beginning and the end.
        eval "calls_$program=$(grep -Ec '^(epoll_wait|epoll_ctl|recv|send) ' "$TMP/out")"
    done
    # shellcheck disable=SC2154 # both are set by eval
    [ "$calls_queue" -ge 300 ]
    [ "$calls_queue" -le 320 ]
    # shellcheck disable=SC2154
    [ "$calls_server" -ge 150 ]
    [ "$calls_server" -le 170 ]
}

@test "aside: queue.c keeps the rest of a message after a short send" {
    own_server
    # Each send takes half of what it is given.
    printf '%s\n' '#include <sys/socket.h>' \
        '#define send(fd, data, n, flags) send(fd, data, ((n) + 1) / 2, flags)' >"$TMP/short.h"
    "${CC:-cc}" -include "$TMP/short.h" "$BATS_TEST_DIRNAME/queue.c" -o "$TMP/queue"
    SERVER="'$TMP/queue'"
    keeps_all both_ways half_close messages
}

@test "aside: queue.c stops reading from a client that does not read, and goes on later" {
    own_server
    local room=1024 # KiB
    [ -z "${SANITIZE:-}" ] || room=65536
    SERVER="'$BATS_TEST_DIRNAME/queue' -v"
    start_server
    play "connect A" "pour A 64MiB" "memory $room" "idle 5 200" "collect A" 'ask A after'
}
