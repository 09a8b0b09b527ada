#!/usr/bin/env bats
# Each system call fails, and docs/under-attack.md says what becomes of it. One error of
# each kind, the first time; all of them, and more often: make attack faults.
# shellcheck disable=SC2030,SC2031,SC2034 # SERVER, PORT and SERVER_PID are setup's
load ../suite/promises
unset SERVER CLIENT

setup_file() {
    command -v strace >/dev/null || skip "strace is not installed"
    strace -qq -o /dev/null true 2>/dev/null || skip "strace may trace nothing here"
    [ -z "${SANITIZE:-}" ] || skip "the sanitizers' own calls would be hit"
}

# The page's verdicts, as lines of the script's output: the first of each cell.
of_the_page() {
    awk -F ' *[|] *' -v chapter="$1" '
        /^<!-- faults of the/ { who = $0; sub(/.* the /, "", who); sub(/s -->.*/, "", who) }
        /^<!-- end -->/ { who = "" }
        who && $2 ~ /^`/ {
            gsub(/`/, "", $2)
            n = split($3, errors, ", ")
            verdict = $(3 + chapter)
            sub(/\/.*/, "", verdict)
            for (i = 1; i <= n; i++) {
                printf "%s\t%s\t%s\t%d\t%s\n", who, $2, errors[i], chapter, verdict
                # Other news may come at once.
                if (verdict == "late") printf "%s\t%s\t%s\t%d\tok\n", who, $2, errors[i], chapter
            }
        }' "$ROOT/docs/under-attack.md"
}

as_the_page_says() {
    "$ROOT/docs/lab/attack/faults" -q "$1" >"$TMP/seen" 2>"$TMP/err" || { cat "$TMP/err" && return 1; }
    [ "$(wc -l <"$TMP/seen")" -ge 30 ]
    of_the_page "$1" >"$TMP/page"
    # What was seen, and is not in the page.
    ! grep -vxFf "$TMP/page" "$TMP/seen"
}

@test "faults: chapter 01: each call fails, and what follows is what the page says" {
    as_the_page_says 1
}
@test "faults: chapter 02: each call fails, and what follows is what the page says" {
    as_the_page_says 2
}
@test "faults: chapter 03: each call fails, and what follows is what the page says" {
    as_the_page_says 3
}
@test "faults: chapter 04: each call fails, and what follows is what the page says" {
    as_the_page_says 4
}
@test "faults: chapter 05: each call fails, and what follows is what the page says" {
    as_the_page_says 5
}
@test "faults: chapter 06: each call fails, and what follows is what the page says" {
    as_the_page_says 6
}

@test "faults: make attack faults N runs those of one chapter, and make is content" {
    cd "$ROOT"
    unset MAKEFLAGS MFLAGS MAKELEVEL
    run make -n attack faults 5
    echo "$output"
    [ "$status" -eq 0 ]
    [[ "$output" == *"docs/lab/attack/faults 5"* ]]
}

@test "faults: a server that dies of one, and one that says nothing, are seen" {
    mkdir -p "$TMP/tree/docs"
    cp -r "$LAB" "$TMP/tree/docs/lab"
    cp -r "$ROOT/05-epoll" "$ROOT/06-edge-triggered" "$TMP/tree"
    cd "$TMP/tree/05-epoll"
    sed 's/^    return errno == EAGAIN ||/    if (errno == EINTR)\n        abort();\n&/
        s/^    fprintf(stderr, "server: %s %d: %s\\n".*/    (void)what, (void)number;/' server.c >other.c
    compile other.c -o server
    status=0
    ../docs/lab/attack/faults -q 5 >"$TMP/seen" 2>"$TMP/err" || status=$?
    grep '[A-Z]$\|DIED' "$TMP/seen"
    [ "$status" -eq 1 ]
    grep -q "$(printf 'server\trecv\tEINTR\t5\tDIED 134')" "$TMP/seen"
    grep -q "$(printf 'server\tbind\tEADDRINUSE\t5\tDIED 1')" "$TMP/seen"
    grep -q "$(printf 'server\tsend\tEPIPE\t5\tcut')" "$TMP/seen"
}

# At an urgent mark, recv says EAGAIN when a signal is pending, although data waits.
interrupted_at_the_mark() {
    "$PEER" exec 20 strace -D -f -qq -o "$TMP/log" -e trace=recvfrom \
        -e inject=recvfrom:signal=SIGCONT:when=2 "$1" 0 </dev/null >"$TMP/out" 2>"$TMP/err" &
    SERVER_PID=$!
    eventually read_port
    # All of it is there before the server looks: recv says ab, and then comes the mark.
    play "stop" "connect A" "send A ab" "urgent A !" "send A cd" "half-close A" "continue" \
        "expect A abcd" "eof A"
}
@test "faults: a signal at an urgent mark: chapter 06 asks twice, and loses nothing" {
    interrupted_at_the_mark "$ROOT/06-edge-triggered/server"
    grep -q SIGCONT "$TMP/log"
    stop_server
    PATIENCE=500
    sed '/c->news & EPOLLPRI)/,+1d' "$ROOT/06-edge-triggered/server.c" >"$TMP/once.c"
    [ "$(diff "$ROOT/06-edge-triggered/server.c" "$TMP/once.c" | grep -c '^<')" -eq 2 ]
    compile "$TMP/once.c" -o "$TMP/once"
    ! interrupted_at_the_mark "$TMP/once" || return 1
}

@test "faults, fuzz-all, soak, analyse, memcheck, coverage: wrong use is refused in one line, -h helps" {
    while read -r words; do
        # shellcheck disable=SC2086 # the words are arguments
        run "$PEER" exec 20 $ROOT/docs/lab/$words
        echo "$words: $status: $output"
        [ "$status" -eq 2 ]
        [ "${#lines[@]}" -eq 1 ]
        run "$PEER" exec 20 "$ROOT/docs/lab/${words%% *}" -h
        [ "$status" -eq 0 ]
        [[ "$output" == usage* ]]
    done <<'END'
attack/faults 7
attack/faults five
attack/faults -w
attack/fuzz-all many
attack/soak 5
attack/soak -m x
check/analyse x
check/memcheck 7
check/coverage x
END
}
