# shellcheck shell=sh disable=SC2034 # the scripts use them
# What the transcripts of the notes have in common. Each script here plays one situation
# with a real server, and prints commands and what they say, as the notes show it. It
# sources this file. All that it starts is ended, after 10 seconds at the latest.
cd "$(dirname "$0")/../../../.." || exit 1
peer=docs/lab/suite/peer bound=10 started='' clients=0
[ -x "$peer" ] || {
    echo "$0: not built yet: make all" >&2
    exit 1
}
tmp=$(mktemp -d "${TMPDIR:-/tmp}/transcript.XXXXXX") || exit 1
# KILL: a process that is stopped would not take another signal.
end_all() {
    for process in $started; do
        kill -KILL "$process"
        wait "$process"
    done 2>/dev/null
    started=''
}
trap 'end_all; rm -rf "$tmp"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

nap() { sleep 0.02 2>/dev/null || sleep 1; }

# wait_until COMMAND...: until it succeeds.
wait_until() {
    deadline=$(($(date +%s) + bound))
    until "$@"; do
        [ "$(date +%s)" -lt "$deadline" ] || {
            echo "$0: not within $bound s: $*" >&2
            exit 1
        }
        nap
    done
}

# wait_for FILE PATTERN: until a line matches.
wait_for() { wait_until grep -q -e "$2" "$1"; }

# start SERVER [OPTION]: on a port of the kernel's choice. Sets server (its process), port.
# With TRACE, it runs under strace (-D: as its parent), whose output is $tmp/calls.
start() {
    program=$1
    shift
    : >"$tmp/server"
    # shellcheck disable=SC2086 # TRACE is words
    "$peer" exec "$bound" ${TRACE:+strace -D -o "$tmp/calls" $TRACE} "$program" "$@" 0 \
        </dev/null >"$tmp/server" 2>&1 &
    server=$!
    started="$started $server"
    wait_for "$tmp/server" '^listening on '
    port=$(sed -n 's/^listening on .*://p' "$tmp/server")
}

# play STEP...: a peer does the steps, and stays connected. Sets client, its process.
play() {
    clients=$((clients + 1))
    mkfifo "$tmp/stdin.$clients"
    : >"$tmp/client.$clients"
    "$peer" exec "$bound" "$peer" -p "$server" "$port" "$@" "say done" hold \
        <"$tmp/stdin.$clients" >"$tmp/client.$clients" 2>&1 &
    client=$!
    started="$started $client"
    # It is open as long as this script runs.
    sleep "$bound" >"$tmp/stdin.$clients" &
    started="$started $!"
    wait_for "$tmp/client.$clients" '^done'
}

# show COMMAND: the command, and what it prints.
show() {
    printf '$ %s\n' "$1"
    sh -c "$1" 2>&1
}

# beside WIDTH LEFT RIGHT: two files, in two columns.
beside() {
    awk -v width="$1" '
        FNR == NR { left[FNR] = $0; n = FNR; next }
        { printf "%-" width "s%s\n", left[FNR], $0; rows = FNR }
        END { for (i = rows + 1; i <= n; i++) print left[i] }' "$2" "$3"
}

# with_patch PATCH: builds what PATCH makes of its file. Sets built, the program.
with_patch() {
    chapter=${1%%/*}
    mkdir "$tmp/$chapter"
    cp "$chapter"/*.c "$tmp/$chapter"
    patch -s -F0 -p1 -d "$tmp/$chapter" <"$1" || exit 1
    file=$(sed -n 's/^+++ b\/\([^	]*\).*/\1/p' "$1" | head -n 1)
    built=$tmp/$chapter/${file%.c}
    ${CC:-cc} "$built.c" -o "$built" || exit 1
}
