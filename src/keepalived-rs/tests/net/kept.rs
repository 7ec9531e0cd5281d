//! Two nodes with a BFD session between them, and a virtual server on the first whose checks are
//! rare: what a successor has not been told it does not find out while a test lasts.

use super::ask::ask;
use super::{Daemon, Node, Pair, instance, until};

/// A session that survives a second of silence, a server that answers, one that does not.
pub fn configurations(pair: &Pair) {
    let session = |neighbor: u8| {
        format!(
            "bfd_instance peer {{\n neighbor_ip 192.0.2.{neighbor}\n min_rx 100\n min_tx 100\n \
             multiplier 20\n}}\n"
        )
    };
    let server = |port: u16| format!(" real_server 127.0.0.1 {port} {{\n TCP_CHECK {{\n }}\n }}\n");
    let service = format!(
        "virtual_server 192.0.2.200 80 {{\n lb_algo rr\n lb_kind NAT\n protocol TCP\n \
         delay_loop 600\n warmup 0.1\n{}{}}}\n",
        server(81),
        server(82)
    );
    let track = " track_bfd {\n  peer\n }";
    let first = instance(100, &["192.0.2.100/24"], track).replace("_int 0.1", "_int 0.5");
    pair.a
        .write("keepalived.conf", &(session(2) + &service + &first));
    pair.b.write("keepalived.conf", &session(1));
}

/// Somebody listens on the first server's port as long as this lives.
pub struct Listener(std::process::Child);

impl Listener {
    pub fn on(node: &Node) -> Self {
        let code =
            "import socket, time\ns = socket.create_server(('127.0.0.1', 81))\ntime.sleep(600)";
        let child = node.command("python3").args(["-c", code]).spawn();
        let listener = Self(child.expect("python3"));
        let listens = || {
            let shown = node.command("ss").arg("-ltn").output().expect("ss");
            let text = String::from_utf8_lossy(&shown.stdout).into_owned();
            text.contains("127.0.0.1:81").then_some(())
        };
        until("listener", listens);
        listener
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// How many servers live, and which does not, in words.
pub fn servers(node: &Node) -> Vec<String> {
    let (status, text, problem) = ask(node, &["status"]);
    assert_eq!(status, 0, "{problem}");
    let about = |line: &&str| line.contains("127.0.0.1:8") || line.contains("real servers");
    let lines = text.lines().filter(about);
    lines.map(|line| line.trim().to_owned()).collect()
}

/// Waits until the second server is out of service, and the session up on both nodes.
pub fn settle(pair: &Pair, a: &mut Daemon, b: &mut Daemon) -> Vec<String> {
    for daemon in [a, b] {
        if !daemon.log.contains("(peer) Entering Up state") {
            daemon.logs("(peer) Entering Up state");
        }
    }
    until("failed check", || {
        let servers = servers(&pair.a);
        let settled = servers.len() == 2
            && servers[0].ends_with("1 of 2 real servers alive")
            && servers[1].starts_with("127.0.0.1:82 is DOWN");
        settled.then_some(servers)
    })
}

/// The session has not gone down since line `from` of `a`'s log, and is watched: it does when the
/// other end hangs.
pub fn session_lives(pair: &Pair, from: usize, a: &mut Daemon, b: &mut Daemon) {
    // Takes what is there.
    let down = "(peer) Entering Down";
    assert!(!b.log.contains(down), "{:#?}", b.log.seen);
    a.log.contains(down);
    let news = &a.log.seen[from..];
    let fell = |line: &String| line.contains(down) || line.contains("FAULT");
    assert!(!news.iter().any(fell), "{news:#?}");
    let other = pair.b.pid("bfd.pid");
    sys::signal::send(other, nix::libc::SIGSTOP).expect("signal");
    a.logs("(VI_1) Entering FAULT STATE");
    assert!(a.log.contains("(peer) Expired after 2000 ms"));
    sys::signal::send(other, nix::libc::SIGCONT).expect("signal");
}
