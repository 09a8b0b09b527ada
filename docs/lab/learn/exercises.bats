#!/usr/bin/env bats
# The exercises: their places and texts; and what a learner's work is told: make test
# SERVER=..., make progress, make watch. That each check is red before and green after
# is proved by `make mutants`: docs/lab/mutants/proofs.bats.
load ../core/house
export NEEDS_LINUX=1

# A copy with chapters 04 and 05 in it, of which each promises two things; without git.
copy_of_the_house() {
    local dir
    mkdir -p "$TMP/house/docs"
    cp -R 04-poll 05-epoll Makefile LICENSE "$TMP/house"
    cp -R docs/lab "$TMP/house/docs"
    cd "$TMP/house" || return 1
    rm -f 0*/asides.bats
    for dir in 0*/; do
        printf '%s\n' 'load ../docs/lab/suite/promises' '@test "echo: a line comes back" { keeps line; }' \
            '@test "echo: an empty line comes back" { keeps empty_line; }' >"$dir/test.bats"
    done
}

# said STATUS COMMAND...: it ends so; what it prints is in $TMP/said.
said() {
    local expected=$1 status=0
    shift
    env -i PATH="$PATH" PATIENCE=1000 "$@" >"$TMP/said" 2>&1 3>&- || status=$?
    cat "$TMP/said"
    [ "$status" -eq "$expected" ]
}

@test "exercises: each has its task, a solution with an explanation, and a place in the notes" {
    local name n k file title
    for name in $(exercise_names); do
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
    while read -r _ _ name; do exercise_names | grep -qx "$name"; done <"$TMP/named"
}

