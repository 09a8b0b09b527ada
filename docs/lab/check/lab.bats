#!/usr/bin/env bats
# What the repository says of itself: its notes, its steps, its commands.
# shellcheck disable=SC2030,SC2031 # each test is a process; run sets what it looks at
ROOT=$(cd "$BATS_TEST_DIRNAME/../../.." && pwd)
LAB=$ROOT/docs/lab
FLAGS='-std=c11 -D_POSIX_C_SOURCE=200809L -O2 -Wall -Wextra -Wpedantic -Wshadow -Wconversion'

setup() {
    cd "$ROOT" || return 1
    TMP=$(mktemp -d "${TMPDIR:-/tmp}/lab.XXXXXX")
    SYSTEM=${SYSTEM:-$(uname -s)}
    # What make says must not depend on the make that runs these tests.
    unset MAKEFLAGS MFLAGS MAKELEVEL SERVER CLIENT
}

teardown() { rm -rf "$TMP"; }

# The chapters that exist on this system.
chapters() {
    if [ "$SYSTEM" = Linux ]; then ls -d 0*/; else ls -d 0[1-4]*/; fi
}

# The experiments look at Linux.
experiments() { [ "$SYSTEM" != Linux ] || ls docs/claims/*.c docs/readiness/*.c docs/beyond/*.c; }

# What measures looks at Linux, too.
instruments() { [ "$SYSTEM" != Linux ] || ls docs/lab/bench/load.c docs/lab/bench/limit.c docs/lab/bench/waitcost.c docs/lab/attack/fuzz.c docs/lab/play/play.c; }

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

@test "warnings: none from gcc, none from clang" {
    for cc in gcc clang; do
        command -v "$cc" >"$TMP/which" || continue
        for file in $(chapters | sed 's/$/*.c/') docs/lab/suite/peer.c $(instruments) $(experiments); do
            # shellcheck disable=SC2086 # the flags are words
            "$cc" $FLAGS -pthread -Werror -fsyntax-only "$file"
        done
    done
}

@test "warnings: none from cppcheck, none from shellcheck" {
    found=
    if command -v cppcheck >"$TMP/which"; then
        cppcheck -j2 --quiet --error-exitcode=1 --std=c11 --inline-suppr \
            --enable=warning,performance,portability 0*/*.c docs/*/*.c docs/lab/*/*.c
        found=1
    fi
    if command -v shellcheck >"$TMP/which"; then
        # All that is a shell script, by its name or by its first line.
        find 0*-* docs .ci -type f ! -name '*.md' ! -name '*.patch' -exec \
            grep -lE -e '^#!(/bin/sh|/usr/bin/env (bash|bats))$' -e '^# shellcheck shell=' {} + |
            sort >"$TMP/scripts"
        [ "$(wc -l <"$TMP/scripts")" -ge 80 ]
        xargs shellcheck <"$TMP/scripts"
        found=1
    fi
    [ -n "$found" ] || skip "neither is installed"
}

