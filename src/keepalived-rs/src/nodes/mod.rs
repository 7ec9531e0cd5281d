//! The files of the nodes of a cluster: which belong together, and how they are read as the node
//! itself would read them.

mod environment;
pub(crate) mod find;
mod identity;
mod loader;
pub(crate) mod read;
