#!/usr/bin/env bats
# The scenes of `make chapter N` as somebody at a terminal of 100 by 30 sees them: they
# stop at each question, nothing scrolls away, and whatever ends them, nothing is left.
# And what `make diff N` and `make claim N` print. The terminal is docs/lab/suite/terminal;
# without one, the notes quote the scenes, and check-notes replays them.
ROOT=$(CDPATH='' cd "$BATS_TEST_DIRNAME/../../.." && pwd)
LAB=$ROOT/docs/lab
MOST_LINES=25 # between two stops
MOST_COLUMNS=99

setup() {
    cd "$ROOT" || return 1
    TMP=$(mktemp -d "${TMPDIR:-/tmp}/scenes.XXXXXX")
    mkdir "$TMP/scenes"
    unset GO NO_COLOR MAKEFLAGS MFLAGS MAKELEVEL
    export TERM=xterm
    ESC=$(printf '\033')
}

teardown() { rm -rf "${TMP:-}"; }

# The chapters that are built here.
chapters() {
    if [ "${SYSTEM:-$(uname -s)}" = Linux ]; then
        echo 0[1-6]-*
    else
        echo 0[1-4]-*
    fi
}

# on_terminal STEP... -- COMMAND...: $TMP/screen is all that was printed. The scene keeps
# its files in a place of its own, so that we see what it leaves behind.
on_terminal() {
    TMPDIR=$TMP/scenes "$LAB/suite/peer" exec 60 "$LAB/suite/terminal" -t 20000 -o "$TMP/screen" "$@"
}

# How often a chapter stops: at the two questions, before the system calls if they can be
# shown, and, in chapter 06, before the second of its two acts.
stops() {
    local n=2
    case $1 in 06-*) n=3 ;; esac
    command -v strace >/dev/null && n=$((n + 1))
    echo "$n"
}

# Enter at each stop, once it is certain that nothing comes before.
enters() {
    local i
    steps=()
    for ((i = 0; i < $1; i++)); do
        steps+=("see (Enter: " "quiet 200" 'type \n')
    done
}

# shows no PATTERN: nothing on the screen matches. In bats, `!` does not fail a test.
shows() { [ "$1" = no ] && [ "$(grep -c -e "$2" "$TMP/screen")" -eq 0 ]; }

# What stands on the screen, without colours and carriage returns.
plain() { tr -d '\r' <"$TMP/screen" | sed "s/$ESC\[[0-9;]*m//g"; }

