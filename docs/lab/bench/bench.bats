#!/usr/bin/env bats
# The instruments that measure: load, limit, waitcost, and the bench's table. No test
# asserts a speed.
# shellcheck disable=SC2030,SC2031,SC2034 # PORT and SERVER are setup's
load ../suite/promises
LOAD=$ROOT/docs/lab/bench/load

setup_file() {
    [ "$(uname -s)" = Linux ] || skip "load looks at Linux"
}

# One row of load's table, the headings as names: field NAME reads it.
measure() {
    "$PEER" exec 30 "$LOAD" -T x "$@" </dev/null >"$TMP/row" 2>"$TMP/err" || {
        cat "$TMP/err"
        return 1
    }
    cat "$TMP/row"
}
field() {
    "$LOAD" -H | awk -F '\t' -v name="$1" -v row="${2:-1}" '
        NR == FNR { for (i = 1; i <= NF; i++) if ($i == name) column = i; next }
        FNR == row { print $column }' - "$TMP/row"
}
# holds EXPRESSION: of numbers, for awk.
holds() { awk "BEGIN { exit !($1) }" || { echo "not so: $1" && return 1; }; }

# sleeps_once_in PROGRAM CLIENTS LEAST: it falls asleep about once for an echo. Where it
# had to wait for a processor, the next bytes are there: one quiet try of ten will do.
sleeps_once_in() {
    local tries
    for tries in 1 2 3 4 5 6 7 8 9 10; do
        measure -n 400 -c "$2" -w 0 -- "$1"
        holds "$(field sleeps) > $3 && $(field sleeps) < 1.5" && return
    done
    return 1
}

# server_with LINE: chapter 05's server, with LINE behind its recv, in $TMP/wrong.
server_with() {
    awk -v line="$1" '{ print } /narrate\("recv"/ { print line }' \
        "$ROOT/05-epoll/server.c" >"$TMP/wrong.c"
    cc -o "$TMP/wrong" "$TMP/wrong.c"
}

@test "load: so many messages were asked for, so many came back, in each mode" {
    measure -n 300 -c 3 -w 0 -- "$ROOT/05-epoll/server"
    [ "$(field messages)" -eq 300 ]
    measure -n 300 -c 3 -w 0 -m lockstep -d 4 -- "$ROOT/04-poll/server"
    [ "$(field messages)" -eq 300 ]
    measure -n 300 -c 3 -w 0 -m open -r 20000 -- "$ROOT/06-edge-triggered/server"
    [ "$(field messages)" -eq 300 ]
    measure -n 300 -c 3 -w 0 -m churn -- "$ROOT/01-blocking/server"
    [ "$(field messages)" -eq 300 ]
    measure -m accept -c 300 -- "$ROOT/03-select/server"
    [ "$(field messages)" -eq 300 ]
}

@test "load: one row for each pair of numbers, in the order asked for" {
    measure -c 1,5 -i 0,20 -t 20 -w 0 -k 2 -s 2000 -d 3 -- "$ROOT/05-epoll/server"
    [ "$(cut -f 3,4 "$TMP/row" | tr '\t\n' ': ')" = '1:0 1:0 1:20 1:20 5:0 5:0 5:20 5:20 ' ]
    [ "$(field size)/$(field depth)" = 2000/3 ]
    holds "$(field p50_us) > 0 && $(field p50_us) <= $(field p99_us) && $(field p99_us) <= $(field max_us)"
    holds "$(field cpu_us) > 0 && $(field rate) > 0"
}

@test "load: a byte that is wrong, lost, too many, or that never comes, ends it with 1" {
    local line
    for line in 'static long k; if (received > 0 && ++k == 50) c->buf[received - 1] ^= 1;' \
        'static long k; if (received > 0 && ++k == 50) received--;' \
        'static long k; if (received > 0 && ++k == 50) received++;' \
        'static long k; if (received > 0 && ++k == 50) received = 0;'; do
        server_with "$line"
        run "$PEER" exec 30 "$LOAD" -P 800 -n 200 -c 2 -w 0 -- "$TMP/wrong"
        echo "$line: $output"
        [ "$status" -eq 1 ]
        [[ "$output" =~ came\ back\ as|more\ came\ back|have\ not\ come\ back|the\ end\ of ]]
    done
    # The second client of chapter 01 waits for ever.
    run "$PEER" exec 30 "$LOAD" -P 300 -c 2 -- "$ROOT/01-blocking/server"
    [ "$status" -eq 1 ]
    [[ "$output" =~ 1\ of\ 2\ messages\ have\ not\ come\ back ]]
}

