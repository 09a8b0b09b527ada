#!/usr/bin/env bats
# Chapter 04, its asides: events.c.
# shellcheck disable=SC2030,SC2031,SC2034 # PORT and SERVER_PID are setup's
load ../docs/lab/suite/promises

# The row of events.c that begins so, without what fills its columns.
row() { sed -n "s/^$1  *//p" "$TMP/events" | tr -s ' '; }

@test "aside: events.c: data is IN, and a descriptor that is not open is NVAL" {
    own_server
    "$PEER" exec 20 "$BATS_TEST_DIRNAME/events" >"$TMP/events"
    cat "$TMP/events"
    [ "$(row 'data has come')" = "IN OUT - 2" ]
    [ "$(row 'a descriptor that is not open')" = "NVAL NVAL EBADF" ]
}

@test "aside: events.c: an end is IN, and HUP only when both sides have ended; a reset adds ERR" {
    own_server
    [ "${SYSTEM:-$(uname -s)}" = Linux ] || skip "these rows are Linux's"
    "$PEER" exec 20 "$BATS_TEST_DIRNAME/events" >"$TMP/events"
    cat "$TMP/events"
    [ "$(row 'nothing has come')" = "OUT - EAGAIN" ]
    [ "$(row 'the peer has closed')" = "IN OUT - 0" ]
    [ "$(row 'the peer has ended its side only')" = "IN OUT - 0" ]
    [ "$(row 'both sides have ended')" = "IN OUT HUP HUP 0" ]
    [ "$(row 'the peer has reset')" = "IN OUT ERR HUP ERR HUP ECONNRESET" ]
    [ "$(row 'an urgent byte has come')" = "OUT PRI - EAGAIN" ]
    [ "$(row 'a pipe, its writer has closed')" = "HUP HUP 0" ]
    [ "$(row 'the same, with data left in it')" = "IN HUP HUP 2" ]
    [ "$(row 'a pipe, its reader has closed')" = "OUT ERR ERR EPIPE" ]
}

@test "aside: events.c -q asks, and does not answer" {
    own_server
    "$BATS_TEST_DIRNAME/events" -q >"$TMP/events"
    [ "$(wc -l <"$TMP/events")" -eq 12 ]
    [ "$(grep -c '\.\.\.\.  *\.\.\.\.  *\.\.\.\.$' "$TMP/events")" -eq 11 ]
    ! grep -E 'HUP|ERR|NVAL|EAGAIN' "$TMP/events" || return 1
}
