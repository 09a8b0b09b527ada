# shellcheck shell=bash disable=SC2015,SC2034,SC2154 # promises.bash, which loads this, has the rest
# The promises of a client.

# Runs the client against the running server, bounded in time.
client() {
    if [ -n "${CLIENT:-}" ]; then
        "$PEER" exec "$MOST_SECONDS" sh -c "exec $CLIENT 127.0.0.1 $PORT"
    else
        "$PEER" exec "$MOST_SECONDS" "$BATS_TEST_DIRNAME/client" "$PORT"
    fi
}

# 8 MiB of numbered lines, and one that is longer than a buffer.
make_lines() {
    awk 'BEGIN { for (i = 0; i < 8192; i++) printf "%01023d\n", i }'
    head -c 100000 /dev/zero && echo
}

promise client_line 'client: a line' \
    often 'a byte is added (CRLF) or dropped; or an end is looked at before what came ahead of it' \
    explained . 'The client'
promise_client_line() { start_server && [ "$(printf 'hello\n' | client)" = hello ]; }

promise client_no_newline 'client: no newline at the end' \
    often 'what has no newline is not sent, or not printed' \
    explained . 'The client'
promise_client_no_newline() { start_server && [ "$(printf 'hello' | client)" = hello ]; }

promise client_empty_stdin 'client: empty stdin' \
    often 'the end of stdin is taken for an error' \
    explained . 'The client'
promise_client_empty_stdin() { start_server && client </dev/null >"$TMP/back" && [ ! -s "$TMP/back" ]; }

promise client_file 'client: 8 MiB from a file' \
    often 'one recv is taken for a line; it leaves at the end of stdin; or epoll refuses a file (EPERM)' \
    explained . 'The client'
promise_client_file() {
    start_server && make_lines >"$TMP/lines" && client <"$TMP/lines" >"$TMP/back" &&
        cmp "$TMP/lines" "$TMP/back"
}

promise client_pipe 'client: 8 MiB from a pipe, to a pipe' \
    often '"nothing yet" (EAGAIN) on stdin is taken for its end' \
    explained . 'The client'
promise_client_pipe() {
    start_server && make_lines >"$TMP/lines" &&
        sh -c 'cat "$1"' - "$TMP/lines" | client | cat >"$TMP/back" &&
        cmp "$TMP/lines" "$TMP/back"
}

# 64 MiB without a line end: more than all the buffers between here and there.
promise client_larger_than_buffers 'client: 64 MiB, more than all buffers in between' \
    often 'all is sent before anything is received; or stdio holds what the wait cannot see' \
    explained . 'The client'
promise_client_larger_than_buffers() {
    start_server && head -c 67108864 /dev/zero | client >"$TMP/back" &&
        [ "$(wc -c <"$TMP/back")" -eq 67108864 ]
}

promise client_no_server 'client: no server' \
    often "connect's result is not looked at; or the status is over 125 (exit(-1))" \
    explained . 'The client'
promise_client_no_server() {
    local status=0
    PORT=$("$PEER" free-port)
    printf 'hello\n' | client >"$TMP/back" 2>"$TMP/message" || status=$?
    refused_use "$status" "$TMP/message"
}
# The server echoes 100,000 bytes, and is gone: what came is on stdout, the
# status is not 0, and there is a message.
server_leaves() {
    local status=0
    : >"$TMP/out"
    "$PEER" exec "$MOST_SECONDS" "$PEER" leave "$1" 100000 </dev/null >"$TMP/out" 2>"$TMP/err" &
    SERVER_PID=$!
    eventually read_port && make_lines >"$TMP/lines" || return 1
    client <"$TMP/lines" >"$TMP/back" 2>"$TMP/message" || status=$?
    refused_use "$status" "$TMP/message" && head -c "$(wc -c <"$TMP/back")" "$TMP/lines" |
        cmp - "$TMP/back"
}

promise client_server_closes 'client: a server that leaves early' \
    often "recv's 0 is taken for a good end, whatever has not come back" \
    explained . 'The client'
