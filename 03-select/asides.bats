#!/usr/bin/env bats
# Chapter 03, its asides: no-accept.c, fdset.c and chat.c.
# shellcheck disable=SC2030,SC2031,SC2034 # PORT and SERVER_PID are setup's
load ../docs/lab/suite/promises

@test "aside: no-accept.c: select reports the listener until accept is called" {
    own_server
    "$PEER" exec 20 "$BATS_TEST_DIRNAME/no-accept" 2000 </dev/null >"$TMP/out"
    cat "$TMP/out"
    sed 's/, in [0-9]* us$//; s/-> [3-9] a/-> N a/' "$TMP/out" >"$TMP/told"
    diff "$TMP/told" - <<'END'
Nobody has connected.
select   -> the listener is readable: 0 of 1 times
The client; accept has not been called:
connect  -> 0 the kernel has done the handshake
send     -> 6 bytes are with the kernel
The server looks, and does not call accept:
select   -> the listener is readable: 2000 of 2000 times
The client leaves:
close    -> 0 (done)
select   -> the listener is readable: 2000 of 2000 times
The server calls accept, once:
accept   -> N a descriptor
select   -> the listener is readable: 0 of 1 times
recv     -> 6 bytes, sent before accept
recv     -> 0 the end: the client left
END
}

@test "aside: no-accept.c: while select reports, it does not sleep" {
    own_server
    "$PEER" exec 20 "$BATS_TEST_DIRNAME/no-accept" 100 </dev/null >"$TMP/out"
    cat "$TMP/out"
    # Each sleep would be 100 ms: 100 reports take less than 10 of them.
    [ "$(grep -c ': 100 of 100 times' "$TMP/out")" -eq 2 ]
    awk '/: 100 of 100 times/ && $(NF - 1) >= 1000000 { exit 1 }' "$TMP/out"
    awk '/: 0 of 1 times/ && $(NF - 1) < 90000 { exit 1 }' "$TMP/out"
}

# Runs fdset, with 1024 descriptors at first: it must raise the limit itself.
fdset() {
    own_server
    [ "${SYSTEM:-$(uname -s)}" = Linux ] || skip "elsewhere, FD_SET may look"
    need_descriptors 1600
    ulimit -Sn 1024
    "$PEER" exec 10 "${FDSET:-$BATS_TEST_DIRNAME/fdset}" "$@" </dev/null >"$TMP/out" 2>&1
    cat "$TMP/out"
}
has_glibc() {
    printf '#include <stdio.h>\nint main(void) {\n#ifdef __GLIBC__\n    return 0;\n#endif\n    return 1;\n}\n' \
        >"$TMP/libc.c"
    compile "$TMP/libc.c" -o "$TMP/libc" && "$TMP/libc"
}
# With `make check san`, clang's sanitizer stops the write; gcc's lets it pass.
stopped() { [ -n "${SANITIZE:-}" ] && grep -q 'runtime error: index [0-9]* out of bounds' "$TMP/out"; }

@test "aside: fdset.c: one descriptor, 1024 or higher, is written behind the set" {
    fdset
    grep -qx 'sizeof(fd_set) is 128 bytes, FD_SETSIZE is 1024' "$TMP/out"
    grep -qx 'One descriptor is watched, fd 1024:' "$TMP/out"
    stopped || grep -qx '  byte 0 behind the set: 0x00 -> 0x01' "$TMP/out"
    stopped || grep -qx '  select: 1 ready' "$TMP/out"
    fdset 1500
    # 1500 is bit 476 behind the set: 59 bytes and 4 bits.
    stopped || grep -qx '  byte 59 behind the set: 0x00 -> 0x10' "$TMP/out"
    fdset 1023
    grep -qx '  no byte behind the set has changed' "$TMP/out"
}

@test "aside: fdset.c: FD_SETSIZE cannot be raised" {
    own_server
    has_glibc || skip "about glibc"
    compile -DFD_SETSIZE=4096 "$BATS_TEST_DIRNAME/fdset.c" -o "$TMP/fdset"
    FDSET=$TMP/fdset fdset
    grep -qx 'sizeof(fd_set) is 128 bytes, FD_SETSIZE is 1024' "$TMP/out"
    grep -qx '  byte 0 behind the set: 0x00 -> 0x01' "$TMP/out"
}

