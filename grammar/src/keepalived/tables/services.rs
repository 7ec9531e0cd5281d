//! What stands at the top level for virtual services: what a service is for, groups, `SSL`.

use crate::ast::Ast;
use crate::ast::leaf::{Node as _, Spanned};
use crate::ast::lvs::{Service, Ssl, Target};
use crate::keepalived::lower::lower;
use crate::keepalived::tables::named::duplicate;
use crate::keepalived::tables::{server_group, ssl, virtual_server};
use crate::keepalived::value;
use crate::keyword::{Args, Lowering, Problem};
use crate::tree::Block;

type Set = Result<(), Problem>;

pub(super) fn service(
    ast: &mut Ast,
    args: &Args<'_>,
    block: &Block,
    lowering: &mut Lowering<'_>,
) -> Set {
    let target = target(args);
    let mut service = Box::<Service>::default();
    // A service without a target is not kept, but what stands in it is still checked.
    lower(
        &virtual_server::VIRTUAL_SERVER,
        &mut *service,
        block,
        lowering,
    );
    service.target = target?;
    ast.lvs.services.push(service);
    Ok(())
}

fn target(args: &Args<'_>) -> Result<Spanned<Target>, Problem> {
    let first = value::word(args, 0)?;
    let last = args.words.last().unwrap_or(first);
    let span = first.span.to(last.span);
    let needs = |what: &str| {
        let message = format!("virtual_server {} needs {what}", first.text);
        Problem::error("missing-parameter", message).word(0)
    };
    let target = match first.text.as_str() {
        "fwmark" if args.words.len() < 2 => return Err(needs("a mark")),
        "group" if args.words.len() < 2 => return Err(needs("a group name")),
        "fwmark" => {
            let range = 1..=u32::MAX;
            let invalid = |word: &str| {
                format!("virtual server fwmark '{word}' must be in [0, 4294967295] - ignoring")
            };
            Target::Mark(value::integer(args, 1, range, invalid)?.value)
        }
        "group" => Target::Group(value::text(args, 1)?.value),
        _ => {
            let written = |_: &str| {
                let words: Vec<_> = args.words.iter().map(|word| word.text.as_str()).collect();
                let what = if words.len() > 1 { "/port" } else { "" };
                let words = words.join("/");
                format!("Invalid virtual server IP address{what} {words} - skipping")
            };
            let address = value::address(args, 0, written)?.value;
            let port = match args.get(1) {
                Some(_) => value::integer(args, 1, 0..=u16::MAX, written)?.value,
                None => 0,
            };
            Target::Address(address, port)
        }
    };
    Ok(Spanned::new(target, span))
}

pub(super) fn group(
    ast: &mut Ast,
    args: &Args<'_>,
    block: &Block,
    lowering: &mut Lowering<'_>,
) -> Set {
    let name = value::text(args, 0)?;
    match server_group::group(name.clone(), block, lowering) {
        Ok(Some(group)) => ast.lvs.groups.push(group),
        Ok(None) => ast.lose(&name),
        Err(problem) => {
            ast.lose(&name);
            return Err(problem);
        }
    }
    Ok(())
}

pub(super) fn ssl(
    ast: &mut Ast,
    args: &Args<'_>,
    block: &Block,
    lowering: &mut Lowering<'_>,
) -> Set {
    if ast.lvs.ssl.is_some() {
        let message = "SSL context already specified - replacing";
        args.report(duplicate(message.to_owned()));
    }
    let mut context = Ssl::default();
    let told = lowering.inactive.len();
    lower(&ssl::SSL, &mut context, block, lowering);
    lowering.inactive.truncate(told);
    ast.lvs.ssl = Some(Spanned::new(context, args.name.span));
    Ok(())
}