promise_client_server_closes() { server_leaves close && [ "$(wc -c <"$TMP/back")" -ge 65536 ]; }

promise client_server_resets 'client: a server that resets' \
    often "recv's error is not looked at, and the status is 0" \
    explained . 'The client'
promise_client_server_resets() { server_leaves reset; }

promise client_terminal 'client: a terminal' \
    often 'it does something else on a terminal than with a pipe' \
    explained . 'The client'
promise_client_terminal() {
    own_client
    command -v script >"$TMP/which" || skip "script is not installed (package bsdutils or util-linux)"
    script -qec true /dev/null >"$TMP/which" 2>&1 || skip "this script(1) has no -e and -c"
    start_server || return 1
    # Ctrl-D (octal 004) at the start of a line ends the input of a terminal.
    printf 'typed\n\004' | script -qec "'$BATS_TEST_DIRNAME/client' $PORT" /dev/null >"$TMP/screen"
    # Once as the terminal echoes what is typed, and once as the server does.
    [ "$(tr -d '\r' <"$TMP/screen" | grep -c 'typed$')" -eq 2 ]
}

# O_NONBLOCK on stdin would belong to the open file, which the shell shares: it must
# not be there while the client runs, and so not when it is killed.
promise client_shares_stdin 'client: stdin stays a blocking one, for all who share it' \
    often 'O_NONBLOCK is set on stdin, and belongs to all who share the open file' \
    explained . 'The client'
promise_client_shares_stdin() {
    own_client
    start_server && mkfifo "$TMP/in" && exec 8<>"$TMP/in" || return 1
    "$PEER" stdin-blocks <&8 || return 1
    "$PEER" exec "$MOST_SECONDS" "$BATS_TEST_DIRNAME/client" "$PORT" \
        <&8 >"$TMP/back" 2>"$TMP/message" &
    local pid=$! status=0
    printf 'hello\n' >&8
    eventually grep -qs hello "$TMP/back" || return 1
    "$PEER" stdin-blocks <&8 || { echo "  O_NONBLOCK is set on stdin" && return 1; }
    kill -KILL "$pid"
    wait "$pid" || status=$?
    "$PEER" stdin-blocks <&8 || { echo "  O_NONBLOCK is left on stdin" && return 1; }
    exec 8>&-
    [ "$status" -gt 128 ]
}

promise client_wrong_use 'client: wrong use' \
    often 'atoi takes anything for a port; or wrong use ends with another status than 2' \
    explained . 'The client'
promise_client_wrong_use() {
    own_client
    local arguments status
    for arguments in 'a b c' '-x' '127.0.0.1 0' '127.0.0.1 65536' '127.0.0.1 echo'; do
        status=0
        # shellcheck disable=SC2086 # the words are the arguments
        "$BATS_TEST_DIRNAME/client" $arguments </dev/null 2>"$TMP/message" || status=$?
        [ "$status" -eq 2 ] && [ "$(wc -l <"$TMP/message")" -eq 1 ] || {
            echo "  client $arguments: status $status" && cat "$TMP/message" && return 1
        }
    done
    "$BATS_TEST_DIRNAME/client" --help | grep -q usage
}

promise client_localhost 'client: localhost is an address, too' \
    often 'inet_pton knows numbers only; getaddrinfo knows names' \
    explained . 'The client'
promise_client_localhost() {
    own_client
    start_server && [ "$(printf 'hello\n' | "$BATS_TEST_DIRNAME/client" localhost "$PORT")" = hello ]
}

# An echo that cannot be printed is an error. Where there is nothing to print, there
# is none.
promise client_stdout_closed 'client: stdout is closed' \
    often 'a failed write is not looked at; or /dev/null holds descriptor 1, and takes all' \
    explained . 'The client'
promise_client_stdout_closed() {
    own_client
    local status=0
    start_server || return 1
    printf 'hello\n' | client 2>"$TMP/message" >&- || status=$?
    refused_use "$status" "$TMP/message" || return 1
    if ! client </dev/null 2>"$TMP/message" >&-; then
        echo "  with nothing to print, its status is not 0"
        return 1
    fi
}
