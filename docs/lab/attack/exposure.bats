#!/usr/bin/env bats
# What a stranger can reach, and what he can cost: the long version of
# ../exposure.bats. Each program is run once; memory is refused to servers at work.
# shellcheck disable=SC2015,SC2153,SC2030,SC2031,SC2034 # SERVER, PORT and SERVER_PID are setup's
load ../suite/promises
unset SERVER CLIENT

linux() { [ "${SYSTEM:-$(uname -s)}" = Linux ] || skip "it needs proc(5) and prlimit(1) of Linux"; }

# Asks for listens.so; whoever is started with `watched` is watched by it.
build_listens() {
    linux
    [ -z "${SANITIZE:-}" ] || skip "ASan wants to be the first that is loaded"
    compile -shared -fPIC "$BATS_TEST_DIRNAME/listens.c" -o "$TMP/listens.so" -ldl
}
watched() {
    LISTENS=$TMP/listens LD_PRELOAD=$TMP/listens.so "$PEER" exec 20 "$@" \
        </dev/null >"$TMP/ran" 2>&1 || true
}

@test "exposure: each program that listens and ends by itself did so on 127.0.0.1" {
    build_listens
    for program in "$ROOT"/03-select/no-accept "$ROOT"/02-nonblocking/nap "$ROOT"/04-poll/events \
        "$ROOT"/06-edge-triggered/trace "$ROOT"/06-edge-triggered/pipe "$LAB"/bench/waitcost; do
        watched "$program"
        [ -s "$TMP/listens" ] && ! grep -v '^127\.' "$TMP/listens" ||
            case $program in
            */pipe | */waitcost) [ ! -s "$TMP/listens" ] ;;
            *) echo "$program" && return 1 ;;
            esac
        rm -f "$TMP/listens"
    done
}

