#!/usr/bin/env bats
# `make mutants`: our solutions of the exercises keep all promises that their tasks do not change.
# Each is put into a copy of its chapter, and all tests of the chapter are run: see solution.
ROOT=$(CDPATH='' cd "$BATS_TEST_DIRNAME/../../.." && pwd)
SIDE_BY_SIDE=2
export BATS_TEST_TIMEOUT=1200 # run-tests gives a test 120 s: here a chapter is tested many times

setup() {
    cd "$ROOT" || return 1
    TMP=$(mktemp -d "${TMPDIR:-/tmp}/solutions.XXXXXX")
    [ "${SYSTEM:-$(uname -s)}" = Linux ] || skip "half of them need Linux"
    # The bats inside must not take itself for a part of this one.
    PATH=$(echo "$PATH" | tr : '\n' | grep -v bats-core | paste -sd : -)
}

teardown() { rm -rf "${TMP:-}"; }

# The solutions of a chapter, and of each what is not as it says.
keep_the_rest() {
    local name
    find "0$1"-*/exercises -name '*.patch' | sed 's/^0\([1-6]\)-.*\/\([0-9]*\)-.*/\1.\2/' | sort >"$TMP/names"
    [ "$(wc -l <"$TMP/names")" -ge 3 ]
    # shellcheck disable=SC2016 # for the shell that is started
    xargs -P "$SIDE_BY_SIDE" -n 1 sh -c 'tmp=$1 name=$2
        env -i PATH="$PATH" TMPDIR="$tmp" docs/lab/mutants/solution "$name" >"$tmp/$name" 2>&1 ||
            echo "$name" >>"$tmp/not"' - "$TMP" <"$TMP/names" 3>&- 4>&-
    [ ! -f "$TMP/not" ] || {
        while read -r name; do echo "exercise $name:" && cat "$TMP/$name"; done <"$TMP/not"
        return 1
    }
}

@test "solutions: chapter 01: the red tests are those that the task changes" { keep_the_rest 1; }
@test "solutions: chapter 02: the red tests are those that the task changes" { keep_the_rest 2; }
@test "solutions: chapter 03: the red tests are those that the task changes" { keep_the_rest 3; }
@test "solutions: chapter 04: the red tests are those that the task changes" { keep_the_rest 4; }
@test "solutions: chapter 05: the red tests are those that the task changes" { keep_the_rest 5; }
@test "solutions: chapter 06: the red tests are those that the task changes" { keep_the_rest 6; }
