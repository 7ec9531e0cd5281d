//! BFD sessions between ours and Debian's keepalived, both ways, and what VRRP makes of them.
//!
//! Two network namespaces; the first node tracks the session. The second one's BFD process is
//! stopped for a while, so that nothing but the session tells of it.

use std::fs;

use compat_tests::Subject;
use compat_tests::sandbox::Sandbox;
use libtest_mimic::Trial;

use crate::clock::scenario;

/// Who tracks, who is tracked; the family of the session.
const CASTS: &[(&str, Subject, Subject, Family)] = &[
    (
        "original_original",
        Subject::Original,
        Subject::Original,
        Family::V4,
    ),
    ("ours_ours", Subject::Ours, Subject::Ours, Family::V4),
    (
        "ours_original",
        Subject::Ours,
        Subject::Original,
        Family::V4,
    ),
    (
        "original_ours",
        Subject::Original,
        Subject::Ours,
        Family::V4,
    ),
    (
        "ours_original_ipv6",
        Subject::Ours,
        Subject::Original,
        Family::V6,
    ),
    (
        "original_ours_ipv6",
        Subject::Original,
        Subject::Ours,
        Family::V6,
    ),
];

#[derive(Clone, Copy, Debug)]
enum Family {
    V4,
    V6,
}

impl Family {
    const fn prefix(self) -> &'static str {
        match self {
            Self::V4 => "192.0.2.",
            Self::V6 => "2001:db8::",
        }
    }
}

/// What the tracking node's BFD process goes through, as every pair of the above must.
const SESSION: [&str; 3] = [
    "Entering Up state",
    "Entering Down state (Local diagnostic - Control Detection Time Expired",
    "Entering Up state",
];

/// And its VRRP process, from the first time that the session is up.
const VRRP: [&str; 8] = [
    "Tracked BFD instance peer is UP",
    "Entering BACKUP STATE",
    "Entering MASTER STATE",
    "Tracked BFD instance peer is DOWN",
    "Entering FAULT STATE",
    "Tracked BFD instance peer is UP",
    "Entering BACKUP STATE",
    "Entering MASTER STATE",
];

pub(crate) fn trials() -> Vec<Trial> {
    let trials = CASTS.iter().map(|(name, tracks, other, family)| {
        scenario(format!("bfd::{name}"), move || {
            play(*tracks, *other, *family)
        })
    });
    trials.collect()
}

fn session(family: Family, own: u8, other: u8) -> String {
    let prefix = family.prefix();
    format!(
        "bfd_instance peer {{\n neighbor_ip {prefix}{other}\n source_ip {prefix}{own}\n \
         min_rx 100\n min_tx 100\n multiplier 3\n}}\n"
    )
}

fn play(tracks: Subject, other: Subject, family: Family) -> Result<(), String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let tracking = format!(
        "{}vrrp_instance V {{\n interface eth0\n virtual_router_id 51\n priority 100\n version 3\n \
         advert_int 0.2\n virtual_ipaddress {{\n  192.0.2.100\n }}\n track_bfd {{\n  peer\n }}\n}}\n",
        session(family, 1, 2)
    );
    let mut sandbox = Sandbox::new().interface("eth0", "192.0.2.1/24");
    for (name, text) in [("a", tracking), ("b", session(family, 2, 1))] {
        let file = folder.path().join(name);
        fs::write(&file, text).map_err(|error| error.to_string())?;
        sandbox = sandbox.file(&format!("/etc/{name}.conf"), &file);
    }
    let report = sandbox
        .run(&script(tracks, other))
        .map_err(|error| error.to_string())?;
    let seen = |wanted: &[&'static str]| -> Vec<&'static str> {
        let lines = report.lines.iter();
        lines
            .filter_map(|line| wanted.iter().copied().find(|part| line.contains(part)))
            .collect()
    };
    let session = seen(&SESSION);
    let vrrp = seen(&VRRP);
    let from = vrrp.iter().position(|line| *line == VRRP[0]).unwrap_or(0);
    if session == SESSION && vrrp[from..] == VRRP {
        return Ok(());
    }
    Err(format!(
        "{session:#?}\n{:#?}\n{}",
        &vrrp[from..],
        report.lines.join("\n")
    ))
}

fn script(tracks: Subject, other: Subject) -> String {
    let daemon = |subject: Subject, name: &str| {
        let program = subject.keepalived();
        format!(
            "{} -n -l -f /etc/{name}.conf -p /run/{name}.pid -r /run/{name}-vrrp.pid \
             -c /run/{name}-checkers.pid -b /run/{name}-bfd.pid > /run/{name}.log 2>&1 &",
            program.display()
        )
    };
    let (first, second) = (daemon(tracks, "a"), daemon(other, "b"));
    format!(
        "unshare -n sh -c 'echo > /run/ready; exec sleep 100' & far=$!\n\
         await [ -e /run/ready ]\n\
         ip link set peer0 netns $far\n\
         far() {{ nsenter --net=/proc/$far/ns/net \"$@\"; }}\n\
         far ip link set peer0 name eth0; far ip link set lo up\n\
         far ip address add 192.0.2.2/24 dev eth0\n\
         far ip address add 2001:db8::2/64 dev eth0 nodad; far ip link set eth0 up\n\
         ip address add 2001:db8::1/64 dev eth0 nodad\n\
         logs() {{ await has_lines $2 \"cat /run/$1.log\" \"$3\"; }}\n\
         {first}\n\
         far {second}\n\
         logs a 1 'Entering MASTER STATE'\n\
         kill -STOP $(cat /run/b-bfd.pid)\n\
         logs a 1 'Tracked BFD instance peer is DOWN'\nlogs a 1 'Entering FAULT STATE'\n\
         kill -CONT $(cat /run/b-bfd.pid)\n\
         logs a 2 'Entering MASTER STATE'\n\
         cat /run/a.log\n"
    )
}
