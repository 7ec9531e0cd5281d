//! The root of a node: what the host has, read-only, under what the node's directory brings.
//!
//! Runs as process 1 of fresh mount and pid namespaces, before anything else. Invariants: nothing
//! of the host can be written through the new root; after [`enter`] the old root is gone. Nothing
//! here outlives the namespace.

use std::fs;
use std::io;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::sys::statvfs::{FsFlags, statvfs};

use crate::protocol::NodeSetup;

/// A step that failed, and on what.
#[derive(Debug, thiserror::Error)]
#[error("{step} {path}: {error}", path = path.display())]
pub(super) struct RootError {
    step: &'static str,
    path: PathBuf,
    error: io::Error,
}

type Done<T = ()> = Result<T, RootError>;

fn failed<E: Into<io::Error>>(step: &'static str, path: &Path) -> impl FnOnce(E) -> RootError {
    move |error| RootError {
        step,
        path: path.to_owned(),
        error: error.into(),
    }
}

/// Builds the root and enters it. Returns what the node has to do without.
pub(super) fn enter(setup: &NodeSetup) -> Done<Vec<String>> {
    let mut warnings = Vec::new();
    let none = None::<&str>;
    mount(none, "/", none, MsFlags::MS_REC | MsFlags::MS_PRIVATE, none)
        .map_err(failed("make private", Path::new("/")))?;
    let root = mount_point(setup);
    tmpfs(&root, "mode=755")?;
    let stage = root.join(".stage");
    directory(&stage)?;

    usr(setup, &root, &stage, &mut warnings)?;
    etc(setup, &root, &stage, &mut warnings)?;
    for link in ["bin", "sbin", "lib", "lib64", "lib32"] {
        top_link(&root, link)?;
    }
    for (path, options) in [
        ("run", "mode=755"),
        ("tmp", "mode=1777"),
        ("var", "mode=755"),
    ] {
        directory(&root.join(path))?;
        tmpfs(&root.join(path), options)?;
    }
    directory(&root.join("root"))?;
    variable(&root)?;
    if let Some(files) = &setup.files {
        node_files(files, &root)?;
    }
    for (source, target) in &setup.placed {
        place(
            source,
            &root.join(target.strip_prefix("/").unwrap_or(target)),
        )?;
    }
    devices(&root)?;
    kernel_views(&root, &mut warnings)?;
    programs(setup, &root)?;
    pivot(&root)?;
    Ok(warnings)
}

/// A directory that hides nothing we still have to read.
fn mount_point(setup: &NodeSetup) -> PathBuf {
    let needed: Vec<&Path> = setup
        .files
        .iter()
        .map(PathBuf::as_path)
        .chain(setup.programs.iter().map(|(source, _)| source.as_path()))
        .chain(setup.placed.iter().map(|(source, _)| source.as_path()))
        .collect();
    ["/mnt", "/media", "/srv", "/opt", "/home", "/tmp", "/var"]
        .into_iter()
        .map(Path::new)
        .find(|candidate| {
            candidate.is_dir() && !needed.iter().any(|path| path.starts_with(candidate))
        })
        .unwrap_or(Path::new("/boot"))
        .to_owned()
}

fn tmpfs(at: &Path, options: &str) -> Done {
    let flags = MsFlags::MS_NOSUID;
    mount(Some("lab"), at, Some("tmpfs"), flags, Some(options))
        .map_err(failed("mount a tmpfs on", at))
}

fn directory(path: &Path) -> Done {
    fs::create_dir_all(path).map_err(failed("create", path))
}

/// Binds `source` at `target`, read-only when asked, keeping flags that a user namespace locks.
fn bind(source: &Path, target: &Path, read_only: bool) -> Done {
    let none = None::<&str>;
    let flags = MsFlags::MS_BIND | MsFlags::MS_REC;
    mount(Some(source), target, none, flags, none).map_err(failed("bind", target))?;
    if !read_only {
        return Ok(());
    }
    let mut flags = MsFlags::MS_BIND | MsFlags::MS_REMOUNT | MsFlags::MS_RDONLY;
    if let Ok(stat) = statvfs(target) {
        for (has, keep) in [
            (FsFlags::ST_NOSUID, MsFlags::MS_NOSUID),
            (FsFlags::ST_NODEV, MsFlags::MS_NODEV),
            (FsFlags::ST_NOEXEC, MsFlags::MS_NOEXEC),
            (FsFlags::ST_NOATIME, MsFlags::MS_NOATIME),
            (FsFlags::ST_RELATIME, MsFlags::MS_RELATIME),
        ] {
            if stat.flags().contains(has) {
                flags |= keep;
            }
        }
    }
    mount(none, target, none, flags, none).map_err(failed("make read-only", target))
}

