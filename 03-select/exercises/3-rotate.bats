#!/usr/bin/env bats
# Exercise 3.3: who was served first comes last in the next wake.
# shellcheck disable=SC2034 # SERVER is start_server's
load ../../docs/lab/suite/promises
SERVER="'$BATS_TEST_DIRNAME/../server' -v"

# For each wake that serves five: in which order. `5 6 7 8 4`, say.
orders() {
    awk '/^select / { if (n == 5) print order; n = 0; order = "" }
        /^recv .* [1-9][0-9]* bytes$/ { n++; order = order $3 " " }
        END { if (n == 5) print order }' "$TMP/out"
}

@test "five are ready fifteen times: each is first three times, in a circle" {
    steps=()
    for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
        steps+=("stop" "send A $i #\\n" "continue" "expect A $i #\\n")
    done
    start_server
    play "connect A 5" "${steps[@]}"
    orders
    [ "$(orders | wc -l)" -eq 15 ]
    # Three rounds of five, each round the same, five firsts, five lasts.
    [ "$(orders | sort | uniq -c | awk '$1 == 3' | wc -l)" -eq 5 ]
    [ "$(orders | awk '{ print $1 }' | sort -u | wc -l)" -eq 5 ]
    # The first of one wake is the last of the next.
    orders | awk 'NR > 1 && $5 != first { exit 1 } { first = $1 }'
    # Nobody twice.
    orders | awk '{ for (i = 1; i < 5; i++) for (j = i + 1; j <= 5; j++) if ($i == $j) exit 1 }'
}

@test "some leave in the midst of a wake, and the others are served" {
    start_server
    play "connect A 20" 'ask A #\n' "stop" "close A.19" "reset A.0" "send A.1 one" "close A.10" \
        "send A.18 eighteen" "continue" "expect A.1 one" "expect A.18 eighteen" "ask A.9 nine" \
        "close A.18" "connect B 5" 'ask B #\n' "alive"
    SERVER="'$BATS_TEST_DIRNAME/../server'"
    stop_server
    keeps_all reset_200 burst idle
}
