#!/usr/bin/env bats
# What `make timeline N` draws: from logs that are written down here, and from real runs.
ROOT=$(cd "$BATS_TEST_DIRNAME/../../.." && pwd)
LAB=$ROOT/docs/lab

setup() {
    cd "$ROOT" || return 1
    TMP=$(mktemp -d "${TMPDIR:-/tmp}/timeline.XXXXXX")
    unset MAKEFLAGS MFLAGS MAKELEVEL
}

teardown() { rm -rf "$TMP"; }

# draw ARGUMENT...: the picture of logs, by each awk that is here: all must agree.
draw() {
    awk -f "$LAB/draw/timeline.awk" -v form=svg "$@" >"$TMP/out.svg"
    for other in mawk gawk original-awk 'busybox awk'; do
        command -v "${other%% *}" >"$TMP/which" || continue
        # shellcheck disable=SC2086 # two words
        $other -f "$LAB/draw/timeline.awk" -v form=svg "$@" >"$TMP/other.svg"
        cmp "$TMP/out.svg" "$TMP/other.svg"
    done
    balanced "$TMP/out.svg"
    resolved "$TMP/out.svg"
}

# box LANE CALL [ATTRIBUTE='VALUE']...: there is such a box in the last picture.
box() {
    found=$(grep "^<g data-lane='$1' data-call='$2' " "${svg:-$TMP/out.svg}") || {
        echo "no box: $1 $2"
        return 1
    }
    shift 2
    for want in "$@"; do
        found=$(printf '%s\n' "$found" | grep -F " data-$want") || {
            echo "no box with data-$want"
            return 1
        }
    done
}

# none PATTERN FILE: no line matches. (An exclamation mark proves nothing in bats.)
none() {
    if grep -e "$1" "$2"; then
        return 1
    fi
}

# value ATTRIBUTE: of the first box that box() found.
value() { printf '%s\n' "$found" | sed -n "1s/.* data-$1='\([^']*\)'.*/\1/p"; }

less() { awk -v a="$1" -v b="$2" 'BEGIN { exit !(a + 0 < b + 0) }'; }

well_formed() {
    if command -v python3 >"$TMP/which"; then
        python3 -c 'import sys, xml.dom.minidom as m; m.parse(sys.argv[1])' "$1"
    else
        balanced "$1"
    fi
}

