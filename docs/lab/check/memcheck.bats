#!/usr/bin/env bats
# Under valgrind: no error in a server, and nothing that it keeps of a client that has
# left.
# shellcheck disable=SC2154 # promises.bash sets more
load ../promises.bash

need() { command -v "$1" >"$TMP/which" || skip "$1 is not installed"; }

# A server under memcheck. Sets SERVER_PID and PORT; the log is $TMP/log.
under_memcheck() {
    : >"$TMP/out"
    "$PEER" exec "$MOST_SECONDS" valgrind --leak-check=full --show-leak-kinds=definite \
        --log-file="$TMP/log" "$1" 0 </dev/null >"$TMP/out" 2>"$TMP/err" &
    SERVER_PID=$!
    PATIENCE=20000 eventually read_port || fail_to_start
}

# After the steps, and when all have left, SIGTERM. Prints the blocks still in use.
blocks_after() {
    local program=$1
    shift
    under_memcheck "$program"
    "$PEER" -t 20000 -p "$SERVER_PID" "$PORT" "$@" "descriptors" "alive" || return 1
    kill -TERM "$SERVER_PID"
    wait "$SERVER_PID" 2>"$TMP/kill" || true
    SERVER_PID=''
    grep -q 'ERROR SUMMARY: 0 errors' "$TMP/log" || { cat "$TMP/log" >&2 && return 1; }
    sed -n 's/.* in use at exit: .* bytes in \(.*\) blocks/\1/p' "$TMP/log"
}

# All that twenty promises ask, in one scene.
scene=("connect A" 'ask A hello\n' 'ask A \n' "bytes A" 'dribble A slow' "pipeline A 100"
    "exchange A 1MiB" "pour A 8MiB" "connect B 5" 'ask B #' "collect A" "half-close A" "eof A"
    "finish B.0 bye" "expect B.0 bye" "eof B.0" "send B.1 x" "urgent B.1 !" "send B.1 y"
    "expect B.1 xy" "stop" "connect C 50" "send C hi" "reset C" "continue" "connect D 20"
    'send D #' 'expect D #' "close D" "connect E" "pour E 8MiB" "reset E" "connect F"
    'ask F still here' "close F" "close A" "reset B")

# A server after the scene has as many blocks as after one client: none is kept.
no_leak() {
    need valgrind
    own_server
    local program=$ROOT/$1/server few many
    few=$(blocks_after "$program" "connect A" 'ask A x' "close A")
    many=$(blocks_after "$program" "${scene[@]}")
    if [ -z "$few" ] || [ "$few" != "$many" ]; then
        echo "after one client: $few blocks; after all: $many" && return 1
    fi
}
@test "memcheck: server 02: no error, no block kept of those who have left" { no_leak 02-nonblocking; }
@test "memcheck: server 03: no error, no block kept of those who have left" { no_leak 03-select; }
@test "memcheck: server 04: no error, no block kept of those who have left" { no_leak 04-poll; }
@test "memcheck: server 05: no error, no block kept of those who have left" { no_leak 05-epoll; }
@test "memcheck: server 06: no error, no block kept of those who have left" { no_leak 06-edge-triggered; }
