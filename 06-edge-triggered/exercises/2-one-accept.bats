#!/usr/bin/env bats
# Exercise 6.2: one accept in each round, and nobody is lost.
# shellcheck disable=SC2034 # SERVER is start_server's
load ../../docs/lab/suite/promises
SERVER="'$BATS_TEST_DIRNAME/../server' -v"

@test "one client is accepted in each round, not all in a row" {
    start_server
    play "connect S" 'ask S x' "stop" "connect A 100" "continue" 'ask A.99 last\n' 'ask A #\n'
    # The most clients that were accepted between two waits.
    most=$(awk '/^epoll_wait/ { n = 0 } /\(new client\)$/ && ++n > most { most = n }
        END { print most + 0 }' "$TMP/out")
    echo "$most clients were accepted in one round"
    [ "$most" -eq 1 ]
}

@test "who has seven buffers to move does not wait for the whole burst" {
    start_server
    play "connect S" 'ask S x' "silence S 50" "stop" "connect A 50" "pour S 100000" "continue" \
        "collect S" 'ask A #\n'
    # How many were accepted before the last of the 100,000 bytes were read?
    before=$(awk '/^recv .* [0-9]* bytes$/ { sum += $5 } sum > 100000 { print n + 0; exit }
        /\(new client\)$/ { n++ }' "$TMP/out")
    echo "$((before - 2)) of the burst were accepted before the seventh buffer"
    [ "$before" -le 12 ]
}

@test "all of a burst are served, and then the server sleeps" {
    start_server
    play "stop" "connect A 100" "continue" 'send A.99 last\n' 'expect A.99 last\n' 'send A #\n' \
        'expect A #\n' "idle 5 200" "connect B" 'ask B x' "close A" "close B" "descriptors" "idle 5 100"
}

@test "an accept that fails for one client loses no other" {
    # Each second accept says that the client has left again: accept(2).
    cat >"$TMP/left.h" <<'END'
#include <errno.h>
#include <sys/socket.h>
static int left(int fd, struct sockaddr *addr, socklen_t *len) {
    static int calls;
    if (calls++ % 2 == 0) {
        errno = ECONNABORTED;
        return -1;
    }
    return accept(fd, addr, len);
}
#define accept left
END
    compile -O2 -include "$TMP/left.h" "$BATS_TEST_DIRNAME/../server.c" -o "$TMP/server"
    SERVER="'$TMP/server'"
    start_server
    play "connect A" 'ask A x' "stop" "connect B 20" "continue" 'ask B.19 last\n' 'ask B #\n' \
        "idle 5 100"
}

@test "out of descriptors, it serves whom it has, and the others later" { keeps_all descriptors; }
