//! `vrrp_instance`: the link it lives on, and what of its announcements depends on it.

use crate::ast::leaf::Spanned;
use crate::ast::vrrp::{GarpExtraIf, Instance, Ipvlan, IpvlanMode, Vmac};
use crate::keepalived::tables::global_defs::surplus;
use crate::keepalived::tables::{SWITCH, route, rule};
use crate::keepalived::value;
use crate::keyword::{Args, Keyword, Problem, Repeat};

type Set = Result<(), Problem>;

const NONE: (usize, Option<usize>) = (0, Some(0));
const ONE: (usize, Option<usize>) = (1, Some(1));
const MAYBE: (usize, Option<usize>) = (0, Some(1));

/// Longest interface name (IFNAMSIZ without the final zero).
const MAX_NAME: usize = 15;

/// The rows.
pub(super) const ROWS: [Keyword<Instance>; 14] = [
    Keyword::set(
        "vrf",
        "<IF>",
        ONE,
        vrf,
        "VRF whose routes lead to the peers of an instance without an interface, whose sockets are \
         bound to that device. An interface says itself which VRF it is in.",
    )
    .default("none")
    .since("2.2.5")
    .samples(&["eth1"], &["", "name_too_long_for_if"]),
    Keyword::block(
        "virtual_routes",
        "{ <line>... }",
        NONE,
        route::virtual_routes,
        "Routes that are there while the instance is master.",
    )
    .excess_is_error(),
    Keyword::block(
        "virtual_rules",
        "{ <line>... }",
        NONE,
        rule::virtual_rules,
        "Policy rules set on MASTER.",
    )
    .excess_is_error()
    .since("1.2.20"),
    flag(
        "promote_secondaries",
        |instance, args| at(&mut instance.promote_secondaries, args),
        "Set the interface sysctl so that removing a primary keeps the secondaries.",
    )
    .since("1.3.0"),
    flag(
        "dont_track_primary",
        |instance, _| on(&mut instance.dont_track_primary),
        "Ignore link faults of the own interface.",
    ),
    Keyword::set(
        "linkbeat_use_polling",
        "",
        NONE,
        linkbeat,
        "Ask the driver of the interface for the state of its link. Deprecated: list it in \
         linkbeat_interfaces.",
    )
    .samples(&[""], &[]),
    Keyword::set(
        "lvs_sync_daemon_interface",
        "<IF>",
        ONE,
        lvs_sync_daemon,
        "Replaced by global lvs_sync_daemon. Deprecated.",
    )
    .samples(&["eth0"], &[""])
    .accepted("not acted on yet: there is no IPVS sync daemon"),
    Keyword::set(
        "garp_extra_if",
        "[all] <SECS>",
        (1, Some(2)),
        garp_extra_if,
        "How often one address is announced again on each macvlan or ipvlan that no adverts leave \
         by; with `all` on each other interface that has one, too. 0 is never.",
    )
    .missing_is_reported()
    .default("global")
    .since("2.2.3")
    .samples(&["5", "all 5", "86400"], &["", "all", "86401", "x"]),
    Keyword::set(
        "vmac_garp_intvl",
        "[all] <SECS>",
        (1, Some(2)),
        vmac_garp_intvl,
        "Older name of garp_extra_if. Deprecated.",
    )
    .missing_is_reported()
    .since("2.2.0")
    .samples(&["5", "all 5", "86400"], &["", "all", "86401", "x"]),
    Keyword::set(
        "use_vmac",
        "[[name] <NAME>] [<IF>] [<MAC>] [group <N>] [netlink_notify_msg]",
        (0, None),
        use_vmac,
        "Put the addresses on a macvlan with the VRRP MAC, and send adverts from it. `name` goes \
         in front of a name that would be a word here. \
         netlink_notify_msg changes nothing: the kernel tells of new links anyway.",
    )
    .default("vrrp.<VRID>")
    .since("1.2.3")
    .samples(
        &[
            "vrrp.51",
            "",
            "vv0 eth1 00:11:22:33:44:55 group 5 netlink_notify_msg",
        ],
        &[
            "name_too_long_for_if",
            "vv0 01:11:22:33:44:55",
            "vv0 group x",
            "vv0 group",
            "a b c",
        ],
    ),
    flag(
        "use_vmac_addr",
        |instance, _| on(&mut instance.use_vmac_addr),
        "Macvlans for addresses on other interfaces.",
    )
    .since("2.2.0"),
    flag(
        "vmac_xmit_base",
        |instance, args| at(&mut instance.vmac_xmit_base, args),
        "Send adverts from the parent interface.",
    )
    .since("1.2.10"),
    Keyword::set(
        "use_ipvlan",
        "[bridge|private|vepa] [group <N>] [[name] <NAME>] [<IF>] [<IPADDR>]",
        (0, None),
        use_ipvlan,
        "Send adverts from an ipvlan (layer 2) that is made on the interface, and deleted at the \
         end. Virtual addresses stay on the interface, whose hardware address an ipvlan has. An \
         instance of IPv4 needs an address of this node for it, which adverts come from; over IPv6 \
         it has a link-local one anyway. All ipvlans of one interface have the mode of the last. \
         `name` goes in front of a name that would be a word here. The kernel needs the module \
         ipvlan; without it the instance stays in FAULT.",
    )
    .repeat(Repeat::First)
    .default("bridge")
    .since("2.0.17")
    .samples(
        &[
            "bridge ipv0 192.0.2.77",
            "",
            "vepa group 5 ipv0 eth1 192.0.2.77/24",
        ],
        &[
            "name_too_long_for_if",
            "bridge vepa",
            "ipv0 group x",
            "ipv0 group",
            "a b c",
        ],
    ),
    Keyword::set(
        "smtp_alert",
        SWITCH,
        MAYBE,
        |instance: &mut Instance, args| {
            instance.smtp_alert = Some(value::switch(args)?);
            Ok(())
        },
        "Whether a change of state is told by mail.",
    )
    .default("global")
    .samples(&["on", "false", ""], &["maybe", "1"]),
];

