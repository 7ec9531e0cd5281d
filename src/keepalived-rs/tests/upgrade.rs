//! A daemon that goes on as another program: same process, same master, no advert missed.

mod net;

use std::path::{Path, PathBuf};
use std::process::Stdio;

use net::ask::{ask, await_why};
use net::kept;
use net::{Daemon, Lines, Node, PROGRAM, Pair, can_run, instance, until};
use serde_json::Value;

const VIP: &str = "192.0.2.100";

/// Half a second between adverts: a backup loses patience after 1.8 s.
fn config(priority: u8) -> String {
    instance(priority, &["192.0.2.100/24"], "").replace("advert_int 0.1", "advert_int 0.5")
}

/// Links to the program under test, which can be replaced as a package manager does it.
struct Installed {
    path: PathBuf,
}

impl Installed {
    fn new(name: &str) -> Self {
        let own = std::process::id();
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{own}"));
        let installed = Self { path };
        installed.good();
        installed
    }

    fn replace(&self, make: impl FnOnce(&Path)) {
        let new = self.path.with_extension("new");
        let _ = std::fs::remove_file(&new);
        make(&new);
        std::fs::rename(&new, &self.path).expect("renamed");
    }

    /// A link: a file that is written here may not be executed while another test starts something.
    fn good(&self) {
        self.replace(|new| std::fs::hard_link(PROGRAM, new).expect("linked"));
    }

    fn broken(&self) {
        self.replace(|new| {
            std::fs::write(new, "#!/bin/sh\nexit 3\n").expect("written");
            let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
            std::fs::set_permissions(new, mode).expect("mode");
        });
    }

    fn start(&self, node: &Node) -> Daemon {
        let mut child = node
            .command(&self.path.display().to_string())
            .args(["-n", "-l"])
            .args(node.arguments())
            .stderr(Stdio::piped())
            .spawn()
            .expect("started");
        let mut log = Lines::of(child.stderr.take().expect("pipe"));
        log.wait("start", |line| line.ends_with("Startup complete"));
        Daemon { child, log }
    }
}

