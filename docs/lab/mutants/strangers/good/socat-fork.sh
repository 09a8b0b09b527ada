#!/bin/sh
# trial: good; socat, a process and a cat per client
# fair: no_stall ten_thousand idle_10000 limit_lowered; TCP_NODELAY is not set; an accept that fails ends it; two processes for each client
case $1 in
'' | *[!0-9]* | ??????*) echo "usage: $0 PORT" >&2; exit 2 ;;
esac
[ "$1" -le 65535 ] || { echo "$0: bad port $1" >&2; exit 2; }

# -t: how long after the client's end the rest may take (0.5 s if not said)
exec socat -t 3600 "TCP4-LISTEN:$1,bind=127.0.0.1,fork,reuseaddr,backlog=128" EXEC:cat