# Fails where more than a screen comes between two stops, a line is too long, or
# something stands between a question and its stop.
readable() {
    plain | awk -v most="$MOST_LINES" -v columns="$MOST_COLUMNS" '
        function bad(what) { print "line " NR ": " what ": " $0; failed = 1 }
        length($0) > columns { bad("too long") }
        asked && !/^  \(Enter: / { bad("the question is to be followed by a stop") }
        { asked = /^Predict: /; questions += asked; lines++ }
        /^  \(Enter: / { stops++; lines = 0 }
        lines > most { bad(lines " lines since the last stop"); lines = 0 }
        !stops && / \| / { bad("before the first question") }
        END {
            if (questions != 2) bad(questions + 0 " questions")
            exit failed
        }'
}

@test "scenes: a stop at each question, until Enter; 25 lines between two stops at most" {
    local chapter steps
    for chapter in $(chapters); do
        enters "$(stops "$chapter")"
        on_terminal "${steps[@]}" "ended 0" flags -- "$chapter/demo"
        [ "$(plain | grep -c '^  (Enter: ')" -eq "$(stops "$chapter")" ]
        readable
        grep -q "${ESC}\[1;34mserver  |${ESC}\[0m " "$TMP/screen"
        grep -q "${ESC}\[1mRemember: " "$TMP/screen"
        plain | grep -q '^Now you:$'
    done
    [ -z "$(ls "$TMP/scenes")" ]
}

@test "scenes: with GO=1, or without a terminal on either side, no stop and no colour" {
    local how
    # shellcheck disable=SC2016 # it is the inner shell that expands them
    for how in 'GO=1 $0' '$0 </dev/null' '$0 | cat' '$0 2>&1 | cat'; do
        on_terminal "ended 0" flags -- sh -c "$how" 01-blocking/demo
        grep -q '^Predict: ' "$TMP/screen"
        grep -q '^Remember: ' "$TMP/screen"
        shows no "$ESC"
        shows no '(Enter'
    done
}

# The words are the same, with and without a terminal: only the stops are missing.
@test "scenes: on a terminal and without one, it is the same scene" {
    local steps
    enters "$(stops 01-blocking)"
    on_terminal "${steps[@]}" "ended 0" -- 01-blocking/demo
    plain | grep -v '^  (Enter: ' | sed 's/[0-9][0-9]*/N/g' >"$TMP/with"
    TMPDIR=$TMP/scenes 01-blocking/demo </dev/null | sed 's/[0-9][0-9]*/N/g' >"$TMP/without"
    diff "$TMP/with" "$TMP/without"
}

@test "scenes: no colour with NO_COLOR, or on a terminal that has none; it stops all the same" {
    local how steps
    enters "$(stops 01-blocking)"
    for how in 'NO_COLOR=1' 'TERM=dumb' 'TERM='; do
        on_terminal "${steps[@]}" "ended 0" -- env "$how" 01-blocking/demo
        shows no "$ESC"
    done
}

# surviving CHAPTER STEP...: a shell around the scene, in the same group, looks at what is
# there when the scene has ended: nothing but its own parts, this shell, ps and awk.
surviving() {
    local demo=$1/demo
    shift
    cat >"$TMP/around" <<'END'
trap : INT TERM HUP
sh -c 'echo $$ >"$1"; exec "$2"' - "$1" "$2"
echo "status $?"
ps -A -o pgid= -o args= | awk -v group=$$ '
    $1 == group && /server|client|peer|strace|demo/ && !/around|awk/ { print "left: " $0 }'
echo over
END
    on_terminal "$@" "see over" -- sh "$TMP/around" "$TMP/pid" "$demo"
    shows no 'left: '
    [ -z "$(ls "$TMP/scenes")" ]
}

# The second stop: server and clients are there.
at_second_stop=("see (Enter: " 'type \n' "see (Enter: ")

@test "scenes: Ctrl-C and Ctrl-D at a stop end it, with all that it started" {
    local key ended=('see \r\nstatus 0\r\n' flags)
    for key in '\003' '\004'; do
        surviving 02-nonblocking "see (Enter: " "type $key" "${ended[@]}"
        surviving 02-nonblocking "${at_second_stop[@]}" "type $key" "${ended[@]}"
    done
    surviving 02-nonblocking "see (Enter: " 'type \n' "see listening" 'type \003' 'see status 130' flags
}

@test "scenes: TERM and HUP at a stop end it, with all that it started" {
    local number pid
    for number in 143:TERM 129:HUP; do
        : >"$TMP/screen"
        surviving 02-nonblocking "${at_second_stop[@]}" "see status ${number%:*}" &
        pid=$!
        until [ "$(grep -c '(Enter: ' "$TMP/screen")" -eq 2 ]; do
            kill -0 "$pid"
            sleep 0.05
        done
        kill -"${number#*:}" "$(cat "$TMP/pid")"
        wait "$pid"
    done
}

# A scene in which what bounds a program is one second instead of half a minute; in which
# the bound of a terminal is WHAT.
hasty() {
    local file dir=01-blocking
    rm -rf "$TMP/tree"
    mkdir -p "$TMP/tree/$dir" "$TMP/tree/docs/lab"
    cp -R "$LAB/learn" "$LAB/core" "$TMP/tree/docs/lab"
    ln -s "$LAB/suite" "$TMP/tree/docs/lab/suite"
    ln -s "$ROOT/$dir/server" "$ROOT/$dir/client" "$TMP/tree/$dir"
    cp "$dir/demo" "$TMP/tree/$dir"
    grep -lE 'bound=(30|1800) ' -r "$TMP/tree/docs/lab" --include='*.sh' >"$TMP/files"
    while read -r file; do
        sed "s/bound=30 /bound=1 /; s/bound=1800 /bound=$1 /" "$file" >"$TMP/edited"
        cp "$TMP/edited" "$file"
    done <"$TMP/files"
    [ "$(wc -l <"$TMP/files")" -eq 2 ] # process.sh, scene.sh
}

@test "scenes: somebody who thinks for longer than a program may last finds it as it was" {
    hasty 1800
    enters "$(($(stops 01-blocking) - 2))"
    on_terminal "${at_second_stop[@]}" "quiet 2000" 'type \n' "${steps[@]}" "ended 0" \
        -- "$TMP/tree/01-blocking/demo"
    hasty 1
    on_terminal "see (Enter: " "quiet 2000" 'type \n' "see it has waited for half an hour" \
        "ended 1" -- "$TMP/tree/01-blocking/demo"
}

@test "diff: server first, a heading in words, no dates, colours and a pager on a terminal only" {
    local n
    for n in 2 3 4 5 6; do
        docs/lab/learn/step-diff "$n" >"$TMP/out"
        grep -E '^(server|client)\.c: ' "$TMP/out" >"$TMP/headings"
        [ "$(cut -d : -f 1 "$TMP/headings" | paste -sd ' ' -)" = 'server.c client.c' ]
        grep -q "^server.c: chapter $((n - 1)) ([a-z-]*) -> chapter $n ([a-z-]*)\$" "$TMP/headings"
        [ "$(grep -c -E "^(--- 0$((n - 1))|[+]{3} 0$n)-[a-z-]*/(server|client)\.c\$" "$TMP/out")" -eq 4 ]
        [ "$(grep -c "$ESC" "$TMP/out")" -eq 0 ]
    done
    PAGER='sed s/^/paged:/' on_terminal "ended 0" flags -- docs/lab/learn/step-diff 2
    [ "$(plain | grep -c '^paged:[a-z]*\.c: chapter 1 (blocking) -> chapter 2 (nonblocking)$')" -eq 2 ]
    PAGER=cat NO_COLOR=1 on_terminal "ended 0" -- docs/lab/learn/step-diff 2
    shows no "$ESC"
    PAGER='sed s/^/paged:/' docs/lab/learn/step-diff 2 | grep -q '^server'
    docs/lab/learn/step-diff 1 | grep -q '^Chapter 1 is the first'
}

@test "diff, claim: CDPATH in the environment changes nothing" {
    (cd docs && CDPATH=$ROOT:. lab/learn/step-diff 2) >"$TMP/out"
    docs/lab/learn/step-diff 2 | diff - "$TMP/out"
    [ "$(cd docs && CDPATH=$ROOT:. lab/learn/claim | head -n 1)" = "$(docs/lab/learn/claim | head -n 1)" ]
    (cd docs && CDPATH=$ROOT:/tmp ../01-blocking/demo) </dev/null | grep -q '^Remember: '
}

@test "claim: says in words which documents it is of" {
    [ "${SYSTEM:-$(uname -s)}" = Linux ] || skip "the experiments need Linux"
    docs/lab/learn/claim 1 >"$TMP/out"
    grep -q '^said in:   000, "IO .* epoll", chapter 8 of a series' "$TMP/out"
    grep -q '^           004, "IO .* poll", chapter 7' "$TMP/out"
    grep -q '^verdict:   False\.$' "$TMP/out"
    docs/lab/learn/claim 27 | grep -Eq '^said( in)?: '
}
