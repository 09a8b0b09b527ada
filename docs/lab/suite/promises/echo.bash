# shellcheck shell=bash disable=SC2015,SC2034,SC2154 # promises.bash, which loads this, has the rest
# Echo: what is sent comes back, byte for byte, in order.

promise line 'echo: a line comes back' \
    demands 'What a client sends comes back to it.' \
    explained 01-blocking 'The step'
promise_line() { start_server && play "connect A" 'ask A hello\n'; }

promise empty_line 'echo: an empty line comes back' \
    demands 'A line with nothing in it comes back, too.' \
    explained 01-blocking 'The step'
promise_empty_line() { start_server && play "connect A" 'ask A \n' 'ask A \n'; }

promise byte_values 'echo: every byte value comes back' \
    demands 'All 256 byte values come back as they are: bytes, not text.' \
    explained 01-blocking 'The step'
promise_byte_values() { start_server && play "connect A" "bytes A"; }

promise words 'echo: no word has a meaning of its own' \
    demands 'No word, and no byte, is a command, or an end.' \
    explained 01-blocking 'The step'
promise_words() {
    local word steps=()
    for word in '0' 'quit\n' 'exit\r\n' 'bye' 'q\n' '.\n' '\004' '\000' '\n\n' 'GET / HTTP/1.1\r\n\r\n' '%s%n\n'; do
        steps+=("ask A $word")
    done
    start_server && play "connect A" "${steps[@]}" 'ask A still here?\n'
}

promise byte_by_byte 'echo: one byte at a time' \
    demands 'Each byte comes back before the next one is sent, so that it waits for no more of them.' \
    explained 01-blocking 'The step'
promise_byte_by_byte() {
    start_server && play "connect A" 'dribble A one byte at a time, each back before the next\n'
}

promise messages 'echo: 1,000 messages in a row, in order' \
    demands '1,000 messages, sent without waiting, come back in order, byte for byte.' \
    explained 02-nonblocking 'The step'
promise_messages() { start_server && play "connect A" "pipeline A 1000"; }

promise sizes 'echo: a message as large as a buffer, or a byte more or less, comes back' \
    demands 'Messages of 512 bytes, 1 KiB, and so on up to 64 KiB, and of a byte more and a byte less, come back before the next one is sent.' \
    explained 02-nonblocking 'The step'
promise_sizes() {
    local size=512 steps=()
    while [ "$size" -le 65536 ]; do
        steps+=("exchange A $((size - 1))" "exchange A $size" "exchange A $((size + 1))")
        size=$((2 * size))
    done
    start_server && play "connect A" "${steps[@]}"
}

# A message that is larger than the server's buffer goes back in pieces. Without
# TCP_NODELAY the second piece waits for the ACK of the first, 40 ms each time.
promise no_stall 'echo: 100 messages larger than a buffer, without a stall of 40 ms each' \
    demands '100 messages of 20,000 bytes, one after the other, take less than 2 s: none waits for an ACK.' \
    explained 01-blocking 'The step'
promise_no_stall() {
    local i=0 steps=()
    while [ $((i += 1)) -le 100 ]; do steps+=("exchange A 20000"); done
    start_server && play "connect A" "hurry 2000" "${steps[@]}" "exchange A 1"
}

promise both_ways 'echo: 64 MiB, both ways at once, exact' \
    demands '64 MiB come back exactly, from a client that sends and reads at the same time.' \
    explained 02-nonblocking 'The step'
promise_both_ways() { start_server && play "connect A" "exchange A 64MiB"; }
