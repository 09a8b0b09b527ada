"""What check-notes and check-names do alike: arguments, and what ends them."""
import os
import signal
import sys

from .asks import CannotAsk


def run(name, main):
    """Ends with the status of main(FILES); 2, and one line, when it could not be told."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    signal.signal(signal.SIGHUP, lambda *_: sys.exit(129))
    sys.stdout.reconfigure(encoding="utf-8", errors="surrogateescape")
    usage = f"usage: docs/lab/check/{name} FILE.md..."
    paths = sys.argv[1:]
    if paths == ["-h"]:
        print(usage)
        sys.exit(0)
    if not paths or paths[0].startswith("-"):
        sys.exit(say(usage))
    try:
        status = main(paths)
        sys.stdout.flush()
    except KeyboardInterrupt:
        status = 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 2
    except CannotAsk as trouble:
        status = say(f"{name}: {trouble}")
    except OSError as trouble:
        status = say(f"{name}: {trouble.filename or 'cannot write'}: {trouble.strerror}")
    sys.exit(status)


def say(text):
    print(text, file=sys.stderr)
    return 2
