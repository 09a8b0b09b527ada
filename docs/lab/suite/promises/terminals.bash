# shellcheck shell=bash disable=SC2015,SC2034,SC2154 # promises.bash, which loads this, has the rest
# The promises of a client on a terminal. Each plays, with docs/lab/suite/terminal, what a
# shell with job control and somebody at the keyboard do to it.
#
# What is typed is printed twice: once as the terminal echoes it, and once as the server
# does.

# Plays steps, then --, then the client's options, on a terminal. `peer exec` first:
# whatever shell and test runner have set to be ignored, a signal has its effect.
on_terminal() {
    "$PEER" exec "$MOST_SECONDS" "$LAB/suite/terminal" -t "$PATIENCE" "$@" "$PORT"
}
# The same, with the signals of the first argument ignored, as under nohup(1).
on_terminal_ignoring() {
    # shellcheck disable=SC2016 # it is the inner shell that expands them
    "$PEER" exec "$MOST_SECONDS" sh -c 'trap "" $1; shift; exec "$@"' - "$1" \
        "$LAB/suite/terminal" -t "$PATIENCE" "${@:2}" "$PORT"
}

# Each echoes a line of its own, so that an earlier one is not taken for it.
echoes() { echoed=("type $1\\n" "see $1\\r\\n" "see $1\\r\\n"); }
by_ctrl_d=('type \004' "ended 0" "flags")

# The step in which a client that has nothing to do is watched. 02 asks all the time,
# and the start of valgrind takes seconds of a processor: there, only what is printed.
idle_step() {
    case $CHAPTER${MEMCHECK:-} in
    02-* | *1) idle=quiet ;;
    *) idle=asleep ;;
    esac
}

# Nobody types: it sleeps. It does so again when it has had something to do. The same,
# at the same time, where it tells with -v what it does, on the terminal that it waits
# for. Each has a server of its own: a learner's may do something with two clients.
promise client_terminal_idle 'client: on a terminal, it is quiet while nobody types, with -v, too' \
    of-chapters 'On a terminal, it sleeps while nobody types.' \
    explained . 'The client'
promise_client_terminal_idle() {
    local echoed idle steps first pid plain=0 verbose=0
    idle_step && echoes hello && start_server || return 1
    first=$GUARD
    steps=("settled 200" "$idle 2000" "${echoed[@]}" "settled 200" "$idle 500" "${by_ctrl_d[@]}")
    on_terminal "${steps[@]}" -- "$BATS_TEST_DIRNAME/client" &
    pid=$!
    if start_server; then
        on_terminal "${steps[@]}" -- "$BATS_TEST_DIRNAME/client" -v || verbose=$?
    else
        verbose=1
    fi
    wait "$pid" || plain=$?
    kill -TERM "$first"
    wait "$first" 2>"$TMP/kill" || true
    [ "$plain" -eq 0 ] && [ "$verbose" -eq 0 ]
}

# valgrind catches the signals that stop a process, and does not stop.
needs_stop() {
    [ -z "${MEMCHECK:-}" ] || skip "valgrind does not let a signal stop the client"
}

# `client &`: who reads without having the terminal is stopped, by SIGTTIN; 03 to 05
# do so when something is typed, though it is typed for the shell. Then `fg`.
promise client_terminal_echo_after_fg 'client: on a terminal: started with &, then fg' \
    of-chapters 'On a terminal, it can be started with &, and taken to the front.' \
    explained . 'The client'
promise_client_terminal_echo_after_fg() {
    local echoed
    needs_stop
    echoes hello && start_server &&
        on_terminal background 'type fg\n' "stopped" "flags" 'shell-reads fg\n' "fg" \
            "${echoed[@]}" "${by_ctrl_d[@]}" -- "$BATS_TEST_DIRNAME/client" &&
        # The shell has not read it: then it is the client's.
        on_terminal background 'type mine\n' "stopped" "flags" 'see mine\r\n' "shell-clears" \
            "fg" 'see mine\r\n' "${echoed[@]}" "${by_ctrl_d[@]}" -- "$BATS_TEST_DIRNAME/client"
}

# Stopped, and `fg`: by each signal, and by Ctrl-Z. Between the two the shell has the
# terminal: the flags are as it left them, it reads its line, and sets them as it likes.
promise client_terminal_stop_and_continue 'client: on a terminal: stopped by TSTP, STOP, TTIN or Ctrl-Z, then fg' \
    of-chapters 'On a terminal, it can be stopped, and goes on.' \
    explained . 'The client'
promise_client_terminal_stop_and_continue() {
    local echoed before how
    needs_stop
    echoes before && before=("${echoed[@]}") && echoes after && start_server || return 1
    for how in "signal TSTP" "signal STOP" "signal TTIN" 'type \032'; do
        # As the client has asked for it, and again when it has been on the way twice.
        on_terminal "${before[@]}" "$how" "stopped" "flags" "shell-clears" 'type fg\n' \
            'shell-reads fg\n' "fg" "${echoed[@]}" "$how" "stopped" "flags" "shell-clears" \
            "fg" "${echoed[@]}" "${by_ctrl_d[@]}" -- "$BATS_TEST_DIRNAME/client" || return 1
        # Before anything was typed, and with the input ended as the next thing.
        on_terminal "settled 100" "$how" "stopped" "flags" "shell-clears" "fg" \
            "${by_ctrl_d[@]}" -- "$BATS_TEST_DIRNAME/client" || return 1
    done
}