@test "aside: fdset.c: with -D_FORTIFY_SOURCE=2, FD_SET aborts" {
    own_server
    has_glibc || skip "about glibc"
    fdset
    [ "$(grep -c 'bit out of range 0 - FD_SETSIZE on fd_set' "$TMP/out")" -eq 1 ]
    # The FD_SET of a copy that leaves the check on does what that call does.
    sed '/^#undef _FORTIFY_SOURCE/d' "$BATS_TEST_DIRNAME/fdset.c" >"$TMP/copy.c"
    compile -O2 -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 "$TMP/copy.c" -o "$TMP/copy"
    FDSET=$TMP/copy fdset
    [ "$(grep -c 'bit out of range 0 - FD_SETSIZE on fd_set' "$TMP/out")" -eq 2 ]
    [ "$(grep -c 'was ended by signal 6 (SIGABRT)' "$TMP/out")" -eq 2 ]
    FDSET=$TMP/copy fdset 1023
    grep -q 'it has let fd 1023 pass' "$TMP/out"
    [ "$(grep -c 'was ended' "$TMP/out")" -eq 0 ]
}

@test "aside: fdset.c: a sanitizer stops FD_SET, too" {
    own_server
    strict=-fsanitize=bounds
    compile --version | grep -q clang || strict=-fsanitize=bounds-strict
    compile "$strict" -fno-sanitize-recover=all "$BATS_TEST_DIRNAME/fdset.c" -o "$TMP/fdset" \
        2>"$TMP/err" || skip "this compiler has no $strict"
    FDSET=$TMP/fdset fdset
    grep -q 'runtime error: index 16 out of bounds' "$TMP/out"
    [ "$(grep -c 'behind the set' "$TMP/out")" -eq 0 ]
}

@test "aside: fdset.c: a closed descriptor is an error, one past the kernel's table is not" {
    fdset
    grep -qx '  closed fd 20: select -> -1 Bad file descriptor' "$TMP/out"
    grep -qx '  closed fd 900: select -> 0 (nothing is ready)' "$TMP/out"
}

@test "aside: no-accept.c and fdset.c: wrong use" {
    own_server
    for use in 'no-accept 0' 'no-accept x' 'no-accept 1 2' 'fdset 2' 'fdset 1536' 'fdset 1 2'; do
        status=0
        # shellcheck disable=SC2086 # the words are the arguments
        "$PEER" exec 10 "$BATS_TEST_DIRNAME"/$use </dev/null >"$TMP/out" 2>"$TMP/err" || status=$?
        [ "$status" -eq 2 ]
        [ "$(wc -l <"$TMP/err")" -eq 1 ]
    done
    for program in no-accept fdset; do
        "$BATS_TEST_DIRNAME/$program" -h | grep -q "^usage: $program"
    done
}

# --- chat.c: the operator's keyboard is a fifo --------------------------------------
# Starts the desk. What the operator types goes to descriptor 9.
start_desk() {
    own_server
    mkfifo "$TMP/keyboard"
    exec 9<>"$TMP/keyboard"
    : >"$TMP/out"
    "$PEER" exec "$MOST_SECONDS" "$BATS_TEST_DIRNAME/chat" 0 \
        <"$TMP/keyboard" >"$TMP/out" 2>"$TMP/err" 9>&- &
    SERVER_PID=$!
    eventually read_port
}
types() { printf '%s\n' "$1" >&9; }
shown() { eventually grep -qx -- "$1" "$TMP/out" || { cat "$TMP/out" && return 1; }; }
not_shown() { ! grep -q -- "$1" "$TMP/out" || return 1; }

# visitor NAME STEP...: a client that plays its steps beside the test. Its own
# `hold` lasts until `goes NAME`.
visitor() {
    local name=$1
    shift
    mkfifo "$TMP/$name.hold"
    # exec closes what it inherits: another visitor's hold, for one.
    "$PEER" exec "$MOST_SECONDS" "$PEER" "$PORT" "$@" \
        <"$TMP/$name.hold" >"$TMP/$name.said" 2>&1 &
    eval "$name=$!"
    exec {hold}>"$TMP/$name.hold"
    eval "hold_$name=$hold"
}
goes() {
    local pid=$1 hold=hold_$1
    eval "exec ${!hold}>&-"
    wait "${!pid}" || { cat "$TMP/$1.said" && return 1; }
}

