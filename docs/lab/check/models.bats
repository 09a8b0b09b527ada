#!/usr/bin/env bats
# docs/io-models.md and docs/glossary.md: what they say can be run and looked up.
# shellcheck disable=SC2030,SC2031,SC2034 # PORT and SERVER are setup's
load ../suite/promises
PAGE=$ROOT/docs/io-models.md
TRY=$ROOT/docs/claims

linux_only() {
    [ "${SYSTEM:-$(uname -s)}" = Linux ] || skip "the experiments look at Linux"
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
