#!/usr/bin/awk -f
# Draws strace logs as a time line: a lane per process, a box per system call.
#
#   awk -f docs/lab/draw/timeline.awk -v form=svg A.log server.log B.log >figure.svg
#   awk -f docs/lab/draw/timeline.awk -v form=text A.log server.log B.log
#
# Each file is the log of one process, of `strace -ttt -T -y -o FILE` (-f does no harm).
# Its name, without .log, is the name of the lane. Lanes come in the order of the files.
#
#   -v form=svg|text    what to print
#   -v headline=TEXT    the idea, in one line; caption=TEXT: what is to be seen
#   -v desc=TEXT        the text alternative; with {LANE CALL WHICH FIELD}: see told()
#   -v notes=LANE CALL WHICH=TEXT;...   words for the third line of a box
#   -v lanes=LANE=TEXT;...              words below the name of a lane
#   -v command=TEXT     who draws, for the last line; id=NAME: the prefix of the ids
#   -v from=LANE:N      begin after the first N lines of that lane's log
#   -v steps=1          no common clock: the first call of each lane stands in the first
#                       column, the second one in the second
#
# Exit status 1, and a message: there is nothing to draw, or the text speaks of a call
# that is not there. Written for mawk, gawk and busybox awk alike.

BEGIN {
    US = 0.000001
    FOLD = 4 # so many EAGAIN in a row become one box
    SLEPT = 0.005 # seconds: a call that could sleep and took so long did sleep
    # Stand-ins of one byte: awks do not agree on how long UTF-8 is.
    TIMES = "\003"; ARROW = "\004"; DOTS = "\005"
    SOON = 0.001 # seconds
    MAY_SLEEP = " accept recv read connect select poll epoll_wait "
    WAITS = " select poll epoll_wait "
}

FNR == 1 { new_lane(FILENAME) }
{ parse($0) }
END {
    if (lanes_n == 0)
        give_up("no log was given")
    choose()
    if (n == 0)
        give_up("the logs hold no call to draw")
    follow_bytes()
    tell_waits()
    label()
    if (form == "text")
        print_text()
    else
        print_svg()
}

function give_up(why) {
    print "timeline.awk: " why >"/dev/stderr"
    failed = 1
    exit 1
}

# --- reading ---------------------------------------------------------------------

