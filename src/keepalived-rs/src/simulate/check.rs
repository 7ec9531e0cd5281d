//! What a script may ask of the lab and not of the simulation.

use lab::script::{Action, Condition, Problem, Script, Statement};

/// Why `exec` and `try` are refused.
pub(super) const NO_COMMANDS: &str =
    "no command runs in a simulation; `keepalived-rs lab` runs this script for real";

/// Statements that only real machines can carry out.
pub(super) fn check(script: &Script) -> Vec<Problem> {
    let problem = |line, message: &str| Problem {
        line,
        message: message.to_owned(),
    };
    let steps = script.steps.iter().filter_map(|step| {
        let message = match &step.statement {
            Statement::Act(Action::Exec { .. }) => NO_COMMANDS,
            Statement::WaitUntil { condition, .. }
            | Statement::Expect { condition, .. }
            | Statement::Keeps { condition, .. } => match condition {
                Condition::PeerAnswering { .. } => {
                    "no connection is balanced in a simulation; `keepalived-rs lab` shows who \
                     answers"
                }
                Condition::Log { .. } => {
                    "a simulation has no log; ask for a state, an address or what is advertised"
                }
                _ => return None,
            },
            Statement::Act(_) | Statement::Pause(_) => return None,
        };
        Some(problem(step.line, message))
    });
    steps.collect()
}
