#!/usr/bin/env bats
# Exercise 4.4: what one sends goes to all the others, with bounded memory.
# shellcheck disable=SC2030,SC2031,SC2034 # SERVER is start_server's
load ../../docs/lab/suite/promises
SERVER="'$BATS_TEST_DIRNAME/../server' -v"

@test "what one sends goes to all the others, and not back" {
    start_server
    # That C is heard proves that all three have been accepted.
    play "connect A" "connect B" "connect C" "send C in" "expect A in" "expect B in" \
        'send A hello\n' 'expect B hello\n' 'expect C hello\n' 'send B hi\n' 'expect A hi\n' \
        'expect C hi\n' "silence A.0 50" "silence B.0 50" "silence C.0 50" "idle 5 100" \
        "close A" "close B" "send C alone" "silence C.0 50" "close C" "descriptors"
}

@test "in one wake twenty reset, and one talks and ends: who stays hears it" {
    start_server
    play "connect A" "connect R 20" "connect B" "connect C" "send C in" "expect A in" "expect R in" \
        "expect B in" "stop" "reset R" "finish C c" "continue" "expect A c" "expect B c" "gone C" \
        "send B b" "expect A b" "close A" "close B" "close C" "descriptors" "alive"
}

soon() {
    local until=$((SECONDS + 2))
    until "$@"; do
        [ "$SECONDS" -lt "$until" ] || { echo "not in time: $*" && return 1; }
        sleep 0.01
    done
}
# A talks, B reads, D does not. A's lines are 128 bytes each; a piece is 512 of them.
PIECE=65536
three_come() {
    start_server
    LC_ALL=C seq -f '%0127.0f' 102400 >"$TMP/lines"
    exec 5<"$TMP/lines" 6<>"/dev/tcp/127.0.0.1/$PORT" 7<>"/dev/tcp/127.0.0.1/$PORT" \
        8<>"/dev/tcp/127.0.0.1/$PORT"
    "$PEER" exec 15 cat <&7 >"$TMP/b" &
    SENT=0
    soon accepted 4 # with the one that start_server sends
}
accepted() { [ "$(grep -c '(new client)$' "$TMP/out")" -ge "$1" ]; }
# A sends a piece, and B gets it: so no more than a piece waits for B at any time.
a_piece() {
    local until=$((SECONDS + 2))
    dd bs="$PIECE" count=1 <&5 >&6 2>"$TMP/dd"
    SENT=$((SENT + PIECE))
    until [ "$(wc -c <"$TMP/b")" -ge "$SENT" ]; do
        [ "$SECONDS" -lt "$until" ] || { echo "B did not get byte $SENT" && return 1; }
    done
}
# Less has been sent to one than to the other.
one_is_behind() {
    awk '/^send .* bytes$/ { sum[$3] += $5 }
        END { for (fd in sum) { n++; if (!least || sum[fd] < least) least = sum[fd]
                  if (sum[fd] > most) most = sum[fd] }
              exit !(n == 2 && least < most) }' "$TMP/out"
}
closed() { grep -c '^close ' "$TMP/out"; }
pieces_until() {
    until "$@"; do
        [ "$SENT" -lt $((PIECE * 190)) ] || { echo "not after $SENT bytes: $*" && return 1; }
        a_piece || return 1
    done
}
has_all() { [ "$(wc -c <"$TMP/$1")" -eq "$SENT" ] && head -c "$SENT" "$TMP/lines" | cmp - "$TMP/$1"; }

@test "who reads late gets all of it, also what has waited in the server" {
    three_come
    pieces_until one_is_behind
    "$PEER" exec 15 cat <&8 >"$TMP/d" &
    soon has_all d
    has_all b
    [ "$(closed)" -eq 1 ] # the one that start_server has sent
}

@test "who never reads is closed; the others get each byte, and the memory is bounded" {
    three_come
    mkfifo "$TMP/hold"
    "$PEER" -p "$SERVER_PID" "$PORT" "say ready" "hold" "memory 1024" <"$TMP/hold" >"$TMP/said" 2>&1 &
    watcher=$!
    exec 9>"$TMP/hold"
    soon grep -q ready "$TMP/said"
    one_closed() { [ "$(closed)" -ge 2 ]; }
    pieces_until one_closed
    a_piece # the talk goes on
    exec 9>&-
    wait "$watcher" || { cat "$TMP/said" && false; }
    has_all b
    # What D can read now ends.
    "$PEER" exec 5 cat <&8 >"$TMP/d" 2>"$TMP/reset" || [ "$?" -eq 1 ]
    [ "$(wc -c <"$TMP/d")" -lt "$SENT" ]
    play "idle 5 100"
}
