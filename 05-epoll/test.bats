#!/usr/bin/env bats
# Chapter 05 wakes only for those who are ready. The kernel's list is looked at.
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
@test "ends: half-close while the server owes: it sleeps, all comes, then EOF" { keeps half_close_owed; }
@test "ends: close without a word" { keeps goodbye; }
@test "ends: RST before data" { keeps reset_before_data; }
@test "ends: RST after data" { keeps reset_after_data; }
@test "ends: RST in mid-send" { keeps reset_in_mid_send; }
@test "ends: 200 RSTs at once" { keeps reset_200; }
@test "ends: an urgent byte" { keeps urgent; }
@test "others: a silent client delays nobody" { keeps silent; }
@test "others: five clients send in the order 5, 4, 3, 2, 1" { keeps reverse; }
@test "others: a client that never reads delays nobody, costs 1 MiB at most, loses nothing" { keeps never_reads; }
@test "others: a client that is always behind costs memory that has a bound, loses nothing" { keeps lagging; }
@test "others: two jammed clients, and each gets its own bytes" { keeps two_jams; }
@test "others: 20 clients send and read 1 MiB each at the same time, exact" { keeps together; }
@test "others: some leave while others ask, and each gets its own answer" { keeps leavers; }
@test "others: silence, or a jam, of some seconds, and then it goes on" { keeps patience; }
@test "others: a flooder does not starve a polite client" { keeps flooder; }
@test "others: 100 connect at once, then silence" { keeps burst; }
@test "others: 1,000 clients" { keeps thousand; }
@test "others: 10,000 clients" { keeps ten_thousand; }
@test "limits: out of descriptors, it serves whom it has, and the others later" { keeps descriptors; }
@test "limits: its limit of descriptors is lowered while clients are there" { keeps limit_lowered; }
@test "limits: 1,000 clients leave no memory, descriptor or process behind" { keeps come_and_go; }
@test "limits: idle costs no CPU" { keeps idle; }
@test "limits: idle costs no CPU with 100 clients" { keeps idle_100; }
@test "limits: more than 1,024 descriptors" { keeps crowd; }
@test "limits: idle costs no CPU with 10,000 clients" { keeps idle_10000; }
@test "signals: SIGSTOP, SIGCONT" { keeps stop_and_continue; }
@test "signals: a client that leaves in mid-send raises no SIGPIPE" { keeps sigpipe; }
@test "signals: SIGINT and SIGTERM end it at once" { keeps terminates; }
@test "surroundings: stdout is closed" { keeps stdout_closed; }
@test "surroundings: stdout is a dead pipe" { keeps stdout_dead; }
@test "surroundings: a restart takes the same port at once" { keeps restart; }
@test "surroundings: a port in use is refused clearly" { keeps port_in_use; }
@test "surroundings: a bad port is refused clearly" { keeps bad_port; }
@test "surroundings: it listens on 127.0.0.1 only" { keeps loopback; }
@test "limits: out of descriptors, accept is not tried at every wake" { keeps accept_rarely; }
@test "limits: out of descriptors, accept is tried again, however busy the others are" { keeps accept_busy; }
@test "limits: a backlog of 128 is enough" { keeps small_backlog; }
@test "limits: its limit is lowered, and all who are there stay" { keeps limit_lowered_for_none; }
@test "signals: a stop and a continue end epoll_wait with EINTR, and it waits again" { keeps stop_in_wait; }
@test "signals: EINTR, also with SA_RESTART" { keeps eintr; }
@test "limits: ENFILE, no descriptor in the whole system: it waits a moment" { keeps enfile; }
@test "surroundings: started with descriptors 0 to 2 closed" { keeps no_descriptors; }

@test "lesson: one wake brings one descriptor, of 1,100" {
    own_server
    need_descriptors 1200
    start_server -v
    play "connect A 1100" 'ask A #\n' 'ask A.500 only one\n'
    eventually grep -qx 'epoll_wait -> fd 505 IN' "$TMP/out"
}

@test "lesson: the kernel's interest list holds the listener and each client once" {
    own_server
    start_server
    play "connect A 10" 'ask A x' "say ready" "hold" <"$TMP/out" >"$TMP/said"
    [ "$(interest_list | wc -l)" -eq 1 ] # they have left: the listener remains
    mkfifo "$TMP/hold"
    exec 8<>"$TMP/hold"
    play "connect A 10" 'ask A x' "say ready" "hold" <"$TMP/hold" >"$TMP/said" 8>&- &
    eventually grep -q ready "$TMP/said"
    [ "$(interest_list | wc -l)" -eq 11 ]
    exec 8>&-
}

@test "lesson: no interest is changed while sends succeed; a jam changes it" {
    own_server
    start_server -v
    play "connect A" "pipeline A 100"
    [ "$(grep -c 'MOD$' "$TMP/out")" -eq 0 ]
    play "connect B" "pour B 64MiB" "collect B"
    grep -q '^epoll_ctl fd [0-9]* -> 0 MOD$' "$TMP/out"
}

@test "lesson: three system calls an echo: wait, recv, send" {
    own_server
    start_server -v
    # S is silent: nobody asks it anything.
    play "connect S" "connect A" "pipeline A 1" "dribble A 0123456789" "dribble A 0123456789" \
        "dribble A 0123456789" "dribble A 0123456789" "dribble A 0123456789"
    [ "$(grep -c '^recv .* 1 bytes$' "$TMP/out")" -eq 50 ]
    [ "$(grep -c '^send .* 1 bytes$' "$TMP/out")" -eq 50 ]
    # Not once for each echo: once for each client, where its arrival was news.
    [ "$(grep -c '^recv .* EAGAIN$' "$TMP/out")" -le 2 ]
    # One wait for each, and a few for the connection's beginning and end.
    [ "$(grep -Ec '^(select|poll|epoll_wait) ' "$TMP/out")" -le 57 ]
}

@test "client: a line" { keeps client_line; }
@test "client: no newline at the end" { keeps client_no_newline; }
@test "client: empty stdin" { keeps client_empty_stdin; }
@test "client: 8 MiB from a file" { keeps client_file; }
@test "client: 8 MiB from a pipe, to a pipe" { keeps client_pipe; }
@test "client: 64 MiB, more than all buffers in between" { keeps client_larger_than_buffers; }
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
