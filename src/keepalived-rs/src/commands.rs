//! The subcommands: what each is called and takes.
//!
//! Invariants: no name looks like an option of the original, nor like a word that its command line
//! may hold. To add one: a variant here, an arm in the program's `subcommand`.

use std::path::PathBuf;

use clap::{Args as _, Parser, Subcommand, ValueHint};

use crate::args::{Args, Format};

/// `keepalived-rs SUBCOMMAND …`.
#[derive(Clone, Debug, Parser)]
#[command(
    name = "keepalived-rs",
    about = "Works on configurations without running them, and asks running daemons"
)]
pub struct Line {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Clone, Debug, Subcommand)]
pub enum Command {
    /// Run the configurations of several machines on this one, each in namespaces of its own
    #[command(after_help = lab::cli::statements())]
    Lab(lab::cli::Request),
    /// Run the configurations of several machines in virtual time, and say who is master when.
    ///
    /// Nothing is started and no rights are needed: the daemon's own engine runs over a made-up
    /// network. Without a script it answers the standing questions: what happens, and how long
    /// clients wait, when the master is stopped, dies, loses its link or fails a check, and when
    /// it returns. Checks do what the text of their script shows: one that names a service fails
    /// while that service is down. An address that no file says is made up, which matters only
    /// between equal priorities.
    ///
    /// The status is 0, 1 when an expectation of the script did not hold, 2 when the command line,
    /// a file or the script cannot be used.
    #[command(after_help = lab::cli::statements())]
    Simulate(Simulate),
    /// Say what a keyword of keepalived.conf, the code of a message or a rule of lint means.
    ///
    /// Where several blocks have a keyword of that name, the block chooses. The status is 0, or 1
    /// when nothing knows the word.
    Explain(Explain),
    /// Bring keepalived.conf into its canonical text, which means the same.
    ///
    /// Comments stay. The status is 0, with --check 1 when a file would change, and 2 when a file
    /// cannot be used.
    Fmt(Fmt),
    /// Turn keepalived.conf into JSON, or JSON into keepalived.conf
    Convert(Convert),
    /// Print a script that completes this command line
    Completions(Completions),
    /// Say what configurations will do that their author did not mean, over all nodes given.
    ///
    /// A single file with @ID lines is as many nodes as it names. Values of ${_ENV NAME} and the
    /// id of -i come from the node's etc/default/keepalived, etc/sysconfig/keepalived or
    /// etc/keepalived/keepalived.env, beside a file from keepalived.env or .env. No rights are
    /// needed but to read the files; this host's interfaces are asked only when its own
    /// /etc/keepalived/keepalived.conf is meant.
    ///
    /// The status is 0 when nothing worse than a warning was found, 1 with an error, 2 when the
    /// command line or a file cannot be used.
    Lint(Lint),
    /// Say how a running daemon stands: who is master, since when and why, what it tracks.
    ///
    /// Only root may ask, and asking changes nothing. Backups do not advertise, so what another
    /// node's priority is shows with its age. The status is 0, 1 when one of its processes did
    /// not answer, 2 when no daemon did.
    Status(Status),
    /// Say why an instance of a running daemon is in its state, what would change that, and what
    /// has happened to it.
    ///
    /// The status is 0, 1 when there is no such instance, 2 when no daemon answers.
    Why(Why),
    /// Let a running daemon go on as the program that has been installed in its place: same
    /// process, same sockets, same masters, no advert missed.
    ///
    /// The new program is tried first; if it cannot go on where the old one stops, nothing changes.
    /// All its processes are replaced: checks go on with their results, BFD sessions stay up. The
    /// configuration is not read again. kill -s $(keepalived --signum=UPGRADE) does the same.
    ///
    /// The status is 0, 1 when the daemon goes on as it was, 2 when none answers.
    Upgrade(Upgrade),
    /// Stop a running daemon as TERM does, and wait until it has ended.
    ///
    /// With --for-restart the daemon ends, too, but one process of it stays: it goes on
    /// advertising and keeps the addresses and the IPVS table until the next start takes them over,
    /// with whatever its configuration says by then; failed real servers stay out of service. If none comes within 10 seconds, everything
    /// ends as TERM ends it. Run by systemd, as the ExecStop= of a unit, it asks systemd whether a
    /// start follows, so that systemctl restart is such a hand-over and systemctl stop is a stop;
    /// the unit needs KillMode=process, or systemd kills the process that stays.
    ///
    /// The status is 0, 1 when the daemon has not ended in time, 2 when none answers.
    Stop(Stop),
}

