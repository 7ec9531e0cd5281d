//! How adverts are proved: what `authentication` and `auth_hmac` come to.
//!
//! Invariant: nothing here shows a secret when it is printed.

use core::fmt;

/// How a router's adverts are proved, by us and by others.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Auth {
    /// Not at all.
    None,
    /// `auth_type PASS` (version 2): the first eight bytes, zero padded.
    Pass([u8; 8]),
    /// `auth_type AH` (version 2, IPv4): the first eight bytes of the password, zero padded, are
    /// the key of a digest in an authentication header.
    Ah([u8; 8]),
    /// `auth_hmac`: a trailer behind the addresses.
    Hmac(Hmac),
}

impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("None"),
            Self::Pass(_) => f.write_str("Pass(****)"),
            Self::Ah(_) => f.write_str("Ah(****)"),
            Self::Hmac(hmac) => f.debug_tuple("Hmac").field(hmac).finish(),
        }
    }
}

impl Auth {
    /// Whether adverts carry numbers, which have to go on when another process does.
    #[must_use]
    pub const fn is_numbered(&self) -> bool {
        matches!(self, Self::Ah(_) | Self::Hmac(_))
    }

    /// The authentication type field of version 2.
    pub(crate) const fn wire_type(&self) -> u8 {
        match self {
            Self::None | Self::Hmac(_) => 0,
            Self::Pass(_) => 1,
            Self::Ah(_) => 2,
        }
    }
}

/// `auth_hmac`
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hmac {
    /// All keys that are accepted; no number twice.
    pub keys: Vec<Key>,
    /// Number of the one to send with.
    pub active: u8,
    /// What is sent, and what is demanded.
    pub mode: Mode,
    /// `anti_replay time`: seconds by which clocks may differ. `None` with `anti_replay monotonic`.
    pub window: Option<u16>,
}

impl Hmac {
    pub(crate) fn key(&self, id: u8) -> Option<&Key> {
        self.keys.iter().find(|key| key.id == id)
    }

    /// The key to send with; none when nothing is sent.
    pub(crate) fn signing(&self) -> Option<&Key> {
        match self.mode {
            Mode::Enforce | Mode::Permissive => self.key(self.active),
            Mode::ReceiveOnly => None,
        }
    }
}

/// One secret of `auth_hmac`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// Its number on the wire, 1 to 255.
    pub id: u8,
    /// 32 to 64 bytes.
    pub secret: Vec<u8>,
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({}, ****)", self.id)
    }
}

/// `mode`
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mode {
    /// A trailer is sent and demanded.
    Enforce,
    /// A trailer is sent; adverts without one are taken, those with one are checked.
    Permissive,
    /// None is sent; adverts without one are taken, those with one are checked.
    ReceiveOnly,
}
