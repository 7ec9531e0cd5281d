//! Words to numbers, for tables that never change.
//!
//! Invariants: a word that was put in twice keeps its first number, as a search from the top of a
//! table would find it.
//! Deliberately unknown here: what the numbers mean.

/// An open hash table over a fixed set of words.
#[derive(Clone, Debug)]
pub(crate) struct Index {
    /// A power of two, at most half full.
    slots: Vec<Option<(&'static str, u32)>>,
}

impl Index {
    /// Knows these words.
    pub(crate) fn new(words: impl IntoIterator<Item = (&'static str, u32)>) -> Self {
        let words: Vec<_> = words.into_iter().collect();
        let mut index = Self {
            slots: vec![None; (words.len() * 2).next_power_of_two().max(2)],
        };
        for (word, number) in words {
            let at = index.slot(word);
            index.slots[at].get_or_insert((word, number));
        }
        index
    }

    /// The number of a word.
    pub(crate) fn get(&self, word: &str) -> Option<u32> {
        self.slots[self.slot(word)].map(|(_, number)| number)
    }

    /// Where the word stands, or would stand.
    fn slot(&self, word: &str) -> usize {
        let mask = self.slots.len() - 1;
        let mut at = hash(word) & mask;
        // Half of the slots are free.
        while let Some((found, _)) = self.slots[at]
            && found != word
        {
            at = (at + 1) & mask;
        }
        at
    }
}

/// Of the length, the first eight bytes and the last eight ones.
fn hash(word: &str) -> usize {
    let bytes = word.as_bytes();
    let (first, last) = match (bytes.first_chunk::<8>(), bytes.last_chunk::<8>()) {
        (Some(first), Some(last)) => (u64::from_le_bytes(*first), u64::from_le_bytes(*last)),
        _ => {
            let bytes = bytes.iter();
            let joined = bytes.fold(0, |sum, &byte| (sum << 8) | u64::from(byte));
            (joined, 0)
        }
    };
    let sum = first ^ last.rotate_left(23) ^ word.len() as u64;
    let product = sum.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    // The upper half depends on all bytes; a table has less than 2^32 slots.
    (product >> 32) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_found_and_no_other() {
        let words = [
            "a",
            "",
            "virtual_ipaddress",
            "virtual_ipaddress_excluded",
            "a",
        ];
        let index = Index::new(words.into_iter().zip(0..));
        assert_eq!(index.get("a"), Some(0));
        assert_eq!(index.get(""), Some(1));
        assert_eq!(index.get("virtual_ipaddress_excluded"), Some(3));
        assert_eq!(index.get("virtual_ipaddres"), None);
        assert_eq!(Index::new([]).get("a"), None);
    }
}