@test "load: what a stopped server costs: hidden in a closed loop, seen in an open one" {
    local closed
    measure -t 600 -w 0 -z 200 -- "$ROOT/05-epoll/server"
    closed=$(field p99_us)
    holds "$(field max_us) > 190000"
    measure -t 600 -w 0 -z 200 -m open -r 2000 -- "$ROOT/05-epoll/server"
    holds "$(field p99_us) > 150000 && $closed < 100000"
}

@test "load: it falls asleep once for an echo in chapter 01, and never in chapter 02" {
    sleeps_once_in "$ROOT/01-blocking/server" 1 .5
    measure -n 400 -c 1 -w 0 -- "$ROOT/02-nonblocking/server"
    holds "$(field sleeps) < .1"
}

@test "load: the server's children and threads are counted with it" {
    sleeps_once_in "$ROOT/01-blocking/fork" 4 .2
    holds "$(field cpu_us) > .5 && $(field own_kib) > 40"
    sleeps_once_in "$ROOT/01-blocking/thread" 4 .2
    holds "$(field cpu_us) > .5"
}

@test "load: where no port is left, another address has its own" {
    command -v ip >"$TMP/which" || skip "ip is not installed"
    cat >"$TMP/few" <<END
ip link set lo up && echo 40000 40040 >/proc/sys/net/ipv4/ip_local_port_range &&
    exec "$LOAD" -T x -c 100 -n 200 -w 0 -- "$ROOT/05-epoll/server"
END
    unshare -rn true 2>"$TMP/err" || skip "no network namespace may be made here"
    "$PEER" exec 30 unshare -rn sh "$TMP/few" </dev/null >"$TMP/row"
    [ "$(field messages)" -eq 200 ]
}

@test "load: a server that runs is measured by its process, and left alone" {
    SERVER="'$ROOT/05-epoll/server'"
    start_server
    measure -n 100 -w 0 -p "$SERVER_PID" "$PORT"
    holds "$(field cpu_us) > 0"
    play "connect A" 'ask A still there?\n'
    stop_server
}

@test "load, limit, waitcost, bench, rivals: wrong use is refused in one line, -h helps" {
    local words
    while read -r words; do
        # shellcheck disable=SC2086 # the words are arguments
        run "$PEER" exec 20 $ROOT/docs/lab/bench/$words
        echo "$words: $status: $output"
        [ "$status" -eq 2 ]
        [ "${#lines[@]}" -eq 1 ]
    done <<END
load
load 0
load -c 0 80
load -c 5,5 80
load -c x 80
load -m fast 80
load -m open 80
load -r 5 80
load -z 5 80
load -m lockstep -s 20000 80
load -m churn -i 3 80
load -C 1 80
load -p 99999999 80
load -- /nonexistent/server
limit 5
limit 0 80
waitcost 0
waitcost 10 10
waitcost 99999
bench now
rivals now
bench-table
bench-plot /nonexistent
bench-says /nonexistent
END
    for words in load limit waitcost bench rivals; do
        run "$PEER" exec 20 "$ROOT/docs/lab/bench/$words" -h
        [ "$status" -eq 0 ]
        [[ "$output" =~ usage ]]
    done
}

@test "limit, waitcost: each builds from its one file, as its first lines say" {
    mkdir -p "$TMP/docs/lab/bench" "$TMP/docs/claims"
    cp "$ROOT"/docs/lab/bench/{limit,waitcost}.c "$TMP/docs/lab/bench"
    cp "$ROOT/docs/claims/experiment.h" "$TMP/docs/claims"
    cd "$TMP/docs/lab/bench"
    cc limit.c -o limit # it needs nothing but POSIX
    cc -D_POSIX_C_SOURCE=200809L waitcost.c -o waitcost
}

