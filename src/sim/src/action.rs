//! What can be done to the world.

use core::fmt;
use core::net::IpAddr;

use base::Duration;
use vrrp::input::ScriptOutcome;
use vrrp::{Config, Reading};

use crate::node::NodeIx;

/// Something done to the world, now or at a scheduled time.
#[derive(Clone, Debug)]
pub enum Action {
    /// Start the daemon.
    Start(NodeIx),
    /// Stop it properly (TERM).
    Stop(NodeIx),
    /// Kill it at once (kill -9 of all processes): its addresses stay.
    Kill(NodeIx),
    /// The machine loses its power: daemon, addresses and link are gone. [`Self::LinkUp`] and
    /// [`Self::Start`] bring it back.
    PowerOff(NodeIx),
    /// Its VRRP child dies: the parent stands in until the next child has come up.
    Crash(NodeIx),
    /// Freeze it (SIGSTOP); packets queue up.
    Hang(NodeIx),
    /// Let it go on (SIGCONT).
    Resume(NodeIx),
    /// Pull its cable; the node notices.
    LinkDown(NodeIx),
    /// Plug it in again.
    LinkUp(NodeIx),
    /// Packets between the two are lost both ways; nobody notices.
    Cut(NodeIx, NodeIx),
    /// Undo a cut.
    Heal(NodeIx, NodeIx),
    /// Cut the node off everybody, unnoticed.
    Isolate(NodeIx),
    /// Undo all its cuts.
    Rejoin(NodeIx),
    /// From now on runs of the script named so end like this.
    Check {
        /// Where.
        node: NodeIx,
        /// `vrrp_script` name.
        script: String,
        /// How a run ends.
        outcome: ScriptOutcome,
        /// How long a run takes; one that exceeds its timeout is killed.
        takes: Duration,
    },
    /// From now on the tracked objects of this name say this.
    Object {
        /// Where.
        node: NodeIx,
        /// Its name.
        object: String,
        /// What it says.
        reading: Reading,
    },
    /// Somebody deletes a virtual address.
    DeleteAddress(NodeIx, IpAddr),
    /// Adding addresses fails on this node until told otherwise.
    Refuse(NodeIx, bool),
    /// Reload (HUP) with this configuration.
    Reload(NodeIx, Config),
    /// Share of packets that get lost, in parts per million.
    Loss(u32),
}

impl Action {
    /// The node it happens on.
    #[must_use]
    pub const fn node(&self) -> Option<NodeIx> {
        match self {
            Self::Start(node)
            | Self::Stop(node)
            | Self::Kill(node)
            | Self::PowerOff(node)
            | Self::Crash(node)
            | Self::Hang(node)
            | Self::Resume(node)
            | Self::LinkDown(node)
            | Self::LinkUp(node)
            | Self::Isolate(node)
            | Self::Rejoin(node)
            | Self::Check { node, .. }
            | Self::Object { node, .. }
            | Self::DeleteAddress(node, _)
            | Self::Refuse(node, _)
            | Self::Reload(node, _) => Some(*node),
            Self::Cut(..) | Self::Heal(..) | Self::Loss(_) => None,
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Start(_) => f.write_str("start"),
            Self::Stop(_) => f.write_str("stop"),
            Self::Kill(_) => f.write_str("kill -9"),
            Self::PowerOff(_) => f.write_str("power off"),
            Self::Crash(_) => f.write_str("VRRP child dies"),
            Self::Hang(_) => f.write_str("hang"),
            Self::Resume(_) => f.write_str("resume"),
            Self::LinkDown(_) => f.write_str("cable out"),
            Self::LinkUp(_) => f.write_str("cable in"),
            Self::Cut(a, b) => write!(f, "cut {} {}", a.0, b.0),
            Self::Heal(a, b) => write!(f, "heal {} {}", a.0, b.0),
            Self::Isolate(_) => f.write_str("isolate"),
            Self::Rejoin(_) => f.write_str("rejoin"),
            Self::Check {
                script,
                outcome,
                takes,
                ..
            } => {
                let how = outcome.describe();
                write!(f, "from now on script {script} takes {takes:?}, then {how}")
            }
            Self::Object {
                object, reading, ..
            } => match reading {
                Reading::Good => write!(f, "{object} becomes good"),
                Reading::Bad => write!(f, "{object} becomes bad"),
                Reading::Number(number) => write!(f, "{object} says {number}"),
            },
            Self::DeleteAddress(_, address) => write!(f, "delete {address}"),
            Self::Refuse(_, true) => f.write_str("adding addresses will fail"),
            Self::Refuse(_, false) => f.write_str("adding addresses will work"),
            Self::Reload(..) => f.write_str("reload"),
            Self::Loss(ppm) => write!(f, "lose {ppm} of a million packets"),
        }
    }
}
