// trial: wrong; a buffer goes back to the pool while the writer still sends from it
// caught by: both_ways
package main

import (
	"fmt"
	"net"
	"os"
	"os/signal"
	"strconv"
	"sync"
	"syscall"
	"time"
)

var pool = sync.Pool{New: func() interface{} { b := make([]byte, 32768); return &b }}

func writer(c net.Conn, ch <-chan []byte, done chan<- struct{}) {
	var err error
	for data := range ch {
		if err == nil {
			if _, err = c.Write(data); err != nil {
				c.Close() // the reader notices and closes ch
			}
		}
	}
	close(done)
}

func serve(c net.Conn) {
	ch := make(chan []byte, 4)
	done := make(chan struct{})
	go writer(c, ch, done)
	for {
		b := pool.Get().(*[]byte)
		n, err := c.Read(*b)
		if n > 0 {
			ch <- (*b)[:n]
		}
		pool.Put(b)
		if err != nil {
			break
		}
	}
	close(ch)
	<-done
	c.Close()
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
	l, err := net.Listen("tcp4", "127.0.0.1:"+strconv.Itoa(port))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	sig := make(chan os.Signal, 1)
	signal.Notify(sig, os.Interrupt, syscall.SIGTERM)
	go func() { <-sig; os.Exit(0) }()
	for {
		c, err := l.Accept()
		if err != nil { // out of descriptors: a short rest
			time.Sleep(50 * time.Millisecond)
			continue
		}
		go serve(c)
	}
}
