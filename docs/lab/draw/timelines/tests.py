"""What becomes of logs that are written down here. ../timeline.bats runs it."""
import contextlib
import io
import os
import re
import tempfile
import unittest
from xml.etree import ElementTree

import timeline
from timelines import words
from timelines.figure import SVG, wrong

# A server that serves A and then B, as in chapter 01.
A = r'''
1000.001000 read(3</lib/libc.so.6>, "\177ELF"..., 832) = 832 <0.000010>
1000.010000 connect(3<socket:[11]>, {sa_family=AF_INET, sin_port=htons(80)}, 16) = 0 <0.000100>
1000.010300 read(0</tmp/A.in>, "", 4096) = 0 <0.089000>
1000.100000 exit_group(0)                     = ?
1000.100200 +++ exited with 0 +++
'''
SERVER = r'''
1000.000000 accept(3<socket:[1]>, NULL, NULL) = 4<socket:[2]> <0.010100>
1000.010200 recvfrom(4<socket:[2]>, "", 16384, 0, NULL, NULL) = 0 <0.090000>
1000.100300 close(4<socket:[2]>) = 0 <0.000020>
1000.100400 accept(3<socket:[1]>, NULL, NULL) = 4<socket:[5]> <0.000020>
1000.100500 recvfrom(4<socket:[5]>, "a<b & \"c\") = 9 <0.1>\n", 16384, 0, 0, 0) = 21 <0.006000>
1000.107000 sendto(4<socket:[5]>, "a<b & \"c\") = 9 <0.1>\n", 21, 0, NULL, 0) = 21 <0.000040>
1000.107200 recvfrom(4<socket:[5]>,  <unfinished ...>) = ?
1000.200000 +++ killed by SIGKILL +++
'''
B = r'''
1000.020000 connect(3<socket:[12]>, {sa_family=AF_INET, sin_port=htons(80)}, 16) = 0 <0.000100>
1000.030000 sendto(3<socket:[12]>, "a<b & \"c\") = 9 <0.1>\n", 21, 0, NULL, 0) = 21 <0.000100>
1000.030200 recvfrom(3<socket:[12]>, "a<b & \"c\") = 9 <0.1>\n", 16384, 0, 0, 0) = 21 <0.077200>
'''
AGAIN = "-1 EAGAIN (Resource temporarily unavailable) <0.000010>"


