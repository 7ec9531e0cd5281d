//! The other parties of a stream scenario: servers that say their name, and clients.
//!
//! `stand-in serve NAME=ADDRESS…` answers each connection with its name, then echoes.
//! `stand-in ask ADDRESS SOURCE…` connects once from each source and prints who answered.
//! `stand-in hold ADDRESS COUNT` keeps COUNT connections open, exchanges a line over each whenever
//! a line arrives on standard input, and prints how many still answered.
//! `stand-in buffers PID` prints the receive buffer of each socket of a process that packets or the
//! kernel's messages come by, in bytes.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use nix::sys::socket::{
    AddressFamily, SockFlag, SockType, SockaddrLike as _, SockaddrStorage, bind, connect,
    getsockname, getsockopt, socket, sockopt,
};
use std::os::fd::AsRawFd;

const PATIENCE: Duration = Duration::from_secs(20);

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let outcome = match words.as_slice() {
        ["serve", servers @ ..] => serve(servers),
        ["ask", to, sources @ ..] => ask(to, sources),
        ["hold", to, count] => hold(to, count),
        ["relay", address] => relay(address, None),
        ["relay", address, refused] => relay(address, Some(refused)),
        ["buffers", pid] => buffers(pid),
        _ => Err(
            "usage: stand-in serve NAME=ADDRESS… | ask ADDRESS SOURCE… | hold ADDRESS COUNT | \
             relay ADDRESS [REFUSED] | buffers PID"
                .to_owned(),
        ),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("stand-in: {problem}");
            ExitCode::FAILURE
        }
    }
}

/// Lines such as `Inet 212992`, sorted.
fn buffers(pid: &str) -> Result<(), String> {
    let problem = |error: io::Error| format!("{pid}: {error}");
    let number = pid.parse().map_err(|error| format!("{pid}: {error}"))?;
    let process = sys::process::pidfd(number).map_err(problem)?;
    let mut lines = Vec::new();
    for entry in std::fs::read_dir(format!("/proc/{pid}/fd")).map_err(problem)? {
        let name = entry.map_err(problem)?.file_name();
        let number = name.to_string_lossy().parse().unwrap_or(-1);
        let Ok(copy) = sys::process::descriptor_of(&process, number) else {
            continue;
        };
        // Not a socket, or one of a family that has nothing to do with the network.
        let Ok(own) = getsockname::<SockaddrStorage>(copy.as_raw_fd()) else {
            continue;
        };
        let family = own.family();
        let network = [
            AddressFamily::Inet,
            AddressFamily::Inet6,
            AddressFamily::Netlink,
        ];
        if let Some(family) = family.filter(|family| network.contains(family)) {
            let bytes =
                getsockopt(&copy, sockopt::RcvBuf).map_err(|error| problem(error.into()))?;
            lines.push(format!("{family:?} {bytes}"));
        }
    }
    lines.sort();
    println!("{}", lines.join("\n"));
    Ok(())
}

/// A mail relay: prints each letter that it is handed over with all that was said, in one line. It
/// refuses what begins with `refused`.
fn relay(address: &str, refused: Option<&str>) -> Result<(), String> {
    let listener = TcpListener::bind(address).map_err(|e| format!("{address}: {e}"))?;
    for stream in listener.incoming().flatten() {
        let refused = refused.map(str::to_owned);
        thread::spawn(move || {
            let mut talk = Vec::new();
            let say = |text: &str| (&stream).write_all(text.as_bytes()).is_ok();
            let mut letter = false;
            say("220 relay\r\n");
            for line in io::BufReader::new(&stream).lines().map_while(Result::ok) {
                let answer = match (letter, line.as_str()) {
                    (true, ".") => "250 queued\r\n",
                    (true, _) => "",
                    (false, line) if refused.as_ref().is_some_and(|r| line.starts_with(r)) => {
                        "550 no\r\n"
                    }
                    (false, "DATA") => "354 go on\r\n",
                    (false, "QUIT") => "221 bye\r\n",
                    (false, _) => "250 ok\r\n",
                };
                letter = answer.starts_with("354") || (letter && line != ".");
                let dated = line.starts_with("Date: ");
                let end = line == "QUIT";
                talk.push(if dated { "Date".to_owned() } else { line });
                say(answer);
                if end {
                    println!("{}", talk.join("|"));
                    return;
                }
            }
        });
    }
    Ok(())
}

