"""Draws strace logs as a time line: as text on stdout, as a picture in a file.

docs/lab/draw/timeline calls it, as python3 -B timeline.py OPTION... LOG...
Each log is of one process; its name, without .log, is the name of its lane. Status 1, and
one line: there is nothing to draw, or a text speaks of a call that is not there.
"""
import argparse
import os
import signal
import sys

from timelines import svg, text, words
from timelines.events import Run
from timelines.logs import Lane


def options(arguments):
    parser = argparse.ArgumentParser(prog="timeline.py", allow_abbrev=False)
    add = parser.add_argument
    add("-o", metavar="FILE.svg", help="the picture")
    add("--headline", default="", help="the idea, in one line")
    add("--caption", default="", help="what is to be seen")
    add("--desc", default="", help="the text alternative, with {LANE CALL WHICH FIELD}")
    add("--notes", default="", help="LANE CALL WHICH=TEXT;... for the third line of a box")
    add("--lanes", default="", help="LANE=TEXT;... below the name of a lane")
    add("--since", default="", help="LANE:N: after the first N lines of that lane's log")
    add("--steps", action="store_true", help="no clock: a column for each step")
    add("--command", default="", help="who draws, for the last line")
    add("--id", default="timeline", help="how the ids in the picture begin")
    add("logs", nargs="+", metavar="LOG")
    return parser.parse_args(arguments)


def main(arguments):
    chosen = options(arguments)
    lanes = []
    for log in chosen.logs:
        with open(log, encoding="utf-8", errors="replace") as lines:
            lanes.append(Lane(os.path.basename(log).rsplit(".log", 1)[0], lines))
    run = Run(lanes, chosen.since, chosen.steps)
    if not run.calls:
        raise words.Missing("the logs hold no call to draw")
    words.label(run, chosen.notes)
    caption, desc = (words.told(run, " ".join(part.split()))
                     for part in (chosen.caption, chosen.desc))
    under = dict(part.split("=", 1) for part in chosen.lanes.split(";") if part)
    if chosen.o:
        picture = svg.Picture(run, caption, chosen.id).draw(
            chosen.headline, desc, under, chosen.command)
        with open(chosen.o, "w", encoding="utf-8") as out:
            out.write(picture)
    sys.stdout.write(text.draw(run, chosen.headline))
    sys.stdout.flush()


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    try:
        main(sys.argv[1:])
    except (words.Missing, OSError) as why:
        sys.exit("timeline: %s" % why)
