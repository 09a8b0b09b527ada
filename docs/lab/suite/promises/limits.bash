# shellcheck shell=bash disable=SC2015,SC2034,SC2154 # promises.bash, which loads this, has the rest
# Limits: of descriptors, of the backlog, and of what an idle server may cost.

# 20 descriptors: A's ten clients are served. Of B's thirty a few are, the others
# wait in the backlog. When A leaves, ten more of B must be served: the accept
# that was put off is made up for, though nobody new connects.
promise descriptors 'limits: out of descriptors, it serves whom it has, and the others later' \
    demands 'With no descriptor left, it serves whom it has, and sleeps; those for whom there is no room wait, or are sent away; when others have left, it takes new ones.' \
    explained 03-select 'The step'
promise_descriptors() {
    local asleep
    unless_busy "idle 20 400"
    [ -z "$STRANGER" ] || {
        descriptors_of_a_stranger
        return
    }
    start_server_with_20 && play "connect A 10" 'ask A #\n' "connect B 30" 'send B hi' \
        'ask A still #\n' "${asleep[@]}" 'ask A and still #\n' "close A" "at-least 10 B hi" \
        "close B" "connect C" 'ask C hello\n' "alive"
}
# It needs some for itself, and for each client: so that it gets five more than it has with
# ten. Those for whom there is no room may wait, or be sent away.
descriptors_of_a_stranger() {
    [ "${SYSTEM:-$(uname -s)}" = Linux ] || skip "only Linux sets the limit of another process"
    local PATIENCE=$((PATIENCE + 2000))
    start_server && play "connect A 10" 'ask A #\n' "room 5" \
        "knock B 30" 'send B hi' 'ask A still #\n' "${asleep[@]}" 'ask A and still #\n' \
        "close A" "settled 8 B hi" "close B" "connect C" 'ask C hello\n' "alive"
}
start_server_with_20() {
    local soft_limit status=0
    [ -z "${MEMCHECK:-}" ] || skip "valgrind closes the client that it has no descriptor for"
    soft_limit=$(ulimit -Sn)
    ulimit -Sn 20
    start_server || status=1
    ulimit -Sn "$soft_limit"
    return "$status"
}

# The limit is lowered under the server, while 20 clients are there: it goes on with those
# that it can still watch (poll refuses the others), and sleeps. B has to wait until the
# limit is raised again: nobody has left, so that only a moment can have told the server.
promise limit_lowered 'limits: its limit of descriptors is lowered while clients are there' \
    demands 'When its limit of descriptors is lowered, to what it has with 20 clients, it goes on with them, and sleeps; when it is raised again, it takes new ones, though nobody has left.' \
    explained 03-select 'The step'
promise_limit_lowered() {
    [ "${SYSTEM:-$(uname -s)}" = Linux ] || skip "only Linux sets the limit of another process"
    # What is tried again after a second must be given more than that.
    local asleep PATIENCE=$((PATIENCE + 2000)) lower="limit 12" higher="limit 100" later=("expect B hi")
    local still="ask A.0 still #\\n"
    [ -z "$STRANGER" ] || still="ask A still #\\n"
    unless_busy "idle 20 400"
    # Of a stranger, it is not lowered under what it has; and it may send B away.
    [ -z "$STRANGER" ] || lower="room 0" higher="room 50" later=("settled 1 B hi" "connect C" 'ask C hello\n')
    start_server && play "connect A 20" 'ask A #\n' "$lower" "$still" "connect B" \
        'ask A.0 and still #\n' "${asleep[@]}" "send B hi" "$higher" "${later[@]}" "alive"
}

# The same for all 20, where the wait takes what is open, whatever the limit is.
promise limit_lowered_for_none 'limits: its limit is lowered, and all who are there stay' \
    of-chapters 'When its limit is lowered, those who are there stay, where the wait takes what is open.' \
    explained 03-select 'The step'