/// The host's /usr under the node's own files outside /usr/local and the places for programs.
fn usr(setup: &NodeSetup, root: &Path, stage: &Path, warnings: &mut Vec<String>) -> Done {
    let over = stage.join("usr");
    directory(&over)?;
    if let Some(files) = &setup.files {
        copy_tree(&files.join("usr"), &over)?;
        // /usr/local is a tmpfs of its own, filled later.
        let local = over.join("local");
        if local.exists() {
            fs::remove_dir_all(&local).map_err(failed("empty", &local))?;
        }
    }
    directory(&over.join("local"))?;
    for (target, text) in &setup.wrappers {
        if let Ok(inside) = target.strip_prefix("/usr") {
            wrapper(&over.join(inside), text)?;
        }
    }
    for (_, target) in &setup.programs {
        if let Ok(inside) = target.strip_prefix("/usr")
            && !inside.starts_with("local")
        {
            touch(&over.join(inside))?;
        }
    }
    let usr = root.join("usr");
    directory(&usr)?;
    let options = format!("lowerdir={}:/usr", over.display());
    let overlay = mount(
        Some("lab"),
        &usr,
        Some("overlay"),
        MsFlags::MS_RDONLY | MsFlags::MS_NOSUID,
        Some(options.as_str()),
    );
    if let Err(error) = overlay {
        bind(Path::new("/usr"), &usr, true)?;
        warnings.push(format!(
            "no overlay for /usr ({error}): programs that the host does not have are missing"
        ));
    }
    tmpfs(&usr.join("local"), "mode=755")
}

/// An overlay whose upper layer holds the node's files; a copy where that is not possible.
fn etc(setup: &NodeSetup, root: &Path, stage: &Path, warnings: &mut Vec<String>) -> Done {
    let upper = stage.join("etc");
    let work = stage.join("etc-work");
    directory(&upper)?;
    directory(&work)?;
    if let Some(files) = &setup.files {
        copy_tree(&files.join("etc"), &upper)?;
    }
    names(setup, &upper)?;
    let etc = root.join("etc");
    directory(&etc)?;
    let options = format!(
        "lowerdir=/etc,upperdir={},workdir={}",
        upper.display(),
        work.display()
    );
    let flags = MsFlags::MS_NOSUID;
    if let Err(error) = mount(
        Some("lab"),
        &etc,
        Some("overlay"),
        flags,
        Some(options.as_str()),
    ) {
        warnings.push(format!("no overlay for /etc ({error}): a copy is used"));
        copy_tree(Path::new("/etc"), &etc)?;
        copy_tree(&upper, &etc)?;
    }
    Ok(())
}

/// Host name and addresses, unless the node brings its own.
fn names(setup: &NodeSetup, etc: &Path) -> Done {
    let mut hosts = "127.0.0.1\tlocalhost\n::1\tlocalhost\n".to_owned();
    for (address, name) in &setup.hosts {
        hosts.push_str(&format!("{address}\t{name}\n"));
    }
    for (name, text) in [("hostname", format!("{}\n", setup.name)), ("hosts", hosts)] {
        let path = etc.join(name);
        if !path.exists() {
            fs::write(&path, text).map_err(failed("write", &path))?;
        }
    }
    Ok(())
}

/// The host's link of that name, or a bind where the host has a directory.
fn top_link(root: &Path, name: &str) -> Done {
    let host = Path::new("/").join(name);
    let here = root.join(name);
    match fs::symlink_metadata(&host) {
        Err(_) => Ok(()),
        Ok(found) if found.file_type().is_symlink() => {
            let target = fs::read_link(&host).map_err(failed("read", &host))?;
            symlink(target, &here).map_err(failed("link", &here))
        }
        Ok(_) => {
            directory(&here)?;
            bind(&host, &here, true)
        }
    }
}

/// Directories that daemons and scripts take for granted.
fn variable(root: &Path) -> Done {
    for path in [
        "var/log/nginx",
        "var/lib/nginx",
        "var/cache/nginx",
        "var/spool",
        "var/tmp",
        "run/lock",
        "run/keepalived",
        "usr/local/sbin",
        "usr/local/bin",
        "usr/local/etc",
        "usr/local/nginx/logs",
    ] {
        directory(&root.join(path))?;
    }
    let link = root.join("var/run");
    symlink("/run", &link).map_err(failed("link", &link))
}

