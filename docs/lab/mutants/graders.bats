#!/usr/bin/env bats
# Ways in which a grader could lie: each must be caught. Here: docs/lab/suite/verdicts and
# run-tests; graders-learn.bats has those of the learner's tools. Run by `make mutants`.
# shellcheck disable=SC2030,SC2031 # what is exported is for this test alone
ROOT=$(CDPATH='' cd "$BATS_TEST_DIRNAME/../../.." && pwd)
SUITE=$ROOT/docs/lab/suite

setup() {
    TMP=$(mktemp -d "${TMPDIR:-/tmp}/graders.XXXXXX")
    mkdir "$TMP/bin" "$TMP/place" "$TMP/tmp"
    export TMPDIR=$TMP/tmp
    unset SERVER CLIENT ONLY MAKEFLAGS MFLAGS MAKELEVEL
    printf '@te''st "echo: a line comes back" { :; }\n' >"$TMP/place/t.bats"
}
teardown() { rm -rf "$TMP"; }

# The tests of the place, which are read from stdin. bats would take lines that begin with
# @test for tests of this file.
tests() { sed 's/^TEST/@test/' >"$TMP/place/t.bats"; }

# A bats that does what is read from stdin.
fake_bats() {
    { echo '#!/bin/sh' && cat; } >"$TMP/bin/bats"
    chmod +x "$TMP/bin/bats"
    PATH=$TMP/bin:$PATH
}

# says STATUS COMMAND...: it ends with that status: 2 with one line on stderr, and without
# a word that could be taken for green.
says() {
    local status=0 expected=$1
    shift
    "$@" >"$TMP/out" 2>"$TMP/err" 3>&- || status=$?
    echo "status $status, and not $expected: $*"
    cat "$TMP/out" "$TMP/err"
    [ "$status" -eq "$expected" ] || return 1
    [ "$expected" -ne 2 ] || {
        [ "$(wc -l <"$TMP/err")" -eq 1 ] || return 1
        ! grep -E '^end.[1-9]' "$TMP/out" || return 1
    }
    [ -z "$(ls -A "$TMPDIR")" ] || { echo "something is left in TMPDIR:" && ls -A "$TMPDIR" && return 1; }
}
# The same of both.
both_say() {
    says "$1" "$SUITE/verdicts" "$TMP/place/t.bats"
    says "$1" "$SUITE/run-tests" "$TMP/place"
}

@test "grader: TMPDIR does not exist" {
    rmdir "$TMPDIR"
    says 2 env TMPDIR="$TMPDIR" "$SUITE/verdicts" "$TMP/place/t.bats" 2>"$TMP/ls"
    grep -q 'tmp cannot be written to$' "$TMP/err"
    says 2 env TMPDIR="$TMPDIR" "$SUITE/run-tests" "$TMP/place" 2>"$TMP/ls"
    grep -q 'tmp cannot be written to$' "$TMP/err"
}

@test "grader: the disk is full at the beginning" {
    # No file larger than 16 KiB can be written: the same for who writes.
    for tool in "verdicts" "run-tests"; do
        status=0
        (ulimit -f 16 && "$SUITE/$tool" "$TMP/place/t.bats" 2>&1) >"$TMP/out" 3>&- || status=$?
        cat "$TMP/out"
        [ "$status" -eq 2 ]
        grep -q 'is the disk full?$' "$TMP/out"
        [ -z "$(ls -A "$TMPDIR")" ]
    done
}

@test "grader: the disk is full in the middle" {
    tests <<'END'
TEST "a" { :; }
TEST "b" { head -c 8m /dev/zero >"$TMPDIR/full" || true; }
TEST "c" { :; }
END
    # A disk of a megabyte, in a name space of mounts of its own.
    # shellcheck disable=SC2016 # it is the inner shell that expands them
    disk='mount -t tmpfs -o size=1m none "$TMPDIR" && "$@"'
    unshare -rm sh -c "$disk" - true >"$TMP/which" 2>&1 || skip "no disk can be mounted here"
    for tool in "verdicts" "run-tests"; do
        says 2 unshare -rm sh -c "$disk" - "$SUITE/$tool" "$TMP/place/t.bats"
        grep -q 'full' "$TMP/err"
    done
}

@test "grader: what is found out cannot be written" {
    [ -e /dev/full ] || skip "this system has no /dev/full"
    status=0
    "$SUITE/verdicts" "$TMP/place/t.bats" >/dev/full 2>"$TMP/err" 3>&- || status=$?
    cat "$TMP/err"
    [ "$status" -eq 2 ]
    [ "$(wc -l <"$TMP/err")" -eq 1 ]
}

