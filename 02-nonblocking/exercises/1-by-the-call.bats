#!/usr/bin/env bats
# Exercise 2.1: no flag on the connections, MSG_DONTWAIT at each call.
# shellcheck disable=SC2034 # SERVER is start_server's
load ../../docs/lab/suite/promises
SERVER="'$BATS_TEST_DIRNAME/../server'"

# The server's sockets that are blocking, and those that are not: "3 1". proc(5), fdinfo.
sockets() {
    local fd flags waits=0 asks=0
    for fd in /proc/"$SERVER_PID"/fd/*; do
        case $(readlink "$fd") in
        socket:*)
            flags=$(sed -n 's/^flags:[[:space:]]*//p' "/proc/$SERVER_PID/fdinfo/${fd##*/}")
            # O_NONBLOCK is octal 4000 on most of Linux's machines: x86, ARM, RISC-V, POWER.
            if [ $((flags & 04000)) -eq 0 ]; then waits=$((waits + 1)); else asks=$((asks + 1)); fi
            ;;
        esac
    done
    echo "$waits $asks"
}

@test "no connection has the flag; the listener has it" {
    [ -d /proc/self/fdinfo ] || skip "the flags of another process are read from /proc"
    start_server
    mkfifo "$TMP/hold"
    exec 8<>"$TMP/hold"
    "$PEER" -t 1000 "$PORT" "connect A 3" 'ask A x' "say ready" "hold" \
        <"$TMP/hold" >"$TMP/said" 2>&1 3>&- 8>&- &
    eventually grep -q . "$TMP/said"
    local tries=0
    until [ "$(sockets)" = "3 1" ]; do
        tries=$((tries + 1))
        [ "$tries" -lt 20 ] || { echo "blocking, non-blocking: $(sockets), not 3 1" && return 1; }
        sleep 0.05
    done
    exec 8>&-
}

@test "a silent client delays nobody" {
    start_server
    play "connect A" "connect B" 'ask B hello\n'
}

@test "one that does not read delays nobody, and loses nothing" {
    start_server
    play "connect A" "pour A 64MiB" "connect B" 'ask B hello\n' "collect A" "half-close A" "eof A"
}

@test "64 clients, one of which breaks off" {
    start_server
    play "connect A 64" 'send A #\n' 'expect A #\n' "reset A.7" 'ask A.63 hello\n' "connect B" 'ask B hello\n'
}