@test "exposure: each experiment that listens does so on 127.0.0.1" {
    build_listens
    for program in "$ROOT"/docs/claims/* "$ROOT"/docs/readiness/* "$ROOT"/docs/beyond/*; do
        case $program in *.h | *.c) continue ;; esac
        [ -x "$program" ] || continue
        watched "$program"
        ! grep -Hnv -e '^127\.' -e '^unix$' "$TMP/listens" 2>"$TMP/none" || { echo "$program" && return 1; }
        [ ! -s "$TMP/listens" ] || some=1
        rm -f "$TMP/listens"
    done
    [ -n "$some" ]
}

@test "exposure: what measures and compares listens on 127.0.0.1" {
    build_listens
    watched "$LAB/bench/load" -c 2 -t 100 -- "$ROOT/05-epoll/server"
    grep -q '^127\.' "$TMP/listens" || { cat "$TMP/ran" && return 1; }
    for name in libev libevent libuv; do
        compile "$LAB/bench/others/$name.c" -o "$TMP/$name" \
            "-l$(echo "$name" | sed 's/^lib//; s/event/event/')" 2>"$TMP/none" || continue
        port=$("$PEER" free-port)
        LISTENS=$TMP/listens LD_PRELOAD=$TMP/listens.so "$PEER" exec 10 "$TMP/$name" "$port" \
            </dev/null >"$TMP/ran" 2>&1 &
        SERVER_PID=$!
        eventually grep -q listening "$TMP/ran"
        stop_server
    done
    [ "$(grep -cv '^127\.' "$TMP/listens")" -eq 0 ] || { cat "$TMP/listens" && return 1; }
}

# --- memory ---------------------------------------------------------------------
# A server at work has ten clients. From here on the kernel refuses it memory.
starve() {
    linux
    [ -z "${SANITIZE:-}" ] || skip "the sanitizers need the address space"
    command -v prlimit >"$TMP/which" || skip "prlimit is not installed (package util-linux)"
    SERVER="'$ROOT/$1'"
    start_server
    exec 8<>"$(mkfifo "$TMP/hold" && echo "$TMP/hold")"
    "$PEER" -t "$PATIENCE" -p "$SERVER_PID" "$PORT" "connect A 10" "ask A before #" "say ready" \
        "hold" "ask A meanwhile #" "exchange A 100000" "alive" <"$TMP/hold" >"$TMP/said" 2>&1 3>&- 8>&- &
    MATE=$!
    eventually grep -q ready "$TMP/said"
    size=$(awk '/^VmSize/ { print $2 * 1024 }' "/proc/$SERVER_PID/status")
    prlimit --pid "$SERVER_PID" --as="$size:"
}

# More come than there is memory for: the server says so, and the ten are served.
# When there is memory again, the next are served, too.
starved_and_fed() {
    starve "$1"
    "$PEER" -t "$PATIENCE" "$PORT" "connect B 200" "say came" "close B" >"$TMP/b" 2>&1
    eventually grep -q 'no room' "$TMP/err"
    kill -0 "$SERVER_PID"
    exec 8>&-
    wait "$MATE" || { cat "$TMP/said" && return 1; }
    prlimit --pid "$SERVER_PID" --as=unlimited: 2>"$TMP/none" || prlimit --pid "$SERVER_PID" --as="$((4 * size)):"
    play "connect C 100" "ask C after #" "close C" "alive"
    [ "$(sort -u "$TMP/err" | grep -vc 'no room')" -eq 0 ] || { cat "$TMP/err" && return 1; }
}

@test "limits: no memory for another client: 02 says so, serves whom it has, and the next later" { starved_and_fed 02-nonblocking/server; }
@test "limits: no memory for another client: 03" { starved_and_fed 03-select/server; }
@test "limits: no memory for another client: 04" { starved_and_fed 04-poll/server; }
@test "limits: no memory for another client: 05" { starved_and_fed 05-epoll/server; }
@test "limits: no memory for another client: 06" { starved_and_fed 06-edge-triggered/server; }
@test "limits: no memory for another client: callbacks.c" { starved_and_fed 05-epoll/callbacks; }
@test "limits: no memory for another client: thread.c" { starved_and_fed 01-blocking/thread; }

# Each of N clients has had a whole buffer of bytes echoed, so that all of its memory
# has been touched. In the process it costs a struct conn, and KIB is more than that.
costs_at_most() {
    local kib=$1 n=$2
    [ -z "${SANITIZE:-}" ] || skip "the sanitizer keeps more"
    need_descriptors $((n + 100))
    SERVER="'$ROOT/$3'"
    start_server
    "$PEER" -t $((8 * PATIENCE)) -p "$SERVER_PID" "$PORT" "connect A $n" "exchange A 16384" \
        "memory $((kib * n + 1024))" "reset A" "descriptors" "alive"
}
@test "limits: 2,000 clients cost 17 KiB each in the process of 02" { costs_at_most 17 2000 02-nonblocking/server; }
@test "limits: 900 clients cost 17 KiB each in the process of 03" { costs_at_most 17 900 03-select/server; }
@test "limits: 2,000 clients cost 17 KiB each in the process of 04" { costs_at_most 17 2000 04-poll/server; }
@test "limits: 10,000 clients cost 17 KiB each in the process of 05" { costs_at_most 17 10000 05-epoll/server; }
@test "limits: 10,000 clients cost 17 KiB each in the process of 06" { costs_at_most 17 10000 06-edge-triggered/server; }
@test "limits: 1,000 clients cost 100 KiB each in the process of thread.c" { costs_at_most 100 1000 01-blocking/thread; }

# --- errata ---------------------------------------------------------------------
# The client ends while the server owes it bytes, and has more of its bytes unread: an
# end is seen by the kernel before the server has come to it.
end_behind_a_jam() {
    SERVER="'$ROOT/$1/server'"
    start_server
    "$PEER" -t $((4 * PATIENCE)) -p "$SERVER_PID" "$PORT" "connect A" "pour A 64MiB" "half-close A" \
        "collect A" "eof A" "alive"
}
@test "errata: 02: the end of a client that is owed MBs comes after them" { end_behind_a_jam 02-nonblocking; }
@test "errata: 03: the end of a client that is owed MBs comes after them" { end_behind_a_jam 03-select; }
@test "errata: 04: the end of a client that is owed MBs comes after them" { end_behind_a_jam 04-poll; }
@test "errata: 05: the end of a client that is owed MBs comes after them" { end_behind_a_jam 05-epoll; }
@test "errata: 06: the end of a client that is owed MBs comes after them" { end_behind_a_jam 06-edge-triggered; }
