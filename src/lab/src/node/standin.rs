//! Servers that stand in for real ones: an API server that answers with its name, a web server
//! that answers 200.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use crate::protocol::{StandIn, StandInKind};

/// Connections served at once by one stand-in; more are closed.
const MOST_CONNECTIONS: usize = 256;
/// A connection without traffic ends after this.
const IDLE: Duration = Duration::from_secs(60);

/// Listens, and serves in the background until the node ends.
pub(super) fn serve(stand_in: &StandIn, running: Option<Arc<AtomicBool>>) -> io::Result<()> {
    let listener = TcpListener::bind(stand_in.listen)?;
    let kind = stand_in.kind.clone();
    let open = Arc::new(AtomicUsize::new(0));
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let up = running
                .as_ref()
                .is_none_or(|flag| flag.load(Ordering::Relaxed));
            if !up || open.load(Ordering::Relaxed) >= MOST_CONNECTIONS {
                continue;
            }
            let (kind, open) = (kind.clone(), open.clone());
            open.fetch_add(1, Ordering::Relaxed);
            std::thread::spawn(move || {
                // A client that goes away is none of the stand-in's business.
                let _ = answer(stream, &kind);
                open.fetch_sub(1, Ordering::Relaxed);
            });
        }
    });
    Ok(())
}

fn answer(mut stream: TcpStream, kind: &StandInKind) -> io::Result<()> {
    stream.set_read_timeout(Some(IDLE))?;
    match kind {
        StandInKind::Name(name) => {
            stream.write_all(format!("{name}\n").as_bytes())?;
            let mut buffer = [0u8; 4096];
            loop {
                let read = stream.read(&mut buffer)?;
                if read == 0 {
                    return Ok(());
                }
                stream.write_all(&buffer[..read])?;
            }
        }
        StandInKind::Http { .. } => {
            read_head(&mut stream)?;
            stream.write_all(
                b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n\
                  Connection: close\r\n\r\nok\n",
            )
        }
    }
}

/// Reads up to the empty line that ends a request, or as much as a request may have.
fn read_head(stream: &mut TcpStream) -> io::Result<()> {
    let mut head = Vec::new();
    let mut buffer = [0u8; 1024];
    while head.len() < 16 * 1024 && !head.windows(4).any(|w| w == b"\r\n\r\n") {
        let read = stream.read(&mut buffer)?;
        if read == 0 {
            return Ok(());
        }
        head.extend_from_slice(&buffer[..read]);
    }
    Ok(())
}
