//! Which peer a session gets next, and what is remembered about peers.
//!
//! [`Layout`] follows from the configuration alone, [`PoolState`] is what sessions change (one per
//! thread, or one behind a lock for a `zone`), [`Selection`] belongs to one session. Same input,
//! same peers as nginx: the methods differ only in [`PoolState::pick`]; failure accounting, backups
//! and tries are common.
//!
//! Deliberately unknown here: sockets, locks, and why a peer failed.

mod hash;
mod ketama;
mod least_conn;
mod round_robin;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use base::Instant;

use crate::config::{Balance, PeerIx, Pool};
use crate::template::HashKey;
use ketama::Ring;

/// After so many peers that could not be used, hash methods fall back to round robin.
const HASH_TRIES: u32 = 20;

/// One rank of peers: the primaries, or the backups.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Tier {
    peers: Vec<usize>,
    /// Sum of the weights of all, down ones included.
    total_weight: u64,
}

/// The unchanging part of a pool: weights, ranks, ring.
#[derive(Clone, Debug)]
pub struct Layout {
    pool: Pool,
    primary: Tier,
    backup: Tier,
    /// Peers that are not `down`: how often a session may try.
    tries: u32,
    ring: Option<Ring>,
}

impl Layout {
    /// Lays `pool` out. With `hash … consistent` this computes 160 points per unit of weight.
    #[must_use]
    pub fn new(pool: Pool) -> Self {
        let tier = |backup: bool| {
            let peers: Vec<usize> = (0..pool.peers.len())
                .filter(|&ix| pool.peers[ix].backup == backup)
                .collect();
            let total_weight = peers
                .iter()
                .map(|&ix| u64::from(pool.peers[ix].weight))
                .sum();
            Tier {
                peers,
                total_weight,
            }
        };
        let (primary, backup) = (tier(false), tier(true));
        let ring = matches!(
            pool.balance,
            Balance::Hash {
                consistent: true,
                ..
            }
        )
        .then(|| Ring::new(primary.peers.iter().map(|&ix| &pool.peers[ix])));
        let tries = pool.peers.iter().filter(|peer| !peer.down).count();
        Self {
            tries: u32::try_from(tries).unwrap_or(u32::MAX),
            pool,
            primary,
            backup,
            ring,
        }
    }

    /// The configuration this was made from.
    #[must_use]
    pub const fn pool(&self) -> &Pool {
        &self.pool
    }

    /// A group of one primary and no backup is never set aside: there is nothing better.
    const fn single(&self) -> bool {
        self.primary.peers.len() == 1 && self.backup.peers.is_empty()
    }
}

/// What is remembered about one peer. Times are whole seconds, as nginx counts them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct PeerState {
    effective_weight: i64,
    current_weight: i64,
    fails: u32,
    accessed: u64,
    checked: u64,
    conns: u32,
}

/// What sessions have learnt about the peers of a pool.
#[derive(Clone, Debug)]
pub struct PoolState {
    layout: Arc<Layout>,
    peers: Vec<PeerState>,
}

/// How a try ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The peer did what was asked.
    Fine,
    /// It refused, timed out or broke.
    Failed,
}

/// A peer has failed so often that it is set aside for `fail_timeout`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SetAside(pub PeerIx);

/// One session's way through a pool.
#[derive(Clone, Debug)]
pub struct Selection {
    /// How many tries are left.
    tries: u32,
    tried: PeerSet,
    on_backups: bool,
    current: Option<usize>,
    hash: HashWalk,
}

/// Where a session stands in a hash method's sequence of peers.
#[derive(Clone, Debug, Default)]
struct HashWalk {
    key: HashKey,
    /// Unusable peers met so far.
    tries: u32,
    rehash: u32,
    /// Running sum (`hash`), or index into the ring (`hash consistent`).
    position: u32,
}

impl Selection {
    /// The peer picked last and not released yet.
    #[must_use]
    pub fn current(&self) -> Option<PeerIx> {
        self.current.map(peer_ix)
    }

    /// Whether another peer may be tried.
    #[must_use]
    pub const fn tries_left(&self) -> bool {
        self.tries > 0
    }

    /// Applies `proxy_next_upstream_tries`; 0 means no limit.
    pub fn limit_tries(&mut self, limit: u32) {
        if limit > 0 {
            self.tries = self.tries.min(limit);
        }
    }
}

impl PoolState {
    /// A pool that nothing is known about.
    #[must_use]
    pub fn new(layout: Arc<Layout>) -> Self {
        let peers = layout
            .pool
            .peers
            .iter()
            .map(|peer| PeerState {
                effective_weight: i64::from(peer.weight),
                ..PeerState::default()
            })
            .collect();
        Self { layout, peers }
    }

    /// The unchanging part.
    #[must_use]
    pub const fn layout(&self) -> &Arc<Layout> {
        &self.layout
    }

    /// Begins a session's way through the pool. `key` is the evaluated key of a hash method, empty
    /// for others.
    #[must_use]
    pub fn begin(&self, key: HashKey) -> Selection {
        let position = self.layout.ring.as_ref().map_or(0, |ring| ring.find(&key));
        Selection {
            tries: self.layout.tries,
            tried: PeerSet::default(),
            on_backups: false,
            current: None,
            hash: HashWalk {
                key,
                position,
                ..HashWalk::default()
            },
        }
    }

