#!/usr/bin/env bats
# Exercise 4.1: with -v, the address of each client is printed.
# shellcheck disable=SC2034 # SERVER is start_server's
load ../../docs/lab/suite/promises
SERVER="'$BATS_TEST_DIRNAME/../server'"

# The ports of the other ends, as the kernel has them: proc(5), /proc/net/tcp.
# 06 is TIME_WAIT: of the client that looked whether the server listens.
remote_ports() {
    local hex
    awk -v port=":$(printf '%04X' "$PORT")" \
        'substr($2, 9) == port && $4 != "06" && $4 != "0A" { print substr($3, 10) }' \
        /proc/net/tcp | while read -r hex; do echo $((0x$hex)); done | sort
}
printed_ports() { sed -n 's/^from fd [0-9]* -> 127\.0\.0\.1:\([0-9]*\)$/\1/p' "$TMP/out" | sort; }
all_known() {
    printed_ports >"$TMP/printed"
    remote_ports >"$TMP/remote"
    [ "$(wc -l <"$TMP/remote")" -eq 4 ] && [ -z "$(comm -13 "$TMP/printed" "$TMP/remote")" ]
}

@test "four clients come, and each is printed with its own port" {
    [ -r /proc/net/tcp ] || skip "only Linux has /proc/net/tcp"
    SERVER="$SERVER -v"
    start_server
    play "connect A" 'ask A hello\n' "close A" "descriptors"
    mkfifo "$TMP/hold"
    "$PEER" -t 2000 "$PORT" "connect B 4" 'ask B hello\n' "say ready" "hold" \
        <"$TMP/hold" >"$TMP/said" 2>&1 &
    exec 8>"$TMP/hold"
    eventually grep -q ready "$TMP/said"
    all_known || {
        echo "printed:" && cat "$TMP/printed"
        echo "the kernel's:" && cat "$TMP/remote"
        exec 8>&-
        false
    }
    exec 8>&-
    # One line for each: B's four, A, and the client that start_server sends.
    [ "$(grep -c '^from fd' "$TMP/out")" -eq "$(grep -c '(new client)$' "$TMP/out")" ]
}

@test "without -v, nothing is printed" {
    start_server
    play "connect A 3" 'ask A hello\n'
    [ "$(wc -l <"$TMP/out")" -eq 1 ]
}

@test "they are served as before" {
    keeps_all line messages burst reset_before_data
}
