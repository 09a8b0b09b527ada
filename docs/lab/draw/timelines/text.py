"""A run as text for a terminal: 80 columns, one for each lane."""
from .words import span

ROOM = 71  # beside the time


def called(run, call):
    word, result = call.words
    if call.kind == "wait":
        return word + " ..."
    if result:
        word += ": " + result
    if call.goes_to:
        left = run.lanes.index(call.goes_to) < run.lanes.index(call.lane)
        word = "<-- " + word if left else word + " -->"
    return word


def returned(call):
    return "= %s (%s)" % (call.words[1] or "done", span(call.took))


def widths(run):
    """Of each lane; where there is no room, the widest gives."""
    width = {lane: len(lane.name) + 2 for lane in run.lanes}
    for call in run.calls:
        cells = [called(run, call)] + [returned(call)] * (call.kind == "wait")
        width[call.lane] = max([width[call.lane]] + [len(cell) + 2 for cell in cells])
    while sum(width.values()) > ROOM:
        width[max(width, key=width.get)] -= 1
    return width


def draw(run, headline=""):
    """A line where a call begins, and another where one that slept returns."""
    width = widths(run)
    lines = [headline, ""] if headline else []

    def add(first, cells):
        line = "%8s " % first + "".join(
            cells.get(lane, "")[:width[lane] - 1].ljust(width[lane]) for lane in run.lanes)
        lines.append(line.replace("×", "x").replace("…", "~").rstrip(" "))

    events = []
    for call in run.calls:
        events.append((call.start, call, False))
        if call.kind == "wait" and not call.open:
            events.append((call.end, call, True))
    events.sort(key=lambda event: event[0])
    add("" if run.steps else "ms", {lane: lane.name for lane in run.lanes})
    zero, asleep, last = {}, {}, None
    for time, call, back in events:
        if run.steps and last not in (None, call.lane):
            lines.append("")
        last = call.lane
        zero.setdefault(last, time if run.steps else run.begin)
        cell = returned(call) if back else called(run, call)
        add("%.2f" % ((time - zero[last]) * 1000), {**asleep, last: cell})
        asleep.pop(last, None)
        if call.kind == "wait" and not back:
            asleep[last] = ":"
    lines += ["", "... sleeps, : still sleeps, = returns (after so long), --> goes over there"]
    return "\n".join(lines) + "\n"
