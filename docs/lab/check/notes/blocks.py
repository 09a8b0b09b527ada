"""A Markdown page, line by line: its fenced blocks, and the text around them."""
import os
import re
import shutil

FENCE = re.compile(r" *```")
CLOSING = re.compile(r" *``` *$")


class Block:
    """info: what stands behind the backticks; begin: their line, counted from 1;
    fixed: the lines that are to stand here, or None."""

    def __init__(self, info, begin):
        self.info, self.begin = info, begin
        self.lines, self.fixed = [], None


class Page:
    def __init__(self, path):
        self.path = path
        self.directory = os.path.dirname(path) or "."
        self.source = read(path)
        self.blocks, self.prose = [], []  # prose: (number, line)
        block = None
        for number, line in enumerate(lines_of(self.source), 1):
            if block is None and FENCE.match(line):
                block = Block(FENCE.sub("", line, count=1).strip(), number)
                self.blocks.append(block)
            elif CLOSING.match(line):
                block = None
            elif block is None:
                self.prose.append((number, line))
            else:
                block.lines.append(line)

    def rewrite(self):
        """Puts what is fixed into the file: all of it, or nothing."""
        lines = lines_of(self.source)
        for block in reversed(self.blocks):
            if block.fixed is not None:
                lines[block.begin : block.begin + len(block.lines)] = block.fixed
        text = "".join(line + "\n" for line in lines)
        if text == self.source:
            return
        new = self.path + ".new"
        try:
            with open(new, "w", encoding="utf-8", errors="surrogateescape", newline="") as file:
                file.write(text)
            shutil.copymode(self.path, new)
            os.replace(new, self.path)
        finally:
            if os.path.exists(new):
                os.unlink(new)


def read(path):
    with open(path, encoding="utf-8", errors="surrogateescape", newline="") as file:
        return file.read()


def lines_of(text):
    """Its lines, without their ends; the last one may have none."""
    lines = text.split("\n")
    return lines[:-1] if lines[-1] == "" else lines
