//! Commands: looked up and checked for script security.
//!
//! Invariants: a command in a plan exists, may be executed by its account, and passed script
//! security if that is on; what does not is reported once and left out.
//!
//! Script security (`keepalived.conf(5)` enable_script_security): whatever runs as root or
//! set-id must not be changeable by anybody else, so each directory, link and file on the way
//! belongs to root and is not writable by others.
//! Deviation: a link owned by root, such as `/bin` on systems with merged `/usr`, is accepted,
//! because what it leads to is checked as well.

use core::cell::OnceCell;
use core::fmt::Display;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use grammar::Diagnostic;
use grammar::Span;
use grammar::ast::leaf::{self, Spanned};
use grammar::diagnostic::Class;

use super::Command;
use super::account::{self, Account};
use crate::Facts;
use crate::facts::{Component, PathFact};

/// What helps where script security finds no account.
pub(super) const NO_ACCOUNT: &str =
    "add `script_user USER` to global_defs, or the system account keepalived_script";

const S_IFMT: u32 = 0o170_000;
const S_IFLNK: u32 = 0o120_000;
const S_IFREG: u32 = 0o100_000;
const S_IFDIR: u32 = 0o040_000;
const SET_ID: u32 = 0o6000;
const STICKY: u32 = 0o1000;

/// Which process runs a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    /// The VRRP child: tracking and notify scripts.
    Vrrp,
    /// The checker child: checks, and what a change of state or quorum runs.
    Checker,
    /// The parent: `startup_script` and `shutdown_script`.
    Parent,
}

/// Looks commands up and checks them.
pub(super) struct Commands<'a> {
    facts: &'a dyn Facts,
    security: bool,
    /// `use_symlink_paths`
    through_links: bool,
    /// `set_supplementary_groups`
    supplementary: bool,
    /// Looked for with the first command that needs it: most of what that costs is the name
    /// service, which a file without commands need not wait for.
    default: OnceCell<account::Default>,
    /// Place of the first command that each part runs.
    first: BTreeMap<Part, Span>,
    /// Whether any command can be changed by others.
    pub(super) insecure: bool,
    /// Whether there is any instance: without one nobody runs what VRRP would.
    instances: bool,
    search_path: Vec<PathBuf>,
    /// What the host said: it is asked once about each path and each account.
    paths: BTreeMap<PathBuf, Rc<PathFact>>,
    accounts: BTreeMap<leaf::User, Result<Account, String>>,
    groups: BTreeMap<Account, Vec<u32>>,
}

