#!/bin/sh
# Claim 57: POSIX AIO: who waits, who copies, and who sends the signal?
exec "$(dirname "$0")/../beyond/aio"
