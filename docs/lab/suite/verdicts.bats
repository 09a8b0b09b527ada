#!/usr/bin/env bats
# docs/lab/suite/verdicts: what it prints of tests that end in each way there is. How it
# could be made to lie: docs/lab/mutants/graders.bats.
# shellcheck disable=SC2016,SC2030,SC2031 # what is exported is for its test alone
VERDICTS=$BATS_TEST_DIRNAME/verdicts

setup() { TMP=$(mktemp -d "${TMPDIR:-/tmp}/verdicts-bats.XXXXXX"); }
teardown() { rm -rf "$TMP"; }

# verdicts_of WORD...: of tests in $TMP/t.bats. Its stderr: $TMP/err
verdicts_of() {
    local status=0
    "$VERDICTS" "$@" "$TMP/t.bats" >"$TMP/out" 2>"$TMP/err" || status=$?
    cat "$TMP/out" "$TMP/err"
    echo "status $status"
}

@test "verdicts: each test has a line, with the lines that it has printed behind it" {
    # bats would take lines that begin with @test for tests of this file.
    sed 's/^TEST/@test/' >"$TMP/t.bats" <<'END'
TEST "a: green" { echo unseen; }
TEST "b: red" { printf '  told\n\n(so)\n'; echo past bats >&3; sh -c 'kill -SEGV $$'; }
TEST "c: skipped" { skip; }
TEST "d: skipped: #2" { skip "no (such) tool"; }
END
    run verdicts_of
    diff - <(echo "$output") <<'END'
plan	4
ok	a: green
FAIL	b: red
	past bats
	  told
	
	(so)
skip	c: skipped	
skip	d: skipped: #2	no (such) tool
end	4	4	1	2
status 1
END
}

@test "verdicts: green, and the skipped are told; -f chooses" {
    printf '@test "a: green" { :; }\n@test "b: skipped" { skip; }\n@test "c: red" { false; }\n' \
        >"$TMP/t.bats"
    [ "$(verdicts_of -f '^[ab]:' | tail -n 2 | tr '\t\n' '  ')" = "end 2 2 0 1 status 0 " ]
    [ "$(verdicts_of -f red | tr '\t\n' '  ')" = "plan 1 FAIL c: red end 1 1 1 0 status 1 " ]
}

@test "verdicts: a line comes when its test ends, not when all have ended" {
    mkfifo "$TMP/go"
    printf '@test "a" { :; }\n@test "b" { read -r line <"%s"; }\n' "$TMP/go" >"$TMP/t.bats"
    "$VERDICTS" "$TMP/t.bats" >"$TMP/out" 3>&- &
    for _ in {1..500}; do
        ! grep -q '^ok' "$TMP/out" || break
        sleep 0.01
    done
    [ "$(cat "$TMP/out")" = "plan	2
ok	a" ]
    echo go >"$TMP/go"
    wait "$!"
    [ "$(tail -n 1 "$TMP/out" | tr '\t' ' ')" = "end 2 2 0 0" ]
}

@test "verdicts: a test that does not end is ended, and red" {
    printf '@test "a" { sleep 30; }\n' >"$TMP/t.bats"
    export BATS_TEST_TIMEOUT=1
    run verdicts_of
    echo "$output"
    [ "$(echo "$output" | tr '\t\n' '  ')" = "plan 1 FAIL a  timeout after 1s end 1 1 1 0 status 1 " ] ||
        skip "this bats has no BATS_TEST_TIMEOUT"
}

@test "verdicts: a clock that bats has forgotten is not waited for" {
    command -v ps >"$TMP/which" || skip "ps is not installed"
    mkdir "$TMP/bin"
    printf '#!/bin/sh\nprintf "1..1\\nok 1 a\\n"\nsleep "$BATS_TEST_TIMEOUT"\nexit 0\n' >"$TMP/bin/bats"
    chmod +x "$TMP/bin/bats"
    : >"$TMP/t.bats"
    # It would be ended, and red, before that.
    export PATH=$TMP/bin:$PATH BATS_TEST_TIMEOUT=300
    [ "$(verdicts_of | tr '\t\n' '  ')" = "plan 1 ok a end 1 1 0 0 status 0 " ]
}
