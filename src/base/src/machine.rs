//! The shape of every engine: inputs and time go in as data, decisions come out as data.

use crate::Instant;

/// A deterministic state machine without clock, socket or randomness.
///
/// Effects are pushed while the input is handled, so that nothing has to be drained afterwards.
/// An effect that failed comes back as an input.
pub trait Machine {
    /// What the machine is told.
    type Input;
    /// What it wants done.
    type Effect;

    /// Handles one input at time `now`, pushing every consequence into `emit` in order.
    ///
    /// `now` must never be earlier than in a previous call.
    fn handle(&mut self, now: Instant, input: Self::Input, emit: &mut dyn FnMut(Self::Effect));

    /// When the machine next wants to be woken (with its tick input), and whose timer that is.
    fn deadline(&self) -> Option<(Instant, &'static str)>;
}
