#!/usr/bin/env bats
# Exercise 3.1: out of descriptors, accept is tried again after 200 ms.
# shellcheck disable=SC2034 # SERVER is start_server's
load ../../docs/lab/suite/promises
SERVER="'$BATS_TEST_DIRNAME/../server'"

@test "ENFILE for half a second: the client waits less than 900 ms, and the server sleeps" {
    BATS_TEST_DIRNAME=$BATS_TEST_DIRNAME/.. built_with "$LAB/suite/enfile.h"
    play "connect A" "hurry 900" 'ask A at last\n' "alive"
    tries=$(grep -c ENFILE "$TMP/err")
    echo "accept failed $tries times in 500 ms: 2 to 4 were expected"
    [ "$tries" -ge 2 ] && [ "$tries" -le 4 ]
}

@test "EMFILE: it serves whom it has, sleeps, and takes the others later" { keeps_all descriptors; }

@test "with descriptors left, no wait ends with nothing" {
    SERVER="$SERVER -v"
    start_server
    play "connect A" 'ask A x' "silence A 500" 'ask A y'
    [ "$(grep -c 'nothing$' "$TMP/out")" -eq 0 ]
}
