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
    demands 'What is on stdin comes back on stdout.' \
    explained . 'The client'
promise_client_line() { start_server && [ "$(printf 'hello\n' | client)" = hello ]; }

promise client_no_newline 'client: no newline at the end' \
    demands 'Also what has no newline at its end.' \
    explained . 'The client'
promise_client_no_newline() { start_server && [ "$(printf 'hello' | client)" = hello ]; }

promise client_empty_stdin 'client: empty stdin' \
    demands 'With nothing on stdin, it prints nothing, and ends with status 0.' \
    explained . 'The client'
promise_client_empty_stdin() { start_server && client </dev/null >"$TMP/back" && [ ! -s "$TMP/back" ]; }

promise client_file 'client: 8 MiB from a file' \
    demands '8 MiB from a file come back exactly.' \
    explained . 'The client'
promise_client_file() {
    start_server && make_lines >"$TMP/lines" && client <"$TMP/lines" >"$TMP/back" &&
        cmp "$TMP/lines" "$TMP/back"
}

promise client_pipe 'client: 8 MiB from a pipe, to a pipe' \
    demands 'So do 8 MiB from a pipe, to a pipe.' \
    explained . 'The client'
promise_client_pipe() {
    start_server && make_lines >"$TMP/lines" &&
        sh -c 'cat "$1"' - "$TMP/lines" | client | cat >"$TMP/back" &&
        cmp "$TMP/lines" "$TMP/back"
}

# 64 MiB without a line end: more than all the buffers between here and there.
promise client_larger_than_buffers 'client: 64 MiB, more than all buffers in between' \
    demands 'So do 64 MiB, which no buffers in between can hold: it reads while it sends.' \
    explained . 'The client'
promise_client_larger_than_buffers() {
    start_server && head -c 67108864 /dev/zero | client >"$TMP/back" &&
        [ "$(wc -c <"$TMP/back")" -eq 67108864 ]
}

promise client_no_server 'client: no server' \
    demands 'Where nobody listens, it says so on stderr, and ends with a status that is not 0.' \
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
    demands 'Where the server leaves early, it prints what came, says so on stderr, and ends with a status that is not 0.' \
    explained . 'The client'
promise_client_server_closes() { server_leaves close && [ "$(wc -c <"$TMP/back")" -ge 65536 ]; }

promise client_server_resets 'client: a server that resets' \
    demands 'The same where the server resets the connection.' \
    explained . 'The client'
promise_client_server_resets() { server_leaves reset; }

promise client_terminal 'client: a terminal' \
    of-chapters 'It works on a terminal.' \
    explained . 'The client'
promise_client_terminal() {
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
    of-chapters 'stdin stays a blocking one for those with whom it is shared.' \
    explained . 'The client'
promise_client_shares_stdin() {
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
    of-chapters 'Wrong use is one line on stderr, and status 2.' \
    explained . 'The client'
promise_client_wrong_use() {
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
    of-chapters 'localhost is an address, too.' \
    explained . 'The client'
promise_client_localhost() {
    start_server && [ "$(printf 'hello\n' | "$BATS_TEST_DIRNAME/client" localhost "$PORT")" = hello ]
}

# An echo that cannot be printed is an error. Where there is nothing to print, there
# is none.
promise client_stdout_closed 'client: stdout is closed' \
    demands 'An echo that cannot be printed is an error.' \
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
