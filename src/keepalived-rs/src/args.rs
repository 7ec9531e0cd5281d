//! The options of `keepalived`, and what they ask of the daemon.
//!
//! Invariants: every option of the original is accepted; one that does nothing yet is named in
//! [`Args::without_effect`], so that nobody relies on it unawares.

use std::path::{Path, PathBuf};

use clap::{ArgAction, Parser, ValueEnum};
use grammar::diagnostic::Format as Rendering;
use grammar::diagnostic::sarif::Tool;
use runtime::keepalived::Options;
use runtime::keepalived::options::{DEFAULT_FILE, DEFAULT_LOG};

use crate::codes;

/// High availability by VRRP, virtual servers with health checks; reads keepalived.conf.
#[derive(Clone, Debug, Default, Parser)]
#[command(
    name = "keepalived",
    disable_help_flag = true,
    disable_version_flag = true
)]
#[command(args_override_self = true)]
#[allow(clippy::struct_excessive_bools)]
pub struct Args {
    /// Use this configuration file instead of /etc/keepalived/keepalived.conf
    #[arg(short = 'f', long = "use-file", value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// Only run the VRRP subsystem
    #[arg(short = 'P', long)]
    vrrp: bool,
    /// Only run the health checkers
    #[arg(short = 'C', long)]
    check: bool,
    /// Do not run the BFD subsystem
    #[arg(short = 'B', long = "no_bfd")]
    no_bfd: bool,
    /// Start every subsystem, also without configuration
    #[arg(long)]
    all: bool,
    /// Log to the terminal, too (with -n)
    #[arg(short = 'l', long)]
    log_console: bool,
    /// Log details
    #[arg(short = 'D', long, action = ArgAction::Count)]
    log_detail: u8,
    /// syslog facility: 0-7, local0-local7, or a name
    #[arg(short = 'S', long, value_name = "FACILITY")]
    log_facility: Option<String>,
    /// Log to files, too
    #[arg(short = 'g', long, value_name = "FILE", num_args = 0..=1, require_equals = true)]
    log_file: Option<Option<PathBuf>>,
    /// Flush log files after each line (always done)
    #[arg(long)]
    flush_log_file: bool,
    /// Do not log to syslog
    #[arg(short = 'G', long)]
    no_syslog: bool,
    /// File creation mask, in octal with a leading 0 or decimal
    #[arg(short = 'u', long, value_name = "MASK")]
    umask: Option<String>,
    /// Remove virtual addresses at start (always done)
    #[arg(short = 'X', long)]
    release_vips: bool,
    /// Leave addresses in place at stop
    #[arg(short = 'V', long)]
    dont_release_vrrp: bool,
    /// Leave the IPVS table in place at stop
    #[arg(short = 'I', long)]
    dont_release_ipvs: bool,
    /// End when a child dies instead of starting it again
    #[arg(short = 'R', long)]
    dont_respawn: bool,
    /// Stay in the foreground
    #[arg(short = 'n', long)]
    dont_fork: bool,
    /// Dump the configuration at start
    #[arg(short = 'd', long)]
    dump_conf: bool,
    /// Pid file of the parent
    #[arg(short = 'p', long, value_name = "FILE")]
    pid: Option<PathBuf>,
    /// Pid file of the VRRP child
    #[arg(short = 'r', long = "vrrp_pid", value_name = "FILE")]
    vrrp_pid: Option<PathBuf>,
    /// Pid file of the checker child
    #[arg(short = 'c', long = "checkers_pid", value_name = "FILE")]
    checkers_pid: Option<PathBuf>,
    /// Pid file of the BFD child
    #[arg(short = 'b', long = "bfd_pid", value_name = "FILE")]
    bfd_pid: Option<PathBuf>,
    /// Print the digest of a page, as genhash does
    #[arg(short = 'T', long)]
    genhash: bool,
    /// Log every address that comes or goes
    #[arg(short = 'a', long)]
    address_monitoring: bool,
    /// Enable SNMP
    #[arg(short = 'x', long)]
    snmp: bool,
    /// Socket of the SNMP master agent
    #[arg(short = 'A', long, value_name = "SPEC")]
    snmp_agent_socket: Option<String>,
    /// Run in this network namespace
    #[arg(short = 's', long, value_name = "NAME")]
    namespace: Option<String>,
    /// Write a core file on a crash
    #[arg(short = 'm', long)]
    core_dump: bool,
    /// Also set the pattern of core files' names
    #[arg(short = 'M', long, value_name = "PATTERN", num_args = 0..=1, require_equals = true)]
    core_dump_pattern: Option<Option<String>>,
    /// A missing include is an error
    #[arg(short = 'e', long)]
    all_config: bool,
    /// Lines that begin with @ID count only with this id
    #[arg(short = 'i', long, value_name = "ID")]
    config_id: Option<String>,
    /// Leave SIGINT to others
    #[arg(long)]
    ignore_sigint: bool,
    /// Print the signal's number for STOP, RELOAD, UPGRADE, DATA, STATS, STATS_CLEAR, JSON or TDUMP
    #[arg(long, value_name = "NAME")]
    pub signum: Option<String>,
    /// Test the configuration; messages go to FILE if given
    #[arg(short = 't', long, value_name = "FILE", num_args = 0..=1, require_equals = true)]
    pub config_test: Option<Option<PathBuf>>,
    /// With -t: show each problem with the text it is about and what to do
    #[arg(long)]
    pub explain: bool,
    /// With -t: look at no interface, account or script, only at the text
    #[arg(long)]
    pub offline: bool,
    /// With -t: how problems are shown; json and sarif go to standard output
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<Format>,
    /// Print the version
    #[arg(short = 'v', long)]
    pub version: bool,
    /// Print this help
    #[arg(short = 'h', long)]
    pub help: bool,
}

