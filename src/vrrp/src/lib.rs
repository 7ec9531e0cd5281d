//! The VRRP engine of one node: virtual routers, their elections and timers, and what they track.
//!
//! Invariants: no clock, socket, randomness, configuration text or hash order inside; every
//! transition carries its cause and the numbers it was decided on; packets are built when sent.
//! Deliberately unknown here: interfaces beyond their name, processes, log wording.
//!
//! # Driving it
//!
//! A performer makes an [`Engine`], reports links that are down ([`Input::Link`]) and
//! what tracked objects say ([`Input::Read`]), gives
//! [`Input::Start`], and from then on every packet, script exit and link event, and a
//! [`Input::Tick`] when [`base::Machine::deadline`] has come. What has arrived is given before the
//! tick: a process that was stopped for a while has to hear its better before it speaks.
//! Effects are performed in the order given; one that fails comes back as an input.
//! [`Event::Transition`] is the last effect of a change of state: the adverts are sent and the
//! addresses set when somebody is notified.
//!
//! After [`Input::Shutdown`] masters may stay for a moment, until they are replaced or a deadline has
//! come; [`Event::Stopped`] is the last effect of all. Who cannot wait gives it twice.
//!
//! On [`Input::Reconfigure`] the effects before [`Effect::Reconfigured`] speak of routers and
//! scripts of the old configuration, those after it of the new one.
//!
//! # Surviving it
//!
//! See [`snapshot`], [`StandIn`] and [`Engine::adopt`].

mod adopt;
mod advert;
mod auth;
mod backup;
mod checksum;
pub mod config;
mod debounce;
pub mod effect;
mod engine;
mod group;
pub mod history;
pub mod input;
mod leave;
mod master;
mod pacing;
pub mod packet;
mod receive;
mod reload;
mod replay;
mod router;
mod routers;
pub mod snapshot;
mod stand_in;
mod stats;
mod status;
mod stranger;
mod timer;
pub mod timing;
mod track;
mod tracking;
mod wall;
mod words;

pub use config::Config;
pub use effect::{Cause, Effect, Event, State};
pub use engine::Engine;
pub use history::History;
pub use input::{Input, Reading, Wait};
pub use leave::GRACE;
pub use pacing::Pacing;
pub use router::{EFFECT_RETRY, Heard};
pub use stand_in::StandIn;
pub use stats::Stats;
pub use status::{ObjectStatus, RouterStatus, ScriptStatus};
