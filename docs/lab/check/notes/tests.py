"""Tests of what notes.bats cannot show well: in docs/lab/check, python3 -m unittest notes.tests"""
import os
import tempfile
import unittest

from .blocks import Page
from .kinds import Line
from .links import anchors
from .matcher import match
from .names import spans
from .runs import Run


def lines(text):
    return text.split("|") if text else []


def occurs(want, have, how="run", words=()):
    return match(how, words, lines(want), lines(have)) is None


def page(text):
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, "page.md")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return Page(path)


class Kinds(unittest.TestCase):
    def kinds(self, text, **how):
        return [kind for kind, _ in Line(text, wild=True, **how).found]

    def test_each_kind(self):
        for text, kind in [
            ("recv fd 4 -> 16384 bytes", "descriptor"), ("accept fd 3 -> 4", "descriptor"),
            ("listening on 127.0.0.1:8001", "port"), ("port 8001", "port"), ("pid 71", "process"),
            ("/proc/71/fd", "process"), ("at 0x7ffd0011", "address"), ("in 12.5 ms", "time"),
            ("84 KiB", "memory"), ("9.5 %", "share"), ('recvfrom(5, "2", 9) = 1', "descriptor"),
        ]:
            self.assertIn(kind, self.kinds(text), text)

    def test_what_is_none(self):
        for text in ["16384 bytes", "exit(3) = ?", "port8001", "epoll_create1(0) is called", "1 m"]:
            self.assertEqual(self.kinds(text), [], text)

    def test_counts_only_where_they_vary(self):
        self.assertEqual(self.kinds("90210 calls, 1,234 bytes, 12 on 127.0.0.1", varying=True),
                         ["count", "count"])
        self.assertEqual(self.kinds("90210 calls"), [])

    def test_blanks_are_as_good_as_one_beside_a_number_of_a_kind(self):
        self.assertEqual(Line("fd 3     end", wild=True).text, Line("fd 3 end", wild=True).text)
        self.assertNotEqual(Line("a     end", wild=True).text, Line("a end", wild=True).text)


class Matching(unittest.TestCase):
    def test_in_a_row_and_anywhere(self):
        self.assertTrue(occurs("b|c", "a|b|c|d"))
        self.assertFalse(occurs("b|d", "a|b|c|d"))
        self.assertFalse(occurs("b|c", "a|b|c|d", how="whole"))

    def test_an_empty_block_says_that_nothing_is_printed(self):
        for how in ("whole", "run", "code", "lines"):
            self.assertTrue(occurs("", "", how))
            self.assertFalse(occurs("", "a", how))
            self.assertFalse(occurs("a", "", how))

    def test_one_number_stands_for_one_both_ways(self):
        self.assertTrue(occurs("fd 3|fd 4|fd 3", "fd 7|fd 8|fd 7"))
        self.assertFalse(occurs("fd 3|fd 3", "fd 7|fd 8"))
        self.assertFalse(occurs("fd 3|fd 4", "fd 7|fd 7"))
        self.assertTrue(occurs("fd 5|pid 5", "fd 7|pid 8"))  # of another kind

    def test_a_skip_takes_back_what_was_agreed_on(self):
        # The first fd 8 that could end the block is followed by the wrong line.
        self.assertTrue(occurs("fd 1|...|fd 2|x", "fd 3|fd 4|y|fd 5|x", words=["partial"]))
        self.assertTrue(occurs("...|fd 1|...|fd 1|z", "fd 3|fd 4|fd 4|z", "whole", ["partial"]))
        self.assertFalse(occurs("fd 1|...|fd 1|x", "fd 3|fd 4|y|fd 5|x", words=["partial"]))

    def test_many_skips_end(self):
        want = "|".join(["...", "fd 1"] * 12 + ["no such line"])
        self.assertFalse(occurs(want, "|".join(["fd 1"] * 60), words=["partial"]))

    def test_the_indentation_that_lines_share_may_be_another(self):
        self.assertTrue(occurs("a|  b||c", "x|    a|      b||    c", "code"))
        self.assertFalse(occurs("a|b", "    a|      b", "code"))
        self.assertFalse(occurs("a", "x a", "code"))
        self.assertFalse(occurs("a", "x a", "lines"))

    def test_an_explanation_stands_behind_three_blanks(self):
        self.assertTrue(occurs("a b   why", "a b", words=["annotated"]))
        self.assertTrue(occurs("a   b   why", "a b", words=["annotated"]))
        self.assertFalse(occurs("a  why", "a", words=["annotated"]))
        self.assertFalse(occurs("a   why", "a"))

    def test_the_first_line_that_is_not_there_is_named(self):
        number, shown = match("run", [], lines("a|b|x"), lines("a|b|c"))
        self.assertEqual((number, shown), (3, ["      a", "      b", "    - x", "    + c"]))


class Pages(unittest.TestCase):
    def test_blocks_and_prose(self):
        found = page("a\n```text $ b\nc\n```\n  ```sh\nd\n  ```\ne\n")
        self.assertEqual([(b.info, b.begin, b.lines) for b in found.blocks],
                         [("text $ b", 2, ["c"]), ("sh", 5, ["d"])])
        self.assertEqual(found.prose, [(1, "a"), (8, "e")])

    def test_anchors_are_those_of_github(self):
        found = anchors(page("# One `two`: three!\n## [A link](b.md), x_y\n## Same\n## Same\n"
                             "```sh\n# no heading\n```\n"))
        self.assertEqual(list(found), ["one-two-three", "a-link-x_y", "same", "same-1"])

    def test_a_span_may_go_on_in_the_next_line(self):
        self.assertEqual(list(spans(page("a `b` and `c\nd` e\n"))), [(1, "b"), (2, "c d")])


class Running(unittest.TestCase):
    def test_what_could_not_be_run_replaces_nothing(self):
        for command in ("no-such-command", "exit 2", "kill -9 $$", "no-such-command | cat",
                        "/no/such/file; true", "true"):
            self.assertTrue(Run(command, ".").replaceable(["a"]), command)
        self.assertIsNone(Run("echo b", ".").replaceable(["a"]))
        self.assertIsNone(Run("echo a; exit 1", ".").replaceable(["b"]))

    def test_the_surroundings_are_not_those_of_a_make_and_have_no_cdpath(self):
        os.environ["CDPATH"] = ".:/"
        try:
            self.assertEqual(Run("cd tmp || cd /tmp; echo ${MAKEFLAGS-none}", "/").out, ["none"])
        finally:
            del os.environ["CDPATH"]


if __name__ == "__main__":
    unittest.main()
