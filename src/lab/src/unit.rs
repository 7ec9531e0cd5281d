//! Service units: the part of systemd's file format that units of these daemons use, and what
//! stands in when a node has no unit file.
//!
//! Invariant: unknown sections and keys are ignored, as a lab without cgroups cannot honour most
//! of them. Deliberately unknown here: processes.

use serde::{Deserialize, Serialize};

/// How a service is known to have started (`systemd.service(5)` Type=).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Kind {
    /// The started process is the service.
    Simple,
    /// The started process exits when the service runs in the background.
    Forking,
}

/// When a service that ended by itself is started again (Restart=).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Restart {
    No,
    OnFailure,
    Always,
}

/// A command of a unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ExecLine {
    /// Program and arguments, variables not yet replaced.
    pub argv: Vec<String>,
    /// Leading `-`: a failure does not count.
    pub may_fail: bool,
}

/// A service and how it is run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Unit {
    /// Without `.service`.
    pub name: String,
    pub kind: Kind,
    pub pre: Vec<ExecLine>,
    pub start: ExecLine,
    pub reload: Vec<ExecLine>,
    pub restart: Restart,
    /// Milliseconds before a restart.
    pub restart_delay_ms: u64,
    /// KillMode=control-group: every process of the service gets the signal; else the main one.
    pub kill_all: bool,
    /// `NAME=value`.
    pub environment: Vec<(String, String)>,
    /// Open files, if limited.
    pub open_files: Option<u64>,
}

/// Why a unit file cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name}.service: {why}")]
pub(crate) struct UnusableUnit {
    name: String,
    why: String,
}

impl Unit {
    /// A unit that runs `argv` in the foreground.
    fn plain(name: &str, kind: Kind, argv: &[&str]) -> Self {
        Self {
            name: name.to_owned(),
            kind,
            pre: Vec::new(),
            start: ExecLine::plain(argv),
            reload: vec![ExecLine::plain(&["/bin/kill", "-HUP", "$MAINPID"])],
            restart: Restart::No,
            restart_delay_ms: 100,
            kill_all: true,
            environment: Vec::new(),
            open_files: None,
        }
    }

    /// What runs when the node has no unit file: what the distribution's packages do.
    pub(crate) fn built_in(name: &str) -> Option<Self> {
        match name {
            "keepalived" => Some(Self::plain(
                name,
                Kind::Simple,
                &["/usr/sbin/keepalived", "--dont-fork", "--log-detail"],
            )),
            "nginx" => {
                let mut unit = Self::plain(name, Kind::Forking, &["/usr/sbin/nginx"]);
                unit.pre
                    .push(ExecLine::plain(&["/usr/sbin/nginx", "-t", "-q"]));
                unit.reload = vec![ExecLine::plain(&["/usr/sbin/nginx", "-s", "reload"])];
                Some(unit)
            }
            _ => None,
        }
    }

    /// Reads a unit file.
    pub(crate) fn parse(name: &str, text: &str) -> Result<Self, UnusableUnit> {
        let mut unit = Self::plain(name, Kind::Simple, &[]);
        unit.reload.clear();
        let mut section = String::new();
        for line in logical_lines(text) {
            let line = line.trim();
            if let Some(header) = line.strip_prefix('[') {
                section = header.trim_end_matches(']').to_owned();
            } else if section == "Service"
                && let Some((key, value)) = line.split_once('=')
            {
                unit.set(key.trim(), value.trim());
            }
        }
        if unit.start.argv.is_empty() {
            return Err(UnusableUnit {
                name: name.to_owned(),
                why: "it has no ExecStart".to_owned(),
            });
        }
        Ok(unit)
    }

    fn set(&mut self, key: &str, value: &str) {
        match key {
            "Type" if value == "forking" => self.kind = Kind::Forking,
            "ExecStartPre" => push_exec(&mut self.pre, value),
            "ExecStart" => {
                if let Some(line) = exec_line(value) {
                    self.start = line;
                }
            }
            "ExecReload" => push_exec(&mut self.reload, value),
            "Restart" => {
                self.restart = match value {
                    "always" => Restart::Always,
                    "on-failure" | "on-abnormal" | "on-abort" => Restart::OnFailure,
                    _ => Restart::No,
                };
            }
            "RestartSec" => {
                if let Some(millis) = seconds(value) {
                    self.restart_delay_ms = millis;
                }
            }
            "KillMode" => self.kill_all = value == "control-group",
            "Environment" => {
                for word in words(value) {
                    if let Some((name, value)) = word.split_once('=') {
                        self.environment.push((name.to_owned(), value.to_owned()));
                    }
                }
            }
            "LimitNOFILE" => self.open_files = value.split(':').next().and_then(|n| n.parse().ok()),
            _ => {}
        }
    }

    /// Programs that the unit names by absolute path, each once.
    pub(crate) fn programs(&self) -> Vec<&str> {
        let mut found: Vec<&str> = Vec::new();
        let lines = self.pre.iter().chain([&self.start]).chain(&self.reload);
        for program in lines.filter_map(|line| line.argv.first()) {
            if !found.contains(&program.as_str()) {
                found.push(program);
            }
        }
        found
    }
}

impl ExecLine {
    fn plain(argv: &[&str]) -> Self {
        Self {
            argv: argv.iter().map(|&word| word.to_owned()).collect(),
            may_fail: false,
        }
    }

