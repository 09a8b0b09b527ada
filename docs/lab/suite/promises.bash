# The promises of an echo server, once for all chapters. A test.bats names those
# that its server keeps (`keeps NAME`), and asserts those that it breaks.
#
# SERVER='cmd' in the environment puts another server to the test, in any
# language: `cmd PORT` must listen on 127.0.0.1:PORT. CLIENT='cmd' likewise:
# `cmd HOST PORT`.
# shellcheck shell=bash disable=SC2015,SC2119,SC2120

ROOT=$(CDPATH='' cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
LAB=$ROOT/docs/lab
PEER=$LAB/suite/peer
CHAPTER=$(basename "$BATS_TEST_DIRNAME")
PATIENCE=${PATIENCE:-5000} # ms: what has not come by then does not come
MOST_SECONDS=60 # no server outlives this, whatever becomes of its test

setup() {
    TMP=$(mktemp -d "${TMPDIR:-/tmp}/echo.XXXXXX")
    SERVER_PID='' PORT=''
    case $CHAPTER in
    05-* | 06-*)
        [ "${SYSTEM:-$(uname -s)}" = Linux ] ||
            skip "epoll is Linux's alone; chapter 04 (poll) is the way here"
        ;;
    esac
}

teardown() {
    stop_server
    rm -rf "$TMP"
}

# Waits until a command succeeds: PATIENCE / 5 times 10 ms and what it takes itself.
eventually() {
    local tries=0
    until "$@"; do
        tries=$((tries + 1))
        [ "$tries" -lt $((PATIENCE / 5)) ] || return 1
        sleep 0.01
    done
}

# Starts the server with these arguments, on a port of the kernel's choice, and
# waits until it listens. Sets SERVER_PID and PORT. Output: $TMP/out, $TMP/err.
start_server() {
    : >"$TMP/out"
    if [ -n "${SERVER:-}" ]; then
        PORT=$("$PEER" free-port)
        "$PEER" exec "$MOST_SECONDS" sh -c "exec $SERVER $PORT" \
            </dev/null >"$TMP/out" 2>"$TMP/err" &
        SERVER_PID=$!
        eventually listens || fail_to_start
    else
        "$PEER" exec "$MOST_SECONDS" "$BATS_TEST_DIRNAME/server" "$@" "${ASK_PORT:-0}" \
            </dev/null >"$TMP/out" 2>"$TMP/err" &
        SERVER_PID=$!
        eventually read_port || fail_to_start
    fi
}

listens() { "$PEER" -t 1000 "$PORT" "connect A" "close A" 2>"$TMP/peer"; }

read_port() {
    PORT=$(sed -n 's/^listening on 127\.0\.0\.1:\([0-9]*\)$/\1/p' "$TMP/out")
    [ -n "$PORT" ]
}

fail_to_start() {
    echo "the server did not start:"
    cat "$TMP/out" "$TMP/err"
    return 1
}

stop_server() {
    [ -n "$SERVER_PID" ] || return 0
    kill -CONT "$SERVER_PID" 2>"$TMP/kill" || true
    kill -"${STOP_SIGNAL:-KILL}" "$SERVER_PID" 2>"$TMP/kill" || true
    wait "$SERVER_PID" 2>"$TMP/kill" || true
    SERVER_PID=''
}

# Plays steps against the running server: see peer.c.
play() { "$PEER" -t "$PATIENCE" -p "$SERVER_PID" "$PORT" "$@"; }

# This test is about the chapter's own program, not about a learner's.
own_server() {
    [ -z "${SERVER:-}${CLIENT:-}" ] || skip "about the chapter's own server"
}

# Makes room for that many descriptors, here and in what is started from here.
need_descriptors() {
    ulimit -Sn "$1" 2>"$TMP/ulimit" ||
        skip "needs $1 descriptors: ulimit -n allows $(ulimit -Hn)"
}

# Builds the chapter's server with a header put in front of it, and starts it.
built_with() {
    "${CC:-cc}" -include "$1" "$BATS_TEST_DIRNAME/server.c" -o "$TMP/server"
    : >"$TMP/out"
    "$PEER" exec "$MOST_SECONDS" "$TMP/server" 0 </dev/null >"$TMP/out" 2>"$TMP/err" &
    SERVER_PID=$!
    eventually read_port
}

# The step that sends a signal by its name.
signal() { echo "signal $(kill -l "$1")"; }

