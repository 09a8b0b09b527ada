# shellcheck shell=bash disable=SC2015,SC2034,SC2154 # promises.bash, which loads this, has the rest
# Ends: no way to leave harms the server, or loses what is owed.

still_serves() { play "connect Z" 'ask Z still here?\n' "alive"; }

promise data_and_fin 'ends: data and FIN together' \
    often "recv's 0 closes at once, and what is owed is lost; or the 0 is never read, or not acted on" \
    explained 02-nonblocking 'What the kernel does'
promise_data_and_fin() {
    start_server && play "connect A" 'finish A goodbye' 'expect A goodbye' "eof A" &&
        # The same while the server is stopped: both reach it in one wake.
        play "connect A" 'ask A hello' "stop" 'finish A goodbye' "continue" \
            'expect A goodbye' "eof A" &&
        still_serves
}

promise half_close 'ends: half-close with 1 MiB owed gets all of it, then EOF' \
    often "recv's 0 closes at once, and what is owed is lost; or it closes with a reset (SO_LINGER, 0 s)" \
    explained 02-nonblocking 'What the kernel does'
promise_half_close() {
    start_server && play "connect A" "pour A 1MiB" "half-close A" "collect A" "eof A" &&
        still_serves
}
# Who serves Z has accepted all that came before: only then is there something to count.
gone=("connect Z" 'ask Z still there?\n' "close Z" "descriptors")

promise goodbye 'ends: close without a word' \
    often "recv's 0 is not taken for the end; or it is, and a set, an entry or a duplicate outlives close" \
    explained 02-nonblocking 'What the kernel does'
promise_goodbye() {
    start_server && play "connect A 50" "close A" "${gone[@]}" && still_serves
}

promise reset_before_data 'ends: RST before data' \
    often "one client's error ends the server, or its descriptor is not closed" \
    explained 02-nonblocking 'What the kernel does'
promise_reset_before_data() {
    start_server && play "connect A 50" "reset A" "${gone[@]}" && still_serves
}

promise reset_after_data 'ends: RST after data' \
    often 'ECONNRESET ends the server; or an error is passed over, and its descriptor is not closed' \
    explained 02-nonblocking 'What the kernel does'
promise_reset_after_data() {
    start_server && play "connect A 50" "send A hello" "reset A" "${gone[@]}" && still_serves
}

promise reset_in_mid_send 'ends: RST in mid-send' \
    often 'a failed send ends the server; or who waits for room does not look at ERR and HUP' \
    explained 02-nonblocking 'What the kernel does'
promise_reset_in_mid_send() {
    start_server && play "connect A" "pour A 64MiB" "reset A" "${gone[@]}" && still_serves
}

promise reset_200 'ends: 200 RSTs at once' \
    often 'a failed send ends the server; or a connection is used after it was freed, in the same wake' \
    explained 02-nonblocking 'What the kernel does'
promise_reset_200() {
    start_server && play "stop" "connect A 200" "send A hello" "reset A" "continue" "${gone[@]}" && still_serves
}

promise urgent 'ends: an urgent byte' \
    often 'an urgent byte is put into the stream, or taken for an error, or for drained' \
    explained 06-edge-triggered 'The step'
promise_urgent() {
    start_server && play "connect A" "urgent A !" 'send A ab' "urgent A !" 'send A cd' \
        'expect A abcd' "close A" "connect B" 'ask B x' "stop" "send B ab" "urgent B !" \
        "send B cd" "continue" "expect B abcd" "close B" "descriptors" && still_serves
}
