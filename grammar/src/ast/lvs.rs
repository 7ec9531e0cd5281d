//! Virtual services.

/// Virtual services.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lvs {}