    /// The words with `$NAME` and `${NAME}` replaced; an unset name leaves nothing.
    pub(crate) fn expand(&self, lookup: &dyn Fn(&str) -> Option<String>) -> Vec<String> {
        let mut expanded = Vec::new();
        for word in &self.argv {
            if let Some(name) = word.strip_prefix("${").and_then(|w| w.strip_suffix('}')) {
                expanded.push(lookup(name).unwrap_or_default());
            } else if let Some(name) = word.strip_prefix('$') {
                // A bare variable is split into words; unset it vanishes.
                let value = lookup(name).unwrap_or_default();
                expanded.extend(value.split_whitespace().map(str::to_owned));
            } else {
                expanded.push(word.clone());
            }
        }
        expanded
    }
}

fn push_exec(to: &mut Vec<ExecLine>, value: &str) {
    match exec_line(value) {
        Some(line) => to.push(line),
        // An empty assignment clears the list.
        None => to.clear(),
    }
}

fn exec_line(value: &str) -> Option<ExecLine> {
    let bare = value.trim_start_matches(['-', '@', ':', '+', '!']);
    let prefix = &value[..value.len() - bare.len()];
    let argv = words(bare);
    (!argv.is_empty()).then(|| ExecLine {
        argv,
        may_fail: prefix.contains('-'),
    })
}

/// Lines with continuations joined and comments dropped.
fn logical_lines(text: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut open = String::new();
    for line in text.lines() {
        if line.trim_start().starts_with(['#', ';']) {
            continue;
        }
        match line.strip_suffix('\\') {
            Some(part) => {
                open.push_str(part);
                open.push(' ');
            }
            None => {
                open.push_str(line);
                lines.push(std::mem::take(&mut open));
            }
        }
    }
    if !open.is_empty() {
        lines.push(open);
    }
    lines
}

/// Words separated by blanks; single and double quotes keep blanks.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut quote: Option<char> = None;
    let mut begun = false;
    for c in text.chars() {
        match quote {
            Some(open) if c == open => quote = None,
            Some(_) => word.push(c),
            None if c == '"' || c == '\'' => {
                quote = Some(c);
                begun = true;
            }
            None if c.is_whitespace() => {
                if begun {
                    words.push(std::mem::take(&mut word));
                }
                begun = false;
            }
            None => {
                word.push(c);
                begun = true;
            }
        }
    }
    if begun {
        words.push(word);
    }
    words
}

/// `5`, `5s`, `200ms` in milliseconds.
fn seconds(value: &str) -> Option<u64> {
    if let Some(millis) = value.strip_suffix("ms") {
        return millis.trim().parse().ok();
    }
    let seconds: f64 = value
        .strip_suffix('s')
        .unwrap_or(value)
        .trim()
        .parse()
        .ok()?;
    std::time::Duration::try_from_secs_f64(seconds)
        .ok()
        .and_then(|d| u64::try_from(d.as_millis()).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NGINX: &str = "[Unit]
Description=kube-apiserver nginx proxy
After=network.target

[Service]
Type=forking
ExecStartPre=/usr/local/nginx/sbin/nginx -c /usr/local/nginx/conf/nginx.conf -p /usr/local/nginx -t
ExecStart=/usr/local/nginx/sbin/nginx -c /usr/local/nginx/conf/nginx.conf -p /usr/local/nginx
ExecReload=/usr/local/nginx/sbin/nginx -c /usr/local/nginx/conf/nginx.conf -p /usr/local/nginx -s reload
PrivateTmp=true
Restart=always
RestartSec=5
StartLimitInterval=0
LimitNOFILE=65536

[Install]
WantedBy=multi-user.target
";

    #[test]
    fn the_printed_nginx_unit_is_understood() {
        let unit = Unit::parse("nginx", NGINX).expect("a unit");
        assert_eq!(unit.kind, Kind::Forking);
        assert_eq!(unit.restart, Restart::Always);
        assert_eq!(unit.restart_delay_ms, 5000);
        assert_eq!(unit.open_files, Some(65536));
        assert_eq!(unit.pre.len(), 1);
        assert!(unit.kill_all);
        assert_eq!(unit.programs(), ["/usr/local/nginx/sbin/nginx"]);
    }

    #[test]
    fn variables_split_only_when_bare() {
        let unit = Unit::parse(
            "keepalived",
            "[Service]\nKillMode=process\nEnvironment=\"A=1 2\" B=x\n\
             ExecStart=-/sbin/k $OPTIONS \\\n ${A} 'a b'\nExecReload=/bin/kill -HUP $MAINPID\n",
        )
        .expect("a unit");
        assert!(!unit.kill_all && unit.start.may_fail);
        assert_eq!(
            unit.environment,
            [
                ("A".to_owned(), "1 2".to_owned()),
                ("B".to_owned(), "x".to_owned())
            ]
        );
        let lookup = |name: &str| (name == "A").then(|| "1 2".to_owned());
        assert_eq!(unit.start.expand(&lookup), ["/sbin/k", "1 2", "a b"]);
        let main = |name: &str| (name == "MAINPID").then(|| "42".to_owned());
        assert_eq!(unit.reload[0].expand(&main), ["/bin/kill", "-HUP", "42"]);
    }

    #[test]
    fn a_unit_without_a_command_is_refused() {
        let error = Unit::parse("x", "[Service]\nType=simple\n").expect_err("no ExecStart");
        assert_eq!(error.to_string(), "x.service: it has no ExecStart");
    }
}
