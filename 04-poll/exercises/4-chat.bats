#!/usr/bin/env bats
# Exercise 4.4: what one sends goes to all the others, with bounded memory.
# shellcheck disable=SC2030,SC2031,SC2034 # SERVER is start_server's
load ../../docs/lab/suite/promises
load chat
SERVER="'$BATS_TEST_DIRNAME/../server' -v"

@test "what one sends goes to all the others, and not back" {
    start_server
    # That C is heard proves that all three have been accepted.
    play "connect A" "connect B" "connect C" "send C in" "expect A in" "expect B in" \
        'send A hello\n' 'expect B hello\n' 'expect C hello\n' 'send B hi\n' 'expect A hi\n' \
        'expect C hi\n' "silence A.0 50" "silence B.0 50" "silence C.0 50" "idle 5 100" \
        "close A" "close B" "send C alone" "silence C.0 50" "close C" "descriptors"
}

@test "in one wake twenty reset, and one talks and ends: who stays hears it" {
    start_server
    play "connect A" "connect R 20" "connect B" "connect C" "send C in" "expect A in" "expect R in" \
        "expect B in" "stop" "reset R" "finish C c" "continue" "expect A c" "expect B c" "gone C" \
        "send B b" "expect A b" "close A" "close B" "close C" "descriptors" "alive"
}

@test "who reads late gets all of it, also what has waited in the server" {
    three_come
    talk_until one_is_behind 1
    d_reads
    eventually has_all d || { echo "of $SENT bytes, D has $(wc -c <"$TMP/d"), or others" && false; }
    has_all b
    [ "$(closed)" -eq 1 ]
}

@test "who never reads is closed; the others get each byte, and the memory is bounded" {
    three_come
    watch_memory
    talk_until one_closed
    talk "$PIECE" # the talk goes on
    bounded
    has_all b
    # What D can read now ends.
    "$PEER" exec 5 cat <&8 >"$TMP/d" 2>"$TMP/reset" || [ "$?" -eq 1 ]
    [ "$(wc -c <"$TMP/d")" -lt "$SENT" ]
    play "idle 5 100"
}
