# What the checks of the two chats share, 4-chat.bats and 5-whole-lines.bats: A talks, B reads,
# and D does not, until it is let. They are connections of the shell: 6, 7 and 8.
# shellcheck shell=bash disable=SC2034

LINE_SIZE=500 # bytes of a line of A, which is its number, with zeros in front
PIECE=65500   # bytes: 131 of these lines; 65,536 may wait in the server

# Plays steps; where they fail, says what the cause often is.
play_or() {
    local often=$1
    shift
    play "$@" >"$TMP/report" 2>&1 || {
        cut -c 1-160 "$TMP/report"
        echo "  often:        $often"
        return 1
    }
}

three_come() {
    start_server
    LC_ALL=C seq -f "%0$((LINE_SIZE - 1)).0f" 32768 >"$TMP/lines"
    exec 5<"$TMP/lines" 6<>"/dev/tcp/127.0.0.1/$PORT" 7<>"/dev/tcp/127.0.0.1/$PORT" \
        8<>"/dev/tcp/127.0.0.1/$PORT"
    "$PEER" exec "$MOST_SECONDS" cat <&7 >"$TMP/b" &
    SENT=0
    eventually accepted 4 # with the one that start_server sends
}
accepted() { [ "$(grep -c '(new client)$' "$TMP/out")" -ge "$1" ]; }
d_reads() { "$PEER" exec "$MOST_SECONDS" cat <&8 >"$TMP/d" 2>"$TMP/d_end" & }

# talk BYTES: A sends them, and B gets them. So no more than a piece waits for B at any time.
talk() {
    dd bs="$1" count=1 <&5 >&6 2>"$TMP/dd"
    SENT=$((SENT + $1))
    eventually b_is_at "$SENT" || {
        echo "A has sent $SENT bytes, B has got $(wc -c <"$TMP/b"), and no more for $PATIENCE ms"
        if [ ! -s "$TMP/b" ]; then echo "  often:        it goes to nobody, or back to A"
        elif server_runs; then echo "  often:        it waits for D, who does not read; or B, who reads, loses bytes"
        else echo "  the server has ended"; fi
        return 1
    }
}
b_is_at() { [ "$(wc -c <"$TMP/b")" -ge "$1" ]; }
server_runs() { kill -0 "$SERVER_PID" 2>"$TMP/kill"; }
talk_until() {
    until "$@"; do
        [ "$SENT" -lt $((PIECE * 190)) ] || { echo "not after $SENT bytes of A: $*" && return 1; }
        talk "$PIECE" || return 1
    done
}

# By so many bytes, or more, less has been sent to one of the two than to the other.
one_is_behind() {
    awk -v by="$1" '/^send .* bytes$/ { sum[$3] += $5 }
        END { for (fd in sum) { n++; if (!least || sum[fd] < least) least = sum[fd]
                  if (sum[fd] > most) most = sum[fd] }
              exit !(n == 2 && most - least >= by) }' "$TMP/out"
}
closed() { grep -c '^close ' "$TMP/out"; } # with the one that start_server sends
one_closed() { [ "$(closed)" -ge 2 ]; }

# All that A has sent is in the file, and nothing else.
has_all() {
    local name=$1
    [ "$(wc -c <"$TMP/$name")" -eq "$SENT" ] && head -c "$SENT" "$TMP/lines" | cmp -s - "$TMP/$name"
}

# From here to bounded, the server's memory may grow by 1 MiB.
watch_memory() {
    mkfifo "$TMP/hold"
    "$PEER" -p "$SERVER_PID" "$PORT" "say ready" "hold" "memory 1024" \
        <"$TMP/hold" >"$TMP/said" 2>&1 &
    WATCHER=$!
    exec 9>"$TMP/hold"
    eventually grep -q ready "$TMP/said"
}
bounded() {
    exec 9>&-
    wait "$WATCHER" || {
        sed 1d "$TMP/said"
        echo "  often:        what waits for a client that does not read has no bound"
        return 1
    }
}
