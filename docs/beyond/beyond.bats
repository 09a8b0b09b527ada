#!/usr/bin/env bats
# What docs/beyond/README.md says of many cores and many machines.
# shellcheck disable=SC2030,SC2031 # SERVER_PID and PORT are setup's
load ../lab/suite/promises

setup() {
    [ "${SYSTEM:-$(uname -s)}" = Linux ] || skip "it looks at Linux"
    TMP=$(mktemp -d "${TMPDIR:-/tmp}/beyond.XXXXXX")
    SERVER_PID='' PORT=''
}

# TERM, so that the fleet ends its servers; KILL in stop_server would leave them.
teardown() {
    [ -z "$SERVER_PID" ] || kill -TERM "$SERVER_PID" 2>"$TMP/kill" || true
    [ -z "$SERVER_PID" ] || eventually ended || true
    SERVER_PID=''
    rm -rf "$TMP"
}

need_haproxy() { command -v haproxy >"$TMP/which" || skip "haproxy is not installed"; }

# Runs the fleet behind a port of its own.
start_fleet() {
    PORT=$("$PEER" free-port)
    "$PEER" exec "$MOST_SECONDS" "$LAB/bench/fleet" "$PORT" </dev/null >"$TMP/out" 2>"$TMP/err" &
    SERVER_PID=$!
    eventually grep -q '^listening on ' "$TMP/out" || fail_to_start
}

@test "many cores: how many wake for one client, and who gets whom" {
    "$LAB/../beyond/many-cores"
}

@test "fleet: the configuration has 30 lines at most, and haproxy has nothing against it" {
    [ "$(wc -l <"$LAB/bench/fleet.cfg")" -le 30 ]
    need_haproxy
    DOOR=10000 ONE=10001 TWO=10002 THREE=10003 haproxy -c -f "$LAB/bench/fleet.cfg" >"$TMP/out" 2>&1
    ! grep -Ei 'warning|alert' "$TMP/out" || return 1
}

@test "fleet: without haproxy, one line says so" {
    mkdir "$TMP/bin"
    ln -s "$(command -v sh)" "$(command -v dirname)" "$TMP/bin"
    PATH=$TMP/bin "$LAB/bench/fleet" >"$TMP/out" 2>&1
    [ "$(wc -l <"$TMP/out")" -eq 1 ]
    grep -q 'haproxy is not installed' "$TMP/out"
}

@test "fleet: thirty clients, ten for each server; two servers do when the third has ended" {
    need_haproxy
    "$PEER" exec 60 "$LAB/bench/fleet" </dev/null >"$TMP/out" 2>&1
    cat "$TMP/out"
    grep -q '^servers | echoes of one, two, three: 10 10 10$' "$TMP/out"
    [ "$(grep -c '| all 30 were answered$' "$TMP/out")" -eq 2 ]
    grep -Eq '^servers .*: [0-9]+ 0 [0-9]+$' "$TMP/out"
}

@test "fleet: through haproxy, an echo is an echo" {
    need_haproxy
    start_fleet
    "$PEER" "$PORT" "connect A" "bytes A" "pipeline A 1000" "exchange A 8MiB" \
        "pour A 1MiB" "half-close A" "collect A" "eof A" \
        "connect B" "connect C" 'ask C while B is silent' 'finish C bye' 'expect C bye' "eof C" \
        "connect D 200" 'send D client #\n' 'expect D client #\n' "reset D" 'ask B still here'
}

@test "fleet: when it is ended, nothing of it is left" {
    need_haproxy
    start_fleet
    # Its processes: each is a child of the script.
    parent=$SERVER_PID
    family() { cat /proc/[0-9]*/stat 2>"$TMP/gone" | sed 's/.*) //' | awk -v p="$parent" '$2 == p' | wc -l; }
    [ "$(family)" -eq 4 ]
    pids=$(grep -l "^PPid:[[:space:]]*$parent$" /proc/[0-9]*/status 2>"$TMP/gone" | cut -d / -f 3)
    kill -TERM "$parent"
    eventually ended
    for pid in $pids; do
        SERVER_PID=$pid eventually ended
    done
    ! "$PEER" -t 500 "$PORT" "connect A" 2>"$TMP/err" || return 1
}