# Each element is closed, and each ampersand begins an entity.
balanced() {
    awk 'BEGIN { RS = "<" }
        NR == 1 { next }
        /&/ {
            rest = $0
            gsub(/&(amp|lt|gt|quot|#[0-9]+);/, "", rest)
            if (rest ~ /&/) { print "not escaped: " $0; exit 1 }
        }
        !/>/ { print "not closed: " $0; exit 1 }
        {
            name = $1
            sub(/>.*/, "", name)
            if (name ~ /^\//) {
                if ("/" open[depth--] != name) { print "unbalanced: " $0; exit 1 }
            } else if ($0 !~ /^[^>]*\/>/)
                open[++depth] = name
        }
        END { if (depth != 0) { print depth " left open"; exit 1 } }' "$1"
}

# What is referred to is there: hatchings and arrowheads.
resolved() {
    grep -o 'url(#[^)]*)' "$1" | sed 's/.*#//; s/)//' | sort -u >"$TMP/names"
    while read -r name; do
        grep -q " id='$name'" "$1" || { echo "not there: $name" && return 1; }
    done <"$TMP/names"
}

# Fonts of 11 px or more; no text leaves the page, or runs into its neighbour.
legible() {
    awk '{ line = $0 }
        /font/ {
            while (match(line, /font[^:]*:[^;}]*px/)) {
                size = substr(line, RSTART, RLENGTH)
                line = substr(line, RSTART + RLENGTH)
                sub(/px$/, "", size)
                sub(/.*[: ]/, "", size)
                sizes++
                if (size + 0 < 11) { print "font of " size " px"; bad = 1 }
            }
        }
        /^<svg / { sub(/.*viewBox=.0 0 /, "", line); wide = line + 0
            if (wide > 1000) { print "too wide: " wide; bad = 1 } }
        /^<text / {
            n++
            x[n] = $0; sub(/.* x=./, "", x[n]); x[n] += 0
            y[n] = $0; sub(/.* y=./, "", y[n]); y[n] += 0
            text[n] = $0; gsub(/<[^>]*>/, "", text[n]); gsub(/&[^;]*;/, "x", text[n])
            end[n] = x[n] + length(text[n]) * 6.1
            if (end[n] > wide + 4) { print "leaves the page: " text[n]; bad = 1 }
            for (i = 1; i < n; i++)
                if (text[i] != "" && text[n] != "" && y[i] - y[n] < 9 && y[n] - y[i] < 9 &&
                    x[i] < end[n] && x[n] < end[i]) {
                    print "overlap: " text[i] " | " text[n]
                    bad = 1
                }
        }
        END { exit bad || !sizes || !n }' "$1"
}

# A server that serves A and then B, as in chapter 01.
write_logs() {
    mkdir -p "$TMP/logs"
    cat >"$TMP/logs/A.log" <<'LOG'
1000.001000 read(3</lib/libc.so.6>, "\177ELF"..., 832) = 832 <0.000010>
1000.010000 connect(3<socket:[11]>, {sa_family=AF_INET, sin_port=htons(8001), sin_addr=inet_addr("127.0.0.1")}, 16) = 0 <0.000100>
1000.010300 read(0</tmp/A.in>, "", 4096) = 0 <0.089000>
1000.100000 exit_group(0)                     = ?
1000.100200 +++ exited with 0 +++
LOG
    cat >"$TMP/logs/server.log" <<'LOG'
1000.000000 accept(3<socket:[1]>, NULL, NULL) = 4<socket:[2]> <0.010100>
1000.010200 recvfrom(4<socket:[2]>, "", 16384, 0, NULL, NULL) = 0 <0.090000>
1000.100300 close(4<socket:[2]>) = 0 <0.000020>
1000.100400 accept(3<socket:[1]>, NULL, NULL) = 4<socket:[5]> <0.000020>
1000.100500 recvfrom(4<socket:[5]>, "a<b & \"c\") = 9 <0.1>\n", 16384, 0, NULL, NULL) = 21 <0.006000>
1000.107000 sendto(4<socket:[5]>, "a<b & \"c\") = 9 <0.1>\n", 21, 0, NULL, 0) = 21 <0.000040>
1000.107200 recvfrom(4<socket:[5]>,  <unfinished ...>) = ?
1000.200000 +++ killed by SIGKILL +++
LOG
    cat >"$TMP/logs/B.log" <<'LOG'
1000.020000 connect(3<socket:[12]>, {sa_family=AF_INET, sin_port=htons(8001), sin_addr=inet_addr("127.0.0.1")}, 16) = 0 <0.000100>
1000.030000 sendto(3<socket:[12]>, "a<b & \"c\") = 9 <0.1>\n", 21, 0, NULL, 0) = 21 <0.000100>
1000.030200 recvfrom(3<socket:[12]>, "a<b & \"c\") = 9 <0.1>\n", 16384, 0, NULL, NULL) = 21 <0.077200>
LOG
}

draw_logs() { draw "$@" "$TMP/logs/A.log" "$TMP/logs/server.log" "$TMP/logs/B.log"; }

@test "draw: a box for each call, with its result; a wait is hatched, and tells how long" {
    write_logs
    draw_logs -v headline=H
    [ "$(grep -c '^<g data-lane=' "$TMP/out.svg")" -eq 12 ] # not the read of a file
    box server accept "kind='wait'" "result='fd 4'" "start='0.000'"
    box server recv "kind='wait'" "result='0: the end'" "start='10.200'" "end='100.200'"
    box server close "kind='work'"
    box server recv "kind='work'" "result='21 bytes'" # it took long, but not to wait
    box server send "kind='work'" "result='21 bytes'"
    box B recv "kind='wait'" "result='21 bytes'"
    box A exit "kind='work'"
    grep -A 5 "data-lane='B' data-call='recv'" "$TMP/out.svg" >"$TMP/box"
    grep -q "fill='url(#.*-wait)' class='wait" "$TMP/box"
    grep -q '>slept 77 ms<' "$TMP/box"
    grep -q '>still asleep<' "$TMP/out.svg"
    grep -A 1 "data-kind='work'" "$TMP/out.svg" >"$TMP/box"
    none 'url(#' "$TMP/box"
    legible "$TMP/out.svg"
}

@test "draw: an arrow where bytes pass, where a client comes, and where it leaves" {
    write_logs
    draw_logs
    grep '<path .* data-from=' "$TMP/out.svg" |
        sed "s/.*class='\([a-z]*\)'.*data-from='\(.*\)' data-to='\(.*\)'.*/\1 \2 \3/" |
        sort >"$TMP/arrows"
    cat >"$TMP/want" <<'END'
bytes B server
bytes server B
news A server
news A server
news B server
END
    diff "$TMP/want" "$TMP/arrows"
}

@test "draw: a long run of EAGAIN is one box, with a hatching of its own" {
    mkdir "$TMP/logs"
    awk 'BEGIN {
        printf "1000.000000 accept(3<socket:[1]>, NULL, NULL) = 4<socket:[2]> <0.000010>\n"
        for (i = 1; i <= 1234; i++)
            printf "1000.%06d %s(%d<socket:[1]>, 0x55, 16384, 0, NULL, NULL) = -1 EAGAIN " \
                "(Resource temporarily unavailable) <0.000010>\n", i * 30, \
                (i % 2 ? "recvfrom" : "accept"), 3 + i % 2
        printf "1000.040000 recvfrom(4<socket:[2]>, \"= -1 EAGAIN (x) <0.1>\", 16384, 0, " \
            "NULL, NULL) = 21 <0.006000>\n"
        printf "1000.047000 accept(3<socket:[1]>, NULL, NULL) = -1 EAGAIN (Resource " \
            "temporarily unavailable) <0.000010>\n"
        printf "1000.048000 close(4<socket:[2]>) = 0 <0.000010>\n"
    }' >"$TMP/logs/server.log"
    draw "$TMP/logs/server.log"
    [ "$(grep -c '^<g data-lane=' "$TMP/out.svg")" -eq 5 ]
    box server 'recv, accept' "kind='spin'" "count='1234'"
    box server recv "kind='work'" "result='21 bytes'" # it does not block, so it was held up
    box server accept "result='EAGAIN'" # one alone is a box like any other
    grep -q '>EAGAIN &#215; 1,234<' "$TMP/out.svg"
    grep -q "fill='url(#.*-spin)' class='spin" "$TMP/out.svg"
}