function new_lane(file, name) {
    name = file
    sub(/.*\//, "", name)
    sub(/\.log$/, "", name)
    lane_name[++lanes_n] = name
    lane_of[name] = lanes_n
    lines = 0
}

# One line of the log. What a thread had begun is kept in begun[], by its number, until
# it is resumed.
function parse(line,    pid, t, rest, name, end, tail) {
    lines++
    pid = ""
    if (match(line, /^\[pid +[0-9]+\] /) || match(line, /^[0-9]+ +/)) {
        if (substr(line, RLENGTH + 1) ~ /^[0-9]+\.[0-9]+ /) {
            pid = substr(line, 1, RLENGTH)
            line = substr(line, RLENGTH + 1)
        }
    }
    if (!match(line, /^[0-9]+\.[0-9]+ /))
        return # strace: Process 1 attached
    t = substr(line, 1, RLENGTH) + 0
    rest = substr(line, RLENGTH + 1)
    if (rest ~ /^--- stopped by SIG/)
        stopped_at = t
    else if (rest ~ /^--- SIGCONT/)
        continued_at = t
    # The line that says "exited" comes after the kernel has closed the sockets.
    if (rest ~ /^exit(_group)?\(/ || rest ~ /^\+\+\+ exited/ && !exits[lanes_n]) {
        exits[lanes_n] = 1
        add(t, "exit", "", " = 0", 0)
        return
    }
    if (rest ~ /^(---|\+\+\+)/)
        return
    if (match(rest, /^<\.\.\. [a-z0-9_]+ resumed>/)) {
        if (!((lanes_n, pid) in begun))
            return
        rest = begun[lanes_n, pid] substr(rest, RLENGTH + 1)
        t = begun_at[lanes_n, pid]
        delete begun[lanes_n, pid]
    } else if (match(rest, / <unfinished \.\.\.>$/)) {
        begun[lanes_n, pid] = substr(rest, 1, RSTART - 1)
        begun_at[lanes_n, pid] = t
        return
    }
    if (!match(rest, /^[a-z_0-9]+\(/))
        return
    name = substr(rest, 1, RLENGTH - 1)
    if (rest ~ / = -1 EAGAIN \([A-Za-z ]*\) <[0-9.]+>$/ && name !~ /poll|select/) {
        tail = rest # there may be thousands of them: no look at the arguments
        sub(/.* = -1 EAGAIN /, " = -1 EAGAIN ", tail)
        add(t, name, substr(rest, length(name) + 2, 80), tail, seconds(tail))
        return
    }
    end = closing(rest, length(name) + 1)
    tail = end ? substr(rest, end + 1) : ""
    if (tail !~ /<[0-9.]+>$/) # not finished: it never came back
        add(t, name, substr(rest, length(name) + 2), "", -1)
    else
        add(t, name, substr(rest, length(name) + 2, end - length(name) - 2), tail,
            seconds(tail))
}

function seconds(tail) {
    match(tail, /<[0-9.]+>$/)
    return substr(tail, RSTART + 1, RLENGTH - 2) + 0
}

# Where the bracket at s[i] is closed; strings may hold brackets and escaped quotes.
function closing(s, i,    c, depth, quoted, last) {
    last = length(s)
    for (; i <= last; i++) {
        c = substr(s, i, 1)
        if (quoted) {
            if (c == "\\") i++
            else if (c == "\"") quoted = 0
        } else if (c == "\"") quoted = 1
        else if (c == "(") depth++
        else if (c == ")" && --depth == 0) return i
    }
    return 0
}

# Takes one finished call of the last lane. took is -1: it has not returned.
function add(t, call, args, tail, took,    name, target, restart) {
    name = call
    sub(/^(recvfrom|recvmsg)$/, "recv", name)
    sub(/^(sendto|sendmsg)$/, "send", name)
    sub(/^accept4$/, "accept", name)
    sub(/^pselect6$/, "select", name)
    sub(/^ppoll$/, "poll", name)
    sub(/^epoll_p?wait2?$/, "epoll_wait", name)
    restart = pending && (name == c_name[pending] || name == "restart_syscall")
    if (restart) { # the same sleep goes on, after a signal
        c_t1[pending] = took < 0 ? -1 : t + took
        c_tail[pending] = tail
        if (name != "restart_syscall")
            c_args[pending] = args
        else
            c_blind[pending] = 1
        if (stopped_at && continued_at > stopped_at) {
            c_stop0[pending] = stopped_at
            c_stop1[pending] = continued_at
        }
        if (tail !~ / = \? ERESTART/)
            pending = 0
        return
    }
    target = args
    sub(/,.*/, "", target)
    if (name == "read" || name == "write") {
        if (target !~ /<pipe:/ || target + 0 < 3)
            return
    } else if (name == "close") {
        if (target !~ /<(socket|TCP)/)
            return
    } else if (name == "connect") {
        if (args !~ /AF_INET/)
            return
    } else if (name == "exit") {
        if (!connects[lanes_n])
            return
    } else if (name !~ /^(accept|recv|send|select|poll|epoll_wait|epoll_ctl|shutdown)$/)
        return
    if (tail ~ / = -1 EAGAIN/)
        never_sleeps[lanes_n] = 1 # in calls on one descriptor: those are non-blocking
    if (fold(t, name, t + took, tail))
        return
    if (took < 0 && n && c_again[n] && c_lane[n] == lanes_n)
        return # it was killed while it asked in vain
    if (name == "connect")
        connects[lanes_n]++
    n++
    c_lane[n] = lanes_n; c_line[n] = lines; c_name[n] = name; c_fd[n] = target + 0
    c_args[n] = args; c_tail[n] = tail; c_t0[n] = t
    c_t1[n] = took < 0 ? -1 : t + took
    c_again[n] = tail ~ / = -1 EAGAIN/
    last_of[lanes_n] = n
    if (target ~ /<pipe:/) {
        sub(/.*<pipe:\[?/, "", target)
        sub(/[^0-9].*/, "", target)
        c_pipe[n] = target
    }
    pending = tail ~ / = \? ERESTART/ ? n : 0
    stopped_at = continued_at = 0
}

# Does this EAGAIN go into the box of the last one? The first few in a row are kept
# apart until there are enough of them.
function fold(t, name, t1, tail,    i, first) {
    if (tail !~ / = -1 EAGAIN/ || n == 0 || c_lane[n] != lanes_n || !c_again[n])
        return 0
    if (!c_count[n]) {
        first = n
        while (first > 1 && c_again[first - 1] && c_lane[first - 1] == lanes_n)
            first--
        if (n - first + 2 < FOLD)
            return 0
        c_count[first] = 1
        for (i = first + 1; i <= n; i++)
            into(first, c_name[i], c_t1[i])
        n = first
    }
    into(n, name, t1)
    return 1
}

function into(c, name, t1) {
    if (index(", " c_name[c] ",", ", " name ",") == 0)
        c_name[c] = c_name[c] ", " name
    c_count[c]++
    c_t1[c] = t1
}

# --- choosing --------------------------------------------------------------------

# Drops what was before `from`, sorts by the time of the start, sets the clock to 0.
function choose(    c, k, i, zero, at, after, keep, order) {
    zero = 0
    if (from != "") {
        at = from
        sub(/:.*/, "", at)
        after = from
        sub(/.*:/, "", after)
        for (c = 1; c <= n; c++)
            if (lane_name[c_lane[c]] == at && c_line[c] > after + 0 &&
                (!zero || c_t0[c] < zero))
                zero = c_t0[c]
    }
    # A number for each call in the order of time: insertion, for there are few.
    k = 0
    for (c = 1; c <= n; c++) {
        for (i = k++; i > 0 && c_t0[order[i]] > c_t0[c]; i--)
            order[i + 1] = order[i]
        order[i + 1] = c
    }
    begin = zero ? zero : (n ? c_t0[order[1]] : 0)
    all_n = n
    n = 0
    for (i = 1; i <= k; i++) {
        all[i] = order[i]
        if (c_t0[order[i]] >= begin)
            seen[++n] = order[i]
    }
    the_end = 0
    for (i = 1; i <= n; i++) {
        c = seen[i]
        if (c_t1[c] > the_end) the_end = c_t1[c]
        if (c_t0[c] > the_end) the_end = c_t0[c]
    }
    for (i = 1; i <= n; i++) {
        c = seen[i]
        c_open[c] = c_t1[c] < 0
        if (c_open[c])
            c_t1[c] = the_end + US
        c_ret[c] = result(c_tail[c])
    }
    for (i = 1; i <= all_n; i++) # those that are not drawn still carry bytes
        c_ret[all[i]] = result(c_tail[all[i]])
}

function result(tail) {
    sub(/^.*\) += /, "", tail) # only where a string was taken for the end
    sub(/^ += /, "", tail)
    return tail + 0
}

# --- who wakes whom --------------------------------------------------------------

# A listener hands connections out in the order in which they came: the k-th connect
# belongs to the k-th accept. From then on bytes are counted, each way.
function follow_bytes(    i, c, k, conns, takes, accept_of, l, key, way, j, lo, hi) {
    for (i = 1; i <= all_n; i++) {
        c = all[i]
        if (c_name[c] == "connect" && (c_ret[c] == 0 || c_tail[c] ~ /EINPROGRESS/))
            connect_of[++conns] = c
        if (c_name[c] == "accept" && c_ret[c] >= 0 && c_tail[c] != "")
            accept_of[++takes] = c
    }
    for (k = 1; k <= takes && k <= conns; k++) {
        conn_at[connect_of[k]] = k
        conn_at[accept_of[k]] = k
        arrow(connect_of[k], accept_of[k], "start")
    }
    for (i = 1; i <= all_n; i++) {
        c = all[i]
        l = c_lane[c]
        if (c in conn_at) {
            fd_conn[l, c_name[c] == "connect" ? c_fd[c] : c_ret[c]] = conn_at[c]
            side[l, conn_at[c]] = c_name[c] == "connect" ? 1 : 2
            if (c_name[c] == "connect") open_in[l] = open_in[l] " " conn_at[c]
            continue
        }
        k = fd_conn[l, c_fd[c]]
        if (c_count[c] || c_tail[c] == "")
            continue
        if (c_name[c] == "exit") {
            j = split(open_in[l], key, " ")
            for (lo = 1; lo <= j; lo++)
                ended[key[lo], 1] = c
        }
        if (!k)
            continue
        way = side[l, k]
        if (c_name[c] == "send" && c_ret[c] > 0) {
            j = ++sends[k, way]
            sent[k, way, j] = sent[k, way, j - 1] + c_ret[c]
            send_call[k, way, j] = c
        } else if (c_name[c] == "close" || c_name[c] == "shutdown") {
            if (!((k, way) in ended)) ended[k, way] = c
            if (c_name[c] == "close") {
                delete fd_conn[l, c_fd[c]]
                sub(" " k "$", "", open_in[l]); sub(" " k " ", " ", open_in[l])
            }
        }
    }
    # Again for who received: by then every send is known, also one that strace saw
    # return after the other side had its bytes.
    for (j in fd_conn)
        delete fd_conn[j]
    for (i = 1; i <= all_n; i++) {
        c = all[i]
        l = c_lane[c]
        if (c in conn_at) {
            fd_conn[l, c_name[c] == "connect" ? c_fd[c] : c_ret[c]] = conn_at[c]
            continue
        }
        k = fd_conn[l, c_fd[c]]
        if (!k || c_count[c] || c_tail[c] == "" || c_again[c])
            continue
        if (c_name[c] == "close")
            delete fd_conn[l, c_fd[c]]
        if (c_name[c] != "recv")
            continue
        way = 3 - side[l, k]
        if (c_ret[c] == 0 && ((k, way) in ended))
            arrow(ended[k, way], c, "end")
        lo = got[k, way]
        hi = got[k, way] += c_ret[c] > 0 ? c_ret[c] : 0
        for (j = 1; j <= sends[k, way]; j++)
            if (sent[k, way, j] > lo && sent[k, way, j - 1] < hi)
                arrow(send_call[k, way, j], c, "bytes")
    }
}

function arrow(a, b, kind) {
    if (c_t0[a] < begin || c_t0[b] < begin && c_t1[b] < begin)
        return
    not_before(b, c_t0[a])
    arrows++
    a_from[arrows] = a; a_to[arrows] = b; a_kind[arrows] = kind
    if (!(b in came_at) || c_t0[a] < came_at[b]) {
        came_at[b] = c_t0[a]
        was_there[b] = c_t1[a] <= c_t0[b]
    }
    goes_to[a] = c_lane[b]
}

# A call cannot return before what it returned was sent. strace takes the time of the
# begin and the duration from two clocks, so that the sum may be some 10 us too small.
function not_before(c, t) {
    if (c_t1[c] <= t)
        c_t1[c] = t + US
}

# A call slept if what woke it began only after it had begun, or where that is not
# known, if it took long. It did not if all that it took had been there before.
function tell_waits(    i, c, j, d) {
    for (i = 1; i <= n; i++) {
        c = seen[i]
        c_kind[c] = c_count[c] ? "spin" : "work"
        if (index(MAY_SLEEP, " " c_name[c] " ") == 0 || c_again[c] || was_there[c])
            continue
        if (never_sleeps[c_lane[c]] && index(WAITS, " " c_name[c] " ") == 0)
            continue
        if (c_open[c] || c_t1[c] - c_t0[c] >= SLEPT ||
            (c in came_at) && came_at[c] > c_t0[c])
            c_kind[c] = "wait"
        if (index(WAITS, " " c_name[c] " ") == 0 || c_ret[c] < 1)
            continue
        for (j = i + 1; j <= n; j++) { # what it named is taken next
            d = seen[j]
            if (c_lane[d] != c_lane[c])
                continue
            if (index(WAITS, " " c_name[d] " "))
                break
            if (!(d in came_at))
                continue
            if (came_at[d] > c_t0[c])
                c_kind[c] = "wait"
            not_before(c, came_at[d])
            break
        }
    }
}

# --- words -----------------------------------------------------------------------

function label(    i, c, name, note, k, part, spec) {
    for (i = 1; i <= all_n; i++) # also those before: epoll_ctl names the data
        if (c_t0[c = all[i]] < begin)
            describe(c, 0)
    for (i = 1; i <= n; i++) {
        c = seen[i]
        describe(c, i)
        if (c_kind[c] == "wait")
            c_l3[c] = (c_open[c] ? "still asleep" : "slept " span(c_t1[c] - c_t0[c]))
    }
    k = split(notes, note, ";")
    for (i = 1; i <= k; i++) {
        part = index(note[i], "=")
        if (!part) continue
        if (split(substr(note[i], 1, part - 1), spec, " ") != 3 ||
            !(c = find(spec[1], spec[2], spec[3])))
            give_up("notes: no such call: " note[i])
        c_mark[c] = 1
        c_l3[c] = c_l3[c] (c_l3[c] == "" ? "" : ": ") told(substr(note[i], part + 1))
    }
    desc = told(desc)
    caption = told(caption)
}

# The lines of a box, and one short line for the terminal.
function describe(c, place,    name, fd, r, err, list, many, text, p, all_fds) {
    name = c_name[c]; fd = c_fd[c]; r = c_ret[c]
    err = c_tail[c]
    if (!sub(/^ = -1 /, "", err))
        err = ""
    sub(/ .*/, "", err)
    c_l1[c] = name
    if (c_kind[c] == "spin") {
        c_l2[c] = "EAGAIN " TIMES " " commas(c_count[c])
        c_s[c] = "EAGAIN " TIMES " " commas(c_count[c])
        c_l3[c] = "for " span(c_t1[c] - c_t0[c])
        return
    }
    if (err != "" && name !~ /^(epoll_wait|poll|select)$/) {
        c_l1[c] = name (name == "accept" || name == "connect" ? "" : "(" fd ")")
        c_l2[c] = err == "EINPROGRESS" ? "begun" : err
        c_s[c] = c_l1[c]
        c_r[c] = c_l2[c]
        return
    }
    if (name == "accept") {
        c_s[c] = name
        c_l2[c] = c_r[c] = c_open[c] ? "" : "fd " r
    } else if (name == "connect") {
        c_s[c] = name
        c_l2[c] = "done"
    } else if (name == "exit") {
        c_s[c] = "exit"
        c_l2[c] = "leaves"
        left_at[c_lane[c]] = c
    } else if (name == "close" || name == "shutdown") {
        c_l1[c] = name "(" fd ")"
        c_l2[c] = name == "close" ? "done" : "no more"
        c_s[c] = name " " fd
    } else if (name == "recv" || name == "send" || name == "read" || name == "write") {
        c_l1[c] = c_pipe[c] ? name : name "(" fd ")"
        c_s[c] = c_pipe[c] ? name : name " " fd
        c_l2[c] = c_open[c] ? "" : r == 0 && name == "recv" ? "0: the end" : \
            commas(r) (r == 1 ? " byte" : " bytes")
        c_r[c] = c_open[c] ? "" : commas(r)
        if (!c_pipe[c] && r > 0)
            c_l3[c] = quoted_text(c_args[c])
    } else if (name == "epoll_ctl") {
        text = c_args[c]
        text = bare(text)
        split(text, list, /, /)
        sub(/EPOLL_CTL_/, "", list[2])
        c_l2[c] = list[2] " fd " list[3]
        c_s[c] = name " " list[2] " " list[3]
        p = c_args[c]
        if (match(p, /data=[^}]*/))
            data_fd[c_lane[c], substr(p, RSTART, RLENGTH)] = list[3]
        if (p ~ /EPOLLET/)
            c_l3[c] = "edge (ET)"
    } else
        describe_wait(c, place, err)
}

# select, poll, epoll_wait: what was handed over, and who was named.
function describe_wait(c, place, err,    name, text, k, list, tail, i, fds, bits, d) {
    name = c_name[c]
    tail = c_tail[c]
    text = c_args[c]
    c_s[c] = name
    if (name == "select") {
        text = bare(text)
        sub(/^[^[]*\[/, "", text)
        sub(/\].*/, "", text)
        k = split(text, list, / +/)
        c_l1[c] = k <= 6 ? "select " text : "select, " k " fds"
        c_asked[c] = k
        while (match(tail, /\[[0-9 ]*\]/)) {
            fds = fds (fds == "" ? "" : " ") substr(tail, RSTART + 1, RLENGTH - 2)
            tail = substr(tail, RSTART + RLENGTH)
        }
        bits = "ready"
    } else if (name == "poll") {
        if (match(text, /\], [0-9]+/))
            c_asked[c] = substr(text, RSTART + 3, RLENGTH - 3)
        c_l1[c] = "poll, " c_asked[c] " entries"
        tail = bare(tail)
        while (match(tail, /fd=[0-9]+, revents=[A-Z|]+/)) {
            d = substr(tail, RSTART, RLENGTH)
            tail = substr(tail, RSTART + RLENGTH)
            bits = d
            sub(/.*revents=/, "", bits)
            gsub(/POLL/, "", bits)
            sub(/^fd=/, "", d)
            fds = fds (fds == "" ? "" : " ") (d + 0)
        }
        # After a signal, strace does not show what came back: it is what the server
        # takes before it waits again, for it goes through all that was named.
        if (c_blind[c] && fds == "" && c_ret[c] > 0) {
            for (i = place + 1; i <= n; i++) {
                d = seen[i]
                if (c_lane[d] != c_lane[c]) continue
                if (c_name[d] == name) break
                if (c_name[d] ~ /^(recv|accept)$/ &&
                    index(" " fds " ", " " c_fd[d] " ") == 0)
                    fds = fds (fds == "" ? "" : " ") c_fd[d]
            }
            bits = "IN"
        }
    } else {
        while (match(text, /events=[A-Z|]+, data=[^}]*/)) {
            d = substr(text, RSTART, RLENGTH)
            text = substr(text, RSTART + RLENGTH)
            bits = d
            sub(/^events=/, "", bits)
            sub(/,.*/, "", bits)
            gsub(/EPOLL/, "", bits)
            sub(/.*data=/, "data=", d)
            fds = fds (fds == "" ? "" : " ") data_fd[c_lane[c], d]
        }
    }
    c_named[c] = err == "" && !c_open[c] && c_ret[c] > 0 ? fds : ""
    if (c_open[c])
        return
    if (err != "")
        c_l2[c] = c_r[c] = err
    else if (c_ret[c] == 0)
        c_l2[c] = c_r[c] = "nothing"
    else {
        c_l2[c] = ARROW " fd " fds " " bits
        c_r[c] = fds " " bits
    }
    unread(c, place)
}

# Without what strace says of each descriptor: 4<TCP:[127.0.0.1:8003->127.0.0.1:4000]>
function bare(s) {
    gsub(/<[A-Za-z0-9_]+:\[[^]]*\]>/, "", s)
    gsub(/<[^>]*>/, "", s)
    return s
}

