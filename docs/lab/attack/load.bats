#!/usr/bin/env bats
# What make attack soak does, in small: the parts of docs/lab/attack/soak that take a second.
load ../suite/promises
unset SERVER CLIENT

setup_file() { [ "$(uname -s)" = Linux ] || skip "soak looks at /proc"; }

@test "load: as many clients as descriptors, and 100 more: all are served in the end (02, 04, 05, 06)" {
    ulimit -Sn 500
    "$PEER" exec 60 "$LAB/attack/soak" limit </dev/null >"$TMP/out" 2>"$TMP/err" 3>&- || { cat "$TMP/err" && return 1; }
    cat "$TMP/out"
    # 0 to 2 and the listener are taken; and the epoll instance.
    [ "$(grep -c '49[56] clients in, of 500 descriptors; 10[45] more waited, and came in$' "$TMP/out")" -eq 4 ]
    grep -q '^05-epoll *495 ' "$TMP/out"
}

@test "load: 3,000 times connect, echo, close: no descriptor, no memory is left (02 to 06)" {
    [ -z "${SANITIZE:-}" ] || skip "the sanitizer keeps freed memory for a while"
    CHURNS=3000 "$PEER" exec 60 "$LAB/attack/soak" churn </dev/null >"$TMP/out" 2>"$TMP/err" 3>&- || { cat "$TMP/err" && return 1; }
    cat "$TMP/out"
    [ "$(grep -c '3000 connections, .* descriptors +0, memory' "$TMP/out")" -eq 5 ]
}

@test "load: a server that leaks a descriptor, or memory, is found by the churn" {
    mkdir -p "$TMP/tree/docs"
    cp -r "$LAB" "$TMP/tree/docs/lab"
    cp -r "$ROOT/05-epoll" "$ROOT/06-edge-triggered" "$TMP/tree"
    cd "$TMP/tree/05-epoll"
    sed 's/    free(c);$/    (void)c;/' server.c >leaks.c
    compile leaks.c -o server
    run env CHURNS=3000 CHAPTERS=05-epoll "$PEER" exec 60 ../docs/lab/attack/soak churn
    echo "$output"
    [ "$status" -eq 1 ]
    [[ "$output" == *"it has grown by"* ]]
}
