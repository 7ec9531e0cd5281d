//! The top level.

use crate::ast::Ast;
use crate::ast::leaf::{Node, Spanned};
use crate::ast::vrrp::{Instance, Script};
use crate::keepalived::lower::lower;
use crate::keepalived::tables::{
    address, bfd, global_defs, groups, link, route, rule, services, ssl, tracked, vrrp_instance,
    vrrp_script,
};
use crate::keepalived::value;
use crate::keyword::{Args, Keyword, Lowering, Problem, Repeat, Table};
use crate::tree::Block;

const NO_NAMESPACES: &str = "not acted on yet: IPVS and checks are where the processes are";

impl Node for Ast {
    fn lose(&mut self, name: &str) {
        self.process.lost.names.insert(name.to_owned());
    }
}

/// The top level.
pub static ROOT: Table<Ast> = Table {
    block: "root",
    rows: &[
        Keyword::block(
            "global_defs",
            "{ ... }",
            (0, Some(0)),
            global,
            "Process-wide settings; may appear several times.",
        )
        .samples(&[""], &[]),
        Keyword::block(
            "vrrp_instance",
            "<NAME> { ... }",
            (1, Some(1)),
            instance,
            "One virtual router: an interface, a VRID and the addresses that move with it.",
        )
        .missing_is_reported()
        .excess_is_error()
        .samples(&["A"], &[""]),
        Keyword::block(
            "vrrp_script",
            "<NAME> { ... }",
            (1, Some(1)),
            script,
            "A command that is run again and again; instances can track its exit status.",
        )
        .samples(&["chk"], &[""]),
        Keyword::block(
            "virtual_server",
            "<IPADDR> [<PORT>] {..} | fwmark <N> {..} | group <NAME> {..}",
            (1, Some(2)),
            services::service,
            "A service that the kernel spreads over several servers (IPVS).",
        )
        .samples(
            &[
                "192.0.2.1 80",
                "192.0.2.1",
                "2001:db8::1 443",
                "fwmark 7",
                "group web",
            ],
            &[
                "web1 80",
                "192.0.2.1 http",
                "192.0.2.1 65536",
                "fwmark x",
                "192.0.2.1:80",
            ],
        ),
        Keyword::set(
            "net_namespace",
            "<NAME>",
            (1, Some(1)),
            net_namespace,
            "Run all processes inside this named network namespace; changing it needs a restart.",
        )
        .repeat(Repeat::First)
        .default("default namespace")
        .since("1.2.24")
        .missing_is_reported()
        .samples(&["lb"], &[""]),
        Keyword::set(
            "instance",
            "<NAME>",
            (1, Some(1)),
            instance_name,
            "Instance name: suffixes pid files, enables the @NAME conditional; restart to change.",
        )
        .repeat(Repeat::First)
        .default("none")
        .since("1.2.24")
        .missing_is_reported()
        .samples(&["lb"], &[""]),
        Keyword::set(
            "use_pid_dir",
            "",
            (0, Some(0)),
            use_pid_dir,
            "Put the pid files in a keepalived/ subdirectory.",
        )
        .default("off")
        .since("1.2.24")
        .samples(&[""], &[]),
        Keyword::set(
            "child_wait_time",
            "<SECS>",
            (1, Some(1)),
            child_wait_time,
            "How long the parent waits for children to finish before killing them.",
        )
        .default("5")
        .since("2.0.0")
        .samples(&["10", "0"], &["", "x", "-1"]),
        Keyword::block(
            "vrrp_sync_group",
            "<NAME> { ... }",
            (1, Some(1)),
            groups::sync_group,
            "Instances that move state together.",
        )
        .excess_is_error()
        .missing_is_reported()
        .samples(&["G"], &[""]),
        Keyword::block(
            "track_group",
            "<NAME> { ... }",
            (1, Some(1)),
            groups::track_group,
            "Group of VRRP instances that static items may be tied to.",
        )
        .excess_is_error()
        .since("2.0.3")
        .missing_is_reported()
        .samples(&["tg1"], &[""]),
        Keyword::block(
            "garp_group",
            "{ ... }",
            (0, Some(0)),
            groups::garp_group,
            "Shared pacing of gratuitous ARP / NA over several interfaces.",
        )
        .since("1.2.21"),
        Keyword::block(
            "vrrp_track_process",
            "<NAME> { ... }",
            (1, Some(1)),
            tracked::track_process,
            "Count of running processes as a tracked object.",
        )
        .since("2.0.11")
        .samples(&["proc1"], &[""]),
        Keyword::block(
            "track_file",
            "<NAME> { ... }",
            (1, Some(1)),
            tracked::track_file,
            "Number read from a file as a tracked object.",
        )
        .since("2.0.0")
        .samples(&["tf1"], &[""]),
        Keyword::block(
            "vrrp_track_file",
            "<NAME> { ... }",
            (1, Some(1)),
            tracked::old_track_file,
            "Older name of track_file, with the same contents. Deprecated.",
        )
        .since("2.0.0")
        .samples(&["tf1"], &[""]),
        Keyword::block(
            "SSL",
            "{ ... }",
            (0, Some(0)),
            services::ssl,
            "What SSL_GET checks present to the servers.",
        )
        .accepted(ssl::WHY),
        Keyword::block(
            "bfd_instance",
            "<NAME> { ... }",
            (1, Some(1)),
            bfd::bfd_instance,
            "A BFD session with a neighbour, which notices within milliseconds that it is gone.",
        )
        .since("2.0.0")
        .samples(&["bfd1"], &["", "a_name_of_more_than_31_characters"]),
        Keyword::set(
            "net_namespace_ipvs",
            "[<NAME>]",
            (0, Some(1)),
            |ast: &mut Ast, args| {
                let name = args.text(0).map(str::to_owned);
                ast.process.net_namespace_ipvs = Some(Spanned::new(name, args.name.span));
                Ok(())
            },
            "Namespace used for IPVS control and health checks.",
        )
        .repeat(Repeat::First)
        .default("same as net_namespace")
        .since("2.1.0")
        .accepted(NO_NAMESPACES)
        .samples(&["", "lvs"], &[]),
        Keyword::set(
            "namespace_with_ipsets",
            "",
            (0, Some(0)),
            |ast: &mut Ast, _| {
                ast.process.namespace_with_ipsets = true;
                Ok(())
            },
            "Keep ipset use enabled although a namespace is configured.",
        )
        .default("off")
        .since("1.3.0")
        .accepted(
            "no ipsets are used in any namespace: rules are of nftables, which has sets of its own",
        )
        .samples(&[""], &[]),
        Keyword::block(
            "static_ipaddress",
            "{ <line>... }",
            (0, Some(0)),
            address::static_ipaddress,
            "Addresses kept while the daemon runs.",
        )
        .excess_is_error()
        .samples(&[""], &[]),
        Keyword::block(
            "static_routes",
            "{ <line>... }",
            (0, Some(0)),
            route::static_routes,
            "Routes kept while the daemon runs.",
        )
        .excess_is_error()
        .samples(&[""], &[]),
        Keyword::block(
            "static_rules",
            "{ <line>... }",
            (0, Some(0)),
            rule::static_rules,
            "Policy rules kept while the daemon runs.",
        )
        .excess_is_error()
        .since("1.2.20")
        .samples(&[""], &[]),
        Keyword::block(
            "interface_up_down_delays",
            "{ <IF> <DOWN> [<UP>] ... }",
            (0, Some(0)),
            link::delays,
            "Debounce of link state changes per interface; UP defaults to DOWN.",
        )
        .excess_is_error()
        .default("0")
        .since("2.2.3")
        .samples(&[""], &[]),
        Keyword::block(
            "linkbeat_interfaces",
            "{ <IF> [MII|ETHTOOL|IOCTL] ... }",
            (0, Some(0)),
            link::polled,
            "Interfaces whose driver is asked every second for the state of the link, instead of relying \
             on what the kernel tells (netlink).",
        )
        .excess_is_error()
        .since("2.0.13")
        .samples(&[""], &[]),
        Keyword::set(
            "linkbeat_use_polling",
            "",
            (0, Some(0)),
            |ast: &mut Ast, _| {
                ast.process.links.use_polling = true;
                Ok(())
            },
            "As linkbeat_interfaces, for every interface that is used or tracked.",
        )
        .default("off")
        .samples(&[""], &[]),
        Keyword::block(
            "virtual_server_group",
            "<NAME> { ... }",
            (1, Some(1)),
            services::group,
            "A list of addresses and marks that one virtual_server serves.",
        )
        .excess_is_error()
        .samples(&["web"], &[]),
    ],
};

