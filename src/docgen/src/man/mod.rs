//! The manual pages: hand-written frames with what the tables say inside.

mod conf;
mod nginx;
mod program;

pub(crate) use conf::keepalived_conf;
pub(crate) use nginx::nginx_stream_conf;
pub(crate) use program::keepalived_rs;

/// Puts `text` in place of the line `.\" @mark@`.
///
/// # Errors
/// When the frame has no such line, or more than one.
fn fill(frame: &str, mark: &str, text: &str) -> Result<String, String> {
    let place = format!(".\\\" @{mark}@\n");
    match frame.matches(&place).count() {
        1 => Ok(frame.replace(&place, text)),
        count => Err(format!("the frame has the mark @{mark}@ {count} times")),
    }
}
