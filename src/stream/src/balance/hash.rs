//! `hash KEY`: the placement of the memcached clients that nginx follows.
//!
//! The index by weight comes from 15 bits of the key's CRC-32; each unusable peer adds the bits of
//! the key with a counter before it.

use super::{HASH_TRIES, PoolState, Selection};

impl PoolState {
    pub(super) fn pick_hash(&mut self, selection: &mut Selection, now: u64) -> Option<usize> {
        let (peers, total) = {
            let tier = self.tier(selection);
            (tier.peers.len(), tier.total_weight)
        };
        if peers < 2 || selection.hash.key.is_empty() {
            return self.round_robin_with_backups(selection, now);
        }
        while selection.hash.tries <= HASH_TRIES {
            let walk = &mut selection.hash;
            walk.position = walk.position.wrapping_add(bits(&walk.key, walk.rehash));
            walk.rehash += 1;
            let ix = self.by_weight(selection, u64::from(selection.hash.position) % total);
            if self.usable(ix, selection, now) {
                return Some(ix);
            }
            selection.hash.tries += 1;
        }
        self.round_robin_with_backups(selection, now)
    }

    fn by_weight(&self, selection: &Selection, mut position: u64) -> usize {
        let peers = &self.tier(selection).peers;
        for &ix in peers {
            let weight = u64::from(self.layout.pool.peers[ix].weight);
            if position < weight {
                return ix;
            }
            position -= weight;
        }
        unreachable!("the position is below the sum of the weights")
    }
}

fn bits(key: &[u8], rehash: u32) -> u32 {
    let mut crc = crc32fast::Hasher::new();
    if rehash > 0 {
        crc.update(rehash.to_string().as_bytes());
    }
    crc.update(key);
    (crc.finalize() >> 16) & 0x7fff
}
