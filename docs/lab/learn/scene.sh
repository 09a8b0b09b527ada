# shellcheck shell=sh disable=SC2154 # chapter is set by the demo; eval sets more
# What the scenes of `make chapter N` have in common. Each NN-*/demo sets
# chapter to its own directory and sources this file.
#
# A scene is a real run. It does one thing, waits until that has happened, and
# then shows what each side printed. What does not happen within $patience
# seconds ends the scene with a message and status 1.
#
# On a terminal it stops at each question, and goes on with Enter, so that nobody
# reads the answer before the question; what is printed between two stops fits on a
# screen. GO=1 in the environment, or no terminal: no stop, no colour.
#
# How a process is started, awaited and ended: docs/lab/core/process.sh. That it inherits
# no descriptor matters here: a client that held the writing end of another's stdin would
# keep it open.
ROOT=$(CDPATH='' cd "${chapter:?}/.." && pwd) || exit 1
# shellcheck source=docs/lab/core/process.sh
. "$ROOT/docs/lab/core/process.sh"
begun=$(date +%s)
live='' bold='' faint='' off='' ours='' theirs='' kernel=''
if [ -z "${GO:-}" ] && [ -t 0 ] && [ -t 1 ]; then
    live=yes bound=1800 # time to think
    case ${NO_COLOR:+dumb}${TERM:-dumb} in
    dumb*) ;;
    *) # Only the names are coloured: the text is readable on any background.
        esc=$(printf '\033[')
        bold=${esc}1m faint=${esc}2m off=${esc}0m
        ours="${esc}1;34m" theirs="${esc}1;32m" kernel="${esc}1;35m"
        ;;
    esac
fi
name=$chapter
name=${name##*/}
number=${name%%-*}
number=${number#0}
next_fd=3 fd='' ended=''
for program in "$chapter/server" "$chapter/client" "$peer"; do
    [ -x "$program" ] || {
        echo "$name/demo: the programs are not built yet: make chapter $number" >&2
        exit 1
    }
done
workplace

say() { printf '\n%s\n' "$1"; }

# remember TEXT: the sentence to keep.
remember() { printf '\n%sRemember: %s%s\n' "$bold" "$1" "$off"; }

# predict TEXT QUESTION: nothing that answers it is shown before Enter.
predict() {
    say "$1"
    printf '%sPredict:%s %s\n' "$bold" "$off" "$2"
    stop "let it run"
}

# stop WORDS: until Enter, on a terminal. Ctrl-C and Ctrl-D end the scene, without an
# error: make, which gets the signal too, then has nothing to add.
stop() {
    [ -n "$live" ] || return 0
    trap 'echo; exit 0' INT
    printf '%s  (Enter: %s)%s ' "$faint" "$1" "$off"
    read -r _ || {
        echo
        exit 0
    }
    trap 'exit 130' INT
    [ $(($(date +%s) - begun)) -lt "$bound" ] ||
        fail "it has waited for half an hour, and its programs have ended: make chapter $number"
}

# tag NAME: how a line of this speaker begins.
tag() {
    case $1 in
    server | pipe) colour=$ours ;;
    strace | kernel) colour=$kernel ;;
    *) colour=$theirs ;;
    esac
    printf '%s%-7s |%s' "$colour" "$1" "$off"
}

# tell NAME TEXT: a line about this speaker.
tell() { printf '%s %s\n' "$(tag "$1")" "$2"; }

fail() {
    printf '\n%s/demo: %s\n' "$name" "$1" >&2
    exit 1
}

# The time in milliseconds, or nothing where date(1) does not tell.
now_ms() {
    case $(date +%N) in
    *[!0-9]* | '') ;;
    *) echo "$(($(date +%s%N) / 1000000))" ;;
    esac
}

# since START: how long ago that was. We look every 20 ms and start programs in
# between, so that less than 100 ms is not told apart.
since() {
    [ -n "$1" ] || { echo "at once" && return; }
    took=$(($(now_ms) - $1))
    [ "$took" -gt 100 ] || took=100
    echo "within $took ms"
}

# The lines in the log of NAME that were not shown yet.
unseen() { tail -n +"$(($(cat "$tmp/$1.shown" 2>/dev/null || echo 0) + 1))" "$tmp/$1"; }

has_said() { unseen "$1" | grep -q -e "$2"; }

# wait_for NAME PATTERN: until a line that was not shown yet matches.
wait_for() {
    await has_said "$1" "$2" || {
        unseen "$1" | head -n 20 | sed "s/^/$1 | /" >&2
        fail "nothing like \"$2\" came from $1 within $patience s"
    }
}

# show NAME [FIRST LAST]: the new lines; of a long list, so many at both ends.
show() {
    unseen "$1" >"$tmp/new"
    awk -v tag="$(tag "$1")" -v first="${2:-20}" -v last="${3:-20}" '
        { line[NR] = $0 }
        END {
            for (i = 1; i <= NR; i++) {
                if (NR > first + last + 1 && i == first + 1) {
                    printf "%s ... (%d lines)\n", tag, NR - first - last
                    i = NR - last + 1
                }
                if (i <= NR)
                    printf "%s %s\n", tag, line[i]
            }
        }' "$tmp/new"
    skip "$1"
}