@test "draw: what would break the markup is escaped, in text and in attributes" {
    write_logs
    mv "$TMP/logs/A.log" "$TMP/logs/A<'&\".log"
    draw -v headline='a < b & "c" > d' -v caption='x & y' -v desc="<it's>" \
        -v command='make <x>' "$TMP/logs/A<'&\".log" "$TMP/logs/server.log" "$TMP/logs/B.log"
    grep -qF '>a &lt; b &amp; &quot;c&quot; &gt; d</title>' "$TMP/out.svg"
    grep -qF ">&lt;it&#39;s&gt;</desc>" "$TMP/out.svg"
    grep -qF '>&quot;a&lt;b &amp; \&quot;c&#8230;&quot;</text>' "$TMP/out.svg"
    box 'A&lt;&#39;&amp;&quot;' connect
}

@test "draw: unfinished and resumed calls, attached processes, signals, a call begun anew" {
    mkdir "$TMP/logs"
    cat >"$TMP/logs/server.log" <<'LOG'
strace: Process 17 attached
17    1000.000000 pselect6(7, [3<socket:[1]> 4<TCP:[127.0.0.1:8003->127.0.0.1:4000]> 5<socket:[3]>], [], NULL, NULL, NULL) = ? ERESTARTNOHAND (To be restarted if no handler) <0.050000>
17    1000.050000 --- SIGSTOP {si_signo=SIGSTOP, si_code=SI_USER, si_pid=1, si_uid=0} ---
17    1000.050010 --- stopped by SIGSTOP ---
17    1000.080000 --- SIGCONT {si_signo=SIGCONT, si_code=SI_USER, si_pid=1, si_uid=0} ---
17    1000.080100 pselect6(7, [3<socket:[1]> 4<TCP:[127.0.0.1:8003->127.0.0.1:4000]> 5<socket:[3]>], [], NULL, NULL, NULL) = 2 (in [4 5]) <0.000020>
17    1000.081000 recvfrom(4<TCP:[127.0.0.1:8003->127.0.0.1:4000]>,  <unfinished ...>
18    1000.081500 close(9<socket:[7]>) = 0 <0.000010>
17    1000.082000 <... recvfrom resumed>"\1\2\"<\377", 16384, 0, NULL, NULL) = 5 <0.001000>
17    1000.083000 poll([{fd=-1}, {fd=3<socket:[1]>, events=POLLIN}], 2, -1) = ? ERESTART_RESTARTBLOCK (Interrupted by signal) <0.010000>
17    1000.094000 --- SIGCONT {si_signo=SIGCONT} ---
17    1000.094100 restart_syscall(<... resuming interrupted poll ...>) = 1 <0.000020>
17    1000.095000 accept(3<socket:[1]>, NULL, NULL) = 6<socket:[8]> <0.000020>
17    1000.096000 poll([{fd=-1}, {fd=3<socket:[1]>, events=POLLIN}], 2, -1 <unfinished ...>) = ?
17    1000.099000 --- SIGTERM {si_signo=SIGTERM} ---
17    1000.099100 +++ killed by SIGTERM +++
LOG
    draw "$TMP/logs/server.log"
    [ "$(grep -c '^<g data-lane=' "$TMP/out.svg")" -eq 6 ]
    [ "$(grep -c "data-call='select'" "$TMP/out.svg")" -eq 1 ]
    box server select "start='0.000'" "end='80.120'" "named='4 5'"
    grep -q "class='stop'" "$TMP/out.svg"
    box server recv "start='81.000'" "end='82.000'" "result='5 bytes'"
    box server poll "start='83.000'" "named='3'"
    none '8003\|4000\|socket' "$TMP/out.svg" # no ports
}