@test "portability: without Linux, 05 and 06 say where the way is" {
    for file in 0[56]*/*.c; do
        status=0
        cc -U__linux__ -fsyntax-only "$file" 2>"$TMP/err" || status=$?
        [ "$status" -ne 0 ]
        grep -q "chapter 04 (poll) is the way" "$TMP/err"
    done
    status=0
    make SYSTEM=Darwin chapter 5 >"$TMP/out" 2>&1 || status=$?
    [ "$status" -ne 0 ]
    grep -q "04" "$TMP/out"
}

@test "make: help is the default; a wrong chapter is refused in one line" {
    make | grep -q 'make chapter'
    for goal in 'chapter 7' 'chapter' 'diff 0' 'test 12' 'claim 0' 'claim x'; do
        status=0
        # shellcheck disable=SC2086 # the words are goals
        make -s $goal >"$TMP/out" 2>&1 || status=$?
        cat "$TMP/out"
        [ "$status" -ne 0 ]
        [ "$(wc -l <"$TMP/out")" -eq 1 ]
    done
}

@test "make: N is 3, 03 or 03-select" {
    make diff 3 >"$TMP/3"
    make diff 03 >"$TMP/03"
    make diff 03-select >"$TMP/03-select"
    cmp "$TMP/3" "$TMP/03"
    cmp "$TMP/3" "$TMP/03-select"
    grep -q '^+.*select(' "$TMP/3"
}

@test "make: a server of one's own, in another language, is put to the test" {
    command -v python3 >"$TMP/which" || skip "python3 is not installed"
    status=0
    # The bats inside must not take itself for a part of this one.
    env -i PATH="$(echo "$PATH" | tr : '\n' | grep -v bats | paste -sd : -)" \
        SERVER='python3 docs/lab/suite/naive.py' PATIENCE=1000 ONLY='a line|silent|RST before' \
        docs/lab/suite/run-tests 05-epoll >"$TMP/out" 2>&1 || status=$?
    cat "$TMP/out"
    [ "$status" -eq 1 ]
    grep -q '^  ok       echo: a line comes back$' "$TMP/out"
    grep -q '^  FAILED   others: a silent client delays nobody$' "$TMP/out"
    grep -q 'nothing more for 1000 ms' "$TMP/out"
    grep -q 'explained in: ' "$TMP/out"
    tail -n 1 "$TMP/out" | grep -Eq '^[0-9]+ passed, [0-9]+ failed'
}

@test "make: a client of one's own is put to the test, and only that" {
    CLIENT=./04-poll/client
    [ -x "$CLIENT" ] || skip "04-poll/client is not built"
    env -i PATH="$(echo "$PATH" | tr : '\n' | grep -v bats | paste -sd : -)" \
        CLIENT="$CLIENT" ONLY='a line|8 MiB|RST' docs/lab/suite/run-tests 04-poll >"$TMP/out" 2>&1
    cat "$TMP/out"
    grep -q '^  ok       client: a line$' "$TMP/out"
    grep -q '^3 passed, 0 failed, ' "$TMP/out"
}

@test "lab: the peer sees what is lost, changed or late" {
    "$LAB/suite/peer" exec 20 "$LAB/suite/peer" leave close 3 </dev/null >"$TMP/out" &
    until grep -q listening "$TMP/out"; do sleep 0.01; done
    port=$(sed 's/.*://' "$TMP/out")
    status=0
    "$LAB/suite/peer" "$port" "connect A" "ask A hello" 2>"$TMP/err" || status=$?
    [ "$status" -eq 1 ]
    grep -q '"hello" was expected, "hel" came, and then' "$TMP/err"
}

# Whatever language the notes are written in: their blocks and links are true.
@test "notes: every block is in the code, every link leads somewhere" {
    NO_REPLAY=1 docs/lab/check/check-notes ./*.md 0*/*.md docs/*.md docs/*/*.md
}

