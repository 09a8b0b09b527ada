#!/usr/bin/env bats
# The scripted peer sees what is lost, changed or late, and ends what it starts. Run by `make check`.
# shellcheck disable=SC2030,SC2031,SC2154 # each test is a process; run sets stderr
load ../core/house
bats_require_minimum_version 1.5.0

PEER=$LAB/suite/peer

@test "peer: what is lost is seen, and what the server said last" {
    run -1 --separate-stderr "$PEER" "connect A" "ask A hello" -- "$PEER" leave close 3 </dev/null
    [ -z "$output" ]
    [[ "$stderr" =~ \"hello\"\ was\ expected,\ \"hel\"\ came,\ and\ then ]]
    [[ "$stderr" =~ "the server:   it has ended: status 0" ]]
    [[ "$stderr" =~ 'it said last: "listening on ' ]]
}

@test "peer: -h has a line for each verb, with an example that it takes" {
    "$PEER" -h >"$TMP/help"
    [ "$(sed -n 's/^usage: \(peer\).*/\1/p' "$TMP/help")" = peer ]
    [ "$(grep -c '^  [a-z]' "$TMP/help")" -ge 35 ]
    run -1 grep -n '.\{101\}' "$TMP/help"
    # All steps are looked at before the first is played: the wrong one is the first.
    sed -n 's/^  [a-z].*  "\(.*\)"$/\1/p' "$TMP/help" >"$TMP/examples"
    [ "$(wc -l <"$TMP/examples")" -eq "$(grep -c '^  [a-z]' "$TMP/help")" ]
    while read -r example; do
        run -2 "$PEER" -p $$ 1 "$example" wrong
        [ "$output" = "peer: wrong: no such verb: peer -h lists them" ] || { echo "$output" && return 1; }
    done <"$TMP/examples"
}

@test "peer: wrong use and wrong steps are refused in one line, before the first is played" {
    local words
    while read -r words; do
        eval "set -- $words"
        run -2 "$PEER" "$@" </dev/null
        echo "$words: $output"
        [ "${#lines[@]}" -eq 1 ] && [[ "$output" != *was\ played* ]]
    done <<'END'

0 hold
-x 80 hold
-t soon 80 hold
-l log 80 hold
-p $$ hold -- sleep 1
80 "say was played" "connect"
80 "say was played" "connect A 2 3"
80 "say was played" "connect A many"
80 "say was played" "connect A.B"
80 "say was played" "ask A"
80 "say was played" "pour A 2MB"
80 "say was played" "stop"
80 "say was played" "sing A"
END
}

@test "peer: a server of its own is started, played against, and ended" {
    "$PEER" -l "$TMP/log" "connect A 2" 'ask A number #\n' "idle 20 100" "close A" "descriptors" alive \
        -- 04-poll/server -v 0 </dev/null >"$TMP/out" 2>&1
    [ ! -s "$TMP/out" ]
    [ "$(sed -n 's/^listening on 127.0.0.1:[0-9]*$/yes/p' "$TMP/log")" = yes ]
    [ "$(grep -c '^recv fd [0-9]* -> 9 bytes' "$TMP/log")" -eq 2 ]
    port=$(sed -n 's/^listening.*://p' "$TMP/log")
    run -1 "$PEER" -t 500 "$port" "connect A"
}

@test "peer: a server of its own that dies by itself is no success" {
    printf '#!/bin/sh\necho listening on 127.0.0.1:9\nkill -SEGV $$\n' >"$TMP/dies"
    chmod +x "$TMP/dies"
    run -1 "$PEER" hold -- "$TMP/dies" < <(sleep 0.3)
    [[ "$output" =~ "it has ended: Segmentation fault" ]]
    # One that a step has ended, has ended well.
    "$PEER" "connect A" "signal 15" "gone A" -- 04-poll/server 0 </dev/null
}

@test "terminal: -h has a line for each verb, with an example that it takes" {
    "$LAB/suite/terminal" -h >"$TMP/help"
    sed -n 's/^  [a-z].*  "\(.*\)"$/\1/p' "$TMP/help" >"$TMP/examples"
    [ "$(wc -l <"$TMP/examples")" -ge 15 ]
    [ "$(wc -l <"$TMP/examples")" -eq "$(grep -c '^  [a-z]' "$TMP/help")" ]
    while read -r example; do
        run -2 "$LAB/suite/terminal" "$example" wrong -- true
        [ "$output" = "terminal: wrong: no such verb: terminal -h lists them" ] || { echo "$output" && return 1; }
    done <"$TMP/examples"
}
