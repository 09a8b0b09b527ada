"""Reads strace logs: each system call that is worth a box becomes a Call.

A log is of one process, as `strace -ttt -T -y -o FILE` writes it; -f does no harm.
"""
import re
from dataclasses import dataclass

FOLD = 4  # so many EAGAIN in a row become one box
SAME = {"recvfrom": "recv", "recvmsg": "recv", "sendto": "send", "sendmsg": "send",
        "accept4": "accept", "pselect6": "select", "ppoll": "poll",
        "epoll_pwait": "epoll_wait", "epoll_pwait2": "epoll_wait"}
DRAWN = ("accept", "recv", "send", "select", "poll", "epoll_wait", "epoll_ctl", "shutdown")


@dataclass(eq=False)
class Call:
    """One system call, or a run of calls that ended with EAGAIN (count > 0)."""
    lane: "Lane"
    line: int
    name: str
    args: str
    tail: str  # what strace writes behind the closing bracket; '' if it never returned
    start: float
    end: float  # -1: it has not returned; until Run gives it the end of the picture
    count: int = 0
    blind: bool = False  # resumed after a signal: what came back is not shown
    stop: tuple = ()  # the process was stopped from, to
    kind: str = ""  # work, wait, or spin: see waits.py
    open: bool = False
    came_at: float = None  # when what it took was sent
    was_there: bool = False  # ... before it began
    goes_to: "Lane" = None  # where what it sends is taken
    words: tuple = ("", "")  # for the terminal: the call, and its result
    label: tuple = ("", "", "")  # in the box
    named: str = ""  # the descriptors that select, poll or epoll_wait told of
    asked: str = ""  # how many it was asked about
    left: int = None  # bytes that lie in the pipe when it returns
    mark: bool = False

    @property
    def fd(self):
        return number(self.args)

    @property
    def ret(self):
        return number(self.tail.lstrip(" ="))

    @property
    def err(self):
        found = re.match(r" *= -1 (\S+)", self.tail)
        return found[1] if found else ""

    @property
    def took(self):
        return self.end - self.start

    @property
    def pipe(self):
        return "<pipe:" in self.args.split(",")[0]


def number(text):
    found = re.match(r"-?\d+", text)
    return int(found[0]) if found else 0


class Lane:
    """What one process did: parsed, filtered, folded."""

    def __init__(self, name, lines):
        self.name = name
        self.calls = []
        self.never_sleeps = False  # in calls on one descriptor: those are non-blocking
        self.connects = self.exits = False
        self.begun = {}  # of each thread, what it has not finished
        self.pending = None  # ended by a signal, to be restarted
        self.stopped = self.continued = 0.0
        for self.line, line in enumerate(lines, 1):
            self.parse(line)

    def parse(self, line):
        found = re.match(r"(?:\[pid +(\d+)\] |(\d+) +)?(\d+\.\d+) (.*)", line)
        if not found:
            return  # strace: Process 1 attached
        thread, start, rest = found[1] or found[2], float(found[3]), found[4]
        if rest.startswith("--- stopped by SIG"):
            self.stopped = start
        elif rest.startswith("--- SIGCONT"):
            self.continued = start
        # The line that says "exited" comes after the kernel has closed the sockets.
        if re.match(r"exit(_group)?\(", rest) or rest.startswith("+++ exited") and not self.exits:
            self.exits = True
            self.add(start, "exit", "", " = 0", 0)
            return
        resumed = re.match(r"<\.\.\. \w+ resumed>", rest)
        if resumed:
            if thread not in self.begun:
                return
            before, start = self.begun.pop(thread)
            rest = before + rest[resumed.end():]
        elif rest.endswith(" <unfinished ...>"):
            self.begun[thread] = rest[:-len(" <unfinished ...>")], start
            return
        called = re.match(r"(\w+)\(", rest)
        if not called:
            return
        close = closing(rest)
        took = re.search(r"<([\d.]+)>$", rest[close + 1:]) if close else None
        if took:
            self.add(start, called[1], rest[called.end():close], rest[close + 1:], float(took[1]))
        else:  # not finished: it never came back
            self.add(start, called[1], rest[called.end():], "", -1)

    def add(self, start, name, args, tail, took):
        name = SAME.get(name, name)
        end = -1 if took < 0 else start + took
        last = self.pending
        if last and name in (last.name, "restart_syscall"):  # the same sleep goes on
            last.end, last.tail = end, tail
            if name == "restart_syscall":
                last.blind = True
            else:
                last.args = args
            if 0 < self.stopped < self.continued:
                last.stop = self.stopped, self.continued
            if " = ? ERESTART" not in tail:
                self.pending = None
            return
        call = Call(self, self.line, name, args, tail, start, end)
        if not self.worth_a_box(call):
            return
        if call.err == "EAGAIN":
            self.never_sleeps = True
            if self.fold(call):
                return
        if took < 0 and self.calls and self.calls[-1].err == "EAGAIN":
            return  # it was killed while it asked in vain
        self.connects |= name == "connect"
        self.calls.append(call)
        self.pending = call if " = ? ERESTART" in tail else None
        self.stopped = self.continued = 0.0

    def worth_a_box(self, call):
        if call.name in ("read", "write"):
            return call.pipe and call.fd > 2
        if call.name == "close":
            return re.match(r"[^,]*<(socket|TCP)", call.args)
        if call.name == "connect":
            return "AF_INET" in call.args
        if call.name == "exit":
            return self.connects
        return call.name in DRAWN

    def fold(self, call):
        """Does this EAGAIN go into the box of the last one? A few are kept apart."""
        first = len(self.calls)
        while first > 0 and self.calls[first - 1].err == "EAGAIN":
            first -= 1
        run = self.calls[first:] + [call]
        if not run[0].count and len(run) < FOLD:
            return False
        del self.calls[first + 1:]
        box = run[0]
        box.count = max(box.count, 1)
        for each in run[1:]:
            if each.name not in box.name.split(", "):
                box.name += ", " + each.name
            box.count += 1
            box.end = each.end
        return True


def closing(text):
    """Where the first bracket is closed; strings may hold brackets and escaped quotes."""
    depth = 0
    for token in re.finditer(r'"(?:[^"\\]|\\.)*(?:"|$)|[()]', text):
        depth += {"(": 1, ")": -1}.get(token[0], 0)
        if token[0] == ")" and depth == 0:
            return token.start()
    return 0
