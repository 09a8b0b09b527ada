#!/usr/bin/env bats
# Chapter 02, its asides: nap.c.
# shellcheck disable=SC2030,SC2031,SC2034 # PORT and SERVER_PID are setup's
load ../docs/lab/suite/promises

# Runs the aside, bounded in time: $TMP/out.
nap() {
    own_server
    "$PEER" exec 10 "$BATS_TEST_DIRNAME/nap" "$@" </dev/null >"$TMP/out" 2>"$TMP/err"
}

# What stands in a column of the table, in the line of that nap.
cell() { awk -v nap="$1" -v column="$2" '$2 == "ms" && $1 == nap { print $column }' "$TMP/out"; }

naps_cost() {
    [ "$(cell 0 3)" -lt "$(cell 10 3)" ] &&
    [ "$(cell 10 3)" -lt "$(cell 100 3)" ] &&
    [ "$(cell 100 3)" -ge 50000 ] &&
    # Two questions a turn: 250 ms have room for 25 naps of 10 ms.
    [ "$(cell 0 5)" -gt "$(cell 1 5)" ] &&
    [ "$(cell 1 5)" -gt "$(cell 10 5)" ] &&
    [ "$(cell 10 5)" -gt "$(cell 100 5)" ] &&
    [ "$(cell 100 5)" -le 20 ] &&
    # Without a nap, a processor burns: a neighbour may take half of it.
    awk -v busy="$(cell 0 6)" -v idle="$(cell 100 6)" 'BEGIN { exit !(busy > 20 && idle < 5) }'
}

# A neighbour may take the processor for a whole row.
naps_cost_once_in_five() {
    local tries
    for tries in 1 2 3 4 5; do
        nap
        cat "$TMP/out"
        ! naps_cost || return 0
    done
    return 1
}

@test "aside: nap.c: a round trip takes a nap, and the longer it is, the fewer questions" {
    naps_cost_once_in_five
}

@test "aside: nap.c: accepted sockets left blocking, one silent client stops the server" {
    [ "${SYSTEM:-$(uname -s)}" = Linux ] || skip "elsewhere, accept may hand O_NONBLOCK on"
    nap 1
    cat "$TMP/out"
    sed -n '/^O_NONBLOCK/,$p' "$TMP/out" >"$TMP/verdict"
    diff "$TMP/verdict" - <<'END'
O_NONBLOCK on the listener, and on each accepted socket:
  accept returned a blocking socket; the flag is set
  B is answered within 200 ms
O_NONBLOCK on the listener only:
  accept returned a blocking socket
  B is not answered within 200 ms
  A leaves: B is answered
END
}

@test "aside: nap.c: wrong use" {
    own_server
    for arguments in x -1 501 '1 2' ''; do
        status=0
        # shellcheck disable=SC2086 # the words are the arguments; no word is one, too
        nap ${arguments:-''} || status=$?
        [ "$status" -eq 2 ]
        [ "$(wc -l <"$TMP/err")" -eq 1 ]
    done
    nap -h
    grep -q '^usage: nap' "$TMP/out"
}
