#!/usr/bin/env bats
# What pages beside the chapters say can be run and looked up: docs/io-models.md, the
# glossary, and of docs/under-attack.md, what a stranger can reach: who listens, and for
# whom; what of a client's bytes comes to the screen. (What takes longer is in
# ../attack/exposure.bats.) Run by `make check`.
# shellcheck disable=SC2015,SC2030,SC2031,SC2034 # SERVER, PORT and SERVER_PID are setup's
load ../suite/promises
unset SERVER CLIENT
PAGE=$ROOT/docs/io-models.md
TRY=$ROOT/docs/claims

linux_only() {
    [ "${SYSTEM:-$(uname -s)}" = Linux ] || skip "it looks at Linux: proc(5)"
}

# The programs that the page names for the model $1, in its row of the table.
programs() {
    sed -n "s/^| \*\*$1\*\* |//p" "$PAGE" | grep -o '](\([^)]*\)\.c)' |
        sed 's/^](/docs\//; s/\.c)$//'
}

# One line comes back from the server $1.
echoes() {
    SERVER="'$1'"
    start_server && play "connect A" 'ask A hello\n' && stop_server
}

# All that the page names for the model $1 is built, and runs. An experiment that
# ends with 2 could not be set up here: some systems forbid io_uring.
runs() {
    local program status found='' forbidden=''
    for program in $(programs "$1"); do
        program=$ROOT/$program
        [ -x "$program" ] || { echo "not built: $program" && return 1; }
        found=1
        case $program in
        */server) echoes "$program" || return 1 ;;
        *)
            status=0
            "$PEER" exec 20 "$program" </dev/null >"$TMP/said" 2>"$TMP/err" || status=$?
            case $status in
            0) [ -s "$TMP/said" ] || return 1 ;;
            2) forbidden="$forbidden$(cat "$TMP/err")" ;;
            *) echo "$program: status $status" && cat "$TMP/said" "$TMP/err" && return 1 ;;
            esac
            ;;
        esac
    done
    [ -n "$found" ] || { echo "no program is named" && return 1; }
    [ -z "$forbidden" ] || skip "$forbidden"
}

@test "models: blocking: the page names a program, and it runs" { runs blocking; }
@test "models: non-blocking: the page names a program, and it runs" { runs non-blocking; }
@test "models: multiplexing: the page names programs, and they run" {
    linux_only
    runs multiplexing
}
@test "models: signal-driven: the page names a program, and it runs" {
    linux_only
    runs signal-driven
}
@test "models: asynchronous: the page names programs, and they run" {
    linux_only
    runs asynchronous
}

@test "models: a process costs more memory than a thread, a thread more than a registration" {
    linux_only
    "$PEER" exec 20 "$TRY/cost" </dev/null >"$TMP/said"
    cat "$TMP/said"
    # Not the verdict of the program: the numbers in the columns "own pages" and "page
    # tables". The others are counted for the whole system, where other tests run, too.
    awk '/^a process / { process = $(NF - 5) + $(NF - 4) }
         /^a thread / { thread = $(NF - 5) + $(NF - 4) }
         /^a registration in epoll / { registration = $(NF - 5) + $(NF - 4) }
         END { exit !(process > 3 * thread && thread > 4 && registration < 1) }' "$TMP/said"
}

@test "models: cost leaves no process behind, and refuses wrong use" {
    linux_only
    "$PEER" exec 20 "$TRY/cost" 101 </dev/null >"$TMP/said"
    nobody_left() { [ -z "$(pgrep -f "^$TRY/cost 101")" ]; }
    eventually nobody_left
    "$TRY/cost" -h | grep -q usage
    for arguments in 99 x '100 100' 1001; do
        status=0
        # shellcheck disable=SC2086 # the words are the arguments
        "$TRY/cost" $arguments >"$TMP/said" 2>"$TMP/err" || status=$?
        [ "$status" -eq 2 ]
        [ "$(wc -l <"$TMP/err")" -eq 1 ]
    done
}

@test "glossary: 50 rows and more, in order, each with five cells" {
    sed -n 's/^| //p' "$ROOT/docs/glossary.md" | sed 1d >"$TMP/rows"
    [ "$(wc -l <"$TMP/rows")" -ge 50 ]
    awk -F ' [|] ?' '
        NF != 6 || $6 != "" { print "not five cells: " $0; bad = 1 }
        { for (i = 1; i <= 5; i++) if ($i ~ /^ *$/) { print "empty: " $0; bad = 1 } }
        $4 !~ /^\[.*\]\(.*\)$/ { print "no chapter: " $0; bad = 1 }
        END { exit bad }' "$TMP/rows"
    sed 's/ |.*//; s/`//g' "$TMP/rows" | tr '[:upper:]' '[:lower:]' >"$TMP/terms"
    LC_ALL=C sort -u "$TMP/terms" | cmp - "$TMP/terms"
}

# Every program that serves until it is ended: a command that takes a port.
services() {
    local name
    for name in 01-blocking/server 01-blocking/fork 01-blocking/thread 02-nonblocking/server \
        03-select/server 04-poll/server 05-epoll/server 05-epoll/callbacks 05-epoll/queue \
        06-edge-triggered/server 06-edge-triggered/trace; do
        echo "'$ROOT/$name'"
    done
    ! command -v python3 >"$TMP/which" || echo "python3 '$ROOT/docs/lab/suite/naive.py'"
}

# The addresses, in hexadecimal, that a process listens on: the sockets in state 0A
# of proc(5), /proc/net/tcp, whose inodes are among its descriptors.
listening() {
    local fd
    for fd in "/proc/$1/fd/"*; do readlink "$fd"; done |
        awk 'FILENAME == "-" { gsub(/[^0-9]/, ""); mine[$0] = 1; next }
             $4 == "0A" && ($10 in mine) { print $2 }' - /proc/net/tcp /proc/net/tcp6
}

