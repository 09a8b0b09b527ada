#!/usr/bin/env bats
# What the notes say is so: check-notes, check-names, and each page. Run by `make check`.
# shellcheck disable=SC2030,SC2031 # each test is a process; run sets what it looks at
load ../core/house

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
    for there in "make attack soak" "make -s test 5" "CC=gcc ./said -x"; do
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

@test "notes: make notes replaces what a command printed otherwise, and nothing else" {
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

@test "notes: notes-fix replaces nothing by what says that a command could not be run" {
    cd "$TMP"
    mkdir here
    # shellcheck disable=SC2016 # the backticks are Markdown's
    for command in no-such-program ./here 'exit 2' 'kill -9 $$' 'no-such-program | cat' true; do
        printf '```text $ %s\none\ntwo\n```\n' "$command" >page.md
        cp page.md kept.md
        FIX=1 run "$LAB/check/check-notes" page.md
        echo "$command: $status: $output"
        [ "$status" -eq 1 ] && [ "$(grep -c 'not replaced, ' <<<"$output")" -eq 1 ]
        cmp page.md kept.md
    done
    # With CDPATH, `cd` prints where it goes: so it is not there for the commands.
    # shellcheck disable=SC2016 # the backticks are Markdown's
    printf '```console\n$ cd here && echo one\none\n```\n' >page.md
    cp page.md kept.md
    CDPATH=.:/tmp FIX=1 "$LAB/check/check-notes" page.md
    cmp page.md kept.md
}

@test "notes: what cannot be told is neither right nor wrong: one line, status 2" {
    for tool in check-notes check-names; do
        for arguments in '' -x no-such-page.md; do
            status=0
            # shellcheck disable=SC2086 # none, or one
            "$LAB/check/$tool" $arguments >"$TMP/out" 2>"$TMP/err" || status=$?
            [ "$status" -eq 2 ] && [ ! -s "$TMP/out" ] && [ "$(wc -l <"$TMP/err")" -eq 1 ]
        done
        "$LAB/check/$tool" -h | grep -q '^usage: '
    done
    # When make does not answer, who knows its commands?
    mkdir "$TMP/bin"
    printf '#!/bin/sh\nexit 2\n' >"$TMP/bin/make"
    chmod +x "$TMP/bin/make"
    # shellcheck disable=SC2016 # the backticks are Markdown's
    echo 'So: `make chapter 3`.' >"$TMP/page.md"
    PATH=$TMP/bin:$PATH run "$LAB/check/check-names" "$TMP/page.md"
    [ "$status" -eq 2 ] && [ "${#lines[@]}" -eq 1 ]
}

@test "notes: the parts of check-notes and check-names, each by itself" {
    cd "$LAB/check" && python3 -B -m unittest -q notes.tests
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
    nothing_left
}

@test "notes: hardly a block is without a proof that runs" {
    for kind in once drawing; do
        cat ./*.md 0*/*.md docs/*.md docs/*/*.md |
            grep -cE "^ *\`\`\`text ([a-z]*(=[a-z,]*)? )*$kind( |\$)" >"$TMP/$kind"
    done
    echo "# once: $(($(cat "$TMP/once"))), drawing: $(($(cat "$TMP/drawing")))" >&3
    # These are those of today: who adds one, thinks first of one that runs. Three are of the
    # grader, which takes seconds, or a class's own server.
    [ "$(cat "$TMP/once")" -le 22 ]
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