# What lies in the pipes of this lane when the call returns: written, and not read.
function unread(c, place,    i, d, left, any) {
    for (i = 1; i < place; i++) {
        d = seen[i]
        if (c_lane[d] != c_lane[c] || !c_pipe[d] || c_ret[d] < 0)
            continue
        any = 1
        left += c_name[d] == "write" ? c_ret[d] : -c_ret[d]
    }
    if (any)
        c_left[c] = left + 0
    if (any && c_kind[c] != "wait")
        c_l3[c] = left ? commas(left) " unread" : ""
}

# The first string among the arguments, as strace writes it; short.
function quoted_text(args,    s) {
    if (!match(args, /"([^"\\]|\\.)*"/))
        return ""
    s = substr(args, RSTART + 1, RLENGTH - 2)
    if (s ~ /\\[0-7x]/)
        return ""
    return "\"" (length(s) > 10 ? substr(s, 1, 9) DOTS : s) "\""
}

function commas(v,    s) {
    s = sprintf("%d", v)
    while (match(s, /[0-9][0-9][0-9][0-9]($|,)/))
        s = substr(s, 1, RSTART) "," substr(s, RSTART + 1)
    return s
}

function span(t) {
    t *= 1000
    return t >= 1000 ? sprintf("%.1f s", t / 1000) : t >= 10 ? sprintf("%.0f ms", t) : \
        t >= 0.1 ? sprintf("%.1f ms", t) : sprintf("%.2f ms", t)
}

