//! Receive buffers of the VRRP process's sockets, as the kernel has them: where a keyword says how
//! large they are, the same as in Debian's keepalived. Without one ours are larger.

use std::collections::BTreeSet;
use std::fs;

use compat_tests::Subject;
use compat_tests::programs::built;
use compat_tests::sandbox::Sandbox;
use libtest_mimic::Trial;

use crate::clock::scenario;

/// What is in `global_defs`, in each instance, and lines that must be among what is seen of their
/// families.
struct Case {
    name: &'static str,
    globals: &'static str,
    instance: &'static str,
    sees: &'static [&'static str],
}

/// The kernel doubles what it is asked for, and gives 2304 at least.
const CASES: [Case; 6] = [
    Case {
        name: "mtu",
        globals: "vrrp_rx_bufs_policy MTU",
        instance: "",
        sees: &["Inet 18000", "Inet6 9000"],
    },
    Case {
        name: "advert",
        globals: "vrrp_rx_bufs_policy ADVERT\nvrrp_rx_bufs_multiplier 200",
        instance: "",
        sees: &["Inet 32000", "Inet6 9600"],
    },
    Case {
        name: "number",
        globals: "vrrp_rx_bufs_policy 20000\nvrrp_rx_bufs_multiplier 5",
        instance: "",
        sees: &["Inet 80000", "Inet6 40000"],
    },
    Case {
        name: "own",
        globals: "vrrp_rx_bufs_policy MTU",
        instance: "kernel_rx_buf_size 9000",
        sees: &["Inet 36000", "Inet6 18000"],
    },
    Case {
        name: "netlink",
        globals: "vrrp_netlink_cmd_rcv_bufs 40000\nvrrp_netlink_monitor_rcv_bufs 50000",
        instance: "",
        sees: &["Netlink 80000", "Netlink 100000"],
    },
    Case {
        name: "force",
        globals: "vrrp_netlink_cmd_rcv_bufs 16000000\nvrrp_netlink_cmd_rcv_bufs_force\n\
                  vrrp_netlink_monitor_rcv_bufs 17000000\nvrrp_netlink_monitor_rcv_bufs_force on",
        instance: "",
        sees: &["Netlink 32000000", "Netlink 34000000"],
    },
];

pub(crate) fn trials() -> Vec<Trial> {
    let trial =
        |case: &'static Case| scenario(format!("buffers::{}", case.name), move || compare(case));
    CASES.iter().map(trial).collect()
}

fn configuration(case: &Case) -> String {
    let instance = |name: &str, id: u8, address: &str| {
        format!(
            "vrrp_instance {name} {{\n interface eth0\n virtual_router_id {id}\n priority 100\n \
             advert_int 1\n {}\n virtual_ipaddress {{\n  {address}\n }}\n}}\n",
            case.instance
        )
    };
    format!(
        "global_defs {{\n{}\n}}\n{}{}{}",
        case.globals,
        instance("A", 51, "192.0.2.100"),
        instance("B", 52, "192.0.2.101"),
        instance("C", 53, "fe80::100"),
    )
}

fn compare(case: &Case) -> Result<(), String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let path = folder.path().join("it");
    fs::write(&path, configuration(case)).map_err(|error| error.to_string())?;
    let sandbox = Sandbox::new()
        .interface("eth0", "192.0.2.1/24")
        .file("/etc/it.conf", &path);
    let mut seen = Vec::new();
    for subject in Subject::BOTH {
        let keepalived = subject.keepalived();
        let report = sandbox.run(&format!(
            "{} -n -l -D -P -r /run/vrrp.pid -f /etc/it.conf >/run/log 2>&1 & daemon=$!\n\
             for address in 192.0.2.100 192.0.2.101 fe80::100; do\n\
             await has 'ip -o address' $address; done\n\
             {} buffers $(cat /run/vrrp.pid)\nkill -TERM $daemon; wait $daemon\n",
            keepalived.display(),
            built("stand-in").display(),
        ));
        seen.push(report.map_err(|error| error.to_string())?.lines);
    }
    // Ours has a socket more that only sends: for neighbours.
    let of_case = |lines: &Vec<String>| {
        let same = |line: &&String, it: &&str| it.split(' ').next() == line.split(' ').next();
        let told = lines.iter();
        let told = told.filter(|line| case.sees.iter().any(|it| same(line, it)));
        told.cloned().collect::<BTreeSet<String>>()
    };
    let [original, ours] = [of_case(&seen[0]), of_case(&seen[1])];
    if original == ours && case.sees.iter().all(|line| ours.contains(*line)) {
        return Ok(());
    }
    Err(format!("original {:#?}\nours {:#?}", seen[0], seen[1]))
}
