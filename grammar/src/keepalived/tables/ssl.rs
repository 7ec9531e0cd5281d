//! `SSL`.

use crate::ast::leaf::{Secret, Spanned};
use crate::ast::lvs::Ssl;
use crate::keepalived::tables::named::{duplicate, named};
use crate::keepalived::value;
use crate::keyword::{Args, Keyword, Problem, Table};

pub(super) const WHY: &str = "not acted on yet: servers are not checked over HTTPS";

/// `SSL`
pub static SSL: Table<Ssl> = Table {
    block: "SSL",
    rows: &[
        Keyword::set(
            "password",
            "<STRING>",
            ONE,
            password,
            "Pass phrase of the key.",
        )
        .accepted(WHY)
        .samples(&["s3cret"], &[""]),
        Keyword::set(
            "ca",
            "<PATH>",
            ONE,
            ca,
            "File with the certificates of the authorities that signed the servers' own.",
        )
        .accepted(WHY)
        .samples(&["/etc/ssl/certs/ca-certificates.crt"], &[""]),
        Keyword::set(
            "certificate",
            "<PATH>",
            ONE,
            certificate,
            "File with the certificate that checks present.",
        )
        .accepted(WHY)
        .samples(&["/etc/keepalived/client.pem"], &[""]),
        Keyword::set(
            "key",
            "<PATH>",
            ONE,
            key,
            "File with the key of that certificate.",
        )
        .accepted(WHY)
        .samples(&["/etc/keepalived/client.key"], &[""]),
    ],
};

/// At most one; that there must be one is said in the original's words.
const ONE: (usize, Option<usize>) = (0, Some(1));

type Set = Result<(), Problem>;

fn password(ssl: &mut Ssl, args: &Args<'_>) -> Set {
    if args.words.is_empty() {
        return Err(Problem::error("missing-value", "SSL password missing"));
    }
    if ssl.password.is_some() {
        args.report(duplicate(
            "Duplicate SSL password - overwriting it".to_owned(),
        ));
    }
    let Spanned { value, span } = value::text(args, 0)?;
    ssl.password = Some(Spanned::new(Secret(value), span));
    Ok(())
}

fn ca(ssl: &mut Ssl, args: &Args<'_>) -> Set {
    named(&mut ssl.ca, args, "SSL", "SSL cafile missing")
}

fn certificate(ssl: &mut Ssl, args: &Args<'_>) -> Set {
    named(&mut ssl.certificate, args, "SSL", "SSL certfile missing")
}

fn key(ssl: &mut Ssl, args: &Args<'_>) -> Set {
    named(&mut ssl.key, args, "SSL", "SSL keyfile missing")
}
