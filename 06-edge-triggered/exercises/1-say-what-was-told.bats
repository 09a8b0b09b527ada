#!/usr/bin/env bats
# Exercise 6.1: the narration names PRI and RDHUP.
# shellcheck disable=SC2034 # SERVER is start_server's
load ../../docs/lab/suite/promises
SERVER="'$BATS_TEST_DIRNAME/../server' -v"

# What was told of a client since the narration had $1 lines: one report a line.
told_since() { tail -n "+$(($1 + 1))" "$TMP/out" | sed -n 's/^epoll_wait -> fd [0-9]* //p'; }
lines() { wc -l <"$TMP/out"; }
# The first connection only looks whether the server listens.
start() { start_server && eventually grep -q '^close fd' "$TMP/out"; }

@test "a line alone is IN OUT" {
    start
    before=$(lines)
    play "connect A" "silence A 50" 'ask A hello\n' 'ask A again\n'
    told_since "$before" | tee "$TMP/told"
    [ "$(grep -cx 'IN OUT' "$TMP/told")" -ge 2 ]
    [ "$(grep -c PRI "$TMP/told")" -eq 0 ]
}

@test "a line and the end of the stream in one segment: IN OUT RDHUP" {
    start
    before=$(lines)
    play "connect A" 'ask A hello\n' "stop" 'finish A goodbye' "continue" 'expect A goodbye' "eof A"
    told_since "$before" | tee "$TMP/told"
    grep -qx 'IN OUT RDHUP' "$TMP/told"
}

@test "an urgent byte: PRI; with the end of the stream: PRI RDHUP" {
    start
    before=$(lines)
    play "connect A" 'ask A hello\n' "stop" "send A ab" "urgent A !" "send A cd" "continue" \
        "expect A abcd"
    told_since "$before" | tee "$TMP/told"
    grep -qx 'IN OUT PRI' "$TMP/told"
    before=$(lines)
    play "connect B" 'ask B hello\n' "stop" "urgent B !" 'finish B end' "continue" 'expect B end' \
        "eof B"
    told_since "$before" | tee "$TMP/told"
    grep -qx 'IN OUT PRI RDHUP' "$TMP/told"
}
