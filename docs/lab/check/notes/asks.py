"""What the tools say of themselves: nobody here reads their source."""
import functools
import os
import re
import subprocess

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), *[os.pardir] * 4))


class CannotAsk(Exception):
    """What could not be asked: one line, and status 2."""


def said(*command):
    """What it prints, or None where it cannot be run."""
    env = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}
    try:
        return subprocess.run(command, cwd=ROOT, env=env, stdin=subprocess.DEVNULL, timeout=60,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False,
                              encoding="utf-8", errors="replace").stdout
    except (OSError, subprocess.TimeoutExpired):
        return None


@functools.lru_cache(maxsize=None)
def make_commands():
    """The goals that are no files: make -qp prints all it knows, and makes nothing."""
    phony = re.findall(r"^\.PHONY: *(.*)$", said("make", "-qp") or "", re.M)
    if not phony:
        raise CannotAsk("make -qp names no commands: is make installed?")
    return set(" ".join(phony).split())


@functools.lru_cache(maxsize=None)
def peer_verbs():
    """The first word of each line of `peer -h` that begins with two blanks."""
    peer = "docs/lab/suite/peer"
    verbs = set(re.findall(r"^  +([a-z-]+)", said(os.path.join(ROOT, peer), "-h") or "", re.M))
    if not verbs:
        raise CannotAsk(f"{peer} -h names no verbs: is it built? make all")
    return verbs
