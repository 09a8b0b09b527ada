#!/usr/bin/env bats
# Ways in which exercise, trap and progress could lie to a learner, each caught. What could
# not be found out is neither green nor red: it has status 2, and one line on stderr.
# shellcheck disable=SC2016 # what stands in quotes is for the shell that is started
ROOT=$(CDPATH='' cd "$BATS_TEST_DIRNAME/../../.." && pwd)

# A house with chapter 01 alone, without git, and with one exercise: its check takes no time.
setup() {
    cd "$ROOT" || return 1
    TMP=$(mktemp -d "${TMPDIR:-/tmp}/graders-learn.XXXXXX")
    unset SERVER CLIENT ONLY PATIENCE MAKEFLAGS MFLAGS MAKELEVEL CDPATH
    mkdir -p "$TMP/house/docs/lab" "$TMP/tmp"
    cp -R 01-blocking Makefile LICENSE "$TMP/house"
    cp -R docs/lab/core docs/lab/learn docs/lab/suite "$TMP/house/docs/lab"
    cd "$TMP/house" || return 1
    rm -f 01-blocking/exercises/[2-9]* 01-blocking/asides.bats
    mv 01-blocking/exercises/1-*.patch 01-blocking/exercises/1-one.patch
    rm 01-blocking/exercises/1-a*.bats
    check 'grep -q SOLVED "$BATS_TEST_DIRNAME/../server.c"'
    promises
    LEARN=$TMP/house/docs/lab/learn
}

teardown() { rm -rf "${TMP:-}"; }

# check COMMAND: what the test of exercise 1.1 does.
check() { printf '@test "the check" { %s; }\n' "$1" >01-blocking/exercises/1-one.bats; }

# promises [COMMAND]: what chapter 01 promises here; the second may be something else.
promises() {
    {
        echo 'load ../docs/lab/suite/promises'
        echo '@test "echo: a line comes back" { keeps line; }'
        printf '@test "echo: an empty line comes back" { %s; }\n' "${1:-keeps empty_line}"
    } >01-blocking/test.bats
}

solve() { echo '/* SOLVED */' >>01-blocking/server.c; }

# told STATUS COMMAND...: it ends with this status; its stdout and stderr are in $TMP. With
# status 2, it says why in one line, and says nothing that sounds like an answer.
told() {
    local expected=$1 status=0
    shift
    TMPDIR=${THERE:-$TMP/tmp} "$@" >"$TMP/out" 2>"$TMP/err" 3>&- 4>&- || status=$?
    cat "$TMP/out" "$TMP/err"
    echo "status $status"
    [ "$status" -eq "$expected" ] || return 1
    [ -z "$(ls "$TMP/tmp")" ] || { echo "left behind: $(ls "$TMP/tmp")" && return 1; }
    [ "$expected" -ne 2 ] || {
        [ "$(grep -c . "$TMP/err")" -eq 1 ] && ! grep -Eq '^Solved|^Red is|^Not yet' "$TMP/out" &&
            [ ! -e build/solved ]
    }
}

