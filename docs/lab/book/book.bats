#!/usr/bin/env bats
# `make book`: every note is a page, every link leads somewhere, and Chromium shows the
# pages as they are meant. Run by `make attack`, or docs/lab/suite/run-tests docs/lab/book
# shellcheck disable=SC2154 # run sets stderr_lines
bats_require_minimum_version 1.5.0
load ../suite/promises
load ../core/chromium

SITE=$ROOT/build/book

setup_file() {
    local status=0
    "$LAB/book/book" >"$BATS_FILE_TMPDIR/said" 2>&1 || status=$?
    echo "$status" >"$BATS_FILE_TMPDIR/status"
}

need_book() {
    [ "$(cat "$BATS_FILE_TMPDIR/status")" -ne 3 ] || skip "$(cat "$BATS_FILE_TMPDIR/said")"
}

# seen FLAG...: a page of our own opens each page of the site in a frame as wide as a
# phone; $TMP/pages has what it says of them, a line each.
seen() {
    {
        echo '<pre id="said"></pre><script>const pages = ['
        cd "$SITE" && for page in *.html 0*/README.html 0*/asides.html 0*/exercises.html docs/*.html 05-epoll/server.c.html docs/lab/index.html; do
            echo "'$page',"
        done
        cat <<'PAGE'
];
const site = document.currentScript.baseURI.replace(/[^/]*$/, "");
const say = line => document.getElementById("said").append("\n" + line);
const luminous = color => color.match(/[\d.]+/g).slice(0, 3).every(n => n > 127);
function look(page, done) {
    const frame = document.createElement("iframe");
    frame.width = 360;
    frame.height = 640;
    frame.onload = () => {
        const w = frame.contentWindow;
        const ready = w.jQuery || (f => f()); // the theme's own scripts have run
        ready(() => setTimeout(() => done(frame, frame.contentDocument, w)));
    };
    frame.src = page;
    document.body.append(frame);
}
function next() {
    const page = pages.shift();
    if (!page) return;
    look(page, (frame, d, w) => {
        const colors = new Set([...d.querySelectorAll(".highlight-c span[class]")]
            .map(span => w.getComputedStyle(span).color));
        const pictures = [...d.images].filter(i => i.loading !== "lazy" && !i.naturalWidth);
        say(["page", page,
            luminous(w.getComputedStyle(d.body).backgroundColor) ? "light" : "dark",
            d.documentElement.scrollWidth <= 360 ? "fits" : "too-wide:" + d.documentElement.scrollWidth,
            pictures.length ? "no-picture:" + pictures[0].src : "pictures",
            "colors:" + colors.size,
            "details:" + d.querySelectorAll("[role=main] details > summary").length].join(" "));
        frame.remove();
        next();
    });
}
next();
</script>
PAGE
    } >"$TMP/seen.html"
    cp "$TMP/seen.html" "$SITE"
    opened "$SITE/seen.html" --allow-file-access-from-files "$@"
    rm -f "$SITE/seen.html"
    grep '^page ' "$TMP/dom" >"$TMP/pages" || true
}

# all WORD: every page that is ours says so, and there are as many as there are notes.
all() {
    grep -v 'playground' "$TMP/pages" | grep -vw -e "$1" && return 1
    [ "$(grep -cw -e "$1" "$TMP/pages")" -ge "$(printf '%s\n' "$ROOT"/README.md "$ROOT"/0*/*.md "$ROOT"/docs/*.md "$ROOT"/docs/*/*.md | wc -l)" ]
}

navigates() { grep -q "class=\"reference internal\" href=\"$1.html\"" "$SITE/$2.html"; }

@test "book: it is built without a warning, and every note is a page" {
    need_book
    cat "$BATS_FILE_TMPDIR/said"
    [ "$(cat "$BATS_FILE_TMPDIR/said")" = build/book/index.html ]
    cmp "$SITE/README.html" "$SITE/index.html"
    cd "$ROOT"
    for note in README.md 0*/*.md docs/*.md docs/*/*.md; do
        [ -s "$SITE/${note%.md}.html" ] || { echo "$note" && return 1; }
        # Each can be reached from the navigation: of the start page, or of its chapter.
        [ "$note" = README.md ] || navigates "${note%.md}" index || navigates "$(basename "$note" .md)" "${note%/*}/README" ||
            { echo "$note is not in the navigation" && return 1; }
    done
    for source in 0*/server.c 0*/client.c docs/lab/suite/peer-src/main.c docs/lab/book/book; do
        [ -s "$SITE/$source.html" ] || { echo "$source" && return 1; }
    done
    [ -s "$SITE/docs/play/playground.html" ]
}

