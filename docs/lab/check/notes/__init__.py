"""What Markdown pages say, held against the repository: check-notes and check-names.

blocks.py   a page's blocks, and its text
kinds.py    numbers that differ from run to run, by kind
matcher.py  do the lines of a block occur in those that prove it?
runs.py     runs the commands of a page
proofs.py   the proof that a block names, and whether it holds
links.py    links, and the anchors of headings
names.py    the names in `code`
asks.py     what the tools say of themselves: make its commands, the peer its verbs
tests.py    tests of these: python3 -m unittest
"""