function moment(t) { return sprintf("%.1f ms", (t - begin) * 1000) }

# The call of this name in this lane: which is a number, or "longest". `spin` is a fold.
function find(name, call, which,    i, c, k, best) {
    for (i = 1; i <= n; i++) {
        c = seen[i]
        if (lane_name[c_lane[c]] != name ||
            (c_kind[c] == "spin" ? "spin" : c_name[c]) != call)
            continue
        k++
        if (which == "longest") {
            if (!best || c_t1[c] - c_t0[c] > c_t1[best] - c_t0[best])
                best = c
        } else if (which == k)
            return c
    }
    return best
}

# Text with {LANE CALL WHICH FIELD} replaced by what this run measured.
function told(text,    spec, c, out, value, inner) {
    out = ""
    while (match(text, /\{[^}]*\}/)) {
        inner = substr(text, RSTART + 1, RLENGTH - 2)
        out = out substr(text, 1, RSTART - 1)
        text = substr(text, RSTART + RLENGTH)
        c = 0
        if (split(inner, spec, " ") == 4)
            c = find(spec[1], spec[2], spec[3])
        if (!c)
            give_up("no such call: {" inner "}")
        if (spec[4] == "start") value = moment(c_t0[c])
        else if (spec[4] == "end") value = moment(c_t1[c])
        else if (spec[4] == "took") value = span(c_t1[c] - c_t0[c])
        else if (spec[4] == "count") value = commas(c_count[c])
        else if (spec[4] == "named") value = listed(c_named[c])
        else if (spec[4] == "asked") value = c_asked[c]
        else if (spec[4] == "left") value = commas(c_left[c])
        else if (spec[4] == "bytes") value = commas(c_ret[c])
        else give_up("no such field: {" inner "}")
        out = out value
    }
    return out text
}