@test "notes: every function, command and file that they name exists" {
    docs/lab/check/check-names ./*.md 0*/*.md docs/*.md docs/*/*.md
    # And the list of names from elsewhere has none that nobody needs.
    grep -v '^#' docs/lab/check/notes/names.txt | cut -f 1 | while read -r name; do
        grep -qE "\`$name(\(\))?\`" 0*/*.md docs/*.md docs/*/*.md || { echo "in no note: $name" && return 1; }
        ! grep -qw "$name" 0*/*.c || { echo "in the code: $name" && return 1; }
    done
    # It bites. The names are in two parts: this file is code, too.
    printf '%s\n' "First, \`serve\` and \`make chapter 3\`, \`server.c\`: all here." \
        "Then \`no_such_func""tion()\`, \`make cofee\`," \
        "\`make trap 1.99\` and \`nowh""ere.c\`." >"$TMP/bad.md"
    run docs/lab/check/check-names "$TMP/bad.md"
    echo "$output"
    [ "$status" -eq 1 ]
    [ "${#lines[@]}" -eq 4 ]
    [[ "${lines[0]}" == "$TMP/bad.md:2: "* ]]
    # C, in a chapter's pages; and commands.
    mkdir "$TMP/05-epoll"
    # shellcheck disable=SC2016 # the backticks are Markdown's
    cat >"$TMP/05-epoll/README.md" <<'END'
So: `errno == EAGAIN`, `paused ? 0 : EPOLLIN`, `c->owed > 0 ? POLLOUT : POLLIN` of chapter 04, `fcntl(fd, ...)`.
Not so: `errno == EAGAIM`, `c->debt > 0`, `paused ? 1 : EPOLLIN`.
There: `./server -v`, `docs/lab/draw/session -s`, `04-poll/server`, `docs/lab/suite/peer 8004 "connect A 2" "ask A hello"`.
Not there: `./sever -v`, `docs/lab/sessions`, `docs/lab/suite/peer 8004 "connect A" "askk A hello"`.
END
    run docs/lab/check/check-names "$TMP/05-epoll/README.md"
    echo "$output"
    [ "$status" -eq 1 ]
    [ "$(grep -c ':2: not in the programs' <<<"$output")" -eq 3 ]
    [ "$(grep -c ':4: no ' <<<"$output")" -eq 3 ]
    [ "${#lines[@]}" -eq 6 ]
}

@test "notes: every test that they name exists" {
    mkdir "$TMP/01-blocking"
    # shellcheck disable=SC2016 # the backticks are Markdown's
    cat >"$TMP/01-blocking/README.md" <<'END'
Tests: `ends: close without a word`, and `ends: close with...`.
No test: `ends: close without a wo`, `ends: open with...`.
Not of this chapter: `lesson: one wake takes the whole backlog`, over `others: a silent
client delays nobody`, `server: this is what a server says`.
END
    cp "$TMP/01-blocking/README.md" "$TMP/page.md"
    run docs/lab/check/check-names "$TMP/01-blocking/README.md"
    echo "$output"
    [ "$status" -eq 1 ]
    [ "${#lines[@]}" -eq 4 ]
    # In a page that is no chapter's, those of all chapters.
    run docs/lab/check/check-names "$TMP/page.md"
    [ "$status" -eq 1 ]
    [ "${#lines[@]}" -eq 2 ]
    [ "${lines[1]}" = "$TMP/page.md:2: no such test: \`ends: open with...\`" ]
}

# block INFO: its lines come from stdin. Sets status and output: what check-notes says.
block() {
    { printf 'A page.\n\n```%s\n' "$1" && cat && echo '```'; } >"$TMP/block.md"
    run "$LAB/check/check-notes" "$TMP/block.md"
    echo "--- $1: status $status" && echo "$output"
}

proved() { block "$1" && [ "$status" -eq 0 ]; }

# refused INFO LINE WORDS: for that line of the page, with these words.
refused() {
    block "$1"
    [ "$status" -eq 1 ] && [[ "${lines[0]}" == "$TMP/block.md:$2: "*"$3"* ]]
}

# What a run prints: descriptors 7 and 8, a port twice, a time, a share, counts.
said() {
    cat >"$TMP/said" <<'END'
listening on 127.0.0.1:40001
accept fd 3 -> 7 (new client)
recv fd 7 -> 16384 bytes
recv fd 8 -> 512 bytes
port 40001, 90210 calls, 1,234 of them in 12.5 ms:   9.5 %, 84 KiB
the end
END
}

@test "notes: a number may be another one of its kind, but the same in the same places" {
    said
    proved "text varying \$ cat said" <<'END'
listening on 127.0.0.1:8001
accept fd 3 -> 4 (new client)
recv fd 4 -> 16384 bytes
recv fd 5 -> 512 bytes
port 8001, 777 calls, 130 of them in 1 ms: 99 %, 1,024 KiB
END
    # One for two, two for one, another port.
    refused "text \$ cat said" 6 "printed something else" <<'END'
accept fd 3 -> 4 (new client)
recv fd 4 -> 16384 bytes
recv fd 4 -> 512 bytes
END
    [[ "$output" == *"- recv fd <descriptor 4> -> 512"*"+ recv fd <descriptor 8> -> 512"* ]]
    refused "text \$ cat said" 5 "printed something else" <<'END'
accept fd 3 -> 4 (new client)
recv fd 5 -> 16384 bytes
END
    refused "text varying partial \$ cat said" 6 "printed something else" <<'END'
listening on 127.0.0.1:8001
...
port 8002, 777 calls, 130 of them in 1 ms: 99 %, 1,024 KiB
END
    # A count is none of these kinds, and the unit is no number.
    refused "text \$ cat said" 5 "printed something else" <<'END'
accept fd 3 -> 4 (new client)
recv fd 4 -> 13616 bytes
END
    refused "text varying \$ cat said" 4 "printed something else" <<'END'
port 8001, 777 calls, 130 of them in 1 us: 99 %, 84 KiB
END
    refused "text \$ cat said" 4 "printed something else" <<'END'
port 8001, 777 calls, 1,234 of them in 12.5 ms: 9.5 %, 84 KiB
END
    # A process, an address, and the first argument of a system call.
    proved "text \$ printf '%s\n' 'pid 71' 'recvfrom(5, \"2\", 9) = 1' 'at 0x7ffd0011, fd 5'" <<'END'
pid 12345
recvfrom(9, "2", 9) = 1
at 0x7ffeabcdef, fd 9
END
    refused "text \$ printf '%s\n' 'recvfrom(5, \"2\", 9) = 1' 'close(6) = 0'" 5 "" <<'END'
recvfrom(9, "2", 9) = 1
close(9) = 0
END
}

@test "notes: lines are skipped and explained only where the block says so" {
    proved "text partial \$ seq 9" <<'END'
2
...
8
END
    refused "text partial \$ seq 9" 6 "printed something else" <<'END'
2
...
10
END
    refused "text \$ seq 9" 3 "not partial" <<'END'
2
...
8
END
    refused "text partial \$ seq 9" 3 "has no line" <<'END'
2
END
    proved "text annotated \$ echo 'one  fd 3'; echo 'two'" <<'END'
one  fd 3   the first of 12 lines
two         the second
END
    refused "text \$ echo 'one  fd 3'" 4 "printed something else" <<'END'
one  fd 3   the first line
END
    refused "text annotated \$ echo 'one  fd 3'" 4 "printed something else" <<'END'
one  fd 3  the first line
END
    # All of it, in a console block; in a text block, a part.
    refused "console" 6 "printed something else" <<'END'
$ seq 2
1
END
    refused "console" 6 "printed something else" <<'END'
$ seq 2
1
3
END
    # Without the tool, it is not run.
    proved "text needs=no-such-tool \$ seq 2" <<'END'
7
END
    [[ "$output" == *"block.md:3: not run: no-such-tool is not installed" ]]
    proved "text on=pdp11 \$ seq 2" <<'END'
7
END
    [[ "$output" == *"block.md:3: not run: this is no pdp11" ]]
    refused "text on=$(uname -m) \$ seq 2" 4 "printed something else" <<'END'
7
END
    proved "text varying needs=sh,sed partial \$ seq 300" <<'END'
1
...
999
END
}

@test "notes: a block says what proves it, and that is there" {
    said
    refused "" 3 "without a kind" <<<'x'
    refused "pascal" 3 "without a kind" <<<'x'
    refused "text" 3 "what proves this block" <<<'x'
    refused "text twice make test" 3 "neither a word" <<<'x'
    refused "console maybe" 3 "not a word" <<<'$ true'
    refused "console" 3 "begins with no command" <<<'x'
    proved "text drawing" <<<'x'
    proved "sh" <<<'x'
    proved "text said" <<<'the end'
    refused "text said" 4 "not in said" <<<'the End'
    for there in "make soak" "make -s test 5" "CC=gcc ./said -x"; do
        proved "text once $there" <<<'x'
    done
    for missing in "make cofee" "./nobody" ""; do
        refused "text once $missing" 3 "" <<<'x'
    done
    printf 'int f(void) {\n    if (a) {\n        b();\n\n        c();\n    }\n}\n' >"$TMP/f.c"
    proved "c f.c" <<<$'if (a) {\n    b();\n\n    c();\n}'
    proved "c partial f.c" <<<$'if (a) {\n...\n}'
    refused "c f.c" 5 "not in f.c" <<<$'if (a) {\nb();'
    refused "c f.c" 4 "not in f.c" <<<'d();'
    refused "c g.c" 3 "no such file" <<<'d();'
    sed 's/b()/d()/' "$TMP/f.c" >"$TMP/g.c"
    diff -u "$TMP/f.c" "$TMP/g.c" >"$TMP/1.patch" || true
    proved "c wrong 1.patch" <<<$'if (a) {\n    d();'
    refused "c wrong 1.patch" 5 "not in what 1.patch makes" <<<$'if (a) {\n    b();'
    refused "c wrong 2.patch" 3 "no such patch" <<<'d();'
    mkdir -p "$TMP/02-nonblocking"
    cp 02-nonblocking/server.c "$TMP/02-nonblocking"
    # shellcheck disable=SC2016
    printf '```diff server.c\n%s\n```\n' '-    run_never();' >"$TMP/02-nonblocking/README.md"
    run docs/lab/check/check-notes "$TMP/02-nonblocking/README.md"
    [ "$status" -eq 1 ]
    [[ "${lines[0]}" == *"README.md:2: not in the difference of server.c:" ]]
}

@test "notes: make notes-fix replaces what a command printed otherwise, and nothing else" {
    cd "$TMP"
    cat >right.md <<'END'
```console
$ echo one; echo two
one
two
$ echo port 4711
port 8005
```

```text drawing
$ echo this is no transcript
```

```text $ seq 2
1
2
```

```console partial
$ seq 3
1
...
```

```text annotated $ echo one
one   of them
```
END
    sed -e 's/^two/2/' -e 's/^2$/zwei/' right.md >wrong.md
    cp right.md kept.md
    FIX=1 "$LAB/check/check-notes" right.md
    cmp right.md kept.md
    run "$LAB/check/check-notes" wrong.md
    [ "$status" -eq 1 ]
    [[ "$output" == *"wrong.md:4: "*"printed something else"*"wrong.md:15: "* ]]
    FIX=1 "$LAB/check/check-notes" wrong.md
    cmp right.md wrong.md
    # What skips lines, or explains them, cannot be made anew.
    sed -e '/partial/,$s/^1$/7/' -e 's/^one   /two   /' right.md >wrong.md
    cp wrong.md kept.md
    FIX=1 run "$LAB/check/check-notes" wrong.md
    echo "$output"
    [ "$status" -eq 1 ]
    [ "$(grep -c 'correct it by hand' <<<"$output")" -eq 2 ]
    cmp wrong.md kept.md
    # Without a replay, nothing is run.
    NO_REPLAY=1 "$LAB/check/check-notes" wrong.md
}

@test "notes: what a command prints is what they say" {
    [ "$SYSTEM" = Linux ] || skip "the transcripts are Linux's"
    # What is started from here is known by its environment: proc(5).
    # The chapters' pages beside the others: most of the time is a wait.
    status=0
    REPLAY=$TMP docs/lab/check/check-notes ./*.md docs/*.md docs/*/*.md >"$TMP/beside" 2>&1 3>&- &
    REPLAY=$TMP docs/lab/check/check-notes 0*/*.md || status=$?
    wait $! || status=$?
    cat "$TMP/beside"
    [ "$status" -eq 0 ]
    left=$(grep -lF "REPLAY=$TMP" /proc/[0-9]*/environ 2>"$TMP/gone" || true)
    [ -z "$left" ] || { echo "still running: $left" && return 1; }
}

