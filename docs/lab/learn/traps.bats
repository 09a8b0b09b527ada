#!/usr/bin/env bats
# The traps and the seeded bugs: their stories, and how they are played. That each of
# them turns its promise red is proved by `make mutants`: docs/lab/mutants/proofs.bats.
load ../core/house
export NEEDS_LINUX=1

@test "traps: three at least for each chapter, 24 at least in all, each with its story" {
    local n patch title
    [ "$(trap_names | grep -c '^[1-6]\.')" -ge 24 ]
    for n in 1 2 3 4 5 6; do
        [ "$(trap_names | grep -c "^$n\.")" -ge 3 ]
        [ "$(docs/lab/learn/trap "$n" | wc -l)" -eq "$(trap_names | grep -c "^$n\.")" ]
    done
    for patch in 0*/traps/*.patch; do
        for title in trap thought happens symptom 'caught by'; do
            grep -q "^$title: [^ ]" "$patch" || { echo "$patch: no $title" && return 1; }
        done
        grep -Eq '^(play|run): ' "$patch"
    done
}

@test "traps: each patch, solution and seeded bug fits the code without fuzz" {
    local patch chapter
    for patch in 0*/traps/*.patch 0*/exercises/*.patch docs/lab/mutants/bugs/*.patch; do
        case $patch in
        docs/*) chapter=$(echo "$(basename "$patch" | cut -c 1-2)"-*) ;;
        *) chapter=${patch%%/*} ;;
        esac
        patch --dry-run -s -F0 -p1 -d "$chapter" <"$patch" >"$TMP/log" 2>&1 || {
            echo "$patch: $(cat "$TMP/log")"
            echo "After a change of the code: docs/lab/mutants/carry"
            return 1
        }
    done
}

@test "traps: each names a promise of its chapter by its id, or another test by its title" {
    local patch name chapter
    docs/lab/suite/run-tests -l >"$TMP/records"
    for patch in 0*/traps/*.patch docs/lab/mutants/bugs/*.patch; do
        name=$(sed -n 's/^caught by: //p' "$patch")
        case $patch in
        docs/*) chapter=$(echo "$(basename "$patch" | cut -c 1-2)"-*) ;;
        *) chapter=${patch%%/*} ;;
        esac
        grep -Eq "(keeps|breaks) $name(;|\$)" "$chapter/test.bats" ||
            grep -qF "@test \"$name\" {" "$chapter"/*.bats || {
            echo "$patch: $chapter has no such promise or test: $name"
            return 1
        }
        # The id, where there is one.
        ! cut -f 2 "$TMP/records" | grep -qxF "$name" || { echo "$patch: no id: $name" && return 1; }
    done
}

@test "traps: every promise of the suite is turned red by one of them" {
    local id
    docs/lab/suite/run-tests -l | cut -f 1 >"$TMP/ids"
    [ -s "$TMP/ids" ]
    while IFS= read -r id; do
        grep -qx "caught by: $id" 0*/traps/*.patch docs/lab/mutants/bugs/*.patch ||
            { echo "nothing turns it red: $id" && return 1; }
    done <"$TMP/ids"
}

@test "traps: one is played: what was thought, what is seen, and the promise that catches it" {
    env -i PATH="$PATH" docs/lab/learn/trap 6.1 >"$TMP/played" 2>&1 3>&-
    cat "$TMP/played"
    grep -q '^thought: ' "$TMP/played"
    grep -q '^peer .*100000 bytes sent, [0-9]* back, and nothing more' "$TMP/played"
    grep -q '^server .*it lives' "$TMP/played"
    grep -q '^    +    return AWAIT_NEWS;' "$TMP/played"
    grep -q '^  FAILED   echo: 64 MiB' "$TMP/played"
    grep -q '^more: .*06-edge-triggered/' "$TMP/played"
    # What the promise says of itself in general is not said of the trap.
    ! grep -Eq '^ *(often|explained in):' "$TMP/played" || return 1
    [ -z "$(awk 'length > 100' "$TMP/played")" ]
    docs/lab/learn/trap --diff 6.1 | grep -q '^+ *return AWAIT_NEWS;'
}

@test "traps: the lines of a scene that differ from all others are not cut" {
    env -i PATH="$PATH" docs/lab/learn/trap 1.2 >"$TMP/played" 2>&1 3>&-
    cat "$TMP/played"
    # One send is short, among a thousand that are not.
    grep -E '^server .*send fd [0-9]* -> ' "$TMP/played" | grep -Evq ' 16384 bytes| -1 '
    [ "$(grep -c '^server' "$TMP/played")" -le 30 ]
}

@test "traps: a scene with a server of its own shows no other" {
    env -i PATH="$PATH" DIFF=colordiff docs/lab/learn/trap 5.5 >"$TMP/played" 2>&1 3>&-
    cat "$TMP/played"
    ! grep -q '^server ' "$TMP/played" || return 1
    grep -q '^        | .*not idle\|^        | of the time: not idle' "$TMP/played"
    grep -q '^happens: ' "$TMP/played"
}

@test "traps: wrong use is refused in one line" {
    local words
    for words in '' 7 6.99 6.x --red '--red 9.9' 'six'; do
        # shellcheck disable=SC2086 # the words are arguments
        run docs/lab/learn/trap $words
        echo "$words: $output"
        [ "$status" -eq 2 ]
        [ "${#lines[@]}" -eq 1 ]
    done
    docs/lab/learn/trap -h
}