# The entries of the kernel's interest list: proc(5), fdinfo.
interest_list() {
    local fd
    for fd in /proc/"$SERVER_PID"/fd/*; do
        case $(readlink "$fd") in
        *eventpoll*) grep tfd "/proc/$SERVER_PID/fdinfo/${fd##*/}" ;;
        esac
    done
}

# Runs one promise, and says what it is about where it is broken.
keeps() {
    [ -z "${CLIENT:-}" ] || [ -n "${SERVER:-}" ] || skip "not under test: the server"
    if ! "promise_$1" >"$TMP/report" 2>&1; then
        echo "BROKEN: $BATS_TEST_DESCRIPTION"
        cat "$TMP/report"
        [ ! -s "$TMP/err" ] || { echo "  the server's stderr:" && tail -n 5 "$TMP/err"; }
        echo "  often:        $(often "$1")"
        echo "  explained in: $(explained "$1")"
        return 1
    fi
}

# The promises are put to another program of this chapter: an aside.
aside() {
    own_server
    SERVER="'$BATS_TEST_DIRNAME/$1'"
}

keeps_all() {
    local promise
    for promise in "$@"; do
        keeps "$promise" || return 1
        stop_server
    done
}
keeps_all_echo() { keeps_all line empty_line byte_values byte_by_byte messages no_stall both_ways; }
keeps_all_ends() {
    keeps_all data_and_fin half_close goodbye reset_before_data reset_after_data \
        reset_in_mid_send reset_200 urgent
}
keeps_all_others() { keeps_all silent never_reads reverse flooder burst thousand; }
keeps_all_limits() { keeps_all descriptors idle idle_100 crowd; }
keeps_all_surroundings() {
    keeps_all sigpipe terminates stdout_closed stdout_dead restart port_in_use bad_port loopback
}

# A thousand clients, one after the other, leave nothing behind.
gives_memory_back() {
    [ -z "${SANITIZE:-}" ] || skip "the sanitizer keeps freed memory for a while"
    local i=0 steps=()
    while [ $((i += 1)) -le 1000 ]; do
        steps+=("connect A$i" 'ask A'"$i"' hello\n' "close A$i")
    done
    start_server && play "${steps[@]}" "descriptors" "memory 1024"
}

# What the cause often is, where a promise is broken.
often() {
    case $1 in
    line | empty_line) echo "it answers only when a buffer is full, or not what it got" ;;
    byte_values) echo "bytes are taken for a C string (strlen, %s), or decoded as text" ;;
    byte_by_byte) echo "it waits for more than there is before it answers" ;;
    messages) echo "one recv is taken for one message; a short send is ignored" ;;
    no_stall) echo "the reply leaves in small pieces, and TCP_NODELAY is not set" ;;
    both_ways) echo "a short send is ignored; it waits inside send; one recv per edge" ;;
    data_and_fin | half_close) echo "recv's 0 closes at once, and what is owed is lost" ;;
    goodbye) echo "recv's 0 is not taken for the end: the connection is never closed" ;;
    reset_*) echo "ECONNRESET, EPIPE or SIGPIPE ends the server, or a descriptor leaks" ;;
    urgent) echo "an exceptional condition is taken for an error, or for drained" ;;
    silent) echo "it waits inside recv for one client, and the others wait with it" ;;
    never_reads*) echo "it waits inside send; or queues without bound; or drops the rest" ;;
    reverse | in_turn) echo "replies go to the wrong client, or only to the first one" ;;
    flooder) echo "one client is read until it has no more: a turn has no budget" ;;
    nine_hundred | thousand | ten_thousand | crowd)
        echo "a table of fixed size, FD_SETSIZE, ulimit -n, or a small backlog"
        ;;
    burst) echo "one accept per report, where arrivals are reported together" ;;
    descriptors*) echo "EMFILE ends it, or it spins: the listener stays readable" ;;
    idle*) echo "it asks without sleeping; or interest in OUT is always on" ;;
    stop_and_continue) echo "EINTR is taken for an error" ;;
    sigpipe) echo "SIGPIPE is not ignored: send to a client that left ends it" ;;
    stdout_*) echo "a failed write to stdout ends it, or goes to a client" ;;
    restart) echo "SO_REUSEADDR is not set before bind" ;;
    loopback) echo "it binds 0.0.0.0, which is every address, not 127.0.0.1" ;;
    terminates) echo "the signal sets a flag, and the wait is begun again" ;;
    *) echo "the result of a call is not looked at" ;;
    esac
}

