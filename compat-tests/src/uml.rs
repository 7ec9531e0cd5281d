//! A machine whose kernel has IPVS: Debian's user-mode Linux, booted for one script.
//!
//! Invariants: the host's root is mounted read-only, so nothing in there can change the host; the
//! machine has no network device and no way out; it ends with the script, or when its time is up,
//! and takes all its processes with it.

use std::fs;
use std::io::{self, Read as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crate::preload;

/// The package's kernel.
const KERNEL: &str = "/usr/bin/linux.uml";
/// Its modules, named like a `lib/modules` folder.
const MODULES: &str = "/usr/lib/uml/modules";
/// What it needs on some processors.
const REGISTERS: &str = include_str!("uml.c");
/// Frames the script's output on the console.
const BEGIN: &str = "-----script-----";
const END: &str = "-----status ";

/// What a script printed (both streams) and how it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Exit status of the script.
    pub status: i32,
    /// What it printed.
    pub text: String,
}

/// Boots, loads `modules`, runs `script` with bash as root, and powers off.
///
/// Inside, `/run` is writable and empty, loopback is up, and everything else is the host's, to be
/// read. The network namespaces of the script are its own.
///
/// # Errors
/// When the package is not there, the machine does not come up, or `bound` passes; the text says
/// what the console showed until then.
pub fn run(modules: &[&str], script: &str, bound: Duration) -> io::Result<Report> {
    let folder = tempfile::tempdir()?;
    let init = folder.path().join("init");
    fs::write(&init, init_script(modules, script))?;
    fs::set_permissions(&init, fs::Permissions::from_mode(0o755))?;
    let console = boot(&init, folder.path(), bound)?;
    frame(&console).ok_or_else(|| {
        io::Error::other(format!(
            "user-mode Linux ended before the script did, or within {bound:?}; console:\n{console}"
        ))
    })
}

fn init_script(modules: &[&str], script: &str) -> String {
    format!(
        "#!/bin/bash\n\
         export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/run LC_ALL=C.UTF-8\n\
         mount -t proc proc /proc\n\
         mount -t sysfs sys /sys\n\
         mount -t tmpfs tmpfs /run\n\
         echo 1 > /proc/sys/kernel/printk\n\
         mkdir -p /run/kernel/lib/modules /run/netns\n\
         mount --bind {MODULES} /run/kernel/lib/modules\n\
         printf '#!/bin/sh\\nexec modprobe -d /run/kernel \"$@\"\\n' > /run/modprobe\n\
         chmod +x /run/modprobe\n\
         echo /run/modprobe > /proc/sys/kernel/modprobe\n\
         for module in {}; do /run/modprobe $module || echo \"no module $module\"; done\n\
         ip link set lo up\n\
         echo {BEGIN}\n\
         (\n{script}\n) 2>&1\n\
         echo \"{END}$?\"\n\
         poweroff -f\n",
        modules.join(" ")
    )
}

/// The console until the script has ended, the machine is off or its time is up.
fn boot(init: &Path, folder: &Path, bound: Duration) -> io::Result<String> {
    // A pid namespace, so that killing its first process leaves nothing of the machine behind.
    let mut machine = Command::new("unshare")
        .env("LD_PRELOAD", preload::library(REGISTERS, folder)?)
        .args(["--pid", "--mount", "--fork", "--kill-child", "--mount-proc"])
        .arg(KERNEL)
        .args(["mem=384M", "root=/dev/root", "rootfstype=hostfs"])
        .args(["rootflags=/", "ro", "quiet", "con=null", "con0=fd:0,fd:1"])
        .arg(format!("uml_dir={}", folder.display()))
        .arg(format!("init={}", init.display()))
        .env("TMPDIR", folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let mut console = machine
        .stdout
        .take()
        .ok_or_else(|| io::Error::other("no console"))?;
    let (sender, chunks) = mpsc::channel();
    let reader = thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(count @ 1..) = console.read(&mut buffer) {
            if sender.send(buffer[..count].to_vec()).is_err() {
                break;
            }
        }
    });
    let mut bytes = Vec::new();
    let end = std::time::Instant::now() + bound;
    while let Ok(chunk) =
        chunks.recv_timeout(end.saturating_duration_since(std::time::Instant::now()))
    {
        bytes.extend(chunk);
        // Powering off is of no interest any more, and now and then takes for ever.
        if frame(&text_of(&bytes)).is_some() {
            break;
        }
    }
    drop(chunks);
    machine.kill()?;
    machine.wait()?;
    let _ = reader.join();
    Ok(text_of(&bytes))
}

/// Console text without the terminal's carriage returns.
fn text_of(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).replace('\r', "")
}

/// The script's part of the console.
fn frame(console: &str) -> Option<Report> {
    let (_, rest) = console.split_once(&format!("{BEGIN}\n"))?;
    let (text, status) = rest.rsplit_once(END)?;
    let (status, _) = status.split_once('\n')?;
    let status = status.trim().parse().ok()?;
    Some(Report {
        status,
        text: text.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_frame_is_cut_from_the_console() {
        let console = "boot\n-----script-----\none\ntwo\n-----status 3\nreboot: halted\n";
        let report = frame(console).expect("complete");
        assert_eq!((report.status, report.text.as_str()), (3, "one\ntwo\n"));
        assert_eq!(frame("-----script-----\none\n"), None);
        assert_eq!(frame("-----script-----\none\n-----status 1"), None, "cut");
    }

    #[test]
    fn a_script_runs_in_a_machine_that_cannot_write_to_the_host() {
        let script = "uname -r; touch /etc/x; exit 7";
        let report = run(&["ip_vs"], script, Duration::from_secs(60)).expect("it boots");
        assert_eq!(report.status, 7, "{}", report.text);
        assert!(
            report.text.contains("Read-only file system"),
            "{}",
            report.text
        );
    }

    #[test]
    fn a_script_without_end_is_ended() {
        let report = run(&[], "sleep 1000", Duration::from_secs(6));
        let problem = report.expect_err("it would take too long").to_string();
        assert!(problem.contains("within 6s"), "{problem}");
    }
}
