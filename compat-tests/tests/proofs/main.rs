//! The proof of every row of the keepalived.conf tables that says it works: the effect it has
//! outside the parser, and that the same look shows nothing once the row's setter does nothing.
//!
//! A proof is a configuration with and without the keyword. Both are planned and run for a hundred
//! seconds of virtual time; what differs between the two runs must contain what `sees` says.
//! Deliberately unknown here: how effects are performed (compatibility tests look at that).

mod checks;
mod host;
mod observe;
mod peers;
mod sessions;
mod table;

use grammar::keyword::Status;
use libtest_mimic::{Arguments, Failed, Trial};

use observe::{difference, observe};
use peers::Heard;

/// One row and what it does.
pub(crate) struct Proof {
    /// `block/keyword` as the tables name them.
    pub(crate) row: &'static str,
    /// The configuration around it, `@` where the keyword goes.
    pub(crate) base: &'static str,
    /// What stands at `@` otherwise.
    pub(crate) without: &'static str,
    /// The keyword in use.
    pub(crate) with: &'static str,
    /// Peers.
    pub(crate) heard: &'static [Heard],
    /// Each is part of a line that differs; `+` and `-` tell in which run it is.
    pub(crate) sees: &'static [&'static str],
}

impl Proof {
    fn text(&self, with: &str) -> String {
        self.base.replace('@', with)
    }

    fn difference(&self, ignored: Option<&str>) -> Vec<String> {
        let without = observe(&self.text(self.without), None, self.heard);
        let with = observe(&self.text(self.with), ignored, self.heard);
        difference(&without, &with)
    }

    /// What is not to be seen.
    fn missing(&self, difference: &[String]) -> Vec<&'static str> {
        let shown = |wanted: &&&str| {
            let mut parts = wanted.split(" … ");
            let first = parts.next().unwrap_or("");
            !difference.iter().any(|line| {
                line.starts_with(&first[..1])
                    && line.contains(first[1..].trim_start())
                    && parts.clone().all(|part| line.contains(part))
            })
        };
        self.sees.iter().filter(shown).copied().collect()
    }

    fn holds(&self) -> Result<(), Failed> {
        let difference = self.difference(None);
        let missing = self.missing(&difference);
        if missing.is_empty() && !self.sees.is_empty() {
            return Ok(());
        }
        let shown = difference.iter().take(40).cloned().collect::<Vec<_>>();
        Err(format!("not seen: {missing:?}, but\n{}", shown.join("\n")).into())
    }

    fn would_notice(&self) -> Result<(), Failed> {
        let difference = self.difference(Some(self.row));
        if self.missing(&difference).is_empty() {
            return Err("the same is seen when the row does nothing".into());
        }
        Ok(())
    }
}

fn main() {
    let arguments = Arguments::from_args();
    let mut trials = vec![Trial::test("every row that works has a proof", complete)];
    for proof in table::all() {
        trials.push(Trial::test(proof.row, move || proof.holds()));
        let name = format!("{} does nothing", proof.row);
        trials.push(Trial::test(name, move || proof.would_notice()));
    }
    libtest_mimic::run(&arguments, trials).exit();
}

/// Rows without a proof, and proofs without such a row.
fn complete() -> Result<(), Failed> {
    let works: Vec<String> = grammar::keepalived::tables::catalogue()
        .iter()
        .filter(|row| row.status == Status::Works)
        .map(|row| format!("{}/{}", row.block, row.name))
        .collect();
    let proven: Vec<&str> = table::all().map(|proof| proof.row).collect();
    let unproven: Vec<&String> = works
        .iter()
        .filter(|row| !proven.contains(&row.as_str()))
        .collect();
    let idle: Vec<&&str> = proven
        .iter()
        .filter(|row| !works.iter().any(|works| works == *row))
        .collect();
    if unproven.is_empty() && idle.is_empty() {
        return Ok(());
    }
    let text = format!("no proof for {unproven:#?}; a proof, but no such row: {idle:#?}");
    Err(text.into())
}
