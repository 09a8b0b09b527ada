// trial: good; Rust std, a thread per client, io::copy
// fair: no_stall; TCP_NODELAY is not set
use std::io;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::exit;
use std::thread;
use std::time::Duration;

fn echo(stream: TcpStream) -> io::Result<()> {
    let (mut reader, mut writer) = (&stream, &stream);
    io::copy(&mut reader, &mut writer)?;
    Ok(())
}

fn main() {
    let Some(arg) = std::env::args().nth(1) else {
        eprintln!("usage: rust-threads PORT");
        exit(2);
    };
    let port: u16 = arg.parse().unwrap_or_else(|e| {
        eprintln!("bad port {arg:?}: {e}");
        exit(2);
    });
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).unwrap_or_else(|e| {
        eprintln!("cannot listen on port {port}: {e}");
        exit(1);
    });
    for stream in listener.incoming() {
        match stream {
            Ok(stream) => {
                // when there is no thread to be had the stream is dropped, so closed
                let spawned = thread::Builder::new()
                    .stack_size(64 * 1024)
                    .spawn(move || echo(stream).ok());
                if let Err(e) = spawned {
                    eprintln!("spawn: {e}");
                }
            }
            Err(e) if e.kind() == io::ErrorKind::ConnectionAborted => {}
            Err(e) => {
                eprintln!("accept: {e}");
                thread::sleep(Duration::from_millis(100));
            }
        }
    }
}
