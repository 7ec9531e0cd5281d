//! What the command line asks for.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// Options of one daemon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// `-f`
    pub file: PathBuf,
    /// Run the VRRP child (not with `-C` alone).
    pub vrrp: bool,
    /// Run the checker child (not with `-P` alone).
    pub checkers: bool,
    /// Run the BFD child (not with `-B`).
    pub bfd: bool,
    /// `--all`: also without their configuration.
    pub all: bool,
    /// `-n`
    pub foreground: bool,
    /// `-l`
    pub console: bool,
    /// How often `-D` was given.
    pub detail: u8,
    /// `-S`, as the number of the facility.
    pub facility: u8,
    /// `-G`
    pub no_syslog: bool,
    /// `-R`
    pub dont_respawn: bool,
    /// `-V`: addresses stay at stop.
    pub keep_addresses: bool,
    /// `-I`: the IPVS table stays at stop.
    pub keep_ipvs: bool,
    /// `--ignore-sigint`
    pub ignore_sigint: bool,
    /// `-p`
    pub pid: Option<PathBuf>,
    /// `-r`
    pub vrrp_pid: Option<PathBuf>,
    /// `-c`
    pub checkers_pid: Option<PathBuf>,
    /// `-b`
    pub bfd_pid: Option<PathBuf>,
    /// `-i`
    pub config_id: Option<String>,
    /// `-e`
    pub all_config: bool,
    /// `-s`
    pub namespace: Option<String>,
    /// `-u`
    pub umask: Option<u32>,
    /// `-g`: log to files of this name, too, one for each process.
    pub log_file: Option<PathBuf>,
    /// `-d`: log the configuration at start.
    pub dump_config: bool,
    /// `-a`: log every address that comes or goes.
    pub address_monitoring: bool,
    /// `-m`: a crash leaves a core file.
    pub core_dump: bool,
    /// argv, for the log.
    pub command_line: Vec<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            file: PathBuf::from(DEFAULT_FILE),
            vrrp: true,
            checkers: true,
            bfd: true,
            all: false,
            foreground: false,
            console: false,
            detail: 0,
            facility: crate::syslog::DAEMON,
            no_syslog: false,
            dont_respawn: false,
            keep_addresses: false,
            keep_ipvs: false,
            ignore_sigint: false,
            pid: None,
            vrrp_pid: None,
            checkers_pid: None,
            bfd_pid: None,
            config_id: None,
            all_config: false,
            namespace: None,
            umask: None,
            log_file: None,
            dump_config: false,
            address_monitoring: false,
            core_dump: false,
            command_line: Vec::new(),
        }
    }
}

/// Where the configuration lies unless told otherwise.
pub const DEFAULT_FILE: &str = "/etc/keepalived/keepalived.conf";

/// Where `-g` logs to unless it says where.
pub const DEFAULT_LOG: &str = "/tmp/keepalived.log";

/// Where pid files lie.
pub(super) const RUN: &str = "/run";

/// Files of one daemon in the run directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Paths {
    /// Parent's pid.
    pub pid: PathBuf,
    /// VRRP child's pid.
    pub vrrp_pid: PathBuf,
    /// Checker child's pid.
    pub checkers_pid: PathBuf,
    /// BFD child's pid.
    pub bfd_pid: PathBuf,
    /// Record of the addresses this daemon has added.
    pub addresses: PathBuf,
    /// Socket for those who ask how the daemon stands.
    pub control: PathBuf,
    /// Socket of the process that keeps the addresses between two daemons.
    pub kept: PathBuf,
    /// Socket of the sentinel, for the next daemon.
    pub watch: PathBuf,
    /// Directories to make first, each within the one before.
    pub directories: Vec<PathBuf>,
}

impl Paths {
    /// The options' paths, or those that follow from `use_pid_dir`, `instance` and `net_namespace`.
    #[must_use]
    pub fn new(
        options: &Options,
        use_pid_dir: bool,
        instance: Option<&str>,
        namespace: Option<&str>,
    ) -> Self {
        let namespace = options.namespace.as_deref().or(namespace);
        let mut directories = Vec::new();
        if use_pid_dir || instance.is_some() || namespace.is_some() {
            let own = Path::new(RUN).join("keepalived");
            // One that is given as a path has its last name.
            let last = namespace.and_then(|name| Path::new(name).file_name());
            let below = last.map(|name| own.join(name));
            directories.push(own);
            directories.extend(below);
        }
        let base = directories.last().map_or(Path::new(RUN), PathBuf::as_path);
        let default = |name: &str| match (instance, name.split_once('.')) {
            (Some(instance), Some((stem, rest))) => base.join(format!("{stem}_{instance}.{rest}")),
            _ => base.join(name),
        };
        let or_default = |given: &Option<PathBuf>, name: &str| match given {
            Some(path) => std::path::absolute(path).unwrap_or_else(|_| path.clone()),
            None => default(name),
        };
        let vrrp_pid = or_default(&options.vrrp_pid, "vrrp.pid");
        let pid = or_default(&options.pid, "keepalived.pid");
        Self {
            control: pid.with_extension("sock"),
            kept: pid.with_extension("kept"),
            watch: pid.with_extension("watch"),
            pid,
            checkers_pid: or_default(&options.checkers_pid, "checkers.pid"),
            bfd_pid: or_default(&options.bfd_pid, "bfd.pid"),
            addresses: vrrp_pid.with_extension("addresses"),
            vrrp_pid,
            directories,
        }
    }

    /// Record of the table that marks packets for virtual services.
    #[must_use]
    pub fn marks(&self) -> PathBuf {
        self.checkers_pid.with_extension("marks")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instance_has_pid_files_of_its_own() {
        let plain = Paths::new(&Options::default(), false, None, None);
        assert_eq!(plain.pid, Path::new("/run/keepalived.pid"));
        assert_eq!(plain.addresses, Path::new("/run/vrrp.addresses"));
        let named = Paths::new(&Options::default(), false, Some("edge"), None);
        let sock = Path::new("/run/keepalived/keepalived_edge.sock");
        assert_eq!(named.control, sock);
        assert_eq!(named.vrrp_pid, Path::new("/run/keepalived/vrrp_edge.pid"));
        let apart = Paths::new(&Options::default(), false, Some("edge"), Some("blue"));
        let pid = Path::new("/run/keepalived/blue/bfd_edge.pid");
        assert_eq!(apart.bfd_pid, pid);
        assert_eq!(apart.directories.last().map(PathBuf::as_path), pid.parent());
        let options = Options {
            pid: Some("/tmp/x.pid".into()),
            ..Options::default()
        };
        assert_eq!(
            Paths::new(&options, true, None, None).pid,
            Path::new("/tmp/x.pid")
        );
    }
}
