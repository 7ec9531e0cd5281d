//! Virtual routers and what they track.

/// Virtual routers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Vrrp {}