@test "draw: a sleep does not end before what ends it, whatever the clocks say" {
    mkdir "$TMP/logs"
    cat >"$TMP/logs/A.log" <<'LOG'
1000.000000 connect(3<socket:[9]>, {sa_family=AF_INET}, 16) = 0 <0.000010>
1000.010000 sendto(3<socket:[9]>, "a", 1, 0, NULL, 0) = 1 <0.000050>
1000.010100 recvfrom(3<socket:[9]>, "b", 16384, 0, NULL, NULL) = 1 <0.000300>
LOG
    cat >"$TMP/logs/server.log" <<'LOG'
1000.000100 accept(3<socket:[1]>, NULL, NULL) = 4<socket:[2]> <0.000010>
1000.000200 accept(3<socket:[1]>, NULL, NULL) = -1 EAGAIN (Resource temporarily unavailable) <0.000010>
1000.009000 poll([{fd=4<socket:[2]>, events=POLLIN}], 1, -1) = 1 ([{fd=4, revents=POLLIN}]) <0.000970>
1000.010050 recvfrom(4<socket:[2]>, "a", 16384, 0, NULL, NULL) = 1 <0.000010>
1000.010410 sendto(4<socket:[2]>, "b", 1, 0, NULL, 0) = 1 <0.000010>
LOG
    draw "$TMP/logs/A.log" "$TMP/logs/server.log"
    box server poll "kind='wait'" "start='9.000'" "end='10.001'"
    box A recv "kind='wait'" "end='10.411'"
    [ "$(grep -c "class='bytes' .* data-from=" "$TMP/out.svg")" -eq 2 ]
}

