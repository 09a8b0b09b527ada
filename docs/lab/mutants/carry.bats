#!/usr/bin/env bats
# docs/lab/mutants/carry: it keeps the patches fitting while the programs change. Each test
# changes the programs of a clone, which is all its own.
ROOT=$(cd "$BATS_TEST_DIRNAME/../../.." && pwd)
CARRY=docs/lab/mutants/carry

setup() {
    # In a hook, git has these set: then each git below would look at another repository.
    unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE GIT_PREFIX
    TMP=$(mktemp -d "${TMPDIR:-/tmp}/carry.XXXXXX")
    command -v python3 >"$TMP/which" || skip "python3 is not installed"
    git -C "$ROOT" rev-parse HEAD >"$TMP/which" 2>&1 || skip "this is no git checkout"
    git clone -q "$ROOT" "$TMP/clone" 3>&-
    # The tool as it is here, whether it is committed or not.
    rm -rf "$TMP/clone/docs/lab/mutants"
    cp -R "$ROOT/docs/lab/mutants" "$TMP/clone/docs/lab/"
    cd "$TMP/clone" || return 1
    git config user.name carry
    git config user.email carry@localhost
    # Line numbers that are off at HEAD are no matter of these tests.
    $CARRY >/dev/null 3>&-
    commit
}

teardown() { rm -rf "${TMP:-}"; }

# Where [[ ]] is not the last command: bash 3.2 does not end a test for it, so: || false.

commit() { git add -A && git commit -q --no-verify --allow-empty -m "Before the change"; }

patches() { find 0*-*/traps 0*-*/exercises docs/lab/mutants/bugs -name '*.patch' | sort; }

# edit FILE SED...: sed -i is not the same everywhere.
edit() {
    local file=$1
    shift
    sed "$@" "$file" >"$TMP/edited"
    ! cmp -s "$TMP/edited" "$file" || { echo "$file: nothing to edit: $*" && return 1; }
    cat "$TMP/edited" >"$file"
}

# header FILE, body FILE: what stands above the diff, and the diff.
header() { sed '/^--- /,$d' "$1"; }
body() { sed -n '/^--- /,$p' "$1"; }

# A chapter with one program and one patch: what is tested is to be seen at one glance.
small() {
    rm -rf 0*-*/traps 0*-*/exercises docs/lab/mutants/bugs
    mkdir -p 01-blocking/traps
    SMALL=01-blocking/traps/1-small.patch
    printf '%s\n' '#include <stdio.h>' '' '/* Says how much. */' 'int main(void) {' \
        '    int owed = 1;' '    owed += 2; /* what is owed */' '    printf("%d\n", owed);' \
        '    return 0;' '}' >01-blocking/server.c
    printf '%s\n' 'trap: Too much  ' 'happens: more is owed.' '' '--- a/server.c' '+++ b/server.c' \
        '@@ -3,7 +3,7 @@' ' /* Says how much. */' ' int main(void) {' '     int owed = 1;' \
        '-    owed += 2; /* what is owed */' '+    owed += 3; /* what is owed */' \
        '     printf("%d\n", owed);' '     return 0;' ' }' >"$SMALL"
    commit
    cp "$SMALL" "$TMP/before"
    $CARRY --check 3>&-
}

@test "carry: when nothing has changed, nothing is written" {
    run $CARRY 3>&-
    echo "$output"
    [ "$status" -eq 0 ]
    [ "$output" = "$(patches | wc -l | tr -d ' ') patches: 0 carried, $(patches | wc -l | tr -d ' ') unchanged, 0 by hand, 0 in conflict" ]
    [ -z "$(git status --porcelain)" ]
    $CARRY --check 3>&-
}