# Where the notes explain a promise.
explained() {
    case $1 in
    line | empty_line | byte_values | byte_by_byte) echo "01-blocking/README.md, \"The step\"" ;;
    data_and_fin | half_close | goodbye | reset_* | never_reads*) echo "02-nonblocking/README.md, \"What the kernel does\"" ;;
    messages | both_ways | silent | reverse) echo "02-nonblocking/README.md, \"The step\"" ;;
    idle*) echo "03-select/README.md, \"The idea\"" ;;
    descriptors*) echo "03-select/README.md, \"The step\"" ;;
    crowd | thousand | ten_thousand) echo "04-poll/README.md, \"The step\"" ;;
    burst | flooder | urgent) echo "06-edge-triggered/README.md, \"The step\"" ;;
    *) echo "01-blocking/README.md, \"The step\"" ;;
    esac
}

# --- echo: what is sent comes back, byte for byte, in order ------------------
promise_line() { start_server && play "connect A" 'ask A hello\n'; }
promise_empty_line() { start_server && play "connect A" 'ask A \n' 'ask A \n'; }
promise_byte_values() { start_server && play "connect A" "bytes A"; }
promise_byte_by_byte() {
    start_server && play "connect A" 'dribble A one byte at a time, each back before the next\n'
}
promise_messages() { start_server && play "connect A" "pipeline A 1000"; }
# A message that is larger than the server's buffer goes back in pieces. Without
# TCP_NODELAY the second piece waits for the ACK of the first, 40 ms each time.
promise_no_stall() {
    local i=0 steps=()
    while [ $((i += 1)) -le 100 ]; do steps+=("exchange A 20000"); done
    start_server && play "connect A" "hurry 2000" "${steps[@]}" "exchange A 1"
}
promise_both_ways() { start_server && play "connect A" "exchange A 64MiB"; }

# --- ends: no way to leave harms the server, or loses what is owed -----------
still_serves() { play "connect Z" 'ask Z still here?\n' "alive"; }

promise_data_and_fin() {
    start_server && play "connect A" 'finish A goodbye' 'expect A goodbye' "eof A" &&
        # The same while the server is stopped: both reach it in one wake.
        play "connect A" 'ask A hello' "stop" 'finish A goodbye' "continue" \
            'expect A goodbye' "eof A" &&
        still_serves
}
promise_half_close() {
    start_server && play "connect A" "pour A 1MiB" "half-close A" "collect A" "eof A" &&
        still_serves
}
# Who serves Z has accepted all that came before: only then is there something to count.
gone=("connect Z" 'ask Z still there?\n' "close Z" "descriptors")
promise_goodbye() {
    start_server && play "connect A 50" "close A" "${gone[@]}" && still_serves
}
promise_reset_before_data() {
    start_server && play "connect A 50" "reset A" "${gone[@]}" && still_serves
}
promise_reset_after_data() {
    start_server && play "connect A 50" "send A hello" "reset A" "${gone[@]}" && still_serves
}
promise_reset_in_mid_send() {
    start_server && play "connect A" "pour A 64MiB" "reset A" "${gone[@]}" && still_serves
}
promise_reset_200() {
    start_server && play "stop" "connect A 200" "send A hello" "reset A" "continue" "${gone[@]}" && still_serves
}
promise_urgent() {
    start_server && play "connect A" "urgent A !" 'send A ab' "urgent A !" 'send A cd' \
        'expect A abcd' "close A" "connect B" 'ask B x' "stop" "send B ab" "urgent B !" \
        "send B cd" "continue" "expect B abcd" "close B" "descriptors" && still_serves
}