function listed(fds,    list, k, i, s) {
    k = split(fds, list, " ")
    for (i = 1; i <= k; i++)
        s = s (i == 1 ? "" : i == k ? " and " : ", ") list[i]
    return s
}

# --- for the terminal ------------------------------------------------------------

# A line where a call begins, and another where one that slept returns.
function print_text(    i, c, l, k, at, order, what, width, cell, line, t, j, busy,
    last) {
    for (l = 1; l <= lanes_n; l++)
        width[l] = length(lane_name[l]) + 2
    for (i = 1; i <= n; i++) {
        c = seen[i]
        l = c_lane[c]
        j = length(called(c)) + 2
        if (c_kind[c] == "wait" && length(returned(c)) + 2 > j)
            j = length(returned(c)) + 2
        if (j > width[l]) width[l] = j
    }
    for (;;) { # 80 columns: the widest gives
        t = 0; j = 1
        for (l = 1; l <= lanes_n; l++) {
            t += width[l]
            if (width[l] > width[j]) j = l
        }
        if (t <= 71) break
        width[j]--
    }
    k = 0
    for (i = 1; i <= n; i++) {
        c = seen[i]
        at[++k] = c_t0[c]; what[k] = c
        if (c_kind[c] == "wait" && !c_open[c]) {
            at[++k] = c_t1[c]; what[k] = -c
        }
    }
    for (i = 2; i <= k; i++) {
        t = at[i]; c = what[i]
        for (j = i - 1; j > 0 && at[j] > t; j--) {
            at[j + 1] = at[j]; what[j + 1] = what[j]
        }
        at[j + 1] = t; what[j + 1] = c
    }
    if (headline != "")
        print headline "\n"
    line = sprintf("%8s ", steps ? "" : "ms")
    for (l = 1; l <= lanes_n; l++)
        line = line sprintf("%-" width[l] "s", lane_name[l])
    print_line(line)
    for (i = 1; i <= k; i++) {
        c = what[i] < 0 ? -what[i] : what[i]
        if (steps && i > 1 && c_lane[c] != last)
            print ""
        last = c_lane[c]
        t = at[i] - (steps ? lane_begin(c_lane[c]) : begin)
        line = sprintf("%8.2f ", t * 1000)
        for (l = 1; l <= lanes_n; l++) {
            cell = l in busy ? ":" : ""
            if (l == c_lane[c])
                cell = what[i] < 0 ? returned(c) : called(c)
            line = line sprintf("%-" width[l] "s", substr(cell, 1, width[l] - 1))
        }
        print_line(line)
        if (c_kind[c] == "wait" && what[i] > 0)
            busy[c_lane[c]] = 1
        else
            delete busy[c_lane[c]]
    }
    print "\n... sleeps, : still sleeps, = returns (after so long), --> goes over there"
}

function lane_begin(l,    i) {
    for (i = 1; i <= n; i++)
        if (c_lane[seen[i]] == l)
            return c_t0[seen[i]]
}

function print_line(line) {
    gsub(TIMES, "x", line)
    gsub(DOTS, "~", line)
    sub(/ +$/, "", line)
    print line
}

function called(c,    s) {
    s = c_s[c]
    if (c_kind[c] == "wait")
        return s " ..."
    if (c_r[c] != "")
        s = s ": " c_r[c]
    if (c in goes_to)
        s = goes_to[c] < c_lane[c] ? "<-- " s : s " -->"
    return s
}

function returned(c) {
    return "= " (c_r[c] == "" ? "done" : c_r[c]) " (" span(c_t1[c] - c_t0[c]) ")"
}

# --- the picture -----------------------------------------------------------------

function print_svg(    i, r, y) {
    WIDE = 1000; LEFT = 92; RIGHT = 14
    BOX = 52; PITCH = 78; AXIS = 24
    CHAR = 7.35; SMALL = 6.75 # the widths of 12 px and 11 px monospace, and a bit
    place_boxes()
    cut_rows()
    wrap_caption()
    top = 44 + 18 * caption_n + 40
    for (i = 1; i <= n; i++)
        used[c_lane[seen[i]]] = 1
    row_high = AXIS + 8
    for (i = 1; i <= lanes_n; i++) {
        lane_at[i] = row_high
        row_high += i in used ? PITCH : 40
    }
    high = top + rows * row_high + (rows - 1) * 14 + 36
    head()
    for (r = 1; r <= rows; r++) {
        y = top + (r - 1) * (row_high + 14)
        draw_row(r, y)
    }
    for (i = 1; i <= arrows; i++)
        draw_arrow(i, 1)
    for (i = 1; i <= arrows; i++)
        draw_arrow(i, 0)
    put(14, high - 24, "foot", foot_1())
    put(14, high - 9, "foot", "drawn from a run under strace by: " command)
    print "</svg>"
}

function foot_1() {
    if (steps)
        return "Columns: the steps, in their order. This is no scale of time: " \
            "where a call slept, its real time is printed."
    return "Time runs to the right, compressed: a gap counts by its order of magnitude, " \
        "a box is as wide as its words. All printed times are real."
}

# x for each begin and each end of a call, in the order of time: what stands further to
# the right was later, in all lanes. A gap adds its magnitude, a box the room for its text.
function place_boxes(    i, j, k, c, t, p, x, g, last, at, what, side_of, least, a) {
    k = 0
    for (i = 1; i <= n; i++) {
        c = seen[i]
        wide[c] = box_width(c)
        if (steps) {
            p = ++step_of[c_lane[c]]
            at[++k] = p; what[k] = c; side_of[k] = 0
            at[++k] = p + 0.5; what[k] = c; side_of[k] = 1
            continue
        }
        at[++k] = c_t0[c]; what[k] = c; side_of[k] = 0
        at[++k] = c_t1[c]; what[k] = c; side_of[k] = 1
        if (c_stop1[c]) {
            at[++k] = c_stop0[c]; what[k] = c; side_of[k] = 2
            at[++k] = c_stop1[c]; what[k] = c; side_of[k] = 3
        }
    }
    for (i = 2; i <= k; i++) {
        t = at[i]; c = what[i]; a = side_of[i]
        for (j = i - 1; j > 0 && at[j] > t; j--) {
            at[j + 1] = at[j]; what[j + 1] = what[j]; side_of[j + 1] = side_of[j]
        }
        at[j + 1] = t; what[j + 1] = c; side_of[j + 1] = a
    }
    x = 4
    for (i = 1; i <= k; i++) {
        c = what[i]
        g = 0
        if (i > 1 && steps)
            g = at[i] > at[i - 1] ? 6 : 0
        else if (i > 1)
            g = 1.5 + 4 * magnitude(at[i] - at[i - 1])
        least = x + g
        if (side_of[i] == 0) {
            if ((c_lane[c] in last) && least < x1[last[c_lane[c]]] + 3)
                least = x1[last[c_lane[c]]] + 3
            if (c_kind[c] != "wait")
                least = behind_arrow(c, least)
            if (!steps)
                least = before_wake(c, least)
        } else if (side_of[i] == 1) {
            if (least < x0[c] + wide[c])
                least = x0[c] + wide[c]
            if (c_kind[c] == "wait")
                least = behind_arrow(c, least - 12) + 12
            last[c_lane[c]] = c
        } else if (side_of[i] == 3 && least < xs0[c] + 56)
            least = xs0[c] + 56
        x = least
        if (side_of[i] == 0) x0[c] = x
        else if (side_of[i] == 1) x1[c] = x
        else if (side_of[i] == 2) xs0[c] = x
        else xs1[c] = x
        edge_x[++edges] = x
        edge_t[edges] = at[i]
    }
    total = x + 4
}

