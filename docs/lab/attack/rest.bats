#!/usr/bin/env bats
# What the tests of the chapters leave out, and `make check coverage` found: ways through a
# server or a client that no other test takes.
# shellcheck disable=SC2034,SC2154 # promises.bash uses some, and sets more
load ../suite/promises

# The chapter that start_server and client take: a directory.
chapter() { BATS_TEST_DIRNAME=$1; }
each_chapter() {
    local dir
    for dir in "$ROOT"/0*; do
        chapter "$dir"
        "$@" || { echo "in $dir" && return 1; }
        stop_server
    done
}

narrates() {
    start_server
    printf 'hello\n' | "$PEER" exec 10 "$BATS_TEST_DIRNAME/client" -v "$PORT" >"$TMP/back" 2>"$TMP/told" || return 1
    [ "$(cat "$TMP/back")" = hello ] && grep -Eq '^(send|write) fd [0-9]+ -> 6 bytes$' "$TMP/told" &&
        grep -Eq '^(recv|read) fd [0-9]+ -> 6 bytes$' "$TMP/told"
}
@test "client: -v tells each call on stderr, and stdout stays as it is" {
    own_server
    each_chapter narrates
}

unknown() {
    local status=0
    "$BATS_TEST_DIRNAME/client" a..b 80 </dev/null >"$TMP/back" 2>"$TMP/message" || status=$?
    [ "$status" -eq 1 ] && [ ! -s "$TMP/back" ] && grep -q '^client: a\.\.b: .' "$TMP/message" &&
        [ "$(wc -l <"$TMP/message")" -eq 1 ]
}
@test "client: a name that cannot be resolved is told in one line" {
    own_server
    each_chapter unknown
}

# 0 is taken for the socket by a client that does not hold it: it would read its own echo.
closed() {
    local status=0
    start_server
    "$PEER" exec 10 "$BATS_TEST_DIRNAME/client" "$PORT" <&- >"$TMP/back" 2>"$TMP/message" || status=$?
    [ "$status" -lt 2 ] && [ ! -s "$TMP/back" ] || return 1
    printf 'hello\n' | "$PEER" exec 10 "$BATS_TEST_DIRNAME/client" "$PORT" 2>&- | grep -qx hello
}
@test "client: started with stdin or stderr closed" {
    own_server
    each_chapter closed
}

told_of_reset() {
    start_server -v
    play "connect A" 'ask A x' "reset A" "connect B" 'ask B y' "close B" "descriptors" || return 1
    eventually grep -Eq '^recv fd [0-9]+ -> -1 [A-Z][a-z]+ ' "$TMP/out"
}
@test "server: -v names the error of a call that failed" {
    own_server
    each_chapter told_of_reset
}

# 3 bytes come back, and then a reset.
told_of_leaver() {
    "$PEER" exec "$MOST_SECONDS" "$PEER" leave reset 3 </dev/null >"$TMP/out" 2>"$TMP/err" &
    SERVER_PID=$!
    eventually read_port || fail_to_start
    printf 'hello\n' | "$PEER" exec 10 "$BATS_TEST_DIRNAME/client" -v "$PORT" >"$TMP/back" 2>"$TMP/told" || true
    grep -Eqx '(read|recv) fd [0-9]+ -> -1 Connection reset by peer' "$TMP/told" || { cat "$TMP/told" && return 1; }
}
@test "client: -v names the error of a call that failed" {
    own_server
    each_chapter told_of_leaver
}

@test "client: 03 says that select cannot watch a descriptor from FD_SETSIZE on" {
    own_server
    need_descriptors 1100
    chapter "$ROOT/03-select"
    start_server
    status=0
    "$PEER" fill 1024 "$BATS_TEST_DIRNAME/client" "$PORT" </dev/null >"$TMP/back" 2>"$TMP/message" || status=$?
    [ "$status" -eq 1 ]
    grep -qx 'client: fd 1024: select cannot watch it' "$TMP/message"
}
