//! `auth_hmac`: keys with their bytes, the window, the mode.
//!
//! Invariants: a planned trailer has the key it is sent with; an instance whose peers demand a
//! trailer never runs without it, nor with other keys than were written; no report shows a secret.

use std::path::Path;
use std::time::Duration;

use grammar::Diagnostic;
use grammar::ast::leaf::Spanned;
use grammar::ast::vrrp::{AntiReplay, AuthHmac, HmacKey, HmacMode, Instance, Secret};
use grammar::keepalived::tables::auth_hmac::key_bytes;
use vrrp::config::{Hmac, Key, Mode, Version};

use super::router::Routers;
use super::strict::taken_back;
use super::timing;
use crate::facts::SecretFile;

/// Group or others may do something with the file.
const NOT_ALONE: u32 = 0o077;

impl Routers<'_> {
    /// None when the instance must not run: without the trailer its peers, which demand it, would
    /// not hear it, and it would become a second master.
    pub(super) fn hmac(
        &mut self,
        instance: &Instance,
        hmac: &Spanned<AuthHmac>,
        version: Version,
    ) -> Option<Hmac> {
        self.legacy_dropped(instance, hmac);
        if version == Version::V2 {
            // The original (2.4) sends it all the same.
            let name = &instance.name;
            let message = format!("({name}) auth_hmac is a trailer of VRRP version 3");
            let problem = Diagnostic::warning("auth-impossible", message).at(hmac.span);
            self.problems
                .push(problem.help("add `version 3`, on every node"));
        }
        let keys: Vec<Key> = hmac
            .keys
            .iter()
            .filter_map(|key| self.key_of(instance, key))
            .collect();
        let only = match hmac.keys.as_slice() {
            [key] => Some(*key.id),
            _ => None,
        };
        let active = hmac.active_key.map(|id| id.value).or(only);
        let Some(active) = active.filter(|id| keys.iter().any(|key| key.id == *id)) else {
            let name = &instance.name;
            let message = format!("({name}) left out: auth_hmac has no key to send with");
            let problem = Diagnostic::error("no-active-key", message);
            let why = "without its trailer it would become a second master";
            let problem = problem.label(hmac.span, why);
            self.problems
                .push(problem.help("correct the key, or name another with `active_key ID`"));
            return None;
        };
        Some(Hmac {
            keys,
            active,
            mode: self.mode(instance, hmac),
            window: self.window(instance, hmac, version),
        })
    }

    fn legacy_dropped(&mut self, instance: &Instance, hmac: &Spanned<AuthHmac>) {
        let old = instance.authentication.as_ref();
        let Some(old) = old.filter(|old| old.auth_type.is_some()) else {
            return;
        };
        let name = &instance.name;
        let message = format!(
            "({name}) auth_hmac cannot be combined with authentication, dropping legacy auth"
        );
        let problem = Diagnostic::error("auth-impossible", message).at(old.span);
        let problem = problem.label(hmac.span, "this one counts");
        let help = "remove the authentication block, on every node";
        self.problems.push(problem.help(help));
    }

    fn mode(&mut self, instance: &Instance, hmac: &AuthHmac) -> Mode {
        let Some(mode) = hmac.mode.filter(|mode| mode.value != HmacMode::Enforce) else {
            return Mode::Enforce;
        };
        if let Some(strict) = self.strict(instance) {
            let name = &instance.name;
            let message = format!("({name}) strict mode requires auth_hmac mode enforce");
            let problem = taken_back(strict, mode.span, message, "leave `mode` out");
            self.problems.push(problem);
            return Mode::Enforce;
        }
        match mode.value {
            HmacMode::Enforce => Mode::Enforce,
            HmacMode::Permissive => Mode::Permissive,
            HmacMode::ReceiveOnly => Mode::ReceiveOnly,
        }
    }

    fn window(&mut self, instance: &Instance, hmac: &AuthHmac, version: Version) -> Option<u16> {
        match hmac.anti_replay.map(|rule| rule.value) {
            Some(AntiReplay::Monotonic) => None,
            Some(AntiReplay::Time) | None => Some(hmac.time_window.map_or_else(
                // What is wrong with the interval is reported where it is planned.
                || usual_window(timing::advert_interval(&mut Vec::new(), instance, version)),
                |window| window.value,
            )),
        }
    }

    /// The bytes of `key`; none when its file does not hold any.
    fn key_of(&mut self, instance: &Instance, key: &HmacKey) -> Option<Key> {
        let secret = match &key.secret.value {
            Secret::Text(text) => text.clone().into_bytes(),
            Secret::Hex(bytes) => bytes.clone(),
            Secret::File(path) => self.key_file(instance, key, path)?,
        };
        Some(Key {
            id: *key.id,
            secret,
        })
    }

    fn key_file(&mut self, instance: &Instance, key: &HmacKey, path: &str) -> Option<Vec<u8>> {
        let name = &instance.name;
        let span = key.secret.span;
        let (what, help) = match self.facts.secret(Path::new(path)) {
            Err(why) => (
                format!("cannot be opened: {why}"),
                "write the path of a file that root can read",
            ),
            Ok(file) if file.bytes.len() >= SecretFile::MOST => (
                "is too large".to_owned(),
                "it holds one key: `hex:` and digits, or 32 to 64 bytes of text",
            ),
            Ok(file) => {
                if file.mode & NOT_ALONE != 0 {
                    let message = format!(
                        "({name}) auth_hmac key file '{path}' is readable by group or others"
                    );
                    let problem = Diagnostic::warning("key-file-mode", message).at(span);
                    self.problems
                        .push(problem.help(format!("chmod 600 {path}; who reads it is a master")));
                }
                let text = String::from_utf8_lossy(&file.bytes);
                match key_bytes(text.trim_end_matches(['\n', '\r'])) {
                    Ok(bytes) => return Some(bytes),
                    Err(why) => (
                        format!("holds no key: {why}"),
                        "32 to 64 bytes: `openssl rand -hex 32`, with `hex:` before the digits",
                    ),
                }
            }
        };
        let message = format!("({name}) auth_hmac key file '{path}' {what}");
        let problem = Diagnostic::error("invalid-key", message).at(span);
        self.problems.push(problem.help(help));
        None
    }
}

/// Three intervals, at least five seconds and at most five minutes.
fn usual_window(interval: Duration) -> u16 {
    let seconds = interval.as_secs().saturating_mul(3);
    u16::try_from(seconds.clamp(5, 300)).unwrap_or(300)
}
