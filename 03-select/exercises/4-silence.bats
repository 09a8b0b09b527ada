#!/usr/bin/env bats
# Exercise 3.4: who moves nothing for two seconds is closed.
# shellcheck disable=SC2034 # SERVER is start_server's
load ../../docs/lab/suite/promises
SERVER="'$BATS_TEST_DIRNAME/../server' -v"

teardown() {
    [ -z "${lonely:-}" ] || kill "$lonely" || true
    stop_server
    rm -rf "$TMP"
}

@test "two seconds without a byte are too much, and nobody is woken in vain" {
    # Beside it, one that nobody comes to.
    "$PEER" exec 10 "$BATS_TEST_DIRNAME/../server" -v 0 </dev/null >"$TMP/lonely" 2>&1 &
    lonely=$!
    start_server
    # P does not read; A and B are silent, B from half a second on.
    play "connect P" "pour P 32MiB" "connect A" "connect B" "hurry 2450" "silence B 500" \
        "ask B I am here" "silence A 1200" "gone A" "silence B 200" "hurry 800" "gone B" \
        "descriptors" "idle 5 100" "alive"
    nothing=$(grep -c '^select .*nothing$' "$TMP/out") || true
    echo "$nothing wakes with nothing to do: 3 are needed, one for each that was closed"
    [ "$nothing" -le 4 ]
    echo "with nobody there, nothing is printed but where it listens:"
    cat "$TMP/lonely"
    [ "$(wc -l <"$TMP/lonely")" -eq 1 ]
}

@test "with nobody there, it waits without a limit" {
    start_server
    play "connect A" 'ask A x' "close A" "descriptors"
    "$PEER" -p "$SERVER_PID" "$PORT" "idle 5 200"
    [ "$(grep -c 'nothing$' "$TMP/out")" -eq 0 ]
}
