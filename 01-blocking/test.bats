#!/usr/bin/env bats
# Chapter 01 keeps all that one client can ask for. Its broken promise is asserted:
# a silent client delays everybody else.
# shellcheck disable=SC2030,SC2031,SC2034 # PORT and SERVER_PID are setup's
load ../docs/lab/suite/promises
@test "echo: a line comes back" { keeps line; }
@test "echo: an empty line comes back" { keeps empty_line; }
@test "echo: every byte value comes back" { keeps byte_values; }
@test "echo: no word has a meaning of its own" { keeps words; }
@test "echo: one byte at a time" { keeps byte_by_byte; }
@test "echo: 1,000 messages in a row, in order" { keeps messages; }
@test "echo: a message as large as a buffer, or a byte more or less, comes back" { keeps sizes; }
@test "echo: 100 messages larger than a buffer, without a stall of 40 ms each" { keeps no_stall; }
@test "echo: 64 MiB, both ways at once, exact" { keeps both_ways; }
@test "ends: data and FIN together" { keeps data_and_fin; }
@test "ends: half-close with 1 MiB owed gets all of it, then EOF" { keeps half_close; }
@test "ends: close without a word" { keeps goodbye; }
@test "ends: RST before data" { keeps reset_before_data; }
@test "ends: RST after data" { keeps reset_after_data; }
@test "ends: RST in mid-send" { keeps reset_in_mid_send; }
@test "ends: 200 RSTs at once" { keeps reset_200; }
@test "ends: an urgent byte" { keeps urgent; }
@test "others: 1,000 clients, one after the other" { keeps in_turn; }
@test "limits: idle costs no CPU" { keeps idle; }
@test "signals: SIGSTOP, SIGCONT" { keeps stop_and_continue; }
@test "signals: a client that leaves in mid-send raises no SIGPIPE" { keeps sigpipe; }
@test "signals: SIGINT and SIGTERM end it at once" { keeps terminates; }
@test "surroundings: stdout is closed" { keeps stdout_closed; }
@test "surroundings: stdout is a dead pipe" { keeps stdout_dead; }
@test "surroundings: a restart takes the same port at once" { keeps restart; }
@test "surroundings: a port in use is refused clearly" { keeps port_in_use; }
@test "surroundings: a bad port is refused clearly" { keeps bad_port; }
@test "surroundings: it listens on 127.0.0.1 only" { keeps loopback; }
@test "signals: EINTR, also with SA_RESTART" { keeps eintr; }
@test "limits: ENFILE, no descriptor in the whole system: it waits a moment" { keeps enfile; }
@test "surroundings: started with descriptors 0 to 2 closed" { keeps no_descriptors; }

@test "broken, on purpose: others: a silent client delays nobody" {
    breaks silent
    start_server
    # It delays everybody, until it leaves. B's connect and send succeed: the kernel
    # does both. But nobody reads.
    play "connect A" 'ask A first\n' "connect B" 'send B hello\n' "silence B 500" \
        "close A" 'expect B hello\n'
}

@test "broken, on purpose: others: a client that never reads delays nobody, costs 1 MiB at most, loses nothing" {
    breaks never_reads
    start_server
    play "connect A" "pour A 64MiB" "connect B" 'send B hello\n' "silence B 500" \
        "reset A" 'expect B hello\n'
}

@test "lesson: while it waits, it is asleep: a client in each state costs no CPU" {
    start_server
    play "connect A" 'ask A x' "connect B 20" "idle 5 300"
}

@test "lesson: the client that stops and waits deadlocks on a line larger than all buffers" {
    own_client
    start_server
    # Both ends are asleep in send: neither reads. Only the alarm ends it.
    status=0
    { head -c 67108864 /dev/zero; echo; } | "$PEER" exec 2 "$BATS_TEST_DIRNAME/client" "$PORT" \
        >"$TMP/back" 2>"$TMP/message" || status=$?
    [ "$status" -eq 142 ] # 128 + SIGALRM
    [ ! -s "$TMP/back" ]
}

@test "lesson: -v tells each call as it returns" {
    own_server
    start_server -v
    play "connect A" 'ask A hello\n' "half-close A" "eof A"
    eventually grep -q '^close fd 4 -> 0' "$TMP/out"
    diff "$TMP/out" - <<END
listening on 127.0.0.1:$PORT
accept fd 3 -> 4 (new client)
recv fd 4 -> 6 bytes
send fd 4 -> 6 bytes
recv fd 4 -> 0 bytes
close fd 4 -> 0 (done)
END
}
@test "client: a line" { keeps client_line; }
@test "client: no newline at the end" { keeps client_no_newline; }
@test "client: empty stdin" { keeps client_empty_stdin; }
@test "client: 8 MiB from a file" { keeps client_file; }
@test "client: 8 MiB from a pipe, to a pipe" { keeps client_pipe; }
@test "client: a terminal" { keeps client_terminal; }
@test "client: no server" { keeps client_no_server; }
@test "client: a server that leaves early" { keeps client_server_closes; }
@test "client: a server that resets" { keeps client_server_resets; }
@test "client: localhost is an address, too" { keeps client_localhost; }
@test "client: wrong use" { keeps client_wrong_use; }
@test "client: stdout is closed" { keeps client_stdout_closed; }
@test "client: on a terminal, it is quiet while nobody types, with -v, too" { keeps client_terminal_idle; }
@test "client: on a terminal: started with &, then fg" { keeps client_terminal_echo_after_fg; }
@test "client: on a terminal: stopped by TSTP, STOP, TTIN or Ctrl-Z, then fg" { keeps client_terminal_stop_and_continue; }
@test "client: on a terminal: stopped and continued from outside" { keeps client_terminal_continue_from_outside; }
@test "client: on a terminal: whatever ends it, the terminal is as it was" { keeps client_terminal_ends; }
@test "client: on a terminal that is gone, an echo that cannot be printed is an error" { keeps client_terminal_gone; }
@test "client: on a terminal: an ignored signal stays ignored" { keeps client_terminal_ignored; }
