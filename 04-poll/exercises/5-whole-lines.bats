#!/usr/bin/env bats
# Exercise 4.5: a chat of whole lines; who does not read loses some, and is told how many.
# shellcheck disable=SC2030,SC2031,SC2034 # SERVER is start_server's
load ../../docs/lab/suite/promises
load chat
SERVER="'$BATS_TEST_DIRNAME/../server' -v"

@test "a line goes to all the others when it is whole, and not back" {
    start_server
    # That C is heard proves that all three have been accepted.
    play_or "a part of a line goes on, before its newline has come; or all goes to its sender, too" \
        "connect A" "connect B" "connect C" 'send C in\n' 'expect A in\n' 'expect B in\n' \
        "silence C.0 50" "send A one " "silence C.0 50" "send B two " "silence C.0 50" \
        'send A half\n' 'expect C one half\n' 'expect B one half\n' \
        'send B half\n' 'expect C two half\n' 'expect A two half\n' \
        'send A \n\na\0b\nrest' 'expect B \n\na\0b\n' 'expect C \n\na\0b\n' \
        "silence A.0 50" "silence B.0 50" "silence C.0 50" "idle 5 100"
}

@test "a line of more than 1,024 bytes goes on in pieces, and each is a line" {
    start_server
    local most five
    most=$(printf '%01024d' 7) five=$(printf '%05000d' 7)
    play_or "the buffer's last byte, or the byte after it, is lost, or is written beyond the buffer" \
        "connect A" "connect B" 'send B in\n' 'expect A in\n' \
        "send A $most\\n" "expect B $most\\n" "send A ${most}x\\n" "expect B $most\\nx\\n" \
        "send A $five" "expect B ${five:0:1024}\\n${five:1024:1024}\\n" \
        'send B between\n' 'expect A between\n' \
        'send A \n' "expect B ${five:2048:1024}\\n${five:3072:1024}\\n${five:4096}\\n" \
        "silence A.0 50" "silence B.0 50"
}

@test "who leaves in mid-line takes the half along; the rest goes on, nothing leaks" {
    start_server
    # F ends its side, and R resets; N may get the descriptor and the memory of one that left.
    play_or "a half line outlives its client; or the connection is not closed" \
        "connect A" "connect B" 'send B in\n' 'expect A in\n' \
        "connect F" 'send F f\nhalf of F' 'expect B f\n' 'expect A f\n' "half-close F" "gone F" \
        "connect R" 'send R r\nhalf of R' 'expect B r\n' 'expect A r\n' "reset R" "silence B.0 50" \
        "connect N" 'send N n\n' 'expect B n\n' 'expect A n\n' 'send A a\n' 'expect B a\n' \
        'expect N a\n' "close A" "close B" "close N" "close F" "descriptors" "alive"
}

# The listener is accepted from only where poll has reported it.
accepts_in_vain() {
    awk '/^accept / { listener = $3; if (/EAGAIN/ && !(wake ~ " fd " listener " IN")) n++ }
        /^poll / { wake = $0 }
        END { print n + 0 }' "$TMP/out"
}
# All in one wake. A, who is the first in the table, talks to R, who are gone already.
all_in_one_wake() {
    start_server
    play_or "a client is freed in the midst of a scan that comes to it later, or goes on with it" \
        "connect A" "connect R 20" "connect B" 'send B in\n' 'expect A in\n' 'expect R in\n' \
        "stop" "reset R" 'finish A last words\n' "continue" 'expect B last words\n' "gone A" \
        "connect C" 'send C c\n' 'expect B c\n' 'send B b\n' 'expect C b\n' "alive" \
        "close A" "close B" "close C" "descriptors" || return 1
    [ "$(accepts_in_vain)" -eq 0 ] || {
        echo "accept was tried $(accepts_in_vain) times where poll had not reported the listener:"
        echo "the report of a client that was freed in the midst of the scan is taken for its own"
        return 1
    }
}

@test "in one wake twenty reset, and one talks to them and ends" { all_in_one_wake; }

@test "in one wake twenty reset, and one talks to them and ends: under the address sanitizer" {
    compile -g -fsanitize=address "$BATS_TEST_DIRNAME/../server.c" -o "$TMP/server" \
        2>"$TMP/cc" || skip "this compiler has no address sanitizer"
    SERVER="'$TMP/server' -v"
    all_in_one_wake || { grep -m 1 ERROR "$TMP/err" && false; }
}

@test "who reads late gets each line that has waited: nothing is lost too early" {
    three_come
    talk_until one_is_behind 1
    d_reads
    eventually has_all d || {
        echo "$SENT bytes were sent. D has read $(wc -c <"$TMP/d"), or others; no more than 65,536"
        echo "had to wait for it in the server, and all of these are to come"
        return 1
    }
    has_all b
}

@test "who never reads stops nobody, and what waits for it is bounded" {
    three_come
    watch_memory
    talk_until one_is_behind 65537
    talk_until one_is_behind 3145728
    bounded
    has_all b
    play_or "OUT is asked for while nothing can be sent, or nothing is owed" "idle 5 100"
}

# Each line of A has come to D, whole and in its place, or is counted as lost.
all_accounted_for() {
    awk -v size=$((LINE_SIZE - 1)) '
        /^\([1-9][0-9]* lines lost\)$/ { n += substr($1, 2); lost += substr($1, 2); next }
        { n++ }
        $0 != sprintf("%0" size "d", n) {
            print "line " n " of A was due, " size " bytes; of what D has read, line " NR " has"
            print length($0) " bytes, and ends in: " substr($0, length($0) > 24 ? length($0) - 23 : 1)
            print "  often:        a part of a line is sent; or lines are lost and not counted, or twice"
            bad = 1
            exit
        }
        END { if (!bad && !lost) print "nothing was lost, where more than 65,536 bytes had to wait"
              exit bad || !lost }' "$TMP/d"
}
d_has_the_newest() {
    [ "$(tail -n 1 "$TMP/d")" = "$(printf "%0$((LINE_SIZE - 1))d" $((SENT / LINE_SIZE)))" ]
}
a_line_more() { talk "$LINE_SIZE" && d_has_the_newest; }

@test "who reads again gets whole lines, and is told how many were lost before them" {
    three_come
    talk_until one_is_behind 65537
    talk "$PIECE"
    d_reads
    eventually a_line_more || {
        if one_closed; then echo "D was closed: it was to stay, and to lose lines"
        elif all_accounted_for; then echo "D reads again, and A talks; what it says does not come"; fi
        return 1
    }
    talk "$LINE_SIZE"
    talk "$LINE_SIZE"
    eventually d_has_the_newest
    all_accounted_for
    [ "$(closed)" -eq 1 ]
}

@test "who breaks off while lines wait for it: the others talk on" {
    three_come
    talk_until one_is_behind 1
    exec 8>&- # with bytes unread, this is a reset
    talk "$PIECE"
    eventually one_closed || { echo "D has reset, and the server has not closed it" && false; }
    talk "$PIECE"
    has_all b
}
