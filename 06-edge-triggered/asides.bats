#!/usr/bin/env bats
# Chapter 06, its asides: trace.c and pipe.c.
# shellcheck disable=SC2030,SC2031,SC2034 # PORT and SERVER_PID are setup's
load ../docs/lab/suite/promises

# What each epoll_wait of trace.c returned, on one line for each way.
traces() { sed -n -e 's/^\(switching\|registered\) .*/;/p' -e '/^\[/p' "$1" | tr '\n' ' '; }

@test "aside: trace.c prints the documents' trace, whatever descriptors it inherits" {
    own_server
    "$PEER" exec 10 "$BATS_TEST_DIRNAME/trace" </dev/null >"$TMP/bare"
    "$BATS_TEST_DIRNAME/trace" 3</dev/null 5</dev/null 7</dev/null >"$TMP/crowded"
    "$BATS_TEST_DIRNAME/trace" <&- >"$TMP/closed"
    for run in bare crowded closed; do
        cat "$TMP/$run"
        [ "$(traces "$TMP/$run")" = "$(printf '%s ' \; '[(3, 1)]' '[(5, 1)]' '[(5, 4)]' \
            '[(5, 1)]' '[(5, 4)]' '[(5, 1)]' \; '[(3, 1)]' '[(5, 4)]' '[(5, 5)]' '[(5, 5)]' \
            '[(5, 8197)]')" ]
        [ "$(grep -c '^the listener is fd 3, the epoll instance fd 4$' "$TMP/$run")" -eq 2 ]
    done
}

@test "aside: trace.c needs seven system calls for an echo; registered once, three" {
    own_server
    "$PEER" exec 10 "$BATS_TEST_DIRNAME/trace" </dev/null >"$TMP/trace"
    grep '^system calls' "$TMP/trace" >"$TMP/counts"
    printf 'system calls of this echo: %s\n' \
        '7 (2 epoll_wait, 2 epoll_ctl, 2 recv, 1 send)' \
        '3 (1 epoll_wait, 0 epoll_ctl, 1 recv, 1 send)' | diff - "$TMP/counts"
    # The lines between "sends world" and the count are those calls.
    for calls in 7 3; do
        awk -v calls="$calls" '/^the client sends world/ { n = 0 } /^\[/ || /^ /{ n++ }
            $1 == "system" && $6 == calls && n == calls { found = 1 } END { exit !found }' "$TMP/trace"
    done
}

@test "aside: trace.c with a port keeps the promises of an echo" {
    aside trace
    # Wait for an echo: when it listens, its epoll instance may still be missing.
    answers() { "$PEER" -t 1000 "$PORT" "connect A" 'ask A x' "close A" 2>"$TMP/peer"; }
    listens() { eventually answers; }
    keeps_all messages both_ways data_and_fin half_close reset_before_data reset_after_data \
        reset_in_mid_send urgent silent never_reads flooder burst descriptors sigpipe bad_port
}

@test "aside: trace.c sends an answer larger than the send buffer, room by room" {
    own_server
    sed 's/BUFFER_SIZE 16384/BUFFER_SIZE 8388608/' "$BATS_TEST_DIRNAME/trace.c" >"$TMP/trace.c"
    compile "$TMP/trace.c" -o "$TMP/trace"
    SERVER="'$TMP/trace'"
    start_server
    local tries
    # Where TCP has lost a segment, it waits before it sends again, and what looks like a
    # jam is none: another try then.
    for tries in 1 2 3 4 5 6 7 8 9 10; do
        play "connect A" "pour A 64MiB" "connect B" 'ask B meanwhile\n' "collect A"
        ! grep -q 'send fd [0-9]* -> -1 EAGAIN' "$TMP/out" || break
    done
    # With a buffer of 16384, room was there whenever OUT was reported.
    grep -q 'send fd [0-9]* -> -1 EAGAIN' "$TMP/out"
}

@test "aside: pipe.c: whatever the size, a level tells of the other half, and an edge does not" {
    own_server
    for size in 2 1024 60000 65535; do
        "$BATS_TEST_DIRNAME/pipe" "$size" >"$TMP/pipe"
        cat "$TMP/pipe"
        # The second wait of each: after half was read.
        [ "$(grep -A1 "read .* $((size / 2)) bytes" "$TMP/pipe" | grep -c 'epoll_wait -> 1 IN')" -eq 1 ]
        [ "$(grep -A1 "read .* $((size / 2)) bytes" "$TMP/pipe" | grep -c 'nothing for')" -eq 1 ]
    done
}
