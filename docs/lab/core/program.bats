#!/usr/bin/env bats
# What peer, load and fuzz start is sure to end: program.c. Run by `make check`.
# shellcheck disable=SC2030,SC2031 # each test is a process
load house

# A server that tells its process.
setup_server() {
    export REPLAY=$TMP
    printf '#!/bin/sh\necho $$ >"%s/pid"\nexec "%s/04-poll/server" "$@"\n' "$TMP" "$ROOT" >"$TMP/serve"
    chmod +x "$TMP/serve"
    mkfifo "$TMP/stdin"
}

# until_so COMMAND...: within 10 s, or the test fails.
until_so() {
    local tries=0
    until "$@" >"$TMP/looked"; do
        [ $((tries += 1)) -lt 500 ] || { cat "$TMP/looked" && return 1; }
        sleep 0.02
    done
}

# tool NAME [COMMAND]: one of the three that start a server, for as long as nobody ends
# it. With BOUND=S: for S seconds, and with default signals.
tool() {
    local server=${2:-$TMP/serve}
    case $1 in
    peer) set -- "$LAB/suite/peer" "connect A" hold -- "$server" 0 ;;
    load) set -- "$LAB/bench/load" -t 60000 -- "$server" ;;
    fuzz) set -- "$LAB/attack/fuzz" -n 100000000 -- "$server" ;;
    esac
    exec ${BOUND:+"$LAB/suite/peer" exec "$BOUND"} "$@" 3>&- 4>&- 9>&- <"$TMP/stdin" >"$TMP/out" 2>"$TMP/err"
}

tools() { if [ "$SYSTEM" = Linux ]; then echo peer load fuzz; else echo peer; fi; }

@test "start: whatever ends peer, load or fuzz, ends the server, too" {
    setup_server
    exec 9<>"$TMP/stdin"
    local name signal status
    for name in $(tools); do
        for signal in HUP INT TERM KILL; do
            [ "$signal" != KILL ] || [ "$SYSTEM" = Linux ] || continue
            rm -f "$TMP/pid"
            (BOUND=60 && tool "$name") &
            until_so test -s "$TMP/pid"
            kill -"$signal" $!
            status=0
            wait $! || status=$?
            [ "$status" -eq $((128 + $(kill -l "$signal"))) ] || { echo "$name, $signal: $status" && return 1; }
            until_so nothing_left
        done
    done
}

@test "start: a signal that was ignored stays ignored" {
    setup_server
    exec 9<>"$TMP/stdin"
    local name status
    for name in $(tools); do
        rm -f "$TMP/pid"
        (trap '' HUP && tool "$name") &
        until_so test -s "$TMP/pid"
        kill -HUP $!
        sleep 0.1 # what must not happen has no condition
        kill -0 $!
        kill -TERM $!
        status=0
        wait $! || status=$?
        [ "$status" -eq 143 ]
        until_so nothing_left
    done
}

@test "start: what is not done in time says so, and leaves nothing" {
    setup_server
    exec 9<>"$TMP/stdin"
    local name status
    for name in $(tools); do
        status=0
        (BOUND=1 && tool "$name") || status=$?
        [ "$status" -eq 1 ]
        [ "$(cat "$TMP/err")" = "$name: not done after 1 s: it gives up" ]
        until_so nothing_left
    done
}

@test "start: what cannot be run, or does not listen, is said in one line, status 2" {
    setup_server
    exec 9<>"$TMP/stdin"
    local name status command
    for name in $(tools); do
        for command in "$TMP/none" /bin/true; do
            status=0
            (tool "$name" "$command") || status=$?
            cat "$TMP/err"
            [ "$status" -eq 2 ] && [ "$(wc -l <"$TMP/err")" -eq 1 ]
            grep -Eq ": No such file|: $command has ended before it listened: status 0" "$TMP/err"
        done
    done
}

@test "start: who ignores TERM, and whom he has started, end all the same" {
    export REPLAY=$TMP
    "$LAB/suite/peer" exec 20 "$LAB/suite/peer" "connect A" 'ask A hello' \
        -- sh -c "trap '' TERM; 04-poll/server 0 & while :; do sleep 1; done" </dev/null
    until_so nothing_left
}
