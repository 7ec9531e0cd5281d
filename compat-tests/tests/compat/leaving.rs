//! Make before break: a master of ours that is told to stop has each address until the next master
//! has it, whoever that is. Between originals there is a gap.

use std::fs;

use compat_tests::Subject;
use compat_tests::sandbox::Sandbox;
use libtest_mimic::Trial;

use crate::clock::scenario;

/// Who leaves, and who takes over.
const CASTS: &[(&str, Subject, Subject)] = &[
    ("original_original", Subject::Original, Subject::Original),
    ("ours_ours", Subject::Ours, Subject::Ours),
    ("ours_original", Subject::Ours, Subject::Original),
];

/// How often it is played until no address was missing for a moment.
const MOST_TIMES: usize = 3;

/// Of the last four, one is the primary address of its network: it must not take the others along.
const ADDRESSES: [&str; 8] = [
    "192.0.2.100/24",
    "192.0.2.101/32",
    "2001:db8::100/64",
    "2001:db8::101/64",
    "10.9.0.100/24",
    "10.9.0.101/24",
    "10.9.0.102/24",
    "10.9.0.103/24",
];

pub(crate) fn trials() -> Vec<Trial> {
    let trials = CASTS.iter().map(|(name, leaves, follows)| {
        scenario(format!("leaving::{name}"), move || {
            // Ours waits 200 ms after the next master's first advert; where the machine is busy,
            // that one may take longer to add its addresses.
            let mut outcome = play(*leaves, *follows);
            for _ in 1..MOST_TIMES {
                if outcome.is_ok() {
                    break;
                }
                outcome = play(*leaves, *follows);
            }
            outcome
        })
    });
    trials.collect()
}

fn play(leaves: Subject, follows: Subject) -> Result<(), String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let mut sandbox = Sandbox::new().interface("eth0", "192.0.2.1/24");
    for (name, priority) in [("a", 200), ("b", 100)] {
        let file = folder.path().join(name);
        fs::write(&file, configuration(priority)).map_err(|error| error.to_string())?;
        sandbox = sandbox.file(&format!("/etc/{name}.conf"), &file);
    }
    let report = sandbox
        .run(&script(leaves, follows))
        .map_err(|error| error.to_string())?;
    let whole = || report.lines.join("\n");
    if let Some(problem) = report.lines.iter().find(|line| line.starts_with("no ")) {
        return Err(format!("{problem}\n{}", whole()));
    }
    let mut early = Vec::new();
    for address in ADDRESSES {
        let about = |line: &&String| line.contains(&format!(" {address} "));
        let lines: Vec<&String> = report.lines.iter().filter(about).collect();
        let gone = lines
            .iter()
            .position(|line| line.contains("Deleted") && line.contains("current"));
        let came = lines
            .iter()
            .position(|line| !line.contains("Deleted") && !line.contains("current"));
        match (came, gone) {
            (Some(came), Some(gone)) if came < gone => {}
            (Some(_), Some(_)) => early.push(address),
            (None, _) | (_, None) => {
                return Err(format!(
                    "{address} did not move: {came:?} {gone:?}\n{}",
                    whole()
                ));
            }
        }
    }
    let expected: &[&str] = match leaves {
        Subject::Ours => &[],
        Subject::Original => &ADDRESSES,
    };
    if early == expected {
        return Ok(());
    }
    Err(format!("nobody had {early:?} for a while\n{}", whole()))
}

fn configuration(priority: u8) -> String {
    let (main, excluded) = ADDRESSES.split_at(1);
    let (main, excluded) = (main.join("\n"), excluded.join("\n"));
    format!(
        "vrrp_instance V {{\n interface eth0\n virtual_router_id 51\n priority {priority}\n \
         version 3\n advert_int 0.3\n virtual_ipaddress {{\n{main}\n }}\n \
         virtual_ipaddress_excluded {{\n{excluded}\n }}\n}}\n"
    )
}

/// One process sees the addresses of both hosts come and go, in order.
fn script(leaves: Subject, follows: Subject) -> String {
    let daemon = |subject: Subject, name: &str| {
        let program = subject.keepalived();
        format!(
            "{} -n -l -D -f /etc/{name}.conf -p /run/{name}.pid -r /run/{name}-vrrp.pid \
             -c /run/{name}-checkers.pid > /run/{name}.log 2>&1 &",
            program.display()
        )
    };
    let (first, second) = (daemon(leaves, "a"), daemon(follows, "b"));
    format!(
        "unshare -n sh -c 'echo > /run/ready; exec sleep 100' & far=$!\n\
         await [ -e /run/ready ]\n\
         ip link set peer0 netns $far\n\
         far() {{ nsenter --net=/proc/$far/ns/net \"$@\"; }}\n\
         far ip link set peer0 name eth0; far ip link set lo up\n\
         far ip address add 192.0.2.2/24 dev eth0\n\
         far ip address add 2001:db8::2/64 dev eth0 nodad; far ip link set eth0 up\n\
         ip address add 2001:db8::1/64 dev eth0 nodad\n\
         {first} leaver=$!\n\
         await has 'cat /run/a.log' 'Entering MASTER STATE'\n\
         await has 'ip address' 10.9.0.103; await has 'ip address' db8::101\n\
         far {second}\n\
         await has 'cat /run/b.log' 'Entering BACKUP STATE'\n\
         ip -o monitor all-nsid address > /run/seen & seer=$!\n\
         ip address add 10.254.0.1/32 dev lo\n\
         told() {{ ip address del 10.254.0.1/32 dev lo; ip address add 10.254.0.1/32 dev lo; \
         has 'cat /run/seen' 10.254.0.1; }}; await told\n\
         kill -TERM $leaver; wait $leaver\n\
         await has 'far ip address' 10.9.0.103; await has 'far ip address' db8::101\n\
         ip address add 10.254.0.2/32 dev lo\n\
         await has 'cat /run/seen' 10.254.0.2\n\
         cat /run/seen\n"
    )
}