promise_limit_lowered_for_none() {
    [ "${SYSTEM:-$(uname -s)}" = Linux ] || skip "only Linux sets the limit of another process"
    local PATIENCE=$((PATIENCE + 2000))
    start_server && play "connect A 20" 'ask A #\n' "limit 12" 'ask A still #\n' "connect B" \
        'ask A and still #\n' "limit 100" "send B hello" "expect B hello" 'ask A once more #\n'
}

# poll refuses more entries than the limit: the highest are dropped, and each is told.
promise limit_lowered_for_poll 'limits: its limit is lowered: poll cannot watch all, and the highest are dropped' \
    of-chapters 'When its limit is lowered below what poll is asked to watch, the highest descriptors are dropped, and each is told.' \
    explained 04-poll 'The step'
promise_limit_lowered_for_poll() {
    [ "${SYSTEM:-$(uname -s)}" = Linux ] || skip "only Linux sets the limit of another process"
    # 3 is the listener: descriptors 4 to 23. 11 is the highest of twelve.
    start_server && play "connect A 20" 'ask A #\n' "limit 12" 'ask A.0 still #\n' "gone A.8" \
        "gone A.19" 'ask A.7 still #\n' "alive" &&
        [ "$(grep -c '^server: no room for fd .*: client dropped$' "$TMP/err")" -eq 12 ] &&
        grep -q '^server: no room for fd 12: client dropped$' "$TMP/err"
}

# Out of descriptors, each try of accept is a call in vain, and on macOS a client dropped:
# so 500 wakes for others are no reason for one. -v tells of each try.
promise accept_rarely 'limits: out of descriptors, accept is not tried at every wake' \
    of-chapters 'With no descriptor left, accept is tried when a client of its own has left, or a second has passed.' \
    explained 03-select 'The step'
promise_accept_rarely() {
    local soft_limit status=0
    [ -z "${MEMCHECK:-}" ] || skip "valgrind closes the client that it has no descriptor for"
    soft_limit=$(ulimit -Sn)
    ulimit -Sn 20
    start_server -v || status=1
    ulimit -Sn "$soft_limit"
    [ "$status" -eq 0 ] || return 1
    local i=0 steps=()
    while [ $((i += 1)) -le 50 ]; do steps+=('ask A #\n'); done
    play "connect A 10" 'ask A #\n' "connect B 30" "${steps[@]}" || return 1
    i=$(grep -c '^accept .* Too many open files$' "$TMP/out")
    # One for each second, and one for each of the forty who left in the end.
    [ "$i" -ge 1 ] && [ "$i" -le 60 ] || {
        echo "  accept was tried $i times in vain"
        return 1
    }
    # And it is said once, however often a client comes and another one leaves.
    i=$(grep -c '^server: accept: ' "$TMP/err")
    [ "$i" -eq 1 ] || { echo "  stderr has $i lines about it" && return 1; }
}

# Nobody leaves, and the others keep it busy: it tries again all the same.
promise accept_busy 'limits: out of descriptors, accept is tried again, however busy the others are' \
    of-chapters 'With no descriptor left, accept is tried again though others keep it busy.' \
    explained 03-select 'The step'
promise_accept_busy() {
    [ "${SYSTEM:-$(uname -s)}" = Linux ] || skip "only Linux sets the limit of another process"
    local PATIENCE=$((PATIENCE + 2000))
    start_server_with_20 && play "connect A 3" 'ask A #\n' "connect B 30" 'send B hi' "flood A" \
        "limit 100" "expect B hi" "alive"
}

# A backlog of 128, as of macOS, the BSDs and musl: 100 who come while the server cannot
# look are all served, and so are 200 at once: those for whom there is no room try again.
promise small_backlog 'limits: a backlog of 128 is enough' \
    of-chapters 'With a backlog of 128, which other systems have, 100 who come at once are served, and so are 200.' \
    explained 04-poll 'The step'
