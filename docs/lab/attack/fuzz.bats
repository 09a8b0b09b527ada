#!/usr/bin/env bats
# Random operations of many hostile clients against each server: docs/lab/attack/fuzz.c.
# Run by `make attack`, or docs/lab/suite/run-tests docs/lab/attack
bats_require_minimum_version 1.5.0
load ../suite/promises

FUZZ=$LAB/attack/fuzz
SEED=1
# What a server has freed is kept by the sanitizer for a while: a little of it.
export ASAN_OPTIONS=quarantine_size_mb=1:thread_local_quarantine_size_kb=64

setup_file() { [ "$(uname -s)" = Linux ] || skip "fuzz looks at /proc"; }

# Builds a server.c under both sanitizers, as $TMP/server.
build_sanitized() {
    local flags='-D_POSIX_C_SOURCE=200809L -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all'
    echo 'int main(void) { return 0; }' >"$TMP/empty.c"
    # shellcheck disable=SC2086 # the flags are words
    compile $flags "$TMP/empty.c" -o "$TMP/empty" 2>"$TMP/err" ||
        skip "the compiler has no sanitizers"
    # shellcheck disable=SC2086
    compile -std=c11 $flags "$1" -o "$TMP/server"
}

# fuzzed CHAPTER [OPTION...]
fuzzed() {
    local chapter=$1
    shift
    build_sanitized "$ROOT"/"$chapter"/server.c
    "$PEER" exec 60 "$FUZZ" -s "$SEED" -n 50000 -m 16384 "$@" -- "$TMP/server" \
        </dev/null >"$TMP/out" 2>"$TMP/err" || { cat "$TMP/err" && return 1; }
    grep -q "^seed $SEED: 50000 operations in .* every byte as sent" "$TMP/out"
}

# found PATCH CHAPTER WORDS [OPTION...]: the patched server breaks its promise in these words.
found() {
    local chapter=$2 words=$3 status=0
    cp "$ROOT/$chapter/server.c" "$TMP/server.c"
    (cd "$TMP" && patch -s -F0 -p1) <"$ROOT/$1"
    shift 3
    compile -std=c11 -D_POSIX_C_SOURCE=200809L -O2 "$TMP/server.c" -o "$TMP/server"
    "$PEER" exec 60 "$FUZZ" -s 7 -P 3000 "$@" -- "$TMP/server" </dev/null >"$TMP/out" 2>"$TMP/err" ||
        status=$?
    cat "$TMP/err"
    [ "$status" -eq 1 ]
    grep -Eq "^fuzz: FAILED after [0-9]+ operations, .*$words" "$TMP/err"
    grep -Eq "^  replay: .*fuzz -s 7 -n [0-9]+ -c [0-9]+ .*-- $TMP/server" "$TMP/err"
}

@test "fuzz: chapter 02, 50,000 random operations, under ASan and UBSan: no byte lost" {
    fuzzed 02-nonblocking -b
}

@test "fuzz: chapter 03, 50,000 random operations, under ASan and UBSan: no byte lost" {
    fuzzed 03-select
}

@test "fuzz: chapter 04, 50,000 random operations, under ASan and UBSan: no byte lost" {
    fuzzed 04-poll
}

@test "fuzz: chapter 05, 50,000 random operations, under ASan and UBSan: no byte lost" {
    fuzzed 05-epoll
}

@test "fuzz: chapter 06, 50,000 random operations, under ASan and UBSan: no byte lost" {
    fuzzed 06-edge-triggered
}

@test "fuzz: chapter 01, 500 random operations, one client after the other: no byte lost" {
    build_sanitized "$ROOT/01-blocking/server.c"
    "$PEER" exec 60 "$FUZZ" -c 1 -n 500 -m 16384 -- "$TMP/server" </dev/null >"$TMP/out"
    grep -q "every byte as sent" "$TMP/out"
}

@test "fuzz: the same seed has the same operations, another has others" {
    "$FUZZ" -l -s 5 -n 5000 >"$TMP/5"
    "$FUZZ" -l -s 5 -n 5000 >"$TMP/5again"
    "$FUZZ" -l -s 6 -n 5000 >"$TMP/6"
    [ "$(wc -l <"$TMP/5")" -eq 5000 ]
    cmp "$TMP/5" "$TMP/5again"
    run -1 cmp -s "$TMP/5" "$TMP/6"
    # Each kind of operation is among them.
    [ "$(tr -s ' ' '\n' <"$TMP/5" | grep -E '^[a-z-]+$' | sort -u | wc -l)" -eq 19 ]
    # Played, it is what is listed: whatever the server, and whatever its speed.
    start_chapter_04
    "$FUZZ" -v -s 5 -n 500 -p "$SERVER_PID" "$PORT" 2>&1 >"$TMP/out" | grep '^[0-9]' >"$TMP/played"
    head -n 500 "$TMP/5" | cmp - "$TMP/played"
}

start_chapter_04() {
    "$PEER" exec 60 "$ROOT/04-poll/server" 0 </dev/null >"$TMP/out.04" 2>"$TMP/err" &
    SERVER_PID=$!
    eventually grep -q listening "$TMP/out.04"
    PORT=$(sed 's/.*://' "$TMP/out.04")
}

@test "fuzz: a lost tail is found, and how to replay it is said" {
    found 03-select/traps/5-end-before-what-is-owed.patch 03-select "end of stream"
}

@test "fuzz: a leaked descriptor is found" {
    found docs/lab/mutants/bugs/04-error-is-looked-past.patch 04-poll "memory has grown|descriptors"
}

@test "fuzz: a missed edge is found" {
    found 06-edge-triggered/traps/1-one-read-per-edge.patch 06-edge-triggered \
        "nothing comes back|no end of stream" -n 500
}

@test "fuzz: who spins while nobody sends is found" {
    found 05-epoll/traps/1-out-left-on.patch 05-epoll "does not sleep" -n 500
}

@test "fuzz: wrong use is refused in one line, -h tells the use" {
    "$FUZZ" -h | grep -q '^usage: '
    for arguments in '' '-n x 80' '-c 0 80' '-x 80' '80 81' '--' '-p 1 -- true'; do
        status=0
        # shellcheck disable=SC2086 # the words are the arguments
        "$FUZZ" $arguments </dev/null >"$TMP/out" 2>"$TMP/err" || status=$?
        [ "$status" -eq 2 ] && [ ! -s "$TMP/out" ] && [ "$(wc -l <"$TMP/err")" -eq 1 ] || {
            echo "fuzz $arguments: status $status" && cat "$TMP/err" && return 1
        }
    done
}
