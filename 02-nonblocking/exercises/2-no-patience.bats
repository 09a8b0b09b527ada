#!/usr/bin/env bats
# Exercise 2.2: a client for whom no byte was moved for a second is closed.
# shellcheck disable=SC2034 # SERVER is start_server's
load ../../docs/lab/suite/promises
SERVER="'$BATS_TEST_DIRNAME/../server'"

@test "a silent client stays for 700 ms, and sees the end before 2 s" {
    start_server
    PATIENCE=1000 play "connect A" 'ask A hello\n' "silence A 700" "eof A" "descriptors"
}

@test "one that sends a byte each 400 ms stays, and keeps nobody else" {
    start_server
    PATIENCE=600 play "connect A" "connect B" 'ask B 1' "silence B 400" 'ask B 2' "silence B 400" 'ask B 3' \
        "silence B 400" 'ask B 4' "silence B 1" "gone A" 'ask B 5'
}

@test "one that sends and does not read is closed, too" {
    start_server
    play "connect A" "pour A 64MiB" "connect B" 'ask B hello\n' "close B" "descriptors"
}

@test "what comes in time is echoed, up to the end" {
    start_server
    play "connect A" "exchange A 4MiB" 'finish A bye' 'expect A bye' "eof A" "descriptors"
}
