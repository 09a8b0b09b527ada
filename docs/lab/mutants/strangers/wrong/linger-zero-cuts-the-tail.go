// trial: wrong; SO_LINGER 0 against TIME_WAIT: close resets and drops what the kernel still has
// caught by: half_close
package main

import (
	"fmt"
	"net"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"
)

func serve(c *net.TCPConn) {
	defer c.Close()
	c.SetLinger(0) // no TIME_WAIT left over from thousands of clients
	buf := make([]byte, 32768)
	for {
		n, err := c.Read(buf)
		if n > 0 {
			if _, werr := c.Write(buf[:n]); werr != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

func main() {
	port := 0
	if len(os.Args) == 2 {
		port, _ = strconv.Atoi(os.Args[1])
	}
	if port < 1 || port > 65535 {
		fmt.Fprintln(os.Stderr, "bad port")
		os.Exit(2)
	}
	l, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	sig := make(chan os.Signal, 1)
	signal.Notify(sig, os.Interrupt, syscall.SIGTERM)
	go func() { <-sig; os.Exit(0) }()
	for {
		c, err := l.AcceptTCP()
		if err != nil { // out of descriptors: a short rest
			time.Sleep(50 * time.Millisecond)
			continue
		}
		go serve(c)
	}
}
