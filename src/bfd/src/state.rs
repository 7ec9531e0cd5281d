//! The state machine of RFC 5880 §6.2, as the reception rules of §6.8.6 spell it out.
//!
//! ```text
//!                            +--+
//!                            |  | Up, AdminDown, silence
//!                            |  V
//!                    Down  +------+  Init
//!             +------------|      |------------+
//!             |            | Down |            |
//!             |  +-------->|      |<--------+  |
//!             |  |         +------+         |  |
//!             |  | AdminDown,     AdminDown,|  |
//!             |  | silence            Down, |  |
//!             |  |                  silence |  |
//!             V  |                          |  V
//!           +------+                      +------+
//!      +----|      |                      |      |----+
//!  Down|    | Init |--------------------->|  Up  |    |Init, Up
//!      +--->|      |      Init, Up        |      |<---+
//!           +------+                      +------+
//! ```

use wire::bfd::State;

/// The state after a packet of a neighbour in state `remote`.
pub(crate) const fn after(local: State, remote: State) -> State {
    use State::{AdminDown, Down, Init, Up};
    match (local, remote) {
        // Only its operator ends it.
        (AdminDown, AdminDown | Down | Init | Up) => AdminDown,
        (Down, AdminDown | Up) | (Init, AdminDown) | (Up, AdminDown | Down) => Down,
        (Down | Init, Down) => Init,
        (Down | Init, Init) | (Init, Up) | (Up, Init | Up) => Up,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use State::{AdminDown, Down, Init, Up};

    /// Every pair, from the text of RFC 5880 §6.8.6.
    #[test]
    fn every_pair() {
        let table = [
            // local, and what it becomes when it hears AdminDown, Down, Init, Up
            (AdminDown, [AdminDown, AdminDown, AdminDown, AdminDown]),
            (Down, [Down, Init, Up, Down]),
            (Init, [Down, Init, Up, Up]),
            (Up, [Down, Down, Up, Up]),
        ];
        for (local, becomes) in table {
            for (remote, expected) in [AdminDown, Down, Init, Up].into_iter().zip(becomes) {
                assert_eq!(after(local, remote), expected, "{local} hears {remote}");
            }
        }
    }
}
