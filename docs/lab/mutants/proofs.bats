#!/usr/bin/env bats
# `make mutants`: the tests are proved to bite. Each trap, and each seeded bug, turns its
# promise red; each exercise is red before, and green with our solution.
ROOT=$(cd "$BATS_TEST_DIRNAME/../../.." && pwd)
SIDE_BY_SIDE=4 # what is red waits, most of the time, for what does not come

setup() {
    cd "$ROOT" || return 1
    TMP=$(mktemp -d "${TMPDIR:-/tmp}/proofs.XXXXXX")
    [ "${SYSTEM:-$(uname -s)}" = Linux ] || skip "half of them need Linux"
    # The bats inside must not take itself for a part of this one.
    PATH=$(echo "$PATH" | tr : '\n' | grep -v bats-core | paste -sd : -)
    unset SERVER CLIENT ONLY MAKEFLAGS MFLAGS MAKELEVEL
}

teardown() { rm -rf "${TMP:-}"; }

# The names that docs/lab/learn/trap takes: 6.1, docs/lab/mutants/bugs/01-name.patch.
traps() {
    find docs/lab/mutants/bugs 0*/traps -name '*.patch' |
        sed 's/^0\([1-6]\)-.*\/traps\/\([0-9]*\)-.*/\1.\2/' | sort
}

exercises() {
    find 0*/exercises -name '*.bats' | sed 's/^0\([1-6]\)-.*\/\([0-9]*\)-.*/\1.\2/' | sort
}

# all LIST PATTERN COMMAND...: the command for each name of the list that matches, some
# at a time. Tells what the others printed of which it has failed.
all() {
    "$1" | grep -E "$2" >"$TMP/names"
    [ -s "$TMP/names" ]
    shift 2
    # shellcheck disable=SC2016 # for the shell that is started
    xargs -P "$SIDE_BY_SIDE" -n 1 sh -c 'tmp=$1 tool=$2 option=$3 name=$4
        env -i PATH="$PATH" "$tool" "$option" "$name" >"$tmp/$(basename "$name").log" 2>&1 ||
            echo "$name" >>"$tmp/not"' - "$TMP" "$@" <"$TMP/names" 3>&- 4>&-
    [ ! -f "$TMP/not" ] || {
        while read -r name; do echo "not so: $name" && tail -n 12 "$TMP/$(basename "$name").log"; done <"$TMP/not"
        return 1
    }
}

@test "traps: chapter 01: each builds without a warning, and turns its promise red" {
    all traps '^1\.' docs/lab/learn/trap --red
}
@test "traps: chapter 02: each builds without a warning, and turns its promise red" {
    all traps '^2\.' docs/lab/learn/trap --red
}
@test "traps: chapter 03: each builds without a warning, and turns its promise red" {
    all traps '^3\.' docs/lab/learn/trap --red
}
@test "traps: chapter 04: each builds without a warning, and turns its promise red" {
    all traps '^4\.' docs/lab/learn/trap --red
}
@test "traps: chapter 05: each builds without a warning, and turns its promise red" {
    all traps '^5\.' docs/lab/learn/trap --red
}
@test "traps: chapter 06: each builds without a warning, and turns its promise red" {
    all traps '^6\.' docs/lab/learn/trap --red
}
@test "bugs: chapters 01 and 02: each turns its promise red" {
    all traps '^docs/.*/0[12]-' docs/lab/learn/trap --red
}
@test "bugs: chapters 03 and 04: each turns its promise red" {
    all traps '^docs/.*/0[34]-' docs/lab/learn/trap --red
}
@test "bugs: chapters 05 and 06: each turns its promise red" {
    all traps '^docs/.*/0[56]-' docs/lab/learn/trap --red
}
@test "exercises: chapter 01: each is red before, and green with our solution" {
    [ "$(exercises | grep -c '^1\.')" -ge 3 ]
    all exercises '^1\.' docs/lab/learn/exercise --prove
}
@test "exercises: chapter 02: each is red before, and green with our solution" {
    [ "$(exercises | grep -c '^2\.')" -ge 3 ]
    all exercises '^2\.' docs/lab/learn/exercise --prove
}
@test "exercises: chapter 03: each is red before, and green with our solution" {
    [ "$(exercises | grep -c '^3\.')" -ge 3 ]
    all exercises '^3\.' docs/lab/learn/exercise --prove
}
@test "exercises: chapter 04: each is red before, and green with our solution" {
    [ "$(exercises | grep -c '^4\.')" -ge 3 ]
    all exercises '^4\.' docs/lab/learn/exercise --prove
}
@test "exercises: chapter 05: each is red before, and green with our solution" {
    [ "$(exercises | grep -c '^5\.')" -ge 3 ]
    all exercises '^5\.' docs/lab/learn/exercise --prove
}
@test "exercises: chapter 06: each is red before, and green with our solution" {
    [ "$(exercises | grep -c '^6\.')" -ge 3 ]
    all exercises '^6\.' docs/lab/learn/exercise --prove
}