@test "exercises: red is said to be the start; a solution is shown, and fits" {
    local name file
    name=$(exercise_names | sed -n 1p)
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

@test "exercises: solving one is kept, with a date; warnings are shown; another can be begun" {
    copy_of_the_house
    said 1 docs/lab/learn/exercise 4.1
    cp 04-poll/server.c "$TMP/first"
    patch -s -p1 -d 04-poll <04-poll/exercises/1-who-is-it.patch
    sed -i.old 's/^int main(.*/&\n    int unused;/' 04-poll/server.c
    said 0 docs/lab/learn/exercise 4.1
    grep -q "warning: unused variable" "$TMP/said"
    grep -q '^Solved. The compiler has a warning' "$TMP/said"
    grep -q '^Next: make start 4.2 ' "$TMP/said"
    cmp build/solved/4.1/server.c 04-poll/server.c
    said 0 docs/lab/learn/exercise 4
    grep -Eq '^make exercise 4.1 .*\(solved 20[0-9-]* [0-9:]*\)$' "$TMP/said"
    cp 04-poll/server.c "$TMP/mine"
    said 0 docs/lab/learn/exercise --applied 04-poll
    grep -q '^In your server.c is the solution of 4.1: what it changes is red (make start 4.1 puts it aside)' "$TMP/said"
    said 1 docs/lab/learn/exercise 4.2
    grep -q 'is the solution of 4.1: make start 4.2 puts it aside first' "$TMP/said"
    said 0 docs/lab/learn/exercise --start 4.2
    cmp 04-poll/server.c "$TMP/first"
    cmp build/mine/04-poll-1/server.c "$TMP/mine"
    said 0 docs/lab/learn/exercise --applied 04-poll
    [ ! -s "$TMP/said" ]
    # Nothing is overwritten.
    echo '/* another */' >>04-poll/server.c
    said 0 docs/lab/learn/exercise --start 4.2
    cmp build/mine/04-poll-1/server.c "$TMP/mine"
    grep -q another build/mine/04-poll-2/server.c
    cmp 04-poll/server.c "$TMP/first"
    # A trap is played all the same.
    cp "$TMP/mine" 04-poll/server.c
    cp "$ROOT/04-poll/test.bats" 04-poll
    said 0 docs/lab/learn/trap 4.1
}

@test "exercises: with git, the original is the one that our solutions fit, whoever has committed what" {
    command -v git >"$TMP/which" || skip "git is not installed"
    copy_of_the_house
    cp 04-poll/server.c "$TMP/first"
    commit() { git add . && git -c user.name=n -c user.email=e commit -qm "$1"; }
    git init -q . && commit first
    patch -s -p1 -d 04-poll <04-poll/exercises/1-who-is-it.patch
    commit 'my solution'
    said 0 docs/lab/learn/exercise --applied 4
    grep -q '^You have changed server.c: what that changes is red (make start 4.1 puts yours aside)' "$TMP/said"
    said 0 docs/lab/learn/exercise --start 4.2
    cmp 04-poll/server.c "$TMP/first"
}

@test "exercises: where the original cannot be known, nothing is changed" {
    copy_of_the_house
    patch -s -p1 -d 04-poll <04-poll/exercises/1-who-is-it.patch
    cp 04-poll/server.c "$TMP/mine"
    said 2 docs/lab/learn/exercise --start 4.2
    [ "$(grep -c . "$TMP/said")" -eq 1 ]
    cmp 04-poll/server.c "$TMP/mine"
    [ ! -e build/mine ]
}

@test "progress: it answers at once, and looks again only at what has changed" {
    copy_of_the_house
    said 0 docs/lab/learn/progress
    grep -Eq '^05-epoll +not tested yet: make test 5 +0 of 5' "$TMP/said"
    ! grep -q '^Tested now' "$TMP/said" || return 1
    rm -r 0*/exercises
    said 0 docs/lab/learn/progress --check
    [ "$(grep -c 'its promises' "$TMP/said")" -eq 2 ]
    grep -Eq '^05-epoll +2 of 2, 20' "$TMP/said"
    # One is broken now.
    sed -i.old 's/if (received == 0)/if (received <= 1)/' 05-epoll/server.c
    grep -q 'received <= 1' 05-epoll/server.c
    said 0 docs/lab/learn/progress
    sed -n '/^Tested now/q; p' "$TMP/said" | grep -Eq '^05-epoll +2 of 2, 20.*, changed since'
    [ "$(grep -c 'its promises' "$TMP/said")" -eq 1 ]
    sed -n '/^Tested now/,$p' "$TMP/said" | grep -Eq '^05-epoll +1 of 2, 20'
    grep -Eq 'begin with: echo: an empty line' "$TMP/said"
    said 0 docs/lab/learn/progress
    ! grep -q 'its promises' "$TMP/said" || return 1
}

@test "watch: it says what was saved, goes on after an error, and leaves nothing behind" {
    local pid server=$TMP/house/05-epoll/server.c
    copy_of_the_house
    mkdir "$TMP/tmp"
    cp "$server" "$TMP/first"
    # wait_for N PATTERN: until so many lines match.
    wait_for() { for _ in $(seq 1500); do [ "$(grep -c "$2" "$TMP/out")" -lt "$1" ] || return 0; sleep 0.02; done; cat "$TMP/out"; return 1; }
    env -i PATH="$PATH" TMPDIR="$TMP/tmp" "$ROOT/docs/lab/suite/peer" exec 90 docs/lab/learn/watch 05-epoll \
        </dev/null >"$TMP/out" 2>&1 3>&- &
    pid=$!
    wait_for 1 'waiting: save a file of 05-epoll, .* Ctrl-C ends'
    grep -q '^2 passed, 0 failed' "$TMP/out"
    echo 'int broken(' >>"$server"
    wait_for 2 'waiting:'
    grep -q ' server.c: testing ...$' "$TMP/out"
    [ "$(grep -c 'error:' "$TMP/out")" -eq 1 ]
    sed 's/sent = send(c->fd, c->buf, c->owed, 0);/sent = send(c->fd, c->buf, c->owed - 1, 0);/' "$TMP/first" >"$server"
    wait_for 3 'waiting:'
    grep -q 'FAILED   echo: a line comes back' "$TMP/out"
    # In the midst of a run.
    cp "$TMP/first" "$server"
    wait_for 4 'testing'
    kill -HUP "$pid"
    wait "$pid" || true
    [ -z "$(ls "$TMP/tmp")" ] || { ls -lR "$TMP/tmp" && tail -n 5 "$TMP/out" && return 1; }
}
