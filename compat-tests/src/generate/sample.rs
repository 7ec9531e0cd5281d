//! Argument texts of a row.
//!
//! Invariants: the usual text first. Deliberately unknown here: where the statement stands.

use grammar::keyword::Entry;

/// Right arguments, the usual one first; a row without any takes none.
pub(super) fn good(entry: &Entry) -> Vec<&'static str> {
    if entry.good.is_empty() {
        vec![""]
    } else {
        entry.good.to_vec()
    }
}
