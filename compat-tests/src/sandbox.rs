//! A throw-away host: own network, mounts and processes, with a node's files in place.

use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::articles::Node;

/// What scripts wait with: `await`, `has`, `has_not`.
const AWAIT: &str = include_str!("await.sh");

/// No scenario of one command takes longer, in seconds; one that does is ended and fails.
const BOUND: &str = "120";

/// A folder of every host that is empty.
const MEDIA: &str = "/media";
/// Where the network namespace of the host is.
const FIRST_NET: &str = "/media/first-net";

/// What a command printed and how it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Exit status; a signal's number plus 128, as a shell shows it.
    pub status: i32,
    /// Lines of standard output, then of standard error.
    pub lines: Vec<String>,
}

/// A host made for one command.
#[derive(Clone, Debug, Default)]
pub struct Sandbox {
    interfaces: Vec<(String, String)>,
    trees: Vec<PathBuf>,
    files: Vec<(String, PathBuf)>,
    first_processes: bool,
}

impl Sandbox {
    /// A host with loopback only.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The host an article's node runs on.
    #[must_use]
    pub fn of(node: &Node) -> Self {
        Self::new()
            .interface(node.interface, node.address)
            .tree(node.folder())
    }

    /// Adds an Ethernet interface, up and with carrier.
    #[must_use]
    pub fn interface(mut self, name: &str, address: &str) -> Self {
        self.interfaces.push((name.to_owned(), address.to_owned()));
        self
    }

    /// Lays the files below `folder` over the host's `/etc` and `/usr/local`.
    #[must_use]
    pub fn tree(mut self, folder: PathBuf) -> Self {
        self.trees.push(folder);
        self
    }

    /// Puts one file at `path`, over what the trees brought.
    #[must_use]
    pub fn file(mut self, path: &str, from: &Path) -> Self {
        self.files.push((path.to_owned(), from.to_path_buf()));
        self
    }

    /// Leaves the command among the host's processes: the kernel tells of those that begin and end
    /// nowhere else. What it leaves running then stays, and `FIRST_NET` names the network namespace
    /// in which that can be heard.
    #[must_use]
    pub fn among_all_processes(mut self) -> Self {
        self.first_processes = true;
        self
    }

    /// Runs a shell command there and waits for it; everything it left running is killed.
    ///
    /// # Errors
    /// When namespaces cannot be made or the set-up fails.
    pub fn run(&self, command: &str) -> io::Result<Report> {
        let output = self.command(command).output()?;
        Ok(report(&output))
    }

    /// The command itself, for callers that talk to it while it runs. Its first process is the
    /// init of a new pid namespace, so that killing it ends all.
    #[must_use]
    pub fn command(&self, command: &str) -> Command {
        let mut shell = Command::new("unshare");
        shell.args(["--mount", "--ipc", "--uts", "--propagation", "private"]);
        if self.first_processes {
            let first = format!("mount -t tmpfs tmpfs {MEDIA}; touch {FIRST_NET}; ")
                + &format!("mount --bind /proc/self/ns/net {FIRST_NET}; exec unshare --net \"$@\"");
            shell.args(["sh", "-c", &first, "sh"]);
            shell.env("FIRST_NET", FIRST_NET);
        } else {
            shell.args(["--net", "--pid", "--fork", "--kill-child", "--mount-proc"]);
        }
        shell
            .args([
                "timeout",
                "--foreground",
                "--kill-after=1",
                BOUND,
                "sh",
                "-c",
            ])
            .arg(format!("{}\n{command}", self.setup()))
            .env(
                "PATH",
                "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            )
            .env("LC_ALL", "C.UTF-8")
            .stdin(Stdio::null());
        shell
    }

    fn setup(&self) -> String {
        let mut text = String::from("set -e\nip link set lo up\n");
        for (index, (name, address)) in self.interfaces.iter().enumerate() {
            let _ = writeln!(
                text,
                "ip link add {name} type veth peer name peer{index}\n\
                 ip address add {address} dev {name}\n\
                 ip link set {name} up\nip link set peer{index} up"
            );
        }
        // The overlay needs an upper layer on a file system of its own.
        text.push_str(
            "mount -t tmpfs tmpfs /mnt\nmkdir /mnt/upper /mnt/work /mnt/local\n\
             mount -t overlay overlay -o lowerdir=/etc,upperdir=/mnt/upper,workdir=/mnt/work /etc\n\
             mount --bind /mnt/local /usr/local\n\
             mount -t tmpfs tmpfs /run\nmount -t tmpfs tmpfs /var/log\n\
             mkdir -p /var/log/nginx /usr/local/nginx/logs\n",
        );
        for tree in &self.trees {
            for part in ["etc", "usr/local"] {
                let from = tree.join(part);
                if from.is_dir() {
                    let _ = writeln!(text, "cp -r '{}/.' /{part}/", from.display());
                }
            }
        }
        for (path, from) in &self.files {
            let _ = writeln!(text, "cp '{}' '{path}'", from.display());
        }
        text.push_str("set +e\n");
        text.push_str(AWAIT);
        text
    }
}

/// Turns an ended command's output into a report.
#[must_use]
pub fn report(output: &Output) -> Report {
    use std::os::unix::process::ExitStatusExt as _;
    let status = output
        .status
        .code()
        .unwrap_or_else(|| 128 + output.status.signal().unwrap_or_default());
    let text = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    let lines = String::from_utf8_lossy(&text)
        .lines()
        .map(str::to_owned)
        .collect();
    Report { status, lines }
}

impl Report {
    /// The same with nginx's lines in their short form. Debian builds nginx with its error log on
    /// standard error, where the line comes with date and process instead.
    #[must_use]
    pub fn short_nginx_lines(mut self) -> Self {
        for line in &mut self.lines {
            let dated = line.as_bytes().first().is_some_and(u8::is_ascii_digit);
            if let (true, Some(level), Some((_, text))) = (
                dated,
                line.find('['),
                line.split_once("#")
                    .and_then(|(_, rest)| rest.split_once(": ")),
            ) && let Some(end) = line[level..].find(']')
            {
                *line = format!("nginx: {} {text}", &line[level..=level + end]);
            }
        }
        self
    }
}
