#!/usr/bin/env bats
# Exercise 1.1: the first byte of each recv becomes a capital, the others small letters.
# shellcheck disable=SC2034 # SERVER is start_server's
load ../../docs/lab/suite/promises
SERVER="'$BATS_TEST_DIRNAME/../server'"

# Plays steps that are too long to be read whole.
played() {
    play "$@" >"$TMP/report" 2>&1 || { cut -c 1-72 "$TMP/report" && return 1; }
}

@test "one message: the first byte a capital, the others small" {
    start_server
    play "connect A" 'send A hELLO, World 5!\n' 'expect A Hello, world 5!\n' \
        'send A ONE\n' 'expect A One\n' 'send A x' 'expect A X'
}

@test "a line that comes in two pieces has two capitals" {
    start_server
    play "connect A" 'send A gOOD ' 'expect A Good ' 'send A mORNING\n' 'expect A Morning\n'
}

@test "two lines that come at once have one" {
    start_server
    play "connect A" "stop" 'send A ONE\nTWO\n' "continue" 'expect A One\ntwo\n'
}

@test "what is no letter stays: zeros, digits, bytes above 127" {
    start_server
    # The bytes of these letters are none of ASCII's, and a zero ends no message.
    play "connect A" 'send A éÀß 1\n' 'expect A éÀß 1\n' 'send A \0ABC\0DEF' 'expect A \0abc\0def' \
        'send A 9LIVES\n' 'expect A 9lives\n' 'send A @AZ[`az{\n' 'expect A @az[`az{\n'
}

@test "a full buffer is a recv, too: byte 16385 may have a capital, no other" {
    start_server
    # The server is stopped: when it goes on, more than a buffer is there.
    printf -v many '%06000d' 0
    small=${many//0/x}
    played "connect A" "stop" "send A ${small^^}" "send A ${small^^}" "send A ${small^^}" "continue" \
        "expect A X${small:1}" "expect A $small" "expect A ${small:0:4384}" "expect A X${small:4385}"
}
