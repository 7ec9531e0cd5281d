//! `lvs_method` and its kind.

use crate::ast::leaf::Spanned;
use crate::ast::lvs::Method;
use crate::keepalived::value;
use crate::keyword::{Args, Problem};

/// `NAT|DR|TUN [type …]`
pub(super) fn method(args: &Args<'_>) -> Result<Option<Spanned<Method>>, Problem> {
    let word = value::word(args, 0)?;
    let method = match word.text.as_str() {
        "NAT" => Method::Nat,
        "DR" => Method::Dr,
        "TUN" => Method::Tun,
        other => {
            let message = format!("PARSER : unknown [{other}] routing method.");
            let problem = Problem::error("unknown-method", message).word(0);
            return Err(problem.label("NAT, DR or TUN is accepted"));
        }
    };
    if args.words.len() > 1 {
        let message = "tunnel types other than ipip are not acted on yet";
        let plain =
            method == Method::Tun && (args.text(1), args.text(2)) == (Some("type"), Some("ipip"));
        if !plain {
            args.report(Problem::error("unknown-option", message).word(1));
        }
    }
    Ok(Some(Spanned::new(method, word.span)))
}