impl Drop for Installed {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

/// When the state was entered. Two clocks are read one after the other to tell, so it may be off by
/// a little.
fn since(it: &Value) -> u64 {
    it["since_unix_ms"].as_u64().expect("a time")
}

/// `b` has heard adverts of `a` for longer than it would wait for one, and was never master.
fn never_missed(pair: &Pair) {
    let heard = |it: &Value| it["adverts_received"].as_u64().unwrap_or_default();
    let now = heard(&await_why(&pair.b, "answer", |_| true));
    let later = await_why(&pair.b, "more adverts", |it| heard(it) >= now + 5);
    assert_eq!(later["master"], "192.0.2.1", "{later:#}");
    assert_eq!(later["became_master"], 0, "{later:#}");
}

#[test]
fn an_upgrade_changes_the_program_and_nothing_else() {
    if !can_run() {
        return;
    }
    let mut pair = Pair::new();
    pair.a.write("keepalived.conf", &config(100));
    pair.b.write("keepalived.conf", &config(90));
    let installed = Installed::new("upgraded");
    let mut a = installed.start(&pair.a);
    pair.a.gets(VIP);
    let _b = pair.b.start();
    await_why(&pair.b, "master", |it| it["master"] == "192.0.2.1");
    let before = await_why(&pair.a, "master", |it| it["state"] == "MASTER");
    let (parent, child) = (pair.a.pid("keepalived.pid"), pair.a.pid("vrrp.pid"));

    // What cannot go on changes nothing.
    installed.broken();
    let (status, _, problem) = ask(&pair.a, &["upgrade"]);
    assert_eq!(status, 1, "{problem}");
    assert!(
        problem.contains("the daemon goes on as it was"),
        "{problem}"
    );
    assert_eq!(pair.a.pid("vrrp.pid"), child);

    installed.good();
    let link = format!("/proc/{parent}/exe");
    let runs = || std::fs::read_link(&link).expect("it runs");
    assert!(runs().to_string_lossy().ends_with(" (deleted)"));
    let (status, text, problem) = ask(&pair.a, &["upgrade"]);
    assert_eq!(status, 0, "{problem}");
    assert!(text.contains(&format!("process {parent}")), "{text}");
    a.logs("Upgrade complete");
    assert_eq!(runs(), installed.path, "the new file runs");
    assert_eq!(pair.a.pid("keepalived.pid"), parent);
    assert_ne!(pair.a.pid("vrrp.pid"), child);
    let after = await_why(&pair.a, "master", |it| it["state"] == "MASTER");
    assert!(since(&after).abs_diff(since(&before)) < 1_000, "{after:#}");
    assert_eq!(
        after["because"], before["because"],
        "what led to it is not forgotten"
    );
    assert!(after["because"].is_string());
    never_missed(&pair);

    // By the signal as well, and again.
    let signal = runtime::keepalived::upgrade_signal();
    sys::signal::send(parent, signal).expect("signal");
    a.logs("Upgrade complete");
    never_missed(&pair);

    // And everything else still works.
    let more = config(100).replace("/24\n", "/24\n  192.0.2.101/24\n");
    pair.a.write("keepalived.conf", &more);
    a.reload();
    pair.a.gets("192.0.2.101");
    assert!(
        !pair.a.addresses.contains("Deleted"),
        "{:#?}",
        pair.a.addresses.seen
    );
    assert_eq!(a.stop(), 0);
    pair.b.gets(VIP);
    for file in [
        "keepalived.pid",
        "vrrp.pid",
        "keepalived.sock",
        "vrrp.addresses",
    ] {
        assert!(!pair.a.file(file).exists(), "{file} stays");
    }
}

#[test]
fn a_backup_stays_one_over_an_upgrade() {
    if !can_run() {
        return;
    }
    let mut pair = Pair::new();
    pair.a.write("keepalived.conf", &config(100));
    pair.b.write("keepalived.conf", &config(90));
    let _a = pair.a.start();
    pair.a.gets(VIP);
    let mut b = pair.b.start();
    let before = await_why(&pair.b, "master", |it| it["master"] == "192.0.2.1");
    let (status, _, problem) = ask(&pair.b, &["upgrade"]);
    assert_eq!(status, 0, "{problem}");
    b.logs("Upgrade complete");
    let after = await_why(&pair.b, "master", |it| it["master"] == "192.0.2.1");
    assert!(since(&after).abs_diff(since(&before)) < 1_000, "{after:#}");
    never_missed(&pair);
}

/// Sessions stay up, and what failed a check stays out: all by processes of the new program.
#[test]
fn checks_and_sessions_go_on_over_an_upgrade() {
    if !can_run() {
        return;
    }
    let mut pair = Pair::new();
    kept::configurations(&pair);
    let _listener = kept::Listener::on(&pair.a);
    let installed = Installed::new("kept");
    let mut a = installed.start(&pair.a);
    let mut b = pair.b.start();
    let before = kept::settle(&pair, &mut a, &mut b);
    pair.a.gets(VIP);
    let files = ["bfd.pid", "checkers.pid", "vrrp.pid"];
    let old = files.map(|file| pair.a.pid(file));
    let from = a.log.seen.len();
    for _ in 0..2 {
        let (status, _, problem) = ask(&pair.a, &["upgrade"]);
        assert_eq!(status, 0, "{problem}");
    }
    let new = files.map(|file| pair.a.pid(file));
    assert!(
        old.iter().zip(&new).all(|(old, new)| old != new),
        "{old:?} {new:?}"
    );
    assert_eq!(kept::servers(&pair.a), before);
    kept::session_lives(&pair, from, &mut a, &mut b);
    assert_eq!(a.stop(), 0);
}

/// One that hangs is killed: its sessions begin anew, and the upgrade comes to its end.
#[test]
fn a_process_that_hangs_does_not_hold_up_an_upgrade() {
    if !can_run() {
        return;
    }
    let pair = Pair::new();
    kept::configurations(&pair);
    let _listener = kept::Listener::on(&pair.a);
    let installed = Installed::new("hangs");
    let mut a = installed.start(&pair.a);
    let mut b = pair.b.start();
    kept::settle(&pair, &mut a, &mut b);
    let hung = pair.a.pid("bfd.pid");
    sys::signal::send(hung, nix::libc::SIGSTOP).expect("signal");
    let (status, _, problem) = ask(&pair.a, &["upgrade"]);
    assert_eq!(status, 0, "{problem}");
    assert!(
        a.log
            .contains(&format!("BFD child process({hung}) does not yield"))
    );
    until("session", || {
        a.log.contains("");
        let ups = a.log.seen.iter();
        let ups = ups.filter(|line| line.contains("(peer) Entering Up state"));
        (ups.count() == 2).then_some(())
    });
    assert_eq!(a.stop(), 0);
}