@test "carry: a name that is changed everywhere is changed in all patches" {
    local file patch chapter built=0
    grep -qw owed 0*-*/server.c || skip "no program has a variable owed"
    for file in 0*-*/server.c 0*-*/client.c; do
        sed 's/\([^A-Za-z0-9_]\)owed\([^A-Za-z0-9_]\)/\1unsent\2/g; s/\([^A-Za-z0-9_]\)owed$/\1unsent/' \
            "$file" >"$TMP/edited"
        cat "$TMP/edited" >"$file"
    done
    [ "$(grep -lw owed 0*-*/server.c 0*-*/client.c | wc -l)" -eq 0 ]
    for patch in $(patches); do
        mkdir -p "$TMP/headers/$patch"
        header "$patch" >"$TMP/headers/$patch/header"
    done
    run $CARRY 3>&-
    echo "$output"
    [ "$status" -eq 0 ]
    [[ ${lines[${#lines[@]} - 1]} == *" 0 by hand, 0 in conflict" ]] || false
    [[ $output != *" 0 carried"* ]] || false
    [[ $output == *"note: its header still speaks of owed"* ]] || false
    $CARRY --check 3>&-
    for patch in $(patches); do
        header "$patch" | cmp - "$TMP/headers/$patch/header"
        # A patch that makes a new program may name its own things as it likes.
        ! grep -q '^--- /dev/null' "$patch" || continue
        if body "$patch" | grep -nw owed; then
            echo "$patch: still owed"
            return 1
        fi
    done
    for patch in $(git diff --name-only -- '*.patch' | grep -E '^(docs/lab/mutants/bugs/)?0[1-4]-' | head -n 3); do
        chapter=${patch#docs/lab/mutants/bugs/}
        chapter=$(echo "${chapter%%-*}"-*)
        rm -rf "$TMP/patched"
        cp -R "$chapter" "$TMP/patched"
        (cd "$TMP/patched" && patch -s -F0 -p1) <"$patch"
        for file in server client; do
            ${CC:-cc} -std=c11 -D_POSIX_C_SOURCE=200809L -O2 -Wall -Wextra -Werror -pthread \
                -o "$TMP/program" "$TMP/patched/$file.c" 3>&-
        done
        built=$((built + 1))
    done
    [ "$built" -eq 3 ]
}

@test "carry: a name changed in the very lines of the patch, and a note of its header" {
    small
    edit 01-blocking/server.c 's/owed\([ )]\)/unsent\1/; s/is owed/remains/'
    run $CARRY --build 3>&-
    echo "$output"
    [ "$status" -eq 0 ]
    [ "${lines[0]}" = "$SMALL: note: its header still speaks of owed" ]
    [ "${lines[1]}" = "1 patch: 1 carried, 0 unchanged, 0 by hand, 0 in conflict" ]
    grep -qxF -- '-    unsent += 2; /* what remains */' "$SMALL"
    grep -qxF -- '+    unsent += 3; /* what remains */' "$SMALL"
    cmp <(header "$SMALL") <(header "$TMP/before")
}

@test "carry: a change beside the patch comes in as its context; its header stays, byte for byte" {
    small
    edit 01-blocking/server.c 's/Says how much/Tells how many/'
    run $CARRY 3>&-
    echo "$output"
    [ "$status" -eq 0 ]
    [ "$output" = "1 patch: 1 carried, 0 unchanged, 0 by hand, 0 in conflict" ]
    sed 's/Says how much/Tells how many/' "$TMP/before" | cmp - "$SMALL"
    $CARRY --check 3>&-
    # And once more, before the commit: from BASE again, and not from what was written.
    edit 01-blocking/server.c 's/Tells how many/Speaks of it/; s/return 0/return 1/'
    $CARRY 3>&-
    sed 's/Says how much/Speaks of it/; s/return 0/return 1/' "$TMP/before" | cmp - "$SMALL"
}

@test "carry: the patch and the code change one line in two places: by tokens" {
    small
    edit 01-blocking/server.c 's/what is owed/the rest/'
    $CARRY 3>&-
    grep -qxF -- '-    owed += 2; /* the rest */' "$SMALL"
    grep -qxF -- '+    owed += 3; /* the rest */' "$SMALL"
}

@test "carry: lines that a patch only adds stay beside a line that has changed; a note says so" {
    small
    edit "$SMALL" 's/^@@.*/@@ -3,7 +3,8 @@/; s/^-\(    owed += 2\)/ \1/
        s/^+.*owed += 3.*/+    owed++;/'
    commit
    $CARRY --check 3>&-
    # Another indentation as well: else the tokens alone would do.
    edit 01-blocking/server.c 's/^    printf.*/  puts("much");/'
    run $CARRY --build 3>&-
    echo "$output"
    [ "$status" -eq 0 ]
    [[ ${lines[0]} == "$SMALL: note: it adds lines beside"* ]] || false
    grep -qxF -- '+    owed++;' "$SMALL"
    grep -qxF -- '   puts("much");' "$SMALL"
}

@test "carry: a conflict is shown, the patch stays; what was mended is taken" {
    small
    edit 01-blocking/server.c 's/owed += 2/owed += 17/'
    run $CARRY 3>&-
    echo "$output"
    [ "$status" -eq 1 ]
    [[ ${lines[0]} == "$SMALL: in conflict"* ]] || false
    [ "${lines[1]}" = "  01-blocking/server.c" ]
    [[ $output == *"|     owed += 17;"* ]] || false
    [[ $output == *"|     owed += 2;"* ]] || false
    [[ $output == *"|     owed += 3;"* ]] || false
    [ "${lines[${#lines[@]} - 1]}" = "1 patch: 0 carried, 0 unchanged, 0 by hand, 1 in conflict" ]
    cmp "$SMALL" "$TMP/before"
    grep -q '^<<<<<<< the code now' build/carry/01-blocking/traps/1-small/server.c
    run $CARRY --take "$SMALL" 3>&-
    echo "$output"
    [ "$status" -eq 1 ]
    [[ $output == *"has conflicts still"* ]] || false
    sed 's/owed += 17/owed += 18/' 01-blocking/server.c >build/carry/01-blocking/traps/1-small/server.c
    $CARRY --take "$SMALL" 3>&-
    $CARRY --check 3>&-
    grep -qxF -- '+    owed += 18; /* what is owed */' "$SMALL"
    cmp <(header "$SMALL") <(header "$TMP/before")
}

@test "carry: the bug is in the code itself: nothing is left of the patch" {
    small
    edit 01-blocking/server.c 's/owed += 2/owed += 3/'
    run $CARRY 3>&-
    echo "$output"
    [ "$status" -eq 1 ]
    [[ ${lines[0]} == "$SMALL: nothing is left of it in 01-blocking/server.c: "* ]] || false
    [ "${lines[1]}" = "1 patch: 0 carried, 0 unchanged, 0 by hand, 0 in conflict, 1 with nothing left" ]
    cmp "$SMALL" "$TMP/before"
}

@test "carry --check: red when a patch needs fuzz, or is at other lines; carry mends both" {
    local change
    small
    for change in 's/Says how much/Tells how many/' '1s/^/\
/'; do
        git checkout -q 01-blocking
        edit 01-blocking/server.c "$change"
        run $CARRY --check 3>&-
        echo "$output"
        [ "$status" -eq 1 ]
        [[ ${lines[0]} == "$SMALL: it "* ]] || false
        [ "${lines[2]}" = "Run: docs/lab/mutants/carry" ]
        cmp "$SMALL" "$TMP/before"
        $CARRY 3>&-
        $CARRY --check 3>&-
    done
}

@test "carry: a patch mended by hand, and a new one, are left alone while they fit" {
    small
    edit 01-blocking/server.c 's/owed += 2/owed += 17/'
    edit "$SMALL" 's/^-    owed += 2/-    owed += 17/; s/owed += 3/owed += 4/'
    cp "$SMALL" 01-blocking/traps/2-new.patch
    cp "$SMALL" "$TMP/mended"
    run $CARRY 3>&-
    echo "$output"
    [ "$status" -eq 0 ]
    [ "$output" = "2 patches: 0 carried, 0 unchanged, 1 by hand, 0 in conflict, 1 new" ]
    cmp "$SMALL" "$TMP/mended"
    cmp 01-blocking/traps/2-new.patch "$TMP/mended"
    edit 01-blocking/server.c 's/owed += 17/owed += 18/'
    run $CARRY 3>&-
    echo "$output"
    [ "$status" -eq 1 ]
    [ "${lines[0]}" = "$SMALL: it was changed by hand, and does not apply to the code" ]
    [ "${lines[1]}" = "01-blocking/traps/2-new.patch: it is new, and does not apply to the code" ]
    cmp "$SMALL" "$TMP/mended"
}

@test "carry --build: names a patch that no longer compiles" {
    small
    edit "$SMALL" 's/^+    owed += 3/+    oved += 3/'
    run $CARRY --check --build 3>&-
    echo "$output"
    [ "$status" -eq 1 ]
    [[ ${lines[0]} == "$SMALL: it does not build: "*oved* ]] || false
}

@test "carry: wrong use is refused in one line" {
    local words
    for words in '--chek' 'HEAD HEAD~0' 'no-such-revision' '--check HEAD' '--take' '--take none'; do
        # shellcheck disable=SC2086 # the words are arguments
        run $CARRY $words 3>&-
        echo "$words: $output"
        [ "$status" -eq 2 ]
        [ "${#lines[@]}" -eq 1 ]
        [[ $output == "carry: "* ]] || false
    done
    $CARRY -h | grep -q '^usage: '
    rm -rf .git
    run $CARRY 3>&-
    echo "$output"
    [ "$status" -eq 2 ]
    [ "${#lines[@]}" -eq 1 ]
    $CARRY --check 3>&-
}