@test "draw: what epoll said is told by descriptors; what nobody read is counted" {
    mkdir "$TMP/logs"
    cat >"$TMP/logs/edge.log" <<'LOG'
1000.000000 epoll_ctl(3<anon_inode:[eventpoll]>, EPOLL_CTL_ADD, 4<pipe:[9]>, {events=EPOLLIN|EPOLLET, data={u32=7, u64=7}}) = 0 <0.000010>
1000.000100 write(5<pipe:[9]>, "\0\0\0\0"..., 1024) = 1024 <0.000010>
1000.000200 epoll_wait(3<anon_inode:[eventpoll]>, [{events=EPOLLIN, data={u32=7, u64=7}}], 1, 100) = 1 <0.000010>
1000.000300 read(4<pipe:[9]>, "\0\0\0\0"..., 512) = 512 <0.000010>
1000.000400 epoll_wait(3<anon_inode:[eventpoll]>, [], 1, 100) = 0 <0.100200>
LOG
    draw -v steps=1 -v notes='edge epoll_wait 2={edge epoll_wait 2 left} unread' "$TMP/logs/edge.log"
    box edge epoll_ctl "result='ADD fd 4'"
    box edge epoll_wait "kind='work'" "named='4'" "left='1024'"
    box edge epoll_wait "kind='wait'" "result='nothing'" "left='512'"
    grep -q '>slept 100 ms: 512 unread<' "$TMP/out.svg"
}

@test "draw: from a line of a log; a text that speaks of what is not there is refused" {
    write_logs
    draw_logs -v from=server:2 -v desc='At {server close 1 start}.'
    [ "$(grep -c '^<g data-lane=' "$TMP/out.svg")" -eq 5 ]
    box server close "start='0.000'"
    for text in '{A exit 1 start}' '{A send 1 start}' '{B send 2 start}' '{B send 1 colour}'; do
        status=0
        awk -f "$LAB/draw/timeline.awk" -v form=text -v from=server:2 -v desc="$text" \
            "$TMP/logs/A.log" "$TMP/logs/server.log" "$TMP/logs/B.log" \
            >"$TMP/out" 2>"$TMP/err" || status=$?
        [ "$status" -eq 1 ]
        grep -q '^timeline.awk: no such ' "$TMP/err"
    done
    status=0
    awk -f "$LAB/draw/timeline.awk" </dev/null >"$TMP/out" 2>"$TMP/err" || status=$?
    [ "$status" -eq 1 ]
    [ ! -s "$TMP/out" ]
}

@test "draw: as text, in 80 columns: who sleeps, for how long, and where bytes go" {
    write_logs
    awk -f "$LAB/draw/timeline.awk" -v form=text -v headline=Idea \
        "$TMP/logs/A.log" "$TMP/logs/server.log" "$TMP/logs/B.log" >"$TMP/text"
    cat "$TMP/text"
    [ "$(head -n 1 "$TMP/text")" = Idea ]
    awk 'length > 80 { exit 1 }' "$TMP/text"
    grep -Eq '^ +10\.20 +recv 4 \.\.\.$' "$TMP/text"
    grep -Eq '^ +30\.00 +: +<-- send 3: 21$' "$TMP/text"
    grep -Eq '^ +100\.00 exit --> +: +:$' "$TMP/text"
    grep -Eq '^ +100\.20 +[=] 0 \(90 ms\) +:$' "$TMP/text"
    grep -Eq '^ +107\.40 +: +[=] 21 \(77 ms\)$' "$TMP/text"
}