# --- others: what one client does is no other client's business --------------
promise_silent() {
    start_server && play "connect A" "connect B" 'ask B is anybody here?\n'
}
promise_never_reads() {
    local room=1024 # KiB
    [ -z "${SANITIZE:-}" ] || room=65536
    start_server && play "connect B" 'ask B before\n' "connect A" "pour A 64MiB" \
        'ask B meanwhile\n' "memory $room" "idle 5 200" "collect A" 'ask B after\n'
}
# The same where idle is not to be had: 02 never sleeps.
promise_never_reads_busy() {
    local room=1024
    [ -z "${SANITIZE:-}" ] || room=65536
    start_server && play "connect B" 'ask B before\n' "connect A" "pour A 64MiB" \
        'ask B meanwhile\n' "memory $room" "collect A" 'ask B after\n'
}
promise_reverse() {
    start_server && play "connect A 5" "send A.4 e" "send A.3 d" "send A.2 c" "send A.1 b" \
        "send A.0 a" "expect A.0 a" "expect A.1 b" "expect A.2 c" "expect A.3 d" "expect A.4 e"
}
promise_flooder() {
    start_server && play "connect A 3" "flood A" "connect B" "polite B 500 400"
}
# One after the other: all that chapter 01 can promise to a crowd.
promise_in_turn() {
    start_server || return 1
    local i=0 steps=()
    while [ $((i += 1)) -le 1000 ]; do
        steps+=("connect A$i" 'ask A'"$i"' hello\n' "close A$i")
    done
    play "${steps[@]}" "descriptors" && still_serves
}
promise_nine_hundred() {
    start_server && play "connect A 900" 'send A client #\n' 'expect A client #\n' \
        "reset A" "descriptors" && still_serves
}
promise_thousand() {
    need_descriptors 1100
    start_server && play "connect A 1000" 'send A client #\n' 'expect A client #\n' \
        "reset A" "descriptors" && still_serves
}
promise_ten_thousand() {
    need_descriptors 10100
    start_server && "$PEER" -p "$SERVER_PID" -t $((4 * PATIENCE)) "$PORT" "connect A 10000" \
        'send A client #\n' 'expect A client #\n' 'send A again #\n' 'expect A again #\n' \
        "reset A" "descriptors" &&
        still_serves
}
promise_crowd() {
    need_descriptors 1200
    start_server && play "connect A 1100" 'send A #\n' 'expect A #\n' 'ask A.1099 the last\n' \
        "reset A"
}
promise_burst() {
    start_server && play "stop" "connect A 100" "continue" 'send A.99 last\n' 'expect A.99 last\n' \
        'send A #\n' 'expect A #\n'
}

