# The promises of an echo server, and of its client, once for all chapters. Each is a
# record of promises/*.bash: its id, its title, what it demands, where the notes explain it,
# and its script; promises/hints says what the cause often is where it is broken. A test.bats
# names those that its server keeps (`keeps ID`), and asserts those that it breaks
# (`breaks ID`). What they share is here; `docs/lab/suite/run-tests -l` lists them.
#
# SERVER='cmd' in the environment puts another server to the test, in any
# language: `cmd PORT` must listen on 127.0.0.1:PORT. CLIENT='cmd' likewise:
# `cmd HOST PORT`. Such a stranger has room for its runtime, where the sentence of a promise
# gives it; the chapters' own size is asked of the chapters: docs/grader.md.
#
# LEDGER=DIRECTORY: broken promises are counted there. When three of a kind are broken, the
# others of that kind are not tried: a hopeless server should not take minutes.
# shellcheck shell=bash disable=SC2015,SC2034,SC2119,SC2120

ROOT=$(CDPATH='' cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
LAB=$ROOT/docs/lab
PEER=$LAB/suite/peer
CHAPTER=${BATS_TEST_DIRNAME##*/}
PATIENCE=${PATIENCE:-5000} # ms: what has not come by then does not come
START_MS=10000 # a runtime may take some seconds until it listens
STRANGER=${SERVER:-} # an aside of a chapter sets SERVER later, and is none
MOST_SECONDS=60 # no server outlives this, whatever becomes of its test

setup() {
    TMP=$(mktemp -d "${TMPDIR:-/tmp}/echo.XXXXXX")
    SERVER_PID='' GUARD='' PORT=''
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

# guarded COMMAND...: in a group of processes of its own, of which nothing outlives the test.
# Sets GUARD, the process that sees to it. Output: $TMP/out, $TMP/err.
guarded() {
    : >"$TMP/out"
    rm -f "$TMP/pid"
    "$PEER" guard "$MOST_SECONDS" "$TMP/pid" "$@" </dev/null >"$TMP/out" 2>"$TMP/err" &
    GUARD=$! SERVER_PID=''
}

# guarded_server PORT: the one of SERVER. A stranger's may be a list of commands: only an aside
# of ours is known to be one, which is then the process of that number.
guarded_server() {
    if [ -n "$STRANGER" ]; then
        guarded sh -c "$SERVER $1"
    else
        guarded sh -c "exec $SERVER $1"
    fi
}

# Starts the server with these arguments, on a port of the kernel's choice, and
# waits until it listens. Sets SERVER_PID and PORT.
start_server() {
    if [ -n "${SERVER:-}" ]; then
        PORT=$("$PEER" free-port)
        guarded_server "$PORT"
        started listens || return 1
    else
        guarded "$BATS_TEST_DIRNAME/server" "$@" "${ASK_PORT:-0}"
        started tells_port
    fi
}

# started COMMAND: waits until it succeeds, or the server has ended.
started() {
    "$1" && read -r SERVER_PID <"$TMP/pid" || {
        echo "  the server did not start on port ${PORT:-0}; it said:"
        cat "$TMP/out" "$TMP/err"
        echo "start" >"$TMP/kind"
        return 1
    }
    kill -0 "$SERVER_PID" 2>"$TMP/kill" || {
        echo "  the command has ended, and something that it has left behind listens: it must stay in front"
        return 1
    }
}

listens() { "$PEER" await "$START_MS" "$PORT" "${GUARD:-$SERVER_PID}"; }
tells_port() {
    # shellcheck disable=SC2317 # eventually calls it
    told_or_ended() { read_port || ended; }
    eventually told_or_ended && read_port
}

read_port() {
    PORT=$(sed -n 's/^listening on 127\.0\.0\.1:\([0-9]*\)$/\1/p' "$TMP/out")
    [ -n "$PORT" ]
}

stop_server() {
    [ -z "$GUARD" ] || {
        # Those that look into a process let it end by itself: coverage, memcheck.
        [ -z "${STOP_SIGNAL:-}" ] || [ -z "$SERVER_PID" ] || {
            kill -CONT -- "-$SERVER_PID"
            kill -"$STOP_SIGNAL" -- "-$SERVER_PID"
            eventually ended
        } 2>"$TMP/kill" || true
        kill -TERM "$GUARD" 2>"$TMP/kill" || true
        wait "$GUARD" 2>"$TMP/kill" || true
        GUARD='' SERVER_PID=''
    }
    [ -z "$SERVER_PID" ] || {
        kill -KILL "$SERVER_PID" 2>"$TMP/kill" || true
        wait "$SERVER_PID" 2>"$TMP/kill" || true
        SERVER_PID=''
    }
}

# Plays steps against the running server: see peer -h.
play() { "$PEER" -t "$PATIENCE" -k "$TMP/kind" -p "$SERVER_PID" "$PORT" "$@"; }

# The same, but what is about the server is about its process alone, and not its group.
play_alone() { "$PEER" -t "$PATIENCE" -P "$SERVER_PID" "$PORT" "$@"; }

# The same as play, and what the clients leave behind is what it was: descriptors, and processes.
# leaves_nothing SLACK STEP... A stranger may keep a pool of what it has used, and sweep it
# when it likes: the steps are played until they add no more than SLACK, four times at most.
# Who serves Z has accepted all that came before: only then is there something to count.
leaves_nothing() {
    local slack=$1 round=0 z=("connect Z" 'ask Z still there?\n' "close Z")
    shift
    if [ -z "$STRANGER" ]; then
        play "$@" "${z[@]}" "descriptors" "processes"
        return
    fi
    play "$@" "${z[@]}" || return 1
    while [ $((round += 1)) -lt 3 ]; do
        ! PATIENCE=1000 play "continue" "remember" "$@" "${z[@]}" "descriptors $slack" "processes $slack" >"$TMP/round" 2>&1 ||
            return 0
        case $(cat "$TMP/kind") in descriptors | processes) ;; *) break ;; esac
    done
    play "continue" "remember" "$@" "${z[@]}" "descriptors $slack" "processes $slack"
}

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
    guarded "$TMP/server" 0
    started tells_port
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

# No such process, or one that only waits for its parent to notice. The guard ends when
# all of the server has.
ended() {
    local state pid=${GUARD:-$SERVER_PID}
    # A slim system has no ps(1), but /proc: the state stands behind the name.
    state=$(sed 's/.*) //' "/proc/$pid/stat" 2>"$TMP/kill" ||
        ps -o stat= -p "$pid" 2>"$TMP/kill") || true
    case $state in
    '' | Z*) return 0 ;;
    *) return 1 ;;
    esac
}

