//! What a script needs of whoever carries it out, and the loop that runs a script over it.
//!
//! The loop is the same for the lab (namespaces, wall time) and the simulator (virtual time). It
//! looks only after something was observed or a bound has passed: it never polls.

use core::time::Duration;

use base::Instant;

use crate::judge::{Moment, Verdict, judge, millis, seconds};
use crate::observed::{Event, Observation, Observed};
use crate::script::{Action, Condition, Script, Statement, Step};

/// Why a run cannot go on. Not a broken expectation: those are part of a run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// The operator asked to stop.
    #[error("interrupted")]
    Interrupted,
    /// An action could not be done as the script demands (a command that had to succeed).
    #[error("{0}")]
    Refused(String),
    /// The world itself broke.
    #[error("{0}")]
    Broken(String),
}

/// Carries out a script's actions and reports what happens.
pub trait World {
    /// Now, on the clock of all observations.
    fn now(&self) -> Instant;

    /// Does what the action says, and returns when it is done. Observations made meanwhile come
    /// from the next [`World::advance`].
    fn perform(&mut self, action: &Action) -> Result<(), Trouble>;

    /// Returns the observations since the last call as soon as there are any, and nothing when
    /// `until` has come without one.
    fn advance(&mut self, until: Instant, seen: &mut Observed)
    -> Result<Vec<Observation>, Trouble>;

    /// How long after an event its report may arrive: a probe counts as lost only then.
    fn report_delay(&self) -> Duration;
}

/// How a run ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Outcome {
    /// Expectations that held.
    pub held: usize,
    /// Expectations that did not.
    pub broken: usize,
    /// Whether every step was reached.
    pub complete: bool,
}

impl Outcome {
    /// Whether the run counts as a success.
    #[must_use]
    pub fn good(&self) -> bool {
        self.complete && self.broken == 0
    }
}

impl core::fmt::Display for Outcome {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let end = if self.complete {
            ""
        } else {
            "; the script ended early"
        };
        let Self { held, broken, .. } = self;
        write!(f, "{held} expectations held, {broken} did not{end}")
    }
}

/// Runs a script; every observation is handed to `tell` in order.
pub struct Run<'a, W> {
    world: &'a mut W,
    /// All that was seen.
    pub seen: Observed,
    tell: &'a mut dyn FnMut(&Observation),
    action: Instant,
    outcome: Outcome,
}

impl<'a, W: World> Run<'a, W> {
    /// A run that has not begun.
    pub fn new(world: &'a mut W, tell: &'a mut dyn FnMut(&Observation)) -> Self {
        Self {
            action: world.now(),
            world,
            seen: Observed::default(),
            tell,
            outcome: Outcome::default(),
        }
    }

    /// Runs all steps. A step that had to succeed and did not ends the run with what was reached.
    pub fn script(&mut self, script: &Script) -> Result<Outcome, Trouble> {
        for step in &script.steps {
            if !self.step(step)? {
                return Ok(self.outcome);
            }
        }
        // What the last steps caused is part of the run, although its reports are on their way.
        self.pause(self.world.now() + self.world.report_delay())?;
        self.outcome.complete = true;
        Ok(self.outcome)
    }

    /// Lets the world go on until that time.
    ///
    /// # Errors
    /// When the world cannot go on.
    pub fn until(&mut self, time: Instant) -> Result<(), Trouble> {
        self.pause(time)
    }

    /// Lets the world go on until interrupted.
    pub fn forever(&mut self) -> Result<(), Trouble> {
        loop {
            let until = self.world.now() + Duration::from_secs(60);
            self.advance(until)?;
        }
    }

    fn step(&mut self, step: &Step) -> Result<bool, Trouble> {
        match &step.statement {
            Statement::Act(action) => self.act(step, action),
            Statement::Pause(time) => {
                self.tell_step(step);
                self.pause(self.world.now() + *time).map(|()| true)
            }
            Statement::WaitUntil { condition, within } => {
                self.expect(step, condition, *within, None)
            }
            Statement::Expect {
                condition,
                within,
                not_before,
            } => self
                .expect(step, condition, *within, *not_before)
                .map(|_| true),
            Statement::Keeps { condition, during } => {
                self.keeps(step, condition, *during).map(|()| true)
            }
        }
    }