@test "notes: hardly a block is without a proof that runs" {
    for kind in once drawing; do
        cat ./*.md 0*/*.md docs/*.md docs/*/*.md |
            grep -cE "^ *\`\`\`text ([a-z]*(=[a-z,]*)? )*$kind( |\$)" >"$TMP/$kind"
    done
    echo "# once: $(($(cat "$TMP/once"))), drawing: $(($(cat "$TMP/drawing")))" >&3
    # These are those of today: who adds one, thinks first of one that runs.
    [ "$(cat "$TMP/once")" -le 20 ]
    [ "$(cat "$TMP/drawing")" -le 6 ]
}

@test "notes: each chapter has the same sections, in this order, in 150 to 300 lines" {
    for page in 0*/README.md; do
        grep '^## ' "$page" | grep -vx -e "## The documents' way" -e '## Asides' >"$TMP/sections"
        diff - "$TMP/sections" <<'END' || { echo "$page" && return 1; }
## What hurts
## The idea
## Predict
## Run
## The step
## The client
## What the kernel does
## Traps
## Exercises
## What still hurts
END
        count=$(wc -l <"$page")
        [ "$count" -ge 150 ] && [ "$count" -le 300 ] || { echo "$page: $count lines" && return 1; }
        grep -q '^\*\*Sources\.\*\* ' "$page" || { echo "$page: no sources" && return 1; }
        [ "$(grep -c '<details><summary>' "$page")" -ge 3 ] || { echo "$page: what is to predict?" && return 1; }
    done
}

