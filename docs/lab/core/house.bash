# What tests of the repository share: load ../core/house. (Tests of servers and clients
# load ../suite/promises.) Sets ROOT, LAB, SYSTEM, and TMP, a directory of the test's own.
# shellcheck shell=bash disable=SC2034 # who loads it, uses them
unset CDPATH
ROOT=$(CDPATH='' cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
LAB=$ROOT/docs/lab

setup() {
    cd "$ROOT" || return 1
    TMP=$(mktemp -d "${TMPDIR:-/tmp}/house.XXXXXX")
    SYSTEM=${SYSTEM:-$(uname -s)}
    # What make says must not depend on the make that runs these tests.
    unset MAKEFLAGS MFLAGS MAKELEVEL SERVER CLIENT ONLY
    [ -z "${NEEDS_LINUX:-}" ] || [ "$SYSTEM" = Linux ] || skip "half of them need Linux"
}

teardown() { rm -rf "$TMP"; }

# The chapters that exist on this system.
chapters() {
    if [ "$SYSTEM" = Linux ]; then ls -d 0*/; else ls -d 0[1-4]*/; fi
}

# The names that docs/lab/learn/trap takes, 6.1 or docs/lab/mutants/bugs/01-name.patch; and
# those of the exercises.
trap_names() {
    find docs/lab/mutants/bugs 0*/traps -name '*.patch' |
        sed 's/^0\([1-6]\)-.*\/traps\/\([0-9]*\)-.*/\1.\2/' | sort
}
exercise_names() {
    find 0*/exercises -name '*.bats' | sed 's/^0\([1-6]\)-.*\/\([0-9]*\)-.*/\1.\2/' | sort
}

# Nothing still runs of what was started with REPLAY=$TMP in its environment: proc(5).
nothing_left() {
    local left
    left=$(grep -lF "REPLAY=$TMP" /proc/[0-9]*/environ 2>"$TMP/gone" || true)
    [ -z "$left" ] || { echo "still running: $left" && return 1; }
}
