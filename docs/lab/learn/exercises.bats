#!/usr/bin/env bats
# The exercises: their places and texts; and what a learner's work is told: make test
# SERVER=..., make progress, make watch. That each check is red before and green after
# is proved by `make mutants`: docs/lab/mutants/proofs.bats.
ROOT=$(cd "$BATS_TEST_DIRNAME/../../.." && pwd)

setup() {
    cd "$ROOT" || return 1
    TMP=$(mktemp -d "${TMPDIR:-/tmp}/exercises.XXXXXX")
    [ "${SYSTEM:-$(uname -s)}" = Linux ] || skip "half of them need Linux"
    # The bats inside must not take itself for a part of this one.
    PATH=$(echo "$PATH" | tr : '\n' | grep -v bats-core | paste -sd : -)
    unset SERVER CLIENT ONLY MAKEFLAGS MFLAGS MAKELEVEL
}

teardown() { rm -rf "${TMP:-}"; }

names() {
    find 0*/exercises -name '*.bats' | sed 's/^0\([1-6]\)-.*\/\([0-9]*\)-.*/\1.\2/' | sort
}

# A copy of what progress and watch look at, with two chapters in it.
copy_of_the_house() {
    mkdir -p "$TMP/house/docs"
    cp -R 04-poll 05-epoll Makefile LICENSE "$TMP/house"
    cp -R docs/lab "$TMP/house/docs"
    rm -rf "$TMP/house"/0*/exercises
    cd "$TMP/house" || return 1
}

@test "exercises: each has its task, a solution with an explanation, and a place in the notes" {
    local name n k file title
    for name in $(names); do
        n=${name%.*} k=${name#*.}
        file=$(echo "0$n"-*/exercises/"$k"-*.patch)
        for title in exercise task check why; do
            grep -q "^$title: " "$file" || { echo "$file: no $title" && return 1; }
        done
        grep -q "make exercise $name\`" "0$n"-*/exercises.md || { echo "$name is not in the notes" && return 1; }
    done
    # And the notes name no other.
    # shellcheck disable=SC2016 # the backticks are Markdown's
    cat 0*/*.md | grep -o '`make exercise [1-6]\.[0-9]*`' | tr -d '`' | sort -u >"$TMP/named"
    while read -r _ _ name; do names | grep -qx "$name"; done <"$TMP/named"
}

@test "exercises: red is said to be the start; a solution is shown, and fits" {
    local name file
    name=$(names | sed -n 1p)
    status=0
    env -i PATH="$PATH" docs/lab/learn/exercise "$name" >"$TMP/said" 2>&1 3>&- || status=$?
    cat "$TMP/said"
    [ "$status" -eq 1 ]
    grep -q '^Red is where you start' "$TMP/said"
    docs/lab/learn/exercise --solution "$name" >"$TMP/solution"
    grep -q '^why: ' "$TMP/solution"
    grep -q '^+++ ' "$TMP/solution"
}

@test "exercises: wrong use is refused in one line" {
    local words
    for words in '' 7 6.99 6.x --prove '--solution 9.9' six; do
        # shellcheck disable=SC2086 # the words are arguments
        run docs/lab/learn/exercise $words
        echo "$words: $output"
        [ "$status" -eq 2 ]
        [ "${#lines[@]}" -eq 1 ]
    done
    for words in progress watch; do
        run docs/lab/learn/$words no such use
        [ "$status" -eq 2 ]
        [ "${#lines[@]}" -eq 1 ]
    done
}

@test "grader: what is broken is told with its usual cause, and where to begin" {
    command -v python3 >"$TMP/which" || skip "python3 is not installed"
    status=0
    env -i PATH="$PATH" SERVER='python3 docs/lab/suite/naive.py' PATIENCE=1000 ONLY='a line|silent' \
        docs/lab/suite/run-tests 05-epoll >"$TMP/out" 2>&1 3>&- || status=$?
    cat "$TMP/out"
    [ "$status" -eq 1 ]
    grep -q 'often: .*waits inside recv for one client' "$TMP/out"
    grep -q 'explained in: 02-nonblocking' "$TMP/out"
    grep -q '^begin with: others: a silent client delays nobody$' "$TMP/out"
}

@test "progress: it counts, names what is next, and looks again only at what has changed" {
    copy_of_the_house
    env -i PATH="$PATH" ONLY='a line comes|an empty line' docs/lab/learn/progress >"$TMP/out" 2>"$TMP/err" 3>&-
    cat "$TMP/out" "$TMP/err"
    [ "$(grep -c 'its promises' "$TMP/err")" -eq 2 ]
    grep -Eq '^05-epoll +2 of 2 ' "$TMP/out"
    # One is broken now.
    sed -i.old 's/if (received == 0)/if (received <= 1)/' 05-epoll/server.c
    grep -q 'received <= 1' 05-epoll/server.c
    env -i PATH="$PATH" PATIENCE=500 ONLY='a line comes|an empty line' docs/lab/learn/progress \
        >"$TMP/out" 2>"$TMP/err" 3>&-
    cat "$TMP/out" "$TMP/err"
    [ "$(grep -c 'its promises' "$TMP/err")" -eq 1 ]
    grep -Eq '^05-epoll +1 of 2 ' "$TMP/out"
    grep -Eq 'begin with: +echo: an empty line' "$TMP/out"
}

@test "watch: a change is tested again, without being asked" {
    copy_of_the_house
    env -i PATH="$PATH" ROUNDS=2 ONLY='a line comes' "$ROOT/docs/lab/suite/peer" exec 60 docs/lab/learn/watch 05-epoll \
        </dev/null >"$TMP/out" 2>&1 3>&- &
    pid=$!
    for _ in $(seq 1000); do grep -q '^1 passed, 0 failed' "$TMP/out" && break; sleep 0.02; done
    sed -i.old 's/sent = send(c->fd, c->buf, c->owed, 0);/sent = send(c->fd, c->buf, c->owed - 1, 0);/' 05-epoll/server.c
    grep -q 'c->owed - 1' 05-epoll/server.c
    wait "$pid"
    cat "$TMP/out"
    grep -q '^0 passed, 1 failed' "$TMP/out"
    grep -q 'BROKEN: echo: a line comes back' "$TMP/out"
}
