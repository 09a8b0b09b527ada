#!/usr/bin/env bats
# Chapter 05, its asides: callbacks.c and queue.c.
# shellcheck disable=SC2030,SC2031,SC2034 # PORT and SERVER_PID are setup's
load ../docs/lab/suite/promises

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
    compile ${SANITIZE:+-g -fsanitize=address,undefined} -DIDLE_MS="$1" \
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
    compile -include "$TMP/short.h" "$BATS_TEST_DIRNAME/queue.c" -o "$TMP/queue"
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