# --- limits -------------------------------------------------------------------
# 20 descriptors: A's ten clients are served. Of B's thirty a few are, the others
# wait in the backlog. When A leaves, ten more of B must be served: the accept
# that was put off is made up for, though nobody new connects.
promise_descriptors() {
    start_server_with_20 && play "connect A 10" 'ask A #\n' "connect B 30" 'send B hi' \
        'ask A still #\n' "idle 20 400" 'ask A and still #\n' "close A" "at-least 10 B hi" \
        "close B" "connect C" 'ask C hello\n' "alive"
}
# 02 is never idle: all the rest is the same.
promise_descriptors_busy() {
    start_server_with_20 && play "connect A 10" 'ask A #\n' "connect B 30" 'send B hi' \
        'ask A still #\n' "close A" "at-least 10 B hi" \
        "close B" "connect C" 'ask C hello\n' "alive"
}
start_server_with_20() {
    local soft_limit status=0
    [ -z "${MEMCHECK:-}" ] || skip "valgrind closes the client that it has no descriptor for"
    soft_limit=$(ulimit -Sn)
    ulimit -Sn 20
    start_server || status=1
    ulimit -Sn "$soft_limit"
    return "$status"
}
# The limit is lowered under the server, while 20 clients are there: it goes on with those
# that it can still watch (poll refuses the others), and sleeps. B has to wait until the
# limit is raised again: nobody has left, so that only a moment can have told the server.
promise_limit_lowered() {
    lower_the_limit "idle 20 400"
}
promise_limit_lowered_busy() {
    lower_the_limit
}
lower_the_limit() {
    [ "${SYSTEM:-$(uname -s)}" = Linux ] || skip "only Linux sets the limit of another process"
    # What is tried again after a second must be given more than that.
    local PATIENCE=$((PATIENCE + 2000))
    start_server && play "connect A 20" 'ask A #\n' "limit 12" 'ask A.0 still #\n' "connect B" \
        'ask A.0 and still #\n' "$@" "send B hi" "limit 100" "expect B hi" "alive"
}
# The same for all 20, where the wait takes what is open, whatever the limit is.
promise_limit_lowered_for_none() {
    [ "${SYSTEM:-$(uname -s)}" = Linux ] || skip "only Linux sets the limit of another process"
    local PATIENCE=$((PATIENCE + 2000))
    start_server && play "connect A 20" 'ask A #\n' "limit 12" 'ask A still #\n' "connect B" \
        'ask A and still #\n' "limit 100" "send B hello" "expect B hello" 'ask A once more #\n'
}
# Out of descriptors, each try of accept is a call in vain, and on macOS a client dropped:
# so 500 wakes for others are no reason for one. -v tells of each try.
promise_accept_rarely() {
    local soft_limit status=0
    [ -z "${MEMCHECK:-}" ] || skip "valgrind closes the client that it has no descriptor for"
    soft_limit=$(ulimit -Sn)
    ulimit -Sn 20
    start_server -v || status=1
    ulimit -Sn "$soft_limit"
    [ "$status" -eq 0 ] || return 1
    local i=0 steps=()
    while [ $((i += 1)) -le 50 ]; do steps+=('ask A #\n'); done
    play "connect A 10" 'ask A #\n' "connect B 30" "${steps[@]}" || return 1
    i=$(grep -c '^accept .* Too many open files$' "$TMP/out")
    # One for each second, and one for each of the forty who left in the end.
    [ "$i" -ge 1 ] && [ "$i" -le 60 ] || {
        echo "  accept was tried $i times in vain"
        return 1
    }
    # And it is said once, however often a client comes and another one leaves.
    i=$(grep -c '^server: accept: ' "$TMP/err")
    [ "$i" -eq 1 ] || { echo "  stderr has $i lines about it" && return 1; }
}
# Nobody leaves, and the others keep it busy: it tries again all the same.
promise_accept_busy() {
    [ "${SYSTEM:-$(uname -s)}" = Linux ] || skip "only Linux sets the limit of another process"
    local PATIENCE=$((PATIENCE + 2000))
    start_server_with_20 && play "connect A 3" 'ask A #\n' "connect B 30" 'send B hi' "flood A" \
        "limit 100" "expect B hi" "alive"
}
# A backlog of 128, as of macOS, the BSDs and musl: 100 who come while the server cannot
# look are all served, and so are 200 at once: for whom there is no room, TCP tries again.
promise_small_backlog() {
    printf '#include <sys/socket.h>\n#undef SOMAXCONN\n#define SOMAXCONN 128\n' >"$TMP/backlog.h"
    built_with "$TMP/backlog.h" && "$PEER" -p "$SERVER_PID" -t $((4 * PATIENCE)) "$PORT" \
        "stop" "connect A 100" "send A #" "continue" "expect A #" "close A" \
        "connect B 200" "send B #" "expect B #" "alive"
}
promise_idle() { start_server && play "connect A" 'ask A x' "close A" "descriptors" "idle 5 300"; }
promise_idle_100() { start_server && play "connect A 100" 'ask A x' "idle 5 300"; }
promise_idle_10000() {
    need_descriptors 10100
    start_server && "$PEER" -p "$SERVER_PID" -t $((4 * PATIENCE)) "$PORT" "connect A 10000" "send A x" \
        "expect A x" "idle 5 300" "reset A"
}