/// How problems are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// One line each, as keepalived words them
    Line,
    /// With the text that each is about and what to do
    #[value(alias = "text")]
    Annotated,
    /// One JSON document
    Json,
    /// One SARIF 2.1.0 log, for code hosts and editors
    Sarif,
}

impl Format {
    /// What to render, on a terminal or elsewhere; absolute paths below `base` become relative
    /// ones where the form can hold them.
    #[must_use]
    pub const fn rendering(self, terminal: bool, base: Option<&Path>) -> Rendering<'_> {
        match self {
            Self::Line => Rendering::Line,
            Self::Annotated => Rendering::Annotated { colour: terminal },
            Self::Json => Rendering::Json,
            Self::Sarif => Rendering::Sarif(Tool {
                name: "keepalived-rs",
                version: env!("CARGO_PKG_VERSION"),
                base,
                describe: codes::describe,
            }),
        }
    }

    /// Whether programs read it: then it is a whole document, also without any problem.
    #[must_use]
    pub const fn is_document(self) -> bool {
        matches!(self, Self::Json | Self::Sarif)
    }
}

/// Options that the original does not have. They count only when written out: a shortened option
/// is the original's.
pub const OURS: [&str; 3] = ["explain", "offline", "format"];

impl Args {
    /// What the daemon is told.
    ///
    /// # Errors
    /// In words, when an argument does not mean anything.
    pub fn options(&self, command_line: Vec<String>) -> Result<Options, String> {
        Ok(Options {
            file: self.file.clone().unwrap_or_else(|| DEFAULT_FILE.into()),
            vrrp: self.vrrp || !self.check,
            checkers: self.check || !self.vrrp,
            bfd: !self.no_bfd,
            all: self.all,
            foreground: self.dont_fork,
            console: self.log_console,
            detail: self.log_detail,
            facility: facility(self.log_facility.as_deref())?,
            no_syslog: self.no_syslog,
            dont_respawn: self.dont_respawn,
            keep_addresses: self.dont_release_vrrp,
            keep_ipvs: self.dont_release_ipvs,
            ignore_sigint: self.ignore_sigint,
            pid: self.pid.clone(),
            vrrp_pid: self.vrrp_pid.clone(),
            checkers_pid: self.checkers_pid.clone(),
            bfd_pid: self.bfd_pid.clone(),
            config_id: self.config_id.clone(),
            all_config: self.all_config,
            namespace: self.namespace.clone(),
            umask: self.umask.as_deref().map(umask).transpose()?,
            log_file: self.log_file.as_ref().map(|file| {
                let file = file.clone();
                file.unwrap_or_else(|| DEFAULT_LOG.into())
            }),
            dump_config: self.dump_conf,
            address_monitoring: self.address_monitoring,
            core_dump: self.core_dump || self.core_dump_pattern.is_some(),
            command_line,
        })
    }

