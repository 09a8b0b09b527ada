#!/usr/bin/env bats
# Exercise 1.3: a client that moves nothing for half a second is closed.
# shellcheck disable=SC2034 # SERVER is start_server's
load ../../docs/lab/suite/promises
SERVER="'$BATS_TEST_DIRNAME/../server'"

@test "a silent client is gone after half a second, and the next one is served; the wait is asleep" {
    start_server
    play "connect A" 'ask A hello\n' "connect B" 'send B me, too\n' "idle 5 300" "silence A 1" \
        'expect B me, too\n' "eof A"
}

@test "one that sends and does not read is gone, too" {
    start_server
    PATIENCE=1600 play "connect A" "pour A 64MiB" "connect B" 'ask B hello\n'
}

@test "one that sends a byte each 300 ms stays" {
    start_server
    play "connect A" 'ask A 1' "silence A 300" 'ask A 2' "silence A 300" 'ask A 3' \
        "silence A 300" 'finish A bye' 'expect A bye' "eof A"
}

@test "a stop of the server closes nobody" {
    start_server
    play "connect A" 'ask A hello\n' "silence A 100" "stop" "continue" "silence A 100" \
        "stop" "continue" 'ask A still here\n'
}
