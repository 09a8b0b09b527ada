#!/usr/bin/env bats
# `make test N SERVER='cmd'`: what is said of servers that are none of the chapters', how soon,
# and that nothing of them is left. Then those with one mistake, each of which is caught
# (strangers/). Run by `make mutants`; all of them, with all promises: make mutants strangers.
# shellcheck disable=SC2030,SC2031 # what is exported is for this test alone
load ../core/house
export NEEDS_LINUX=1
TRY=docs/lab/mutants/strangers/try
MISTAKES=docs/lab/mutants/strangers/wrong/mistakes.py

# A server in sh and Python that is right, in few lines: a thread for each client.
right() { echo docs/lab/mutants/strangers/good/py-threads.py; }
needs_python() { command -v python3 >"$TMP/which" || skip "python3 is not installed"; }

# grade REGEX SERVER: what run-tests says goes to $TMP/out, its stderr to $TMP/err.
grade() {
    status=0
    env REPLAY="$TMP" ONLY="$1" SERVER="$2" ${JSON:+JSON="$JSON"} docs/lab/suite/run-tests 05-epoll/test.bats \
        >"$TMP/out" 2>"$TMP/err" 3>&- || status=$?
    cat "$TMP/out" "$TMP/err"
    nothing_left
}
is_red() { [ "$status" -eq 1 ] && grep -qF "  FAILED   $1" "$TMP/out"; }

@test "strangers: one that does not listen is told at once, with what it said, and nothing is tested" {
    local start server words
    printf '#!/bin/sh\necho not today >&2\nexit 3\n' >"$TMP/crash"
    while IFS='|' read -r server words; do
        start=$(date +%s)
        grade . "$server"
        [ "$status" -eq 1 ]
        grep -qF "$words" "$TMP/err"
        [ ! -s "$TMP/out" ]
        grep -q '^Nothing was tested: ' "$TMP/err"
        [ $(($(date +%s) - start)) -le 4 ]
    done <<END
no-such-command|it has ended, with status 127, before it listened
no-such-command|no-such-command: not found
sh $TMP/crash|it has ended, with status 3, before it listened
sh $TMP/crash|  not today
true|It said nothing.
05-epoll/server 0 #|it listens on 127.0.0.1, port
END
}

@test "strangers: one that listens on ::1 is told so" {
    needs_python
    python3 -c 'import socket; socket.create_server(("::1", 0), family=socket.AF_INET6)' 2>"$TMP/six" ||
        skip "there is no IPv6 here"
    printf '%s\n' 'import socket, sys, time' \
        's = socket.create_server(("::1", int(sys.argv[1])), family=socket.AF_INET6)' 'time.sleep(60)' >"$TMP/six.py"
    grade . "python3 $TMP/six.py"
    [ "$status" -eq 1 ]
    grep -q 'it listens on ::1 (IPv6), port [0-9]*, not on 127.0.0.1:' "$TMP/err"
}

@test "strangers: one that needs a second to start is waited for" {
    needs_python
    grade 'a line comes back' "sleep 1; python3 $(right)"
    [ "$status" -eq 0 ]
    tail -n 1 "$TMP/out" | grep -qx '1 passed, 0 failed'
}

@test "strangers: a wrapper is no hiding place: the group is stopped, counted, and ended" {
    needs_python
    printf '#!/bin/sh\npython3 "$@"\necho the wrapper goes on\n' >"$TMP/run.sh"
    grade 'idle costs no CPU$|without a word|SIGSTOP|same port|end it at once' "sh $TMP/run.sh $(right)"
    [ "$status" -eq 0 ]
    grade 'idle costs no CPU$' "sh $TMP/run.sh $MISTAKES children_spin"
    is_red 'limits: idle costs no CPU'
    grade 'without a word' "sh $TMP/run.sh $MISTAKES zombies"
    is_red 'ends: close without a word'
    grep -q 'have ended, and nobody has waited for them' "$TMP/out"
}