# It listens, and each address is 127.x.y.z. The kernel prints the four bytes as a
# number, so that the 127 (7F) stands first or last.
on_loopback_only() {
    local addresses
    addresses=$(listening "$1")
    [ -n "$addresses" ] && ! echo "$addresses" | grep -Eqv '^(7F.{6}|.{6}7F):' || {
        echo "it listens on: $addresses"
        return 1
    }
}

# Starts chat.c with a keyboard that says nothing.
start_chat() {
    mkfifo "$TMP/keys"
    exec 7<>"$TMP/keys"
    "$PEER" exec "$MOST_SECONDS" "$ROOT/03-select/chat" 0 <&7 >"$TMP/out" 2>"$TMP/err" 7>&- &
    SERVER_PID=$!
    exec 7>&-
    eventually read_port
}

# All byte values in one line, and what would give a terminal another title.
stranger() {
    "$PEER" -t "$PATIENCE" "$PORT" "connect A" "bytes A" \
        "ask A $(printf '\033]0;owned\007\033[2J\233 to the end')"'\n' "$@"
}

# The file holds text only: no control character but tab and newline, no byte above 126.
is_plain() { [ "$(tr -d '\11\12\40-\176' <"$1" | wc -c)" -eq 0 ]; }

@test "exposure: whoever serves does so on 127.0.0.1 only, and prints nothing raw, also with -v" {
    linux_only
    while read -r SERVER; do
        case $SERVER in *naive.py* | *trace*) ;; *) SERVER="$SERVER -v" ;; esac
        start_server && on_loopback_only "$SERVER_PID" && stranger "half-close A" "eof A" ||
            { echo "$SERVER" && return 1; }
        case $SERVER in *-v) grep -q '^recv' "$TMP/out" ;; esac
        is_plain "$TMP/out" && is_plain "$TMP/err" || { echo "$SERVER" && od -c "$TMP/out" && return 1; }
        stop_server
    done < <(services)
}

@test "exposure: no source names the address that is all addresses" {
    cd "$ROOT"
    # A trap, and a bug, may do so: that is what they show.
    run grep -rnE 'INADDR_ANY|in6addr_any|IN6ADDR_ANY|AI_PASSIVE|[^0-9.]0\.0\.0\.0|"::"' \
        --include='*.c' --include='*.h' --include='*.py' --include='*.cfg' --include='*.sh' --exclude-dir=build .
    [ "$status" -eq 1 ] || { echo "$output" && return 1; }
}

@test "exposure: chat.c listens on 127.0.0.1 only, and shows a question mark for what is no character" {
    linux_only
    start_chat
    on_loopback_only "$SERVER_PID"
    "$PEER" "$PORT" "connect A" "send A $(printf '\033]0;owned\007\033[2J\233 to the end')"'\n' "close A"
    eventually grep -q 'to the end' "$TMP/out"
    is_plain "$TMP/out" && is_plain "$TMP/err"
    grep -q '?]0;owned??\[2J? to the end' "$TMP/out"
}

@test "exposure: the peer tells what came without printing it raw" {
    SERVER="'$ROOT/01-blocking/server'"
    start_server
    ! "$PEER" -t 100 "$PORT" "connect A" "send A $(printf '\033[2J\001\233')" "expect A hello" 2>"$TMP/told" || return 1
    grep -q came "$TMP/told"
    is_plain "$TMP/told"
}

# --- errata: what the documents' own programs do wrong, and no promise saw ----------
# Runs a command with each of the servers that serve many at once.
each_server() {
    local chapter
    for chapter in 02-nonblocking 03-select 04-poll 05-epoll 06-edge-triggered; do
        [ -x "$ROOT/$chapter/server" ] || continue
        SERVER="'$ROOT/$chapter/server'"
        "$@" || { echo "$chapter" && return 1; }
        stop_server
    done
}

# The first hundred clients make the heap as large as a hundred need. The same again,
# ten times, need no more.
hundreds() {
    local i=0 steps=()
    while [ $((i += 1)) -le 10 ]; do
        steps+=("connect A$i 100" "send A$i x" "expect A$i x" "close A$i" "connect Z$i" "ask Z$i x" "close Z$i")
    done
    start_server && play "${steps[@]:0:7}" "descriptors" && play "${steps[@]}" "descriptors" "memory 1024"
}
@test "errata: a client that has left leaves no memory behind (02 to 06)" {
    [ -z "${SANITIZE:-}" ] || skip "the sanitizer keeps freed memory for a while"
    each_server hundreds
}

# Alone, nothing but the urgent byte wakes the server: it is no data, no end, no error.
urgent_alone() {
    start_server && play "connect A" "ask A x" "urgent A !" "silence A 20" "ask A y" \
        "urgent A !" "silence A 20" "finish A z" "expect A z" "eof A" "alive"
}
@test "errata: an urgent byte that comes alone harms nobody (02 to 06)" {
    each_server urgent_alone
}

@test "errata: a client asked for an empty line sends it, and prints it when it is back (01 to 06)" {
    SERVER="'$ROOT/04-poll/server'"
    start_server
    for client in "$ROOT"/0*/client; do
        printf '\n\nhello\n\n' | "$PEER" exec 10 "$client" "$PORT" >"$TMP/back"
        [ "$(od -An -c "$TMP/back" | tr -d ' ')" = '\n\nhello\n\n' ] || { echo "$client" && return 1; }
    done
}