@test "grader: bats is not installed, or bash" {
    ln -s "$(command -v bash)" "$TMP/bin/bash"
    for tool in verdicts run-tests; do
        says 2 env PATH="$TMP/bin" "$SUITE/$tool" "$TMP/place/t.bats"
        grep -q 'bats is not installed: make deps' "$TMP/err"
        says 2 env PATH="$TMP/place" "$SUITE/$tool" "$TMP/place/t.bats"
    done
}

@test "grader: bats prints a plan, and dies" {
    for end in 'exit 0' 'exit 1' 'kill -KILL $$'; do
        fake_bats <<<"printf '1..3\nok 1 a\nok 2 b\n'; $end"
        both_say 2
    done
    fake_bats <<<"printf '1..2\nok 1 a\nnot ok 2 b\n'; kill -KILL \$\$"
    both_say 2
}

@test "grader: bats prints no plan, or nothing, or two plans" {
    for text in '' 'ok 1 a\n' '1..0\n' '1..1\nok 1 a\n1..1\nok 2 b\n' '1..one\nok 1 a\n'; do
        fake_bats <<<"printf '$text'"
        both_say 2
    done
}

@test "grader: the status of bats is not what its output says" {
    fake_bats <<<"printf '1..1\nok 1 a\n'; exit 1"
    both_say 2
    fake_bats <<<"printf '1..1\nnot ok 1 a\n'; exit 0"
    both_say 2
    fake_bats <<<"printf '1..2\nok 1 a\nok 3 b\n'"
    both_say 2
}

@test "grader: bats is killed in the middle, by a test" {
    tests <<'END'
TEST "a" { :; }
TEST "b" { kill -KILL "$PPID"; }
TEST "c" { :; }
END
    both_say 2
}

@test "grader: the file has an error, or what its tests need has failed" {
    tests <<<'TEST "a" { if; }'
    both_say 2
    tests < <(printf 'setup_file() { false; }\nTEST "a" { :; }\nTEST "b" { :; }\n')
    both_say 2
    tests < <(printf 'teardown_file() { false; }\nTEST "a" { :; }\n')
    both_say 2
    : >"$TMP/place/t.bats"
    both_say 2
}

@test "grader: a test prints what a test that is green would" {
    tests <<'END'
TEST "a" { printf 'ok 1 a\n' >&3; false; }
END
    both_say 2
    tests <<'END'
TEST "a" { printf '1..1\nok 1 a\n' ; false; }
END
    both_say 1
}

@test "grader: the test that is named was skipped" {
    tests <<<'TEST "echo: a line comes back" { skip "why not"; }'
    says 2 "$SUITE/run-tests" -p line "$TMP/place"
    says 2 "$SUITE/run-tests" -p 'echo: a line comes back' "$TMP/place"
    # All that is put to the test was: nothing is proved.
    says 2 env SERVER=true "$SUITE/run-tests" "$TMP/place"
}

@test "grader: no test is called like that" {
    says 2 "$SUITE/run-tests" -p 'echo: a line' "$TMP/place"
    says 2 "$SUITE/run-tests" -p both_ways "$TMP/place"
    says 2 "$SUITE/run-tests" -p '' "$TMP/place"
    says 2 env ONLY='no such test' "$SUITE/run-tests" "$TMP/place" "$TMP/place"
    says 2 env ONLY='(' "$SUITE/run-tests" "$TMP/place"
    says 2 "$SUITE/run-tests" "$TMP/no-such-place"
    says 2 "$SUITE/verdicts" -f 'no such test' "$TMP/place/t.bats"
    says 2 "$SUITE/verdicts" "$TMP/no-such.bats"
}

@test "grader: another test is red, and the one that is named is green" {
    tests <<'END'
TEST "a.b (c) [d] *" { :; }
TEST "axb (c) [d] *" { false; }
TEST "a.b (c) [d] * and more" { false; }
TEST "more: a.b (c) [d] *" { false; }
END
    says 0 "$SUITE/run-tests" -p 'a.b (c) [d] *' "$TMP/place"
    says 1 "$SUITE/run-tests" -p 'axb (c) [d] *' "$TMP/place"
    # ONLY in the environment is no matter of it.
    says 1 env ONLY='^a.b' "$SUITE/run-tests" -p 'more: a.b (c) [d] *' "$TMP/place"
    says 1 "$SUITE/run-tests" "$TMP/place"
    # Two of one name: which is meant?
    cp "$TMP/place/t.bats" "$TMP/place/u.bats"
    says 2 "$SUITE/run-tests" -p 'a.b (c) [d] *' "$TMP/place"
}

