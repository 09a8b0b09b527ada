"""check-notes: each block of a page holds against what it names. The words behind the
backticks are explained at the top of check-notes."""
import glob
import os
import platform
import re
import shutil
import subprocess
import sys

from . import asks, links
from .blocks import Page, lines_of, read
from .matcher import SKIP, match
from .runs import run


class Checker:
    def __init__(self, path, fix, replay):
        self.page = Page(path)
        self.fix, self.replay = fix, replay
        self.bad = False

    def check(self):
        for block in self.page.blocks:
            BlockCheck(self, block).check()
        if self.fix:
            self.page.rewrite()
        links.check(self.page, self.complain)
        return not self.bad

    def complain(self, text):
        print(text, flush=True)
        self.bad = True


class BlockCheck:
    """One block: its info string is kind, words, rest."""

    def __init__(self, checker, block):
        self.checker, self.block = checker, block
        self.where = f"{checker.page.path}:{block.begin}"
        kind, _, rest = block.info.partition(" ")
        self.kind, self.rest = kind, rest.strip()
        self.words, self.needs, self.machine = set(), [], None
        self.take_words()

    def take_words(self):
        while True:
            word, _, rest = self.rest.partition(" ")
            if word in ("partial", "annotated", "varying"):
                self.words.add(word)
            elif re.match("needs=.", word):
                self.needs += word[len("needs="):].split(",")
            elif re.match("on=.", word):
                self.machine = word[len("on="):]
            else:
                return
            self.rest = rest

    def complain(self, text):
        self.checker.complain(f"{self.where}: {text}")

    def path(self, name):
        return os.path.join(self.checker.page.directory, name)

    def check(self):
        kind, rest = self.kind, self.rest
        if (kind, rest) in (("text", "drawing"), ("sh", "")):
            return
        self.check_partial()
        first, _, more = rest.partition(" ")
        if kind == "console" and not rest:
            self.if_at_hand(self.console)
        elif kind in ("console", "sh"):
            self.complain(f"not a word that is known: '{rest}'")
        elif kind not in ("c", "diff", "text"):
            self.complain(f"a block without a kind: '{kind}'")
        elif not rest:
            self.complain(f"what proves this block? '{kind}' alone does not say")
        elif kind == "c" and first == "wrong":
            self.in_file(more, f"not in what {more} makes:", "code", patched, "no such patch")
        elif kind == "c":
            self.in_file(rest, f"not in {rest}:", "code", whole, "no such file")
        elif kind == "diff":
            self.in_difference(rest)
        elif first == "$" and more:
            self.if_at_hand(lambda: self.printed(more))
        elif first == "once":
            if not exists(more, self.checker.page.directory):
                self.complain(f"no such command: '{more}'")
        else:
            self.in_file(rest, f"not in {rest}:", "lines", whole,
                         "neither a word that is known nor a file")

    def check_partial(self):
        dots = any(SKIP.match(line) for line in self.block.lines)
        if "partial" in self.words and not dots:
            self.complain("it is partial, and has no line `...`")
        elif dots and "partial" not in self.words:
            self.complain("a line `...`, and it is not partial")

    def prove(self, text, how, want, have, begin=None):
        """Complains if want, which begins behind line begin of the page, is not in have."""
        why = match(how, self.words, want, have)
        if why:
            line = (begin or self.block.begin) + why[0]
            self.checker.complain(f"{self.checker.page.path}:{line}: {text}")
            print("\n".join(why[1]), flush=True)
        return not why

    def in_file(self, name, text, how, content, missing):
        if not os.path.isfile(self.path(name)):
            self.complain(f"{missing}: '{name}'")
        else:
            self.prove(text, how, self.block.lines, content(self.path(name)))

    def in_difference(self, name):
        here = os.path.realpath(self.checker.page.directory)
        last = chapter_before(here)
        files = [os.path.join(last or "", name), os.path.join(here, name)]
        if last and all(map(os.path.isfile, files)):
            out = subprocess.run(["diff", "-u", *files], stdout=subprocess.PIPE, check=False).stdout
            self.prove(f"not in the difference of {name}:", "lines", self.block.lines,
                       lines_of(out.decode("utf-8", "surrogateescape")))
        else:
            self.complain(f"no such file in this chapter and the last: '{name}'")

    def if_at_hand(self, action):
        """Is each tool there that the block needs, and the machine?"""
        if not self.checker.replay:
            return
        missing = [tool for tool in self.needs if not shutil.which(tool)]
        if self.machine and self.machine != platform.machine():
            print(f"{self.where}: not run: this is no {self.machine}", file=sys.stderr)
        elif missing:
            print(f"{self.where}: not run: {missing[0]} is not installed", file=sys.stderr)
        else:
            action()

    def printed(self, command):
        self.block.fixed = self.replayed(command, "run", self.block.lines, self.block.begin)

    def console(self):
        """Splits it at its `$ ` lines."""
        parts, fixed = [], []
        for number, line in enumerate(self.block.lines, self.block.begin + 1):
            if line.startswith("$ "):
                parts.append((line[2:], [], number))
            elif parts:
                parts[-1][1].append(line)
            elif number == self.block.begin + 1:
                self.complain("it begins with no command")
        for command, want, number in parts:
            fixed += [f"$ {command}", *self.replayed(command, "whole", want, number)]
        if parts and self.block.lines[0].startswith("$ "):
            self.block.fixed = fixed

    def replayed(self, command, how, want, begin):
        """What the page should say."""
        ran = run(command, self.checker.page.directory)
        bad = self.checker.bad
        if self.prove(f"`{command}` printed something else:", how, want, ran.out, begin):
            return want
        why_not = ran.replaceable(want)
        if not self.checker.fix:
            if ran.trouble:
                print(f"    {ran.trouble}")
            return want
        if self.words & {"partial", "annotated"}:
            print("    this block skips or explains lines: correct it by hand")
        elif why_not:
            print(f"    not replaced, {why_not}: correct it by hand")
        else:
            print("    replaced")
            self.checker.bad = bad
            return [line.rstrip(" \t") for line in ran.out]
        return want


def whole(path):
    return lines_of(read(path))


def patched(path):
    """What a patch makes of its file; between two hunks, a line that no file has."""
    made = []
    for line in whole(path):
        if re.match(r"diff |index |--- |\+\+\+ |@@", line):
            made.append("\1")
        elif line[:1] in ("+", " ", ""):
            made.append(line[1:])
    return made


def chapter_before(directory):
    """The chapter before: 04-poll for 05-epoll."""
    number = re.match("0*([1-9])-", os.path.basename(directory))
    if not number or number[1] == "1":
        return None
    found = glob.glob(os.path.join(glob.escape(asks.ROOT), f"0{int(number[1]) - 1}-*"))
    return found[0] if found else None


def exists(command, directory):
    """Is there what a command begins with? A program is there if its source is."""
    words = command.split()
    while words and "=" in words[0]:
        words.pop(0)
    if not words:
        return False
    if words[0] != "make":
        path = os.path.join(directory, words[0])
        return os.path.isfile(path) or os.path.isfile(path + ".c")
    goals = [word for word in words[1:] if not word.startswith("-") and "=" not in word]
    return not goals or goals[0] in asks.make_commands()


def main(paths):
    good = [Checker(path, os.environ.get("FIX"), not os.environ.get("NO_REPLAY")).check()
            for path in paths]
    return 0 if all(good) else 1
