"""What a command prints differs from run to run. So a number of one of these kinds may be
another one, but the same one at each of its places, and no other kind's or place's:

  descriptor   fd N, fd=N; accept -> N, accept fd 3 -> N; of a line of strace, its
               first argument, and what accept, socket, open, dup returned
  port         127.0.0.1:N, port N, htons(N), sport = :N
  process      pid N, pid=N, /proc/N, -> N (its process)
  address      0x and 6 hexadecimal digits, or more

and of these, any number is as good: time (N ns, us, ms, s), memory (N KiB), share (N %);
where a block is `varying`, count: a number of 3 digits or more. In a line with a number of
a kind, a run of blanks is as good as one blank. Blanks at the end never count.
"""
import re

SAME = {"descriptor", "port", "process", "address"}  # the same one at each of its places
# What was recognized becomes one character, which no page has: no later rule sees digits.
FIRST = 0xF0000

CALL = r"^ (?:[a-z]+ +[|] )?"  # a line of strace; the name of the program may precede
# In this order: the kind, what stands before the number, the number, what stands behind it.
RULES = [
    ("address", "", "0x[0-9a-f]{6,}", ""),
    ("port", r"127\.0\.0\.1:|[^a-z]port |htons\(|sport = :", "[0-9]+", ""),
    ("descriptor", "[^a-z]fd[ =]", "[0-9]+", ""),
    ("descriptor", "[^a-z]accept (?:fd [^ ]* )?-> ", "[0-9]+", ""),
]
STRACE = re.compile(CALL + r"[a-z_0-9]+\(.*(?:\) += |, $|,   |unfinished)")
NO_DESCRIPTOR = re.compile(CALL + r"(?:exit|exit_group|alarm|epoll_create1?|socket)\(")
ARGUMENTS = [
    ("descriptor", CALL + r"[a-z_0-9]+\(", "[0-9]+", "[,)]"),
    ("descriptor", "EPOLL_CTL_[A-Z]+, ", "[0-9]+", ""),
]
OPENS = re.compile(CALL + r"(?:accept|accept4|socket|open|openat|dup|epoll_create1?)\(")
RESULT = [("descriptor", r"\) += ", "[0-9]+", "")]
REST = [
    ("process", r"[^a-z]pid[ =]|/proc/", "[0-9]+", ""),
    ("process", "-> ", "[0-9]+", r" \(its process\)"),
    ("time", "[^0-9A-Za-z_.]", r"[0-9]+(?:\.[0-9]+)?", " ?(?:ns|us|ms|s|sec)[^A-Za-z0-9_]"),
    ("memory", "[^0-9A-Za-z_.]", r"[0-9,]+(?:\.[0-9]+)?", " KiB"),
    ("share", "", r"[0-9]+(?:\.[0-9]+)?", " ?%"),
]
# 127.0.0.1 is no count.
VARYING = [("count", "", r"(?!127\.0\.0\.1)(?:[0-9]+(?:,[0-9]{3})+|[0-9]{3,})", "")]


class Line:
    """shown: for a message; text: what is compared; numbers: those that must agree, as
    (kind, number). In text, \3 stands before an explanation."""

    def __init__(self, line, wild=False, varying=False, annotated=False, explained=False):
        self.found = []
        self.numbers, self.shown, self.text = [], "", ""
        line = line.rstrip(" \t\r")
        if wild:
            line = self.mark(f" {line} ", varying)[1:-1]  # a word has something around it
        for char in line:
            kind, number = self.meaning(char)
            if kind in SAME:
                self.numbers.append((kind, number))
                self.shown += f"<{kind} {number}>"
            else:
                self.shown += f"<{kind}>" if kind else char
            self.text += f"\1{kind}\2" if kind else char
        if explained:
            self.text = re.sub("   +", "\3", self.text)
        if self.found or annotated:
            self.text = re.sub("  +", " ", self.text)

    def meaning(self, char):
        at = ord(char) - FIRST
        return self.found[at] if 0 <= at < len(self.found) else (None, None)

    def mark(self, line, varying):
        line = self.apply(RULES, line)
        if STRACE.match(line) and not NO_DESCRIPTOR.match(line):
            line = self.apply(ARGUMENTS, line)
        if OPENS.match(line):
            line = self.apply(RESULT, line)
        return self.apply(REST + VARYING if varying else REST, line)

    def apply(self, rules, line):
        for kind, before, number, behind in rules:

            def found(match):
                self.found.append((kind, match[2]))
                return match[1] + chr(FIRST + len(self.found) - 1)

            line = re.sub(f"({before})({number})(?={behind})", found, line)
        return line