# --- real runs ---------------------------------------------------------------

need_strace() {
    [ "${SYSTEM:-$(uname -s)}" = Linux ] || skip "strace is for Linux"
    command -v strace >"$TMP/which" || skip "strace is not installed"
    [ -z "${SANITIZE:-}" ] || skip "LeakSanitizer does not work under ptrace"
    strace -D -o "$TMP/try" true 2>"$TMP/err" || true
    [ -s "$TMP/try" ] || skip "strace may not look at a process here"
}

# run_chapter N: draws it, and checks what all figures have in common.
run_chapter() {
    need_strace
    svg=$TMP/out.svg
    mkdir "$TMP/scratch"
    TMPDIR=$TMP/scratch WHOSE=$TMP docs/lab/draw/timeline "$1" "$svg" >"$TMP/text" 2>"$TMP/err" \
        3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-
    cat "$TMP/text" "$TMP/err"
    [ ! -s "$TMP/err" ]
    [ "$(tail -n 1 "$TMP/text")" = "drawn: $svg" ]
    awk 'length > 80 { exit 1 }' "$TMP/text"
    figure "$svg" "$1"
    nothing_left
}

# figure FILE N: what holds for every figure, whoever ran it.
figure() {
    well_formed "$1"
    balanced "$1"
    resolved "$1"
    legible "$1"
    grep -q "role='img' aria-labelledby='timeline-$2-title timeline-$2-desc'" "$1"
    grep -q "<title id='timeline-$2-title'>.\{20,\}</title>" "$1"
    grep -q "<desc id='timeline-$2-desc'>.\{100,\}</desc>" "$1"
    grep -q 'prefers-color-scheme: dark' "$1"
    grep -q "drawn from a run under strace by: make timeline $2<" "$1"
    none '<script\|xlink\|@import\|/tmp\|/home\|socket\|127\.0\.0\.1' "$1"
    boxes=$(grep -c '^<g data-lane=' "$1")
    [ "$boxes" -ge 12 ] && [ "$boxes" -le 40 ]
}

# No process that has our mark in its environment, no file.
nothing_left() {
    [ -z "$(ls -A "$TMP/scratch")" ]
    tries=0
    while grep -lsz "^WHOSE=$TMP\$" /proc/[0-9]*/environ >"$TMP/left"; do
        tries=$((tries + 1))
        [ "$tries" -lt 100 ] || { cat "$TMP/left" && return 1; }
        sleep 0.02
    done
}

@test "chapter 01: the server's wait in recv spans what B sends" {
    run_chapter 1
    box server recv "kind='wait'" "result='0: the end'"
    from=$(value start) to=$(value end)
    box B send "kind='work'"
    less "$from" "$(value start)"
    less "$(value end)" "$to"
    box B recv "kind='wait'"
    less "$to" "$(value end)" # B is answered only afterwards
    less 80 "$(value end)"
}

@test "chapter 02: the server asks in vain, more than 50 times in one box, and never sleeps" {
    run_chapter 2
    box server '[a-z, ]*' "kind='spin'"
    for count in $(printf '%s\n' "$found" | sed "s/.*data-count='\([0-9]*\)'.*/\1/"); do
        [ "$count" -gt 50 ]
    done
    [ "$(printf '%s\n' "$found" | wc -l)" -ge 3 ]
    none "data-lane='server' .* data-kind='wait'" "$svg"
    box B recv "result='6 bytes'"
}

@test "chapter 03: one select names three, and each is served without a wait" {
    run_chapter 3
    box server select "kind='wait'" "named='4 5 6'"
    [ "$(grep -c "data-lane='server' data-call='recv' data-kind='work'" "$svg")" -eq 3 ]
}

@test "chapter 04: one poll names three; for one alone, the same table is handed over" {
    run_chapter 4
    box server poll "kind='wait'" "named='24 25 26'"
    box server poll "named='25'"
    [ "$(grep -c '>poll, 27 entries<' "$svg")" -ge 2 ]
}

