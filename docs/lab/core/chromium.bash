# What tests of pages share: load ../core/chromium, behind ../suite/promises.
# shellcheck shell=bash
need_chromium() {
    local name
    for name in chromium chromium-browser google-chrome; do
        CHROMIUM=$(command -v "$name") && return
    done
    skip "chromium is not installed: apt-get install chromium"
}

# opened FILE FLAG...: the page as Chromium has it after its scripts: $TMP/dom. What they
# say to the console is in $TMP/console. It reaches no other machine.
opened() {
    local page=$1
    shift
    "$PEER" exec 60 "$CHROMIUM" --headless --no-sandbox --disable-gpu --disable-quic \
        --no-first-run --disable-background-networking --disable-component-update \
        --disable-sync --enable-logging=stderr --host-resolver-rules='MAP * ~NOTFOUND' \
        --user-data-dir="$TMP/profile" --virtual-time-budget=30000 "$@" \
        --dump-dom "file://$page" >"$TMP/dom" 2>"$TMP/err" </dev/null
    grep CONSOLE "$TMP/err" >"$TMP/console" || true
}
