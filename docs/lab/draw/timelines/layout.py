"""Where everything stands in the picture: an x for each time, and rows as wide as the page."""
WIDE, LEFT, RIGHT = 1000, 92, 14
BOX, PITCH, AXIS = 52, 78, 24
CHAR, SMALL = 7.35, 6.75  # the widths of 12 px and 11 px monospace, and a bit
SOON = 0.001  # seconds
BEGIN, END, STOP, GO_ON = range(4)


class Layout:
    """What stands further to the right was later, in all lanes. A gap adds its magnitude,
    a box the room for its words."""

    def __init__(self, run, top):
        self.run = run
        self.x0, self.x1, self.stop_x, self.go_on_x = self.xs = {}, {}, {}, {}
        self.wide = {call: 12 + max(len(call.label[0]) * CHAR, len(call.label[1]) * CHAR,
                                    len(call.label[2]) * SMALL) for call in run.calls}
        self.edges = []  # pairs: x, time
        self.place()
        self.row_x = [0]
        self.room = WIDE - LEFT - RIGHT
        while self.total - self.row_x[-1] > self.room and len(self.row_x) < 9:
            self.row_x.append(self.cut(self.row_x[-1]))
        self.rows = range(len(self.row_x))
        self.row_x.append(self.total)
        self.scale = [min(1.5, self.room / (b - a)) for a, b in zip(self.row_x, self.row_x[1:])]
        self.lane_at, self.row_high = {}, AXIS + 8
        self.used = {call.lane for call in run.calls}
        for lane in run.lanes:
            self.lane_at[lane] = self.row_high
            self.row_high += PITCH if lane in self.used else 40
        self.row_y = [top + r * (self.row_high + 14) for r in self.rows]
        self.high = self.row_y[-1] + self.row_high + 36

    def events(self):
        steps = {}
        for call in self.run.calls:
            if self.run.steps:
                step = steps[call.lane] = steps.get(call.lane, 0) + 1
                yield from ((step, BEGIN, call), (step + 0.5, END, call))
                continue
            yield from ((call.start, BEGIN, call), (call.end, END, call))
            if call.stop:
                yield from ((call.stop[0], STOP, call), (call.stop[1], GO_ON, call))

    def place(self):
        x, before, last = 4, None, {}
        for time, what, call in sorted(self.events(), key=lambda event: event[0]):
            if before is not None and self.run.steps:
                x += 6 if time > before else 0
            elif before is not None:
                x += 1.5 + 4 * magnitude(time - before)
            before = time
            if what == BEGIN:
                if call.lane in last:
                    x = max(x, self.x1[last[call.lane]] + 3)
                if call.kind != "wait":
                    x = self.behind_arrow(call, x)
                if not self.run.steps:
                    x = self.before_wake(call, x)
            elif what == END:
                x = max(x, self.x0[call] + self.wide[call])
                if call.kind == "wait":
                    x = self.behind_arrow(call, x - 12) + 12
                last[call.lane] = call
            elif what == GO_ON:
                x = max(x, self.stop_x[call] + 56)
            self.xs[what][call] = x
            self.edges.append((x, time))
        self.total = x + 4

    def behind_arrow(self, call, x):
        """An arrow must not run backwards: where it starts, and a bit."""
        return max([x] + [self.x0[arrow.source] + 18 for arrow in self.run.arrows
                          if arrow.target is call and arrow.source in self.x0])

    def before_wake(self, call, x):
        """Where a call begins that soon ends a sleep elsewhere, the room for the words of
        that sleep is to its left: else the call, which is short, would be drawn long."""
        return max([x] + [self.x0[other] + self.wide[other] - 30 for other in self.run.calls
                          if other.lane is call.goes_to and other.kind == "wait"
                          and not other.open and other.start < call.start < other.end
                          and other.end - call.start < SOON])

    def cut(self, begin):
        """Where a row ends. A cut goes through as few arrows and short boxes as can be; a
        long wait may go on in the next row."""
        rest = self.total - begin
        target = min(self.room, rest / (int(rest / self.room) + 1) * 1.12)
        best = None
        for x in (edge + 2 for edge, _ in self.edges[:-1]):
            if begin + target * 0.55 <= x <= begin + target:
                cost = (begin + target - x) / 60
                for call in self.run.calls:
                    if self.x0[call] < x < self.x1[call]:
                        cost += 100 if call.kind == "work" else 1
                        if (x - self.x0[call] < self.wide[call] + 12
                                or self.x1[call] - x < self.wide[call]):
                            cost += 3
                cost += 30 * sum(self.x0[arrow.source] < x < self.target_x(arrow)
                                 for arrow in self.run.arrows)
                if best is None or cost < best[0]:
                    best = cost, x
        return best[1] if best else begin + target

    def row_of(self, x):
        return max([0] + [r for r in self.rows if self.row_x[r] <= x])

    def on_page(self, x, row):
        return LEFT + (x - self.row_x[row]) * self.scale[row]

    def target_x(self, arrow):
        call = arrow.target
        return self.x1[call] - 6 if call.kind == "wait" else self.x0[call] + 6

    def lane_y(self, lane, row):
        return self.row_y[row] + self.lane_at[lane]


def magnitude(time):
    """How many times longer than 20 us, in powers of ten; between them, in a straight line."""
    times, powers = 1 + time / 0.00002, 0
    while times >= 10:
        times /= 10
        powers += 1
    return powers + (times - 1) / 9
