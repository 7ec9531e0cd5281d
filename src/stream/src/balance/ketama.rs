//! `hash KEY consistent`: 160 points on a ring per unit of weight, so that a change of the group
//! moves few keys.
//!
//! Invariant: points follow from the text of the `server` lines, not from addresses, so a ring is
//! the same on every host and after every reload.

use super::{HASH_TRIES, PoolState, Selection};
use crate::config::Peer;

const POINTS_PER_WEIGHT: u64 = 160;

/// The points of a pool's primaries, sorted, each value once.
#[derive(Clone, Debug)]
pub(super) struct Ring {
    points: Vec<Point>,
    /// Distinct server texts; several addresses of one name share points.
    servers: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Point {
    hash: u32,
    /// Index into [`Ring::servers`].
    server: u32,
}

impl Ring {
    pub(super) fn new<'a>(peers: impl Iterator<Item = &'a Peer>) -> Self {
        let mut points = Vec::new();
        let mut servers: Vec<String> = Vec::new();
        for peer in peers {
            let server = servers
                .iter()
                .position(|s| *s == peer.written)
                .unwrap_or_else(|| {
                    servers.push(peer.written.clone());
                    servers.len() - 1
                });
            let server = u32::try_from(server).expect("fewer than 2^32 servers");
            points.extend(place(&peer.written, peer.weight).map(|hash| Point { hash, server }));
        }
        // Stable, so that of equal points the one of the server written first stays.
        points.sort_by_key(|point| point.hash);
        points.dedup_by_key(|point| point.hash);
        Self { points, servers }
    }

    /// Index of the first point at or after the key's hash, wrapping to the first one.
    pub(super) fn find(&self, key: &[u8]) -> u32 {
        let hash = crc32fast::hash(key);
        let at = self.points.partition_point(|point| point.hash < hash);
        u32::try_from(if at == self.points.len() { 0 } else { at }).unwrap_or(0)
    }

    fn server(&self, position: u32) -> Option<&str> {
        let at = (position as usize).checked_rem(self.points.len())?;
        Some(&self.servers[self.points[at].server as usize])
    }
}

/// The points of one server: each is the CRC-32 of its host, a zero byte, its port and the point
/// before it.
fn place(written: &str, weight: u32) -> impl Iterator<Item = u32> {
    let (host, port) = host_and_port(written);
    let mut base = crc32fast::Hasher::new();
    base.update(host.as_bytes());
    base.update(&[0]);
    base.update(port.as_bytes());
    let mut previous = 0_u32;
    (0..POINTS_PER_WEIGHT * u64::from(weight)).map(move |_| {
        let mut crc = base.clone();
        crc.update(&previous.to_le_bytes());
        previous = crc.finalize();
        previous
    })
}

/// The port is what follows the last colon if that is all digits; a unix path has none.
fn host_and_port(written: &str) -> (&str, &str) {
    if let Some(prefix) = written.get(..5)
        && prefix.eq_ignore_ascii_case("unix:")
    {
        return (&written[5..], "");
    }
    match written.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => (host, port),
        _ => (written, ""),
    }
}

impl PoolState {
    pub(super) fn pick_ketama(&mut self, selection: &mut Selection, now: u64) -> Option<usize> {
        let layout = self.layout.clone();
        let tier = if selection.on_backups {
            &layout.backup
        } else {
            &layout.primary
        };
        let ring = layout.ring.as_ref().filter(|_| tier.peers.len() > 1);
        if let Some(ring) = ring.filter(|_| !selection.hash.key.is_empty()) {
            while selection.hash.tries <= HASH_TRIES {
                let server = ring.server(selection.hash.position)?;
                let same = tier
                    .peers
                    .iter()
                    .copied()
                    .filter(|&ix| layout.pool.peers[ix].written == server);
                let picked = self.smooth(same, |pool, ix| pool.usable(ix, selection, now));
                if picked.is_some() {
                    return picked;
                }
                selection.hash.position = selection.hash.position.wrapping_add(1);
                selection.hash.tries += 1;
            }
        }
        self.round_robin_with_backups(selection, now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_are_those_of_nginx() {
        let points: Vec<u32> = place("127.0.0.1:22101", 1).collect();
        assert_eq!(points.len(), 160);
        assert_eq!(points[..3], [0xe405_a82d, 0xbb26_0132, 0x2088_1b10]);
    }

    #[test]
    fn what_counts_as_port() {
        assert_eq!(host_and_port("db1.example:5432"), ("db1.example", "5432"));
        assert_eq!(host_and_port("[2001:db8::1]:53"), ("[2001:db8::1]", "53"));
        assert_eq!(host_and_port("unix:/run/a:1"), ("/run/a:1", ""));
        assert_eq!(host_and_port("odd:name"), ("odd:name", ""));
    }
}
