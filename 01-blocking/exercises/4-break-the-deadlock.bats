#!/usr/bin/env bats
# Exercise 1.4: the client sends a line in pieces, and reads each one back first.
# shellcheck disable=SC2034 # SERVER and CLIENT are those of promises.bash
load ../../docs/lab/suite/promises
SERVER="'$BATS_TEST_DIRNAME/../server'"
CLIENT="'$BATS_TEST_DIRNAME/../client'"

# A line of so many bytes, in which no two pieces are alike; without its newline.
long_line() { seq -s ' ' 10000000 | head -c "$1"; }

# What the client is given comes back: byte for byte, all of it.
same_back() {
    local MOST_SECONDS=2 status=0
    (client <"$TMP/line" >"$TMP/back") 2>"$TMP/message" || status=$?
    [ "$status" -ne 142 ] || echo "after 2 s, it has not ended: deadlock" # 128 + SIGALRM
    [ "$status" -eq 0 ] || return 1
    cmp "$TMP/line" "$TMP/back"
}

@test "a line of 64 MiB, with its newline, comes back" {
    { long_line 67108864 && echo; } >"$TMP/line"
    start_server
    same_back
}

@test "so do a buffer of bytes, one less and one more, and short lines between" {
    for size in 16383 16384 16385 0 1 32767 32768 32769 100000; do
        long_line "$size" && echo
    done >"$TMP/line"
    long_line 50000 >>"$TMP/line" # without a newline at the end
    start_server
    same_back
}

# As eventually, but for a second at most.
shortly() {
    local tries=0
    until "$@"; do
        tries=$((tries + 1))
        [ "$tries" -lt 100 ] || return 1
        sleep 0.01
    done
}

@test "what is typed is back before more is typed" {
    start_server
    mkfifo "$TMP/in"
    MOST_SECONDS=2
    client <"$TMP/in" >"$TMP/back" 2>"$TMP/message" 3>&- &
    exec 8>"$TMP/in"
    printf 'one\n' >&8
    shortly grep -qsx one "$TMP/back"
    printf 'two\n' >&8
    shortly grep -qsx two "$TMP/back"
    exec 8>&-
    wait $!
}

@test "a server that is not there, or leaves early, is told as before" {
    promise_client_no_server
    server_leaves close
    grep -q '^client: the server left early$' "$TMP/message"
}
