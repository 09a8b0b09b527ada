#!/usr/bin/env bats
# The figures of the notes: well-formed, readable by everybody, and in use.
ROOT=$(cd "$BATS_TEST_DIRNAME/../../.." && pwd)

setup() {
    cd "$ROOT" || return 1
    TMP=$(mktemp -d "${TMPDIR:-/tmp}/figures.XXXXXX")
}

teardown() { rm -rf "$TMP"; }

# none PATTERN FILE...: no line matches. (An exclamation mark proves nothing in bats.)
none() {
    if grep -E -e "$@"; then
        return 1
    fi
}

# all PATTERN FILE...: each file has a line that matches.
all() {
    if grep -L -E -e "$@" | grep .; then
        echo "... without $1"
        return 1
    fi
}

# images: a line for each image of the notes: page, tab, path, tab, what it says.
images() {
    grep -Eo '!\[[^]]*\]\([^)]*\)' README.md 0*/*.md docs/*.md docs/*/*.md |
        sed "s/^\([^:]*\):!\[\(.*\)\](\([^)]*\))\$/\1$(printf '\t')\3$(printf '\t')\2/"
}

@test "figures: each is well-formed XML" {
    if command -v xmllint >"$TMP/which"; then
        xmllint --noout docs/figures/*.svg
    elif command -v python3 >"$TMP/which"; then
        python3 -c 'import sys, xml.dom.minidom as m; [m.parse(f) for f in sys.argv[1:]]' \
            docs/figures/*.svg
    else
        skip "neither xmllint nor python3 is installed"
    fi
}

@test "figures: each has a title, a description, and colours for dark pages" {
    all '<title[^>]*>[^<]{10,}</title>' docs/figures/*.svg
    all '<desc[^>]*>[^<]{100,}' docs/figures/*.svg
    all "role=['\"]img['\"]" docs/figures/*.svg
    all '@media \(prefers-color-scheme: dark\)' docs/figures/*.svg
}

@test "figures: none refers to anything outside of itself" {
    none '@import|<(script|image|foreignObject)' docs/figures/*.svg
    none "(href|src)=['\"][^#]" docs/figures/*.svg
    none 'url\([^#]' docs/figures/*.svg
    # Addresses: only the names of XML's own vocabularies.
    sed "s/xmlns[:a-z]*=['\"][^'\"]*['\"]//g" docs/figures/*.svg >"$TMP/rest"
    none '[a-z]+://|(href|src|url\()=?.?//' "$TMP/rest"
    # What a figure refers to inside is there.
    awk '
        function note(list, mark,    line) {
            line = $0
            while (match(line, mark "[^\047\")]*")) {
                list[FILENAME " " substr(line, RSTART + 5, RLENGTH - 5)] = 1
                line = substr(line, RSTART + RLENGTH)
            }
        }
        { note(wanted, "url[(]#"); note(had, " id=[\047\"]") }
        END {
            for (name in wanted) {
                n++
                if (!(name in had)) { print "refers to what it does not have: " name; bad = 1 }
            }
            exit bad || n < 20
        }' docs/figures/*.svg
}

@test "figures: a small one has letters of 12 pixels on a screen of 360" {
    awk '
        FNR == 1 { width = 0
            if (match($0, /viewBox=.0 0 [0-9]+/)) width = substr($0, RSTART + 13, RLENGTH - 13) + 0 }
        width > 0 && width <= 420 {
            small[FILENAME] = 1
            line = $0
            while (match(line, /(font|font-size): *([0-9]+ )?[0-9.]+px|font-size=.[0-9.]+/)) {
                size = substr(line, RSTART, RLENGTH)
                line = substr(line, RSTART + RLENGTH)
                sub(/px$/, "", size)
                sub(/.*[^0-9.]/, "", size)
                seen++
                if (size * 360 / width < 12) { print FILENAME ": " size; bad = 1 }
            }
        }
        END { for (f in small) n++; if (n < 8 || seen < 2 * n) { print n, seen; exit 1 } exit bad }' \
        docs/figures/*.svg
}

@test "figures: each is shown in a note, and the note says in words what it shows" {
    images >"$TMP/images"
    [ "$(wc -l <"$TMP/images")" -ge 18 ]
    : >"$TMP/shown"
    while IFS=$'\t' read -r page path says; do
        case $path in http*) continue ;; esac
        file=${page%"${page##*/}"}$path
        [ -s "$file" ] || { echo "$page shows what is not there: $path" && return 1; }
        [ "${#says}" -ge 40 ] || { echo "$page: too few words for $path: $says" && return 1; }
        echo "${path##*/}" >>"$TMP/shown"
    done <"$TMP/images"
    for svg in docs/figures/*.svg; do
        grep -qxF "${svg##*/}" "$TMP/shown" || { echo "no note shows $svg" && return 1; }
    done
}
