# shellcheck shell=bash disable=SC2015,SC2034,SC2154 # promises.bash, which loads this, has the rest
# Surroundings: its descriptors, its port, its address.

promise stdout_closed 'surroundings: stdout is closed' \
    demands 'It works with stdout closed.' \
    explained 01-blocking 'The step'
promise_stdout_closed() {
    start_detached '>&-' && still_serves
}

promise stdout_dead 'surroundings: stdout is a dead pipe' \
    demands 'It works with a stdout that nobody reads any more: a pipe whose other end is closed.' \
    explained 01-blocking 'The step'
promise_stdout_dead() {
    start_detached "| true" && still_serves
}
# Starts the server with its stdout changed as the argument says, so that the
# port must be known beforehand.
start_detached() {
    PORT=$("$PEER" free-port)
    rm -f "$TMP/pid" "$TMP/guard" # of the server before
    : >"$TMP/out"
    echo "${SERVER:-"'$BATS_TEST_DIRNAME/server' -v"} $PORT" >"$TMP/run"
    echo "echo \$\$ >'$TMP/guard'; exec '$PEER' guard $MOST_SECONDS '$TMP/pid' sh '$TMP/run'" >"$TMP/guarded"
    eval "sh '$TMP/guarded' </dev/null 2>'$TMP/err' $1 &"
    eventually test -s "$TMP/guard" || return 1
    GUARD=$(cat "$TMP/guard")
    started listens
}

# The server ends while a client is connected, so that the old connection stays
# in the kernel; a new server must take the same port at once.
promise restart 'surroundings: a restart takes the same port at once' \
    demands 'It can be started again on the same port at once, while an old connection is still in the kernel.' \
    explained 01-blocking 'The step'
promise_restart() {
    start_server && hold_a_client || return 1
    kill -TERM -- "-$SERVER_PID"
    eventually ended || {
        echo "  SIGTERM did not end the server"
        echo "runs" >"$TMP/kind"
        return 1
    }
    echo "  in the step:  it is started again, on port $PORT, which it had before"
    start_server_again && exec 8>&- && still_serves
}
start_server_again() {
    local ASK_PORT=$PORT
    GUARD=''
    if [ -z "${SERVER:-}" ]; then
        start_server
        return
    fi
    guarded_server "$PORT"
    started listens
}

promise loopback 'surroundings: it listens on 127.0.0.1 only' \
    demands 'It listens on 127.0.0.1 alone: not on every address of the machine.' \
    explained 01-blocking 'The step'
promise_loopback() {
    start_server || return 1
    # 127.0.0.2 is this machine, too, but another address.
    if "$PEER" -a 127.0.0.2 -t 2000 "$PORT" "connect A" 2>"$TMP/other"; then
        echo "  the server answers on 127.0.0.2: it listens on every address"
        echo "everywhere" >"$TMP/kind"
        return 1
    fi
    still_serves
}

promise port_in_use 'surroundings: a port in use is refused clearly' \
    demands 'Started on a port that is taken, it says so on stderr, and ends within 6 s, with a status from 1 to 125, or 255.' \
    explained 01-blocking 'The step'
promise_port_in_use() {
    start_server && start_badly "$PORT" && still_serves
}

# A name is no number to the chapters; other languages look it up: http is port 80.
promise bad_port 'surroundings: a bad port is refused clearly' \
    demands 'Started with 65536, -1 or 80x for a port, it says so on stderr, and ends within 6 s, with a status from 1 to 125, or 255.' \
    explained 01-blocking 'The step'
promise_bad_port() {
    local port
    for port in 65536 -1 80x http; do
        [ "$port" != http ] || [ -z "$STRANGER" ] || continue
        start_badly "$port" || return 1
    done
}

promise no_descriptors 'surroundings: started with descriptors 0 to 2 closed' \
    of-chapters 'It can be started with descriptors 0 to 2 closed.' \
    explained 01-blocking 'The step'
promise_no_descriptors() {
    PORT=$("$PEER" free-port)
    # shellcheck disable=SC2016 # it is the inner shell that expands them
    sh -c 'echo $$ >"$1" && exec "$2" exec 60 "$3" -v "$4" <&- >&- 2>&-' - \
        "$TMP/pid" "$PEER" "$BATS_TEST_DIRNAME/server" "$PORT" 3>&- &
    eventually test -s "$TMP/pid" && SERVER_PID=$(cat "$TMP/pid") && listens &&
        # Its narration does not come to the client.
        play "connect A" 'ask A hello\n' "silence A 100"
}