/// Why a command is left out.
pub(super) enum Refused {
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
        let processes = &ast.process.processes;
        let default = OnceCell::new();
        // What is wrong with a written one is told, whatever needs it.
        if let Some(user) = &ast.process.script_user {
            let _ = default.set(account::written(user, facts, problems));
        }
        Self {
            facts,
            security,
            through_links: processes.use_symlink_paths.unwrap_or(false),
            supplementary: processes.set_supplementary_groups.unwrap_or(false),
            default,
            first: BTreeMap::new(),
            insecure: false,
            instances: !ast.vrrp.instances.is_empty(),
            search_path: facts.search_path(),
            paths: BTreeMap::new(),
            accounts: BTreeMap::new(),
            groups: BTreeMap::new(),
        }
    }

    /// The complaint about running scripts without script security. The original repeats it for
    /// every process that runs any; there is none for VRRP without an instance.
    pub(super) fn report_security(&self, problems: &mut Vec<Diagnostic>) {
        let mut first = self.first.iter();
        let runs = |part: &Part| *part != Part::Vrrp || self.instances;
        let first = first.find(|(part, _)| runs(part));
        let Some((part, &first)) = first.filter(|_| !self.security) else {
            return;
        };
        let what = match part {
            Part::Vrrp => "scripts",
            Part::Checker => "check scripts",
            Part::Parent => "start/shutdown scripts",
        };
        let insecure = if self.insecure {
            " There are insecure scripts."
        } else {
            ""
        };
        let message = format!(
            "SECURITY VIOLATION - {what} are being executed but script_security not enabled.\
             {insecure}"
        );
        let mut problem = Diagnostic::error("script-security", message).class(Class::Security);
        // It is about the file as a whole; only the annotated form shows a place.
        problem = problem.unplaced();
        problem = problem.label(first, "the first script that would run");
        problems.push(problem.help("add `enable_script_security` to global_defs"));
    }

    fn account(&mut self, own: Option<&leaf::User>) -> Result<Account, Refused> {
        if let Some(user) = own {
            let known = self.accounts.get(user).cloned();
            let found = known.unwrap_or_else(|| {
                let found = account::resolve(user, self.facts);
                self.accounts.insert(user.clone(), found.clone());
                found
            });
            return found.map_err(Refused::NoAccount);
        }
        match self.usual() {
            account::Default::Known(account) => Ok(account),
            account::Default::Broken => Err(Refused::Told),
            account::Default::Missing => Err(Refused::NoAccount(
                "this host has no account keepalived_script".to_owned(),
            )),
        }
    }

    fn usual(&self) -> account::Default {
        let default = || account::default(self.security, self.facts);
        *self.default.get_or_init(default)
    }

    /// User and group of commands for which nobody says another, if there are any.
    pub(super) fn usual_account(&self) -> Option<(u32, u32)> {
        match self.usual() {
            account::Default::Known(account) => Some((account.uid, account.gid)),
            account::Default::Broken | account::Default::Missing => None,
        }
    }

    /// User and group that an account's name stands for.
    pub(super) fn owner(&mut self, user: &leaf::User) -> Result<(u32, u32), String> {
        match self.account(Some(user)) {
            Ok(account) => Ok((account.uid, account.gid)),
            Err(Refused::NoAccount(why)) => Err(why),
            Err(_) => Err(format!("no user '{}'", user.user)),
        }
    }

    /// The command as `part` runs it, by the account of its block, its own, or the default one.
    pub(super) fn command(
        &mut self,
        part: Part,
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
            self.first.entry(part).or_insert(command.span);
        }
        let followed = fact
            .target
            .as_ref()
            .filter(|_| !self.through_links && !opens);
        Ok(Command {
            argv: command.argv.clone(),
            path: followed.map_or(path, |target| target.path.clone()),
            uid: account.uid,
            gid: account.gid,
            groups: self.groups(account),
        })
    }

    /// What scripts of this account get besides its group.
    fn groups(&mut self, account: Account) -> Vec<u32> {
        if !self.supplementary {
            return Vec::new();
        }
        let facts = self.facts;
        let known = self.groups.entry(account);
        let found = known.or_insert_with(|| facts.groups(account.uid, account.gid));
        found.clone()
    }

    /// Names without a slash are searched in PATH; the first that can be executed is meant.
    fn find(&mut self, name: &str, account: Account) -> Result<(PathBuf, Rc<PathFact>), Refused> {
        if name.contains('/') {
            let path = PathBuf::from(name);
            if !path.is_absolute() {
                return Err(Refused::NotFound(format!(
                    "'{name}' is not an absolute path"
                )));
            }
            let fact = self.fact(&path);
            return Ok((path, fact));
        }
        let folders = self.search_path.iter();
        let paths: Vec<PathBuf> = folders.map(|folder| folder.join(name)).collect();
        let runs = |fact: &PathFact| {
            let target = fact.target.as_ref();
            target.is_some_and(|found| may_execute(found, account))
        };
        let found = paths.into_iter().find_map(|path| {
            let fact = self.fact(&path);
            runs(&fact).then_some((path, fact))
        });
        found.ok_or_else(|| Refused::NotFound(format!("no program '{name}' in PATH")))
    }

    fn fact(&mut self, path: &Path) -> Rc<PathFact> {
        if let Some(known) = self.paths.get(path) {
            return Rc::clone(known);
        }
        let fact = Rc::new(self.facts.path(path));
        self.paths.insert(path.to_owned(), Rc::clone(&fact));
        fact
    }

    /// A command that an event runs. One that cannot run is left out with a warning: the original
    /// starts, and passes the test, all the same, unless there is no account to run it.
    pub(super) fn event(
        &mut self,
        part: Part,
        command: &Spanned<leaf::Command>,
        what: &dyn Display,
        problems: &mut Vec<Diagnostic>,
    ) -> Option<Command> {
        let name = command.argv.first().map_or("", String::as_str);
        let own = command.user.is_some();
        let problem = match self.command(part, command, None) {
            Ok(command) => return Some(command),
            Err(Refused::Told) => return None,
            Err(Refused::NotFound(why)) => {
                let message =
                    format!("{what}: script {name} not found or not executable - disabling");
                Diagnostic::warning("script-not-found", message).label(command.span, why)
            }
            Err(Refused::Insecure(why)) => {
                let message =
                    format!("{what}: unsafe permissions found for script {name} - disabling");
                let problem = Diagnostic::warning("script-insecure", message);
                let help =
                    format!("chown root {name}; chmod go-w {name}; the same for its folders");
                problem.label(command.span, why).help(help)
            }
            Err(Refused::NoAccount(why)) if own && part == Part::Parent => {
                let message = format!("Invalid {}", what.to_string().replace('_', " "));
                Diagnostic::error("unknown-user", message).label(command.span, why)
            }
            Err(Refused::NoAccount(why)) if own => {
                let message = format!("Invalid user/group for notify script {name} - ignoring");
                Diagnostic::warning("unknown-user", message).label(command.span, why)
            }
            Err(Refused::NoAccount(why)) => {
                let message = "Unable to set default user keepalived_script for script";
                let problem = Diagnostic::error("unknown-user", message);
                problem.label(command.span, why).help(NO_ACCOUNT)
            }
        };
        problems.push(problem);
        None
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
