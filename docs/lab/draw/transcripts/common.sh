# shellcheck shell=sh disable=SC2034,SC2015 # the scripts use them
# What the transcripts of the notes have in common. Each script here plays one situation
# with a real server, and prints commands and what they say, as the notes show it. It
# sources this file. All that it starts is ended, after 10 seconds at the latest.
ROOT=$(CDPATH='' cd "$(dirname "$0")/../../../.." && pwd) && cd "$ROOT" || exit 1
# shellcheck source=docs/lab/core/process.sh
. "$ROOT/docs/lab/core/process.sh"
workplace
bound=10 patience=10 clients=0

# wait_for FILE PATTERN: until a line matches.
wait_for() { wait_until grep -q -e "$2" "$1"; }

# start SERVER [OPTION]: on a port of the kernel's choice. Sets server (its process), port.
# With TRACE, it runs under strace (-D: as its parent), whose output is $tmp/calls.
start() {
    program=$1
    shift
    # shellcheck disable=SC2086 # TRACE is words
    listen server ${TRACE:+strace -D -o "$tmp/calls" $TRACE} "$program" "$@" 0
    server=$pid
}

# play STEP...: a peer does the steps, and stays connected. Sets client, its process.
play() {
    clients=$((clients + 1))
    mkfifo "$tmp/stdin.$clients"
    run "client.$clients" "$tmp/stdin.$clients" "$peer" -p "$server" "$port" "$@" "say done" hold
    client=$pid
    keep_open "$tmp/stdin.$clients"
    wait_for "$tmp/client.$clients" '^done'
}

# keep_open FIFO: as long as this script runs.
keep_open() {
    sleep "$bound" >"$1" &
    started="$started $!"
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