@test "limit: recv and send, and nothing else" {
    command -v strace >"$TMP/which" || skip "strace is not installed"
    measure -m lockstep -c 5 -n 200 -w 0 -- strace -D -qq -o "$TMP/calls" "$ROOT/docs/lab/bench/limit" 5
    # From the first message of the 5 on: 205 echoes, without the end.
    awk '/^(recvfrom|sendto)/ { print substr($1, 1, 4) }' "$TMP/calls" >"$TMP/moves"
    sed -n '/^recvfrom/,$p' "$TMP/calls" | grep -c '^[a-z]*poll\|^select\|^pselect\|^epoll' >"$TMP/waits" || true
    [ "$(grep -c send "$TMP/moves")" -eq 205 ]
    [ "$(cat "$TMP/waits")" -eq 0 ]
}

@test "waitcost: select ends at its limit; poll looks at all, epoll at who is ready" {
    "$PEER" exec 30 "$ROOT/docs/lab/bench/waitcost" 10 1000 1200 >"$TMP/costs"
    cat "$TMP/costs"
    [ "$(grep -c '^poll' "$TMP/costs")" -eq 9 ]
    [ "$(awk '$1 == "select"' "$TMP/costs" | cut -f 2 | sort -n | tail -n 1)" -eq 1000 ]
    awk '{ ns[$1, $2, $3 == 0 ? 0 : $3 == 1 ? 1 : "all"] = $4 }
        END { exit !(ns["poll", 1000, 1] > 8 * ns["poll", 10, 1] &&
            ns["epoll_wait", 1000, 0] < 4 * ns["epoll_wait", 10, 0] &&
            ns["epoll_wait", 1000, "all"] > ns["poll", 1000, "all"]) }' "$TMP/costs"
}

# row SERVER BUSY IDLE SIZE CPU RATE: as load would print it.
row() {
    printf '%s\tclosed\t%s\t%s\t%s\t1\t100\t0.1\t%s\t10\t20\t30\t40\t%s\t0\t99\t99\t%s\t%s\n' \
        "$1" "$2" "$3" "$4" "$6" "$5" "$((100 + 4 * $3))" "$((5000 + 6 * $3))"
}

# A bench of which we know what the table must say.
small_bench() {
    local f
    mkdir "$TMP/bench"
    printf 'call\twatched\tready\tns\npoll\t10\t10\t700\nepoll_wait\t10\t10\t1400\n' >"$TMP/bench/wait.tsv"
    for f in busy idle together bulk flood0 flood1 churn; do
        "$LOAD" -H >"$TMP/bench/$f.tsv"
    done
    {
        row 04 10 0 64 6.00 1
        row 05 10 0 64 8.00 1
        row 05 10 0 64 4.00 1
        row 04 1000 0 64 9.00 1
        row 05 1000 0 64 4.00 1
    } >>"$TMP/bench/busy.tsv"
    { row 05 10 0 64 5.00 1 && row 05 10 1000 64 5.00 1; } >>"$TMP/bench/idle.tsv"
    { row limit 10 0 64 4.00 1 && row 05 10 0 64 5.00 1; } >>"$TMP/bench/together.tsv"
    { row 05 1 0 16384 4 1000 && row 05 1 0 16384 4 2000; } >>"$TMP/bench/bulk.tsv"
    row 05 10 0 64 30 25000 >>"$TMP/bench/churn.tsv"
    printf '05\t1\tsendto\t1.000\n05\t1\trecvfrom\t1.000\n05\t1\tepoll_wait\t1.020\n' >"$TMP/bench/calls.tsv"
}

@test "bench: the table has the least of all rounds, its ratio, and fits 80 columns" {
    small_bench
    "$ROOT/docs/lab/bench/bench-table" "$TMP/bench" >"$TMP/table"
    cat "$TMP/table"
    grep -Eq '^04 poll +6\.00  1\.50 +9\.00  2\.25$' "$TMP/table"
    grep -Eq '^05 epoll +4\.00  1\.00 +4\.00  1\.00$' "$TMP/table"
    grep -Eq '^05 epoll +5\.00  1\.25$' "$TMP/table" # (c), to the limit
    grep -Eq '^05 epoll +3\.02 +-   1\.02 epoll_wait, 1 recvfrom, 1 sendto$' "$TMP/table"
    grep -Eq '^05 epoll +33$' "$TMP/table" # (e), the most of all rounds
    grep -Eq '^05 epoll +1,000 +4\.0 +6\.0$' "$TMP/table"
    [ -z "$(awk 'length > 80' "$TMP/table")" ]
    rm "$TMP/bench/calls.tsv"
    "$ROOT/docs/lab/bench/bench-table" "$TMP/bench" | grep -q 'strace is not installed'
}

