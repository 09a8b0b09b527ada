#!/usr/bin/env bats
# The records of the promises: each is whole, points to a place in the notes, and is put to
# each chapter that the table of the promises names.
ROOT=$(CDPATH='' cd "$BATS_TEST_DIRNAME/../../.." && pwd)

setup() {
    cd "$ROOT" || return 1
    TMP=$(mktemp -d "${TMPDIR:-/tmp}/records.XXXXXX")
    docs/lab/suite/run-tests -l >"$TMP/records"
}
teardown() { rm -rf "$TMP"; }

# none WORDS: reads lines that should not be there.
none() {
    cat >"$TMP/none"
    [ ! -s "$TMP/none" ] || { sed "s/^/$1: /" "$TMP/none" && return 1; }
}

@test "records: each has an id, a title, what it demands and of whom, where it is explained, and a script" {
    [ "$(wc -l <"$TMP/records")" -ge 70 ]
    awk -F '\t' 'NF != 5 || $1 == "" || $2 == "" || $4 == "" || $5 == ""' "$TMP/records" |
        none "not whole"
    cut -f 3 "$TMP/records" | grep -vxE 'demands|of-chapters' | none "of whom?"
    cut -f 4 "$TMP/records" | grep -v '\.$' | none "no sentence"
    cut -f 1 "$TMP/records" | sort | uniq -d | none "twice"
    cut -f 2 "$TMP/records" | sort | uniq -d | none "twice"
    cut -f 1 "$TMP/records" | while read -r id; do
        grep -q "^promise_$id() {" docs/lab/suite/promises/*.bash || echo "$id"
    done | none "no script"
}

@test "records: what the cause often is: of each promise and kind one line, read at one glance" {
    grep -v '^#' docs/lab/suite/promises/hints | grep . >"$TMP/hints"
    awk 'NF < 3 && $3 != "-"' "$TMP/hints" | none "not whole"
    awk '{ n = split($2, kinds, ","); for (i = 1; i <= n; i++) print $1, kinds[i] }' "$TMP/hints" |
        sort | uniq -d | none "twice"
    # What cannot be read at one glance is not read.
    sed 's/^[^ ]* [^ ]* //' "$TMP/hints" | grep '.\{121\}' | none "too long"
    # Each promise of the chapters' own has one, whatever was seen; of any other, some kinds are told.
    cut -f 1 "$TMP/records" | while read -r id; do grep -q "^$id " "$TMP/hints" || echo "$id"; done | none "no hint"
}

@test "records: the page for who is graded has each of them, with the sentence that it demands" {
    awk -F '\t' '$3 == "demands" && $1 !~ /^client_/' "$TMP/records" | while IFS=$'\t' read -r id title _ sentence _; do
        # What chapter 5 does not ask, the page does not tell.
        grep -Eq "keeps $id(;|\$)" 05-epoll/test.bats || continue
        grep -qF "| ${title#*: } | $sentence | " docs/grader.md || echo "$title: $sentence"
    done | none "docs/grader.md does not say"
}

@test "records: the page and the section that explain a promise exist" {
    cut -f 5 "$TMP/records" | sort -u >"$TMP/places"
    [ -s "$TMP/places" ]
    while IFS= read -r place; do
        page=${place%%,*} section=${place#*, \"}
        case $page in
        ./*) pages=$(echo 0*/"${page#./}") ;;
        *) pages=$page ;;
        esac
        for page in $pages; do
            grep -qx "##* ${section%\"}" "$page" || echo "$page: ${section%\"}"
        done
    done <"$TMP/places" | none "there is no"
}

@test "records: each is used, under its own title, and a test with a title of its kind is one" {
    cut -f 1 "$TMP/records" | while read -r id; do
        grep -Eq "(keeps|breaks) $id(;|\$)" 0*/test.bats || echo "$id"
    done | none "not used"
    grep -hE '^@test "(echo|ends|others|limits|signals|surroundings|client): ' 0*/test.bats |
        grep -vE '\{ keeps [a-z_0-9]+; \}$' | none "no promise"
    printf '%s\n' "load '$ROOT/docs/lab/suite/promises'" '@te''st "another title" { keeps line; }' \
        '@te''st "echo: a line comes back" { keeps no_such; }' >"$TMP/wrong.bats"
    docs/lab/suite/verdicts "$TMP/wrong.bats" >"$TMP/out" 2>&1 || [ "$?" -eq 1 ]
    cat "$TMP/out"
    [ "$(grep -c '^FAIL' "$TMP/out")" -eq 2 ]
    grep -q 'must be called: echo: a line comes back$' "$TMP/out"
    grep -q 'there is no promise no_such' "$TMP/out"
}

# in_chapters NUMBERS WORD ID
in_chapters() {
    local n
    for n in $1; do
        grep -Eq "$2 $3(;|\$)" 0"$n"-*/test.bats || { echo "0$n does not say: $2 $3" && return 1; }
    done
}
@test "records: what a chapter cannot keep is asserted: a silent client, idleness, 1,024 descriptors" {
    in_chapters 1 breaks silent
    in_chapters '2 3 4 5 6' keeps silent
    in_chapters 2 breaks idle
    in_chapters '1 3 4 5 6' keeps idle
    in_chapters 3 breaks crowd
    in_chapters '2 4 5 6' keeps crowd
}
