//! What is said of adverts that a node is not concerned with, by ours and by the original.

use std::fs;

use compat_tests::Subject;
use compat_tests::sandbox::Sandbox;
use libtest_mimic::Trial;

use crate::clock::scenario;

pub(crate) fn trials() -> Vec<Trial> {
    vec![scenario("heard::unknown_vrid".into(), unknown_vrid)]
}

const NODE: &str = "\
global_defs {
 log_unknown_vrids
}
vrrp_instance A {
 interface eth9
 virtual_router_id 51
 virtual_ipaddress {
  10.77.0.100
 }
}
";
const STRANGER: &str = "\
vrrp_instance B {
 interface peer0
 virtual_router_id 77
 priority 255
 virtual_ipaddress {
  10.77.0.200
 }
}
";

/// The line is the original's; ours writes it once, however many adverts come.
fn unknown_vrid() -> Result<(), String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let path = |name: &str| folder.path().join(name);
    fs::write(path("node"), NODE).map_err(|error| error.to_string())?;
    fs::write(path("stranger"), STRANGER).map_err(|error| error.to_string())?;
    let sandbox = Sandbox::new()
        .interface("eth9", "10.77.0.1/24")
        .file("/etc/node.conf", &path("node"))
        .file("/etc/stranger.conf", &path("stranger"));
    for subject in Subject::BOTH {
        let keepalived = subject.keepalived();
        let script = format!(
            "mkdir -p /run/netns; ip netns add stranger; ip link set peer0 netns stranger\n\
             ip -n stranger address add 10.77.0.2/24 dev peer0; ip -n stranger link set peer0 up\n\
             {ours} -n -l -f /etc/node.conf > /run/log 2>&1 & daemon=$!\n\
             await grep -q 'Entering' /run/log\n\
             tcpdump -Ulni eth9 -c 3 'ip proto 112 and src 10.77.0.2' > /run/adverts 2>/run/ready & \
             adverts=$!\n\
             await grep -q listening /run/ready\n\
             ip netns exec stranger {original} -n -l -P -p /run/s.pid -r /run/sv.pid \
             -f /etc/stranger.conf > /run/stranger 2>&1 & stranger=$!\n\
             timeout 30 tail -s 0.05 --pid=$adverts -f /dev/null\n\
             await grep -q 'Unknown VRID' /run/log\n\
             kill -TERM $stranger $daemon; wait $daemon; wait $stranger\n\
             grep -c ' > ' /run/adverts; grep -o 'Unknown VRID.*' /run/log\n",
            ours = keepalived.display(),
            original = Subject::Original.keepalived().display(),
        );
        let report = sandbox.run(&script).map_err(|error| error.to_string())?;
        let told = |line: &&String| line.starts_with("Unknown VRID");
        let lines: Vec<&String> = report.lines.iter().filter(told).collect();
        let wanted = "Unknown VRID(77) received on interface(eth9). ignoring...";
        if lines.is_empty() || lines.iter().any(|line| line.as_str() != wanted) {
            return Err(format!("{subject:?} said {:#?}", report.lines));
        }
        if subject == Subject::Ours && lines.len() != 1 {
            return Err(format!("told {} times", lines.len()));
        }
    }
    Ok(())
}
