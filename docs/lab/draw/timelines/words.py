"""The words of a run: what stands in each box, and in a text that speaks of the run."""
import re

ENDPOINT = re.compile(r"<\w+:\[[^]]*\]>|<[^>]*>")  # 4<TCP:[127.0.0.1:8003->127.0.0.1:4000]>


class Missing(Exception):
    """A text speaks of what is not there."""


def label(run, notes=""):
    """Labels all calls; notes are "LANE CALL WHICH=TEXT;...", for the third line of a box."""
    run.data_fd = {}  # what epoll_ctl named, on each lane
    for call in run.all:
        describe(run, call)
        if call.kind == "wait":
            slept = "still asleep" if call.open else "slept " + span(call.took)
            call.label = *call.label[:2], slept
    for note in filter(None, notes.split(";")):
        where, _, text = note.partition("=")
        call = lookup(run, where)
        call.mark = True
        call.label = *call.label[:2], ": ".join(filter(None, (call.label[2], told(run, text))))


def describe(run, call):
    """Sets the three lines of the box, and two short words for the terminal."""
    name, fd, ret, err = call.name, call.fd, call.ret, call.err
    of_fd = "%s(%d)" % (name, fd)
    result = third = ""
    if call.kind == "spin":
        result = "EAGAIN × " + commas(call.count)
        call.words, call.label = (result, ""), (name, result, "for " + span(call.took))
    elif name in ("select", "poll", "epoll_wait"):
        describe_wait(run, call)
    elif err:
        title = name if name in ("accept", "connect") else of_fd
        result = "begun" if err == "EINPROGRESS" else err
        call.words, call.label = (title, result), (title, result, "")
    elif name == "accept":
        result = "" if call.open else "fd %d" % ret
        call.words, call.label = (name, result), (name, result, "")
    elif name in ("connect", "exit"):
        call.words, call.label = (name, ""), (name, "done" if name == "connect" else "leaves", "")
    elif name in ("close", "shutdown"):
        call.words = "%s %d" % (name, fd), ""
        call.label = of_fd, "done" if name == "close" else "no more", ""
    elif name == "epoll_ctl":
        _, verb, of, *_ = bare(call.args).split(", ")
        verb = verb.replace("EPOLL_CTL_", "")
        for data in re.findall(r"data=[^}]*", call.args)[:1]:
            run.data_fd[call.lane, data] = of
        call.words = "%s %s %s" % (name, verb, of), ""
        call.label = name, verb + " fd " + of, "edge (ET)" if "EPOLLET" in call.args else ""
    else:  # recv, send, read, write
        if not call.open:
            result = commas(ret) + (" byte" if ret == 1 else " bytes")
            third = quoted_text(call.args) if ret > 0 and not call.pipe else ""
        call.words = name if call.pipe else "%s %d" % (name, fd), result.split(" ")[0]
        if ret == 0 and name == "recv" and not call.open:
            result = "0: the end"
        call.label = name if call.pipe else of_fd, result, third


def describe_wait(run, call):
    """select, poll, epoll_wait: what was handed over, and who was named."""
    title, bits = call.name, ""
    if call.name == "select":
        asked = re.sub(r"\].*", "", bare(call.args).partition("[")[2]).split()
        call.asked = str(len(asked))
        title = "select " + " ".join(asked) if len(asked) <= 6 else "select, %s fds" % call.asked
        named, bits = re.findall(r"\[([0-9 ]*)\]", call.tail), "ready"
    elif call.name == "poll":
        call.asked = "".join(re.findall(r"\], (\d+)", call.args)[:1])
        title = "poll, %s entries" % call.asked
        pairs = re.findall(r"fd=(\d+), revents=([A-Z|]+)", bare(call.tail))
        named = [fd for fd, _ in pairs]
        bits = pairs[-1][1].replace("POLL", "") if pairs else ""
        if call.blind and not named and call.ret > 0:
            named, bits = taken_after(run, call), "IN"
    else:
        pairs = re.findall(r"events=([A-Z|]+), (data=[^}]*)", call.args)
        named = [run.data_fd.get((call.lane, data), "") for _, data in pairs]
        bits = pairs[-1][0].replace("EPOLL", "") if pairs else ""
    named = " ".join(filter(None, named))
    result = word = ""
    if call.err:
        result = word = call.err
    elif not call.open and call.ret == 0:
        result = word = "nothing"
    elif not call.open:
        call.named = named
        word = named + " " + bits
        result = "→ fd " + word
    call.words, call.label = (call.name, word), (title, result, unread(run, call))


def taken_after(run, call):
    """After a signal, strace does not show what came back: it is what the server takes
    before it waits again, for it goes through all that was named."""
    named = {}
    for later in run.calls[run.calls.index(call) + 1:]:
        if later.lane is call.lane:
            if later.name == call.name:
                break
            if later.name in ("recv", "accept"):
                named[str(later.fd)] = True
    return list(named)


def unread(run, call):
    """What lies in the pipes of this lane when the call returns: written, and not read."""
    if call.open or call not in run.calls:
        return ""
    moved = [other.ret if other.name == "write" else -other.ret
             for other in run.calls[:run.calls.index(call)]
             if other.lane is call.lane and other.pipe and other.ret >= 0]
    if moved:
        call.left = sum(moved)
    return commas(call.left) + " unread" if call.left else ""


def bare(text):
    """Without what strace says of each descriptor."""
    return ENDPOINT.sub("", text)


def quoted_text(args):
    """The first string among the arguments, as strace writes it; short."""
    found = re.search(r'"((?:[^"\\]|\\.)*)"', args)
    if not found or re.search(r"\\[0-7x]", found[1]):
        return ""
    return '"%s"' % (found[1][:9] + "…" if len(found[1]) > 10 else found[1])


def commas(value):
    return format(value or 0, ",d")


def span(seconds):
    ms = seconds * 1000
    if ms >= 1000:
        return "%.1f s" % seconds
    return "%.*f ms" % (0 if ms >= 10 else 1 if ms >= 0.1 else 2, ms)


def moment(run, time):
    return "%.1f ms" % ((time - run.begin) * 1000)


def lookup(run, where):
    """The call that "LANE CALL WHICH" means."""
    words = where.split()
    call = run.find(*words) if len(words) == 3 else None
    if not call:
        raise Missing("no such call: " + where)
    return call


def told(run, text):
    """The text with each {LANE CALL WHICH FIELD} replaced by what this run measured."""
    fields = {"start": lambda call: moment(run, call.start),
              "end": lambda call: moment(run, call.end),
              "took": lambda call: span(call.took),
              "count": lambda call: commas(call.count),
              "named": lambda call: " and ".join(call.named.replace(" ", ", ").rsplit(", ", 1)),
              "asked": lambda call: call.asked,
              "left": lambda call: commas(call.left)}

    def value(found):
        where, _, field = found[1].rpartition(" ")
        if field not in fields:
            raise Missing("no such field: " + found[0])
        return fields[field](lookup(run, where))
    return re.sub(r"\{([^}]*)\}", value, text)
