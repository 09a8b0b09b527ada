#!/usr/bin/env bats
# `make mutants`: the tests are proved to bite. Each trap, and each seeded bug, turns its
# promise red; each exercise is red before, and green with our solution.
load ../core/house
export NEEDS_LINUX=1
SIDE_BY_SIDE=4 # what is red waits, most of the time, for what does not come

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
    all trap_names '^1\.' docs/lab/learn/trap --red
}
@test "traps: chapter 02: each builds without a warning, and turns its promise red" {
    all trap_names '^2\.' docs/lab/learn/trap --red
}
@test "traps: chapter 03: each builds without a warning, and turns its promise red" {
    all trap_names '^3\.' docs/lab/learn/trap --red
}
@test "traps: chapter 04: each builds without a warning, and turns its promise red" {
    all trap_names '^4\.' docs/lab/learn/trap --red
}
@test "traps: chapter 05: each builds without a warning, and turns its promise red" {
    all trap_names '^5\.' docs/lab/learn/trap --red
}
@test "traps: chapter 06: each builds without a warning, and turns its promise red" {
    all trap_names '^6\.' docs/lab/learn/trap --red
}
@test "bugs: chapters 01 and 02: each turns its promise red" {
    all trap_names '^docs/.*/0[12]-' docs/lab/learn/trap --red
}
@test "bugs: chapters 03 and 04: each turns its promise red" {
    all trap_names '^docs/.*/0[34]-' docs/lab/learn/trap --red
}
@test "bugs: chapters 05 and 06: each turns its promise red" {
    all trap_names '^docs/.*/0[56]-' docs/lab/learn/trap --red
}
@test "exercises: chapter 01: each is red before, and green with our solution" {
    [ "$(exercise_names | grep -c '^1\.')" -ge 3 ]
    all exercise_names '^1\.' docs/lab/learn/exercise --prove
}
@test "exercises: chapter 02: each is red before, and green with our solution" {
    [ "$(exercise_names | grep -c '^2\.')" -ge 3 ]
    all exercise_names '^2\.' docs/lab/learn/exercise --prove
}
@test "exercises: chapter 03: each is red before, and green with our solution" {
    [ "$(exercise_names | grep -c '^3\.')" -ge 3 ]
    all exercise_names '^3\.' docs/lab/learn/exercise --prove
}
@test "exercises: chapter 04: each is red before, and green with our solution" {
    [ "$(exercise_names | grep -c '^4\.')" -ge 3 ]
    all exercise_names '^4\.' docs/lab/learn/exercise --prove
}
@test "exercises: chapter 05: each is red before, and green with our solution" {
    [ "$(exercise_names | grep -c '^5\.')" -ge 3 ]
    all exercise_names '^5\.' docs/lab/learn/exercise --prove
}
@test "exercises: chapter 06: each is red before, and green with our solution" {
    [ "$(exercise_names | grep -c '^6\.')" -ge 3 ]
    all exercise_names '^6\.' docs/lab/learn/exercise --prove
}