class Timelines(unittest.TestCase):
    def draw(self, logs, *options, but="never"):
        """Sets svg, text, boxes and arrows; what begins with `but` may be wrong."""
        with tempfile.TemporaryDirectory() as here:
            files = [os.path.join(here, name + ".log") for name in logs]
            for file, log in zip(files, logs.values()):
                with open(file, "w", encoding="ascii") as out:
                    out.write(log.lstrip("\n"))
            picture, text = os.path.join(here, "out.svg"), io.StringIO()
            with contextlib.redirect_stdout(text):
                timeline.main(["-o", picture, *options, *files])
            with open(picture, encoding="utf-8") as drawn:
                self.svg, self.text = drawn.read(), text.getvalue()
        self.assertEqual([what for what in wrong(self.svg) if not what.startswith(but)], [])
        root = ElementTree.fromstring(self.svg)
        self.boxes = [box for box in root.iter(SVG + "g")]
        self.arrows = sorted("%s %s %s" % (path.get("class"), path.get("data-from"),
                                           path.get("data-to"))
                             for path in root.iter(SVG + "path") if path.get("data-from"))

    def draw_three(self, *options):
        self.draw({"A": A, "server": SERVER, "B": B}, *options)

    def box(self, lane, call, **data):
        """There is such a box."""
        data.update(lane=lane, call=call)
        fits = [box for box in self.boxes
                if all(box.get("data-" + key) == value for key, value in data.items())]
        self.assertTrue(fits, data)
        return fits[0]

    def test_a_box_for_each_call(self):
        self.draw_three("--headline=H")
        self.assertEqual(len(self.boxes), 12)  # not the read of a file
        self.box("server", "accept", kind="wait", result="fd 4", start="0.000")
        self.box("server", "recv", kind="wait", result="0: the end", start="10.200", end="100.200")
        self.box("server", "close", kind="work")
        self.box("server", "recv", kind="work", result="21 bytes")  # it took long, not to wait
        self.box("server", "send", kind="work", result="21 bytes")
        self.box("A", "exit", kind="work")
        slept = self.box("B", "recv", kind="wait", result="21 bytes")
        self.assertEqual(slept[0].get("fill"), "url(#timeline-wait)")
        self.assertEqual(slept[-1].text, "slept 77 ms")
        self.assertIn(">still asleep<", self.svg)
        self.assertFalse([box for box in self.boxes
                          if box.get("data-kind") == "work" and box[0].get("fill")])

    def test_an_arrow_where_bytes_pass_or_a_client_comes_or_leaves(self):
        self.draw_three()
        self.assertEqual(self.arrows, ["bytes B server", "bytes server B", "news A server",
                                       "news A server", "news B server"])

    def test_a_run_of_eagain_is_one_box(self):
        calls = ["1000.%06d %s(%d<socket:[1]>, 0x55, 16384, 0, NULL, NULL) = %s\n" % (
            i * 30, "recvfrom" if i % 2 else "accept", 3 + i % 2, AGAIN) for i in range(1, 1235)]
        self.draw({"server": "1000.000000 accept(3<socket:[1]>, 0, 0) = 4<socket:[2]> <0.00001>\n"
                   + "".join(calls) + '1000.040000 recvfrom(4<socket:[2]>, "= -1 EAGAIN (x) <0.1>",'
                   " 16384, 0, NULL, NULL) = 21 <0.006000>\n"
                   "1000.047000 accept(3<socket:[1]>, NULL, NULL) = " + AGAIN + "\n"
                   "1000.048000 close(4<socket:[2]>) = 0 <0.000010>\n"
                   "1000.049000 accept(3<socket:[1]>, NULL, NULL) = " + AGAIN + "\n"
                   "1000.050000 accept(3<socket:[1]>, NULL, NULL <unfinished ...>) = ?\n"
                   "1000.051000 exit_group(0) = ?\n"})
        self.assertEqual(len(self.boxes), 6)  # not the call in vain that was cut short
        spin = self.box("server", "recv, accept", kind="spin", count="1234")
        self.assertEqual(spin[0].get("fill"), "url(#timeline-spin)")
        self.assertIn(">EAGAIN &#215; 1,234<", self.svg)
        self.box("server", "recv", kind="work", result="21 bytes")  # non-blocking: held up
        self.box("server", "accept", result="EAGAIN")  # one alone is a box like any other

    def test_markup_is_escaped(self):
        self.draw({"A<'&\"": A, "server": SERVER, "B": B}, '--headline=a < b & "c" > d',
                  "--caption=x & y", "--desc=<it's>", "--command=make <x>", "--lanes=B=a&b")
        for want in ">a &lt; b &amp; &quot;c&quot; &gt; d</title>", ">&lt;it&#39;s&gt;</desc>", \
                r">&quot;a&lt;b &amp; \&quot;c&#8230;&quot;</text>", ">a&amp;b<":
            self.assertIn(want, self.svg)
        self.box("A<'&\"", "connect")

    def test_threads_signals_and_a_call_begun_anew(self):
        select = "pselect6(7, [3<socket:[1]> 4<TCP:[127.0.0.1:8003->127.0.0.1:4000]>" \
            " 5<socket:[3]>], [], NULL, NULL, NULL) = "
        poll = "poll([{fd=-1}, {fd=3<socket:[1]>, events=POLLIN}], 2, -1"
        self.draw({"server": r'''
strace: Process 17 attached
17    1000.000000 ''' + select + r'''? ERESTARTNOHAND (To be restarted if no handler) <0.050000>
17    1000.050000 --- SIGSTOP {si_signo=SIGSTOP, si_code=SI_USER, si_pid=1, si_uid=0} ---
17    1000.050010 --- stopped by SIGSTOP ---
17    1000.080000 --- SIGCONT {si_signo=SIGCONT, si_code=SI_USER, si_pid=1, si_uid=0} ---
17    1000.080100 ''' + select + r'''2 (in [4 5]) <0.000020>
17    1000.081000 recvfrom(4<TCP:[127.0.0.1:8003->127.0.0.1:4000]>,  <unfinished ...>
18    1000.081500 close(9<socket:[7]>) = 0 <0.000010>
17    1000.082000 <... recvfrom resumed>"\1\2\"<\377", 16384, 0, NULL, NULL) = 5 <0.001000>
17    1000.083000 ''' + poll + r''') = ? ERESTART_RESTARTBLOCK (Interrupted by signal) <0.010000>
17    1000.094000 --- SIGCONT {si_signo=SIGCONT} ---
17    1000.094100 restart_syscall(<... resuming interrupted poll ...>) = 1 <0.000020>
17    1000.095000 accept(3<socket:[1]>, NULL, NULL) = 6<socket:[8]> <0.000020>
17    1000.096000 ''' + poll + r''' <unfinished ...>) = ?
17    1000.099100 +++ killed by SIGTERM +++
'''}, but="overlap")  # the boxes of two threads share a lane
        self.assertEqual(len(self.boxes), 6)
        self.box("server", "select", start="0.000", end="80.120", named="4 5")
        self.assertIn("class='stop'", self.svg)
        self.box("server", "recv", start="81.000", end="82.000", result="5 bytes")
        self.box("server", "poll", start="83.000", named="3")
        self.assertNotRegex(self.svg, "8003|4000|socket")  # no ports

    def test_a_sleep_does_not_end_before_what_ends_it(self):
        self.draw({"A": r'''
1000.000000 connect(3<socket:[9]>, {sa_family=AF_INET}, 16) = 0 <0.000010>
1000.010000 sendto(3<socket:[9]>, "a", 1, 0, NULL, 0) = 1 <0.000050>
1000.010100 recvfrom(3<socket:[9]>, "b", 16384, 0, NULL, NULL) = 1 <0.000300>
1000.012000 sendto(3<socket:[9]>, "c", 1, 0, NULL, 0) = 1 <0.000050>
1000.013000 close(3<socket:[9]>) = 0 <0.000010>
''', "server": r'''
1000.000100 accept(3<socket:[1]>, NULL, NULL) = 4<socket:[2]> <0.000010>
1000.000200 accept(3<socket:[1]>, NULL, NULL) = ''' + AGAIN + r'''
1000.009000 poll([{fd=4<socket:[2]>, }], 1, -1) = 1 ([{fd=4, revents=POLLIN}]) <0.000970>
1000.010050 recvfrom(4<socket:[2]>, "a", 16384, 0, NULL, NULL) = 1 <0.000010>
1000.010410 sendto(4<socket:[2]>, "b", 1, 0, NULL, 0) = 1 <0.000010>
1000.014000 recvfrom(4<socket:[2]>, "c", 16384, 0, NULL, NULL) = 1 <0.000010>
'''})
        self.box("server", "poll", kind="wait", start="9.000", end="10.001")
        self.box("A", "recv", kind="wait", end="10.411")
        self.assertEqual(self.arrows, ["bytes A server", "bytes A server", "bytes server A",
                                       "news A server"])

    def test_epoll_names_descriptors_and_what_nobody_read_is_counted(self):
        data = "data={u32=7, u64=7}}"
        epoll = "(3<anon_inode:[eventpoll]>, "
        self.draw({"edge": "1000.000000 epoll_ctl" + epoll + "EPOLL_CTL_ADD, 4<pipe:[9]>,"
                   " {events=EPOLLIN|EPOLLET, " + data + ") = 0 <0.000010>\n"
                   r'1000.000100 write(5<pipe:[9]>, "\0\0"..., 1024) = 1024 <0.000010>' "\n"
                   "1000.000200 epoll_wait" + epoll + "[{events=EPOLLIN, " + data +
                   "], 1, 100) = 1 <0.000010>\n"
                   r'1000.000300 read(4<pipe:[9]>, "\0\0"..., 512) = 512 <0.000010>' "\n"
                   "1000.000400 epoll_wait" + epoll + "[], 1, 100) = 0 <0.100200>\n"},
                  "--steps", "--notes=edge epoll_wait 2={edge epoll_wait 2 left} unread")
        self.box("edge", "epoll_ctl", result="ADD fd 4")
        self.box("edge", "epoll_wait", kind="work", named="4", left="1024")
        slept = self.box("edge", "epoll_wait", kind="wait", result="nothing", left="512")
        self.assertEqual(slept[-1].text, "slept 100 ms: 512 unread")

    def test_since_a_line_and_a_text_that_speaks_of_what_is_not_there(self):
        self.draw_three("--since=server:2", "--desc=At {server close 1 start}.")
        self.assertEqual(len(self.boxes), 5)
        self.box("server", "close", start="0.000")
        self.assertFalse([arrow for arrow in self.arrows if arrow.startswith("bytes")])
        for text in "{A exit 1 start}", "{A send 1 start}", "{B send 2 start}", "{B send 1 colour}":
            with self.assertRaisesRegex(words.Missing, "^no such "):
                self.draw_three("--since=server:2", "--desc=" + text)
        with self.assertRaises(words.Missing):
            self.draw({"A": ""})

    def test_text_in_80_columns(self):
        self.draw_three("--headline=Idea")
        lines = self.text.splitlines()
        self.assertEqual(lines[0], "Idea")
        self.assertLessEqual(max(map(len, lines)), 80)
        for want in (r" +10\.20 +recv 4 \.\.\.", r" +30\.00 +: +<-- send 3: 21",
                     r" +100\.00 exit --> +: +:", r" +100\.20 += 0 \(90 ms\) +:",
                     r" +107\.40 +: += 21 \(77 ms\)"):
            self.assertTrue(any(re.fullmatch(want, line) for line in lines), want)
