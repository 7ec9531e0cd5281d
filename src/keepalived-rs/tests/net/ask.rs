//! Questions to a running daemon.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::{BOUND, Node, PROGRAM};

/// Asks the daemon of a node; status, what it printed, what it complained of.
pub fn ask(node: &Node, words: &[&str]) -> (i32, String, String) {
    let output = node
        .command(PROGRAM)
        .args(words)
        .arg("--socket")
        .arg(node.file("keepalived.sock"))
        .output()
        .expect("it runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let status = output.status.code().unwrap_or(-1);
    (status, text(&output.stdout), text(&output.stderr))
}

/// Asks for VI_1 until the answer fits: what was told, or logged, may be a moment older than what is.
pub fn await_why(node: &Node, what: &str, fits: impl Fn(&Value) -> bool) -> Value {
    let end = Instant::now() + BOUND;
    loop {
        let (status, text, problem) = ask(node, &["why", "VI_1", "--json"]);
        if status == 0 {
            let said: Value = serde_json::from_str(&text).expect("JSON");
            if fits(&said) {
                return said;
            }
        }
        assert!(Instant::now() < end, "no {what}: {status} {text}{problem}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
