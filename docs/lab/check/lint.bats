#!/usr/bin/env bats
# No compiler and no linter has anything to say. Run by `make check`.
# shellcheck disable=SC2030,SC2031 # each test is a process; run sets what it looks at
load ../core/house

FLAGS='-std=c11 -D_POSIX_C_SOURCE=200809L -O2 -Wall -Wextra -Wpedantic -Wshadow -Wconversion'

# The experiments look at Linux.
experiments() { [ "$SYSTEM" != Linux ] || ls docs/claims/*.c docs/readiness/*.c docs/beyond/*.c; }

# What measures looks at Linux, too.
instruments() { [ "$SYSTEM" != Linux ] || ls docs/lab/bench/load.c docs/lab/bench/limit.c docs/lab/bench/waitcost.c docs/lab/attack/fuzz.c docs/lab/play/play.c; }

@test "warnings: none from gcc, none from clang" {
    for cc in gcc clang; do
        command -v "$cc" >"$TMP/which" || continue
        for file in $(chapters | sed 's/$/*.c/') docs/lab/core/*.c docs/lab/suite/*-src/*.c $(instruments) $(experiments); do
            # shellcheck disable=SC2086 # the flags are words
            "$cc" $FLAGS -pthread -Werror -fsyntax-only "$file"
        done
    done
}

@test "warnings: none from cppcheck, none from shellcheck" {
    found=
    if command -v cppcheck >"$TMP/which"; then
        cppcheck -j2 --quiet --error-exitcode=1 --std=c11 --inline-suppr \
            --enable=warning,performance,portability 0*/*.c docs/*/*.c docs/lab/*/*.c docs/lab/suite/*-src/*.c
        found=1
    fi
    if command -v shellcheck >"$TMP/which"; then
        # All that is a shell script, by its name or by its first line.
        find 0*-* docs .ci -type f ! -name '*.md' ! -name '*.patch' -exec \
            grep -lE -e '^#!(/bin/sh|/usr/bin/env (bash|bats))$' -e '^# shellcheck shell=' {} + |
            sort >"$TMP/scripts"
        [ "$(wc -l <"$TMP/scripts")" -ge 80 ]
        xargs shellcheck <"$TMP/scripts"
        found=1
    fi
    [ -n "$found" ] || skip "neither is installed"
}

@test "portability: without Linux, 05 and 06 say where the way is" {
    for file in 0[56]*/*.c; do
        status=0
        cc -U__linux__ -fsyntax-only "$file" 2>"$TMP/err" || status=$?
        [ "$status" -ne 0 ]
        grep -q "chapter 04 (poll) is the way" "$TMP/err"
    done
    status=0
    make SYSTEM=Darwin chapter 5 >"$TMP/out" 2>&1 || status=$?
    [ "$status" -ne 0 ]
    grep -q "04" "$TMP/out"
}