/// Words of `simulate`.
#[derive(Clone, Debug, clap::Args)]
pub struct Simulate {
    /// keepalived.conf files, or directories with a node's files at their paths, or with several
    /// nodes. All of them together are one cluster
    #[arg(value_name = "NODE", required = true, value_hint = ValueHint::AnyPath)]
    pub paths: Vec<PathBuf>,
    /// What to do and to expect, in the language of the lab
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub script: Option<PathBuf>,
    /// Go on until this time, as 90s or 5m; without a script: start every node and show what
    /// happens until then
    #[arg(long, value_name = "TIME", value_parser = lab::script::duration)]
    pub until: Option<std::time::Duration>,
    /// Another course of chance: how long each packet takes
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    pub seed: u64,
    /// Show everything that the engines tell
    #[arg(long)]
    pub verbose: bool,
    /// One JSON object a line: every observation, or every question with its answer
    #[arg(long)]
    pub json: bool,
}

/// Words of `explain`.
#[derive(Clone, Debug, clap::Args)]
pub struct Explain {
    /// Keyword, option of a line, code of a message such as unknown-keyword, or rule of lint
    #[arg(value_name = "WORD")]
    pub word: String,
    /// Only in this block: vrrp_instance, virtual_server/real_server, …
    #[arg(value_name = "BLOCK")]
    pub block: Option<String>,
    /// As one JSON object, for editors
    #[arg(long)]
    pub json: bool,
}

/// Words of `fmt`.
#[derive(Clone, Debug, clap::Args)]
pub struct Fmt {
    /// Files; - or nothing is standard input
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub files: Vec<PathBuf>,
    /// Print what would change, and end with 1 if anything would
    #[arg(long, conflicts_with = "write")]
    pub check: bool,
    /// Write the files in place of printing their text
    #[arg(long)]
    pub write: bool,
}

/// Words of `convert`.
#[derive(Clone, Debug, clap::Args)]
#[group(id = "direction", required = true, multiple = false, args = ["json", "conf"])]
pub struct Convert {
    /// Print what this keepalived.conf and its includes say, as JSON; its passwords are in it
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub json: Option<PathBuf>,
    /// Print the keepalived.conf that this JSON stands for
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub conf: Option<PathBuf>,
}

/// Words of `completions`.
#[derive(Clone, Debug, clap::Args)]
pub struct Completions {
    /// For which shell
    #[arg(value_name = "SHELL")]
    pub shell: Shell,
}

/// Shells that can be completed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Shell {
    /// GNU bash
    Bash,
    /// zsh
    Zsh,
    /// fish
    Fish,
}

/// Words of `lint`.
#[derive(Clone, Debug, clap::Args)]
pub struct Lint {
    /// keepalived.conf, nginx.conf or kubeadm files; directories with a node's files at their
    /// paths, or with several nodes. All of them together are one cluster
    #[arg(value_name = "FILE|DIR", required_unless_present = "list", value_hint = ValueHint::AnyPath)]
    pub paths: Vec<PathBuf>,
    /// Leave out findings of this rule; may be given several times
    #[arg(long, value_name = "ID")]
    pub allow: Vec<String>,
    /// How findings are shown
    #[arg(long, value_name = "FORMAT", default_value = "annotated")]
    pub format: Format,
    /// Say what each rule looks for, and exit
    #[arg(long)]
    pub list: bool,
}

/// Which daemon is meant.
#[derive(Clone, Debug, clap::Args)]
pub struct Running {
    /// The daemon with this `instance`, or in this network namespace; needed where several run
    #[arg(long = "instance", value_name = "NAME")]
    pub daemon: Option<String>,
    /// Its socket, which lies beside its pid file
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with = "daemon")]
    pub socket: Option<PathBuf>,
}

/// Words of `status`.
#[derive(Clone, Debug, clap::Args)]
pub struct Status {
    /// As one JSON object
    #[arg(long)]
    pub json: bool,
    /// Which daemon.
    #[command(flatten)]
    pub running: Running,
}

/// Words of `why`.
#[derive(Clone, Debug, clap::Args)]
pub struct Why {
    /// The `vrrp_instance`: its name, or as much of it as only one has
    #[arg(value_name = "INSTANCE")]
    pub instance: String,
    /// As one JSON object
    #[arg(long)]
    pub json: bool,
    /// Which daemon.
    #[command(flatten)]
    pub running: Running,
}

/// Words of `upgrade`.
#[derive(Clone, Debug, clap::Args)]
pub struct Upgrade {
    /// Which daemon.
    #[command(flatten)]
    pub running: Running,
}

/// Words of `stop`.
#[derive(Clone, Debug, clap::Args)]
pub struct Stop {
    /// Keep everything in place for the next start, if one follows
    #[arg(long)]
    pub for_restart: bool,
    /// Which daemon.
    #[command(flatten)]
    pub running: Running,
}

/// The whole command line, the original's options and the subcommands, for what is generated from
/// it.
#[must_use]
pub fn whole() -> clap::Command {
    let command = Args::augment_args(clap::Command::new("keepalived-rs"));
    Command::augment_subcommands(command)
        .disable_help_flag(true)
        .disable_version_flag(true)
}

/// Whether a first word asks for a subcommand.
#[must_use]
pub fn is_subcommand(word: &str) -> bool {
    word == "help" || Command::has_subcommand(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        whole().debug_assert();
        assert!(is_subcommand("explain") && !is_subcommand("-t"));
    }
}