# A clear refusal: a message on stderr, and a status that says so by itself. refused_use
# STATUS FILE. Of a stranger, 255 is one too: an exit(-1) is what some languages end with.
refused_use() {
    if [ "$1" -eq 142 ]; then
        echo "  it was still running after $((PATIENCE / 1000)) s, and was ended by this test"
        echo "runs" >"$TMP/kind"
    elif [ "$1" -eq 0 ]; then
        echo "  exit status 0, as if all were well"
        echo "status" >"$TMP/kind"
    elif [ "$1" -ge 126 ] && ! { [ "$1" -eq 255 ] && [ -n "$STRANGER" ]; }; then
        echo "  exit status $1"
        echo "status" >"$TMP/kind"
    elif [ ! -s "$2" ]; then
        echo "  exit status $1, but nothing on stderr"
        echo "silent" >"$TMP/kind"
    else
        return 0
    fi
    return 1
}

# start_badly PORT: as the server is started, with a port that it cannot have.
start_badly() {
    local status=0
    "$PEER" guard $((PATIENCE / 1000 + 1)) "$TMP/second_pid" \
        sh -c "${SERVER:-"'$BATS_TEST_DIRNAME/server'"} $1" </dev/null >"$TMP/second" 2>"$TMP/second_err" || status=$?
    refused_use "$status" "$TMP/second_err" || { echo "  with port $1; it said:" && cat "$TMP/second" "$TMP/second_err" && return 1; }
}

# --- the records ----------------------------------------------------------------
# promise ID TITLE demands|of-chapters SENTENCE explained DIRECTORY SECTION. `demands` is asked
# of any program, `of-chapters` of the chapters' own; `.` is the chapter under test. One command
# for each: bats counts the commands of a test, which takes its time.
IDS=() TITLES=() WHOM=() DEMANDS=() EXPLAINED=()
promise() { IDS+=("$1") TITLES+=("$2") WHOM+=("$3") DEMANDS+=("$4") EXPLAINED+=("$6/README.md, \"$7\""); }

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

