//! Which notify commands a change of state runs, and with what arguments.
//!
//! Invariants: pure. `notify_master` and its siblings get no argument of ours, `notify` gets four
//! (keepalived.conf(5)).

use base::Priority;
use plan::keepalived::{Command, GroupHost, RouterHost};
use sys::exec::Program;
use vrrp::config::{Router, RouterIx};
use vrrp::{Cause, Event, State};

/// What notify commands are run for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Occasion {
    /// Which router.
    pub router: RouterIx,
    /// MASTER, BACKUP, FAULT, STOP, DELETED or MASTER_RX_LOWER_PRI.
    pub word: &'static str,
    /// Whether it is a state, which the general `notify` is told, too.
    pub state: bool,
}

/// The occasion that `event` is, if it is one.
#[must_use]
pub fn occasion(event: &Event) -> Option<Occasion> {
    let (router, word, state) = match event {
        Event::Transition {
            router,
            to: State::Init,
            cause: Cause::Dropped,
            ..
        } => (router, "DELETED", true),
        Event::Transition { router, to, .. } => (router, state_word(*to), true),
        Event::LowerPriorityHeard { router, .. } => (router, "MASTER_RX_LOWER_PRI", false),
        _ => return None,
    };
    let router = *router;
    Some(Occasion {
        router,
        word,
        state,
    })
}

/// The priority that is told with `occasion`: the effective one, of which a router that a reload
/// has dropped has none any more.
pub(super) fn priority(occasion: &Occasion, config: &Router, now: Option<Priority>) -> Priority {
    match now {
        Some(now) if occasion.word != "DELETED" => now,
        _ => config.priority,
    }
}

/// Word for a state as scripts know it. A router of a stopped daemon is in state STOP.
pub(super) const fn state_word(state: State) -> &'static str {
    match state {
        State::Init => "STOP",
        State::Backup => "BACKUP",
        State::Master => "MASTER",
        State::Fault => "FAULT",
    }
}

/// Everything to start when router `name` has come to `occasion`.
#[must_use]
pub fn commands(
    host: &RouterHost,
    name: &str,
    occasion: &Occasion,
    priority: Priority,
) -> Vec<Program> {
    let word = told_as(host, occasion.word);
    let mut programs: Vec<Program> = of(&host.notify, word).map(program).collect();
    if occasion.state {
        let priority = priority.to_string();
        let general = of(&host.notify, "*");
        programs.extend(general.map(|command| told(command, ["INSTANCE", name, word, &priority])));
    }
    programs
}

/// Who does not ask for deletions is told of a fault (seen in 2.2.7 and 2.4.3).
pub(super) fn told_as(host: &RouterHost, word: &'static str) -> &'static str {
    match word {
        "DELETED" if !host.told.deletion => "FAULT",
        word => word,
    }
}

/// Everything to start when all members of sync group `name` have come to `to`.
#[must_use]
pub fn group_commands(host: &GroupHost, name: &str, to: State) -> Vec<Program> {
    let word = state_word(to);
    let mut programs: Vec<Program> = of(&host.notify, word).map(program).collect();
    // A group has no priority (seen: 0).
    let general = of(&host.notify, "*");
    programs.extend(general.map(|command| told(command, ["GROUP", name, word, "0"])));
    programs
}

fn of<'a>(notify: &'a [(String, Command)], word: &'a str) -> impl Iterator<Item = &'a Command> {
    let meant = move |(on, _): &&(String, Command)| on == word;
    notify.iter().filter(meant).map(|(_, command)| command)
}

/// The general `notify` with what it is told.
fn told(command: &Command, what: [&str; 4]) -> Program {
    let mut program = program(command);
    program.argv.extend(what.map(str::to_owned));
    program
}

/// A planned command as something to execute.
#[must_use]
pub fn program(command: &Command) -> Program {
    let own = (
        nix::unistd::geteuid().as_raw(),
        nix::unistd::getegid().as_raw(),
    );
    let user = (command.uid, command.gid);
    Program {
        path: command.path.clone(),
        argv: command.argv.clone(),
        user: (user != own).then_some(user),
        groups: command.groups.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use plan::keepalived::{Manner, Told};

    fn command(name: &str) -> Command {
        Command {
            argv: vec![name.to_owned(), "x".to_owned()],
            path: format!("/bin/{name}").into(),
            uid: 0,
            gid: 0,
            groups: Vec::new(),
        }
    }

    const ROUTER: RouterIx = RouterIx(0);

    fn host(notify: &[(&str, &str)]) -> RouterHost {
        let notify = notify
            .iter()
            .map(|(on, name)| ((*on).to_owned(), command(name)));
        let manner = Manner {
            told: Told {
                deletion: notify.clone().any(|(on, _)| on == "DELETED"),
                ..Told::default()
            },
            notify: notify.collect(),
            ..Manner::default()
        };
        RouterHost {
            interface: None,
            addresses: smallvec::SmallVec::new(),
            source: None,
            manner: manner.into(),
        }
    }

    fn started(host: &RouterHost, event: &Event) -> Vec<String> {
        let occasion = occasion(event).expect("scripts run for it");
        let programs = commands(host, "VI_1", &occasion, Priority(80));
        let programs = programs.into_iter();
        programs.map(|program| program.argv.join(" ")).collect()
    }

    fn transition(to: State, cause: Cause) -> Event {
        Event::Transition {
            router: ROUTER,
            from: State::Backup,
            to,
            cause,
        }
    }

    #[test]
    fn the_state_s_own_command_comes_with_the_general_one() {
        let host = host(&[("MASTER", "m"), ("BACKUP", "b"), ("*", "n")]);
        let master = transition(State::Master, Cause::Start);
        let expected = ["m x", "n x INSTANCE VI_1 MASTER 80"];
        assert_eq!(started(&host, &master), expected);
    }

    #[test]
    fn a_router_that_a_reload_drops_is_deleted_or_at_fault() {
        let gone = transition(State::Init, Cause::Dropped);
        let told = host(&[("STOP", "s"), ("FAULT", "f"), ("DELETED", "d"), ("*", "n")]);
        let expected = ["d x", "n x INSTANCE VI_1 DELETED 80"];
        assert_eq!(started(&told, &gone), expected);
        let untold = host(&[("STOP", "s"), ("FAULT", "f"), ("*", "n")]);
        let expected = ["f x", "n x INSTANCE VI_1 FAULT 80"];
        assert_eq!(started(&untold, &gone), expected);
    }

    #[test]
    fn a_group_is_told_without_a_priority() {
        let notify = host(&[("MASTER", "m"), ("BACKUP", "b"), ("*", "n")])
            .notify
            .clone();
        let programs = group_commands(
            &GroupHost {
                notify,
                mails: false,
            },
            "G",
            State::Master,
        )
        .into_iter();
        let told: Vec<String> = programs.map(|program| program.argv.join(" ")).collect();
        assert_eq!(told, ["m x", "n x GROUP G MASTER 0"]);
    }

    #[test]
    fn a_lower_priority_runs_its_own_command_alone() {
        let host = host(&[("MASTER_RX_LOWER_PRI", "l"), ("*", "n")]);
        let heard = Event::LowerPriorityHeard {
            router: ROUTER,
            source: core::net::IpAddr::V4(core::net::Ipv4Addr::LOCALHOST),
            priority: Priority(1),
        };
        assert_eq!(started(&host, &heard), ["l x"]);
    }
}
