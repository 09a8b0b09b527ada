#!/usr/bin/env bats
# Signal-driven I/O, POSIX AIO and io_uring: the point of each experiment. They
# say themselves what is not as predicted; here we hold them to the numbers.
ROOT=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
TRY=$ROOT/docs/beyond
PEER=$ROOT/docs/lab/suite/peer

setup() {
    [ "${SYSTEM:-$(uname -s)}" = Linux ] || skip "the experiments look at Linux"
    TMP=$(mktemp -d "${TMPDIR:-/tmp}/async.XXXXXX")
}

teardown() { rm -rf "${TMP:-}"; }

# Runs the program $1, bounded in time: all that it saw was as predicted.
as_predicted() {
    local status=0
    "$PEER" exec 20 "$1" </dev/null >"$TMP/out" 2>&1 || status=$?
    cat "$TMP/out"
    [ "$status" -eq 0 ]
    if grep -q '^uring: .*: nothing to show$' "$TMP/out"; then
        skip "$(cat "$TMP/out")"
    fi
}

saw() { grep -q "^seen: .*$1" "$TMP/out"; }

# Builds uring.c as $TMP/uring, with the lines $@ in front of it.
uring_with() {
    printf '%s\n' '#define _GNU_SOURCE' '#include <errno.h>' '#include <unistd.h>' "$@" >"$TMP/kernel.h"
    ${CC:-cc} -I"$TRY" -include "$TMP/kernel.h" "$TRY/uring.c" -o "$TMP/uring"
}

@test "signal-driven: each arrival is a signal, what is left unread is none" {
    as_predicted "$TRY/sigio"
    saw '1 send of 5 bytes: 1 signal, and it names the descriptor'
    saw '3 left: 0 signals'
    saw '1 byte more, behind those 3: 1 signal'
    saw 'our own send, and its acknowledgement: 0 signals'
}

@test "signal-driven: five arrivals are five real-time signals, but one SIGIO" {
    as_predicted "$TRY/sigio"
    saw '5 arrivals while blocked: 5 real-time signals, but 1 SIGIO'
}

@test "signal-driven: SIGIO kills who does not catch it" {
    as_predicted "$TRY/sigio"
    saw 'killed by SIGIO'
}

@test "POSIX AIO: a thread of the library sleeps in our place, and signals us" {
    as_predicted "$TRY/aio"
    saw 'and then EINPROGRESS'
    saw 'threads: 1, now 2; the new one sleeps'
    saw 'SI_ASYNCIO yes, sent by our own process'
    saw 'in our buffer: "hello", and we have not called recv'
}

@test "io_uring: the bytes and the result come by memory, without a thread of ours" {
    as_predicted "$TRY/uring"
    saw '1 io_uring_enter; nothing has come, 0 completions'
    saw 'look at memory only: result 6, "hello" is in our buffer'
    saw 'no thread of ours did it'
}

@test "io_uring: ten echoes, ten system calls" {
    as_predicted "$TRY/uring"
    saw '10 echoes more, send and next recv in one: 10 io_uring_enter'
}

@test "io_uring: where the kernel has none, forbids it, or is too old, one line says so" {
    for error in ENOSYS EPERM EACCES ENOMEM; do
        uring_with "#define syscall(...) (errno = $error, -1)"
        "$TMP/uring" >"$TMP/out"
        cat "$TMP/out"
        [ "$(wc -l <"$TMP/out")" -eq 1 ]
        grep -q '^uring: .*: nothing to show$' "$TMP/out"
    done
    # An instance without the feature that we need: params stays empty.
    uring_with '#define syscall(...) dup(0)'
    [ "$("$TMP/uring" </dev/null)" = "uring: this kernel's io_uring is too old (before 5.7): nothing to show" ]
}

@test "io_uring: without its header, a program is built that says so" {
    sed 's,linux/io_uring.h,linux/no-such.h,' "$TRY/uring.c" >"$TMP/uring.c"
    ${CC:-cc} -I"$TRY" "$TMP/uring.c" -o "$TMP/uring"
    "$TMP/uring" >"$TMP/out"
    [ "$(wc -l <"$TMP/out")" -eq 1 ]
    grep -q '^uring: built without .*: nothing to show$' "$TMP/out"
}
