#!/bin/sh
# Claim 58: is there an asynchronous recv that the kernel itself does?
exec "$(dirname "$0")/../beyond/uring"
