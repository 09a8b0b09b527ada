#!/usr/bin/env bats
# What draw/session prints, and what it leaves behind: nothing. Run by `make check`.
# shellcheck disable=SC2030,SC2031 # each test is a process; run sets what it looks at
load ../core/house

@test "session: two columns, each in its order; it ends what it started" {
    [ "$SYSTEM" = Linux ] || skip "proc(5) tells what still runs"
    REPLAY=$TMP docs/lab/draw/session -v -w 36 01-blocking/server 01-blocking/client one two >"$TMP/out"
    sed -i 's/:[0-9]*  */:PORT     /' "$TMP/out"
    cat "$TMP/out"
    diff "$TMP/out" - <<'END'
$ 01-blocking/server -v             $ 01-blocking/client -v
listening on 127.0.0.1:PORT     one
accept fd 3 -> 4 (new client)       send fd 3 -> 4 bytes
recv fd 4 -> 4 bytes                recv fd 3 -> 4 bytes
send fd 4 -> 4 bytes                one
recv fd 4 -> 4 bytes                two
send fd 4 -> 4 bytes                send fd 3 -> 4 bytes
recv fd 4 -> 0 bytes                recv fd 3 -> 4 bytes
close fd 4 -> 0 (done)              two
                                    ^D
END
    cd 01-blocking
    REPLAY=$TMP ../docs/lab/draw/session -s ./server "connect A" "finish A one" "expect A one" >"$TMP/out"
    cat "$TMP/out"
    tail -n 1 "$TMP/out" | grep -qx 'close fd 4 -> 0 (done)'
    status=0
    REPLAY=$TMP ../docs/lab/draw/session -s ./server "connect A" "hurry 1" "silence A 50" "close A" 2>"$TMP/err" || status=$?
    [ "$status" -eq 1 ]
    nothing_left
}
