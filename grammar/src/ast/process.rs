//! Process-wide settings of either program.

use crate::ast::stream::Main;

/// Process-wide settings.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Process {
    /// nginx's main and `events` directives.
    pub nginx: Main,
}
