"""Relative links lead to a file, and #anchor to a heading."""
import os
import re

from .blocks import Page

HEADING = re.compile(r" {0,3}#{1,6} +(.*?)(?: +#+)? *$")
LINK = re.compile(r"\]\(([^)]*)\)")
ELSEWHERE = ("http://", "https://", "mailto:")


def links(page):
    """All of them, once; but not those in code spans."""
    found = set()
    for _, line in page.prose:
        found.update(LINK.findall(re.sub("`[^`]*`", "", line)))
    return sorted(link for link in found if not link.startswith(ELSEWHERE))


def anchors(page):
    """GitHub's way to make an anchor of a heading; the second one of a name gets -1."""
    found = {}
    for _, line in page.prose:
        heading = HEADING.match(line)
        if heading:
            text = re.sub(r"!?\[([^]]*)\]\([^)]*\)", r"\1", heading[1])
            name = re.sub(r"[^\w -]", "", text.lower()).replace(" ", "-")
            count = found.get(name, -1) + 1
            found[name] = count
            if count:
                found[f"{name}-{count}"] = 0
    return found


def check(page, complain):
    for link in links(page):
        path, sharp, anchor = link.partition("#")
        target = os.path.join(page.directory, path) if path else page.path
        if not os.path.exists(target):
            complain(f"{page.path}: leads nowhere: {link}")
        elif sharp and anchor not in headings(target):
            complain(f"{page.path}: no such heading: {link}")


def headings(path):
    if os.path.isdir(path):
        path = os.path.join(path, "README.md")
    return anchors(Page(path)) if path.endswith(".md") and os.path.exists(path) else {}