/// A keyword without words.
pub(super) const fn flag(
    name: &'static str,
    set: fn(&mut Instance, &Args<'_>) -> Set,
    doc: &'static str,
) -> Keyword<Instance> {
    Keyword::set(name, "", NONE, set, doc)
        .default("off")
        .samples(&[""], &[])
}

fn at(flag: &mut Option<Spanned<()>>, args: &Args<'_>) -> Set {
    *flag = Some(Spanned::new((), args.name.span));
    Ok(())
}

pub(super) fn on(flag: &mut bool) -> Set {
    *flag = true;
    Ok(())
}

fn fits(name: &str) -> bool {
    let odd = |c: char| c == '/' || c == ':' || c.is_whitespace();
    !name.is_empty() && name.len() <= MAX_NAME && !name.contains(odd)
}

fn vrf(instance: &mut Instance, args: &Args<'_>) -> Set {
    let name = value::text(args, 0)?;
    if !fits(&name) {
        let message = format!("({}) VRF name '{name}' too long or invalid", instance.name);
        return Err(Problem::error("invalid-name", message).word(0));
    }
    instance.vrf = Some(name);
    Ok(())
}

fn linkbeat(instance: &mut Instance, args: &Args<'_>) -> Set {
    instance.linkbeat_use_polling = true;
    let message = format!(
        "({}) 'linkbeat_use_polling' in vrrp instance deprecated - use linkbeat_interfaces block",
        instance.name
    );
    args.report(value::deprecated(message).help("list the interface there, at the top level"));
    Ok(())
}

fn lvs_sync_daemon(instance: &mut Instance, args: &Args<'_>) -> Set {
    instance.lvs_sync_daemon_interface = Some(value::text(args, 0)?);
    let message = format!(
        "({}) Specifying lvs_sync_daemon_interface against a vrrp is deprecated.",
        instance.name
    );
    args.report(value::deprecated(message).help("use lvs_sync_daemon in global_defs"));
    Ok(())
}

fn garp_extra_if(instance: &mut Instance, args: &Args<'_>) -> Set {
    let (owner, name) = (&instance.name, &args.name.text);
    let all = args.text(0) == Some("all");
    let index = usize::from(all);
    if args.get(index).is_none() {
        let message = format!("({owner}): {name} specified without time - ignoring");
        return Err(Problem::error("missing-value", message).word(0));
    }
    let invalid = |word: &str| format!("({owner}): {name} '{word}' invalid - ignoring");
    let time = value::seconds(args, index, 0..=86_400_000_000, invalid)?;
    surplus(args, index, invalid)?;
    instance.garp_extra_if = Some(time.map(|interval| GarpExtraIf { all, interval }));
    Ok(())
}

fn vmac_garp_intvl(instance: &mut Instance, args: &Args<'_>) -> Set {
    let message = "Keyword \"vmac_garp_intvl\" is deprecated - please use \"garp_extra_if\"";
    args.report(value::deprecated(message).help("it means the same"));
    garp_extra_if(instance, args)
}

/// Words of `use_vmac` and `use_ipvlan` that both have: names and `group`.
struct Names<'a> {
    owner: &'a str,
    kind: &'static str,
    name: Option<String>,
    parent: Option<String>,
    group: Option<u32>,
}

