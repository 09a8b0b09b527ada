# shellcheck shell=bash disable=SC2015,SC2034,SC2154 # promises.bash, which loads this, has the rest
# Signals: a stop and a continue, EINTR, SIGPIPE, and the end.

promise stop_and_continue 'signals: SIGSTOP, SIGCONT' \
    demands 'After SIGSTOP and SIGCONT it goes on as if nothing had been.' \
    explained 01-blocking 'The step'
promise_stop_and_continue() {
    start_server && play "connect A" 'ask A before\n' "stop" 'send A during\n' "silence A 100" \
        "continue" 'expect A during\n' "stop" "continue" "stop" "continue" 'ask A after\n' "alive" &&
        # In mid-send, too: a send that was cut short has a rest.
        play "connect A" "pour A 64MiB" "stop" "continue" "collect A"
}

# The client has sent much, and left. The first send to it is answered by a RST;
# the next would raise SIGPIPE.
promise sigpipe 'signals: a client that leaves in mid-send raises no SIGPIPE' \
    demands 'A client that has sent much and left does not end the server: SIGPIPE, or EPIPE.' \
    explained 01-blocking 'The step'
promise_sigpipe() {
    start_server && leaves_nothing 0 "connect A" 'ask A x' "stop" "pour A 64KiB" "close A" "continue" && still_serves
}

promise terminates 'signals: SIGINT and SIGTERM end it at once' \
    demands 'SIGINT and SIGTERM end it within 10 s, though a client is connected; with which status does not matter.' \
    explained 01-blocking 'The step'
promise_terminates() {
    local signal
    for signal in INT TERM; do
        start_server && hold_a_client || return 1
        kill -"$signal" -- "-$SERVER_PID"
        if ! eventually ended; then
            echo "  SIG$signal did not end the server, with a client connected"
            echo "runs" >"$TMP/kind"
            return 1
        fi
        exec 8>&-
        GUARD=''
    done
}
# A client that is there until descriptor 8 is closed.
hold_a_client() {
    rm -f "$TMP/hold" "$TMP/said" && mkfifo "$TMP/hold" && exec 8<>"$TMP/hold" || return 1
    "$PEER" -t "$PATIENCE" -k "$TMP/kind" -p "$SERVER_PID" "$PORT" "connect A" 'ask A x' "say ready" "hold" \
        <"$TMP/hold" >"$TMP/said" 2>&1 8>&- &
    # shellcheck disable=SC2317 # eventually calls it
    told_ready() { grep -q ready "$TMP/said" || ! kill -0 "$!" 2>"$TMP/kill"; }
    eventually told_ready && grep -q ready "$TMP/said" || {
        cat "$TMP/said"
        return 1
    }
}

# Nobody was ready, and no time limit was set.
promise stop_in_wait 'signals: a stop and a continue end epoll_wait with EINTR, and it waits again' \
    of-chapters 'A stop and a continue end epoll_wait with EINTR, and it waits again.' \
    explained 05-epoll 'The step'
promise_stop_in_wait() {
    start_server -v && play "connect A" 'ask A before\n' "silence A 50" "stop" "continue" \
        'ask A after\n' "alive" && grep -q '^epoll_wait -> nothing$' "$TMP/out"
}

promise eintr 'signals: EINTR, also with SA_RESTART' \
    of-chapters 'A signal with a handler ends a call with EINTR, and it goes on.' \
    explained 01-blocking 'The step'
promise_eintr() {
    # Silence first: then the server is inside its wait when the signal comes.
    built_with "$LAB/suite/signals.h" && play "connect A" 'ask A before\n' "silence A 50" \
        "$(signal USR1)" "silence A 50" "$(signal USR2)" "silence A 50" "$(signal USR1)" \
        'ask A after\n' "close A" "connect B" 'ask B hello\n' "alive" &&
        # A signal in mid-send cuts it short: the rest must not be forgotten.
        play "connect A" "pour A 64MiB" "$(signal USR1)" "$(signal USR2)" "collect A"
}
