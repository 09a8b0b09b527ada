#!/usr/bin/env bats
# Exercise 6.3: clients are told once with EPOLLONESHOT, and armed again with MOD.
# shellcheck disable=SC2034 # SERVER is start_server's
load ../../docs/lab/suite/promises
SERVER="'$BATS_TEST_DIRNAME/../server' -v"
# The bits of /usr/include/linux/eventpoll.h
IN=0x1 OUT=0x4 ONESHOT=0x40000000 ET=0x80000000

# A peer that does these steps, and then stays until let_go.
hold() {
    mkfifo "$TMP/hold"
    exec 8<>"$TMP/hold"
    : >"$TMP/said"
    play "$@" "say ready" "hold" <"$TMP/hold" >"$TMP/said" 8>&- &
    eventually grep -q ready "$TMP/said"
}
let_go() { exec 8>&-; }

# The interest of the clients, one in a line, as numbers: not the listener's, fd 3.
clients() { interest_list | sed -n 's/^tfd: *\([0-9]*\) events: *\([0-9a-f]*\) .*/\1 0x\2/p' |
    sed -n '/^3 /!s/.* //p'; }
# has ALL NONE: every client has all of these bits, and none of those.
has() {
    local events n=0
    for events in $(clients); do
        n=$((n + 1))
        [ $((events & $1)) -eq $(($1)) ] && [ $((events & $2)) -eq 0 ] || return 1
    done
    [ "$n" -gt 0 ]
}
soon_has() {
    local end=$((SECONDS + 2))
    until has "$@"; do
        [ "$SECONDS" -lt "$end" ] || { echo "the clients' interest:" && clients && return 1; }
        sleep 0.01
    done
}

@test "idle clients: ONESHOT and IN, not ET, not OUT" {
    start_server
    hold "connect A 5" 'ask A hello\n'
    soon_has $((ONESHOT | IN)) $((ET | OUT))
    let_go
}

@test "a client that does not read: ONESHOT and OUT, not IN" {
    start_server
    hold "connect A" "pour A 64MiB"
    soon_has $((ONESHOT | OUT)) $((ET | IN))
    let_go
}

@test "one MOD for an echo, and one report" {
    start_server
    play "connect A" "dribble A 0123456789012345678901234567890123456789" "idle 5 200"
    mods=$(grep -c 'MOD$' "$TMP/out") || true
    waits=$(grep -c '^epoll_wait' "$TMP/out")
    echo "40 echoes: $mods times MOD, $waits waits"
    [ "$mods" -ge 40 ]
    [ "$mods" -le 45 ]
    [ "$waits" -le 50 ]
}

@test "ends, jams and floods" {
    SERVER="'$BATS_TEST_DIRNAME/../server'"
    keeps_all data_and_fin half_close reset_in_mid_send urgent never_reads flooder
}
