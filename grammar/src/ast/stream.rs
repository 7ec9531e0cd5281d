//! nginx's main directives and its `stream {}` block.

/// Main and `events` directives.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Main {}

/// `stream {}`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stream {}