# skip NAME: the lines so far need not be shown.
skip() { echo "$(($(wc -l <"$tmp/$1")))" >"$tmp/$1.shown"; }

# silence NAME SECONDS: nothing new comes from NAME for so long.
silence() {
    sleep "$2"
    [ -z "$(unseen "$1")" ] || fail "$1 was answered, and should not have been"
}

# Sets server to the process, and port.
start_server() {
    listen server "$chapter/server" -v 0
    server=$pid
}

# with_stdin NAME COMMAND...: like run; what we type comes to its stdin.
with_stdin() {
    who=$1
    shift
    mkfifo "$tmp/$who.in"
    run "$who" "$tmp/$who.in" "$@"
    # Waits until the other side has opened it, too.
    eval "exec $next_fd>\"\$tmp/\$who.in\"; fd_$who=$next_fd pid_$who=$pid"
    next_fd=$((next_fd + 1))
}

# start_client NAME [-v]: the chapter's client.
start_client() { with_stdin "$1" "$chapter/client" ${2:+"$2"} "$port"; }

# start_peer NAME STEP...: see peer -h. Its step `hold` lasts until NAME leaves.
start_peer() {
    who=$1
    shift
    with_stdin "$who" "$peer" "$port" "$@"
}

send_line() { eval "printf '%s\n' \"\$2\" >&\$fd_$1"; }

type_line() {
    tell "$1" "(types) $2"
    send_line "$1" "$2"
}

# Ends the stdin of NAME, and waits until it has ended.
leave() {
    eval "fd=\$fd_$1 ended=\$pid_$1"
    eval "exec $fd>&-"
    wait "$ended" || {
        show "$1" >&2
        fail "$1 did not end well"
    }
    forget "$ended"
}

# Sets used: the server's processor time over 1000 ms, in ms. With LEAST: a neighbour may
# have the processor; until it is so much, ten times at most.
measure_cpu() {
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        used=$("$peer" exec "$bound" "$peer" -p "$server" "$port" "cpu 1000") ||
            fail "its processor time could not be measured"
        [ "$used" -lt "${1:-0}" ] || break
    done
    tell server "($used ms of processor time in 1000 ms)"
}

# Room for so many descriptors, here and in what is started from here.
allow_descriptors() {
    # shellcheck disable=SC3045 # not POSIX, but in every sh that we know of
    [ "$(ulimit -n)" = unlimited ] || [ "$(ulimit -n)" -ge "$1" ] ||
        ulimit -S -n "$1" 2>/dev/null
}

# show_calls NAME: the server's system calls while it echoes a line to NAME.
show_calls() {
    command -v strace >/dev/null || {
        say "strace is not installed: with it, you would see the system calls here."
        return
    }
    stop "one echo, as the kernel sees it"
    # Not write: that is the narration of -v.
    run strace /dev/null strace -e 'trace=!write' -s 20 -o "$tmp/calls" -p "$server"
    tracer=$pid
    wait_for strace ttach
    grep -q 'attached$' "$tmp/strace" || {
        say "strace is not allowed to attach here: no system calls are shown."
        return
    }
    # The first echo ends the call during which strace came.
    skip "$1"
    send_line "$1" first
    wait_for "$1" '^first'
    send_line "$1" hello
    wait_for "$1" '^hello'
    kill -INT "$tracer"
    wait "$tracer" 2>/dev/null
    forget "$tracer"
    skip "$1"
    skip server
    say "The server's system calls for one line of $1: what it asks of the kernel, as the tool
strace sees it."
    awk -v tag="$(tag strace)" 'function out(s) {
             sub(/ \(Resource temporarily unavailable\)/, "", s)
             sub(/data=\{[^}]*\}/, "data={...}", s)
             sub(/0x[0-9a-f]+/, "0x...", s)
             sub(/ *<detached \.\.\.>/, " ... (it waits)", s)
             if (length(s) > 80)
                 s = substr(s, 1, 28) " ... " substr(s, length(s) - 46)
             print tag " " s
         }
         /^recv.*"hello/ { if (before !~ /^send/) out(before); left = 3 }
         left > 0 { out($0); left-- }
         { before = $0 }' "$tmp/calls"
}

# The end of each scene.
what_next() {
    printf '\nNow you:\n'
    printf '  %-28s %s\n' "$name/server -v" "in one terminal" \
        "$name/client" "in another, or in two: type lines; Ctrl-D ends" \
        "$name/README.md" "the notes of this chapter"
    [ "$number" -eq 6 ] || printf '  %-28s %s\n' \
        "make diff $((number + 1))" "what the next chapter changes" \
        "make chapter $((number + 1))" "its scene"
}
