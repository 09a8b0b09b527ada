"""A run as a picture: lanes, boxes and arrows, in SVG that refers to nothing outside."""
import os
import re
import string
import textwrap

from .layout import BOX, CHAR, LEFT, PITCH, SMALL, WIDE, Layout
from .words import moment

ENTITIES = {ord(c): "&%s;" % name for c, name in
            zip("&<>\"'×→…", ("amp", "lt", "gt", "quot", "#39", "#215", "#8594", "#8230"))}
KEYS = {"work": "works: returns at once", "wait": "waits: asleep in the call",
        "spin": "asks in vain: many calls, one box", "bytes": "bytes pass",
        "news": "connects, or leaves"}
SCALE = ("Time runs to the right, compressed: a gap counts by its order of magnitude, a box is "
         "as wide as its words. All printed times are real.")
STEPS = ("Columns: the steps, in their order. This is no scale of time: where a call slept, its "
         "real time is printed.")


def escape(text):
    return re.sub(r"[\0-\x1f\x7f]", "", text).translate(ENTITIES)


class Picture:
    """frame.svg has what all of them have in common: the style, and what is referred to."""

    def __init__(self, run, caption, name):
        self.run, self.id = run, escape(name)
        self.caption = textwrap.wrap(caption, 139, break_long_words=False, break_on_hyphens=False)
        self.at = Layout(run, 84 + 18 * len(self.caption))
        self.out = []

    def put(self, form, *values):
        self.out.append(form % values)

    def text(self, x, y, style, words):
        if words:
            self.put("<text x='%.1f' y='%.1f' class='%s'>%s</text>", x, y, style, escape(words))

    def draw(self, title, desc, under, command):
        """The text of the picture; under has words below the names of lanes."""
        at = self.at
        self.text(14, 30, "head", title)
        for i, line in enumerate(self.caption, 1):
            self.text(14, 34 + 18 * i, "caption", line)
        self.legend(44 + 18 * len(self.caption))
        for row in at.rows:
            self.axis(row)
            for lane in self.run.lanes:
                self.lane(lane, row, under.get(lane.name, ""))
            for call in self.run.calls:
                if at.x0[call] < at.row_x[row + 1] and at.x1[call] > at.row_x[row]:
                    self.box(call, row)
        lines = [self.arrow(arrow) for arrow in self.run.arrows]
        for _, _, line, _ in lines:
            self.put("<path d='%s' class='halo'/>", line)
        for kind, to_edge, line, ends in lines:
            if to_edge:
                self.put("<path d='%s' class='%s'/>", to_edge, kind)
            self.put("<path d='%s' class='%s' marker-end='url(#%s-%s)' data-from='%s'"
                     " data-to='%s'/>", line, kind, self.id, kind, *ends)
        self.text(14, at.high - 24, "foot", STEPS if self.run.steps else SCALE)
        self.text(14, at.high - 9, "foot", "drawn from a run under strace by: " + command)
        with open(os.path.join(os.path.dirname(__file__), "frame.svg"), encoding="ascii") as frame:
            return string.Template(frame.read()).substitute(
                wide=WIDE, high=at.high, id=self.id, title=escape(title), desc=escape(desc),
                body="\n".join(self.out))

    def legend(self, y):
        here = {"work"} | {call.kind for call in self.run.calls} \
            | {arrow.kind for arrow in self.run.arrows}
        x = 14
        for kind in (kind for kind in KEYS if kind in here):
            if kind in ("bytes", "news"):
                self.put("<path d='M%d %dH%d' class='%s' marker-end='url(#%s-%s)'/>",
                         x, y + 9, x + 26, kind, self.id, kind)
            else:
                self.put("<rect x='%d' y='%d' width='26' height='16' rx='3' class='%s'%s/>",
                         x, y + 1, kind, self.fill(kind))
            self.text(x + 33, y + 13.5, "key", KEYS[kind])
            x = x + 33 + len(KEYS[kind]) * 6.2 + 20

    def fill(self, kind):
        return "" if kind == "work" else " fill='url(#%s-%s)'" % (self.id, kind)

    def axis(self, row):
        """Real times, as many as there is room for."""
        at, y = self.at, self.at.row_y[row]
        if self.run.steps:
            first = (call for call in self.run.calls if call.lane is self.run.lanes[0])
            for step, call in enumerate(first, 1):
                self.text(at.on_page(at.x0[call], row) + 2, y + 14, "tick", "step %d" % step)
            return
        self.put("<path d='M%d %.1fH%d' class='axis'/>", LEFT, y + 20,
                 at.on_page(at.row_x[row + 1], row))
        free, before = LEFT - 40, ""
        for edge, time in at.edges:
            if not at.row_x[row] <= edge < at.row_x[row + 1]:
                continue
            x = at.on_page(edge, row)
            words = "t = 0" if time - self.run.begin < 0.000001 else moment(self.run, time)
            left = max(x - len(words) * SMALL / 2, LEFT - 8)
            right = left + len(words) * SMALL
            if words in (before, "0.0 ms") or left < free + 14 or right > WIDE - 6:
                continue
            self.text(left, y + 14, "tick", words)
            self.put("<path d='M%.1f %.1fv5' class='axis'/>", x, y + 17)
            self.put("<path d='M%.1f %.1fV%.1f' class='grid'/>", x, y + 23, y + at.row_high - 4)
            free, before = right, words

    def lane(self, lane, row, under):
        at = self.at
        calls = [call for call in self.run.calls if call.lane is lane]
        y = at.lane_y(lane, row) + (BOX if calls else 28) // 2
        self.text(14, y - 1, "lane", lane.name)
        self.text(14, y + 14, "under", under)
        first = 0 if self.run.since else min([at.x0[call] for call in calls] + [at.total])
        last = max([at.x1[call] for call in calls] + [-1])
        if not any(call.name == "exit" for call in lane.calls):
            last = at.total  # it lives on
        first, last = max(first, at.row_x[row]), min(last, at.row_x[row + 1])
        if first < last:
            self.put("<path d='M%.1f %.1fH%.1f' class='life'/>",
                     at.on_page(first, row), y, at.on_page(last, row))

    def box(self, call, row):
        at, y, kind = self.at, self.at.lane_y(call.lane, row), call.kind
        from_left, to_right = at.x0[call] < at.row_x[row], at.x1[call] > at.row_x[row + 1]
        a = at.on_page(max(at.x0[call], at.row_x[row]), row)
        b = at.on_page(min(at.x1[call], at.row_x[row + 1]), row)
        title, result, third = call.label
        data = {"lane": call.lane.name, "call": call.name, "kind": kind,
                "start": "%.3f" % ((call.start - self.run.begin) * 1000),
                "end": "%.3f" % ((call.end - self.run.begin) * 1000), "result": result,
                "count": call.count or None, "named": call.named or None, "left": call.left}
        self.put("<g%s>", "".join(" data-%s='%s'" % (key, escape(str(value)))
                                  for key, value in data.items() if value is not None))
        style = kind + (" mark" if call.mark else "")
        if not (from_left or to_right or call.open):
            self.put("<rect x='%.1f' y='%.1f' width='%.1f' height='%d' rx='4'%s class='%s'/>",
                     a, y, b - a, BOX, self.fill(kind), style)
        else:  # open where it goes on
            self.put("<rect x='%.1f' y='%.1f' width='%.1f' height='%d'%s class='%s'"
                     " style='stroke:none'/>", a, y, b - a, BOX, self.fill(kind), kind)
            self.put("<path d='M%.1f %.1fH%.1f%sM%.1f %.1fH%.1f%s' class='%s' fill='none'/>",
                     a, y, b, "" if to_right or call.open else "V%d" % (y + BOX),
                     b, y + BOX, a, "" if from_left else "V%d" % y, style)
        on, room, wide = "" if kind == "work" else " on" + kind, b - a, at.wide[call]
        need = len(title) * CHAR + 10
        if room >= need:
            goes_on = from_left and room > need + 75
            self.text(a + 6, y + 16, "name" + on, title + (" (goes on)" if goes_on else ""))
        if room >= wide - 2 and not (to_right and wide > room):
            self.text(a + 6, y + 31, "result" + on, "…" if to_right else result)
            self.text(a + 6, y + 45, "small" + on, "" if to_right else third)
        self.out.append("</g>")
        if call in at.stop_x and at.row_x[row] <= at.stop_x[call] \
                and at.go_on_x[call] <= at.row_x[row + 1]:
            a, b = at.on_page(at.stop_x[call], row), at.on_page(at.go_on_x[call], row)
            self.put("<rect x='%.1f' y='%.1f' width='%.1f' height='4' class='stop'/>",
                     a, y + BOX + 3, b - a)
            self.text(a, y + BOX + 18, "under", "stopped")

    def arrow(self, arrow):
        """Its kind, its line, and the names of its ends. What crosses the cut between two
        rows goes to the edge of the one, and comes from the edge of the other. Connections
        run flatter than bytes, so that both can be seen where they leave one lane."""
        at, lanes = self.at, self.run.lanes
        source, target, kind = arrow
        row, other = at.row_of(at.x0[source] + 2), at.row_of(at.target_x(arrow))
        way = 1 if lanes.index(target.lane) > lanes.index(source.lane) else -1
        xa = at.on_page(at.x0[source], row) + (9 if kind == "bytes" else 18)
        xb = at.on_page(at.x1[target], other) - 6 if target.kind == "wait" \
            else at.on_page(at.x0[target], other) + 6
        ya = at.lane_y(source.lane, row) + (BOX if way > 0 else 0)
        yb = at.lane_y(target.lane, other) + (0 if way > 0 else BOX)
        ends = escape(source.lane.name), escape(target.lane.name)
        if row == other:
            xa, bend = min(xa, xb), 20 if kind == "bytes" else 10
            return kind, "", "M%.1f %.1fC%.1f %.1f %.1f %.1f %.1f %.1f" % (
                xa, ya, xa, ya + way * bend, xb, yb - way * (bend + 4), xb, yb), ends
        low = ya + way * (PITCH - BOX) * 0.6
        to_edge = "M%.1f %.1fQ%.1f %.1f %.1f %.1fH%.1f" % (
            xa, ya, xa, low, xa + 22, low, at.on_page(at.row_x[row + 1], row))
        low = yb - way * (PITCH - BOX) * 0.6
        return kind, to_edge, "M%d %.1fH%.1fQ%.1f %.1f %.1f %.1f" % (
            LEFT, low, max(xb - 14, LEFT), xb, low, xb, yb), ends
