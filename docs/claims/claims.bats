#!/usr/bin/env bats
# docs/claims/README.md: each claim is complete, and its experiment shows what is said.
ROOT=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
PAGE=docs/claims/README.md

setup() {
    cd "$ROOT" || return 1
    [ "${SYSTEM:-$(uname -s)}" = Linux ] || skip "the experiments look at Linux"
    TMP=$(mktemp -d "${TMPDIR:-/tmp}/claims.XXXXXX")
}

teardown() { rm -rf "${TMP:-}"; }

numbers() { sed -n 's/^### \([0-9]*\)\. .*/\1/p' "$PAGE"; }

# The entry of claim $1.
entry() { awk -v n="$1" '/^##/ { inside = $0 ~ "^### " n "\\. " } inside' "$PAGE"; }

@test "claims: 40 at least, numbered from 1, without a gap" {
    [ "$(numbers | wc -l)" -ge 40 ]
    [ "$(numbers)" = "$(seq "$(numbers | wc -l)")" ]
}

@test "claims: each has its document, its verdict, an authority, and one experiment" {
    for n in $(numbers); do
        entry "$n" >"$TMP/entry"
        two=$(printf '%02d' "$n")
        files=$(find docs/claims -name "$two-*.c" -o -name "$two-*.sh")
        grep -Eq '^\*\*((00[0-4]|folklore)(, )?)+\. (True|True if .*|Outdated|False)[.:]' "$TMP/entry" &&
            grep -q '^\*Authority:\* [A-Za-z]' "$TMP/entry" &&
            [ "$(echo "$files" | wc -l)" -eq 1 ] &&
            grep -q "^\*See it:\* \`make claim $n\` (\[.*\](${files#docs/claims/}))" "$TMP/entry" || {
            echo "claim $n is not complete (experiments: $files):"
            cat "$TMP/entry"
            return 1
        }
    done
}

@test "claims: each experiment predicts, sees what it predicted, and takes less than 5 s" {
    failed=
    for n in $(numbers); do
        status=0
        started=$(date +%s)
        docs/lab/learn/claim "$n" </dev/null >"$TMP/out" 2>&1 || status=$?
        # Where the kernel forbids what it is about, it says so in one line.
        grep -q ': nothing to show$' "$TMP/out" && continue
        if [ "$status" -ne 0 ] || [ $(($(date +%s) - started)) -ge 5 ] ||
            ! grep -q '^predicted: ' "$TMP/out" || ! grep -q '^seen: ' "$TMP/out"; then
            echo "claim $n: exit status $status, $(($(date +%s) - started)) s"
            cat "$TMP/out"
            failed="$failed $n"
        fi
    done
    [ -z "$failed" ]
}

@test "claims: an experiment that sees something else says so, and fails" {
    printf '%s\n' '#include "experiment.h"' 'int main(void) {' 'predicted("%d", 1);' \
        'seen(1, "%d", 1);' 'seen(0, "%d", 2);' 'return outcome();' '}' >"$TMP/other.c"
    cc -Idocs/claims "$TMP/other.c" -o "$TMP/other"
    status=0
    "$TMP/other" >"$TMP/out" || status=$?
    [ "$status" -eq 1 ]
    [ "$(grep -c 'not as predicted' "$TMP/out")" -eq 1 ]
}

@test "claims: make claim N names the claim and its verdict; without N, all are listed" {
    [ "$(docs/lab/learn/claim | wc -l)" -eq "$(numbers | wc -l)" ]
    docs/lab/learn/claim 3 >"$TMP/out"
    grep -q '^claim: ' "$TMP/out"
    grep -q '^verdict: ' "$TMP/out"
}