# For each: ID, TITLE, WHOM, SENTENCE, EXPLAINED, with a tab between them.
list_records() {
    local i
    for i in "${!IDS[@]}"; do
        printf '%s\t%s\t%s\t%s\t%s\n' "${IDS[i]}" "${TITLES[i]}" "${WHOM[i]}" "${DEMANDS[i]}" "${EXPLAINED[i]}"
    done
}

# hint ID KIND: what the cause often is, or nothing: promises/hints.
hint() {
    awk -v id="$1" -v kind="$2" '
        /^#/ || ($1 != id && $1 != "*") { next }
        {
            had = index("," $2 ",", "," kind ",") > 0
            rank = $1 == id && had ? 3 : $1 == "*" && had ? 2 : $1 == id && $2 == "*" ? 1 : 0
        }
        rank > best { best = rank; text = $0; sub(/^[^ ]+ [^ ]+ /, "", text) }
        END { if (text != "-") print text }' "$LAB/suite/promises/hints"
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
    [ -n "$GUARD$SERVER_PID" ] && ended || return 0
    wait "${GUARD:-$SERVER_PID}" 2>"$TMP/kill" || status=$?
    case $status in
    127) ;; # nobody's child, or a command that does not exist
    142) echo "  the server:   was ended by this test after $MOST_SECONDS s" ;;
    129 | 1[3-6]?) echo "  the server:   was ended by SIG$(kill -l "$status")" ;;
    *) echo "  the server:   has ended, with status $status" ;;
    esac
}

# Of a kind of which three are broken, the others are not tried; and who has broken some has
# less time for the next ones.
spare_time() {
    [ -n "${LEDGER:-}" ] && [ -n "$STRANGER${CLIENT:-}" ] || return 0
    local kind broken=0 all=0 most=$PATIENCE enough=3 why="three of its kind are broken"
    kind=${TITLE%%:*}
    [ ! -f "$LEDGER/all" ] || all=$(wc -l <"$LEDGER/all")
    ! grep -qsx line "$LEDGER/all" || enough=1 why="not even a line comes back"
    [ ! -f "$LEDGER/$kind" ] || broken=$(wc -l <"$LEDGER/$kind")
    [ "$broken" -lt "$enough" ] || skip "not tried: $why"
    [ "$all" -lt 2 ] || most=2000
    [ "$all" -lt 6 ] || most=1500
    [ "$PATIENCE" -le "$most" ] || PATIENCE=$most
}

# Lines that begin with a word, and go on under it.
told() {
    printf '%s\n' "$2" | fold -s -w 82 |
        sed -e "1s/^/  $1/" -e '2,$s/^/                /' -e 's/ *$//'
}

# Plays the script of a promise, and says what it is about where it is broken.
try_promise() {
    local often kind
    find_record "$1" || return 1
    case ${WHOM[RECORD]}:$1 in
    of-chapters:*) [ -z "${SERVER:-}${CLIENT:-}" ] || skip "about the chapter's own program" ;;
    *:client_*) [ -z "${SERVER:-}" ] || [ -n "${CLIENT:-}" ] || skip "not under test: the client" ;;
    *) [ -z "${CLIENT:-}" ] || [ -n "${SERVER:-}" ] || skip "not under test: the server" ;;
    esac
    spare_time
    if ! "promise_$1" >"$TMP/report" 2>&1; then
        find_record "$1"
        [ -z "${LEDGER:-}" ] || echo "$1" | tee -a "$LEDGER/all" >>"$LEDGER/${TITLE%%:*}"
        [ "$BATS_TEST_DESCRIPTION" = "$TITLE" ] || echo "BROKEN: $TITLE"
        told "promised:     " "${DEMANDS[RECORD]}"
        cat "$TMP/report"
        how_it_ended
        [ ! -s "$TMP/message" ] || { echo "  the client's stderr:" && cat "$TMP/message"; }
        [ ! -s "$TMP/err" ] || { echo "  the server's stderr:" && tail -n 5 "$TMP/err"; }
        kind=$(cat "$TMP/kind" 2>"$TMP/none") || true
        [ -z "${KINDS:-}" ] || echo "  kind:         $kind"
        often=$(hint "$1" "$kind")
        [ -z "$often" ] || told "often:        " "$often"
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
