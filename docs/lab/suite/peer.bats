#!/usr/bin/env bats
# The scripted peer sees what is lost, changed or late. Run by `make check`.
# shellcheck disable=SC2030,SC2031 # each test is a process; run sets what it looks at
load ../core/house

@test "lab: the peer sees what is lost, changed or late" {
    "$LAB/suite/peer" exec 20 "$LAB/suite/peer" leave close 3 </dev/null >"$TMP/out" &
    until grep -q listening "$TMP/out"; do kill -0 $! && sleep 0.01 || return 1; done
    port=$(sed 's/.*://' "$TMP/out")
    status=0
    "$LAB/suite/peer" "$port" "connect A" "ask A hello" 2>"$TMP/err" || status=$?
    [ "$status" -eq 1 ]
    grep -q '"hello" was expected, "hel" came, and then' "$TMP/err"
}
