//! `cargo xtask install`: binaries, man pages, completions and units under a prefix.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use crate::packages::{self, BUILD};
use crate::steps::{Outcome, cargo, root, target_dir};

/// Program, and the original whose place it can take.
const PROGRAMS: [(&str, &str); 2] = [
    ("keepalived-rs", "keepalived"),
    ("nginx-stream-rs", "nginx"),
];

pub(crate) fn run(args: &[&str]) -> Outcome {
    let (prefix, as_originals) = arguments(args)?;
    packages::ensure(&[BUILD])?;
    cargo(&[
        "build",
        "--release",
        "--package",
        "keepalived-rs",
        "--package",
        "nginx-stream-rs",
    ])?;
    let sbin = prefix.join("sbin");
    for (program, original) in PROGRAMS {
        put(
            &target_dir().join("release").join(program),
            &sbin.join(program),
            0o755,
        )?;
        if as_originals {
            link(program, &sbin.join(original))?;
        }
    }
    let man = root().join("man");
    for file in files(&man) {
        let Some(section) = file.extension().and_then(|e| e.to_str()) else {
            continue;
        };
        if !section.chars().all(|c| c.is_ascii_digit()) {
            continue;
        }
        let name = file.file_name().unwrap_or_default();
        put(
            &file,
            &prefix.join(format!("share/man/man{section}")).join(name),
            0o644,
        )?;
    }
    completions(&man.join("completions"), &prefix)?;
    units(&man.join("units"), &prefix)?;
    eprintln!("Installed under {}.", prefix.display());
    Ok(())
}

fn arguments(args: &[&str]) -> Result<(PathBuf, bool), String> {
    let mut prefix = PathBuf::from("/usr/local");
    let mut as_originals = false;
    let mut words = args.iter();
    while let Some(word) = words.next() {
        match (*word, word.strip_prefix("--prefix=")) {
            (_, Some(folder)) => prefix = PathBuf::from(folder),
            ("--prefix", _) => {
                prefix = words
                    .next()
                    .map(PathBuf::from)
                    .ok_or("--prefix needs a folder")?;
            }
            ("--as-originals", _) => as_originals = true,
            _ => {
                return Err(format!(
                    "install does not know {word}; see cargo xtask help"
                ));
            }
        }
    }
    if prefix.is_absolute() {
        Ok((prefix, as_originals))
    } else {
        Err(format!(
            "--prefix {} must be an absolute path",
            prefix.display()
        ))
    }
}

fn completions(from: &Path, prefix: &Path) -> Outcome {
    for file in files(from) {
        let name = file
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let folder = match name.rsplit_once('.') {
            Some((_, "bash")) => "share/bash-completion/completions",
            Some((_, "fish")) => "share/fish/vendor_completions.d",
            _ if name.starts_with('_') => "share/zsh/site-functions",
            _ => continue,
        };
        let name = name.strip_suffix(".bash").unwrap_or(&name);
        put(&file, &prefix.join(folder).join(name), 0o644)?;
    }
    Ok(())
}

/// Units name the programs by path, so the prefix is filled in.
fn units(from: &Path, prefix: &Path) -> Outcome {
    for file in files(from) {
        let text = fs::read_to_string(&file).map_err(|e| format!("{}: {e}", file.display()))?;
        let to = prefix
            .join("lib/systemd/system")
            .join(file.file_name().unwrap_or_default());
        folder_of(&to)?;
        replace(&to, |path| {
            fs::write(path, text.replace("@prefix@", &prefix.to_string_lossy()))
        })?;
        eprintln!("  {}", to.display());
    }
    Ok(())
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.is_file())
        .collect();
    found.sort();
    found
}

fn put(from: &Path, to: &Path, mode: u32) -> Outcome {
    folder_of(to)?;
    replace(to, |path| {
        fs::copy(from, path)?;
        fs::set_permissions(path, fs::Permissions::from_mode(mode))
    })?;
    eprintln!("  {}", to.display());
    Ok(())
}

fn link(target: &str, to: &Path) -> Outcome {
    // An original that is installed there stays: replacing it is the package manager's business.
    if fs::symlink_metadata(to).is_ok_and(|found| !found.file_type().is_symlink()) {
        return Err(format!(
            "{} exists and is not a link: left alone",
            to.display()
        ));
    }
    replace(to, |path| symlink(target, path))?;
    eprintln!("  {} -> {target}", to.display());
    Ok(())
}

/// Makes the new file beside the old one and renames it over, so that a running program's file is
/// never written to and no moment is without one.
fn replace(to: &Path, make: impl Fn(&Path) -> std::io::Result<()>) -> Outcome {
    let mut beside = to.as_os_str().to_owned();
    beside.push(".new");
    let beside = PathBuf::from(beside);
    let _ = fs::remove_file(&beside);
    make(&beside)
        .and_then(|()| fs::rename(&beside, to))
        .map_err(|error| format!("{}: {error}", to.display()))
}

fn folder_of(to: &Path) -> Outcome {
    let folder = to.parent().unwrap_or(to);
    fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))
}
