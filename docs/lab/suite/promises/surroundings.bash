# shellcheck shell=bash disable=SC2015,SC2034,SC2154 # promises.bash, which loads this, has the rest
# Surroundings: its descriptors, its port, its address.

promise stdout_closed 'surroundings: stdout is closed' \
    often 'a failed write to stdout ends it, or what it prints goes to a client' \
    explained 01-blocking 'The step'
promise_stdout_closed() {
    start_detached '>&-' && still_serves
}

promise stdout_dead 'surroundings: stdout is a dead pipe' \
    often 'SIGPIPE, or a failed write to stdout, ends it' \
    explained 01-blocking 'The step'
promise_stdout_dead() {
    start_detached "| true" && still_serves
}
# Starts the server with its stdout changed as the argument says, so that the
# port must be known beforehand.
start_detached() {
    PORT=$("$PEER" free-port)
    rm -f "$TMP/pid" # of the server before
    echo "echo \$\$ >'$TMP/pid'; exec '$PEER' exec $MOST_SECONDS ${SERVER:-"'$BATS_TEST_DIRNAME/server' -v"} $PORT" >"$TMP/run"
    eval "sh '$TMP/run' </dev/null 2>'$TMP/err' $1 &"
    eventually test -s "$TMP/pid" || return 1
    SERVER_PID=$(cat "$TMP/pid")
    eventually listens || fail_to_start
}

# The server ends while a client is connected, so that the old connection stays
# in the kernel; a new server must take the same port at once.
promise restart 'surroundings: a restart takes the same port at once' \
    often 'SO_REUSEADDR is not set before bind' \
    explained 01-blocking 'The step'
promise_restart() {
    start_server && mkfifo "$TMP/hold" && exec 8<>"$TMP/hold" || return 1
    "$PEER" "$PORT" "connect A" 'ask A x' "say ready" "hold" \
        <"$TMP/hold" >"$TMP/said" 2>&1 8>&- &
    eventually grep -q ready "$TMP/said" || return 1
    kill -TERM "$SERVER_PID"
    eventually ended && start_server_again && exec 8>&- && still_serves
}
start_server_again() {
    local ASK_PORT=$PORT
    if [ -z "${SERVER:-}" ]; then
        start_server
        return
    fi
    "$PEER" exec "$MOST_SECONDS" sh -c "exec $SERVER $PORT" </dev/null >"$TMP/out" 2>"$TMP/err" &
    SERVER_PID=$!
    eventually listens || fail_to_start
}

promise loopback 'surroundings: it listens on 127.0.0.1 only' \
    often 'it binds 0.0.0.0, which is every address, not 127.0.0.1' \
    explained 01-blocking 'The step'
promise_loopback() {
    start_server || return 1
    # 127.0.0.2 is this machine, too, but another address.
    if "$PEER" -a 127.0.0.2 -t 2000 "$PORT" "connect A" 2>"$TMP/other"; then
        echo "  the server answers on 127.0.0.2: it listens on every address"
        return 1
    fi
    still_serves
}

promise port_in_use 'surroundings: a port in use is refused clearly' \
    often "bind's result is not looked at; nothing is on stderr; or the status is 0, or over 125 (exit(-1))" \
    explained 01-blocking 'The step'
promise_port_in_use() {
    start_server || return 1
    local status=0
    "$PEER" exec 10 sh -c "exec ${SERVER:-"'$BATS_TEST_DIRNAME/server'"} $PORT" \
        </dev/null >"$TMP/second" 2>"$TMP/second_err" || status=$?
    refused_use "$status" "$TMP/second_err" && still_serves
}

promise bad_port 'surroundings: a bad port is refused clearly' \
    often 'atoi takes anything for a number; or what is wrong is told on stdout' \
    explained 01-blocking 'The step'
promise_bad_port() {
    local port status
    for port in 65536 -1 http 80x; do
        status=0
        "$PEER" exec 10 sh -c "exec ${SERVER:-"'$BATS_TEST_DIRNAME/server'"} $port" \
            </dev/null >"$TMP/second" 2>"$TMP/second_err" || status=$?
        refused_use "$status" "$TMP/second_err" || return 1
    done
}

promise no_descriptors 'surroundings: started with descriptors 0 to 2 closed' \
    often 'the listener, or a client, gets number 1, and what is printed goes there' \
    explained 01-blocking 'The step'
promise_no_descriptors() {
    own_server
    PORT=$("$PEER" free-port)
    # shellcheck disable=SC2016 # it is the inner shell that expands them
    sh -c 'echo $$ >"$1" && exec "$2" exec 60 "$3" -v "$4" <&- >&- 2>&-' - \
        "$TMP/pid" "$PEER" "$BATS_TEST_DIRNAME/server" "$PORT" 3>&- &
    eventually test -s "$TMP/pid" && SERVER_PID=$(cat "$TMP/pid") && eventually listens &&
        # Its narration does not come to the client.
        play "connect A" 'ask A hello\n' "silence A 100"
}