without_bats() {
    mkdir "$TMP/bin"
    ln -s /usr/bin/* /bin/* "$TMP/bin" 2>"$TMP/ln" || true
    rm -f "$TMP/bin/bats"
    PATH=$TMP/bin "$@"
}

@test "exercise: the truth: red, then green, kept with its date; then it is known" {
    told 1 "$LEARN/exercise" 1.1
    grep -q '^Red is where you start' "$TMP/out"
    solve
    told 0 "$LEARN/exercise" 1.1
    grep -qx 'Solved.' "$TMP/out"
    cmp build/solved/1.1/server.c 01-blocking/server.c
    grep -Eq '^20[0-9-]* [0-9:]*$' build/solved/1.1/date
}

@test "exercise: TMPDIR is gone" {
    solve
    THERE=$TMP/no told 2 "$LEARN/exercise" 1.1
}

@test "exercise: the disk is full" {
    solve
    told 2 bash -c 'ulimit -f 64; exec "$@"' - "$LEARN/exercise" 1.1
}

@test "exercise: bats is not installed" {
    solve
    told 2 without_bats "$LEARN/exercise" 1.1
    grep -q 'bats is not installed: make deps' "$TMP/err"
}

@test "exercise: a check that is skipped" {
    check 'skip "no such tool"'
    told 2 "$LEARN/exercise" 1.1
}

@test "exercise: a check file with an error in it, and one without a test" {
    check 'if'
    told 2 "$LEARN/exercise" 1.1
    echo '# none' >01-blocking/exercises/1-one.bats
    told 2 "$LEARN/exercise" 1.1
}

@test "exercise: its tests are killed in the middle" {
    check 'kill -KILL "$(ps -o pgid= -p $$ | tr -d " ")" $PPID $$'
    solve
    told 2 "$LEARN/exercise" 1.1
}

@test "exercise: it is ended by SIGHUP itself: no record, nothing left" {
    check 'touch "$BATS_TEST_DIRNAME/begun"; sleep 90'
    TMPDIR=$TMP/tmp "$LEARN/exercise" 1.1 >"$TMP/out" 2>&1 3>&- 4>&- &
    local pid=$! status=0 since=$SECONDS
    for _ in $(seq 500); do [ -e 01-blocking/exercises/begun ] && break; sleep 0.02; done
    kill -HUP "$pid"
    wait "$pid" || status=$?
    cat "$TMP/out"
    [ "$status" -eq 129 ]
    [ $((SECONDS - since)) -lt 60 ] # what it has started is ended, not awaited
    [ -z "$(ls "$TMP/tmp")" ]
    [ ! -e build/progress/1.1 ]
}

@test "exercise: it does not compile, and a solved program is beside it" {
    check '"$BATS_TEST_DIRNAME/../server" -h | grep -q usage'
    make -s 01-blocking/server
    echo 'int broken(' >>01-blocking/server.c
    told 1 "$LEARN/exercise" 1.1
    grep -q 'error:' "$TMP/out"
    grep -q '^It does not compile yet' "$TMP/out"
    [ ! -e build/solved ]
}

@test "exercise: a program that is newer than its source, and of another one" {
    check 'grep -q SOLVED "$BATS_TEST_DIRNAME/../server"'
    cp 01-blocking/server.c "$TMP/before"
    echo 'extern const char mark[]; const char mark[] = "SOLVED";' >>01-blocking/server.c
    told 0 "$LEARN/exercise" 1.1
    rm -r build/solved
    cp "$TMP/before" 01-blocking/server.c
    touch -t 202001010000 01-blocking/server.c
    told 1 "$LEARN/exercise" 1.1
    [ ! -e build/solved ]
}

@test "exercise: a file is saved while it is checked" {
    check 'echo "/* more */" >>"$BATS_TEST_DIRNAME/../server.c"'
    told 2 "$LEARN/exercise" 1.1
    [ ! -e build/progress/1.1 ]
}

@test "exercise --prove: what could not be run is not the red before" {
    check 'if'
    told 2 "$LEARN/exercise" --prove 1.1
    check 'skip'
    told 2 "$LEARN/exercise" --prove 1.1
    check 'grep -q toupper "$BATS_TEST_DIRNAME/../server.c" || skip'
    told 2 "$LEARN/exercise" --prove 1.1
    check 'grep -q toupper "$BATS_TEST_DIRNAME/../server.c"'
    told 0 "$LEARN/exercise" --prove 1.1
    check 'true'
    told 1 "$LEARN/exercise" --prove 1.1
    check 'false'
    told 1 "$LEARN/exercise" --prove 1.1
    [ -z "$(ls build/exercise)" ]
}

# Trap 1.1 here: the named test, and what the patch changes.
mistake() {
    rm -f 01-blocking/traps/1-*.patch
    {
        printf 'trap: t\nthought: t\nhappens: h\nsymptom: s\ncaught by: %s\nplay: connect A\n\n' "$1"
        sed "s/$2/$3/" 01-blocking/server.c | diff -u 01-blocking/server.c - |
            sed 's/^--- .*/--- a\/server.c/; s/^+++ .*/+++ b\/server.c/'
    } >01-blocking/traps/1-t.patch
    grep -q '^@@' 01-blocking/traps/1-t.patch
}

