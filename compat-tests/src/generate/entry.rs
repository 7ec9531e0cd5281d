//! Lines whose words are options (`192.0.2.1/24 dev eth0`): what stands before and after the one
//! under test.
//!
//! Invariants: with the option's usual sample in between, the line is complete.
//! Deliberately unknown here: the block around the line.

/// The block that holds the lines of a line table, by the tables' block name.
pub(super) fn home(block: &str) -> Option<String> {
    let list = block.strip_suffix("#line")?;
    let short = list.starts_with("virtual_") && list != "virtual_server_group";
    let owner = if short || list == "unicast_peer" {
        "vrrp_instance/"
    } else {
        ""
    };
    Some(format!("{owner}{list}"))
}

/// Whether the row is what a line begins with, and no option on it.
pub(super) fn is_first(block: &str, name: &str) -> bool {
    name.starts_with('<') || block == "virtual_server_group#line"
}

/// The whole line around `option`, which begins with `name`.
pub(super) fn line(block: &str, name: &str, option: &str) -> String {
    let list = block.trim_end_matches("#line");
    let list = list.rsplit('/').next().unwrap_or(list);
    let (before, after) = match list {
        "static_ipaddress" | "virtual_ipaddress" | "virtual_ipaddress_excluded" => address(name),
        "static_routes" | "virtual_routes" => route(name),
        "static_rules" | "virtual_rules" => rule(name),
        "track_interface" => tracked("eth1", name),
        "track_script" => tracked("chk", name),
        "track_file" => tracked("tf1", name),
        "track_process" => tracked("proc1", name),
        "track_bfd" => tracked("bfd1", name),
        "unicast_peer" if !name.starts_with('<') => ("192.0.2.11".to_owned(), ""),
        _ => (String::new(), ""),
    };
    // A row such as `<IPADDR>` is the line's first word, not an option's name.
    let option = match option.strip_prefix(name) {
        Some(sample) if name.starts_with('<') => sample.trim_start(),
        _ => option,
    };
    [before.as_str(), option, after]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// An option that takes a word comes last, so that none is there when its own is missing.
fn address(name: &str) -> (String, &'static str) {
    let before = match name {
        name if name.starts_with('<') => return (String::new(), "dev eth0"),
        "home" | "-nodad" | "nodad" | "mngtmpaddr" => "2001:db8::9/64 dev eth0",
        "dev" => "192.0.2.9/24",
        "peer" => "192.0.2.9 dev eth0",
        _ => "192.0.2.9/24 dev eth0",
    };
    (before.to_owned(), "")
}

fn route(name: &str) -> (String, &'static str) {
    let (before, after) = match name {
        "blackhole" | "unreachable" | "prohibit" | "throw" => ("", ""),
        "to" | "unicast" | "default6" => ("", "dev eth0"),
        "inet" => ("", "203.0.113.0/24 dev eth0"),
        "inet6" => ("", "2001:db8:1::/48 dev eth0"),
        name if name.starts_with('<') => ("", "dev eth0"),
        "from" | "expires" | "pref" => ("2001:db8:1::/48 dev eth0", ""),
        "dev" | "oif" | "nexthop" => ("203.0.113.0/24", ""),
        _ => ("203.0.113.0/24 dev eth0", ""),
    };
    (before.to_owned(), after)
}

fn rule(name: &str) -> (String, &'static str) {
    let before = match name {
        "from" => "table 100 preference 900",
        "table" | "lookup" | "goto" | "nop" | "blackhole" | "prohibit" | "unreachable"
        | "l3mdev" | "type" => "from 203.0.113.0/24 preference 900",
        "track_group" => "from 203.0.113.0/24 iif eth0 table 100 preference 900",
        "preference" | "order" | "priority" => "from 203.0.113.0/24 table 100",
        "inet" | "inet6" | "not" => return (String::new(), "iif eth0 table 100 preference 900"),
        _ => "from 203.0.113.0/24 table 100 preference 900",
    };
    (before.to_owned(), "")
}

fn tracked(object: &str, name: &str) -> (String, &'static str) {
    let before = match name {
        "reverse" | "noreverse" => format!("{object} weight 10"),
        _ => object.to_owned(),
    };
    (before, "")
}
