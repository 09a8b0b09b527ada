"""Checks a time line, whoever drew it: and says what is wrong.

../timeline.bats calls it as python3 -B figure.py N FILE.svg.
"""
import re
import sys
from xml.etree import ElementTree

SVG = "{http://www.w3.org/2000/svg}"


def wrong(svg):
    """Yields what is wrong with any picture of a run: what it refers to, its letters."""
    root = ElementTree.fromstring(svg)
    ids = {element.get("id") for element in root.iter()}
    yield from ("not there: " + name for name in re.findall(r"url\(#([^)]*)\)", svg)
                if name not in ids)
    sizes = re.findall(r"font[^:]*:[^;}]*?([\d.]+)px", svg)
    yield from ("font of %s px" % size for size in sizes if float(size) < 11)
    wide = float(root.get("viewBox").split()[2])
    if wide > 1000 or not sizes:
        yield "too wide, or without letters"
    texts = [(float(text.get("x")), float(text.get("y")), text.text or "")
             for text in root.iter(SVG + "text")]
    for n, (x, y, text) in enumerate(texts):
        if x + len(text) * 6.1 > wide + 4:
            yield "leaves the page: " + text
        for x2, y2, other in texts[:n]:
            if abs(y - y2) < 9 and x2 < x + len(text) * 6.1 and x < x2 + len(other) * 6.1:
                yield "overlap: %s | %s" % (other, text)
    yield from wrong_boxes(root)


def wrong_boxes(root):
    """A box holds its words, lies upon no other of its lane, and tells its name somewhere."""
    named, right = {}, {}
    for box in root.iter(SVG + "g"):
        x, y, wide = (float(box[0].get(key)) for key in ("x", "y", "width"))
        name = " ".join(box.get("data-" + key) for key in ("lane", "call", "start"))
        if x < right.get(y, 0):
            yield "overlap: " + name
        right[y] = x + wide
        texts = box.findall(SVG + "text")
        if any(float(text.get("x")) + len(text.text) * 6.1 > x + wide for text in texts):
            yield "leaves its box: " + name
        named[name] = named.get(name) or any("name" in text.get("class") for text in texts)
    yield from ("without a name: " + name for name in named if not named[name])


def wrong_figure(svg, number):
    """... and with the one of a chapter."""
    yield from wrong(svg)
    name = "timeline-" + number
    for want in ("role='img' aria-labelledby='%s-title %s-desc'" % (name, name),
                 "<title id='%s-title'>.{20,}</title>" % name,
                 "<desc id='%s-desc'>.{100,}</desc>" % name, "prefers-color-scheme: dark",
                 "drawn from a run under strace by: make timeline %s<" % number):
        if not re.search(want, svg):
            yield "not there: " + want
    for leak in re.findall(r"<script|xlink|@import|/tmp|/home|socket|127\.0\.0\.1", svg):
        yield "says too much: " + leak
    if not 12 <= svg.count("<g data-lane=") <= 40:
        yield "%d boxes" % svg.count("<g data-lane=")


if __name__ == "__main__":
    with open(sys.argv[2], encoding="utf-8") as figure:
        found = list(wrong_figure(figure.read(), sys.argv[1]))
    sys.exit("\n".join(found) or 0)