@test "grader: the test of a promise has the name of another" {
    printf '%s\n' "load '$SUITE/promises'" '@te''st "echo: a line comes back" { keeps idle; }' \
        >"$TMP/place/t.bats"
    says 1 "$SUITE/run-tests" -p line "$TMP/place"
    grep -q 'must be called: limits: idle costs no CPU$' "$TMP/out"
}

@test "grader: a server that does not exist, ends at once, or does not listen" {
    printf '%s\n' "load '$SUITE/promises'" '@te''st "echo: a line comes back" { keeps line; }' \
        >"$TMP/place/t.bats"
    for server in no-such-command false true 'sleep 2 #'; do
        says 1 env SERVER="$server" PATIENCE=200 "$SUITE/run-tests" "$TMP/place"
        grep -q '^0 passed, 1 failed' "$TMP/out"
    done
}

@test "grader: it is interrupted: one line, and nothing goes on" {
    tests <<'END'
TEST "a" { mktemp "$TMPDIR/left.XXXXXX"; touch "$BEGUN"; sleep 60; }
END
    export BEGUN=$TMP/begun
    for tool in verdicts run-tests; do
        for signal in HUP TERM; do
            rm -f "$BEGUN"
            "$SUITE/$tool" "$TMP/place/t.bats" >"$TMP/out" 2>"$TMP/err" 3>&- &
            for _ in {1..1000}; do [ -e "$BEGUN" ] || sleep 0.01; done
            kill -"$signal" "$!"
            status=0
            wait "$!" || status=$?
            cat "$TMP/out" "$TMP/err"
            [ "$status" -eq 2 ]
            [ "$(wc -l <"$TMP/err")" -eq 1 ]
            grep -q "^$tool: interrupted" "$TMP/err"
            [ -z "$(ls -A "$TMPDIR")" ]
        done
    done
}

@test "grader: one of those that run the tests side by side is lost" {
    tests <<'END'
TEST "a" { touch "$BEGUN"; sleep 60; }
END
    export BEGUN=$TMP/begun
    command -v ps >"$TMP/which" || skip "ps is not installed"
    "$SUITE/run-tests" "$TMP/place" >"$TMP/out" 2>"$TMP/err" 3>&- &
    local grader=$!
    for _ in {1..1000}; do [ -e "$BEGUN" ] || sleep 0.01; done
    # Its child is the worker.
    ps -A -o pid= -o ppid= -o comm= | awk -v p="$grader" '$2 == p && $3 ~ /bash|run-tests/ { print $1 }' >"$TMP/worker"
    [ "$(wc -l <"$TMP/worker")" -eq 1 ]
    kill -KILL "$(cat "$TMP/worker")"
    status=0
    wait "$grader" || status=$?
    cat "$TMP/out" "$TMP/err"
    [ "$status" -eq 2 ]
    [ "$(wc -l <"$TMP/err")" -eq 1 ]
    ls -A "$TMPDIR"
    [ -z "$(ls -A "$TMPDIR")" ]
}

@test "grader: places that run side by side: each is told whole, in order, and red is red" {
    for place in a b c d; do
        mkdir "$TMP/$place"
        printf '@te''st "%s: one" { sleep 0.%s; }\n@te''st "%s: two" { [ %s != c ]; }\n' \
            "$place" $((RANDOM % 5)) "$place" "$place" >"$TMP/$place/t.bats"
    done
    export JOBS=2
    says 1 "$SUITE/run-tests" "$TMP/a" "$TMP/b" "$TMP/c" "$TMP/d"
    [ "$(sed -n 's/^  [okFAILED]* *\([abcd]\): .*/\1/p' "$TMP/out" | tr -d '\n')" = aabbccdd ]
    [ "$(tail -n 1 "$TMP/out")" = "7 passed, 1 failed" ]
    printf '@te''st "a" { if; }\n' >"$TMP/b/t.bats"
    says 2 "$SUITE/run-tests" "$TMP/a" "$TMP/b" "$TMP/d"
    [ "$(tail -n 1 "$TMP/out")" = "4 passed, 0 failed" ]
}
