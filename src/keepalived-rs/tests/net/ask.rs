//! Questions to a running daemon.

use serde_json::Value;

use super::{Node, PROGRAM, until};

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
    until(what, || {
        let (status, text, _) = ask(node, &["why", "VI_1", "--json"]);
        let said = || serde_json::from_str::<Value>(&text).expect("JSON");
        (status == 0).then(said).filter(|said| fits(said))
    })
}
