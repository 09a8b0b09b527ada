"""Do the lines of a block occur, in a row, in those that prove it?

match(how, words, want, have) is None if so; else (N, LINES): line N of the block, from 1,
is the first that is not there, and LINES show the difference. how:

  lines   as they are
  code    indented in another way: what the lines have in common may be another
  run     what a command printed: with the kinds of numbers (kinds.py)
  whole   so, and it is all

words, of the block: partial, annotated, varying.
"""
import re

from .kinds import Line

SKIP = re.compile(r"[ \t]*\.\.\.[ \t]*$")
SHOWN = 6  # lines of a difference


def match(how, words, want, have):
    return Matcher(how, words, want, have).run()


class Matcher:
    def __init__(self, how, words, want, have):
        self.how = how
        self.annotated = "annotated" in words
        self.skips = ["partial" in words and bool(SKIP.match(line)) for line in want]
        if how == "code":
            margins = [len(line) - len(line.lstrip(" "))
                       for line, skip in zip(want, self.skips) if line.strip(" ") and not skip]
            want = [line[min(margins, default=0):] for line in want]
        kinds = {"wild": how in ("run", "whole"), "varying": "varying" in words,
                 "annotated": self.annotated}
        self.want = [Line(line, explained=self.annotated, **kinds) for line in want]
        self.have = [Line(line, **kinds) for line in have]
        self.far = self.far_have = -1
        self.failed = set()

    def run(self):
        if not self.want and not self.have:
            return None
        # An empty block says that nothing is printed.
        whole = self.how == "whole" or not self.want
        starts = [0] if whole else range(max(len(self.have), 1))
        if any(self.rest(0, start, {}, whole) for start in starts):
            return None
        return self.far + 1, self.difference()

    def rest(self, i, j, agreed, whole):
        """Do the lines from i on match those from j on? agreed is what they have agreed on
        so far: what stands for which number, and the indentation."""
        while True:
            if i > self.far:
                self.far, self.far_have = i, j
            if i == len(self.want):
                return not whole or j == len(self.have)
            if self.skips[i]:
                return self.behind(i + 1, j, agreed, whole)
            if j == len(self.have) or not self.alike(self.want[i], self.have[j], agreed):
                return False
            if i == self.far:
                self.far_have = j  # the one to show, if its numbers disagree
            agreed = self.agree(self.want[i].numbers, self.have[j].numbers, agreed)
            if agreed is None:
                return False
            i, j = i + 1, j + 1

    def behind(self, i, j, agreed, whole):
        """Behind a line `...`, any number of lines may have been left out."""
        key = (i, j, frozenset(agreed.items()))
        if key in self.failed:
            return False
        self.failed.add(key)
        return any(self.rest(i, k, agreed, whole) for k in range(j, len(self.have) + 1))

    def alike(self, want, have, agreed):
        if self.how == "code":
            if not want.text:
                return not have.text
            pad = have.text[: len(have.text) - len(want.text)]
            if not have.text.endswith(want.text) or pad.strip(" "):
                return False
            return agreed.setdefault("pad", pad) == pad
        text = want.text
        while text.replace("\3", " ") != have.text:
            text, explains, _ = text.rpartition("\3")
            if not explains:
                return False
        return True

    def agree(self, want, have, agreed):
        """One number stands for one, both ways."""
        agreed = dict(agreed)
        for (kind, a), (_, b) in zip(want, have):
            if agreed.setdefault((kind, "to", a), b) != b or \
                    agreed.setdefault((kind, "from", b), a) != a:
                return None
        return agreed

    def difference(self):
        def lines(mark, shown):
            return [f"    {mark} {line.shown}" for line in shown]

        end = [Line("(no more)")]
        want, have = self.want[self.far:], self.have[self.far_have:]
        return (lines(" ", self.want[max(self.far - 2, 0) : self.far])
                + lines("-", want[:SHOWN] or end) + lines("+", have[:SHOWN] or end))
