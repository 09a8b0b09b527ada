#!/usr/bin/env bats
# `make steps`: each step is small, and what the notes say of it is so; each program stands
# alone. Run by `make check`.
# shellcheck disable=SC2030,SC2031 # each test is a process; run sets what it looks at
load ../core/house

# The small programs beside the pair of each chapter.
asides() {
    for dir in $(chapters); do ls "$dir"*.c; done | grep -Ev '/(server|client)\.c$'
}

# The function $1 of the file $2, with its braces.
function_text() {
    awk -v name="$1" '
        index($0, name "(") && /^[a-z].*\) \{/ { inside = 1 }
        inside { print }
        /^}/ { inside = 0 }' "$2"
}

function_names() { sed -n 's/^[a-z].*[ *]\([a-z_]*\)(.*) {.*$/\1/p' "$1"; }

@test "steps: each file and each step is within its budget" {
    docs/lab/learn/steps
}

@test "steps: no function over 40 lines, no line over 80 columns, 4 levels at most" {
    awk 'length > 80 { print FILENAME ":" FNR ": over 80 columns"; bad = 1 }
         /^[a-z].*\) \{$/ { start = FNR }
         /^}/ && start { if (FNR - start + 1 > 40) { print FILENAME ":" start; bad = 1 } start = 0 }
         # A statement deeper than four levels is indented by more than 16.
         /^                     *[a-z}].*[;{]$/ && !/^ *[a-z>_-]*, / && prev ~ /[;{})]$/ {
             print FILENAME ":" FNR ": too deep: " $0; bad = 1 }
         { prev = $0 }
         END { exit bad }' 0*/server.c 0*/client.c
}

@test "steps: the same name has the same bytes, or the notes list it as changed" {
    for program in server client; do
        last=
        for dir in 0*/; do
            file=$dir$program.c
            for name in $(function_names "$file"); do
                [ -n "$last" ] && function_names "$last" | grep -qx "$name" || continue
                [ "$(function_text "$name" "$last")" = "$(function_text "$name" "$file")" ] ||
                    grep -q "\`$name\`" "${dir}README.md" || {
                    echo "$file: $name differs from $last, and ${dir}README.md does not say so"
                    return 1
                }
            done
            last=$file
        done
    done
}

# told PAGE PROGRAM: what the notes say of its functions: changed, new or gone, and the name.
told() {
    tr '\n' ' ' <"$1" | tr -s ' ' | awk -v program="$2" '
        {
            text = $0
            start = program == "server" ? "Functions that changed: " : "In client.c, "
            text = substr(text, index(text, start) + length(start))
            if (program == "server") { # ends with what is new
                match(text, /New: [^.]*[.]|None is new/)
                new = substr(text, RSTART, RLENGTH)
                rest = substr(text, RSTART + RLENGTH)
                names("changed", substr(text, 1, RSTART - 1))
                names("new", new)
                if (match(rest, /^ *Gone: [^.]*[.]/)) # ... or gone
                    names("gone", substr(rest, RSTART, RLENGTH))
                exit
            }
            sub(/[.] .*/, "", text)
            n = split(text, part, ";")
            for (i = 1; i <= n; i++)
                names(part[i] ~ /changed$/ ? "changed" : part[i] ~ /new$/ ? "new" : "gone", part[i])
        }
        function names(what, list) {
            while (match(list, /`[a-z_]+`/)) {
                print what, substr(list, RSTART + 1, RLENGTH - 2)
                list = substr(list, RSTART + RLENGTH)
            }
        }'
}

@test "steps: what the notes say of each function is so: changed, new, or gone" {
    for program in server client; do
        last=
        for dir in 0*/; do
            file=$dir$program.c
            [ -z "$last" ] || {
                function_names "$last" | sort >"$TMP/old"
                function_names "$file" | sort >"$TMP/now"
                {
                    comm -12 "$TMP/old" "$TMP/now" | while read -r name; do
                        [ "$(function_text "$name" "$last")" = "$(function_text "$name" "$file")" ] ||
                            echo "changed $name"
                    done
                    comm -13 "$TMP/old" "$TMP/now" | sed 's/^/new /'
                    comm -23 "$TMP/old" "$TMP/now" | sed 's/^/gone /'
                } | sort >"$TMP/is"
                # What else stands there in code is no function of either.
                told "${dir}README.md" "$program" | sort -u | while read -r what name; do
                    if cat "$TMP/old" "$TMP/now" | grep -qx "$name"; then echo "$what $name"; fi
                done >"$TMP/told"
                diff "$TMP/told" "$TMP/is" || { echo "${dir}README.md, of $program.c: <: told, >: is so" && return 1; }
            }
            last=$file
        done
    done
}

@test "standalone: cc server.c, and nothing else, in an empty directory" {
    for dir in $(chapters); do
        mkdir "$TMP/$dir"
        cp "$dir/server.c" "$dir/client.c" "$TMP/$dir"
        (cd "$TMP/$dir" && cc server.c -o server && cc client.c -o client)
        "$TMP/$dir/server" --help | grep -q usage
    done
}

@test "standalone: each aside, too; -h tells its use, and wrong use is refused in one line" {
    [ "$(asides | wc -l)" -ge 8 ]
    for file in $(asides); do
        name=$(basename "$file" .c)
        mkdir -p "$TMP/$name"
        cp "$file" "$TMP/$name"
        cc -pthread "$TMP/$name/$name.c" -o "$TMP/$name/$name"
        "$TMP/$name/$name" -h | grep -q '^usage: ' || {
            echo "$file: -h prints no usage"
            return 1
        }
        status=0
        "$TMP/$name/$name" no such use </dev/null >"$TMP/out" 2>"$TMP/err" || status=$?
        if [ "$status" -ne 2 ] || [ -s "$TMP/out" ] || [ "$(wc -l <"$TMP/err")" -ne 1 ]; then
            echo "$file: wrong use: status $status" && cat "$TMP/err"
            return 1
        fi
    done
}

@test "standalone: a server says its usage; without a port, it takes 8000 and its chapter" {
    for dir in $(chapters); do
        for option in -h --help; do
            "$dir/server" "$option" | grep -q '^usage: server '
        done
        : >"$TMP/out"
        "$LAB/suite/peer" exec 20 "$dir/server" </dev/null >"$TMP/out" 2>&1 3>&- &
        until [ -s "$TMP/out" ]; do sleep 0.01; done # peer ends it
        kill $! 2>"$TMP/kill" || true
        wait $! 2>"$TMP/kill" || true
        cat "$TMP/out"
        # Who has that port already, is no matter here.
        grep -Eq "^(listening on 127.0.0.1:|server: cannot bind 127.0.0.1, port )800${dir:1:1}(:|$)" "$TMP/out"
    done
}
