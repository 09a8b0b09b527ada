// trial: good; Go, Read and Write by hand in a goroutine per client
package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"syscall"
	"time"
)

func echo(conn *net.TCPConn) {
	defer conn.Close()
	buf := make([]byte, 16*1024)
	for {
		n, err := conn.Read(buf)
		if n > 0 {
			if _, werr := conn.Write(buf[:n]); werr != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

func run(arg string) error {
	port, err := strconv.ParseUint(arg, 10, 16)
	if err != nil {
		return err
	}
	ln, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: int(port)})
	if err != nil {
		return err
	}
	delay := 5 * time.Millisecond
	for {
		conn, err := ln.AcceptTCP()
		switch {
		case err == nil:
			delay = 5 * time.Millisecond
			go echo(conn)
		case errors.Is(err, syscall.EMFILE), errors.Is(err, syscall.ENFILE),
			errors.Is(err, syscall.ENOBUFS), errors.Is(err, syscall.ENOMEM):
			time.Sleep(delay)
			if delay *= 2; delay > time.Second {
				delay = time.Second
			}
		case errors.Is(err, syscall.ECONNABORTED):
		default:
			return err
		}
	}
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: go-by-hand PORT")
		os.Exit(2)
	}
	fmt.Fprintln(os.Stderr, run(os.Args[1]))
	os.Exit(1)
}
