#!/usr/bin/awk -f
# Draws strace logs as a time line: a lane per process, a box per system call.
#
#   awk -f docs/lab/timeline.awk -v form=svg A.log server.log B.log >figure.svg
#   awk -f docs/lab/timeline.awk -v form=text A.log server.log B.log
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
    SLEPT = 0.001 # seconds: a call that could sleep and took so long did sleep
    # Stand-ins of one byte: awks do not agree on how long UTF-8 is.
    TIMES = "\003"; ARROW = "\004"; DOTS = "\005"
    MAY_SLEEP = " accept recv read connect select poll epoll_wait "
    WAITS = " select poll epoll_wait "
}

FNR == 1 { new_lane(FILENAME) }
{ parse($0) }
END {
    if (lanes_n == 0)
        give_up("no log was given")
    for (l = 1; l <= lanes_n; l++)
        end_lane(l)
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
    else if (rest ~ /^\+\+\+ exited/)
        add(t, "exit", "", "", " = 0", 0)
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
        add(t, name, substr(rest, length(name) + 2, 80), "", tail, seconds(tail))
        return
    }
    end = closing(rest, length(name) + 1)
    tail = end ? substr(rest, end + 1) : ""
    if (tail !~ /<[0-9.]+>$/) # not finished: it never came back
        add(t, name, substr(rest, length(name) + 2), "", "", -1)
    else
        add(t, name, substr(rest, length(name) + 2, end - length(name) - 2), "", tail,
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
function add(t, call, args, x, tail, took,    name, target, restart) {
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
    } else if (name !~ /^(accept|recv|send|select|poll|epoll_wait|epoll_ctl|shutdown|exit)$/)
        return
    if (fold(t, name, target + 0, tail, took))
        return
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
function fold(t, name, fd, tail, took,    i, first) {
    if (tail !~ / = -1 EAGAIN/ || n == 0 || c_lane[n] != lanes_n || !c_again[n])
        return 0
    if (!c_count[n]) {
        for (first = n; first > 1 && c_again[first - 1] && c_lane[first - 1] == lanes_n; )
            first--
        if (n - first + 2 < FOLD)
            return 0
        c_count[first] = 1
        for (i = first + 1; i <= n; i++)
            into(first, c_name[i], c_t1[i])
        n = first
    }
    into(n, name, t + took)
    return 1
}

function into(c, name, t1) {
    if (index(", " c_name[c] ",", ", " name ",") == 0)
        c_name[c] = c_name[c] ", " name
    c_count[c]++
    c_t1[c] = t1
}

function end_lane(l) { }

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
            if (lane_name[c_lane[c]] == at && c_line[c] > after + 0 && (!zero || c_t0[c] < zero))
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
    for (key in fd_conn)
        delete fd_conn[key]
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
    if (c_t0[a] < begin || c_t0[b] < begin && c_t1[b] < begin || c_t0[a] > c_t1[b])
        return
    arrows++
    a_from[arrows] = a; a_to[arrows] = b; a_kind[arrows] = kind
    if (!(b in came_at) || c_t0[a] < came_at[b])
        came_at[b] = c_t0[a]
    goes_to[a] = c_lane[b]
}

# A call slept if it took long, or if what woke it began only after it had begun.
function tell_waits(    i, c, j, d) {
    for (i = 1; i <= n; i++) {
        c = seen[i]
        c_kind[c] = c_count[c] ? "spin" : "work"
        if (index(MAY_SLEEP, " " c_name[c] " ") == 0 || c_again[c])
            continue
        if (c_open[c] || c_t1[c] - c_t0[c] >= SLEPT || (c in came_at) && came_at[c] > c_t0[c])
            c_kind[c] = "wait"
        if (c_kind[c] == "wait" || index(WAITS, " " c_name[c] " ") == 0 || c_ret[c] < 1)
            continue
        for (j = i + 1; j <= n; j++) { # what it named is taken next
            d = seen[j]
            if (c_lane[d] != c_lane[c] || !(d in came_at))
                continue
            if (came_at[d] > c_t0[c] && came_at[d] < c_t1[c])
                c_kind[c] = "wait"
            break
        }
    }
}

# --- words -----------------------------------------------------------------------

function label(    i, c, name, note, k, part, spec) {
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
        c_l1[c] = name (name == "accept" || name == "connect" ? "" : " fd " fd)
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
    } else if (name == "close" || name == "shutdown") {
        c_l2[c] = "fd " fd
        c_s[c] = name " " fd
    } else if (name == "recv" || name == "send" || name == "read" || name == "write") {
        c_l1[c] = c_pipe[c] ? name : name " fd " fd
        c_s[c] = c_pipe[c] ? name : name " " fd
        c_l2[c] = c_open[c] ? "" : r == 0 && name == "recv" ? "0: the end" :
            commas(r) (r == 1 ? " byte" : " bytes")
        c_r[c] = c_open[c] ? "" : commas(r)
        if (!c_pipe[c] && r > 0)
            c_l3[c] = quoted_text(c_args[c])
    } else if (name == "epoll_ctl") {
        text = c_args[c]
        gsub(/<[^>]*>/, "", text)
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
function describe_wait(c, place, err,    name, text, in_fds, k, list, tail, i, fds, bits, d) {
    name = c_name[c]
    tail = c_tail[c]
    text = c_args[c]
    c_s[c] = name
    if (name == "select") {
        sub(/^[^[]*\[/, "", text)
        sub(/\].*/, "", text)
        gsub(/<[^>]*>/, "", text)
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
        while (match(tail, /fd=[0-9]+(<[^>]*>)?, revents=[A-Z|]+/)) {
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
                if (c_name[d] ~ /^(recv|accept)$/ && index(" " fds " ", " " c_fd[d] " ") == 0)
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
        c_l3[c] = left ? commas(left) " lie there" : ""
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

# The call of this name in this lane: which is a number, or "longest". `spin` is a fold.
function find(name, call, which,    i, c, k, best) {
    for (i = 1; i <= n; i++) {
        c = seen[i]
        if (lane_name[c_lane[c]] != name ||
            (call == "spin" ? c_kind[c] != "spin" : c_kind[c] == "spin" || c_name[c] != call))
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
        if (spec[4] == "start") value = span(c_t0[c] - begin)
        else if (spec[4] == "end") value = span(c_t1[c] - begin)
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
function print_text(    i, c, l, k, at, order, what, width, cell, line, t, j, busy, s) {
    width = int(71 / lanes_n)
    if (width > 34) width = 34
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
        line = line sprintf("%-" width "s", lane_name[l])
    print_line(line)
    for (i = 1; i <= k; i++) {
        c = what[i] < 0 ? -what[i] : what[i]
        if (steps && i > 1 && c_lane[c] != c_lane[what[i - 1] < 0 ? -what[i - 1] : what[i - 1]])
            print ""
        line = sprintf("%8.2f ", (at[i] - (steps ? lane_begin(c_lane[c]) : begin)) * 1000)
        for (l = 1; l <= lanes_n; l++) {
            cell = l in busy ? ":" : ""
            if (l == c_lane[c])
                cell = what[i] < 0 ? returned(c) : called(c)
            line = line sprintf("%-" width "s", substr(cell, 1, width - 1))
        }
        print_line(line)
        if (c_kind[c] == "wait" && what[i] > 0)
            busy[c_lane[c]] = 1
        else
            delete busy[c_lane[c]]
    }
    print "\n\"...\" sleeps, \":\" still sleeps, \"=\" returns (after so long); --> goes to the other side"
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