@test "bench: three sentences at the end; noise and a loaded machine are said" {
    small_bench
    {
        row 04 10 0 64 6.00 1 && row 04 10 4000 64 60.00 1 && row 04 10 9000 64 99.00 1
        row 05 10 4000 64 5.50 1 && row 05 10 4000 64 7.00 1
    } >>"$TMP/bench/idle.tsv"
    { row 04 1000 0 64 5.00 1 && row 05 1000 0 64 6.25 1; } >>"$TMP/bench/together.tsv"
    { row 01 1 0 64 8.00 1 && row 05 1 0 64 10.00 1; } >>"$TMP/bench/busy.tsv"
    "$ROOT/docs/lab/bench/bench-says" "$TMP/bench" >"$TMP/said"
    cat "$TMP/said"
    [ "$(grep -c '^- ' "$TMP/said")" -eq 3 ]
    # 9,000 was measured for one of the two alone.
    grep -q '4000 idle ones make an echo 10 times as dear for poll (04),' "$TMP/said"
    grep -q 'and 1.10 times for epoll (05)' "$TMP/said"
    grep -q 'ready at once, poll costs 0.80 of' "$TMP/said"
    grep -q '(01) costs 0.80 of' "$TMP/said"
    ! grep -q WARNING "$TMP/said" || return 1
    echo '3.90 2' >"$TMP/bench/load"
    { row 05 10 0 64 7.00 1 && row 05 10 0 64 8.00 1; } >>"$TMP/bench/busy.tsv"
    "$ROOT/docs/lab/bench/bench-says" "$TMP/bench" >"$TMP/said"
    grep -q '^WARNING: 3 of 4 rounds' "$TMP/said"
    grep -q '^WARNING: the load was 3.90 on 2 cores' "$TMP/said"
    # A memory below nothing is noise, not a number.
    awk -F '\t' 'BEGIN { OFS = FS } $4 == 4000 && $1 == "05" { $18 = 50; $19 = 4000 } { print }' \
        "$TMP/bench/idle.tsv" >"$TMP/new" && cp "$TMP/new" "$TMP/bench/idle.tsv"
    "$ROOT/docs/lab/bench/bench-table" "$TMP/bench" | grep -Eq '^05 epoll +4,000 +noise +noise$'
}

@test "bench: a plot has a title, a description, and every server's name" {
    command -v gnuplot >"$TMP/which" || skip "gnuplot is not installed"
    small_bench
    row 05 10 16000 64 5.00 1 >>"$TMP/bench/idle.tsv"
    row 04 10 16000 64 300 1 >>"$TMP/bench/idle.tsv"
    printf '%s\t10\t1\t700\n' poll epoll_wait >>"$TMP/bench/wait.tsv"
    row 05 1 0 64 4 1000 >>"$TMP/bench/bulk.tsv"
    "$ROOT/docs/lab/bench/bench-plot" "$TMP/bench" >"$TMP/said"
    grep -q '05 epoll' "$TMP/said"
    local f
    for f in idle busy wait bulk; do
        grep -q '<title id="title">' "$TMP/bench/$f.svg"
        grep -q '<desc id="desc">' "$TMP/bench/$f.svg"
        grep -q 'prefers-color-scheme: dark' "$TMP/bench/$f.svg"
    done
    grep -q '04 poll' "$TMP/bench/busy.svg"
    [ -z "$(ls "$TMP"/bench/*.raw "$TMP"/bench/*.gp 2>"$TMP/none")" ]
}

@test "bench: without gnuplot, one line says so" {
    small_bench
    mkdir "$TMP/bin"
    local tool
    for tool in sh awk sort rm cat; do ln -s "$(command -v $tool)" "$TMP/bin/$tool"; done
    PATH=$TMP/bin run "$ROOT/docs/lab/bench/bench-plot" "$TMP/bench"
    [ "$status" -eq 0 ]
    [ "${#lines[@]}" -eq 1 ]
    [[ "$output" =~ gnuplot\ is\ not\ installed ]]
}
