"""check-names: the names that a page puts into `code`. What each kind of name must be is
explained at the top of check-names."""
import os
import re

from . import asks
from .blocks import Page, lines_of, read

FILES = r"[A-Za-z0-9_./-]+\.(?:c|h|bats|bash|md|svg|sh|awk|py|txt|patch|cfg|html)"
CODE = re.compile(r"\.([ch]|bash|bats|sh|awk|py|cfg)$|/(demo|Makefile)$"
                  r"|/lab/[a-z]+/[a-z-]+$|/transcripts/[a-z-]+$")
COMMAND = re.compile(r"(?:\.\.?/|docs/lab/|0[1-6]-[a-z-]*/)[a-z_0-9/.-]*[a-z_0-9.-](?: |$)")
CHAPTER = r"0[1-6]-[a-z-]*"
NO_C = re.compile(r' -> |^[{"]|^(?:int|on) ')
LIKE_C = re.compile(r"[a-z_]\(.+\)|[a-z]\)? *(?:==|!=|<=|>=|&&|\?) |->|;$|[a-z]\[")
NAME = re.compile(r"([a-z_][a-z_0-9]*)(?:\(\))?")


class Repository:
    """What there is: paths, base names, directories; the words of the code; the programs of
    each chapter; the titles of the tests."""

    def __init__(self, top):
        self.top = top
        self.paths = set(files(top))
        self.bases = {os.path.basename(path) for path in self.paths}
        self.directories = {os.path.dirname(path) for path in self.paths}
        self.words, self.programs, self.tests = set(), {}, set()
        for path in sorted(self.paths):
            if not CODE.search("/" + path):
                continue
            text = read(os.path.join(top, path))
            if "\0" in text:
                continue  # built
            self.words.update(re.split("[^A-Za-z0-9_]+", text))
            chapter = re.fullmatch(rf"({CHAPTER})/[^/]*\.c", path)
            if chapter:
                self.programs[chapter[1]] = self.programs.get(chapter[1], "") + text
            if path.endswith(".bats"):
                for title in re.findall(r'^@test "(.*)" \{', text, re.M):
                    self.tests.add((os.path.dirname(path), re.sub(r"\\(.)", r"\1", title)))
        for line in lines_of(read(os.path.join(os.path.dirname(__file__), "names.txt"))):
            if not line.startswith("#"):
                self.words.add(line.partition("\t")[0])
        # What follows `server: ` is mostly what the server says.
        self.suites = {title.partition(":")[0] for _, title in self.tests if ":" in title}
        self.suites.discard("server")

    def program_lines(self, chapter):
        """Those of the chapter, and of the last one: what has gone from it."""
        last = f"0{int(chapter[1]) - 1}-"
        return self.programs.get(chapter, "") + "".join(
            text for name, text in self.programs.items() if name.startswith(last))

    def patch(self, kind, number):
        """exercise, 6.5: is there 06-*/exercises/5-*.patch?"""
        chapter, _, which = number.partition(".")
        pattern = re.compile(rf"0{chapter}-[a-z-]*/{kind}s/{which}-.*\.patch")
        return any(map(pattern.fullmatch, self.paths))


def files(top):
    for directory, inner, names in os.walk(top):
        inner[:] = [name for name in inner if name not in (".git", "build")]
        for name in names:
            yield os.path.relpath(os.path.join(directory, name), top)


def spans(page):
    """The spans of each line, outside of blocks, with the line where they end."""
    left = ""
    for number, line in page.prose:
        found = list(re.finditer("`([^`]+)`", left + line))
        rest = (left + line)[found[-1].end():] if found else left + line
        left = rest[rest.index("`"):] + " " if "`" in rest else ""  # it goes on
        for span in found:
            yield number, span[1]


class NameCheck:
    def __init__(self, repository, path):
        self.repository = repository
        self.page = Page(path)
        where = os.path.relpath(os.path.realpath(path), os.path.realpath(repository.top))
        # A page of a copy, outside of the repository, is judged by its own directory.
        chapter = re.search(rf"(?:^|/)({CHAPTER})/[A-Za-z]*\.md$", path)
        self.chapter = chapter[1] if chapter else None
        self.directory = "" if where.startswith("..") else os.path.dirname(where)
        self.bad = False

    def check(self):
        for number, span in spans(self.page):
            wrong = self.wrong(span)
            if wrong:
                self.bad = True
                print(f"{self.page.path}:{number}: {wrong}: `{span}`", flush=True)
        return not self.bad

    def wrong(self, span):
        """What is wrong with a span, or None. The first that fits says what it is."""
        repository = self.repository
        if ": " in span and span.partition(":")[0] in repository.suites:
            return None if self.titled(re.sub("  +", " ", span)) else "no such test"
        if re.match("make( |$)", span):
            return self.wrong_make(span.split()[1:])
        if re.fullmatch(FILES, span):
            base = os.path.basename(span)
            there = base in repository.bases or base in repository.words
            return None if there else "no such file"
        if COMMAND.match(span):
            return self.wrong_command(span)
        if self.chapter and not NO_C.search(span) and LIKE_C.search(span):
            line = span.replace("\\|", "|").partition("...")[0]
            there = line in repository.program_lines(self.chapter)
            return None if there else "not in the programs of the chapter"
        name = NAME.fullmatch(span)
        if name and name[1] not in repository.words:
            return "not a word of the code, nor in names.txt"
        return None

    def titled(self, title):
        """Is it the title of a test that this page may name? A chapter's notes: of its own."""
        own = self.chapter if os.path.basename(self.page.path) == "README.md" else None
        titles = {t for place, t in self.repository.tests if own in (None, place)}
        if title in titles:
            return True
        start = re.fullmatch(r"(.*?) *\.\.\.", title)
        return bool(start) and any(t.startswith(start[1]) for t in titles)

    def wrong_make(self, words):
        if words and re.match("[a-z]", words[0]) and words[0] not in asks.make_commands():
            return "no such command of the Makefile"
        if len(words) > 1 and words[0] in ("trap", "exercise", "solution") and \
                re.fullmatch(r"[1-6]\.[0-9]+", words[1]):
            kind = "trap" if words[0] == "trap" else "exercise"
            if not self.repository.patch(kind, words[1]):
                return "there is none"
        return None

    def wrong_command(self, span):
        """A program of ours, as it is, or built; its directory is that of the page. In a
        page outside of the chapters, ./name is in one of them."""
        repository = self.repository
        name = span.split()[0]
        if name.startswith("./"):
            name = name[2:]
            if self.directory.startswith("0"):
                name = os.path.join(self.directory, name)
        if not ({name, name + ".c"} & repository.paths or name in repository.directories
                or name + ".c" in repository.bases):
            return "no such program"
        if name == "docs/lab/suite/peer":
            for verb in re.findall(r'"([a-z-]+)[^"]*"?', span):
                if verb not in asks.peer_verbs():
                    return "no verb of peer"
        return None


def main(paths):
    repository = Repository(asks.ROOT)
    good = [NameCheck(repository, path).check() for path in paths]
    return 0 if all(good) else 1
