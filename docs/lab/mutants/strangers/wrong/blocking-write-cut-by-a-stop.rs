// trial: wrong; write instead of write_all: SIGSTOP during a blocked send cuts it short
// caught by: stop_and_continue
use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

extern "C" {
    fn signal(sig: i32, handler: usize) -> usize;
}

fn serve(stream: &TcpStream) {
    let mut s = stream;
    let mut buf = [0u8; 65536];
    loop {
        let n = match s.read(&mut buf) {
            Ok(0) => return,
            Ok(n) => n,
            Err(e) if e.kind() == ErrorKind::Interrupted => continue,
            Err(_) => return,
        };
        loop {
            match s.write(&buf[..n]) {
                Ok(_) => break,
                Err(e) if e.kind() == ErrorKind::Interrupted => continue,
                Err(_) => return,
            }
        }
    }
}

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let port: u16 = if args.len() == 2 { args[1].parse().unwrap_or(0) } else { 0 };
    if port == 0 {
        eprintln!("bad port");
        std::process::exit(2);
    }
    unsafe {
        signal(2, 0); // SIGINT and SIGTERM by default, whatever was inherited
        signal(15, 0);
    }
    let listener = match TcpListener::bind(("127.0.0.1", port)) {
        Ok(l) => l,
        Err(e) => {
            eprintln!("port {}: {}", port, e);
            std::process::exit(1);
        }
    };
    loop {
        let stream = match listener.accept() {
            Ok((s, _)) => Arc::new(s),
            Err(_) => {
                thread::sleep(Duration::from_millis(50)); // out of descriptors
                continue;
            }
        };
        loop {
            let s = Arc::clone(&stream);
            let b = thread::Builder::new().stack_size(256 * 1024);
            if b.spawn(move || serve(&s)).is_ok() {
                break;
            }
            thread::sleep(Duration::from_millis(50)); // no more threads for now
        }
    }
}