@test "strangers: what leaves the group is ended, too, and a command must stay in front" {
    needs_python
    command -v setsid >"$TMP/which" || skip "setsid is not installed"
    # nothing_left looks for it.
    grade 'a line comes back' "setsid sleep 300 & python3 $(right)"
    [ "$status" -eq 0 ]
    printf '#!/bin/sh\nsetsid python3 "$@" </dev/null >/dev/null 2>&1 &\n' >"$TMP/daemon.sh"
    grade 'a line comes back' "sh $TMP/daemon.sh $(right)"
    is_red 'echo: a line comes back'
    grep -q 'it must stay in front' "$TMP/out"
}

@test "strangers: an alarm that the server ignores does not keep it: the guard has the time" {
    local start
    start=$(date +%s)
    status=0
    # shellcheck disable=SC2016 # it is the inner shell that expands it
    REPLAY=$TMP "$LAB/suite/peer" guard 1 "$TMP/pid" sh -c 'trap "" ALRM TERM INT HUP; sleep 60 & sleep 60' \
        >"$TMP/out" 2>&1 3>&- || status=$?
    [ "$status" -eq 142 ]
    grep -q 'still running after 1 s: ended' "$TMP/out"
    [ $(($(date +%s) - start)) -le 5 ]
    nothing_left
    # And whatever ends the guard's parent ends the server.
    # shellcheck disable=SC2016
    REPLAY=$TMP sh -c '"$1" guard 60 "$2" sleep 60 & while [ ! -s "$2" ]; do :; done; kill -KILL $$' - \
        "$LAB/suite/peer" "$TMP/other" >"$TMP/out" 2>&1 3>&- || true
    for _ in {1..200}; do
        ! nothing_left >"$TMP/left" || break
        sleep 0.02
    done
    nothing_left
}

@test "strangers: a hopeless one takes less than a minute, and what is not tried is not green" {
    needs_python
    printf '%s\n' 'import socket, sys' 's = socket.create_server(("127.0.0.1", int(sys.argv[1])))' 'kept = []' \
        'while True: kept.append(s.accept())' >"$TMP/mute.py"
    local start
    start=$(date +%s)
    grade . "python3 $TMP/mute.py"
    [ "$status" -eq 1 ]
    [ $(($(date +%s) - start)) -lt 60 ]
    [ "$(grep -c '^  no try   ' "$TMP/out")" -ge 20 ]
    tail -n 1 "$TMP/out" | grep -Eqx '[0-9] passed, [0-9]+ failed, [0-9]+ not tried'
    grep -q '^  FAILED   echo: a line comes back' "$TMP/out"
}

@test "strangers: a ledger that somebody else has left does not excuse a chapter" {
    mkdir "$TMP/ledger"
    printf 'line\nline\nline\n' | tee "$TMP/ledger/all" >"$TMP/ledger/echo"
    LEDGER=$TMP/ledger ONLY='a line comes back' docs/lab/suite/run-tests 05-epoll/test.bats >"$TMP/out" 2>&1 3>&-
    cat "$TMP/out"
    tail -n 1 "$TMP/out" | grep -qx '1 passed, 0 failed'
}

@test "strangers: interrupted, it says how far it came, and leaves nothing" {
    needs_python
    env REPLAY="$TMP" SERVER="python3 $(right)" docs/lab/suite/run-tests 05-epoll/test.bats >"$TMP/out" 2>"$TMP/err" 3>&- &
    for _ in {1..1000}; do
        ! grep -q 'one byte at a time' "$TMP/out" || break
        sleep 0.02
    done
    kill -TERM "$!"
    status=0
    wait "$!" || status=$?
    cat "$TMP/err"
    [ "$status" -eq 2 ]
    grep -Eqx 'run-tests: interrupted at test [0-9]+ of 4[0-9]: [0-9]+ passed, 0 failed' "$TMP/err"
    nothing_left
}