    fn act(&mut self, step: &Step, action: &Action) -> Result<bool, Trouble> {
        self.tell_step(step);
        // Before the action: whatever it causes comes after this point in time.
        self.action = self.world.now();
        match self.world.perform(action) {
            Ok(()) => {
                self.advance(self.world.now())?;
                Ok(true)
            }
            Err(Trouble::Refused(why)) => {
                self.advance(self.world.now())?;
                self.verdict(step, false, why);
                Ok(false)
            }
            Err(other) => Err(other),
        }
    }

    fn pause(&mut self, until: Instant) -> Result<(), Trouble> {
        while self.world.now() < until {
            self.advance(until)?;
        }
        Ok(())
    }

    fn expect(
        &mut self,
        step: &Step,
        condition: &Condition,
        within: Duration,
        not_before: Option<Duration>,
    ) -> Result<bool, Trouble> {
        if matches!(condition, Condition::Outage(_)) {
            // A probe sent now is decided only after this; before that "none lost" means nothing.
            self.pause(self.world.now() + self.world.report_delay())?;
        }
        let asked = self.world.now();
        let deadline = asked + within;
        loop {
            match self.judge(condition) {
                Verdict::Holds { since, note } => {
                    let good = self.timing(step, since, not_before, note);
                    return Ok(good);
                }
                Verdict::Never(why) => {
                    self.verdict(step, false, why);
                    return Ok(false);
                }
                Verdict::Fails(why) if self.world.now() >= deadline => {
                    let waited = millis(self.world.now().since(asked));
                    self.verdict(step, false, format!("{why} (waited {waited})"));
                    return Ok(false);
                }
                Verdict::Fails(_) => self.advance(deadline)?,
            }
        }
    }

    fn timing(
        &mut self,
        step: &Step,
        since: Instant,
        not_before: Option<Duration>,
        note: String,
    ) -> bool {
        let took = since.since(self.action);
        let early = not_before.is_some_and(|least| took < least);
        let mut parts = Vec::new();
        if !note.is_empty() {
            parts.push(note);
        }
        if since > self.action {
            parts.push(format!("{} after the last action", millis(took)));
        } else if early {
            parts.push("already so before the last action".to_owned());
        }
        self.verdict(step, !early, parts.join("; "));
        !early
    }

    fn keeps(
        &mut self,
        step: &Step,
        condition: &Condition,
        during: Duration,
    ) -> Result<(), Trouble> {
        let end = self.world.now() + during;
        loop {
            if let Verdict::Fails(why) | Verdict::Never(why) = self.judge(condition) {
                self.verdict(
                    step,
                    false,
                    format!("{why} at {}", seconds(self.world.now())),
                );
                return Ok(());
            }
            if self.world.now() >= end {
                self.verdict(step, true, String::new());
                return Ok(());
            }
            self.advance(end)?;
        }
    }

    fn judge(&self, condition: &Condition) -> Verdict {
        let moment = Moment {
            now: self.world.now(),
            action: self.action,
        };
        judge(condition, &self.seen, moment)
    }

    fn advance(&mut self, until: Instant) -> Result<(), Trouble> {
        for observation in self.world.advance(until, &mut self.seen)? {
            (self.tell)(&observation);
        }
        Ok(())
    }

    fn tell_step(&mut self, step: &Step) {
        self.own(Event::Step {
            line: step.line,
            text: step.text.clone(),
        });
    }

    fn verdict(&mut self, step: &Step, held: bool, note: String) {
        let (line, text) = (step.line, step.text.clone());
        if held {
            self.outcome.held += 1;
            self.own(Event::Held { line, text, note });
        } else {
            self.outcome.broken += 1;
            self.own(Event::Broken { line, text, note });
        }
    }

    fn own(&mut self, event: Event) {
        let observation = Observation {
            at: self.world.now(),
            node: None,
            event,
        };
        (self.tell)(&observation);
        self.seen.push(observation);
    }
}

#[cfg(test)]
mod tests;
