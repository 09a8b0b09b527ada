# shellcheck shell=sh disable=SC2015,SC2034,SC2086 # who sources it uses what it sets; MAKE may be words
# What a learner's commands have in common: exercise, trap, progress and watch, of
# docs/lab/learn, source it first. It goes to the top directory. `stop` is the one way to say
# that something could not be done, which is neither green nor red: one line, and status 2.
unset CDPATH
tool=${0##*/}
CDPATH='' cd "$(dirname "$0")/../../.." || exit 2
tmp='' child='' place='' MAKEFLAGS=${MAKEFLAGS:-}

stop() {
    echo "$tool: $1" >&2
    exit 2
}

# field NAME FILE: a field of a patch, as one line of text.
field() {
    awk -v name="$1: " '
        /^--- / { exit }
        index($0, name) == 1 { inside = 1; text = substr($0, length(name) + 1); next }
        inside && /^  / { sub(/^ +/, ""); text = text " " $0; next }
        { inside = 0 }
        END { if (text) print text }' "$2"
}

# say WIDTH WORD TEXT: lines of 80 columns behind a word, which takes so many.
say() {
    printf '%s\n' "$3" | fold -s -w $((78 - $1)) | awk -v width="$1" -v word="$2" '
        { sub(/ +$/, ""); printf "%-" width "s%s\n", NR == 1 ? word : "", $0 }'
}

# room DIRECTORY: a full disk makes red, or green, what is not.
room() {
    { mkdir -p "$1" && dd if=/dev/zero of="$1/room.$$" bs=65536 count=2 && rm "$1/room.$$"; } 2>/dev/null || {
        rm -f "$1/room.$$" 2>/dev/null
        stop "$1 cannot be written to, or the disk is full"
    }
}

# begin: tmp is a directory that goes again, and what runs is ended, however we end.
begin() {
    trap leave_nothing EXIT
    trap 'exit 129' HUP
    trap 'exit 130' INT
    trap 'exit 141' PIPE
    trap 'exit 143' TERM
    tmp=$(mktemp -d "${TMPDIR:-/tmp}/$tool.XXXXXX" 2>/dev/null) ||
        stop "${TMPDIR:-/tmp} cannot be written to: see TMPDIR"
    room "$tmp"
    room build
}

leave_nothing() {
    trap '' HUP INT TERM
    [ -z "$child" ] || {
        kill -TERM "$child"
        wait "$child"
    } 2>/dev/null
    rm -rf ${tmp:+"$tmp"} ${place:+"$place"}
}

# finish COMMAND...: a signal to us does not wait until the command has ended.
finish() {
    "$@" 5>&- &
    child=$!
    awaited=0
    wait "$child" || awaited=$?
    child=''
    return "$awaited"
}

# build PATH...: by the Makefile, which has the compiler and its flags. Where it was asked
# only whether something is to be done (-q), we are what is to be done.
build() {
    case ${MAKEFLAGS%% *} in
    -* | *=*) ;;
    *q*) MAKEFLAGS=${MAKEFLAGS%%q*}${MAKEFLAGS#*q} ;;
    esac
    # A compiler that is ended may leave a temporary file: in a directory that goes with us.
    finish env TMPDIR="${tmp:-${TMPDIR:-/tmp}}" ${MAKE:-make} -s --no-print-directory "$@"
}

# build_tools: what the tests need.
build_tools() {
    build docs/lab/suite/peer docs/lab/suite/terminal >"$tmp/tools" 2>&1 ||
        stop "the tools of the tests do not build: $(grep -v '^make' "$tmp/tools" | tail -n 1)"
}

# build_all DIRECTORY [OPTION]: each program in it, and none that is older than its source.
build_all() {
    dir=$1 option=${2:-}
    set --
    for source in "$dir"/*.c; do
        rm -f "${source%.c}"
        set -- "$@" "${source%.c}"
    done
    build ${option:+"$option"} "$@"
}

# find_chapter N: sets chapter.
find_chapter() {
    chapter=$(echo 0"$1"-*)
    case $chapter:${SYSTEM:-$(uname -s)} in
    0[56]-*:Linux) ;;
    0[56]-*) stop "epoll is Linux's alone: chapters 05 and 06 are for reading here" ;;
    esac
}

# copy PLACE: the chapter, and what its tests need; sources alone.
copy() {
    rm -rf "$1"
    { mkdir -p "$1/docs/lab" && cp -R "$chapter" "$1/" &&
        cp -R docs/lab/core docs/lab/learn docs/lab/suite "$1/docs/lab"; } 2>"$tmp/cp" ||
        stop "$1 cannot be written: $(tail -n 1 "$tmp/cp")"
}

# --- what is known --------------------------------------------------------------------------
# build/progress/N is what the promises of chapter N gave, build/progress/N.K the check of an
# exercise: the state of the files, the result, when, and the first test that failed.
# A record is written at once or not at all, and only of what has run to its end.

# state_of N[.K]: a number that changes with the files that decide the result.
state_of() {
    dir=$(echo 0"${1%%.*}"-*)
    case $1 in
    *.*) set -- "$dir"/*.c "$dir"/exercises/"${1#*.}"-*.bats ;;
    *) set -- "$dir"/*.c "$dir"/*.bats ;;
    esac
    { printf '%s\n' "$@" && find docs/lab/core docs/lab/suite -name '*.bash' -o -name '*.[ch]'; } | sort | xargs cat | cksum | tr ' \t' '--'
}

# record NAME STATE RESULT [TITLE]
record() {
    room build/progress
    printf '%s\n' "$2" "$3" "$(date '+%Y-%m-%d %H:%M')" "${4:-}" >"build/progress/.$1.$$" &&
        mv "build/progress/.$1.$$" "build/progress/$1" || stop "build/progress/$1 cannot be written"
}

# recorded NAME: sets state, result, when and title; status 1 where nothing is known.
recorded() {
    state='' result='' when='' title=''
    { read -r state && read -r result && read -r when && read -r title; } 2>/dev/null \
        <"build/progress/$1" && [ -n "$when" ]
}
