"""The model of a run: which calls are drawn, what wakes whom, and who slept."""
from collections import namedtuple

US = 0.000001
SLEPT = 0.005  # seconds: a call that could sleep and took so long did sleep
WAITS = ("select", "poll", "epoll_wait")
MAY_SLEEP = WAITS + ("accept", "recv", "read", "connect")
Arrow = namedtuple("Arrow", "source target kind")


class Connection:
    """Bytes are counted each way; the ways are named by who sends: connect, accept."""

    def __init__(self):
        self.sent = {"connect": [], "accept": []}  # pairs: a send, and the bytes up to its end
        self.got = {"connect": 0, "accept": 0}
        self.ended = {}  # way: the call that ended it


class Run:
    """All lanes on one clock, whose 0 is `begin`.

    since is "LANE:N": what began after the first N lines of that lane's log.
    """

    def __init__(self, lanes, since="", steps=False):
        self.lanes, self.since, self.steps = lanes, since, steps
        self.all = sorted((call for lane in lanes for call in lane.calls),
                          key=lambda call: call.start)
        name, _, line = since.partition(":")
        begins = [call.start for call in self.all
                  if since and call.lane.name == name and call.line > int(line)]
        self.begin = min(begins or [call.start for call in self.all[:1]] or [0])
        self.calls = [call for call in self.all if call.start >= self.begin]
        self.arrows = []
        last = max((max(call.start, call.end) for call in self.calls), default=0)
        for call in self.calls:
            call.open = call.end < 0
            if call.open:
                call.end = last + US
        self.follow_bytes()
        for place, call in enumerate(self.calls):
            call.kind = "spin" if call.count else "work"
            self.tell_wait(call, self.calls[place + 1:])

    def follow_bytes(self):
        """A listener hands connections out in the order in which they came: the k-th
        connect belongs to the k-th accept."""
        connects = [call for call in self.all if call.name == "connect"
                    and (call.ret == 0 or call.err == "EINPROGRESS")]
        accepts = [call for call in self.all
                   if call.name == "accept" and call.ret >= 0 and call.tail]
        opened = {}
        for one, other in zip(connects, accepts):
            opened[one] = opened[other] = Connection()
            self.arrow(one, other, "news")
        for call, connection, way in self.on_connections(opened):
            if call.name == "send" and call.ret > 0:
                sent = connection.sent[way]
                sent.append((call, (sent[-1][1] if sent else 0) + call.ret))
            elif call.name in ("close", "shutdown", "exit"):
                connection.ended.setdefault(way, call)
        # Again for who received: by then every send is known, also one that strace saw
        # return after the other side had its bytes.
        for call, connection, way in self.on_connections(opened):
            if call.name != "recv" or call.err == "EAGAIN":
                continue
            way = "accept" if way == "connect" else "connect"
            if call.ret == 0 and way in connection.ended:
                self.arrow(connection.ended[way], call, "news")
            low = connection.got[way]
            high = connection.got[way] = low + max(call.ret, 0)
            before = 0
            for send, upto in connection.sent[way]:
                if upto > low and before < high:
                    self.arrow(send, call, "bytes")
                before = upto

    def on_connections(self, opened):
        """Each finished call on a connection, with the side it was made on."""
        now = {}  # lane, fd: connection, side
        for call in self.all:
            key = call.lane, call.fd
            if call in opened:
                now[call.lane, call.fd if call.name == "connect" else call.ret] = \
                    opened[call], call.name
            elif call.name == "exit":
                for (lane, _), (connection, side) in now.items():
                    if lane is call.lane and side == "connect":
                        yield call, connection, side
            elif key in now and call.tail and not call.count:
                yield (call, *now[key])
                if call.name == "close":
                    del now[key]

    def arrow(self, source, target, kind):
        if source.start < self.begin or target.end < self.begin:
            return
        source.goes_to = target.lane
        if target.start < self.begin:
            return  # it has no box
        not_before(target, source.start)
        self.arrows.append(Arrow(source, target, kind))
        if target.came_at is None or source.start < target.came_at:
            target.came_at = source.start
            target.was_there = source.end <= target.start

    def tell_wait(self, call, later):
        """A call slept if what woke it began only after it had begun, or where that is
        not known, if it took long. It did not if all that it took had been there before."""
        if call.name not in MAY_SLEEP or call.err == "EAGAIN" or call.was_there:
            return
        if call.lane.never_sleeps and call.name not in WAITS:
            return
        came = call.came_at is not None and call.came_at > call.start
        if call.open or call.took >= SLEPT or came:
            call.kind = "wait"
        if call.name not in WAITS or call.ret < 1:
            return
        for taken in later:  # what it named is taken next
            if taken.lane is not call.lane:
                continue
            if taken.name in WAITS:
                return
            if taken.came_at is not None:
                if taken.came_at > call.start:
                    call.kind = "wait"
                not_before(call, taken.came_at)
                return

    def find(self, lane, name, which):
        """The call of this name in this lane; which is a number. `spin` is a fold."""
        found = [call for call in self.calls if call.lane.name == lane
                 and ("spin" if call.kind == "spin" else call.name) == name]
        which = int(which) if which.isdigit() else 0
        return found[which - 1] if 0 < which <= len(found) else None


def not_before(call, time):
    """A call cannot return before what it returned was sent. strace takes the begin and
    the duration from two clocks, so that the sum may be some 10 us too small."""
    if call.end <= time:
        call.end = time + US