fn serve(servers: &[&str]) -> Result<(), String> {
    let mut threads = Vec::new();
    for server in servers {
        let (name, address) = server.split_once('=').ok_or("serve wants NAME=ADDRESS")?;
        let listener = TcpListener::bind(address).map_err(|e| format!("{address}: {e}"))?;
        let name = name.to_owned();
        threads.push(thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let name = name.clone();
                thread::spawn(move || greet_and_echo(stream, &name));
            }
        }));
    }
    println!("ready");
    for thread in threads {
        let _ = thread.join();
    }
    Ok(())
}

/// Says the name, then sends back whatever comes.
fn greet_and_echo(mut stream: TcpStream, name: &str) -> io::Result<()> {
    writeln!(stream, "{name}")?;
    let mut buffer = [0; 4096];
    loop {
        match stream.read(&mut buffer)? {
            0 => return Ok(()),
            count => stream.write_all(&buffer[..count])?,
        }
    }
}

fn ask(to: &str, sources: &[&str]) -> Result<(), String> {
    let to: SocketAddr = to.parse().map_err(|_| format!("{to} is no address"))?;
    for source in sources {
        let from: IpAddr = source
            .parse()
            .map_err(|_| format!("{source} is no address"))?;
        let answer = connect_from(from, to).and_then(|stream| {
            stream.set_read_timeout(Some(PATIENCE))?;
            let mut line = String::new();
            BufReader::new(&stream).read_line(&mut line)?;
            Ok(line)
        });
        match answer.as_deref().map(str::trim) {
            Ok("") => println!("{source} closed"),
            Ok(name) => println!("{source} {name}"),
            Err(error) => println!("{source} {}", error.kind()),
        }
    }
    Ok(())
}

fn connect_from(from: IpAddr, to: SocketAddr) -> io::Result<TcpStream> {
    let family = if to.is_ipv4() {
        AddressFamily::Inet
    } else {
        AddressFamily::Inet6
    };
    let fd = socket(family, SockType::Stream, SockFlag::SOCK_CLOEXEC, None)?;
    bind(
        fd.as_raw_fd(),
        &SockaddrStorage::from(SocketAddr::new(from, 0)),
    )?;
    connect(fd.as_raw_fd(), &SockaddrStorage::from(to))?;
    Ok(TcpStream::from(fd))
}

fn hold(to: &str, count: &str) -> Result<(), String> {
    let count: usize = count.parse().map_err(|_| format!("{count} is no number"))?;
    let mut held = Vec::new();
    for _ in 0..count.min(1000) {
        let stream = TcpStream::connect(to).map_err(|error| format!("{to}: {error}"))?;
        stream
            .set_read_timeout(Some(PATIENCE))
            .map_err(|error| error.to_string())?;
        let mut reader = BufReader::new(stream);
        let mut greeting = String::new();
        reader
            .read_line(&mut greeting)
            .map_err(|error| error.to_string())?;
        held.push(reader);
    }
    println!("holding {}", held.len());
    for line in io::stdin().lines() {
        let line = line.map_err(|error| error.to_string())?;
        let answered = held
            .iter_mut()
            .filter_map(|held| exchange(held, &line).ok());
        println!(
            "{line}: {} of {count}",
            answered.filter(|same| *same).count()
        );
    }
    Ok(())
}

/// Whether `line` comes back as it was sent.
fn exchange(held: &mut BufReader<TcpStream>, line: &str) -> io::Result<bool> {
    writeln!(held.get_mut(), "{line}")?;
    let mut back = String::new();
    held.read_line(&mut back)?;
    Ok(back.trim_end() == line)
}
