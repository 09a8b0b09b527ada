#!/usr/bin/env bats
# What `make timeline N` draws: of logs that are written down, and of real runs.
ROOT=$(cd "$BATS_TEST_DIRNAME/../../.." && pwd)
LAB=$ROOT/docs/lab

setup() {
    cd "$ROOT" || return 1
    TMP=$(mktemp -d "${TMPDIR:-/tmp}/timeline.XXXXXX")
    unset MAKEFLAGS MFLAGS MAKELEVEL
}

teardown() { rm -rf "$TMP"; }

need_python() { command -v python3 >"$TMP/which" || skip "python3 is not installed"; }

# box LANE CALL [ATTRIBUTE='VALUE']...: there is such a box in the last picture.
box() {
    found=$(grep "^<g data-lane='$1' data-call='$2' " "$svg") || {
        echo "no box: $1 $2"
        return 1
    }
    shift 2
    for want in "$@"; do
        found=$(printf '%s\n' "$found" | grep -F " data-$want") || {
            echo "no box with data-$want"
            return 1
        }
    done
}

# none PATTERN FILE: no line matches. (An exclamation mark proves nothing in bats.)
none() {
    if grep -e "$1" "$2"; then
        return 1
    fi
}

# value ATTRIBUTE: of the first box that box() found.
value() { printf '%s\n' "$found" | sed -n "1s/.* data-$1='\([^']*\)'.*/\1/p"; }

less() { awk -v a="$1" -v b="$2" 'BEGIN { exit !(a + 0 < b + 0) }'; }

@test "draw: logs that are written down: boxes, arrows, words, what is escaped and refused" {
    need_python
    cd "$LAB/draw"
    python3 -B -m unittest timelines.tests 2>"$TMP/out" || { cat "$TMP/out" && return 1; }
    grep -q '^Ran 9 tests' "$TMP/out"
}

# --- real runs ---------------------------------------------------------------

need_strace() {
    [ "${SYSTEM:-$(uname -s)}" = Linux ] || skip "strace is for Linux"
    command -v strace >"$TMP/which" || skip "strace is not installed"
    [ -z "${SANITIZE:-}" ] || skip "LeakSanitizer does not work under ptrace"
    strace -D -o "$TMP/try" true 2>"$TMP/err" || true
    [ -s "$TMP/try" ] || skip "strace may not look at a process here"
}

# run_chapter N: draws it, and checks what all figures have in common.
run_chapter() {
    need_python
    need_strace
    svg=$TMP/out.svg
    mkdir "$TMP/scratch"
    TMPDIR=$TMP/scratch WHOSE=$TMP docs/lab/draw/timeline "$1" "$svg" >"$TMP/text" 2>"$TMP/err" \
        3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-
    cat "$TMP/text" "$TMP/err"
    [ ! -s "$TMP/err" ]
    [ "$(tail -n 1 "$TMP/text")" = "drawn: $svg" ]
    awk 'length > 80 { exit 1 }' "$TMP/text"
    figure "$svg" "$1"
    nothing_left
}

# figure FILE N: what holds for every figure, whoever ran it.
figure() { python3 -B "$LAB/draw/timelines/figure.py" "$2" "$1"; }

# No process that has our mark in its environment, no file.
nothing_left() {
    [ -z "$(ls -A "$TMP/scratch")" ]
    tries=0
    while grep -lsz "^WHOSE=$TMP\$" /proc/[0-9]*/environ >"$TMP/left"; do
        tries=$((tries + 1))
        [ "$tries" -lt 100 ] || { cat "$TMP/left" && return 1; }
        sleep 0.02
    done
}

@test "chapter 01: the server's wait in recv spans what B sends" {
    run_chapter 1
    box server recv "kind='wait'" "result='0: the end'"
    from=$(value start) to=$(value end)
    box B send "kind='work'"
    less "$from" "$(value start)"
    less "$(value end)" "$to"
    box B recv "kind='wait'"
    less "$to" "$(value end)" # B is answered only afterwards
    less 80 "$(value end)"
}

@test "chapter 02: the server asks in vain, more than 50 times in one box, and never sleeps" {
    run_chapter 2
    box server '[a-z, ]*' "kind='spin'"
    for count in $(printf '%s\n' "$found" | sed "s/.*data-count='\([0-9]*\)'.*/\1/"); do
        [ "$count" -gt 50 ]
    done
    [ "$(printf '%s\n' "$found" | wc -l)" -ge 3 ]
    none "data-lane='server' .* data-kind='wait'" "$svg"
    box B recv "result='6 bytes'"
}

@test "chapter 03: one select names three, and each is served without a wait" {
    run_chapter 3
    box server select "kind='wait'" "named='4 5 6'"
    [ "$(grep -c "data-lane='server' data-call='recv' data-kind='work'" "$svg")" -eq 3 ]
}