# How many times longer than 20 us, in powers of ten. Not every awk has log().
function magnitude(t,    k) {
    for (t = 1 + t / 0.00002; t >= 10; t /= 10)
        k++
    return k + (t - 1) / 9
}

# Where a call begins that soon ends a sleep elsewhere, the room for the words of that
# sleep is to its left: else the call, which is short, would be drawn long.
function before_wake(c, x,    i, d) {
    for (i = 1; i <= n && (c in goes_to); i++) {
        d = seen[i]
        if (c_lane[d] == goes_to[c] && c_kind[d] == "wait" && !c_open[d] &&
            c_t0[d] < c_t0[c] && c_t1[d] > c_t0[c] && c_t1[d] - c_t0[c] < SOON &&
            x < x0[d] + wide[d] - 30)
            x = x0[d] + wide[d] - 30
    }
    return x
}

# An arrow must not run backwards: where it starts, and a bit.
function behind_arrow(c, x,    a) {
    for (a = 1; a <= arrows; a++)
        if (a_to[a] == c && (a_from[a] in x0) && x < x0[a_from[a]] + 18)
            x = x0[a_from[a]] + 18
    return x
}

function box_width(c,    w, v) {
    w = length(c_l1[c]) * CHAR
    if ((v = length(c_l2[c]) * CHAR) > w) w = v
    if ((v = length(c_l3[c]) * SMALL) > w) w = v
    return w + 12
}

# Rows of at most the width of the page. A cut goes through as few arrows and short
# boxes as can be; a long wait may go on in the next row.
function cut_rows(    room, target, r, i, a, c, cost, best, best_cost, from_x, x) {
    room = WIDE - LEFT - RIGHT
    rows = 1
    row_x[1] = 0
    while (total - row_x[rows] > room && rows < 9) {
        r = int((total - row_x[rows]) / room) + 1
        target = (total - row_x[rows]) / r * 1.12
        if (target > room) target = room
        best = 0
        for (i = 1; i < edges; i++) {
            x = edge_x[i] + 2
            if (x < row_x[rows] + target * 0.55 || x > row_x[rows] + target)
                continue
            cost = (row_x[rows] + target - x) / 60
            for (a = 1; a <= n; a++) {
                c = seen[a]
                if (x0[c] >= x || x1[c] <= x)
                    continue
                cost += c_kind[c] == "work" ? 100 : 1
                if (x - x0[c] < wide[c] + 12 || x1[c] - x < wide[c])
                    cost += 3
            }
            for (a = 1; a <= arrows; a++)
                if (x0[a_from[a]] < x && target_x(a) > x)
                    cost += 30
            if (!best || cost < best_cost) {
                best = x
                best_cost = cost
            }
        }
        if (!best)
            best = row_x[rows] + target
        row_x[++rows] = best
    }
    row_x[rows + 1] = total
    for (r = 1; r <= rows; r++) {
        scale[r] = room / (row_x[r + 1] - row_x[r])
        if (scale[r] > 1.5) scale[r] = 1.5
    }
}

function row_of(x,    r) {
    for (r = rows; r > 1 && row_x[r] > x; )
        r--
    return r
}

function on_page(x, r) { return LEFT + (x - row_x[r]) * scale[r] }

function target_x(a) {
    return c_kind[a_to[a]] == "wait" ? x1[a_to[a]] - 6 : x0[a_to[a]] + 6
}

function lane_y(l, r) {
    return top + (r - 1) * (row_high + 14) + lane_at[l]
}

function wrap_caption(    words, k, i, line) {
    k = split(caption, words, " ")
    line = ""
    for (i = 1; i <= k; i++) {
        if (length(line) + length(words[i]) > 138) {
            caption_line[++caption_n] = line
            line = ""
        }
        line = line (line == "" ? "" : " ") words[i]
    }
    if (line != "")
        caption_line[++caption_n] = line
}

