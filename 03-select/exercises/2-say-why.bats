#!/usr/bin/env bats
# Exercise 3.2: a client past FD_SETSIZE is told so.
# shellcheck disable=SC2034 # SERVER is start_server's
load ../../docs/lab/suite/promises
# The descriptors below 1020 are taken: 1020 listens, 1021 to 1023 are clients.
SERVER="'$PEER' fill 1020 '$BATS_TEST_DIRNAME/../server'"

@test "three are served; the others get a line, and the end" {
    need_descriptors 1200
    start_server
    play "connect A 3" 'ask A #\n' "connect B 50" 'expect B full, come back later\n' "eof B" \
        'ask A still #\n' "idle 5 200" "close A" "descriptors" "connect C" 'ask C hello\n'
    # The operator is told, too: once for each.
    [ "$(grep -c '^server: no room for fd 1024: client refused$' "$TMP/err")" -eq 50 ]
}

@test "those who have sent something get it, and those who have left harm nobody" {
    need_descriptors 1200
    start_server
    play "connect A 3" 'ask A #\n' "stop" "connect B 20" "send B hello" "connect C 20" "reset C" \
        "continue" 'expect B full, come back later\n' "gone B" 'ask A still #\n' "close A" \
        "descriptors" "alive"
}

@test "who is served gets an echo, and nothing else" {
    SERVER="'$BATS_TEST_DIRNAME/../server'"
    keeps_all line goodbye descriptors
}
