#!/usr/bin/env bats
# Exercise 4.2: ten clients at the same time, and the others wait in the backlog.
# shellcheck disable=SC2034 # SERVER is start_server's
load ../../docs/lab/suite/promises
SERVER="'$BATS_TEST_DIRNAME/../server' -v"

@test "ten are served; the others wait, and the server sleeps" {
    start_server
    play "connect A 10" 'ask A #\n' "connect B 2" "send B hi" "silence B.1 1100" "idle 5 100" \
        'ask A still #\n' "close A.7" "at-least 1 B hi"
    if grep -q 'nothing$' "$TMP/out"; then
        echo "a wait ended with nothing"
        false
    fi
}

@test "one goes: one comes, not two" {
    start_server
    play "connect A 10" 'ask A #\n' "connect B" "connect C" "send B b" "send C c" "silence B 50" \
        "close A.3" "expect B b" "silence C 100" "reset A.0" "expect C c" "ask A.9 nine"
}

@test "a backlog of a hundred: never more than ten, and all in their turn" {
    steps=()
    for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
        steps+=("connect A$i 10" "send A$i hello")
    done
    start_server
    play "stop" "${steps[@]}" "continue" "at-least 10 A1 hello" "silence A2.0 50" \
        "close A1" "at-least 10 A2 hello" "silence A3.0 50" "reset A2" "at-least 10 A3 hello" \
        "reset A4" "reset A5" "reset A6" "reset A7" "reset A8" "close A9" "close A10" "close A11" \
        "close A12" "reset A13" "close A14" "close A3" "at-least 10 A15 hello" "idle 5 100" \
        "close A15" "connect Z" "ask Z last"
}

@test "out of descriptors before the tenth has come, it still sleeps and goes on" {
    SERVER="'$BATS_TEST_DIRNAME/../server'"
    soft_limit=$(ulimit -Sn)
    ulimit -Sn 10
    start_server
    ulimit -Sn "$soft_limit"
    # The listener is 3: six clients are 4 to 9.
    play "connect A 6" 'ask A #\n' "connect B 8" "send B hi" "silence B.0 50" "idle 20 300" \
        "close A" "at-least 6 B hi" "alive"
}
