#!/usr/bin/env bats
# Exercise 5.2: queue.c tries to send before it asks for OUT.
# shellcheck disable=SC2034 # SERVER is start_server's
load ../../docs/lab/suite/promises
SERVER="'$BATS_TEST_DIRNAME/../queue' -v"

@test "an echo takes three system calls" {
    start_server
    play "connect A" "pipeline A 1" "dribble A 0123456789" "dribble A 0123456789" \
        "dribble A 0123456789" "dribble A 0123456789" "dribble A 0123456789"
    # Fifty echoes, and a few calls for the beginning and the end.
    calls=$(grep -Ec '^(epoll_wait|epoll_ctl|recv|send) ' "$TMP/out")
    echo "50 echoes took $calls calls"
    [ "$calls" -le 170 ]
    [ "$(grep -c '^send .* 1 bytes$' "$TMP/out")" -eq 50 ]
}

@test "what is not sent is kept, in order, also where a send takes half" {
    printf '%s\n' '#include <sys/socket.h>' \
        '#define send(fd, data, n, flags) send(fd, data, ((n) + 1) / 2, flags)' >"$TMP/short.h"
    compile -O2 -include "$TMP/short.h" "$BATS_TEST_DIRNAME/../queue.c" -o "$TMP/queue"
    SERVER="'$TMP/queue'"
    keeps_all both_ways half_close messages
}

@test "a client that does not read jams alone: idle, little memory, nothing lost" {
    SERVER="'$BATS_TEST_DIRNAME/../queue'"
    start_server
    play "connect B" 'ask B before\n' "connect A" "pour A 64MiB" "memory 1024" "idle 5 200" \
        'ask B meanwhile\n' "collect A" 'ask A after\n'
    stop_server
    keeps_all half_close data_and_fin
}