@test "trap --red: the truth" {
    mistake empty_line 'c->owed = (size_t)received;' 'if (received == 1) { return CLOSE; } &'
    told 0 "$LEARN/trap" --red 1.1
    [ -z "$(ls build/trap)" ]
}

@test "trap --red: another test than the named one is red" {
    mistake line 'c->owed = (size_t)received;' 'if (received == 1) { return CLOSE; } &'
    told 1 "$LEARN/trap" --red 1.1
}

@test "trap: a name that no test has" {
    mistake 'no such test' 'c->owed = (size_t)received;' 'if (received == 1) { return CLOSE; } &'
    told 2 "$LEARN/trap" --red 1.1
    told 2 "$LEARN/trap" 1.1
}

@test "trap --red: TMPDIR is gone, the disk is full, bats is not installed" {
    mistake empty_line 'c->owed = (size_t)received;' 'if (received == 1) { return CLOSE; } &'
    THERE=$TMP/no told 2 "$LEARN/trap" --red 1.1
    told 2 bash -c 'ulimit -f 64; exec "$@"' - "$LEARN/trap" --red 1.1
    told 2 without_bats "$LEARN/trap" --red 1.1
    grep -q 'bats is not installed: make deps' "$TMP/err"
}

@test "trap --red: it has a warning, or does not fit; the test is skipped, or has an error" {
    mistake empty_line 'c->owed = (size_t)received;' 'int unused; &'
    ! "$LEARN/trap" --red 1.1 >"$TMP/out" 2>&1 || return 1
    grep -q 'the patched chapter does not compile' "$TMP/out"
    mistake empty_line 'c->owed = (size_t)received;' 'if (received == 1) { return CLOSE; } &'
    cp 01-blocking/server.c "$TMP/server.c"
    sed 's/c->owed = (size_t)received;/c->owed=(size_t)received;/' "$TMP/server.c" >01-blocking/server.c
    told 2 "$LEARN/trap" --red 1.1
    cp "$TMP/server.c" 01-blocking/server.c
    promises 'skip "not here"'
    told 2 "$LEARN/trap" --red 1.1
    promises 'if'
    told 2 "$LEARN/trap" --red 1.1
}

@test "progress: a run that did not end gives no number, and keeps the last one" {
    told 0 "$LEARN/progress" --check
    grep -Eq '^01-blocking +2 of 2, 20' "$TMP/out"
    promises 'if'
    told 2 "$LEARN/progress"
    grep -q 'its promises ... not known' "$TMP/out"
    grep -Eq '^01-blocking +2 of 2, 20.*, changed since' "$TMP/out"
    told 2 without_bats "$LEARN/progress"
    promises
    told 0 "$LEARN/progress"
    ! grep -q 'changed since' "$TMP/out" || return 1
}

@test "progress: build cannot be written, TMPDIR is gone, the disk is full" {
    THERE=$TMP/no told 2 "$LEARN/progress"
    told 2 bash -c 'ulimit -f 64; exec "$@"' - "$LEARN/progress"
    rm -rf build
    echo 'no directory' >build
    told 2 "$LEARN/progress"
    told 2 "$LEARN/exercise" 1.1
}

@test "progress: it does not compile, and an old program is beside it" {
    told 0 "$LEARN/progress" --check
    echo 'int broken(' >>01-blocking/server.c
    told 2 "$LEARN/progress"
    grep -q 'it does not compile' "$TMP/err"
}

@test "a record of other files is not believed" {
    told 1 "$LEARN/exercise" 1.1
    solve
    told 0 "$LEARN/exercise" 1.1
    told 0 "$LEARN/exercise" --applied 1
    grep -q 'is the solution of 1.1' "$TMP/out"
    echo '/* more */' >>01-blocking/server.c
    told 0 "$LEARN/exercise" --applied 1
    ! grep -q 'solution' "$TMP/out" || return 1
    [ "$(grep -c . "$TMP/out")" -eq 1 ]
}
