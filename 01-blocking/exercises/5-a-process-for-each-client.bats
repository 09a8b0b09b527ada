#!/usr/bin/env bats
# Exercise 1.5: a process for each client.
# shellcheck disable=SC2034 # SERVER is start_server's
load ../../docs/lab/suite/promises
SERVER="'$BATS_TEST_DIRNAME/../server'"

# The processes whose parent is the server.
children() {
    if [ -r /proc/self/stat ]; then
        # The state and the parent stand behind the name, which may hold anything.
        cat /proc/[0-9]*/stat 2>"$TMP/gone" | sed 's/.*) //' | awk -v p="$SERVER_PID" '$2 == p' | wc -l
    else
        ps -A -o ppid= | awk -v p="$SERVER_PID" '$1 == p' | wc -l
    fi
}

# Waits until it has so many: a second at most.
has_children() {
    local tries=0
    until [ "$(children)" -eq "$1" ]; do
        tries=$((tries + 1))
        [ "$tries" -lt 20 ] || { echo "it has $(children) children, not $1" && return 1; }
        sleep 0.05
    done
}

# Connects clients, and leaves them connected until the test closes 8.
hold_clients() {
    mkfifo "$TMP/hold"
    exec 8<>"$TMP/hold"
    "$PEER" -t 1000 "$PORT" "connect A $1" 'ask A x' "say ready" "hold" "close A" \
        <"$TMP/hold" >"$TMP/said" 2>&1 8>&- &
    eventually grep -q . "$TMP/said"
    grep -q ready "$TMP/said" || { cat "$TMP/said" && return 1; }
}

@test "a silent client, and one that does not read, delay nobody" {
    start_server
    play "connect A" "connect B" "pour B 64MiB" "connect C" 'ask C hello\n' "collect B"
}

@test "the parent holds no client's descriptor; a client has a process, and leaves no zombie" {
    start_server
    has_children 0 # whoever asked whether it listens has left
    play_alone "connect A 2" 'ask A x' "descriptors" "half-close A" "eof A"
    hold_clients 10
    has_children 10
    exec 8>&-
    # A zombie counts as a child until its parent has waited for it.
    has_children 0
    play "connect B 50" 'ask B x' "stop" "close B" "continue"
    has_children 0
    play "connect C" 'ask C x' "alive"
}

@test "a server that is started anew takes the port while a child of the old one serves" {
    start_server
    hold_clients 1
    kill -TERM "$SERVER_PID"
    parent_has_ended() { ! kill -0 "$SERVER_PID" 2>"$TMP/gone"; }
    eventually parent_has_ended
    start_server_again
    play "connect B" 'ask B hello\n' "alive"
    exec 8>&-
}

@test "where no process can be had, that client is closed, and the server goes on" {
    printf '%s\n' '#include <errno.h>' '#include <unistd.h>' 'static int forks;' \
        '#define fork() (forks++ == 1 ? (errno = EAGAIN, -1) : fork())' >"$TMP/no-room.h"
    compile -pthread -include "$TMP/no-room.h" "$BATS_TEST_DIRNAME/../server.c" -o "$TMP/server"
    # shellcheck disable=SC2030,SC2031,SC2034 # it is start_server's, in this test
    SERVER="'$TMP/server'"
    start_server # whoever asks whether it listens takes the first fork
    play_alone "connect A" "gone A" "connect B" "connect C" 'ask C hello\n' "descriptors" "alive"
}
