#!/usr/bin/env bats
# Exercise 6.4: a turn is 40,000 bytes, in as many recv as it takes.
# shellcheck disable=SC2034 # SERVER is start_server's
load ../../docs/lab/suite/promises
SERVER="'$BATS_TEST_DIRNAME/../server' -v"

# Two clients have 100,000 bytes each before the server looks. The turns in the
# narration: how much was received from one before it was the other's turn.
turns_are() {
    start_server
    play "connect A" 'ask A x' "connect B" 'ask B x' "silence B 50" "stop" "pour A 100000" \
        "pour B 100000" "continue" "collect A" "collect B" 'ask A after\n'
    turns=$(awk '/^recv .* bytes$/ && $5 > 0 {
            if ($3 != fd && sum) { printf "%d ", sum; sum = 0 }
            fd = $3; sum += $5
        } END { print "" }' "$TMP/out")
    echo "turns, in bytes: $turns" | cut -c 1-75
    case $turns in
    *"$1"*) ;;
    *) return 1 ;;
    esac
}

# The learner's server with buffers of another size.
with_buffers_of() {
    sed "s/^\(#define BUFFER_SIZE\) [0-9]*/\1 $1/" "$BATS_TEST_DIRNAME/../server.c" >"$TMP/server.c"
    grep -q "^#define BUFFER_SIZE $1" "$TMP/server.c"
    compile -O2 "$TMP/server.c" -o "$TMP/server"
    SERVER="'$TMP/server' -v"
}

@test "two clients take turns of 40,000 bytes" { turns_are "40000 40000 40000 40000 20000 "; }

@test "the same with buffers of 30,000 bytes" {
    with_buffers_of 30000
    turns_are "40000 40000 40000 40000 20000 "
}

@test "the same with buffers of 1,000 bytes" {
    with_buffers_of 1000
    turns_are "40000 40000 40000 40000 20000 "
}

@test "floods starve nobody, a jam costs nothing, nothing is lost" {
    SERVER="'$BATS_TEST_DIRNAME/../server'"
    keeps_all flooder never_reads half_close data_and_fin both_ways
}
