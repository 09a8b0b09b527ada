#!/usr/bin/env bats
# Exercise 5.5: who leaves takes the partner along, and nobody crashes.
# shellcheck disable=SC2034 # SERVER is start_server's
load ../../docs/lab/suite/promises
SERVER="'$BATS_TEST_DIRNAME/../server' -v"

# The first connection only looks whether the server listens: until it has left,
# it could become somebody's partner.
start_pairs() { start_server && eventually grep -q '^close fd' "$TMP/out"; }

@test "when one leaves, the server closes the other, and only that one" {
    start_pairs
    play "connect A 6" 'ask A #\n' "close A.3" "gone A.2" "reset A.0" "gone A.1" \
        'ask A.4 we play on\n' 'ask A.5 we, too\n' "half-close A.5" "gone A.4" "alive"
}

@test "who leaves alone is nobody's partner" {
    start_pairs
    play "connect A" 'ask A is anybody here?\n' "close A" "descriptors" \
        "connect B 2" 'ask B #\n' "close B.0" "gone B.1" "descriptors" "connect C" 'ask C x' "alive"
}

# Both partners leave in one batch: each event is stale for the other's.
both_at_once() {
    start_pairs
    play "connect A 200" 'ask A x' "connect B 2" 'ask B x' "stop" 'send A y' "reset A" "continue" \
        'ask B still here\n' "connect C 20" 'ask C #\n' "close C" "alive"
    # One of two leaves while the other has sent: that line is stale.
    play "connect D 20" 'ask D x' "stop" "close D.0" 'send D.1 a line' "close D.3" \
        'send D.2 a line' "continue" "gone D.2" "alive"
}

@test "both leave in one batch" { both_at_once; }

@test "both leave in one batch, under the address sanitizer" {
    compile -g -fsanitize=address "$BATS_TEST_DIRNAME/../server.c" -o "$TMP/server" \
        2>"$TMP/cc" || skip "this compiler has no address sanitizer"
    SERVER="'$TMP/server' -v"
    both_at_once
}

@test "a thousand pairs leave no memory and no descriptor behind" {
    local i=0 steps=()
    while [ $((i += 1)) -le 1000 ]; do
        steps+=("connect A$i 2" 'ask A'"$i"'.1 x' "close A$i.0" "gone A$i.1" "close A$i.1")
    done
    start_pairs
    play "${steps[@]}" "descriptors" "memory 1024"
}