/// The node's files outside /etc and /usr, and those of /usr/local.
fn node_files(files: &Path, root: &Path) -> Done {
    copy_tree(&files.join("usr/local"), &root.join("usr/local"))?;
    let entries = fs::read_dir(files).map_err(failed("read", files))?;
    for entry in entries {
        let entry = entry.map_err(failed("read", files))?;
        let name = entry.file_name();
        let known = [
            "etc", "usr", "proc", "sys", "dev", "bin", "sbin", "lib", "lib64",
        ];
        let is_directory = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if is_directory && !known.iter().any(|k| *k == name) {
            copy_tree(&entry.path(), &root.join(&name))?;
        }
    }
    Ok(())
}

fn place(source: &Path, target: &Path) -> Done {
    if let Some(parent) = target.parent() {
        directory(parent)?;
    }
    fs::copy(source, target)
        .map(drop)
        .map_err(failed("copy", source))
}

fn devices(root: &Path) -> Done {
    let dev = root.join("dev");
    directory(&dev)?;
    tmpfs(&dev, "mode=755")?;
    for name in ["null", "zero", "full", "random", "urandom", "tty"] {
        let here = dev.join(name);
        touch(&here)?;
        bind(&Path::new("/dev").join(name), &here, false)?;
    }
    for (name, target) in [
        ("fd", "/proc/self/fd"),
        ("stdin", "/proc/self/fd/0"),
        ("stdout", "/proc/self/fd/1"),
        ("stderr", "/proc/self/fd/2"),
    ] {
        let here = dev.join(name);
        symlink(target, &here).map_err(failed("link", &here))?;
    }
    directory(&dev.join("shm"))?;
    tmpfs(&dev.join("shm"), "mode=1777")
}

fn kernel_views(root: &Path, warnings: &mut Vec<String>) -> Done {
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOEXEC;
    let none = None::<&str>;
    let proc = root.join("proc");
    directory(&proc)?;
    mount(Some("proc"), &proc, Some("proc"), flags, none)
        .map_err(failed("mount proc on", &proc))?;
    let sys = root.join("sys");
    directory(&sys)?;
    let flags = flags | MsFlags::MS_RDONLY;
    if let Err(error) = mount(Some("sysfs"), &sys, Some("sysfs"), flags, none) {
        warnings.push(format!("no /sys ({error})"));
    }
    Ok(())
}

/// Programs at the paths that units and scripts name, and wrappers around some of them.
fn programs(setup: &NodeSetup, root: &Path) -> Done {
    for (source, target) in &setup.programs {
        let here = root.join(target.strip_prefix("/").unwrap_or(target));
        if !here.exists() {
            touch(&here)?;
        }
        bind(source, &here, true)?;
    }
    for (target, text) in &setup.wrappers {
        if target.starts_with("/usr/local") {
            wrapper(&root.join(target.strip_prefix("/").unwrap_or(target)), text)?;
        }
    }
    Ok(())
}

fn wrapper(at: &Path, text: &str) -> Done {
    if let Some(parent) = at.parent() {
        directory(parent)?;
    }
    fs::write(at, text).map_err(failed("write", at))?;
    fs::set_permissions(at, fs::Permissions::from_mode(0o755))
        .map_err(failed("make executable", at))
}

fn pivot(root: &Path) -> Done {
    std::env::set_current_dir(root).map_err(failed("enter", root))?;
    // The old root comes to lie on top of the new one and is taken off at once.
    nix::unistd::pivot_root(".", ".").map_err(failed("pivot to", root))?;
    umount2(".", MntFlags::MNT_DETACH).map_err(failed("detach", Path::new("/")))?;
    std::env::set_current_dir("/").map_err(failed("enter", Path::new("/")))
}

fn touch(path: &Path) -> Done {
    if let Some(parent) = path.parent() {
        directory(parent)?;
    }
    fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .map(drop)
        .map_err(failed("create", path))
}

/// Copies what is below `from` into `to`, with modes; owned by whoever we are. A missing `from`
/// is an empty one; what cannot be read (the host's shadow file) is left out.
fn copy_tree(from: &Path, to: &Path) -> Done {
    let Ok(entries) = fs::read_dir(from) else {
        return Ok(());
    };
    directory(to)?;
    for entry in entries {
        let entry = entry.map_err(failed("read", from))?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        let Ok(found) = fs::symlink_metadata(&source) else {
            continue;
        };
        if found.is_dir() {
            copy_tree(&source, &target)?;
        } else if found.file_type().is_symlink() {
            let points_to = fs::read_link(&source).map_err(failed("read", &source))?;
            let _ = fs::remove_file(&target);
            symlink(points_to, &target).map_err(failed("link", &target))?;
        } else if found.is_file() {
            match fs::copy(&source, &target) {
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {}
                Err(error) => return Err(failed("copy", &source)(error)),
            }
        }
    }
    Ok(())
}
