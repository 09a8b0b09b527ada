#!/usr/bin/env bats
# `make analyse`: the analysers are awake: a bug put into a copy is found.
# shellcheck disable=SC2154 # promises.bash sets more
load ../promises.bash

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
    mkdir -p "$TMP/tree/docs/lab" "$TMP/tree/05-epoll"
    cp "$LAB/check/analyse" "$TMP/tree/docs/lab"
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
