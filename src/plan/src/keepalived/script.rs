//! Commands: looked up, checked for script security, and `vrrp_script` blocks with their schedule.
//!
//! Invariants: a command in a plan exists, may be executed by its account, and passed script
//! security if that is on; what does not is reported once and left out.
//!
//! Script security (`keepalived.conf(5)` enable_script_security): whatever runs as root or
//! set-id must not be changeable by anybody else, so each directory, link and file on the way
//! belongs to root and is not writable by others.
//! Deviation: a link owned by root, such as `/bin` on systems with merged `/usr`, is accepted,
//! because what it leads to is checked as well.

use core::time::Duration;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use base::Weight;
use grammar::Diagnostic;
use grammar::Span;
use grammar::ast::leaf::{self, Spanned};
use grammar::ast::vrrp as ast;
use grammar::diagnostic::Class;
use vrrp::config::{Script, ScriptIx};

use super::Command;
use super::account::{self, Account};
use crate::Facts;
use crate::facts::{Component, PathFact};

const S_IFMT: u32 = 0o170_000;
const S_IFLNK: u32 = 0o120_000;
const S_IFREG: u32 = 0o100_000;
const S_IFDIR: u32 = 0o040_000;
const SET_ID: u32 = 0o6000;
const STICKY: u32 = 0o1000;

/// What tracking a script means unless the track line says otherwise.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tracked {
    pub(super) index: ScriptIx,
    pub(super) weight: Weight,
    pub(super) reverse: bool,
}

/// Scripts by name: planned, or left out with a report.
pub(super) type ByName = BTreeMap<String, Option<Tracked>>;

/// Looks commands up and checks them.
pub(super) struct Commands<'a> {
    facts: &'a dyn Facts,
    security: bool,
    default: account::Default,
    /// Place of the first command that runs, and whether any of them can be changed by others.
    first: Option<Span>,
    insecure: bool,
    search_path: Vec<PathBuf>,
}

/// Why a command is left out.
enum Refused {
    /// Already reported elsewhere.
    Told,
    /// With the original's reason and ours.
    NotFound(String),
    Insecure(String),
    NoAccount(String),
}

impl<'a> Commands<'a> {
    pub(super) fn new(
        ast: &grammar::Ast,
        facts: &'a dyn Facts,
        problems: &mut Vec<Diagnostic>,
    ) -> Self {
        let security = ast.process.script_security.is_some();
        let user = ast.process.script_user.as_ref();
        Self {
            facts,
            security,
            default: account::default(user, security, facts, problems),
            first: None,
            insecure: false,
            search_path: facts.search_path(),
        }
    }

    /// The original's one complaint about running scripts without script security.
    pub(super) fn report_security(&self, problems: &mut Vec<Diagnostic>) {
        let Some(first) = self.first.filter(|_| !self.security) else {
            return;
        };
        let insecure = if self.insecure {
            " There are insecure scripts."
        } else {
            ""
        };
        let message = format!(
            "SECURITY VIOLATION - scripts are being executed but script_security not enabled.\
             {insecure}"
        );
        let mut problem = Diagnostic::error("script-security", message).class(Class::Security);
        // It is about the file as a whole; only the annotated form shows a place.
        problem = problem.unplaced();
        problem = problem.label(first, "the first script that would run");
        problems.push(problem.help("add `enable_script_security` to global_defs"));
    }

    fn account(&self, own: Option<&leaf::User>) -> Result<Account, Refused> {
        match (own, self.default) {
            (Some(user), _) => account::resolve(user, self.facts).map_err(Refused::NoAccount),
            (None, account::Default::Known(account)) => Ok(account),
            (None, account::Default::Broken) => Err(Refused::Told),
            (None, account::Default::Missing) => Err(Refused::NoAccount(
                "enable_script_security needs a script_user, or an account keepalived_script"
                    .to_owned(),
            )),
        }
    }

