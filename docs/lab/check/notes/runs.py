"""Runs the commands of the pages, each once, in the directory of the page."""
import functools
import os
import re
import signal
import subprocess
import tempfile

SECONDS = 120  # no command may take longer

# A make that is replayed is nobody's child; with CDPATH, each `cd` prints where it goes.
NOT_OURS = ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "CDPATH")

# What says that a program could not be run, inside of a command that ended well.
BROKEN = re.compile(r"(: not found|not built.*|Permission denied|No such file or directory)$")


class Run:
    """out: the lines that it printed; trouble: why it counts as not run, or None."""

    def __init__(self, command, directory):
        env = {name: value for name, value in os.environ.items() if name not in NOT_OURS}
        # To a file: what is left behind in the background would hold a pipe open. And no
        # descriptors that we happen to hold: they would shift the numbers of others.
        with tempfile.TemporaryFile() as out:
            child = subprocess.Popen(["sh", "-c", command], cwd=directory, env=env, stdout=out,
                                     stdin=subprocess.DEVNULL, stderr=subprocess.STDOUT,
                                     start_new_session=True)
            self.trouble = None
            try:
                status = child.wait(SECONDS)
                if status in (2, 126, 127) or status < 0 or status > 128:
                    self.trouble = f"it ended with status {status}"
            except subprocess.TimeoutExpired:
                self.trouble = f"it did not end within {SECONDS} s"
            finally:
                if child.poll() is None:
                    os.killpg(child.pid, signal.SIGKILL)
                    child.wait()
            out.seek(0)
            text = out.read().decode("utf-8", "surrogateescape")
        self.out = text.split("\n")
        if self.out[-1] == "":
            self.out.pop()

    def replaceable(self, lines):
        """Why it must not replace these lines of a block, or None."""
        if self.trouble:
            return self.trouble
        if lines and not self.out:
            return "it printed nothing"
        for line in self.out:
            if BROKEN.search(line) and line not in lines:
                return f"it says: {line}"
        return None


@functools.lru_cache(maxsize=None)
def run(command, directory):
    """An equal command is not run again."""
    return Run(command, directory)
