//! Which notify commands a change of state runs, and with what arguments.
//!
//! Invariants: pure. `notify_master` and its siblings get no argument of ours, `notify` gets four
//! (keepalived.conf(5)).

use base::Priority;
use plan::keepalived::{Command, RouterHost};
use sys::exec::Program;
use vrrp::State;

/// Word for a state as scripts know it. A router that is no more is in state STOP.
pub(super) fn state_word(state: State) -> &'static str {
    match state {
        State::Init => "STOP",
        State::Backup => "BACKUP",
        State::Master => "MASTER",
        State::Fault => "FAULT",
    }
}

/// Everything to start when router `name` has come to `word`.
pub(super) fn commands(
    host: &RouterHost,
    name: &str,
    word: &str,
    priority: Priority,
) -> Vec<Program> {
    let of = |event: &str| {
        let event = event.to_owned();
        host.notify
            .iter()
            .filter(move |(on, _)| on.eq_ignore_ascii_case(&event))
            .map(|(_, command)| command)
    };
    let mut programs: Vec<Program> = of(word).map(program).collect();
    programs.extend(of("*").map(|command| {
        let mut program = program(command);
        let priority = priority.to_string();
        let extra = ["INSTANCE", name, word, &priority];
        program.argv.extend(extra.map(str::to_owned));
        program
    }));
    programs
}

/// A planned command as something to execute.
pub(super) fn program(command: &Command) -> Program {
    let own = (
        nix::unistd::geteuid().as_raw(),
        nix::unistd::getegid().as_raw(),
    );
    let user = (command.uid, command.gid);
    Program {
        path: command.path.clone(),
        argv: command.argv.clone(),
        user: (user != own).then_some(user),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(name: &str) -> Command {
        Command {
            argv: vec![name.to_owned(), "x".to_owned()],
            path: format!("/bin/{name}").into(),
            uid: 0,
            gid: 0,
        }
    }

    #[test]
    fn the_state_s_own_command_comes_with_the_general_one() {
        let host = RouterHost {
            interface: None,
            addresses: Vec::new(),
            source: None,
            notify: vec![
                ("MASTER".into(), command("m")),
                ("BACKUP".into(), command("b")),
                ("*".into(), command("n")),
            ],
        };
        let started: Vec<String> = commands(&host, "VI_1", "MASTER", Priority(80))
            .into_iter()
            .map(|program| program.argv.join(" "))
            .collect();
        assert_eq!(started, ["m x", "n x INSTANCE VI_1 MASTER 80"]);
    }
}
