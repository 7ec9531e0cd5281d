//! The BFD engine of one node (RFC 5880, 5881, 5883): sessions in asynchronous mode that watch
//! their neighbours, without echo, without authentication, and without asking for demand mode.
//!
//! Invariants: no clock, socket or randomness inside (jitter and discriminators follow from the
//! seed that it was given); every change of state carries its cause; packets are built when sent.
//! Deliberately unknown here: who wants to know of a session, sockets, log wording.
//!
//! # Driving it
//!
//! A performer makes an [`Engine`], says which sessions cannot send ([`Input::Path`]), gives
//! [`Input::Start`], and from then on every packet, and [`Input::Tick`] when
//! [`base::Machine::deadline`] has come. What has arrived is given before the tick: a process that
//! was stopped for a while has to hear its neighbours before it declares them gone.
//!
//! On [`Input::Reconfigure`] the effects before [`Effect::Reconfigured`] speak of sessions of the
//! old configuration, those after it of the new one.

pub mod config;
mod effect;
mod engine;
mod input;
mod session;
mod snapshot;
mod state;
mod timing;

pub use config::{Config, SessionIx};
pub use effect::{Cause, Effect, Event, Rejection};
pub use engine::{Engine, Status};
pub use input::{Input, Received};
pub use snapshot::Record;
pub use wire::bfd::{Diagnostic, State};