@test "chapter 05: epoll_ctl once for each; epoll_wait names one" {
    run_chapter 5
    [ "$(grep -c "data-call='epoll_ctl'" "$svg")" -eq 4 ]
    for fd in 3 5 6 7; do box server epoll_ctl "result='ADD fd $fd'"; done
    box server epoll_wait "kind='wait'" "named='6'"
    none "data-call='epoll_wait' .* data-named='[0-9]* " "$svg"
}

@test "chapter 06: on an edge, epoll_wait says nothing while half is left" {
    run_chapter 6
    box edge epoll_wait "kind='wait'" "result='nothing'" "left='512'"
    box level epoll_wait "named='4'" "left='512'"
    none "data-lane='level' .* data-result='nothing'" "$svg"
}

@test "timeline: wrong use is refused in one line; -h tells its use" {
    for arguments in '' '0' '7' 'x' '1 -x' '1 a b' '-x' '12' "''"; do
        status=0
        eval "docs/lab/draw/timeline $arguments" >"$TMP/out" 2>"$TMP/err" || status=$?
        [ "$status" -eq 2 ]
        [ ! -s "$TMP/out" ]
        [ "$(wc -l <"$TMP/err")" -eq 1 ]
    done
    docs/lab/draw/timeline -h | grep -q '^usage: '
    docs/lab/draw/timeline --help | grep -q '^usage: '
}

@test "timeline: without strace, or where it may not attach, one line and no error" {
    mkdir "$TMP/bin" "$TMP/scratch"
    for tool in sh dirname; do ln -s "$(command -v $tool)" "$TMP/bin/$tool"; done
    PATH=$TMP/bin docs/lab/draw/timeline 1 "$TMP/out.svg" >"$TMP/out" 2>"$TMP/err"
    [ "$(wc -l <"$TMP/out")" -eq 1 ] && [ ! -s "$TMP/err" ]
    grep -q 'install' "$TMP/out"
    printf '#!/bin/sh\necho "ptrace: Operation not permitted" >&2\nexit 1\n' >"$TMP/bin/strace"
    chmod +x "$TMP/bin/strace"
    [ -x 01-blocking/client ] || skip "the programs are not built"
    TMPDIR=$TMP/scratch PATH=$TMP/bin:$PATH docs/lab/draw/timeline 1 "$TMP/out.svg" \
        >"$TMP/out" 2>"$TMP/err"
    cat "$TMP/out" "$TMP/err"
    [ "$(wc -l <"$TMP/out")" -eq 1 ] && [ ! -s "$TMP/err" ]
    grep -q 'may not' "$TMP/out"
    [ ! -e "$TMP/out.svg" ]
    [ -z "$(ls -A "$TMP/scratch")" ]
}

@test "timeline: INT and TERM end all that it started" {
    need_strace
    mkdir "$TMP/scratch"
    for signal in INT TERM; do
        TMPDIR=$TMP/scratch WHOSE=$TMP "$LAB/suite/peer" exec 30 docs/lab/draw/timeline 1 "$TMP/out.svg" \
            >"$TMP/text" 2>"$TMP/err" </dev/null 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&- &
        pid=$!
        tries=0
        until grep -qs connect "$TMP"/scratch/*/logs/B.log; do # in the middle of it
            tries=$((tries + 1))
            [ "$tries" -lt 500 ]
            sleep 0.01
        done
        kill -"$signal" "$pid"
        status=0
        wait "$pid" || status=$?
        [ "$status" -gt 128 ]
        nothing_left
        [ ! -e "$TMP/out.svg" ]
    done
}

@test "figures: those of the notes are whole, legible, and for light and dark pages" {
    n=0
    for dir in 0*/; do
        n=$((n + 1))
        figure "docs/figures/${dir%/}.svg" "$n"
    done
    [ "$n" -eq 6 ]
}
