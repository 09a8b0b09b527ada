// trial: good; Go, io.Copy in a goroutine per client
// fair: urgent ten_thousand idle_10000; splice stands still at an urgent byte, and takes three descriptors for a client: 20,000 are 6,666 clients
package main

import (
	"io"
	"log"
	"net"
	"os"
	"time"
)

func echo(conn net.Conn) {
	defer conn.Close()
	io.Copy(conn, conn)
}

func main() {
	if len(os.Args) != 2 {
		log.Fatalf("usage: %s PORT", os.Args[0])
	}
	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", os.Args[1]))
	if err != nil {
		log.Fatal(err)
	}
	for {
		conn, err := listener.Accept()
		if err != nil {
			log.Print(err)
			time.Sleep(50 * time.Millisecond)
			continue
		}
		go echo(conn)
	}
}
