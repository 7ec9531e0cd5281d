//! `auth_hmac`.
//!
//! Invariants: no message holds a secret or a part of one; the key to send with is one of the keys.
//! Deliberately unknown here: what a key file holds, and whether the instance speaks VRRPv3.

use crate::ast::leaf::Spanned;
use crate::ast::vrrp::{AntiReplay, AuthHmac, HmacKey, HmacMode, Instance, Secret};
use crate::diagnostic::Diagnostic;
use crate::keepalived::lower::lower;
use crate::keepalived::value;
use crate::keyword::{Args, Keyword, Lowering, Problem, Repeat, Table};
use crate::tree::Block;

type Set = Result<(), Problem>;

const ONE: (usize, Option<usize>) = (1, Some(1));

/// Bytes of a secret.
const SECRET: core::ops::RangeInclusive<usize> = 32..=64;

/// `auth_hmac`
pub static AUTH_HMAC: Table<AuthHmac> = Table {
    block: "vrrp_instance/auth_hmac",
    rows: &[
        Keyword::set(
            "key",
            "<ID> <STRING>|hex:<DIGITS>|file:<PATH>",
            (2, Some(2)),
            key,
            "One key with its number, as text, hexadecimal digits or the contents of a file; may \
             be given several times.",
        )
        .repeat(Repeat::Many)
        .since("2.4.0")
        .samples(
            &[
                "1 0123456789abcdef0123456789abcdef",
                "255 hex:000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
                "7 file:/etc/keepalived/vrrp.key",
            ],
            &[
                "",
                "1",
                "0 0123456789abcdef0123456789abcdef",
                "256 0123456789abcdef0123456789abcdef",
                "1 short",
                "1 hex:00",
                "1 hex:0x0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
                "1 file:",
            ],
        ),
        Keyword::set(
            "active_key",
            "<ID>",
            ONE,
            active_key,
            "Number of the key that adverts are sent with; all keys are accepted.",
        )
        .default("only key")
        .since("2.4.0")
        .samples(&["1"], &["", "0", "256", "x"]),
        Keyword::set(
            "time_window",
            "<SECS>",
            ONE,
            time_window,
            "Accepted clock difference.",
        )
        .default("max(5, 3 x advert_int), at most 300")
        .since("2.4.0")
        .samples(&["10", "1", "300"], &["", "0", "301", "x"]),
        Keyword::set(
            "anti_replay",
            "time|monotonic",
            ONE,
            anti_replay,
            "How replayed adverts are told: by the time, or by a number that only grows.",
        )
        .default("time")
        .since("2.4.0")
        .samples(&["monotonic", "time"], &["", "never"]),
        Keyword::set(
            "mode",
            "enforce|permissive|receive-only",
            ONE,
            mode,
            "What happens to adverts without a trailer, and whether to send one.",
        )
        .default("enforce")
        .since("2.4.0")
        .samples(
            &["permissive", "enforce", "receive-only"],
            &["", "receive_only"],
        ),
    ],
};

fn id(args: &Args<'_>) -> Result<Spanned<u8>, Problem> {
    let what = &args.name.text;
    value::integer(args, 0, 1..=255, |word| {
        format!("auth_hmac: {what} id '{word}' not valid - must be between 1 & 255")
    })
}

fn key(hmac: &mut AuthHmac, args: &Args<'_>) -> Set {
    let id = id(args)?;
    let word = value::word(args, 1)?;
    let secret = secret(&word.text).map_err(|why| {
        let message = format!("auth_hmac: key {id} not valid - {why}");
        let problem = Problem::error("invalid-key", message).word(1);
        problem.help("give 32 to 64 bytes: as one word, as `hex:DIGITS` or in `file:PATH`")
    })?;
    if hmac.keys.iter().any(|key| key.id == id) {
        let message = format!("auth_hmac: key {id} already specified - ignoring");
        return Err(Problem::error("repeated-key", message).word(0));
    }
    let secret = Spanned::new(secret, word.span);
    hmac.keys.push(HmacKey { id, secret });
    Ok(())
}

fn secret(text: &str) -> Result<Secret, String> {
    if let Some(path) = text.strip_prefix("file:") {
        return match path {
            "" => Err("no path is given".to_owned()),
            path => Ok(Secret::File(path.to_owned())),
        };
    }
    let bytes = key_bytes(text)?;
    Ok(match text.starts_with(HEX) {
        true => Secret::Hex(bytes),
        false => Secret::Text(text.to_owned()),
    })
}