@test "strangers: JSON=1 has an object for each promise, and one for the sum" {
    needs_python
    JSON=1 grade 'a line comes back|no word has' "python3 $MISTAKES quit"
    [ "$status" -eq 1 ]
    python3 - "$TMP/out" <<'END'
import json, sys
lines = [json.loads(line) for line in open(sys.argv[1])]
assert [l.get("verdict") for l in lines] == ["kept", "broken", None], lines
assert lines[1]["promise"] == "words" and lines[1]["chapter"].startswith("05"), lines
assert any("often:" in s for s in lines[1]["said"]), lines
assert lines[2] == {"passed": 1, "failed": 1, "not_tried": 0, "skipped": 0, "status": 1}, lines
END
    JSON=1 grade . 'no-such-"command"'
    [ "$status" -eq 1 ]
    python3 -c 'import json, sys; one = json.loads(open(sys.argv[1]).read()); assert one["status"] == 1 and "127" in one["error"], one' "$TMP/out"
}

# caught REGEX: of those that match, each is caught, four at a time. Where a language is not
# here, that is told; where none is, nothing was tried.
caught() {
    "$TRY" --list | grep "/wrong/" | grep -E "$1" >"$TMP/names"
    [ -s "$TMP/names" ]
    # shellcheck disable=SC2016 # for the shell that is started
    xargs -P 4 -n 1 sh -c 'env -i PATH="$PATH" HOME="$HOME" TMPDIR="$0" docs/lab/mutants/strangers/try --quick "$1" >"$0/$(basename "$1").log" 2>&1 ||
        grep -q " is not here\$" "$0/$(basename "$1").log" || echo "$1" >>"$0/not"' "$TMP" <"$TMP/names" 3>&- 4>&-
    [ ! -f "$TMP/not" ] || {
        while read -r name; do cat "$TMP/$(basename "$name").log"; done <"$TMP/not"
        return 1
    }
    grep -q '^1 tried' "$TMP"/*.log || skip "none of these languages is here"
}
@test "strangers: each mistake in C is caught by its promise" { caught '\.c(:|$)'; }
@test "strangers: each mistake in Python is caught by its promise" { caught '\.py(:|$)'; }
# What is compiled, or slow to start, is left to `make mutants strangers`.
@test "strangers: each mistake in Node and Perl is caught by its promise, where they are here" { caught '\.(js|pl)(:|$)'; }

@test "strangers: a good server with a loop, in Python, is green" {
    needs_python
    "$TRY" good/py-selectors.py 3>&-
}
@test "strangers: the one in C without its mistakes is green" {
    ${CC:-cc} -std=c11 -D_POSIX_C_SOURCE=200809L -O2 -o "$TMP/right" docs/lab/mutants/strangers/wrong/mistakes.c
    grade . "$TMP/right"
    [ "$status" -eq 0 ]
    tail -n 1 "$TMP/out" | grep -Eqx '4[0-9] passed, 0 failed'
}

@test "strangers: what is often the cause is told of kinds that the peer knows, and of promises that are" {
    local ids kinds
    ids=" * $(docs/lab/suite/run-tests -l | cut -f 1 | tr '\n' ' ') "
    kinds=" * start status silent runs everywhere $(cat docs/lab/suite/peer-src/*.c | grep -o '"[a-z-]*"' | tr -d '"' | sort -u | tr '\n' ' ') "
    grep -v '^#' docs/lab/suite/promises/hints | grep . >"$TMP/hints"
    set -f # a kind may be *
    while read -r id which text; do
        case $ids in *" $id "*) ;; *) echo "no promise: $id" && return 1 ;; esac
        for kind in $(echo "$which" | tr ',' ' '); do
            case $kinds in *" $kind "*) ;; *) echo "no kind: $kind" && return 1 ;; esac
        done
        [ -n "$text" ]
    done <"$TMP/hints"
}
