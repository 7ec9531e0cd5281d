//! Address lines.

use core::fmt::Write as _;

use super::word;
use crate::ast::address::{AddressLine, Broadcast, UseVmac};

/// An address with its options.
pub(super) fn address_line(line: &AddressLine) -> String {
    let mut text = line.prefix.to_string();
    let mut option = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            let _ = write!(text, " {name} {value}");
        }
    };
    option("brd", line.broadcast.map(broadcast));
    option("dev", line.dev.as_ref().map(|dev| word(dev)));
    option("scope", line.scope.as_ref().map(|it| word(&it.to_string())));
    option("label", line.label.as_deref().map(word));
    option("peer", line.peer.map(|peer| peer.to_string()));
    option("preferred_lft", line.preferred_lft.map(life_time));
    option("track_group", line.track_group.as_ref().map(|it| word(it)));
    let flags = [
        ("home", line.home),
        ("-nodad", line.nodad),
        ("mngtmpaddr", line.mngtmpaddr),
        ("noprefixroute", line.noprefixroute),
        ("autojoin", line.autojoin),
        ("no_track", line.no_track),
    ];
    for (name, _) in flags.into_iter().filter(|(_, on)| *on) {
        text.push(' ');
        text.push_str(name);
    }
    if let Some(vmac) = &line.use_vmac {
        text.push_str(&use_vmac(vmac));
    }
    text
}

fn broadcast(broadcast: Broadcast) -> String {
    match broadcast {
        Broadcast::Address(address) => address.to_string(),
        Broadcast::HostBitsSet => "+".to_owned(),
        Broadcast::HostBitsClear => "-".to_owned(),
    }
}

fn life_time(seconds: u32) -> String {
    match seconds {
        u32::MAX => "forever".to_owned(),
        seconds => seconds.to_string(),
    }
}

fn use_vmac(vmac: &UseVmac) -> String {
    let name = vmac.name.as_deref().map(word);
    let name = name.map(|name| format!(" {name}")).unwrap_or_default();
    let group = vmac.group.map(|group| format!(" group {group}"));
    format!(" use_vmac{name}{}", group.unwrap_or_default())
}
