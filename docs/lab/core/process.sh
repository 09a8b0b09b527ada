# shellcheck shell=sh disable=SC2034 # who sources this uses what it sets
# The one way to start a process, to wait for what it does, and to be sure that it ends.
# Sourced by scene.sh, session, the transcripts, soak, faults and trap, after they have set
# ROOT, the top of the repository. What is started inherits no descriptor, and ends by
# itself after $bound seconds, whatever becomes of us: `peer exec` sees to both.
unset CDPATH # else cd prints where it goes
peer=${ROOT:?}/docs/lab/suite/peer
bound=30   # seconds
patience=5 # seconds: what has not come by then does not come
started='' # the processes that are ours, and still to be ended
pid='' port=''

fail() {
    printf '%s: %s\n' "${0##*/}" "$1" >&2
    exit 1
}

# workplace: sets tmp, a directory that goes at the end, together with all that was started.
workplace() {
    [ -x "$peer" ] || {
        echo "${0##*/}: the programs are not built yet: make all" >&2
        exit 2
    }
    tmp=$(mktemp -d "${TMPDIR:-/tmp}/${0##*/}.XXXXXX" 2>/dev/null)
    trap clean_up EXIT
    { [ -n "$tmp" ] && echo try >"$tmp/try"; } 2>/dev/null || {
        echo "${0##*/}: nothing can be written in ${TMPDIR:-/tmp}" >&2
        exit 2
    }
    trap 'exit 129' HUP
    trap 'exit 130' INT
    trap 'exit 131' QUIT
    trap 'exit 141' PIPE
    trap 'exit 143' TERM
}

clean_up() {
    kill_started
    [ -z "$tmp" ] || rm -rf "$tmp"
}

# KILL, because a process that is stopped would not take another signal.
kill_started() {
    for pid in $started; do
        kill -KILL "$pid"
        wait "$pid"
    done 2>/dev/null # the shell would tell us who was killed
    started=''
}

# end PID: as it would end by itself, and waits until it has.
end() {
    { kill -TERM "$1" && kill -CONT "$1" && wait "$1"; } 2>/dev/null
    forget "$1"
}

# Its number may soon be another process's.
forget() { started=$(printf '%s\n' "$started" | sed "s/ $1\$//; s/ $1 / /"); }

nap() { sleep 0.02 2>/dev/null || sleep 1; } # POSIX sleep knows only seconds

# run NAME STDIN COMMAND...: in the background. Its output is added to $tmp/NAME. Sets pid.
run() {
    log=$tmp/$1 input=$2
    shift 2
    : >"$log"
    "$peer" exec "$bound" "$@" <"$input" >>"$log" 2>&1 &
    pid=$!
    started="$started $pid"
}

# await COMMAND...: until it succeeds. Status 1 when it has not within $patience seconds.
await() {
    deadline=$(($(date +%s) + patience))
    until "$@"; do
        [ "$(date +%s)" -le "$deadline" ] || return 1
        nap
    done
}

wait_until() { await "$@" || fail "not within $patience s: $*"; }

# listen NAME COMMAND...: runs a server. Sets pid, and port, where it says that it listens.
listen() {
    listener=$1
    shift
    run "$listener" /dev/null "$@"
    await says_port "$listener" || fail "$listener does not listen: $(cat "$tmp/$listener")"
}

says_port() {
    port=$(sed -n 's/^listening on 127\.0\.0\.1:\([0-9]*\).*/\1/p' "$tmp/$1")
    [ "$port" ] || { ! kill -0 "$pid" 2>/dev/null && fail "$1 has ended: $(cat "$tmp/$1")"; }
}
