//! What an instance tracks, and what that does to its priority.

use core::time::Duration;

use grammar::Ast;
use grammar::ast::leaf::{Setting, Spanned};
use grammar::ast::vrrp::Instance;

use super::router::kept;
use super::script::SECOND;

/// What is tracked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Script,
    Interface,
    /// Its weight is multiplied with a number that only the running system knows.
    File,
    Process,
    Bfd,
}

impl Kind {
    const KEPT: [(&'static str, Self); 4] = [
        ("track_interface", Self::Interface),
        ("track_file", Self::File),
        ("track_process", Self::Process),
        ("track_bfd", Self::Bfd),
    ];
}

/// One tracked object.
#[derive(Clone, Debug)]
pub(crate) struct Tracker {
    pub(crate) kind: Kind,
    /// Where the instance tracks it.
    pub(crate) name: Spanned<String>,
    /// 0: a failure is a fault.
    pub(crate) weight: i32,
    pub(crate) reverse: bool,
    /// Of a script: when it runs.
    pub(crate) script: Option<Schedule>,
}

/// When a script runs, and how many failures count.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Schedule {
    pub(crate) interval: Duration,
    pub(crate) fall: u32,
}

impl Schedule {
    /// Longest time until a failure counts, for a script that fails at once.
    pub(crate) fn detection(self) -> Duration {
        self.interval * self.fall
    }
}

impl Tracker {
    /// What it adds to the priority while good.
    pub(crate) fn good(&self) -> i32 {
        if self.reverse {
            self.weight.min(0)
        } else {
            self.weight.max(0)
        }
    }

    /// What it adds to the priority while bad.
    pub(crate) fn bad(&self) -> i32 {
        if self.reverse {
            self.weight.max(0)
        } else {
            self.weight.min(0)
        }
    }

    /// By how much a failure changes the priority.
    pub(crate) fn drop(&self) -> i32 {
        self.bad() - self.good()
    }
}

pub(super) fn trackers(ast: &Ast, instance: &Instance, moved: u32) -> Vec<Tracker> {
    let mut found = Vec::new();
    for line in &instance.track_scripts {
        let script = ast.vrrp.scripts.iter().find(|it| it.name == line.name);
        let Some(script) = script else {
            continue;
        };
        let default = script.weight.as_ref().map(|weight| weight.value);
        let weight = line.weight.or(default);
        found.push(Tracker {
            kind: Kind::Script,
            name: Spanned::new(line.name.value.clone(), line.name.span.moved(moved)),
            weight: weight.map_or(0, |weight| weight.weight.0.into()),
            reverse: weight.and_then(|weight| weight.reverse).unwrap_or(false),
            script: Some(Schedule {
                interval: script.interval.map_or(SECOND, |time| time.value),
                fall: script.fall.map_or(1, |count| count.value.max(1)),
            }),
        });
    }
    for (keyword, kind) in Kind::KEPT {
        let lines = kept(&instance.kept, keyword).and_then(|block| block.body.as_ref());
        found.extend(
            lines
                .into_iter()
                .flatten()
                .map(|line| kept_tracker(kind, line, moved)),
        );
    }
    found
}

fn kept_tracker(kind: Kind, line: &Setting, moved: u32) -> Tracker {
    let mut words = line.rest.split_whitespace();
    let weight = words
        .find(|word| *word == "weight")
        .and_then(|_| words.next())
        .and_then(|number| number.parse().ok());
    Tracker {
        kind,
        name: Spanned::new(line.name.clone(), line.span.moved(moved)),
        weight: weight.unwrap_or(0),
        reverse: words.next() == Some("reverse"),
        script: None,
    }
}
