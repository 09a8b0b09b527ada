#!/usr/bin/env bats
# Exercise 1.2: the first byte of each line becomes a capital, however the bytes come.
# shellcheck disable=SC2034 # SERVER is start_server's
load ../../docs/lab/suite/promises
SERVER="'$BATS_TEST_DIRNAME/../server'"

# Plays steps that are too long to be read whole.
played() {
    play "$@" >"$TMP/report" 2>&1 || { cut -c 1-72 "$TMP/report" && return 1; }
}

@test "a line that comes in three pieces has one capital, and each piece is back at once" {
    start_server
    play "connect A" 'send A gOOD ' 'expect A Good ' 'send A MORN' 'expect A morn' \
        'send A ING\n' 'expect A ing\n' 'send A aGAIN\n' 'expect A Again\n'
}

@test "three lines that come at once have three; an empty line takes none away" {
    start_server
    play "connect A" "stop" 'send A ONE\n\ntWO\n3 tHREE\n' "continue" \
        'expect A One\n\nTwo\n3 three\n'
}

@test "byte by byte; the end of the line comes alone" {
    start_server
    play "connect A" 'send A a' 'expect A A' 'send A B' 'expect A b' 'send A \n' 'expect A \n' \
        'send A c' 'expect A C' 'send A \n' 'expect A \n' 'send A \n' 'expect A \n' \
        'send A D' 'expect A D' 'send A E' 'expect A e'
}

@test "a zero and bytes above 127 stay, and end no line" {
    start_server
    play "connect A" 'send A \0ABC\0DEF\n' 'expect A \0abc\0def\n' 'send A éAÀß\nÀA\n' \
        'expect A éaÀß\nÀa\n'
}

@test "a line longer than the buffer has one capital" {
    start_server
    printf -v many '%07000d' 0
    small=${many//0/x}
    played "connect A" "stop" "send A ${small^^}" "send A ${small^^}" "send A ${small^^}" "continue" \
        "expect A X${small:1}" "expect A $small" "expect A $small" 'send A Y\ny' 'expect A y\nY'
}

@test "the next client begins a line, wherever the last one has left" {
    start_server
    play "connect A" 'send A HALF' 'expect A Half' "close A" "connect B" 'send B nEXT' 'expect B Next'
}
