#!/usr/bin/env bats
# The tools that look at our programs are awake. analyse: a bug put into a copy is found.
# memcheck: no error in a server, and nothing that it keeps of a client that has left.
# coverage: what it says of a line is so.
# ONLY='^analyse' is run by `make check lint`, all by `make attack`.
# shellcheck disable=SC2154 # promises.bash sets more
load ../suite/promises

need() { command -v "$1" >"$TMP/which" || skip "$1 is not installed"; }
# Puts a bug into a copy of a file (sed script $3), and expects the analyser $1 to say $4
# of it; of the file as it is, it says nothing.
finds() {
    need "$1"
    copy=$TMP/seeded.${2##*.}
    cp "$ROOT/$2" "$copy"
    "$LAB/check/analyse" -t "$1" "$copy" >"$TMP/out" || { cat "$TMP/out" && return 1; }
    sed -i.before "$3" "$copy"
    if cmp -s "$copy" "$copy.before"; then echo "no bug was put in" && return 1; fi
    if "$LAB/check/analyse" -t "$1" "$copy" >"$TMP/out"; then echo "no finding" && return 1; fi
    grep -q 'files, [1-9][0-9]* findings' "$TMP/out"
    grep -q "$4" "$TMP/out" || { cat "$TMP/out" && return 1; }
}
@test "analyse: gcc -fanalyzer finds a leak that is put into server 04" {
    finds gcc 04-poll/server.c '/^        free(c);/d' 'Wanalyzer-malloc-leak'
}
@test "analyse: clang-tidy finds a pointer used after free" {
    finds clang-tidy 04-poll/server.c '/^    free(c);/s/$/ c->owed = 0;/' 'Use of memory after it is freed'
}
@test "analyse: cppcheck finds a write past the end of an array" {
    finds cppcheck 04-poll/client.c 's/^    int status.*/&/;s/^    parse_args(.*/&\n    char few[2]; few[2] = 0; (void)few;/' 'arrayIndexOutOfBounds'
}
@test "analyse: shellcheck finds an expansion without quotes" {
    # shellcheck disable=SC2016 # for sed
    finds shellcheck docs/claims/56-sigio.sh '$s/$/\nx=$1\nrm $x/' 'SC2086'
}
@test "analyse: one more finding of an accepted kind is shown" {
    need clang-tidy
    mkdir -p "$TMP/tree/docs/lab/check" "$TMP/tree/05-epoll"
    cp "$LAB/check/analyse" "$TMP/tree/docs/lab/check"
    cp "$ROOT/.clang-tidy" "$TMP/tree"
    cp "$ROOT/05-epoll/server.c" "$TMP/tree/05-epoll"
    cd "$TMP/tree"
    docs/lab/check/analyse -t clang-tidy >"$TMP/out"
    grep -q '0 findings, 1 accepted' "$TMP/out"
    sed '/^static void close_conn/,/^}/d' 05-epoll/server.c >"$TMP/rest"
    {
        cat "$TMP/rest"
        sed -n '/^static void open_conn/,/^}/p' "$TMP/rest" | sed 's/open_conn/open_another/'
        echo 'void another(int fd);'
        echo 'void another(int fd) { open_another(fd); }'
    } | sed 's/^ *close_conn(c);/;/' >05-epoll/server.c
    if docs/lab/check/analyse -t clang-tidy >"$TMP/out"; then echo "no finding" && return 1; fi
    grep -q '[1-9] findings' "$TMP/out"
}
@test "analyse: wrong use is said in one line, status 2" {
    for arguments in '-x' '-t lint' '/no/such/file.c'; do
        status=0
        # shellcheck disable=SC2086 # the words are the arguments
        "$LAB/check/analyse" $arguments >"$TMP/out" 2>"$TMP/message" || status=$?
        [ "$status" -eq 2 ] && [ "$(wc -l <"$TMP/message")" -eq 1 ] && [ ! -s "$TMP/out" ]
    done
    "$LAB/check/analyse" -h | grep -q usage
}

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

@test "coverage: a line without a reason is red, and a reason without a line; nothing counted is neither" {
    need python3
    cd "$TMP"
    printf 'a();\nb();\n' >f.c
    printf '# what\nf.c | b(); | because\n' >reasons
    counts() {
        printf '{"files": [{"file": "f.c", "lines": [{"line_number": 1, "count": %s}, {"line_number": 2, "count": %s}]}]}' \
            "$1" "$2" >counts.json
        run "$LAB/check/gcov/reasons" --full reasons counts.json
        echo "$1 $2: $status: $output"
    }
    counts 1 0
    [ "$status" -eq 0 ] && [ "$output" = $'f.c:2: b();\n    because' ]
    counts 0 0
    [ "$status" -eq 1 ] && [[ "$output" == *"f.c:1: a();"*"NO REASON"* ]]
    counts 1 1
    [ "$status" -eq 1 ] && [[ "$output" == "a reason without such a line"*"b();" ]]
    printf 'f.c | b(); | sometimes: by chance\n' >reasons
    counts 1 1
    [ "$status" -eq 0 ]
    echo '{"files": []}' >counts.json
    run "$LAB/check/gcov/reasons" --full reasons counts.json
    [ "$status" -eq 2 ] && [ "${#lines[@]}" -eq 1 ]
}

@test "coverage: where gcovr is missing one line says what to install, status 2" {
    mkdir "$TMP/bin"
    for tool in sh dirname; do ln -s "$(command -v "$tool")" "$TMP/bin"; done
    for tool in gcc gcov; do printf '#!/bin/sh\n' >"$TMP/bin/$tool" && chmod +x "$TMP/bin/$tool"; done
    PATH=$TMP/bin run "$LAB/check/coverage"
    echo "$output"
    [ "$status" -eq 2 ] && [ "${#lines[@]}" -eq 1 ] && [[ "$output" == *"apt-get install"*gcovr* ]]
}
