//! `notify…` commands of an instance. A second use of one keeps the first and is reported.

use crate::ast::leaf::{Command, Spanned};
use crate::ast::vrrp::Instance;
use crate::keepalived::command::command;
use crate::keyword::{Args, Keyword, Problem, Repeat};

const ARGS: &str = "<CMD> [<USER> [<GROUP>]]";

/// The rows.
pub(super) const ROWS: [Keyword<Instance>; 7] = [
    row("notify_backup", backup, "Run on BACKUP."),
    row("notify_master", master, "Run on MASTER."),
    row("notify_fault", fault, "Run on FAULT."),
    row("notify_stop", stop, "Run at shutdown.").since("1.2.0"),
    row(
        "notify_deleted",
        deleted,
        "Run when a reload drops the instance.",
    )
    .default("fault script")
    .since("2.1.0"),
    row(
        "notify",
        any,
        "Run on every change with INSTANCE name STATE prio appended.",
    ),
    row(
        "notify_master_rx_lower_pri",
        lower,
        "Run when a master hears a lower-priority advert.",
    )
    .since("2.0.17"),
];

type Set = Result<(), Problem>;

const fn row(
    name: &'static str,
    set: fn(&mut Instance, &Args<'_>) -> Set,
    doc: &'static str,
) -> Keyword<Instance> {
    Keyword::set(name, ARGS, (1, None), set, doc).repeat(Repeat::First)
}

fn some(args: &Args<'_>) -> Result<Option<Spanned<Command>>, Problem> {
    command(args).map(Some)
}

fn backup(instance: &mut Instance, args: &Args<'_>) -> Set {
    instance.notify.backup = some(args)?;
    Ok(())
}

fn master(instance: &mut Instance, args: &Args<'_>) -> Set {
    instance.notify.master = some(args)?;
    Ok(())
}

fn fault(instance: &mut Instance, args: &Args<'_>) -> Set {
    instance.notify.fault = some(args)?;
    Ok(())
}

fn stop(instance: &mut Instance, args: &Args<'_>) -> Set {
    instance.notify.stop = some(args)?;
    Ok(())
}

fn deleted(instance: &mut Instance, args: &Args<'_>) -> Set {
    // Without a command it asks for the word DELETED instead of FAULT.
    instance.notify.deleted = some(args)?;
    Ok(())
}

fn any(instance: &mut Instance, args: &Args<'_>) -> Set {
    instance.notify.any = some(args)?;
    Ok(())
}

fn lower(instance: &mut Instance, args: &Args<'_>) -> Set {
    instance.notify.master_rx_lower_pri = some(args)?;
    Ok(())
}
