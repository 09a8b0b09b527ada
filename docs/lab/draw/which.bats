#!/usr/bin/env bats
# docs/which-one.md: each number stands in a committed run, and each command works.
ROOT=$(cd "$BATS_TEST_DIRNAME/../../.." && pwd)
PAGE=docs/which-one.md

setup() {
    cd "$ROOT" || return 1
    TMP=$(mktemp -d "${TMPDIR:-/tmp}/which.XXXXXX")
}

teardown() { rm -rf "${TMP:-}"; }

# The page without its blocks; the blocks of kind $1 alone.
prose() { awk '/^```/ { inside = !inside; next } !inside' "$PAGE"; }
blocks() { awk -v kind="$1" '/^```/ { inside = !inside && $0 == "```" kind; next } inside' "$PAGE"; }

@test "which: each measured number in the prose occurs in a committed run" {
    prose | sed 's/([^ )]*)//g' | grep -Eo '[0-9]+\.[0-9]+' | sort -u >"$TMP/numbers"
    [ "$(wc -l <"$TMP/numbers")" -ge 15 ]
    while read -r number; do
        grep -Eq "(^|[^0-9.,])${number/./\\.}([^0-9]|\$)" docs/figures/bench.txt docs/figures/rivals.txt || {
            echo "not in bench.txt, nor in rivals.txt: $number"
            return 1
        }
    done <"$TMP/numbers"
}

@test "which: each plot has a text alternative, on the page and in the file" {
    grep -Eo '!\[[^]]{60,}\]\(figures/bench-[a-z]*\.svg\)' "$PAGE" | grep -o 'figures/[^)]*' >"$TMP/plots"
    [ "$(wc -l <"$TMP/plots")" -ge 3 ]
    while read -r plot; do
        grep -q '<desc id="desc">[A-Z]' "docs/$plot"
        grep -q 'prefers-color-scheme: dark' "docs/$plot"
    done <"$TMP/plots"
}

@test "which: each command that it gives runs" {
    [ "$(uname -s)" = Linux ] || skip "load looks at Linux"
    blocks sh | grep '^docs/lab/bench/load ' >"$TMP/commands"
    [ "$(wc -l <"$TMP/commands")" -ge 2 ]
    while read -r words; do
        # Shorter than on the page. The first word is ours.
        # shellcheck disable=SC2086 # the words are arguments
        docs/lab/suite/peer exec 20 docs/lab/bench/load -t 20 -w 0 ${words#docs/lab/bench/load } </dev/null >"$TMP/said"
        grep -q 'every byte as sent' "$TMP/said"
    done <"$TMP/commands"
}
