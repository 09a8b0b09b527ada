#!/usr/bin/env bats
# Exercise 5.1: two processes share a port.
# shellcheck disable=SC2034 # SERVER is start_server's
load ../../docs/lab/suite/promises
SERVER="'$BATS_TEST_DIRNAME/../server' -v"

# A second server on the port of the first; its output is $TMP/second.
start_second() {
    "$PEER" exec "$MOST_SECONDS" "$BATS_TEST_DIRNAME/../server" -v "$PORT" \
        </dev/null >"$TMP/second" 2>"$TMP/second_err" &
    SECOND=$!
    eventually second_listens_or_ended
    [ ! -s "$TMP/second_err" ] || { cat "$TMP/second_err" && return 1; }
    # Its epoll instance is ready as well: the listener is on the list.
    eventually grep -q 'ADD$' "$TMP/second"
}
second_listens_or_ended() { [ -s "$TMP/second_err" ] || grep -q '^listening' "$TMP/second"; }
accepted() { grep -c '(new client)$' "$1"; }

teardown() {
    stop_server
    [ -z "${SECOND:-}" ] || kill -KILL "$SECOND" 2>"$TMP/kill" || true
    rm -rf "$TMP"
}

@test "two servers listen on one port, and each gets some of 100 clients" {
    start_server
    start_second
    play "connect A 100" 'ask A client #\n'
    echo "the first has $(accepted "$TMP/out"), the second $(accepted "$TMP/second")"
    [ "$(accepted "$TMP/out")" -ge 10 ]
    [ "$(accepted "$TMP/second")" -ge 10 ]
}

@test "one of them ends, and the other takes all who come" {
    start_server
    start_second
    kill -TERM "$SECOND"
    wait "$SECOND" || true
    play "connect A 50" 'ask A client #\n' "close A" "descriptors"
}

@test "a port that another program holds is still refused" {
    local status=0
    "$PEER" exec 10 "$PEER" leave close 1 </dev/null >"$TMP/out" 2>"$TMP/err" &
    SERVER_PID=$!
    eventually read_port
    "$PEER" exec 2 "$BATS_TEST_DIRNAME/../server" "$PORT" </dev/null >"$TMP/second" \
        2>"$TMP/refusal" || status=$?
    refused_use "$status" "$TMP/refusal"
}
