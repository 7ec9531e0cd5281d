//! Values that both languages share.

use core::fmt;
use core::net::{IpAddr, SocketAddr};
use core::ops::Deref;

use serde::{Deserialize, Serialize};

use crate::span::Span;

/// A value and where it was written. Equality looks at the value only.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
    #[serde(skip)]
    pub span: Span,
}

impl<T> Spanned<T> {
    /// A value with its place.
    pub const fn new(value: T, span: Span) -> Self {
        Self { value, span }
    }

    /// The same place, another value.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Spanned<U> {
        Spanned::new(f(self.value), self.span)
    }
}

impl<T: PartialEq> PartialEq for Spanned<T> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl<T: Eq> Eq for Spanned<T> {}

impl<T> Deref for Spanned<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: fmt::Display> fmt::Display for Spanned<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value.fmt(f)
    }
}

/// Where something listens or is reached.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Endpoint {
    /// Address and port.
    Inet(SocketAddr),
    /// A host name still to be resolved, and a port.
    Host(String, u16),
    /// A Unix socket.
    Unix(std::path::PathBuf),
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Inet(address) => address.fmt(f),
            Self::Host(host, port) => write!(f, "{host}:{port}"),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

/// Bytes.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Size(pub u64);

/// An account as it was written: names or decimal ids.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct User {
    /// User.
    pub user: String,
    /// Group; the user's own when none.
    pub group: Option<String>,
}

/// A text that does not belong into logs; its debug form is masked.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// A command with its arguments, split but not looked up.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Command {
    /// Program and arguments; never empty.
    pub argv: Vec<String>,
    /// Account given after the command.
    pub user: Option<User>,
}

/// An address with a prefix length.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Prefix {
    /// Address, host bits kept.
    pub address: IpAddr,
    /// Prefix length; 32 or 128 unless written.
    pub len: u8,
    /// Whether the length was written.
    pub written: bool,
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.written {
            write!(f, "{}/{}", self.address, self.len)
        } else {
            self.address.fmt(f)
        }
    }
}

/// Keywords that were written but not taken, so that their absence is not reported again.
#[derive(Clone, Debug, Default)]
pub struct Rejected(pub Vec<&'static str>);

impl Rejected {
    /// Whether this keyword was written and not taken.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.0.contains(&name)
    }
}

impl PartialEq for Rejected {
    /// What was not taken is no part of the AST.
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// What the generic lowering asks of every block's value.
pub trait Node {
    /// Remembers the name of a block that was not understood, so that references to it are not
    /// reported again.
    fn lose(&mut self, name: &str) {
        let _ = name;
    }

    /// Remembers that a keyword was written but not taken.
    fn reject(&mut self, keyword: &'static str) {
        let _ = keyword;
    }
}
