#!/usr/bin/env bats
# The commands of the Makefile, and .ci/run, at the door of the house. Run by `make check`.
# shellcheck disable=SC2030,SC2031 # each test is a process; run sets what it looks at
load ../core/house

@test "make: help is the default; a wrong chapter is refused in one line" {
    make | grep -q 'make chapter'
    for goal in 'chapter 7' 'chapter' 'diff 0' 'test 12' 'claim 0' 'claim x'; do
        status=0
        # shellcheck disable=SC2086 # the words are goals
        make -s $goal >"$TMP/out" 2>&1 || status=$?
        cat "$TMP/out"
        [ "$status" -ne 0 ]
        [ "$(wc -l <"$TMP/out")" -eq 1 ]
    done
}

@test "make: N is 3, 03 or 03-select" {
    make diff 3 >"$TMP/3"
    make diff 03 >"$TMP/03"
    make diff 03-select >"$TMP/03-select"
    cmp "$TMP/3" "$TMP/03"
    cmp "$TMP/3" "$TMP/03-select"
    grep -q '^+.*select(' "$TMP/3"
}

@test "make: a server of one's own, in another language, is put to the test" {
    command -v python3 >"$TMP/which" || skip "python3 is not installed"
    status=0
    # The bats inside must not take itself for a part of this one.
    env -i PATH="$(echo "$PATH" | tr : '\n' | grep -v bats | paste -sd : -)" \
        SERVER='python3 docs/lab/suite/naive.py' PATIENCE=1000 ONLY='a line|silent|RST before' \
        docs/lab/suite/run-tests 05-epoll >"$TMP/out" 2>&1 || status=$?
    cat "$TMP/out"
    [ "$status" -eq 1 ]
    grep -q '^  ok       echo: a line comes back$' "$TMP/out"
    grep -q '^  FAILED   others: a silent client delays nobody$' "$TMP/out"
    grep -q 'nothing came for 1000 ms' "$TMP/out"
    grep -q 'explained in: ' "$TMP/out"
    tail -n 1 "$TMP/out" | grep -Eq '^[0-9]+ passed, [0-9]+ failed'
}

@test "make: a client of one's own is put to the test, and only that" {
    CLIENT=./04-poll/client
    [ -x "$CLIENT" ] || skip "04-poll/client is not built"
    env -i PATH="$(echo "$PATH" | tr : '\n' | grep -v bats | paste -sd : -)" \
        CLIENT="$CLIENT" ONLY='a line|8 MiB|RST' docs/lab/suite/run-tests 04-poll >"$TMP/out" 2>&1
    cat "$TMP/out"
    grep -q '^  ok       client: a line$' "$TMP/out"
    grep -qx '3 passed, 0 failed' "$TMP/out"
}

@test "ci: .ci/run adds up the counts, and ends with the status of what failed" {
    [ -f .ci/run ] || skip "this is a copy without .ci"
    mkdir -p "$TMP/ci/.ci"
    cp .ci/run "$TMP/ci/.ci/"
    while read -r tests checks proofs want line; do
        printf 'deps:\n\t@:\ntest:\n\t@echo "5 passed, %s failed"; exit %s\ncheck:\n\t@%s\nmutants:\n\t@echo "3 passed, %s failed"; exit %s\n' \
            "$tests" "$tests" "$([ "$checks" = 0 ] && echo echo 4 passed, 0 failed || echo exit 9)" \
            "$proofs" "$proofs" >"$TMP/ci/Makefile"
        run "$TMP/ci/.ci/run"
        echo "$tests $checks $proofs: $status, ${lines[-1]}"
        [ "$status" -eq "$want" ]
        [ "${lines[-1]}" = "$line" ]
    done <<'END'
0 0 0 0 12 passed, 0 failed
1 0 0 2 12 passed, 1 failed
0 0 2 2 12 passed, 2 failed
0 1 0 2 8 passed, 1 failed
END
}

@test "house: with CDPATH set, each script finds the top all the same" {
    # Where a script says `cd docs/lab/learn/../../..`, CDPATH would lead it here.
    mkdir -p "$TMP/elsewhere/docs/lab/learn" "$TMP/elsewhere/docs/lab/check" "$TMP/elsewhere/01-blocking"
    export CDPATH=$TMP/elsewhere
    docs/lab/learn/steps >"$TMP/steps"
    grep -q '^01-blocking ' "$TMP/steps"
    docs/lab/learn/step-diff 2 >"$TMP/diff"
    grep -q 'set_nonblocking' "$TMP/diff"
    docs/lab/check/memcheck -h | grep -q '^usage'
    # And nobody forgets it.
    grep -rnIE '(^|[^=])\bcd "\$\((dirname|cd )' docs 0*/demo --include='*' |
        grep -v "CDPATH=''" >"$TMP/forgot" || true
    [ ! -s "$TMP/forgot" ] || { cat "$TMP/forgot" && return 1; }
}