impl<'a> Names<'a> {
    const fn new(owner: &'a str, kind: &'static str) -> Self {
        Self {
            owner,
            kind,
            name: None,
            parent: None,
            group: None,
        }
    }

    /// Takes the word at `index`; how many words that were.
    fn take(&mut self, args: &Args<'_>, index: usize) -> usize {
        let (owner, kind) = (self.owner, self.kind);
        let word = args.text(index).unwrap_or_default();
        if word == "group" {
            let invalid =
                |word: &str| format!("({owner}) {kind} group '{word}' not valid - ignoring");
            let message = format!("({owner}) {kind} group is missing a value - ignoring");
            let number = match args.get(index + 1) {
                Some(_) => value::integer(args, index + 1, 0..=u32::MAX, invalid),
                None => Err(Problem::error("missing-value", message).word(index)),
            };
            match number {
                Ok(number) => self.group = Some(number.value),
                Err(problem) => args.report(problem),
            }
            return 2;
        }
        // A name that would mean something else stands behind `name`.
        let behind = (word == "name").then(|| args.text(index + 1)).flatten();
        let taken = 1 + usize::from(behind.is_some());
        let (word, index) = (behind.unwrap_or(word), index + taken - 1);
        if !fits(word) {
            let message = format!(
                "({owner}) {kind} interface name '{word}' too long or invalid characters - ignoring"
            );
            let problem = Problem::error("invalid-name", message).word(index);
            args.report(problem.label("at most 15 bytes, neither `/` nor `:`"));
        } else if self.name.is_none() {
            self.name = Some(word.to_owned());
        } else if self.parent.is_none() {
            self.parent = Some(word.to_owned());
        } else {
            let message =
                format!("({owner}) {kind} interface already specified - ignoring '{word}'");
            let problem = Problem::error("repeated-value", message).word(index);
            args.report(problem.help("one name for the new interface, then one for its parent"));
        }
        taken
    }
}

fn mac(word: &str) -> Option<base::MacAddr> {
    let mut bytes = [0; 6];
    let mut parts = word.split(':');
    for byte in &mut bytes {
        let part = parts.next().filter(|part| (1..=2).contains(&part.len()))?;
        *byte = u8::from_str_radix(part, 16).ok()?;
    }
    parts.next().is_none().then_some(base::MacAddr(bytes))
}

fn use_vmac(instance: &mut Instance, args: &Args<'_>) -> Set {
    let mut names = Names::new(&instance.name, "VMAC");
    let mut vmac = Vmac::default();
    let mut index = 0;
    while let Some(word) = args.text(index) {
        if word == "netlink_notify_msg" {
            vmac.netlink_notify = true;
        } else if let Some(mac) = mac(word) {
            if mac.0[0] & 1 == 1 {
                let message = format!("VMAC MAC address is multicast {word} - ignoring");
                args.report(Problem::error("invalid-address", message).word(index));
            } else if matches!(mac.0, [0, 0, 0x5e, 0, 1 | 2, _]) {
                let message = format!(
                    "VMAC MAC address not allowed to be RFC5798 address ({word}) - ignoring"
                );
                let problem = Problem::error("invalid-address", message).word(index);
                args.report(problem.help("leave it out: the VRID chooses the last byte"));
            } else {
                vmac.mac = Some(mac);
            }
        } else {
            index += names.take(args, index);
            continue;
        }
        index += 1;
    }
    vmac.name = names.name;
    vmac.parent = names.parent;
    vmac.group = names.group;
    instance.use_vmac = Some(Spanned::new(vmac, args.name.span));
    Ok(())
}

fn use_ipvlan(instance: &mut Instance, args: &Args<'_>) -> Set {
    let owner = &instance.name;
    let mut names = Names::new(owner, "IPVLAN");
    let mut ipvlan = Ipvlan::default();
    let mut index = 0;
    while let Some(word) = args.text(index) {
        let mode = match word {
            "bridge" => Some(IpvlanMode::Bridge),
            "private" => Some(IpvlanMode::Private),
            "vepa" => Some(IpvlanMode::Vepa),
            _ => None,
        };
        if mode.is_some() && ipvlan.mode.is_some() {
            let message = format!("({owner}) ipvlan type already specified - ignoring '{word}'");
            args.report(Problem::error("repeated-value", message).word(index));
        } else if mode.is_some() {
            ipvlan.mode = mode;
        } else if let Ok(address) = value::parse_prefix(word) {
            ipvlan.address = Some(address);
        } else {
            index += names.take(args, index);
            continue;
        }
        index += 1;
    }
    ipvlan.name = names.name;
    ipvlan.parent = names.parent;
    ipvlan.group = names.group;
    instance.use_ipvlan = Some(Spanned::new(ipvlan, args.name.span));
    Ok(())
}