# Stopped and continued by somebody else. Without a shell that takes the terminal it
# goes on; with one it goes on in the background, where its next read stops it.
promise client_terminal_continue_from_outside 'client: on a terminal: stopped and continued from outside' \
    of-chapters 'On a terminal, it can be stopped and continued by somebody else.' \
    explained . 'The client'
promise_client_terminal_continue_from_outside() {
    local echoed before
    needs_stop
    echoes before && before=("${echoed[@]}") && echoes after && start_server &&
        on_terminal "${before[@]}" "signal STOP" "stopped unnoticed" "flags" "signal CONT" \
            "${echoed[@]}" "signal STOP" "stopped unnoticed" "shell-clears" "signal CONT" \
            "${echoed[@]}" "${by_ctrl_d[@]}" -- "$BATS_TEST_DIRNAME/client" &&
        on_terminal "${before[@]}" "signal STOP" "stopped" "flags" "signal CONT" 'type fg\n' \
            "stopped" "flags" 'shell-reads fg\n' "fg" "${echoed[@]}" "${by_ctrl_d[@]}" \
            -- "$BATS_TEST_DIRNAME/client"
}

# By whatever it is ended, the shell finds its terminal as it was; also when it was
# ended while it was stopped. When the window is closed it ends, under nohup(1), too:
# a terminal that is gone is the end of the input.
promise client_terminal_ends 'client: on a terminal: whatever ends it, the terminal is as it was' \
    of-chapters 'Whatever ends it, the terminal is as it was.' \
    explained . 'The client'
promise_client_terminal_ends() {
    local echoed signal
    echoes hello && start_server || return 1
    for signal in INT TERM HUP QUIT USR1 USR2 ALRM KILL; do
        on_terminal "${echoed[@]}" "signal $signal" "ended signal $signal" "flags" \
            -- "$BATS_TEST_DIRNAME/client" || return 1
    done
    on_terminal "${echoed[@]}" 'type \003' "ended signal INT" "flags" \
        -- "$BATS_TEST_DIRNAME/client" &&
        on_terminal "${echoed[@]}" "signal STOP" "stopped" "flags" "signal KILL" \
            "ended signal KILL" "flags" -- "$BATS_TEST_DIRNAME/client" &&
        on_terminal "${echoed[@]}" "terminal-closes" "ended anyhow" "flags" \
            -- "$BATS_TEST_DIRNAME/client" &&
        on_terminal_ignoring HUP "${echoed[@]}" "terminal-closes" "ended anyhow" "flags" \
            -- "$BATS_TEST_DIRNAME/client"
}

# What was ignored when it was started stays ignored: nohup(1), and a shell without
# job control that starts it with &. The echo behind a signal proves that it has come.
promise client_terminal_ignored 'client: on a terminal: an ignored signal stays ignored' \
    of-chapters 'A signal that was ignored stays ignored.' \
    explained . 'The client'
promise_client_terminal_ignored() {
    local echoed signal steps=()
    start_server || return 1
    for signal in HUP INT QUIT TSTP; do
        echoes "after-$signal"
        steps+=("signal $signal" "${echoed[@]}" "running")
    done
    echoes before && on_terminal_ignoring "HUP INT QUIT TSTP" "${echoed[@]}" "${steps[@]}" \
        "${by_ctrl_d[@]}" -- "$BATS_TEST_DIRNAME/client"
}

# The terminal is closed, and stdin is a pipe that goes on: an echo that cannot be printed
# is an error, also where stdio has a buffer for it. What is asked more than once is asked
# until the client has ended: by the time the first comes, the terminal may still be there.
promise client_terminal_gone 'client: on a terminal that is gone, an echo that cannot be printed is an error' \
    of-chapters 'An echo that cannot be printed, on a terminal that is gone, is an error.' \
    explained . 'The client'
promise_client_terminal_gone() {
    local pid status=0
    start_server && mkfifo "$TMP/in" && exec 8<>"$TMP/in" || return 1
    # shellcheck disable=SC2016 # it is the inner shell that expands them
    on_terminal_ignoring HUP 'see hello\r\n' "terminal-closes" "ended 1" \
        -- sh -c 'exec "$1" "$2" <"$0"' "$TMP/in" "$BATS_TEST_DIRNAME/client" 8>&- &
    pid=$!
    eventually asked_in_vain "$pid" || true
    wait "$pid" || status=$?
    exec 8>&-
    [ "$status" -eq 0 ]
}
asked_in_vain() {
    printf 'hello\n' >&8
    ! kill -0 "$1" 2>"$TMP/kill"
}