@test "book: every link, picture and anchor leads somewhere, nothing is loaded from a network" {
    need_book
    command -v python3 >"$TMP/which" || skip "python3 is not installed"
    "$LAB/book/book-check" "$SITE" >"$TMP/out" || { cat "$TMP/out" && return 1; }
    grep -Eq '^[0-9]{3} pages, [0-9]{4,} links, 0 lead nowhere$' "$TMP/out"
    run -1 grep -rnE 'url\(.?(https?:)?//|@import' "$SITE/_static" --include='*.css'
}

@test "book: a link and an anchor that lead nowhere are found, and what comes from a network" {
    need_book
    command -v python3 >"$TMP/which" || skip "python3 is not installed"
    mkdir "$TMP/site"
    echo '<a href="b.html#one">b</a><a href="https://example.org">away</a>' >"$TMP/site/a.html"
    echo '<h1 id="one">b</h1>' >"$TMP/site/b.html"
    [ "$("$LAB/book/book-check" "$TMP/site")" = '2 pages, 1 links, 0 lead nowhere' ]
    for wrong in '<a href="c.html">c</a>' '<a href="b.html#two">b</a>' '<a href="#one">a</a>' \
        '<img src="c.svg">' '<script src="https://example.org/x.js"></script>'; do
        echo "$wrong" >"$TMP/site/a.html"
        run -1 "$LAB/book/book-check" "$TMP/site"
        [ "${#lines[@]}" -eq 2 ]
    done
}

@test "book: Chromium, light: colours, <details>, the width of a phone, no error" {
    need_book
    need_chromium
    seen --blink-settings=preferredColorScheme=1
    head -n 3 "$TMP/console"
    cat "$TMP/pages"
    [ ! -s "$TMP/console" ]
    all light
    all fits
    all pictures
    for chapter in "$ROOT"/0*-*; do
        page=$(grep "^page ${chapter##*/}/README.html " "$TMP/pages")
        [[ $page =~ colors:([0-9]+)\ details:([0-9]+) ]]
        [ "${BASH_REMATCH[1]}" -ge 4 ]
        [ "${BASH_REMATCH[2]}" -eq "$(grep -c '<details>' "$chapter/README.md")" ]
    done
    grep -Eq '^page 05-epoll/server.c.html .* colors:([4-9]|1[0-9]) ' "$TMP/pages"
}

@test "book: the search finds EPOLLET in chapter 06, with no server, and no word that is not there" {
    need_book
    need_chromium
    opened "$SITE/search.html"'?q=EPOLLET'
    head -n 3 "$TMP/console"
    [ ! -s "$TMP/console" ]
    sed -n '/id="search-results"/,/<footer/p' "$TMP/dom" >"$TMP/found"
    grep -q '<a href="06-edge-triggered/README.html' "$TMP/found" || { cat "$TMP/found" && return 1; }
    opened "$SITE/search.html"'?q=qwertyuiop'
    sed -n '/id="search-results"/,/<footer/p' "$TMP/dom" >"$TMP/found"
    grep -q 'did not match' "$TMP/found"
    run -1 grep -q '<a href' "$TMP/found"
}

@test "book: Chromium, for who prefers dark: the theme has no dark, and stays readable" {
    need_book
    need_chromium
    seen --blink-settings=preferredColorScheme=0
    head -n 3 "$TMP/console"
    cat "$TMP/pages"
    [ ! -s "$TMP/console" ]
    all light
    grep -Eq '^page 05-epoll/README.html light .* colors:([4-9]|1[0-9]) ' "$TMP/pages"
}

@test "book: where Sphinx is missing one line says what to install, status 3; wrong use: status 2" {
    mkdir "$TMP/bin"
    printf '#!/bin/sh\nexit 2\n' >"$TMP/bin/sphinx-build"
    chmod +x "$TMP/bin/sphinx-build"
    PATH=$TMP/bin:$PATH run -3 --separate-stderr "$LAB/book/book"
    [ "${#stderr_lines[@]}" -eq 1 ] && [ -z "$output" ]
    [[ ${stderr_lines[0]} == *"apt-get install"* ]]
    [ ! -e "$ROOT/build/book.work" ]
    for program in book book-check; do
        "$LAB/book/$program" -h | grep -q '^usage: '
        run -2 --separate-stderr "$LAB/book/$program" a b
        [ "${#stderr_lines[@]}" -eq 1 ]
    done
}