    /// Picks the next peer and counts a connection on it; `None` when no peer is usable.
    ///
    /// Every `Some` must be answered by one [`Self::release`].
    pub fn pick(&mut self, selection: &mut Selection, now: Instant) -> Option<PeerIx> {
        let now = seconds(now);
        let layout = Arc::clone(&self.layout);
        let picked = match &layout.pool.balance {
            Balance::RoundRobin => self.round_robin_with_backups(selection, now),
            Balance::Hash {
                consistent: false, ..
            } => self.pick_hash(selection, now),
            Balance::Hash {
                consistent: true, ..
            } => self.pick_ketama(selection, now),
            Balance::LeastConn => self.pick_least_conn(selection, now),
        }?;
        let (peer, state) = (&layout.pool.peers[picked], &mut self.peers[picked]);
        state.conns += 1;
        // A single peer is never set aside, so nothing is noted about its being checked.
        if !layout.single() && now.saturating_sub(state.checked) > peer.fail_timeout.as_secs() {
            state.checked = now;
        }
        selection.tried.insert(picked);
        selection.current = Some(picked);
        Some(peer_ix(picked))
    }

    /// The connection to the current peer stands: a peer that was being probed is well again.
    pub fn connected(&mut self, selection: &Selection) {
        if let Some(current) = selection.current {
            self.mark_alive(current);
        }
    }

    /// Gives the current peer back. Says so when that failure set the peer aside.
    pub fn release(
        &mut self,
        selection: &mut Selection,
        outcome: Outcome,
        now: Instant,
    ) -> Option<SetAside> {
        let current = selection.current.take()?;
        self.peers[current].conns = self.peers[current].conns.saturating_sub(1);
        if self.layout.single() {
            selection.tries = 0;
            return None;
        }
        selection.tries = selection.tries.saturating_sub(1);
        match outcome {
            Outcome::Fine => {
                self.mark_alive(current);
                None
            }
            Outcome::Failed => self.count_failure(current, seconds(now)),
        }
    }

    /// Open connections per peer, in the order of [`Pool::peers`].
    pub fn connections(&self) -> impl Iterator<Item = u32> + '_ {
        self.peers.iter().map(|state| state.conns)
    }

    fn mark_alive(&mut self, ix: usize) {
        let state = &mut self.peers[ix];
        if state.accessed < state.checked {
            state.fails = 0;
        }
    }

    fn count_failure(&mut self, ix: usize, now: u64) -> Option<SetAside> {
        let (peer, state) = (&self.layout.pool.peers[ix], &mut self.peers[ix]);
        state.fails = state.fails.saturating_add(1);
        state.accessed = now;
        state.checked = now;
        if peer.max_fails == 0 {
            return None;
        }
        let penalty = i64::from(peer.weight / peer.max_fails);
        state.effective_weight = (state.effective_weight - penalty).max(0);
        (state.fails >= peer.max_fails).then(|| SetAside(peer_ix(ix)))
    }

    /// Not tried in this session, not down, not set aside, not full.
    fn usable(&self, ix: usize, selection: &Selection, now: u64) -> bool {
        !selection.tried.contains(ix) && self.in_service(ix, now)
    }

    fn in_service(&self, ix: usize, now: u64) -> bool {
        let (peer, state) = (&self.layout.pool.peers[ix], &self.peers[ix]);
        let set_aside = peer.max_fails > 0
            && state.fails >= peer.max_fails
            && now.saturating_sub(state.checked) <= peer.fail_timeout.as_secs();
        !peer.down && !set_aside && !self.full(ix)
    }

    fn full(&self, ix: usize) -> bool {
        let limit = self.layout.pool.peers[ix].max_conns;
        limit > 0 && self.peers[ix].conns >= limit
    }

    fn tier(&self, selection: &Selection) -> &Tier {
        if selection.on_backups {
            &self.layout.backup
        } else {
            &self.layout.primary
        }
    }
}

/// A set of peers that costs no allocation up to 64 of them.
#[derive(Clone, Debug, Default)]
struct PeerSet {
    first: u64,
    rest: Vec<u64>,
}

impl PeerSet {
    fn contains(&self, ix: usize) -> bool {
        let word = match (ix / 64).checked_sub(1) {
            None => self.first,
            Some(word) => self.rest.get(word).copied().unwrap_or(0),
        };
        word & (1 << (ix % 64)) != 0
    }

    fn insert(&mut self, ix: usize) {
        let bit = 1 << (ix % 64);
        match (ix / 64).checked_sub(1) {
            None => self.first |= bit,
            Some(word) => {
                if self.rest.len() <= word {
                    self.rest.resize(word + 1, 0);
                }
                self.rest[word] |= bit;
            }
        }
    }

    fn clear(&mut self) {
        *self = Self::default();
    }
}

fn peer_ix(ix: usize) -> PeerIx {
    PeerIx(u32::try_from(ix).expect("a pool has fewer than 2^32 peers"))
}

const fn seconds(now: Instant) -> u64 {
    now.as_micros() / 1_000_000
}