@test "chapter 04: one poll names three; for one alone, the same table is handed over" {
    run_chapter 4
    box server poll "kind='wait'" "named='24 25 26'"
    box server poll "named='25'"
    [ "$(grep -c '>poll, 27 entries<' "$svg")" -ge 2 ]
}

@test "chapter 05: epoll_ctl once for each; epoll_wait names one" {
    run_chapter 5
    [ "$(grep -c "data-call='epoll_ctl'" "$svg")" -eq 4 ]
    for fd in 3 5 6 7; do box server epoll_ctl "result='ADD fd $fd'"; done
    box server epoll_wait "kind='wait'" "named='6'"
    none "data-call='epoll_wait' .* data-named='[0-9]* " "$svg"
}

@test "chapter 06: on an edge, epoll_wait says nothing while half is left" {
    run_chapter 6
    box edge epoll_wait "kind='wait'" "result='nothing'" "left='512'"
    box level epoll_wait "named='4'" "left='512'"
    none "data-lane='level' .* data-result='nothing'" "$svg"
}

@test "timeline: wrong use is refused in one line; -h tells its use" {
    for arguments in '' '0' '7' 'x' '1 -x' '1 a b' '-x' '12' "''"; do
        status=0
        eval "docs/lab/draw/timeline $arguments" >"$TMP/out" 2>"$TMP/err" || status=$?
        [ "$status" -eq 2 ]
        [ ! -s "$TMP/out" ]
        [ "$(wc -l <"$TMP/err")" -eq 1 ]
    done
    docs/lab/draw/timeline -h | grep -q '^usage: '
    docs/lab/draw/timeline --help | grep -q '^usage: '
}

@test "timeline: without strace or python3, or where it may not attach, one line and no error" {
    mkdir "$TMP/bin" "$TMP/scratch"
    for tool in sh dirname; do ln -s "$(command -v $tool)" "$TMP/bin/$tool"; done
    PATH=$TMP/bin docs/lab/draw/timeline 1 "$TMP/out.svg" >"$TMP/out" 2>"$TMP/err"
    [ "$(cat "$TMP/out")" = 'timeline: strace is not installed: install the package strace' ]
    [ ! -s "$TMP/err" ]
    printf '#!/bin/sh\necho "ptrace: Operation not permitted" >&2\nexit 1\n' >"$TMP/bin/strace"
    chmod +x "$TMP/bin/strace"
    PATH=$TMP/bin docs/lab/draw/timeline 1 "$TMP/out.svg" >"$TMP/out" 2>"$TMP/err"
    [ "$(cat "$TMP/out")" = 'timeline: python3 is not installed: install the package python3' ]
    [ ! -s "$TMP/err" ]
    need_python
    [ -x 01-blocking/client ] || skip "the programs are not built"
    TMPDIR=$TMP/scratch PATH=$TMP/bin:$PATH docs/lab/draw/timeline 1 "$TMP/out.svg" \
        >"$TMP/out" 2>"$TMP/err"
    cat "$TMP/out" "$TMP/err"
    [ "$(wc -l <"$TMP/out")" -eq 1 ] && [ ! -s "$TMP/err" ]
    grep -q 'may not' "$TMP/out"
    [ ! -e "$TMP/out.svg" ]
    [ -z "$(ls -A "$TMP/scratch")" ]
}

@test "timeline: where nothing can be written, one line, and nothing is left" {
    need_python
    need_strace
    status=0
    TMPDIR=$TMP/none docs/lab/draw/timeline 1 "$TMP/out.svg" >"$TMP/out" 2>"$TMP/err" || status=$?
    [ "$status" -eq 2 ] && [ ! -s "$TMP/out" ]
    [ "$(cat "$TMP/err")" = "timeline: nothing can be written in $TMP/none" ]
}

@test "timeline: INT and TERM end all that it started" {
    need_python
    need_strace
    mkdir "$TMP/scratch"
    for signal in INT TERM; do
        TMPDIR=$TMP/scratch WHOSE=$TMP "$LAB/suite/peer" exec 30 docs/lab/draw/timeline 1 "$TMP/out.svg" \
            >"$TMP/text" 2>"$TMP/err" </dev/null 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&- &
        pid=$!
        tries=0
        until grep -qs connect "$TMP"/scratch/*/logs/B.log; do # in the middle of it
            tries=$((tries + 1))
            [ "$tries" -lt 500 ]
            sleep 0.01
        done
        kill -"$signal" "$pid"
        status=0
        wait "$pid" || status=$?
        [ "$status" -gt 128 ]
        nothing_left
        [ ! -e "$TMP/out.svg" ]
    done
}

@test "figures: those of the notes are whole, legible, and for light and dark pages" {
    need_python
    n=0
    for dir in 0*/; do
        n=$((n + 1))
        figure "docs/figures/${dir%/}.svg" "$n"
    done
    [ "$n" -eq 6 ]
}
