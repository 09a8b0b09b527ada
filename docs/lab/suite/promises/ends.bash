# shellcheck shell=bash disable=SC2015,SC2034,SC2154 # promises.bash, which loads this, has the rest
# Ends: no way to leave harms the server, or loses what is owed.

still_serves() { play "connect Z" 'ask Z still here?\n' "alive"; }

promise data_and_fin 'ends: data and FIN together' \
    demands 'A message with the end of the stream right behind it comes back; then the server ends its side.' \
    explained 02-nonblocking 'What the kernel does'
promise_data_and_fin() {
    start_server && play "connect A" 'finish A goodbye' 'expect A goodbye' "eof A" &&
        # The same while the server is stopped: both reach it in one wake.
        play "connect A" 'ask A hello' "stop" 'finish A goodbye' "continue" \
            'expect A goodbye' "eof A" &&
        still_serves
}

promise half_close 'ends: half-close with 1 MiB owed gets all of it, then EOF' \
    demands 'A client that has sent 1 MiB and ended its side still gets all of it, and then the end.' \
    explained 02-nonblocking 'What the kernel does'
promise_half_close() {
    start_server && play "connect A" "pour A 1MiB" "half-close A" "collect A" "eof A" &&
        still_serves
}
# The end of the stream comes while the server owes: what was sent is just as much as it
# takes to make it owe something and still read all of it. Then a little less, for those who
# queue. It has to go on waiting for room, asleep, and not look at an end that stays. And
# the next one does not wait for its bytes, but resets.
promise half_close_owed 'ends: half-close while the server owes: it sleeps, all comes, then EOF' \
    demands 'A client that ends its side while the server owes it something still gets all, and then the end; meanwhile the server sleeps. If it resets instead, that harms nobody.' \
    explained 02-nonblocking 'What the kernel does'
promise_half_close_owed() {
    [ "${SYSTEM:-$(uname -s)}" = Linux ] || skip "only Linux tells what the server has read"
    local asleep less all='1 64' steps=()
    unless_busy "idle 5 200"
    # Of a stranger, nobody knows how much it queues: in pieces of 512 bytes.
    [ -z "$STRANGER" ] || all='1 8 16 24 32 40 48 64 96 128 256 512'
    for less in $all; do
        steps+=("connect A$less" "fill A$less $less" "half-close A$less" "connect B$less" "ask B$less meanwhile" "close B$less")
        case $less in 1 | 64 | 256) steps+=("${asleep[@]}") ;; esac
        steps+=("collect A$less" "eof A$less" "close A$less")
        case $less in 1 | 24 | 512) steps+=("connect C$less" "fill C$less $less" "half-close C$less" "connect D$less"
            "ask D$less still" "reset C$less" "ask D$less and on" "close D$less") ;; esac
    done
    start_server && play "connect Z" "ask Z hello" "close Z" "brim" "${steps[@]}" "alive" && still_serves && return
    ! grep -q cannot "$TMP/kind" || skip "this system does not tell what the server has read"
    return 1
}

promise goodbye 'ends: close without a word' \
    demands 'Clients that leave without a word leave no descriptor and no process behind.' \
    explained 02-nonblocking 'What the kernel does'
promise_goodbye() {
    start_server && leaves_nothing 25 "connect A 50" "close A" && still_serves
}

promise reset_before_data 'ends: RST before data' \
    demands 'Clients that reset (RST) before they have sent anything harm nothing, and leave nothing behind.' \
    explained 02-nonblocking 'What the kernel does'
promise_reset_before_data() {
    # The last four have reset before they are accepted: as many as any queue holds.
    start_server && leaves_nothing 25 "connect A 50" "reset A" "stop" "connect B 4" "reset B" "continue" && still_serves
}

promise reset_after_data 'ends: RST after data' \
    demands 'Clients that send, and reset before they have read, harm nothing, and leave nothing behind.' \
    explained 02-nonblocking 'What the kernel does'
promise_reset_after_data() {
    start_server && leaves_nothing 25 "connect A 50" "send A hello" "reset A" && still_serves
}

promise reset_in_mid_send 'ends: RST in mid-send' \
    demands 'A client that resets while the server is sending to it harms nothing, and leaves nothing behind.' \
    explained 02-nonblocking 'What the kernel does'
promise_reset_in_mid_send() {
    start_server && leaves_nothing 0 "connect A" "pour A 64MiB" "reset A" && still_serves
}

promise reset_200 'ends: 200 RSTs at once' \
    demands '200 clients that send, and reset in the same moment, harm nothing, and leave nothing behind.' \
    explained 02-nonblocking 'What the kernel does'
promise_reset_200() {
    # The queue of a stranger's listener may be shorter: it has accepted them before.
    local arrive=("stop" "connect A 200")
    [ -z "$STRANGER" ] || arrive=("connect A 200" "stop")
    start_server && leaves_nothing 100 "${arrive[@]}" "send A hello" "reset A" "continue" && still_serves
}

promise urgent 'ends: an urgent byte' \
    demands 'Urgent bytes (MSG_OOB) stand outside of the stream: they are not echoed, and harm nothing.' \
    explained 06-edge-triggered 'The step'
promise_urgent() {
    local closed=("descriptors")
    [ -z "$STRANGER" ] || closed=() # it may keep a pool
    start_server && play "connect A" "urgent A !" 'send A ab' "urgent A !" 'send A cd' \
        'expect A abcd' "close A" "connect B" 'ask B x' "stop" "send B ab" "urgent B !" \
        "send B cd" "continue" "expect B abcd" "close B" "${closed[@]}" && still_serves
}