    fn command(
        &mut self,
        command: &Spanned<leaf::Command>,
        own: Option<&leaf::User>,
    ) -> Result<Command, Refused> {
        let account = self.account(own.or(command.user.as_ref()))?;
        let name = command.argv.first().map_or("", String::as_str);
        // `</file` runs nothing; it tests that the file can be opened.
        let (name, opens) = match name.strip_prefix('<') {
            Some(file) => (file, true),
            None => (name, false),
        };
        let (path, fact) = self.find(name, account)?;
        let unsafe_part = examine(&path, &fact, account, opens)?;
        if let Some(part) = unsafe_part {
            self.insecure = true;
            if self.security {
                return Err(Refused::Insecure(part));
            }
        }
        if !opens {
            self.first.get_or_insert(command.span);
        }
        Ok(Command {
            argv: command.argv.clone(),
            path,
            uid: account.uid,
            gid: account.gid,
        })
    }

    /// Names without a slash are searched in PATH; the first that can be executed is meant.
    fn find(&self, name: &str, account: Account) -> Result<(PathBuf, PathFact), Refused> {
        if name.contains('/') {
            let path = PathBuf::from(name);
            if !path.is_absolute() {
                return Err(Refused::NotFound(format!(
                    "'{name}' is not an absolute path"
                )));
            }
            let fact = self.facts.path(&path);
            return Ok((path, fact));
        }
        let mut paths = self
            .search_path
            .iter()
            .map(|directory| directory.join(name));
        let runs = |fact: &PathFact| {
            let target = fact.target.as_ref();
            target.is_some_and(|found| may_execute(found, account))
        };
        let found = paths.find_map(|path| {
            let fact = self.facts.path(&path);
            runs(&fact).then_some((path, fact))
        });
        found.ok_or_else(|| Refused::NotFound(format!("no program '{name}' in PATH")))
    }

    /// A `notify` command. One that cannot run is left out with a warning: the original starts,
    /// and passes the test, all the same.
    pub(super) fn notify(
        &mut self,
        command: &Spanned<leaf::Command>,
        what: &str,
        problems: &mut Vec<Diagnostic>,
    ) -> Option<Command> {
        let name = command.argv.first().map_or("", String::as_str);
        let (code, message, why) = match self.command(command, None) {
            Ok(command) => return Some(command),
            Err(Refused::Told) => return None,
            Err(Refused::NotFound(why)) => (
                "script-not-found",
                format!("{what}: script {name} not found or not executable - disabling"),
                why,
            ),
            Err(Refused::Insecure(why)) => (
                "script-insecure",
                format!("{what}: unsafe permissions found for script {name} - disabling"),
                why,
            ),
            Err(Refused::NoAccount(why)) => (
                "unknown-user",
                format!("Invalid user/group for notify script {name} - ignoring"),
                why,
            ),
        };
        problems.push(Diagnostic::warning(code, message).label(command.span, why));
        None
    }

    /// Every `vrrp_script` in file order.
    pub(super) fn scripts(
        &mut self,
        scripts: &[ast::Script],
        problems: &mut Vec<Diagnostic>,
    ) -> (Vec<Script>, Vec<Command>, ByName) {
        let (mut schedules, mut commands, mut by_name) = (Vec::new(), Vec::new(), ByName::new());
        for script in scripts {
            // The later one of two with a name counts, as in the original (silent there).
            if by_name.contains_key(&script.name.value) {
                let message = format!("vrrp script {} already defined", script.name);
                problems.push(Diagnostic::warning("duplicate-name", message).at(script.name.span));
                continue;
            }
            let planned = self.script(script, problems);
            let tracked = planned.map(|command| {
                let index = u32::try_from(schedules.len()).unwrap_or(u32::MAX);
                schedules.push(schedule(script, &command));
                commands.push(command);
                let weight = script.weight.map(|weight| weight.value);
                Tracked {
                    index: ScriptIx(index),
                    weight: weight.map_or(Weight(0), |weight| weight.weight),
                    reverse: weight.and_then(|weight| weight.reverse).unwrap_or(false),
                }
            });
            by_name.insert(script.name.value.clone(), tracked);
        }
        (schedules, commands, by_name)
    }