promise_small_backlog() {
    printf '#include <sys/socket.h>\n#undef SOMAXCONN\n#define SOMAXCONN 128\n' >"$TMP/backlog.h"
    built_with "$TMP/backlog.h" && "$PEER" -p "$SERVER_PID" -t $((4 * PATIENCE)) "$PORT" \
        "stop" "connect A 100" "send A #" "continue" "expect A #" "close A" \
        "connect B 200" "send B #" "expect B #" "alive"
}

# What a client leaves behind is small, and a thousand make it large. A heap that is swept
# at times grows until then: so a stranger has some rounds, one of which must cost nothing.
promise come_and_go 'limits: 1,000 clients leave no memory, descriptor or process behind' \
    demands 'Clients that have left cost nothing: of 12 rounds of 500 clients, one makes the memory grow by less than 512 KiB; and descriptors and processes are at most 8 more than after the first ten clients.' \
    explained 02-nonblocking 'The step'
promise_come_and_go() {
    local more=0 steps=("lifetimes 1000" "memory 64")
    [ -z "$STRANGER" ] || more=8 steps=("steady 12 500 512")
    [ -z "${SANITIZE:-}" ] || steps=("lifetimes 1000")
    start_server && play "lifetimes 10" "remember" "${steps[@]}" "descriptors $more" "processes $more" && still_serves
}

promise idle 'limits: idle costs no CPU' \
    demands 'With a client that has left, and one that asks nothing, it takes at most 5 % of a processor.' \
    explained 03-select 'The idea'
promise_idle() {
    local closed=("descriptors")
    [ -z "$STRANGER" ] || closed=() # it may keep a pool
    start_server && play "connect A" 'ask A x' "close A" "${closed[@]}" "connect B" 'ask B x' "idle 5 300"
}

promise idle_100 'limits: idle costs no CPU with 100 clients' \
    demands 'With 100 clients, of which none asks, it takes at most 5 % of a processor.' \
    explained 03-select 'The idea'
promise_idle_100() { start_server && play "connect A 100" 'ask A x' "idle 5 300"; }

promise idle_10000 'limits: idle costs no CPU with 10,000 clients' \
    demands 'With 10,000 clients, of which none asks, it takes at most 5 % of a processor.' \
    explained 03-select 'The idea'
promise_idle_10000() {
    need_descriptors 10100
    local PATIENCE=$((4 * PATIENCE))
    start_server && play "connect A 10000" "send A x" "expect A x" "idle 5 300" "reset A"
}

promise listener_past_set 'limits: a listener past FD_SETSIZE is refused, too' \
    of-chapters 'A listener whose number is past FD_SETSIZE is refused.' \
    explained 03-select 'The step'
promise_listener_past_set() {
    need_descriptors 1200
    local status=0
    # 1,100 descriptors are open when it starts: the next number is past the set.
    "$PEER" exec 10 "$PEER" fill 1100 "$BATS_TEST_DIRNAME/server" 0 >"$TMP/out" 2>"$TMP/err" ||
        status=$?
    [ "$status" -eq 1 ] && grep -q "cannot watch fd .*: Too many open files" "$TMP/err"
}

# Nobody is there who could leave: only time can help, a second of it.
promise enfile 'limits: ENFILE, no descriptor in the whole system: it waits a moment' \
    of-chapters 'With no descriptor left in the whole system, it waits for a moment, and serves who has come.' \
    explained 03-select 'The step'
promise_enfile() {
    local PATIENCE=$((PATIENCE + 2000))
    built_with "$LAB/suite/enfile.h" && play "connect A" 'ask A at last\n' "alive" &&
        grep -q "Too many open files in system" "$TMP/err" || return 1
    # Tried again after a second, not all the time. 02 asks all the time.
    case $CHAPTER in 02-*) return 0 ;; esac
    [ "$(grep -c ENFILE "$TMP/err")" -le 10 ]
}