type Lowered = Result<(), Problem>;

fn global(ast: &mut Ast, _: &Args<'_>, block: &Block, lowering: &mut Lowering<'_>) -> Lowered {
    lower(&global_defs::GLOBAL_DEFS, ast, block, lowering);
    Ok(())
}

fn instance(ast: &mut Ast, args: &Args<'_>, block: &Block, lowering: &mut Lowering<'_>) -> Lowered {
    let mut instance = Instance {
        name: value::text(args, 0)?,
        ..Instance::default()
    };
    lower(
        &vrrp_instance::VRRP_INSTANCE,
        &mut instance,
        block,
        lowering,
    );
    ast.vrrp.instances.push(instance);
    Ok(())
}

fn script(ast: &mut Ast, args: &Args<'_>, block: &Block, lowering: &mut Lowering<'_>) -> Lowered {
    let mut script = Script {
        name: value::text(args, 0)?,
        ..Script::default()
    };
    lower(&vrrp_script::VRRP_SCRIPT, &mut script, block, lowering);
    ast.vrrp.scripts.push(script);
    Ok(())
}

fn net_namespace(ast: &mut Ast, args: &Args<'_>) -> Lowered {
    ast.process.net_namespace = Some(value::text(args, 0)?);
    Ok(())
}

fn instance_name(ast: &mut Ast, args: &Args<'_>) -> Lowered {
    ast.process.instance = Some(value::text(args, 0)?);
    Ok(())
}

fn use_pid_dir(ast: &mut Ast, _: &Args<'_>) -> Lowered {
    ast.process.use_pid_dir = true;
    Ok(())
}

fn child_wait_time(ast: &mut Ast, args: &Args<'_>) -> Lowered {
    let range = 0..=u64::from(u32::MAX) * 1_000_000;
    let invalid = |word: &str| format!("Invalid child_wait_time {word}");
    ast.process.child_wait_time = Some(value::seconds(args, 0, range, invalid)?);
    Ok(())
}
