# The promises of an echo server, and of its client, once for all chapters. Each is a
# record of promises/*.bash: its id, its title, what the cause often is where it is broken,
# where the notes explain it, and its script. A test.bats names those that its server keeps
# (`keeps ID`), and asserts those that it breaks (`breaks ID`). What they share is here;
# `docs/lab/suite/run-tests -l` lists them.
#
# SERVER='cmd' in the environment puts another server to the test, in any
# language: `cmd PORT` must listen on 127.0.0.1:PORT. CLIENT='cmd' likewise:
# `cmd HOST PORT`.
# shellcheck shell=bash disable=SC2015,SC2034,SC2119,SC2120

ROOT=$(CDPATH='' cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
LAB=$ROOT/docs/lab
PEER=$LAB/suite/peer
CHAPTER=${BATS_TEST_DIRNAME##*/}
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

# Plays steps against the running server: see peer -h.
play() { "$PEER" -t "$PATIENCE" -p "$SERVER_PID" "$PORT" "$@"; }

# This test is about the chapter's own program, not about a learner's.
own_server() {
    [ -z "${SERVER:-}${CLIENT:-}" ] || skip "about the chapter's own server"
}

own_client() {
    [ -z "${CLIENT:-}" ] || skip "about the chapter's own client"
}

# Sets asleep to a step that asks for sleep: none for 02, which never sleeps.
unless_busy() {
    case $CHAPTER in
    02-*) asleep=() ;;
    *) asleep=("$1") ;;
    esac
}

# Makes room for that many descriptors, here and in what is started from here.
need_descriptors() {
    ulimit -Sn "$1" 2>"$TMP/ulimit" ||
        skip "needs $1 descriptors: ulimit -n allows $(ulimit -Hn)"
}

# The one way to compile here. CC may be more than one word: gcc -m32, ccache gcc.
# shellcheck disable=SC2086
compile() { ${CC:-cc} "$@"; }

# Builds the chapter's server with a header put in front of it, and starts it.
built_with() {
    compile -include "$1" "$BATS_TEST_DIRNAME/server.c" -o "$TMP/server"
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

# A clear refusal: a message on stderr, and a status that says so by itself.
refused_use() {
    if [ "$1" -eq 0 ] || [ "$1" -ge 126 ]; then
        echo "  exit status $1"
        return 1
    fi
    [ -s "$2" ] || { echo "  nothing on stderr" && return 1; }
}

# --- the records ----------------------------------------------------------------
# promise ID TITLE often WHAT explained DIRECTORY SECTION: `.` is the chapter under test. One
# command for each: bats counts the commands of a test, which takes its time.
IDS=() TITLES=() OFTEN=() EXPLAINED=()
promise() { IDS+=("$1") TITLES+=("$2") OFTEN+=("${4:-}") EXPLAINED+=("${6:-}/README.md, \"${7:-}\""); }

# Sets RECORD, the index of that record, and TITLE.
find_record() {
    local ids=" ${IDS[*]} " before
    case $ids in
    *" $1 "*) ;;
    *)
        echo "there is no promise $1: docs/lab/suite/run-tests -l lists them"
        return 1
        ;;
    esac
    # shellcheck disable=SC2206 # an id is a word
    before=(${ids%% "$1" *})
    RECORD=${#before[@]} TITLE=${TITLES[${#before[@]}]}
}

# For each: ID, TITLE, OFTEN, EXPLAINED, with a tab between them.
list_records() {
    local i
    for i in "${!IDS[@]}"; do
        printf '%s\t%s\t%s\t%s\n' "${IDS[i]}" "${TITLES[i]}" "${OFTEN[i]}" "${EXPLAINED[i]}"
    done
}

# A test is called like its promise, with these words in front of it.
is_called() {
    find_record "$1" || return 1
    [ "$BATS_TEST_DESCRIPTION" = "${2:-}$TITLE" ] || [ "$BATS_TEST_DESCRIPTION" = "${3:-}$TITLE" ] || {
        echo "this test of promise $1 must be called: ${2:-}$TITLE"
        return 1
    }
}
keeps() { is_called "$1" && try_promise "$1"; }
# What follows in the test asserts how the chapter's own server breaks, or refuses, it.
breaks() {
    own_server
    is_called "$1" "broken, on purpose: " "refused, on purpose: "
}

# Says so if the server is there no more.
how_it_ended() {
    local status=0
    [ -n "$SERVER_PID" ] && ended || return 0
    wait "$SERVER_PID" 2>"$TMP/kill" || status=$?
    case $status in
    127) ;; # nobody's child, or a command that does not exist
    129 | 1[3-6]?) echo "  the server:   was ended by SIG$(kill -l "$status")" ;;
    *) echo "  the server:   has ended, with status $status" ;;
    esac
}

# Plays the script of a promise, and says what it is about where it is broken.
try_promise() {
    find_record "$1" || return 1
    case $1 in
    client_*) [ -z "${SERVER:-}" ] || [ -n "${CLIENT:-}" ] || skip "not under test: the client" ;;
    *) [ -z "${CLIENT:-}" ] || [ -n "${SERVER:-}" ] || skip "not under test: the server" ;;
    esac
    if ! "promise_$1" >"$TMP/report" 2>&1; then
        find_record "$1"
        echo "BROKEN: $TITLE"
        cat "$TMP/report"
        how_it_ended
        [ ! -s "$TMP/message" ] || { echo "  the client's stderr:" && cat "$TMP/message"; }
        [ ! -s "$TMP/err" ] || { echo "  the server's stderr:" && tail -n 5 "$TMP/err"; }
        printf '%s\n' "${OFTEN[RECORD]}" | fold -s -w 82 |
            sed -e '1s/^/  often:        /' -e '2,$s/^/                /' -e 's/ *$//'
        echo "  explained in: ${EXPLAINED[RECORD]/#./$CHAPTER}"
        return 1
    fi
}

# The promises are put to another program of this chapter: an aside.
aside() {
    own_server
    SERVER="'$BATS_TEST_DIRNAME/$1'"
}

# Plays the scripts of several, in a test with a title of its own.
keeps_all() {
    local promise
    for promise in "$@"; do
        try_promise "$promise" || return 1
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

for kind in echo ends others limits signals surroundings clients terminals; do
    # shellcheck source=/dev/null
    . "$LAB/suite/promises/$kind.bash"
done
