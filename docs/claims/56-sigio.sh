#!/bin/sh
# Claim 56: does signal-driven I/O tell of each arrival, or of what is there?
exec "$(dirname "$0")/../beyond/sigio"
