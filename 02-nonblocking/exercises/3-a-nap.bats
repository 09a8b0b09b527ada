#!/usr/bin/env bats
# Exercise 2.3: 10 ms of sleep after a turn in which nothing moved.
# shellcheck disable=SC2034 # SERVER is start_server's
load ../../docs/lab/suite/promises
SERVER="'$BATS_TEST_DIRNAME/../server'"

@test "idle costs no processor: with nobody, and with ten silent clients" {
    start_server
    play "idle 5 300" "connect A 10" 'send A x' 'expect A x' "idle 5 300"
}

@test "nor does a client that sends and does not read" {
    start_server
    play "connect A" "pour A 64MiB" "idle 5 300" "collect A"
}

@test "20 echoes in a row take 900 ms at most" {
    start_server
    steps=()
    for i in {1..20}; do steps+=("ask A $i"); done
    play "connect A" 'ask A x' "hurry 900" "${steps[@]}" "alive"
}

@test "4 MiB, there and back, take a second at most: no nap while bytes move" {
    start_server
    play "connect A" 'ask A x' "hurry 1000" "exchange A 4MiB" "alive"
}

@test "100 clients at once are not taken one a nap" {
    start_server
    play "hurry 800" "connect A 100" 'send A #\n' 'expect A #\n' "alive"
}
