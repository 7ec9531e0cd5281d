//! `authentication`.

use crate::ast::leaf::Spanned;
use crate::ast::vrrp::{AuthType, Authentication, Instance};
use crate::keepalived::lower::lower;
use crate::keepalived::value;
use crate::keyword::{Args, Keyword, Lowering, Problem, Table};
use crate::tree::Block;

/// Bytes of a password that count (RFC 2338 §5.3.10).
const MAX_PASSWORD: usize = 8;

/// `authentication`
pub static AUTHENTICATION: Table<Authentication> = Table {
    block: "vrrp_instance/authentication",
    rows: &[
        Keyword::set(
            "auth_type",
            "PASS|AH",
            (1, Some(1)),
            auth_type,
            "What proves an advert: PASS, a password in clear text, or AH, a digest.",
        )
        .default("none")
        .samples(&["PASS", "AH"], &["", "pass", "MD5"]),
        Keyword::set(
            "auth_pass",
            "<STRING>",
            (1, Some(1)),
            auth_pass,
            "Shared secret; its first eight bytes count.",
        )
        .samples(&["secret", "12345678", "\"a blank\""], &["", "ninebytes"]),
    ],
};

/// The block.
pub(super) fn authentication(
    instance: &mut Instance,
    args: &Args<'_>,
    block: &Block,
    lowering: &mut Lowering<'_>,
) -> Result<(), Problem> {
    let mut authentication = Authentication::default();
    let before = lowering.diagnostics.len();
    lower(&AUTHENTICATION, &mut authentication, block, lowering);
    let name = &instance.name.value;
    for problem in lowering.diagnostics.iter_mut().skip(before) {
        if problem.code == "auth-type" {
            problem.message = format!("({name}) {}", problem.message);
        }
    }
    instance.authentication = Some(Spanned::new(authentication, args.name.span));
    Ok(())
}

fn auth_type(auth: &mut Authentication, args: &Args<'_>) -> Result<(), Problem> {
    let word = value::word(args, 0)?;
    let auth_type = match word.text.as_str() {
        "PASS" => AuthType::Pass,
        "AH" => AuthType::Ah,
        other => {
            let message = format!("unknown authentication type '{other}'");
            let mut problem = Problem::error("auth-type", message).word(0);
            problem.label = "PASS or AH is accepted".to_owned();
            if other.ends_with(';') {
                problem.help = Some("keepalived.conf needs no `;`; remove it".to_owned());
            }
            return Err(problem);
        }
    };
    auth.auth_type = Some(Spanned::new(auth_type, word.span));
    Ok(())
}

fn auth_pass(auth: &mut Authentication, args: &Args<'_>) -> Result<(), Problem> {
    let word = value::word(args, 0)?;
    let mut password = word.text.to_string().into_bytes();
    if password.len() > MAX_PASSWORD {
        password.truncate(MAX_PASSWORD);
        let message = format!("Truncating auth_pass to {MAX_PASSWORD} characters");
        let problem = Problem::error("auth-pass-truncated", message).word(0);
        args.report(problem.help("VRRP sends eight bytes; the rest of the password never counts"));
    }
    auth.password = Some(Spanned::new(password, word.span));
    Ok(())
}
