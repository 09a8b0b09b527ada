#!/usr/bin/env bats
# Exercise 4.3: the table has no holes.
# shellcheck disable=SC2030,SC2031,SC2034 # SERVER is start_server's
load ../../docs/lab/suite/promises
SERVER="'$BATS_TEST_DIRNAME/../server' -v"

# The entries of each wait, as -v has printed them so far.
entries() { sed -n 's/^poll \([0-9]*\) entries -> .*/\1/p' "$TMP/out"; }
# The descriptors that got a line of -v in the wake in which this one is closed.
in_the_wake_of_a_close() {
    awk '/^poll / { if (closed) print line; line = ""; closed = 0 }
        /^recv .* [1-9][0-9]* bytes$/ { line = line $3 " " }
        /^close / { closed = 1 }
        END { if (closed) print line }' "$TMP/out"
}

@test "poll is given the listener, and one entry for each client" {
    start_server
    play "connect A 20" 'ask A #\n' "ask A.7 x" "reset A" "descriptors"
    play "connect B 20" 'ask B #\n' "close B.0" "close B.1" "close B.2" "close B.3" "close B.4" \
        "close B.5" "reset B.6" "reset B.7" "reset B.8" "close B.9" "close B.10" "close B.11" \
        "close B.12" "close B.13" "close B.14" "close B.15" "close B.16" "close B.18" \
        "close B.19" 'ask B.17 who has' 'ask B.17 moved' 'ask B.17 again'
    echo "entries: $(entries | tr '\n' ' ')"
    [ "$(entries | head -n 1)" = 1 ]
    [ "$(entries | sort -n | tail -n 1)" = 21 ]
    # When only B.17 and the listener are left: its three messages, and its end.
    [ "$(entries | tail -n 1)" = 2 ]
}

@test "one goes, and the last one sends: both in one wake" {
    start_server
    play "connect A 6" 'ask A #\n' "stop" "close A.0" "send A.5 last" "continue" "expect A.5 last"
    play "connect A 6" 'ask A #\n' "stop" "close A.0" "close A.2" "send A.3 x" "send A.4 y" \
        "send A.5 z" "continue" "expect A.3 x" "expect A.4 y" "expect A.5 z" "ask A.1 me, too"
    in_the_wake_of_a_close
    # 4 to 9 are the six: 9 is the last, and 7 to 9 are the last three.
    in_the_wake_of_a_close | grep -qx '9 '
    [ "$(in_the_wake_of_a_close | awk 'NF == 3 && /7/ && /8/ && /9/ && !n++')" ]
}

@test "two hundred go at once, in the midst of others, and none is served twice" {
    start_server
    play "connect A 100" "connect B 100" "connect C 100" 'ask A #\n' 'ask C #\n' "stop" "reset A" \
        "send B hi" "close C" "continue" "expect B hi" 'ask B #\n' "alive" "close B" "descriptors"
    # A recv in vain: of one that was not ready, or is closed.
    [ "$(grep -c '^recv .* \(EAGAIN\|Bad file descriptor\)$' "$TMP/out")" -eq 0 ]
}

@test "it keeps its promises" {
    SERVER="'$BATS_TEST_DIRNAME/../server'"
    keeps_all line half_close reset_in_mid_send descriptors idle
}
