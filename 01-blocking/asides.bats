#!/usr/bin/env bats
# Chapter 01, its asides: fork.c and thread.c, which keep what server.c breaks.
# shellcheck disable=SC2030,SC2031,SC2034 # PORT and SERVER_PID are setup's
load ../docs/lab/suite/promises

# The processes whose parent is $1.
children() {
    if [ -r /proc/self/stat ]; then
        # The state and the parent stand behind the name, which may hold anything.
        cat /proc/[0-9]*/stat 2>"$TMP/gone" | sed 's/.*) //' | awk -v p="$1" '$2 == p' | wc -l
    else
        ps -A -o ppid= | awk -v p="$1" '$1 == p' | wc -l
    fi
}
has_children() { [ "$(children "$SERVER_PID")" -eq "$1" ]; }
has_threads() { grep -q "^Threads:[[:space:]]*$1$" "/proc/$SERVER_PID/status"; }

# Connects $1 clients, and leaves them connected until the test closes 8.
hold_clients() {
    mkfifo "$TMP/hold"
    exec 8<>"$TMP/hold"
    "$PEER" "$PORT" "connect A $1" 'ask A x' "say ready" "hold" "close A" \
        <"$TMP/hold" >"$TMP/said" 2>&1 8>&- &
    eventually grep -q ready "$TMP/said"
}

# What a client meets where there is no room for a process or a thread of its own.
refuses_clearly() {
    compile -pthread -include "$TMP/no-room.h" "$BATS_TEST_DIRNAME/$1.c" -o "$TMP/$1"
    SERVER="'$TMP/$1'"
    start_server
    play "connect A 3" "gone A" "descriptors" "alive"
    grep -q "^$1: no room: client refused" "$TMP/err"
}

@test "aside: fork.c keeps the promises of an echo: bytes and their order" { aside fork && keeps_all_echo; }
@test "aside: fork.c keeps the promises of an echo: ends" { aside fork && keeps_all_ends; }
@test "aside: fork.c keeps the promises of an echo: others" { aside fork && keeps_all_others; }
@test "aside: fork.c keeps the promises of an echo: limits" { aside fork && keeps_all_limits; }
@test "aside: fork.c keeps the promises of an echo: surroundings" { aside fork && keeps_all_surroundings; }
@test "aside: thread.c keeps the promises of an echo: bytes and their order" { aside thread && keeps_all_echo; }
@test "aside: thread.c keeps the promises of an echo: ends" { aside thread && keeps_all_ends; }
@test "aside: thread.c keeps the promises of an echo: others" { aside thread && keeps_all_others; }
@test "aside: thread.c keeps the promises of an echo: limits" { aside thread && keeps_all_limits; }
@test "aside: thread.c keeps the promises of an echo: surroundings" {
    aside thread && keeps_all_surroundings && keeps_all stop_and_continue
}

@test "aside: fork.c has one process for each client, and no zombie after it" {
    aside fork
    start_server
    eventually has_children 0 # whoever asked whether it listens has left
    hold_clients 10
    has_children 10
    exec 8>&-
    # A zombie counts as a child until its parent has waited for it.
    eventually has_children 0
    # Fifty that leave at once: one signal may stand for many.
    play "connect B 50" 'ask B x' "stop" "close B" "continue"
    eventually has_children 0
}

@test "aside: fork.c keeps no client's descriptor in the parent" {
    aside fork
    start_server
    play_alone "connect A 10" 'ask A x' "descriptors"
}

@test "aside: fork.c serves on while its parent is stopped; the next one waits" {
    aside fork
    start_server
    play_alone "connect A" 'ask A before\n' "stop" 'ask A while it is stopped\n' \
        "connect B" 'send B hello' "silence B 100" "continue" "expect B hello"
}

@test "aside: fork.c refuses a client clearly where no process can be had" {
    aside fork
    printf '%s\n' '#include <errno.h>' '#include <unistd.h>' \
        '#define fork() (errno = EAGAIN, -1)' >"$TMP/no-room.h"
    refuses_clearly fork
}

@test "aside: thread.c has one thread for each client, and none after it" {
    aside thread
    [ -r /proc/self/status ] || skip "the number of threads is read from /proc"
    [ -z "${SANITIZE:-}" ] || skip "the sanitizer has threads of its own"
    start_server
    eventually has_threads 1 # whoever asked whether it listens has left
    hold_clients 10
    has_threads 11
    exec 8>&-
    eventually has_threads 1
}

@test "aside: thread.c gives the memory of a client back, too" { aside thread && gives_memory_back; }

@test "aside: thread.c refuses a client clearly where no thread can be had" {
    aside thread
    printf '%s\n' '#include <errno.h>' '#include <pthread.h>' \
        '#define pthread_create(...) EAGAIN' >"$TMP/no-room.h"
    refuses_clearly thread
}

@test "aside: fork.c and thread.c tell what one connection costs" {
    own_server
    for program in fork thread; do
        SERVER="'$BATS_TEST_DIRNAME/$program' -v"
        start_server
        play "connect A" 'ask A x' "close A" "descriptors"
        eventually grep -Eq '^time fd [0-9]+ -> [1-9][0-9]* us' "$TMP/out"
        # Where the system does not tell, 0.
        least=1
        [ -r /proc/self/smaps_rollup ] || least=0
        eventually grep -Eq "^memory fd [0-9]+ -> [$least-9][0-9]* KiB" "$TMP/out"
        stop_server
    done
}