@test "session: two columns, each in its order; it ends what it started" {
    [ "$SYSTEM" = Linux ] || skip "proc(5) tells what still runs"
    REPLAY=$TMP docs/lab/draw/session -v -w 36 01-blocking/server 01-blocking/client one two >"$TMP/out"
    sed -i 's/:[0-9]*  */:PORT     /' "$TMP/out"
    cat "$TMP/out"
    diff "$TMP/out" - <<'END'
$ 01-blocking/server -v             $ 01-blocking/client -v
listening on 127.0.0.1:PORT     one
accept fd 3 -> 4 (new client)       send fd 3 -> 4 bytes
recv fd 4 -> 4 bytes                recv fd 3 -> 4 bytes
send fd 4 -> 4 bytes                one
recv fd 4 -> 4 bytes                two
send fd 4 -> 4 bytes                send fd 3 -> 4 bytes
recv fd 4 -> 0 bytes                recv fd 3 -> 4 bytes
close fd 4 -> 0 (done)              two
                                    ^D
END
    cd 01-blocking
    REPLAY=$TMP ../docs/lab/draw/session -s ./server "connect A" "finish A one" "expect A one" >"$TMP/out"
    cat "$TMP/out"
    tail -n 1 "$TMP/out" | grep -qx 'close fd 4 -> 0 (done)'
    status=0
    REPLAY=$TMP ../docs/lab/draw/session -s ./server "connect A" "hurry 1" "silence A 50" "close A" 2>"$TMP/err" || status=$?
    [ "$status" -eq 1 ]
    left=$(grep -lF "REPLAY=$TMP" /proc/[0-9]*/environ 2>"$TMP/gone" || true)
    [ -z "$left" ] || { echo "still running: $left" && return 1; }
}

@test "ci: .ci/run adds up the counts, and ends with the status of what failed" {
    [ -f .ci/run ] || skip "this is a copy without .ci"
    mkdir -p "$TMP/ci/.ci"
    cp .ci/run "$TMP/ci/.ci/"
    while read -r tests checks proofs want line; do
        printf 'deps:\n\t@:\ntest:\n\t@echo "5 passed, %s failed"; exit %s\ncheck:\n\t@%s\nprove:\n\t@echo "3 passed, %s failed"; exit %s\n' \
            "$tests" "$tests" "$([ "$checks" = 0 ] && echo echo 4 passed, 0 failed || echo exit 9)" \
            "$proofs" "$proofs" >"$TMP/ci/Makefile"
        run "$TMP/ci/.ci/run"
        echo "$tests $checks $proofs: $status, ${lines[-1]}"
        [ "$status" -eq "$want" ]
        [ "${lines[-1]}" = "$line" ]
    done <<'END'
0 0 0 0 12 passed, 0 failed
1 0 0 2 12 passed, 1 failed
0 0 2 2 12 passed, 2 failed
0 1 0 2 8 passed, 1 failed
END
}