    fn script(&mut self, script: &ast::Script, problems: &mut Vec<Diagnostic>) -> Option<Command> {
        let name = &script.name;
        let Some(command) = &script.command else {
            if !script.rejected.contains("script") {
                let message = format!("No script set for vrrp_script {name} - removing");
                problems.push(Diagnostic::error("no-script", message).at(name.span));
            }
            return None;
        };
        let own = script.user.as_ref();
        let (code, message, why) = match self.command(command, own.map(|user| &user.value)) {
            Ok(command) => return Some(command),
            Err(Refused::Told) => return None,
            Err(Refused::NotFound(why)) => (
                "script-not-found",
                format!("Disabling track script {name} since not found/accessible"),
                why,
            ),
            Err(Refused::Insecure(why)) => (
                "script-insecure",
                format!("Disabling track script {name} due to insecure"),
                why,
            ),
            Err(Refused::NoAccount(why)) => (
                "unknown-user",
                match own {
                    Some(_) => {
                        let program = command.argv.first().map_or("", String::as_str);
                        format!("Unable to set uid/gid for script '{program}'")
                    }
                    None => format!("Unable to set default user for vrrp script {name} - removing"),
                },
                why,
            ),
        };
        let place = match (code, own) {
            ("unknown-user", Some(user)) => user.span,
            _ => command.span,
        };
        problems.push(Diagnostic::error(code, message).label(place, why));
        None
    }
}

fn schedule(script: &ast::Script, command: &Command) -> Script {
    let interval = script
        .interval
        .map_or(Duration::from_secs(1), |time| time.value);
    Script {
        name: script.name.value.clone(),
        identity: format!("{:?} {}:{}", command.argv, command.uid, command.gid),
        interval,
        timeout: script.timeout.map_or(interval, |time| time.value),
        rise: script.rise.map_or(1, |count| count.value),
        fall: script.fall.map_or(1, |count| count.value),
        init_fail: script.init_fail,
    }
}

/// Whether a command may run, and the first part of its path that somebody else can change.
fn examine(
    path: &Path,
    fact: &PathFact,
    account: Account,
    opens: bool,
) -> Result<Option<String>, Refused> {
    let Some(target) = &fact.target else {
        let why = fact.error.as_deref().unwrap_or("cannot be reached");
        return Err(Refused::NotFound(format!("{}: {why}", path.display())));
    };
    if target.mode & S_IFMT == S_IFDIR {
        return Err(Refused::Insecure(format!(
            "{} is a directory",
            path.display()
        )));
    }
    if !opens && !may_execute(target, account) {
        let why = format!(
            "{} may not be executed by uid {}",
            path.display(),
            account.uid
        );
        return Err(Refused::NotFound(why));
    }
    let privileged = account.uid == 0 || target.mode & SET_ID != 0;
    let changeable = |component: &&Component| privileged && changeable_by_others(component);
    let part = fact.components.iter().chain([target]).find(changeable);
    Ok(part.map(|part| format!("{} can be changed by others than root", part.path.display())))
}

fn may_execute(file: &Component, account: Account) -> bool {
    let bits = match account {
        Account { uid: 0, .. } => 0o111,
        Account { uid, .. } if uid == file.uid => 0o100,
        Account { gid, .. } if gid == file.gid => 0o010,
        _ => 0o001,
    };
    file.mode & S_IFMT == S_IFREG && file.mode & bits != 0
}

/// A link's own mode means nothing; its owner does.
fn changeable_by_others(part: &Component) -> bool {
    if part.uid != 0 {
        return true;
    }
    match part.mode & S_IFMT {
        S_IFLNK => false,
        S_IFDIR if part.mode & STICKY != 0 => false,
        _ => part.mode & 0o002 != 0 || (part.mode & 0o020 != 0 && part.gid != 0),
    }
}