    /// Given options that do nothing here, and what to use instead.
    pub fn without_effect(&self) -> impl Iterator<Item = &'static Idle> {
        WITHOUT_EFFECT.iter().filter(|idle| (idle.given)(self))
    }

    /// What to use instead of the option of this long name, if it does not do what it says.
    #[must_use]
    pub fn instead_of(long: &str) -> Option<&'static str> {
        let mut idle = WITHOUT_EFFECT.iter();
        idle.find(|idle| idle.name.strip_prefix("--") == Some(long))
            .map(|idle| idle.instead)
    }
}

/// An option that does nothing here.
pub struct Idle {
    /// With its dashes.
    pub name: &'static str,
    given: fn(&Args) -> bool,
    /// What does what it is for, as a clause.
    pub instead: &'static str,
    /// Whether there is no use in going on.
    pub ends: bool,
}

const NO_AGENT: &str = "there is no SNMP agent here: `keepalived-rs status --json` and the JSON \
                        dump tell as much";

const WITHOUT_EFFECT: &[Idle] = &[
    Idle {
        name: "--genhash",
        given: |args| args.genhash,
        instead: "there is no genhash here: `curl -s URL | md5sum` prints the same digest",
        ends: true,
    },
    Idle {
        name: "--snmp",
        given: |args| args.snmp,
        instead: NO_AGENT,
        ends: false,
    },
    Idle {
        name: "--snmp-agent-socket",
        given: |args| args.snmp_agent_socket.is_some(),
        instead: NO_AGENT,
        ends: false,
    },
    Idle {
        name: "--core-dump-pattern",
        given: |args| args.core_dump_pattern.is_some(),
        instead: "core files are written as with --core-dump, under the name that the system \
                  gives them: set it with `sysctl kernel.core_pattern`",
        ends: false,
    },
];

/// A number 0 to 7 means local0 to local7.
fn facility(name: Option<&str>) -> Result<u8, String> {
    const LOCAL0: u8 = 16;
    let Some(name) = name else {
        return Ok(runtime::syslog::DAEMON);
    };
    let digit = name.strip_prefix("local").unwrap_or(name);
    match (digit.parse::<u8>(), name) {
        (Ok(number @ 0..=7), _) => Ok(LOCAL0 + number),
        (_, "user") => Ok(1),
        (_, "daemon") => Ok(runtime::syslog::DAEMON),
        _ => Err(format!("Invalid log facility '{name}'")),
    }
}

/// C's notation: 022 is octal, 0x12 hexadecimal, 18 decimal.
fn umask(text: &str) -> Result<u32, String> {
    let number = match (text.strip_prefix("0x"), text.strip_prefix('0')) {
        (Some(hexadecimal), _) => u32::from_str_radix(hexadecimal, 16),
        (None, Some(octal)) if !octal.is_empty() => u32::from_str_radix(octal, 8),
        _ => text.parse(),
    };
    match number {
        Ok(mask @ 0..=0o777) => Ok(mask),
        _ => Err(format!("Invalid --umask parameter '{text}'")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_table_is_consistent_and_every_option_has_a_long_name() {
        Args::command().debug_assert();
        assert!(
            Args::command()
                .get_arguments()
                .all(|a| a.get_long().is_some())
        );
    }

    #[test]
    fn options_without_effect_are_options() {
        let command = Args::command();
        for Idle { name, .. } in WITHOUT_EFFECT {
            let mut known = command.get_arguments().filter_map(clap::Arg::get_long);
            assert!(
                known.any(|long| Some(long) == name.strip_prefix("--")),
                "{name}"
            );
        }
        assert_eq!(Args::instead_of("use-file"), None);
        assert_eq!(Args::instead_of("snmp"), Some(NO_AGENT));
    }

    #[test]
    fn facilities_and_masks() {
        assert_eq!(facility(Some("3")), Ok(19));
        assert_eq!(facility(Some("local7")), Ok(23));
        assert_eq!(facility(Some("user")), Ok(1));
        assert!(facility(Some("8")).is_err());
        assert_eq!(umask("022"), Ok(18));
        assert_eq!(umask("0x12"), Ok(18));
        assert!(umask("01000").is_err());
    }

    #[test]
    fn one_subsystem_alone_or_both() {
        let of = |words: &[&str]| {
            let words = std::iter::once(&"keepalived").chain(words);
            let options = Args::parse_from(words).options(Vec::new()).expect("valid");
            (options.vrrp, options.checkers)
        };
        assert_eq!(of(&[]), (true, true));
        assert_eq!(of(&["-P"]), (true, false));
        assert_eq!(of(&["-C"]), (false, true));
        assert_eq!(of(&["-P", "-C"]), (true, true));
    }
}
