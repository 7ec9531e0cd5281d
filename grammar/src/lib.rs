//! Both configuration languages: text becomes one typed [`ast::Ast`] and diagnostics.
//!
//! Entry points: [`keepalived::parse`] and [`nginx::parse`]. What they read through a
//! [`Recorder`] can be replayed elsewhere from its [`Recording`]. Diagnostics render as the
//! original's line, annotated, or as JSON; `plan` adds its own to them.
//!
//! Invariants: parsing never fails and never panics, it yields a tree *and* every problem of the
//! text; all limits are stated and generous; the host is reached only through a
//! [`loader::Loader`].
//! Deliberately unknown here: interfaces, users, other host facts, defaults that depend on more
//! than one keyword (all of that is `plan`).

pub mod ast;
pub mod diagnostic;
pub mod expanded;
mod index;
pub mod json;
pub mod keepalived;
pub mod keyword;
pub mod kubeadm;
pub mod loader;
mod lowering;
mod nearest;
pub mod nginx;
pub mod span;
pub mod tree;

pub use ast::Ast;
pub use diagnostic::{Class, Diagnostic, Severity};
pub use loader::{FsLoader, Loader, MemoryLoader, Recorder, Recording};
pub use span::{FileId, SourceMap, Span};
