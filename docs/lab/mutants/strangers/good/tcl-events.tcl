#!/usr/bin/env tclsh
# trial: good; Tcl event loop, fileevents, reading stops while output is pending
# fair: no_stall half_close_owed never_reads thousand ten_thousand descriptors limit_lowered crowd idle_10000; TCP_NODELAY is not set; select ends at 1,024; the runtime spins where it waits for room, and where accept fails
if {$argc != 1 || ![string is digit -strict [lindex $argv 0]]} {
    puts stderr "usage: $argv0 PORT"
    exit 2
}

# Tcl 8.6 waits with select(2), which has room for 1024 descriptors
set limit 1000
set clients 0

proc accept {sock host port} {
    if {$::clients >= $::limit} {
        close $sock
        return
    }
    incr ::clients
    chan configure $sock -blocking 0 -translation binary -buffering none
    chan event $sock readable [list echo $sock]
}

proc finish {sock} {
    incr ::clients -1
    catch {close $sock}
}

proc echo {sock} {
    if {[catch {puts -nonewline $sock [read $sock 16384]}]} {
        finish $sock
    } elseif {[chan pending output $sock] > 0} {
        # the writable event comes when all that is pending has been written
        chan event $sock readable {}
        chan event $sock writable [list resume $sock]
    } elseif {[eof $sock]} {
        finish $sock
    }
}

proc resume {sock} {
    chan event $sock writable {}
    chan event $sock readable [list echo $sock]
}

if {[catch {socket -server accept -myaddr 127.0.0.1 [lindex $argv 0]} message]} {
    puts stderr "$argv0: $message"
    exit 1
}
vwait forever