# --- signals and surroundings -------------------------------------------------
promise_stop_and_continue() {
    start_server && play "connect A" 'ask A before\n' "stop" 'send A during\n' "silence A 100" \
        "continue" 'expect A during\n' "stop" "continue" "stop" "continue" 'ask A after\n' "alive"
}
# The client has sent much, and left. The first send to it is answered by a RST;
# the next would raise SIGPIPE.
promise_sigpipe() {
    start_server && play "connect A" 'ask A x' "stop" "pour A 64KiB" "close A" "continue" \
        "descriptors" && still_serves
}
promise_stdout_closed() {
    start_detached '>&-' && still_serves
}
promise_stdout_dead() {
    start_detached "| true" && still_serves
}
# Starts the server with its stdout changed as the argument says, so that the
# port must be known beforehand.
start_detached() {
    PORT=$("$PEER" free-port)
    rm -f "$TMP/pid" # of the server before
    echo "echo \$\$ >'$TMP/pid'; exec '$PEER' exec $MOST_SECONDS ${SERVER:-"'$BATS_TEST_DIRNAME/server' -v"} $PORT" >"$TMP/run"
    eval "sh '$TMP/run' </dev/null 2>'$TMP/err' $1 &"
    eventually test -s "$TMP/pid" || return 1
    SERVER_PID=$(cat "$TMP/pid")
    eventually listens || fail_to_start
}
# The server ends while a client is connected, so that the old connection stays
# in the kernel; a new server must take the same port at once.
promise_restart() {
    start_server && mkfifo "$TMP/hold" && exec 8<>"$TMP/hold" || return 1
    "$PEER" "$PORT" "connect A" 'ask A x' "say ready" "hold" \
        <"$TMP/hold" >"$TMP/said" 2>&1 8>&- &
    eventually grep -q ready "$TMP/said" || return 1
    kill -TERM "$SERVER_PID"
    eventually ended && start_server_again && exec 8>&- && still_serves
}
start_server_again() {
    local ASK_PORT=$PORT
    if [ -z "${SERVER:-}" ]; then
        start_server
        return
    fi
    "$PEER" exec "$MOST_SECONDS" sh -c "exec $SERVER $PORT" </dev/null >"$TMP/out" 2>"$TMP/err" &
    SERVER_PID=$!
    eventually listens || fail_to_start
}
promise_loopback() {
    start_server || return 1
    # 127.0.0.2 is this machine, too, but another address.
    if "$PEER" -a 127.0.0.2 -t 2000 "$PORT" "connect A" 2>"$TMP/other"; then
        echo "  the server answers on 127.0.0.2: it listens on every address"
        return 1
    fi
    still_serves
}
promise_terminates() {
    local signal
    for signal in INT TERM; do
        start_server && play "connect A" 'ask A x' && kill -"$signal" "$SERVER_PID" || return 1
        if ! eventually ended; then
            echo "  SIG$signal did not end the server"
            return 1
        fi
    done
}
# No such process, or one that only waits for its parent to notice.
ended() {
    local state
    # A slim system has no ps(1), but /proc: the state stands behind the name.
    state=$(sed 's/.*) //' "/proc/$SERVER_PID/stat" 2>"$TMP/kill" ||
        ps -o stat= -p "$SERVER_PID" 2>"$TMP/kill") || true
    case $state in
    '' | Z*) return 0 ;;
    *) return 1 ;;
    esac
}
promise_port_in_use() {
    start_server || return 1
    local status=0
    "$PEER" exec 10 sh -c "exec ${SERVER:-"'$BATS_TEST_DIRNAME/server'"} $PORT" \
        </dev/null >"$TMP/second" 2>"$TMP/second_err" || status=$?
    refused_use "$status" "$TMP/second_err" && still_serves
}
promise_bad_port() {
    local port status
    for port in 65536 -1 http 80x; do
        status=0
        "$PEER" exec 10 sh -c "exec ${SERVER:-"'$BATS_TEST_DIRNAME/server'"} $port" \
            </dev/null >"$TMP/second" 2>"$TMP/second_err" || status=$?
        refused_use "$status" "$TMP/second_err" || return 1
    done
}
# A clear refusal: a message on stderr, and a status that says so by itself.
refused_use() {
    if [ "$1" -eq 0 ] || [ "$1" -ge 126 ]; then
        echo "  exit status $1"
        return 1
    fi
    [ -s "$2" ] || { echo "  nothing on stderr" && return 1; }
}

# --- clients --------------------------------------------------------------------
# Runs the client against the running server, bounded in time.
client() {
    if [ -n "${CLIENT:-}" ]; then
        "$PEER" exec "$MOST_SECONDS" sh -c "exec $CLIENT 127.0.0.1 $PORT"
    else
        "$PEER" exec "$MOST_SECONDS" "$BATS_TEST_DIRNAME/client" "$PORT"
    fi
}

# 8 MiB of numbered lines, and one that is longer than a buffer.
make_lines() {
    awk 'BEGIN { for (i = 0; i < 8192; i++) printf "%01023d\n", i }'
    head -c 100000 /dev/zero && echo
}