# A function, so that each look counts anew.
nobody_waits_twice() { [ "$(grep -c '^(nobody waits' "$TMP/out")" -eq 2 ]; }

@test "aside: chat.c: one keyboard answers several clients, by number or in turn" {
    start_desk
    visitor a "connect A" 'send A what is select?\n' 'expect A a call\n' "hold" "close A"
    shown '1: what is select?'
    visitor b "connect B" 'send B and poll?\n' 'expect B another\n' "hold" "close B"
    shown '2: and poll?'
    visitor c "connect C" 'send C and epoll?\n' 'expect C a third\n' "hold" "close C"
    shown '3: and epoll?'
    types '3 a third'
    goes c
    types 'a call' # to whoever has waited longest: 1, then 2
    types 'another'
    goes a
    goes b
    shown '(1 has left)'
    shown '(2 has left)'
    types 'hello?'
    shown '(nobody waits for that answer)'
    types '7 a secret' # there is no client 7, and nobody else gets it
    eventually nobody_waits_twice
}

@test "aside: chat.c: an operator who is silent holds up nobody" {
    start_desk
    visitor a "connect A" 'send A first\n' "hold" "close A"
    shown '1: first'
    visitor b "connect B" 'send B second\n' "hold" "close B"
    shown '2: second'
    # One that sends no more, and waits, is readable for ever.
    visitor c "connect C" 'finish C third' "hold" "close C"
    shown '(3 sends no more)'
    "$PEER" -p "$SERVER_PID" "$PORT" "idle 5 200"
    goes a
    goes b
    goes c
}

# Five come, 1 to 5. Each sends its number, and leaves, when it `goes`.
five_come() {
    local name number=0
    start_desk
    for name in one two three four five; do
        number=$((number + 1))
        visitor "$name" "connect A" "hold" "send A $number\n" "close A"
        shown "($number has come)"
    done
}
order() { sed -n 's/^[1-5]: //p' "$TMP/out" | tr '\n' ' '; }

@test "aside: chat.c: five send in the order 5 4 3 2 1; busy, it sees 5 1 2 3 4" {
    five_come
    goes five
    shown '5: 5'
    play "stop" # as if it were busy with 5, while the others send
    goes four
    goes three
    goes two
    goes one
    play "continue"
    shown '4: 4'
    [ "$(order)" = "5 1 2 3 4 " ]
}

@test "aside: chat.c: five send in the order 5 4 3 2 1; quick, it sees them so" {
    five_come
    goes five
    shown '5: 5'
    goes four
    shown '4: 4'
    goes three
    shown '3: 3'
    goes two
    shown '2: 2'
    goes one
    shown '1: 1'
    [ "$(order)" = "5 4 3 2 1 " ]
}

@test "aside: chat.c: one that leaves, resets, or ends its side harms nobody, and keeps its number" {
    start_desk
    visitor a "connect A" 'send A one\n' "hold" "reset A"
    shown '1: one'
    visitor b "connect B" 'finish B two' 'expect B still there\n' "eof B" "hold"
    shown '2: two'
    shown '(2 sends no more)'
    visitor c "connect C" 'send C three\n' 'expect C yes\n' "hold" "close C"
    shown '3: three'
    goes a
    shown '(1 is gone)'
    # With the place in a list for a number, 3 would be 2 now.
    types '3 yes'
    goes c
    types '2 still there'
    goes b
    shown '(2 has left)'
    visitor d "connect D" 'finish D four' "hold" "reset D"
    shown '(4 sends no more)'
    goes d
    types '4 too late' # this send would raise SIGPIPE
    shown '(4 is gone)'
    play "connect A 50" "reset A" "descriptors" "alive"
    shown '(54 has come)' # nobody's number is given again
}

@test "aside: chat.c: what is for a client that has left goes to nobody, however it is typed" {
    local line
    start_desk
    visitor a "connect A" 'send A one\n' 'expect A for one\n' "hold" "close A"
    shown '1: one'
    play "connect B" 'send B two\n' "reset B"
    shown '(2 is gone)'
    for line in '2 secret' ' 2 secret' '+2 secret' '2: secret' ''; do types "$line"; done
    types 'for one'
    goes a
    [ "$(grep -c '^(nobody waits' "$TMP/out")" -eq 4 ]
}

