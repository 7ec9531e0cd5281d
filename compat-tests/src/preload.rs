//! Libraries that are loaded ahead of a program's own, for what it cannot do by itself here.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Has the kernel tell of processes outside the first network namespace, which `FIRST_NET` names.
pub const FIRST_NET: &str = include_str!("first_net.c");

/// Makes a library from C `source` in `folder`, for `LD_PRELOAD`.
///
/// # Errors
/// When it cannot be written; what the compiler says.
pub fn library(source: &str, folder: &Path) -> io::Result<PathBuf> {
    let (file, library) = (folder.join("preload.c"), folder.join("preload.so"));
    fs::write(&file, source)?;
    let mut compiler = Command::new("cc");
    compiler
        .args(["-O1", "-shared", "-fPIC", "-o"])
        .arg(&library);
    let made = compiler.arg(&file).output()?;
    match made.status.success() {
        true => Ok(library),
        false => Err(io::Error::other(format!(
            "{} does not compile: {}",
            file.display(),
            String::from_utf8_lossy(&made.stderr)
        ))),
    }
}
