//! Where files lie when the command line does not say: the layout of the distributions, or the
//! one of a build from source.
//!
//! Invariant: the layout is chosen once, by whether `/etc/nginx/nginx.conf` exists; every path
//! that `-V` prints is the one that is used.

use std::path::{Path, PathBuf};

use super::options::Options;

/// nginx's release whose behaviour is followed; tools read it from `-v`.
pub const NGINX_VERSION: &str = "1.31.5";

/// Account of the worker when the configuration names none, as nginx's own build has it.
pub const DEFAULT_USER: &str = "nobody";

/// Built-in paths, those without a leading slash relative to the prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// `--prefix`
    pub prefix: &'static str,
    /// `--conf-path`
    pub conf: &'static str,
    /// `--pid-path`
    pub pid: &'static str,
    /// `--error-log-path`
    pub error_log: &'static str,
}

/// As Debian, Ubuntu, RHEL and nginx.org package it.
pub const PACKAGED: Layout = Layout {
    prefix: "/usr/share/nginx",
    conf: "/etc/nginx/nginx.conf",
    pid: "/run/nginx.pid",
    error_log: "/var/log/nginx/error.log",
};

/// As `./configure && make install` lays it.
pub const FROM_SOURCE: Layout = Layout {
    prefix: "/usr/local/nginx",
    conf: "conf/nginx.conf",
    pid: "logs/nginx.pid",
    error_log: "logs/error.log",
};

impl Layout {
    /// The layout of this machine.
    #[must_use]
    pub fn detect() -> Self {
        if Path::new(PACKAGED.conf).exists() {
            PACKAGED
        } else {
            FROM_SOURCE
        }
    }
}

/// The paths of one run: layout and command line put together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paths {
    /// With a trailing slash, as given by `-p` (so it may be relative to the working directory).
    pub prefix: String,
    /// Main configuration file.
    pub conf: PathBuf,
    /// Pid file unless the configuration names one.
    pub pid: PathBuf,
    /// Error log until (and unless) the configuration names one; none: standard error.
    pub error_log: Option<PathBuf>,
}

impl Paths {
    /// Resolves what the options leave open.
    #[must_use]
    pub fn new(layout: Layout, options: &Options) -> Self {
        let mut prefix = options
            .prefix
            .clone()
            .unwrap_or_else(|| layout.prefix.to_owned());
        if !prefix.ends_with('/') {
            prefix.push('/');
        }
        let full = |path: &str| {
            if path.starts_with('/') {
                PathBuf::from(path)
            } else {
                PathBuf::from(format!("{prefix}{path}"))
            }
        };
        let error_log = options.error_log.as_deref().unwrap_or(layout.error_log);
        Self {
            conf: full(options.conf.as_deref().unwrap_or(layout.conf)),
            pid: full(layout.pid),
            error_log: (error_log != "stderr").then(|| full(error_log)),
            prefix,
        }
    }
}

/// The first line of `-v`, `-V` and `-h`.
#[must_use]
pub fn version_line() -> String {
    format!(
        "nginx version: nginx/{NGINX_VERSION} (nginx-stream-rs {})",
        env!("CARGO_PKG_VERSION")
    )
}

/// What `-V` says after the version: only what this program really has.
#[must_use]
pub fn configure_lines(layout: Layout) -> String {
    format!(
        "configure arguments: --prefix={} --conf-path={} --error-log-path={} --pid-path={} \
         --without-http --with-stream",
        layout.prefix, layout.conf, layout.error_log, layout.pid
    )
}

/// What `-h` says after the version.
#[must_use]
pub fn help(layout: Layout) -> String {
    format!(
        "Usage: nginx [-?hvVtTq] [-s signal] [-p prefix]
             [-e filename] [-c filename] [-g directives]

Options:
  -?,-h         : show this text
  -v            : show the version
  -V            : show the version and the built-in paths
  -t            : check the configuration, then end
  -T            : check the configuration, print all of its files, then end
  -q            : with -t: only speak of problems
  -s signal     : tell the running master to stop, quit, reopen or reload
  -p prefix     : folder of relative log and pid paths (default: {}/)
  -e filename   : error log of the start, or stderr (default: {})
  -c filename   : configuration file (default: {})
  -g directives : main directives read before the file
",
        layout.prefix, layout.error_log, layout.conf
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relative_names_start_at_the_prefix() {
        let options = Options {
            prefix: Some("/srv".to_owned()),
            conf: Some("nginx.conf".to_owned()),
            ..Options::default()
        };
        let paths = Paths::new(FROM_SOURCE, &options);
        assert_eq!(paths.prefix, "/srv/");
        assert_eq!(paths.conf, Path::new("/srv/nginx.conf"));
        assert_eq!(paths.pid, Path::new("/srv/logs/nginx.pid"));
        let log = paths.error_log.expect("a file");
        assert_eq!(log, Path::new("/srv/logs/error.log"));
    }

    #[test]
    fn packaged_paths_are_absolute() {
        let paths = Paths::new(PACKAGED, &Options::default());
        assert_eq!(paths.conf, Path::new("/etc/nginx/nginx.conf"));
        assert_eq!(paths.prefix, "/usr/share/nginx/");
        let to_stderr = Options {
            error_log: Some("stderr".to_owned()),
            ..Options::default()
        };
        assert_eq!(Paths::new(PACKAGED, &to_stderr).error_log, None);
    }

    #[test]
    fn version_reads_as_nginx_with_stream() {
        assert!(version_line().starts_with("nginx version: nginx/1.31.5 ("));
        let lines = configure_lines(PACKAGED);
        assert!(lines.starts_with("configure arguments: --prefix=/usr/share/nginx "));
        assert!(lines.split_whitespace().any(|word| word == "--with-stream"));
    }
}
