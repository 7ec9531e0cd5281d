//! What somebody beside the nodes sees: frames on the segment, addresses, runs of scripts.

use base::Instant;
use vrrp::config::RouterIx;

use crate::node::NodeIx;
use crate::world::World;

/// Something seen. Routers are those of the configuration that the node runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// An advert left the node (once for each peer where it is unicast).
    Advert {
        /// From whom.
        node: NodeIx,
        /// Of which router.
        router: RouterIx,
        /// The VRRP message.
        packet: Vec<u8>,
    },
    /// The node announced the router's addresses (gratuitous ARP, unsolicited NA).
    Announced {
        /// Who.
        node: NodeIx,
        /// Which router.
        router: RouterIx,
    },
    /// The router's addresses came to the node.
    Added {
        /// Where.
        node: NodeIx,
        /// Which router.
        router: RouterIx,
    },
    /// The router's addresses left it.
    Removed {
        /// Where.
        node: NodeIx,
        /// Which router.
        router: RouterIx,
    },
    /// A start removed what a killed daemon had left behind.
    Swept {
        /// Where.
        node: NodeIx,
    },
    /// A run of a script began.
    ScriptRuns {
        /// Where.
        node: NodeIx,
        /// `vrrp_script` name.
        script: String,
    },
}

/// An onlooker's notes; a world without one takes none.
#[derive(Debug, Default)]
pub(crate) struct Onlooker(Option<Vec<(Instant, Seen)>>);

impl World {
    /// From now on notes are taken for [`Self::take_seen`].
    pub fn look_on(&mut self) {
        self.onlooker.0.get_or_insert_default();
    }

    /// What was seen since the last call, in order; empties the notes.
    pub fn take_seen(&mut self) -> Vec<(Instant, Seen)> {
        self.onlooker
            .0
            .as_mut()
            .map(core::mem::take)
            .unwrap_or_default()
    }

    pub(crate) fn see(&mut self, seen: impl FnOnce() -> Seen) {
        let now = self.now;
        if let Some(notes) = &mut self.onlooker.0 {
            notes.push((now, seen()));
        }
    }
}