const HEX: &str = "hex:";

/// The key that `text` stands for, in the configuration or in a key file.
///
/// # Errors
/// What is wrong with it, without a part of it.
pub fn key_bytes(text: &str) -> Result<Vec<u8>, String> {
    let bytes = match text.strip_prefix(HEX) {
        Some(digits) => bytes(digits).ok_or("two hexadecimal digits make a byte")?,
        None => text.as_bytes().to_vec(),
    };
    if !SECRET.contains(&bytes.len()) {
        return Err(format!("it has {} bytes", bytes.len()));
    }
    Ok(bytes)
}

fn bytes(digits: &str) -> Option<Vec<u8>> {
    let pairs = digits.as_bytes().chunks(2);
    let byte = |pair: &[u8]| {
        let [high, low] = pair else { return None };
        let digit = |byte: u8| char::from(byte).to_digit(16);
        u8::try_from(digit(*high)? * 16 + digit(*low)?).ok()
    };
    pairs.map(byte).collect()
}

fn active_key(hmac: &mut AuthHmac, args: &Args<'_>) -> Set {
    hmac.active_key = Some(id(args)?);
    Ok(())
}

fn time_window(hmac: &mut AuthHmac, args: &Args<'_>) -> Set {
    hmac.time_window = Some(value::integer(args, 0, 1..=300, |word| {
        format!("auth_hmac: time_window '{word}' not valid - must be between 1 & 300")
    })?);
    Ok(())
}

fn unknown(args: &Args<'_>, choices: &str) -> Problem {
    let message = format!(
        "auth_hmac: unknown {} '{}'",
        args.name.text,
        args.text(0).unwrap_or("")
    );
    let problem = Problem::error("invalid-choice", message).word(0);
    problem.label(format!("{choices} is accepted"))
}

fn anti_replay(hmac: &mut AuthHmac, args: &Args<'_>) -> Set {
    let word = value::word(args, 0)?;
    let rule = match word.text.as_str() {
        "time" => AntiReplay::Time,
        "monotonic" => AntiReplay::Monotonic,
        _ => return Err(unknown(args, "time or monotonic")),
    };
    hmac.anti_replay = Some(Spanned::new(rule, word.span));
    Ok(())
}

fn mode(hmac: &mut AuthHmac, args: &Args<'_>) -> Set {
    let word = value::word(args, 0)?;
    let mode = match word.text.as_str() {
        "enforce" => HmacMode::Enforce,
        "permissive" => HmacMode::Permissive,
        "receive-only" => HmacMode::ReceiveOnly,
        _ => return Err(unknown(args, "enforce, permissive or receive-only")),
    };
    hmac.mode = Some(Spanned::new(mode, word.span));
    Ok(())
}

/// The block. Without keys it is left out; an active key that is none of them is left out too.
pub(super) fn auth_hmac(
    instance: &mut Instance,
    args: &Args<'_>,
    block: &Block,
    lowering: &mut Lowering<'_>,
) -> Set {
    let mut hmac = AuthHmac::default();
    lower(&AUTH_HMAC, &mut hmac, block, lowering);
    let name = &instance.name;
    if hmac.keys.is_empty() {
        if hmac.rejected.contains("key") {
            return Ok(());
        }
        let message = format!("({name}) auth_hmac has no key - ignoring");
        let problem = Problem::error("incomplete-block", message);
        return Err(problem.help("add `key ID SECRET`, the same on every node"));
    }
    let known = |id: u8| hmac.keys.iter().any(|key| *key.id == id);
    match hmac.active_key {
        Some(active) if !known(*active) && !hmac.rejected.contains("key") => {
            let message = format!("({name}) auth_hmac active_key {active} is not a key - ignoring");
            let problem = Diagnostic::error("unknown-key", message);
            lowering.push(problem.label(active.span, "no `key` has this number"));
            hmac.active_key = None;
        }
        None if hmac.keys.len() > 1 && !hmac.rejected.contains("active_key") => {
            let message = format!("({name}) auth_hmac has several keys and no active_key");
            let problem = Diagnostic::error("incomplete-block", message).at(args.name.span);
            lowering.push(problem.help("add `active_key ID` for the one to send with"));
        }
        _ => {}
    }
    instance.auth_hmac = Some(Spanned::new(hmac, args.name.span));
    Ok(())
}
