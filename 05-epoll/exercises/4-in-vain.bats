#!/usr/bin/env bats
# Exercise 5.4: count the reports that bring nothing, and take the interest back.
# shellcheck disable=SC2034 # SERVER is start_server's
load ../../docs/lab/suite/promises
SERVER="'$BATS_TEST_DIRNAME/../server' -v"

# The server with an interest left on: each ADD of a client says OUT, too.
start_with_out_left_on() {
    cat >"$TMP/left_on.h" <<'END'
#include <stddef.h>
#include <sys/epoll.h>
static int left_on(int epfd, int op, int fd, struct epoll_event *event) {
    struct epoll_event more = {0};
    if (event != NULL)
        more = *event;
    if (op == EPOLL_CTL_ADD && fd > 4)
        more.events |= EPOLLOUT;
    return epoll_ctl(epfd, op, fd, &more);
}
#define epoll_ctl left_on
END
    compile -O2 -include "$TMP/left_on.h" "$BATS_TEST_DIRNAME/../server.c" -o "$TMP/server"
    SERVER="'$TMP/server' -v"
    start_server
}

# The counts of the last client that left.
last_count() { grep ' in vain$' "$TMP/out" | tail -n 1; }
told() { [ "$(last_count)" = "$1" ]; }

# Waits two seconds at most.
soon() {
    local end=$((SECONDS + 2))
    until "$@"; do
        [ "$SECONDS" -lt "$end" ] || { echo "counted: $(last_count)" && return 1; }
        sleep 0.01
    done
}

@test "a polite client: six reports, none in vain" {
    start_server
    play "connect A" 'ask A 1' 'ask A 2' 'ask A 3' 'ask A 4' 'ask A 5' "close A" "descriptors"
    soon told "6 reports, 0 in vain"
    play "connect A" 'ask A 1' "close A" "descriptors"
    soon told "2 reports, 0 in vain"
}

@test "while all is well, no interest is changed" {
    start_server
    play "connect A" "pipeline A 100" "close A" "descriptors"
    [ "$(grep -c 'MOD$' "$TMP/out")" -eq 0 ]
}

@test "a jam is not in vain: the interest goes to OUT and back" {
    start_server
    play "connect A" "pour A 64MiB" "idle 5 200" "collect A" 'ask A after' "close A" "descriptors"
    grep -q 'MOD$' "$TMP/out"
    soon eval 'last_count | grep -Eq "^[0-9]+ reports, 0 in vain$"'
    stop_server
    # Where each send says EAGAIN once: the recv before it has moved something.
    cat >"$TMP/jam.h" <<'END'
#include <errno.h>
#include <sys/socket.h>
static ssize_t jam(int fd, const void *data, size_t n, int flags) {
    static int jammed;
    jammed = !jammed;
    if (jammed)
        errno = EAGAIN;
    return jammed ? -1 : send(fd, data, n, flags);
}
#define send jam
END
    compile -O2 -include "$TMP/jam.h" "$BATS_TEST_DIRNAME/../server.c" -o "$TMP/server"
    SERVER="'$TMP/server' -v"
    start_server
    play "connect A" 'ask A 1' 'ask A 2' 'ask A 3' "close A" "descriptors"
    soon told "7 reports, 0 in vain"
}

@test "OUT is left on: it is counted, taken back, and the server sleeps" {
    start_with_out_left_on
    play "connect A" 'ask A hello' "idle 5 200" 'ask A again' "close A" "descriptors"
    soon eval 'last_count | grep -Eq "^[0-9]+ reports, [1-3] in vain$"'
}
