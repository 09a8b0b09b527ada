# shellcheck shell=bash disable=SC2015,SC2034,SC2154 # promises.bash, which loads this, has the rest
# Others: what one client does is no other client's business.

promise silent 'others: a silent client delays nobody' \
    often 'it waits inside recv for one client, and the others wait with it' \
    explained 02-nonblocking 'The step'
promise_silent() {
    start_server && play "connect A" "connect B" 'ask B is anybody here?\n'
}

promise never_reads 'others: a client that never reads delays nobody, costs 1 MiB at most, loses nothing' \
    often 'it waits inside send; queues without bound; drops the rest; or waits for IN in a jam, not for OUT' \
    explained 02-nonblocking 'What the kernel does'
promise_never_reads() {
    local asleep room=1024 # KiB
    [ -z "${SANITIZE:-}" ] || room=65536
    unless_busy "idle 5 200"
    start_server && play "connect B" 'ask B before\n' "connect A" "pour A 64MiB" \
        'ask B meanwhile\n' "memory $room" "${asleep[@]}" "collect A" 'ask B after\n'
}

promise reverse 'others: five clients send in the order 5, 4, 3, 2, 1' \
    often 'it waits for one client while others have sent; or a reply goes to the wrong client' \
    explained 02-nonblocking 'The step'
promise_reverse() {
    start_server && play "connect A 5" "send A.4 e" "send A.3 d" "send A.2 c" "send A.1 b" \
        "send A.0 a" "expect A.0 a" "expect A.1 b" "expect A.2 c" "expect A.3 d" "expect A.4 e"
}

promise flooder 'others: a flooder does not starve a polite client' \
    often 'one client is read until it has no more: a turn has no budget' \
    explained 06-edge-triggered 'The step'
promise_flooder() {
    start_server && play "connect A 3" "flood A" "connect B" "polite B 500 400"
}

# One after the other: all that chapter 01 can promise to a crowd.
promise in_turn 'others: 1,000 clients, one after the other' \
    often 'the descriptor of a client that has left is not closed; or the end of one ends all' \
    explained 01-blocking 'The step'
promise_in_turn() {
    start_server || return 1
    local i=0 steps=()
    while [ $((i += 1)) -le 1000 ]; do
        steps+=("connect A$i" 'ask A'"$i"' hello\n' "close A$i")
    done
    play "${steps[@]}" "descriptors" && still_serves
}

promise nine_hundred 'others: 900 clients' \
    often 'a table of fixed size, a low ulimit -n, or a small backlog' \
    explained 03-select 'The step'
promise_nine_hundred() {
    start_server && play "connect A 900" 'send A client #\n' 'expect A client #\n' \
        "reset A" "descriptors" && still_serves
}

promise thousand 'others: 1,000 clients' \
    often 'a table of fixed size, FD_SETSIZE, a low ulimit -n, or a small backlog' \
    explained 04-poll 'The step'
promise_thousand() {
    need_descriptors 1100
    start_server && play "connect A 1000" 'send A client #\n' 'expect A client #\n' \
        "reset A" "descriptors" && still_serves
}

promise ten_thousand 'others: 10,000 clients' \
    often 'a table of fixed size, FD_SETSIZE, a low ulimit -n, or a small backlog' \
    explained 04-poll 'The step'
promise_ten_thousand() {
    need_descriptors 10100
    start_server && "$PEER" -p "$SERVER_PID" -t $((4 * PATIENCE)) "$PORT" "connect A 10000" \
        'send A client #\n' 'expect A client #\n' 'send A again #\n' 'expect A again #\n' \
        "reset A" "descriptors" &&
        still_serves
}

promise crowd 'limits: more than 1,024 descriptors' \
    often 'a table of fixed size, FD_SETSIZE, a low ulimit -n, or a small backlog' \
    explained 04-poll 'The step'
promise_crowd() {
    need_descriptors 1200
    start_server && play "connect A 1100" 'send A #\n' 'expect A #\n' 'ask A.1099 the last\n' \
        "reset A"
}

promise burst 'others: 100 connect at once, then silence' \
    often 'one accept per report, where arrivals are reported together; or EAGAIN is taken for an end' \
    explained 06-edge-triggered 'The step'
promise_burst() {
    start_server && play "stop" "connect A 100" "continue" 'send A.99 last\n' 'expect A.99 last\n' \
        'send A #\n' 'expect A #\n'
}