client_line() { start_server && [ "$(printf 'hello\n' | client)" = hello ]; }
client_no_newline() { start_server && [ "$(printf 'hello' | client)" = hello ]; }
client_empty_stdin() { start_server && client </dev/null >"$TMP/back" && [ ! -s "$TMP/back" ]; }
client_file() {
    start_server && make_lines >"$TMP/lines" && client <"$TMP/lines" >"$TMP/back" &&
        cmp "$TMP/lines" "$TMP/back"
}
client_pipe() {
    start_server && make_lines >"$TMP/lines" &&
        sh -c 'cat "$1"' - "$TMP/lines" | client | cat >"$TMP/back" &&
        cmp "$TMP/lines" "$TMP/back"
}
# 64 MiB without a line end: more than all the buffers between here and there.
client_larger_than_buffers() {
    start_server && head -c 67108864 /dev/zero | client >"$TMP/back" &&
        [ "$(wc -c <"$TMP/back")" -eq 67108864 ]
}
client_no_server() {
    local status=0
    PORT=$("$PEER" free-port)
    printf 'hello\n' | client >"$TMP/back" 2>"$TMP/message" || status=$?
    refused_use "$status" "$TMP/message"
}
# The server echoes 100,000 bytes, and is gone: what came is on stdout, the
# status is not 0, and there is a message.
client_server_leaves() {
    local status=0
    : >"$TMP/out"
    "$PEER" exec "$MOST_SECONDS" "$PEER" leave "$1" 100000 </dev/null >"$TMP/out" 2>"$TMP/err" &
    SERVER_PID=$!
    eventually read_port && make_lines >"$TMP/lines" || return 1
    client <"$TMP/lines" >"$TMP/back" 2>"$TMP/message" || status=$?
    refused_use "$status" "$TMP/message" && head -c "$(wc -c <"$TMP/back")" "$TMP/lines" |
        cmp - "$TMP/back"
}
client_server_closes() { client_server_leaves close && [ "$(wc -c <"$TMP/back")" -ge 65536 ]; }
client_server_resets() { client_server_leaves reset; }
client_terminal() {
    command -v script >"$TMP/which" || skip "script is not installed (package bsdutils or util-linux)"
    script -qec true /dev/null >"$TMP/which" 2>&1 || skip "this script(1) has no -e and -c"
    start_server || return 1
    # Ctrl-D (octal 004) at the start of a line ends the input of a terminal.
    printf 'typed\n\004' | script -qec "'$BATS_TEST_DIRNAME/client' $PORT" /dev/null >"$TMP/screen"
    # Once as the terminal echoes what is typed, and once as the server does.
    [ "$(tr -d '\r' <"$TMP/screen" | grep -c 'typed$')" -eq 2 ]
}
# O_NONBLOCK on stdin would belong to the open file, which the shell shares: it must
# not be there while the client runs, and so not when it is killed.
client_shares_stdin() {
    start_server && mkfifo "$TMP/in" && exec 8<>"$TMP/in" || return 1
    "$PEER" stdin-blocks <&8 || return 1
    "$PEER" exec "$MOST_SECONDS" "$BATS_TEST_DIRNAME/client" "$PORT" \
        <&8 >"$TMP/back" 2>"$TMP/message" &
    local pid=$! status=0
    printf 'hello\n' >&8
    eventually grep -qs hello "$TMP/back" || return 1
    "$PEER" stdin-blocks <&8 || { echo "  O_NONBLOCK is set on stdin" && return 1; }
    kill -KILL "$pid"
    wait "$pid" || status=$?
    "$PEER" stdin-blocks <&8 || { echo "  O_NONBLOCK is left on stdin" && return 1; }
    exec 8>&-
    [ "$status" -gt 128 ]
}
client_wrong_use() {
    local arguments status
    for arguments in 'a b c' '-x' '127.0.0.1 0' '127.0.0.1 65536' '127.0.0.1 echo'; do
        status=0
        # shellcheck disable=SC2086 # the words are the arguments
        "$BATS_TEST_DIRNAME/client" $arguments </dev/null 2>"$TMP/message" || status=$?
        [ "$status" -eq 2 ] && [ "$(wc -l <"$TMP/message")" -eq 1 ] || {
            echo "  client $arguments: status $status" && cat "$TMP/message" && return 1
        }
    done
    "$BATS_TEST_DIRNAME/client" --help | grep -q usage
}
client_localhost() {
    start_server && [ "$(printf 'hello\n' | "$BATS_TEST_DIRNAME/client" localhost "$PORT")" = hello ]
}

# Runs one of the above; a failure tells what it saw.
client_keeps() {
    [ -z "${SERVER:-}" ] || [ -n "${CLIENT:-}" ] || skip "not under test: the client"
    if ! "client_$1" ${2:+"$2"} >"$TMP/report" 2>&1; then
        echo "BROKEN: $BATS_TEST_DESCRIPTION"
        cat "$TMP/report"
        [ ! -s "$TMP/message" ] || { echo "  the client's stderr:" && cat "$TMP/message"; }
        echo "  explained in: $CHAPTER/README.md, \"The client\""
        return 1
    fi
}
own_client() {
    [ -z "${CLIENT:-}" ] || skip "about the chapter's own client"
}
