#!/usr/bin/env bats
# Exercise 2.4: naps of 1, 2, 4 ... 64 ms; 1 ms again when something moves.
# shellcheck disable=SC2034 # SERVER is start_server's
load ../../docs/lab/suite/promises
SERVER="'$BATS_TEST_DIRNAME/../server' -v"

@test "100 echoes in a row take 800 ms at most, also after silence: it begins at 1 ms again" {
    start_server
    steps=()
    for i in {1..100}; do steps+=("ask A $i"); done
    play "connect A" "silence A 300" 'ask A x' "hurry 800" "${steps[@]}" "alive"
}

@test "in a second of silence it asks few times, and not too few" {
    start_server
    play "connect A" 'ask A x' "silence A 1000" 'ask A y' "silence A 1"
    eventually grep -q '^send' "$TMP/out"
    # The longest count is that of the second: two questions a turn.
    most=$(sed -n 's/^\([0-9]*\) calls -> -1 EAGAIN$/\1/p' "$TMP/out" | sort -n | tail -n 1)
    echo "in a second of silence it asked ${most:-0} times: 10 to 200 were expected"
    [ "${most:-0}" -ge 10 ]
    [ "$most" -le 200 ]
}

@test "after 600 ms of silence, an answer comes within 250 ms: the nap has a bound" {
    start_server
    play "connect A" 'ask A x' "silence A 600" "hurry 250" 'ask A y' "alive"
}

@test "idle costs no processor; bytes that move meet no nap" {
    start_server
    play "connect A 10" 'send A x' 'expect A x' "idle 5 300" "hurry 1000" "exchange A.0 4MiB" "alive"
}
