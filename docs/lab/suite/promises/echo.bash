# shellcheck shell=bash disable=SC2015,SC2034,SC2154 # promises.bash, which loads this, has the rest
# Echo: what is sent comes back, byte for byte, in order.

promise line 'echo: a line comes back' \
    often 'it waits elsewhere, or looks at another descriptor; or it answers only when a buffer is full' \
    explained 01-blocking 'The step'
promise_line() { start_server && play "connect A" 'ask A hello\n'; }

promise empty_line 'echo: an empty line comes back' \
    often 'a line with nothing in it is taken for nothing, or for the end' \
    explained 01-blocking 'The step'
promise_empty_line() { start_server && play "connect A" 'ask A \n' 'ask A \n'; }

promise byte_values 'echo: every byte value comes back' \
    often 'bytes are taken for a C string (strlen, %s), or decoded as text' \
    explained 01-blocking 'The step'
promise_byte_values() { start_server && play "connect A" "bytes A"; }

promise byte_by_byte 'echo: one byte at a time' \
    often 'it waits for more than there is before it answers, or gives a byte a meaning' \
    explained 01-blocking 'The step'
promise_byte_by_byte() {
    start_server && play "connect A" 'dribble A one byte at a time, each back before the next\n'
}

promise messages 'echo: 1,000 messages in a row, in order' \
    often 'one recv is taken for one message; or the rest of a short send is dropped' \
    explained 02-nonblocking 'The step'
promise_messages() { start_server && play "connect A" "pipeline A 1000"; }

# A message that is larger than the server's buffer goes back in pieces. Without
# TCP_NODELAY the second piece waits for the ACK of the first, 40 ms each time.
promise no_stall 'echo: 100 messages larger than a buffer, without a stall of 40 ms each' \
    often 'TCP_NODELAY is not set, and the reply leaves in pieces; or it falls asleep with a rest to read' \
    explained 01-blocking 'The step'
promise_no_stall() {
    local i=0 steps=()
    while [ $((i += 1)) -le 100 ]; do steps+=("exchange A 20000"); done
    start_server && play "connect A" "hurry 2000" "${steps[@]}" "exchange A 1"
}

promise both_ways 'echo: 64 MiB, both ways at once, exact' \
    often 'a short send is ignored; it waits inside send; or it reads once per edge, not until EAGAIN' \
    explained 02-nonblocking 'The step'
promise_both_ways() { start_server && play "connect A" "exchange A 64MiB"; }