function escape(s) {
    gsub(/[\001\002\006-\037\177]/, "", s)
    gsub(/&/, "\\&amp;", s)
    gsub(/</, "\\&lt;", s)
    gsub(/>/, "\\&gt;", s)
    gsub(/"/, "\\&quot;", s)
    gsub(/\047/, "\\&#39;", s)
    gsub(TIMES, "\\&#215;", s)
    gsub(ARROW, "\\&#8594;", s)
    gsub(DOTS, "\\&#8230;", s)
    return s
}

function put(x, y, class, s) {
    if (s == "")
        return
    printf "<text x='%.1f' y='%.1f' class='%s'>%s</text>\n", x, y, class, escape(s)
}

function head(    i) {
    if (id == "") id = "timeline"
    printf "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 %d %d' role='img'", WIDE, high
    printf " aria-labelledby='%s-title %s-desc'>\n", id, id
    printf "<title id='%s-title'>%s</title>\n", id, escape(headline)
    printf "<desc id='%s-desc'>%s</desc>\n", id, escape(desc)
    print "<style>"
    print "text { fill: #1f2328; font-size: 12px }"
    print "text { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace }"
    print ".head { font: 700 20px system-ui, sans-serif }"
    print ".caption { font: 13.5px system-ui, sans-serif }"
    print ".key { font: 12.5px system-ui, sans-serif }"
    print ".lane { font: 700 14px system-ui, sans-serif }"
    print ".foot, .under { font: 11.5px system-ui, sans-serif; fill: #57606a }"
    print ".tick { font-size: 11px; fill: #57606a }"
    print ".small { font-size: 11px }"
    print ".name { font-weight: 700 }"
    print ".onwait, .onspin { paint-order: stroke; stroke-width: 4px; stroke-linejoin: round }"
    print ".onwait { stroke: #f8f1dd } .onspin { stroke: #ffe3dd }"
    print ".page { fill: #ffffff } .halo { stroke: #ffffff; stroke-width: 5; fill: none }"
    print ".life, .axis { stroke: #afb8c1; stroke-width: 1.5; fill: none }"
    print ".grid { stroke: #d8dee4; stroke-dasharray: 2 4; fill: none }"
    print ".work { fill: #d3e5ff; stroke: #0a58ca; stroke-width: 1.5 }"
    print ".wait { stroke: #8a6d1a; stroke-width: 1.5; stroke-dasharray: 5 3 }"
    print ".waitback { fill: #f8f1dd } .waitline { stroke: #d9c384; stroke-width: 2 }"
    print ".spin { stroke: #b3261e; stroke-width: 1.5 } .spinback { fill: #ffe3dd }"
    print ".spinline { stroke: #eda79c; stroke-width: 1.3; fill: none }"
    print ".bytes { stroke: #1a7f37; stroke-width: 2.2; fill: none }"
    print ".news { stroke: #6e7781; stroke-width: 1.6; stroke-dasharray: 4 3; fill: none }"
    print ".bytestip { fill: #1a7f37 } .newstip { fill: #6e7781 } .stop { fill: #57606a }"
    print ".mark { stroke-width: 3 }"
    print "@media (prefers-color-scheme: dark) {"
    print "text { fill: #e6edf3 } .foot, .under, .tick { fill: #9da7b3 }"
    print ".onwait { stroke: #2f2812 } .onspin { stroke: #45191a }"
    print ".page { fill: #0d1117 } .halo { stroke: #0d1117 }"
    print ".life, .axis { stroke: #57606a } .grid { stroke: #30363d }"
    print ".work { fill: #123a70; stroke: #6cb0ff } .wait { stroke: #d6b656 }"
    print ".waitback { fill: #2f2812 } .waitline { stroke: #6b5a22 }"
    print ".spin { stroke: #ff8f85 } .spinback { fill: #45191a } .spinline { stroke: #8f3c37 }"
    print ".bytes { stroke: #4ac26b } .bytestip { fill: #4ac26b }"
    print ".news { stroke: #9da7b3 } .newstip { fill: #9da7b3 } .stop { fill: #9da7b3 }"
    print "}"
    print "</style>"
    print "<defs>"
    printf "<pattern id='%s-wait' width='9' height='9' patternUnits='userSpaceOnUse'", id
    print " patternTransform='rotate(45)'><rect width='9' height='9' class='waitback'/>"
    print "<line x1='1' y1='0' x2='1' y2='9' class='waitline'/></pattern>"
    printf "<pattern id='%s-spin' width='8' height='8' patternUnits='userSpaceOnUse'>\n", id
    print "<rect width='8' height='8' class='spinback'/>"
    print "<path d='M0 0L8 8M8 0L0 8' class='spinline'/></pattern>"
    arrowhead("bytes", 10)
    arrowhead("news", 9)
    print "</defs>"
    printf "<rect width='%d' height='%d' class='page'/>\n", WIDE, high
    put(14, 30, "head", headline)
    for (i = 1; i <= caption_n; i++)
        put(14, 34 + 18 * i, "caption", caption_line[i])
    legend(44 + 18 * caption_n)
}

function arrowhead(class, size) {
    printf "<marker id='%s-%s' viewBox='0 0 10 10' refX='8' refY='5' orient='auto'", id, class
    printf " markerUnits='userSpaceOnUse' markerWidth='%d' markerHeight='%d'>\n", size, size
    printf "<path d='M0 0L10 5L0 10z' class='%stip'/></marker>\n", class
}

function legend(y,    x, i, any) {
    x = legend_key(14, y, "work", "works: returns at once")
    for (i = 1; i <= n; i++)
        any[c_kind[seen[i]]] = 1
    if ("wait" in any)
        x = legend_key(x, y, "wait", "waits: asleep in the call")
    if ("spin" in any)
        x = legend_key(x, y, "spin", "asks in vain: many calls, one box")
    for (i = 1; i <= arrows; i++)
        any[a_kind[i] == "bytes" ? "bytes" : "news"] = 1
    if ("bytes" in any)
        x = legend_key(x, y, "bytes", "bytes pass")
    if ("news" in any)
        legend_key(x, y, "news", "connects, or leaves")
}

function legend_key(x, y, class, s) {
    if (class == "bytes" || class == "news")
        printf "<path d='M%d %dH%d' class='%s' marker-end='url(#%s-%s)'/>\n", x, y + 9, \
            x + 26, class, id, class
    else
        printf "<rect x='%d' y='%d' width='26' height='16' rx='3' class='%s'%s/>\n", x, y + 1, \
            class, fill_of(class)
    put(x + 33, y + 13.5, "key", s)
    return x + 33 + length(s) * 6.2 + 20
}

function fill_of(kind) {
    return kind == "work" ? "" : sprintf(" fill='url(#%s-%s)'", id, kind)
}

function draw_row(r, y,    l, i, c, first, last, lane_words, k, spec, p) {
    draw_axis(r, y)
    k = split(lanes, spec, ";")
    for (i = 1; i <= k; i++)
        if (p = index(spec[i], "="))
            lane_words[substr(spec[i], 1, p - 1)] = substr(spec[i], p + 1)
    for (l = 1; l <= lanes_n; l++) {
        first = from == "" ? total : 0
        last = -1
        for (i = 1; i <= n; i++) {
            c = seen[i]
            if (c_lane[c] != l) continue
            if (x0[c] < first) first = x0[c]
            if (x1[c] > last) last = x1[c]
        }
        p = lane_y(l, r) + (l in used ? BOX : 28) / 2
        put(14, p - 1, "lane", lane_name[l])
        if (lane_name[l] in lane_words)
            put(14, p + 14, "under", lane_words[lane_name[l]])
        if (!(l in left_at)) last = total # it lives on
        if (first < row_x[r]) first = row_x[r]
        if (last > row_x[r + 1]) last = row_x[r + 1]
        if (first < last)
            printf "<path d='M%.1f %.1fH%.1f' class='life'/>\n", on_page(first, r), p, \
                on_page(last, r)
    }
    for (i = 1; i <= n; i++)
        if (x0[seen[i]] < row_x[r + 1] && x1[seen[i]] > row_x[r])
            draw_box(seen[i], r)
}

# The axis: real times, as many as there is room for.
function draw_axis(r, y,    i, x, free, s, a, b, before) {
    if (steps) {
        free = 0
        for (i = 1; i <= n; i++)
            if (c_lane[seen[i]] == 1)
                put(on_page(x0[seen[i]], r) + 2, y + 14, "tick", "step " ++free)
        return
    }
    printf "<path d='M%d %.1fH%d' class='axis'/>\n", LEFT, y + 20, \
        on_page(row_x[r + 1], r)
    free = LEFT - 40
    for (i = 1; i <= edges; i++) {
        if (edge_x[i] < row_x[r] || edge_x[i] >= row_x[r + 1])
            continue
        x = on_page(edge_x[i], r)
        s = moment(edge_t[i])
        if (edge_t[i] - begin < US)
            s = "t = 0"
        if (s == before || s == "0.0 ms")
            continue
        a = x - length(s) * SMALL / 2
        if (a < LEFT - 8) a = LEFT - 8
        b = a + length(s) * SMALL
        if (a < free + 14 || b > WIDE - 6)
            continue
        put(a, y + 14, "tick", s)
        printf "<path d='M%.1f %.1fv5' class='axis'/>\n", x, y + 17
        printf "<path d='M%.1f %.1fV%.1f' class='grid'/>\n", x, y + 23, y + row_high - 4
        free = b
        before = s
    }
}

function draw_box(c, r,    a, b, y, cut_left, cut_right, on, room, x, has, shut, left) {
    cut_left = x0[c] < row_x[r]
    cut_right = x1[c] > row_x[r + 1]
    a = on_page(cut_left ? row_x[r] : x0[c], r)
    b = on_page(cut_right ? row_x[r + 1] : x1[c], r)
    y = lane_y(c_lane[c], r)
    printf "<g data-lane='%s' data-call='%s' data-kind='%s'", \
        escape(lane_name[c_lane[c]]), escape(c_name[c]), c_kind[c]
    printf " data-start='%.3f' data-end='%.3f'", (c_t0[c] - begin) * 1000, \
        (c_t1[c] - begin) * 1000
    printf " data-result='%s'%s%s%s>\n", escape(c_l2[c]), \
        (c_count[c] ? " data-count='" c_count[c] "'" : ""), \
        (c_named[c] != "" ? " data-named='" c_named[c] "'" : ""), \
        ((c in c_left) ? " data-left='" c_left[c] "'" : "")
    if (!cut_left && !cut_right && !c_open[c])
        printf "<rect x='%.1f' y='%.1f' width='%.1f' height='%d' rx='4'%s class='%s%s'/>\n", \
            a, y, b - a, BOX, fill_of(c_kind[c]), c_kind[c], (c_mark[c] ? " mark" : "")
    else { # open where it goes on
        printf "<rect x='%.1f' y='%.1f' width='%.1f' height='%d'%s class='%s'", a, \
            y, b - a, BOX, fill_of(c_kind[c]), c_kind[c]
        print " style='stroke:none'/>"
        shut = left = ""
        if (!cut_right && !c_open[c])
            shut = "V" (y + BOX)
        if (!cut_left)
            left = "V" y
        printf "<path d='M%.1f %.1fH%.1f%sM%.1f %.1fH%.1f%s' class='%s%s' fill='none'/>\n", \
            a, y, b, shut, b, y + BOX, a, left, c_kind[c], (c_mark[c] ? " mark" : "")
    }
    on = c_kind[c] == "work" ? "" : " on" c_kind[c]
    x = a + 6
    room = b - a
    has = length(c_l1[c]) * CHAR + 10
    if (room >= has)
        put(x, y + 16, "name" on, c_l1[c] (cut_left && room > has + 75 ? " (goes on)" : ""))
    if (room >= wide[c] - 2 && !(cut_right && wide[c] > room)) {
        put(x, y + 31, "result" on, cut_right ? DOTS : c_l2[c])
        put(x, y + 45, "small" on, cut_right ? "" : c_l3[c])
    }
    print "</g>"
    if (c_stop1[c] && xs0[c] >= row_x[r] && xs1[c] <= row_x[r + 1]) {
        a = on_page(xs0[c], r); b = on_page(xs1[c], r)
        printf "<rect x='%.1f' y='%.1f' width='%.1f' height='4' class='stop'/>\n", a, \
            y + BOX + 3, b - a
        put(a, y + BOX + 18, "under", "stopped")
    }
}

# The line of an arrow; what crosses the cut between two rows goes to the edge of the
# one, and comes from the edge of the other. Connections run flatter than bytes, so that
# both can be seen where they leave from the same lane.
function draw_arrow(i, halo,    a, b, ra, rb, xa, xb, ya, yb, d, way, bend, low, kind) {
    a = a_from[i]; b = a_to[i]
    ra = row_of(x0[a] + 2)
    rb = row_of(target_x(i))
    way = c_lane[b] > c_lane[a] ? 1 : -1
    kind = a_kind[i] == "bytes" ? "bytes" : "news"
    bend = kind == "bytes" ? 20 : 10
    xa = on_page(x0[a], ra) + (kind == "bytes" ? 9 : 18)
    xb = c_kind[b] == "wait" ? on_page(x1[b], rb) - 6 : on_page(x0[b], rb) + 6
    ya = lane_y(c_lane[a], ra) + (way > 0 ? BOX : 0)
    yb = lane_y(c_lane[b], rb) + (way > 0 ? 0 : BOX)
    if (ra == rb) {
        if (xb < xa) xa = xb
        d = sprintf("M%.1f %.1fC%.1f %.1f %.1f %.1f %.1f %.1f", xa, ya, xa, \
            ya + way * bend, xb, yb - way * (bend + 4), xb, yb)
    } else {
        low = ya + way * (PITCH - BOX) * 0.6
        d = sprintf("M%.1f %.1fQ%.1f %.1f %.1f %.1fH%.1f", xa, ya, xa, low, xa + 22, low, \
            on_page(row_x[ra + 1], ra))
        if (!halo)
            printf "<path d='%s' class='%s'/>\n", d, kind
        low = yb - way * (PITCH - BOX) * 0.6
        d = sprintf("M%d %.1fH%.1fQ%.1f %.1f %.1f %.1f", LEFT, low, \
            (xb - 14 > LEFT ? xb - 14 : LEFT), \
            xb, low, xb, yb)
    }
    if (halo) {
        printf "<path d='%s' class='halo'/>\n", d
        return
    }
    printf "<path d='%s' class='%s' marker-end='url(#%s-%s)'", d, kind, id, kind
    printf " data-from='%s' data-to='%s'/>\n", escape(lane_name[c_lane[a]]), \
        escape(lane_name[c_lane[b]])
}
