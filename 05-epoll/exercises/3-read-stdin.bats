#!/usr/bin/env bats
# Exercise 5.3: the server reads its stdin, whether epoll can watch it or not.
# shellcheck disable=SC2034 # SERVER_PID is stop_server's
load ../../docs/lab/suite/promises

# Starts the server with its stdin taken from a file, or from a pipe.
start_reading() {
    : >"$TMP/out"
    "$PEER" exec "$MOST_SECONDS" "$BATS_TEST_DIRNAME/../server" 0 \
        <"$1" >"$TMP/out" 2>"$TMP/err" 8>&- &
    SERVER_PID=$!
    eventually read_port || fail_to_start
}

# The line must be there soon, once, and then nothing goes on.
ended_with() {
    local end=$((SECONDS + 2))
    until grep -q '^stdin ended' "$TMP/out"; do
        [ "$SECONDS" -lt "$end" ] || { echo "no line 'stdin ended: $1 bytes'" && return 1; }
        sleep 0.01
    done
    play "connect A" 'ask A hello\n' "idle 5 200" 'ask A still here\n' "close A" "alive"
    cat "$TMP/err"
    [ "$(grep '^stdin' "$TMP/out")" = "stdin ended: $1 bytes" ]
}

@test "a file of 1 MiB: all of it is counted" {
    head -c 1048576 /dev/zero >"$TMP/file"
    start_reading "$TMP/file"
    ended_with 1048576
}

@test "an empty file, and /dev/null" {
    : >"$TMP/file"
    start_reading "$TMP/file"
    ended_with 0
    stop_server
    start_reading /dev/null
    ended_with 0
}

@test "a pipe: nobody waits for it, and its end is told once" {
    mkfifo "$TMP/pipe"
    exec 8<>"$TMP/pipe"
    start_reading "$TMP/pipe"
    play "connect A" 'ask A the pipe is silent\n' "idle 5 100"
    printf 'first\n' >&8
    play "connect A" 'ask A between\n' "idle 5 100"
    printf 'second' >&8
    ! grep '^stdin ended' "$TMP/out" || return 1
    exec 8>&-
    ended_with 12
}