@test "aside: chat.c: out of descriptors, it sleeps, and takes the others later" {
    local soft_limit
    soft_limit=$(ulimit -Sn)
    ulimit -Sn 20
    start_desk
    ulimit -Sn "$soft_limit"
    play "connect A 30" "idle 20 400"
    shown '(30 has come)'
    play "alive"
}

@test "aside: chat.c: a line of the operator's that is too long is cut off, and nobody else gets the rest" {
    start_desk
    visitor a "connect A" 'send A one\n' 'expect A for one\n' "hold" "close A"
    shown '1: one'
    visitor b "connect B" 'send B two\n' "expect B $(printf '%0510d' 0)\\n" "hold" "close B"
    shown '2: two'
    types "2 $(printf '%0600d' 0)"
    goes b
    types 'for one'
    goes a
}

# The chapter's client, which does not read; and answers, numbered, until all
# buffers are full, and more. What it has got at last is in $TMP/reader.
ANSWERS=32000 # of 500 bytes
start_reader() {
    mkfifo "$TMP/questions"
    "$PEER" exec "$MOST_SECONDS" "$BATS_TEST_DIRNAME/client" "$PORT" \
        <"$TMP/questions" >"$TMP/reader" 2>"$TMP/reader_err" &
    READER=$!
    exec 8>"$TMP/questions"
    echo "give me all" >&8
    shown '1: give me all'
    kill -STOP "$READER"
    "$PEER" exec 20 seq -f '1 %0499.0f' "$ANSWERS" >&9
}
# It has got the first so many, each of them once, and was refused the others.
got_its_answers() {
    [ "$(grep -c '^(1 does not read: not sent)$' "$TMP/out")" -eq $((ANSWERS - $1)) ] || return 1
    seq -f '%0499.0f' "$1" | cmp - "$TMP/reader"
}

@test "aside: chat.c: a client that never reads costs the others nothing, and loses nothing" {
    start_desk
    start_reader
    shown '(1 does not read: not sent)'
    visitor b "connect B" 'send B and me?\n' 'expect B you\n' "hold" "close B"
    shown '2: and me?'
    types '2 you'
    goes b
    kill -CONT "$READER"
    exec 8>&-
    # More came than it had sent: to an echo client that is an error, and it says so.
    wait "$READER" || [ "$?" -eq 1 ]
    got_its_answers "$(wc -l <"$TMP/reader")"
}

@test "aside: chat.c: what a client sends is not printed raw, and a long line comes in pieces" {
    start_desk
    play "connect A" 'send A a\0b\tc\n' "close A"
    shown '1: a?b?c'
    LC_ALL=C not_shown "$(printf '\t')"
    # 1300 bytes without a newline; and a whole line, as long as a piece.
    play "connect B" "send B $(printf '%01300d' 0)" "close B"
    shown '(2 sends no more)'
    play "connect C" "send C $(printf '%0512d' 0)\n" "close C"
    shown '(3 sends no more)'
    [ "$(sed -n 's/^[23]: //p' "$TMP/out" | awk '{ print length }' | tr '\n' ' ')" = "512 512 276 512 " ]
}

@test "aside: chat.c: the end of the keyboard is its end, after what is owed" {
    start_desk
    start_reader
    shown '(1 does not read: not sent)'
    exec 9>&-
    eventually keyboard_closed
    kill -CONT "$READER"
    eventually ended
    wait "$READER" || [ "$?" -eq 1 ]
    got_its_answers "$(wc -l <"$TMP/reader")"
}
# All that was typed has been read: the last answer has been refused.
keyboard_closed() {
    local lines
    lines=$(grep -c '^(1 does not read' "$TMP/out")
    [ "$lines" -gt 0 ] && [ "$lines" = "$LAST" ] && return 0
    LAST=$lines
    return 1
}

@test "aside: chat.c: the end of the keyboard is its end, also if a client never reads" {
    start_desk
    start_reader
    exec 9>&-
    eventually ended
    kill -CONT "$READER"
    exec 8>&-
    wait "$READER" || [ "$?" -eq 1 ]
}
