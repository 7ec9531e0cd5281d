//! `authentication` (VRRPv2, RFC 2338 §5.3.6) and `auth_hmac` (a keyed trailer of VRRPv3).
//!
//! Invariants: secrets are never shown by `Debug`; a secret that is written out has the length that
//! counts. What a key file holds is unknown here.

use core::fmt;

use serde::{Deserialize, Serialize};

use crate::ast::leaf::{Node, Rejected, Spanned};

/// `auth_type`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AuthType {
    /// Plain password.
    Pass,
    /// IPsec AH.
    Ah,
}

/// `authentication`
#[derive(Clone, Default, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Authentication {
    /// `auth_type`
    pub auth_type: Option<Spanned<AuthType>>,
    /// `auth_pass`, already cut to what counts.
    pub password: Option<Spanned<Vec<u8>>>,
    /// Whether one of the two was written but not taken.
    #[serde(skip)]
    pub rejected: bool,
}

impl PartialEq for Authentication {
    /// What was not taken is no part of the AST.
    fn eq(&self, other: &Self) -> bool {
        (&self.auth_type, &self.password) == (&other.auth_type, &other.password)
    }
}

impl fmt::Debug for Authentication {
    /// Never shows the password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authentication")
            .field("auth_type", &self.auth_type)
            .field("password", &self.password.as_ref().map(|_| "****"))
            .finish_non_exhaustive()
    }
}

impl Node for Authentication {
    fn reject(&mut self, _: &'static str) {
        self.rejected = true;
    }
}

/// A secret of 32 to 64 bytes.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Secret {
    /// The bytes of a word.
    Text(String),
    /// `hex:` and two digits for each byte.
    Hex(Vec<u8>),
    /// `file:` and where it is read from.
    File(String),
}

impl fmt::Debug for Secret {
    /// Never shows the bytes; a path is none.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(_) => f.write_str("Text(****)"),
            Self::Hex(_) => f.write_str("Hex(****)"),
            Self::File(path) => f.debug_tuple("File").field(path).finish(),
        }
    }
}

/// `key`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HmacKey {
    /// Its number on the wire, 1 to 255.
    pub id: Spanned<u8>,
    /// What is known to both sides.
    pub secret: Spanned<Secret>,
}

/// `anti_replay`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AntiReplay {
    /// The clocks have to agree.
    Time,
    /// A sequence that only grows.
    Monotonic,
}

/// `mode`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum HmacMode {
    /// A trailer is sent and demanded.
    Enforce,
    /// A trailer is sent; adverts without one are taken.
    Permissive,
    /// None is sent; adverts without one are taken.
    ReceiveOnly,
}

/// `auth_hmac`
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AuthHmac {
    /// `key`: no number twice.
    pub keys: Vec<HmacKey>,
    /// `active_key`: the number of a key.
    pub active_key: Option<Spanned<u8>>,
    /// `time_window`: seconds, 1 to 300.
    pub time_window: Option<Spanned<u16>>,
    /// `anti_replay`
    pub anti_replay: Option<Spanned<AntiReplay>>,
    /// `mode`
    pub mode: Option<Spanned<HmacMode>>,
    /// Keywords whose value was wrong.
    #[serde(skip)]
    pub rejected: Rejected,
}

impl Node for AuthHmac {
    fn reject(&mut self, keyword: &'static str) {
        self.rejected.0.push(keyword);
    }
}
