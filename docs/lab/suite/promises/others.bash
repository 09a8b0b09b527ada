# shellcheck shell=bash disable=SC2015,SC2034,SC2154 # promises.bash, which loads this, has the rest
# Others: what one client does is no other client's business.

promise silent 'others: a silent client delays nobody' \
    demands 'A client that says nothing delays nobody.' \
    explained 02-nonblocking 'The step'
promise_silent() {
    start_server && play "connect A" "connect B" 'ask B is anybody here?\n'
}

promise never_reads 'others: a client that never reads delays nobody, costs 1 MiB at most, loses nothing' \
    demands 'A client that sends and never reads delays nobody, and costs no processor; of 64 MiB the server does not take all, so that its memory has a bound. When the client reads at last, nothing is lost.' \
    explained 02-nonblocking 'What the kernel does'
promise_never_reads() {
    local asleep memory=("memory 1024")
    [ -z "${SANITIZE:-}$STRANGER" ] || memory=() # a runtime's heap is its own business
    unless_busy "idle 5 200"
    start_server && play "connect B" 'ask B before\n' "connect A" "pour A 64MiB" "jammed A" \
        'ask B meanwhile\n' "${memory[@]}" "${asleep[@]}" "collect A" 'ask B after\n'
}

# It reads, but less than it sends, so that the server owes it something all the time.
promise lagging 'others: a client that is always behind costs memory that has a bound, loses nothing' \
    demands 'A client that reads less than it sends moves 64 MiB, twice; the second time, the memory of the server grows by less than 32 MiB. Nothing is lost.' \
    explained 02-nonblocking 'What the kernel does'
promise_lagging() {
    local lag=("lag A 64MiB" "memory 1024")
    [ -z "${SANITIZE:-}" ] || lag=("lag A 64MiB")
    # A heap may grow at first: but not again.
    [ -z "$STRANGER" ] || lag=("lag A 64MiB" "remember" "lag A 64MiB" "memory 32768")
    start_server && play "connect B" 'ask B before\n' "connect A" "pour A 64MiB" "${lag[@]}" \
        'ask B meanwhile\n' "collect A" 'ask B after\n'
}

# Each has its own bytes, and its own rest.
promise two_jams 'others: two jammed clients, and each gets its own bytes' \
    demands 'Two clients that do not read each get their own bytes when they read at last.' \
    explained 02-nonblocking 'What the kernel does'
promise_two_jams() {
    start_server && play "connect A 2" "pour A 64MiB" "connect C" 'ask C meanwhile\n' "collect A.1" "collect A.0" \
        "pour A.0 64MiB" "pour A.1 64MiB" "reset A.0" "collect A.1" 'ask C after\n' "alive"
}

promise together 'others: 20 clients send and read 1 MiB each at the same time, exact' \
    demands '20 clients that send and read at the same time each get their own bytes.' \
    explained 02-nonblocking 'The step'
promise_together() {
    start_server && play "connect A 20" "together A 1MiB" "close A" && still_serves
}

# Some have left when the server looks, others have sent, in the same wake; and J, who came
# last of them, is owed much.
promise leavers 'others: some leave while others ask, and each gets its own answer' \
    demands 'When some clients leave in the same moment in which others ask, and one is owed much, each that stays gets its own answer.' \
    explained 02-nonblocking 'What the kernel does'
promise_leavers() {
    local i steps=()
    for i in 0 3 4 11 19; do steps+=("reset A.$i"); done
    for i in 1 8 9 12; do steps+=("close A.$i"); done
    start_server && play "connect A 20" 'ask A hello from #\n' "connect J" "pour J 64MiB" "stop" 'send A I am #\n' \
        "${steps[@]}" "connect B 5" 'send B I am new, #\n' "continue" 'expect A.2 I am 2\n' 'expect A.5 I am 5\n' \
        'expect A.6 I am 6\n' 'expect A.7 I am 7\n' 'expect A.10 I am 10\n' 'expect A.13 I am 13\n' \
        'expect A.18 I am 18\n' 'expect B I am new, #\n' 'ask B and still, #\n' 'ask A.18 and I\n' 'ask A.2 and I\n' \
        "collect J" && still_serves
}

