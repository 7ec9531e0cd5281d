//! `notify…` commands of instances and sync groups. A second use of one keeps the first and is
//! reported.

use crate::ast::leaf::{Command, Node, Spanned};
use crate::ast::vrrp::{Instance, Notify, SyncGroup};
use crate::diagnostic::{Class, Severity};
use crate::keepalived::command::command;
use crate::keyword::{Args, Keyword, Problem, Repeat};

const ARGS: &str = "<CMD> [<USER> [<GROUP>]]";

/// Who runs commands.
pub(super) trait Notifying: Node {
    /// Where they go.
    fn notify(&mut self) -> &mut Notify;
}

impl Notifying for Instance {
    fn notify(&mut self) -> &mut Notify {
        &mut self.notify
    }
}

impl Notifying for SyncGroup {
    fn notify(&mut self) -> &mut Notify {
        &mut self.notify
    }
}

type Set = Result<(), Problem>;

/// The rows that both have; `any` documents `notify`.
pub(super) const fn common<T: Notifying>(any: &'static str) -> [Keyword<T>; 5] {
    [
        row(
            "notify_backup",
            backup,
            "Command that is run on every change to BACKUP.",
        ),
        row(
            "notify_master",
            master,
            "Command that is run on every change to MASTER.",
        ),
        row(
            "notify_fault",
            fault,
            "Command that is run on every change to FAULT.",
        ),
        row(
            "notify_stop",
            stop,
            "Command that is run when the daemon stops.",
        )
        .since("1.2.0"),
        row("notify", self::any, any),
    ]
}

/// The rows of an instance alone.
pub(super) const OF_INSTANCE: [Keyword<Instance>; 2] = [
    Keyword {
        args: "[<CMD> [<USER> [<GROUP>]]]",
        arity: (0, None),
        ..row(
            "notify_deleted",
            deleted,
            "DELETED is told instead of FAULT when a reload drops the instance; run then.",
        )
    }
    .samples(
        &["/usr/bin/true", "", "/usr/bin/true root root"],
        &["\"/usr/bin/true"],
    )
    .default("fault script")
    .since("2.1.0"),
    row(
        "notify_master_rx_lower_pri",
        lower,
        "Run when a master hears a lower-priority advert.",
    )
    .since("2.0.17"),
];

const fn row<T: Notifying>(
    name: &'static str,
    set: fn(&mut T, &Args<'_>) -> Set,
    doc: &'static str,
) -> Keyword<T> {
    Keyword::set(name, ARGS, (1, None), set, doc)
        .repeat(Repeat::First)
        .samples(
            &[
                "/usr/bin/true",
                "\"/usr/bin/true 'two words' x\" root",
                "/usr/bin/true root root",
            ],
            &["", "\"/usr/bin/true"],
        )
}

/// The command; none for an empty one, which the original takes in silence and which is worth a
/// warning.
fn some(args: &Args<'_>) -> Result<Option<Spanned<Command>>, Problem> {
    match command(args) {
        Err(problem) if problem.code == "empty-command" => {
            args.report(Problem {
                severity: Severity::Warning,
                class: Class::None,
                ..problem
            });
            Ok(None)
        }
        command => command.map(Some),
    }
}

fn backup<T: Notifying>(target: &mut T, args: &Args<'_>) -> Set {
    target.notify().backup = some(args)?;
    Ok(())
}

fn master<T: Notifying>(target: &mut T, args: &Args<'_>) -> Set {
    target.notify().master = some(args)?;
    Ok(())
}

fn fault<T: Notifying>(target: &mut T, args: &Args<'_>) -> Set {
    target.notify().fault = some(args)?;
    Ok(())
}

fn stop<T: Notifying>(target: &mut T, args: &Args<'_>) -> Set {
    target.notify().stop = some(args)?;
    Ok(())
}

fn any<T: Notifying>(target: &mut T, args: &Args<'_>) -> Set {
    target.notify().any = some(args)?;
    Ok(())
}

fn deleted(instance: &mut Instance, args: &Args<'_>) -> Set {
    if args.words.is_empty() {
        instance.notify.deleted_alone = true;
    } else {
        instance.notify.deleted = some(args)?;
    }
    Ok(())
}

fn lower(instance: &mut Instance, args: &Args<'_>) -> Set {
    instance.notify.master_rx_lower_pri = some(args)?;
    Ok(())
}