# Nobody is sent away for being slow: neither who says nothing, nor who does not read. The
# chapters' own time is shorter: there are five of them.
promise patience 'others: silence, or a jam, of some seconds, and then it goes on' \
    demands 'A client that says nothing, or reads nothing, for 6.5 s is still a client.' \
    explained 02-nonblocking 'The step'
promise_patience() {
    local ms=3000
    [ -z "$STRANGER" ] || ms=6500 # 5 s is a popular time limit
    start_server && play "connect A" 'ask A before\n' "connect B" "pour B 64MiB" "connect C" "silence A $ms" \
        'ask A after\n' 'ask C at last\n' "collect B" 'ask A at the end\n'
}

promise reverse 'others: five clients send in the order 5, 4, 3, 2, 1' \
    demands 'Whoever has sent gets an answer, in whatever order they come.' \
    explained 02-nonblocking 'The step'
promise_reverse() {
    start_server && play "connect A 5" "send A.4 e" "send A.3 d" "send A.2 c" "send A.1 b" \
        "send A.0 a" "expect A.0 a" "expect A.1 b" "expect A.2 c" "expect A.3 d" "expect A.4 e"
}

promise flooder 'others: a flooder does not starve a polite client' \
    demands 'While six clients send and read without pause, and a message of another one is under way, at most 24 MiB of the six come back, in the median of 500 messages.' \
    explained 06-edge-triggered 'The step'
promise_flooder() {
    local floods=3 most=400 # KiB of them all
    [ -z "$STRANGER" ] || floods=6 most=24576
    start_server && play "connect A $floods" "flood A" "connect B" "polite B 500 $most"
}

# One after the other: all that chapter 01 can promise to a crowd.
promise in_turn 'others: 1,000 clients, one after the other' \
    demands '1,000 clients, one after the other, are served, and leave no descriptor behind.' \
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
    demands '900 clients at once are all served, and leave nothing behind.' \
    explained 03-select 'The step'
promise_nine_hundred() {
    start_server && leaves_nothing 450 "connect A 900" 'send A client #\n' 'expect A client #\n' "reset A" && still_serves
}

promise thousand 'others: 1,000 clients' \
    demands '1,000 clients at once are all served, and leave nothing behind.' \
    explained 04-poll 'The step'
promise_thousand() {
    need_descriptors 1100
    start_server && leaves_nothing 500 "connect A 1000" 'send A client #\n' 'expect A client #\n' "reset A" && still_serves
}

promise ten_thousand 'others: 10,000 clients' \
    demands '10,000 clients at once are all served, twice.' \
    explained 04-poll 'The step'
promise_ten_thousand() {
    local PATIENCE=$((4 * PATIENCE)) closed=("descriptors")
    [ -z "$STRANGER" ] || closed=() # a pool may be large
    need_descriptors 10100
    start_server && play "connect A 10000" 'send A client #\n' 'expect A client #\n' 'send A again #\n' \
        'expect A again #\n' "reset A" "${closed[@]}" && still_serves
}

promise crowd 'limits: more than 1,024 descriptors' \
    demands 'More than 1,024 descriptors are no limit.' \
    explained 04-poll 'The step'
promise_crowd() {
    need_descriptors 1200
    start_server && play "connect A 1100" 'send A #\n' 'expect A #\n' 'ask A.1099 the last\n' \
        "reset A"
}

promise burst 'others: 100 connect at once, then silence' \
    demands '100 who connect in the same moment are all served, also those that are silent at first.' \
    explained 06-edge-triggered 'The step'
promise_burst() {
    local connect=connect
    [ -z "$STRANGER" ] || connect=knock # a short queue delays some of them, for a second
    start_server && play "stop" "$connect A 100" "continue" 'send A.99 last\n' 'expect A.99 last\n' \
        'send A #\n' 'expect A #\n'
}
