//! Kinds of links: ipvlans that are made, and instances on VLANs, bonds, VRFs and dummies. Ours and
//! Debian's keepalived act alike.

mod vrf;

use std::fmt::Write as _;
use std::fs;
use std::time::Duration;

use compat_tests::Subject;
use compat_tests::differences::Differences;
use compat_tests::sandbox::Sandbox;
use compat_tests::uml;
use libtest_mimic::Trial;

use crate::clock::scenario;

const AWAIT: &str = include_str!("../../src/await.sh");

/// For a machine's whole run; a step inside is given up after a minute.
const BOUND: Duration = Duration::from_secs(400);

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        scenario("links::ipvlan".to_owned(), ipvlan),
        scenario("links::kinds".to_owned(), kinds),
        scenario("links::vrf".to_owned(), vrf::scenario),
    ]
}

const IPVLANS: &str = "\
vrrp_instance A {
 interface eth0
 virtual_router_id 51
 version 3
 advert_int 1
 use_ipvlan 10.0.0.50/24
 virtual_ipaddress {
  10.0.0.100/24
 }
}
vrrp_instance B {
 interface eth0
 virtual_router_id 52
 version 3
 advert_int 1
 use_ipvlan private ipb 10.0.0.51
 virtual_ipaddress {
  10.0.0.101
 }
 virtual_ipaddress_excluded {
  2001:db8::5/64
 }
}
vrrp_instance C {
 interface eth0
 virtual_router_id 51
 version 3
 advert_int 1
 use_ipvlan vepa
 virtual_ipaddress {
  fe80::7/64
 }
}
";

/// On this kernel, whether it has ipvlans or not: without them both stay in FAULT, and ours says
/// what to do.
fn ipvlan() -> Result<(), String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let path = folder.path().join("conf");
    fs::write(&path, IPVLANS).map_err(|error| error.to_string())?;
    let sandbox = Sandbox::new()
        .interface("eth0", "10.0.0.1/24")
        .file("/etc/conf", &path);
    let [original, ours] = Subject::BOTH.map(|subject| {
        let keepalived = subject.keepalived();
        let report = sandbox.run(&format!(
            "{} -n -l -D -f /etc/conf > /run/log 2>&1 & daemon=$!\n\
             await has 'cat /run/log' '(A).*ntering \\(FAULT\\|MASTER\\)'\n\
             await has 'cat /run/log' '(B).*ntering \\(FAULT\\|MASTER\\)'\n\
             ip -br link show type ipvlan | wc -l\n\
             ip -o -4 address show dev eth0 | grep -c 'inet '\n\
             grep -o '([ABC]): Unable to create ipvlan interface [a-z0-9.]*' /run/log\n\
             kill -TERM $daemon; wait $daemon; ip -br link show type ipvlan | wc -l\n\
             grep -q 'Unable to create' /run/log && echo \"hints: $(grep -c 'modprobe ipvlan' /run/log)\"\n",
            keepalived.display()
        ));
        report.map(|report| report.lines).map_err(|error| error.to_string())
    });
    let (mut original, mut ours) = (original?, ours?);
    let lacking = original.pop_if(|line| line.starts_with("hints")).is_some();
    let hints = ours.pop_if(|line| line.starts_with("hints"));
    if lacking != hints.is_some() || hints.is_some_and(|hints| hints != "hints: 3") {
        return Err(format!("what to do is not said: {ours:#?}"));
    }
    Differences::load().compare_lines("links/ipvlan", &original, &ours)?;
    Ok(())
}

/// All but the ipvlans: name, interface, VRID and address; what else is written.
const KINDS: [(&str, &str, u8, &str, &str); 9] = [
    ("V", "eth0.100", 51, "10.1.0.51/24", ""),
    ("VM", "eth0.100", 52, "10.1.0.52/24", " use_vmac\n"),
    ("L", "bond0", 53, "10.2.0.53/24", ""),
    ("LM", "bond0", 54, "10.2.0.54/24", " use_vmac\n"),
    ("S", "eth1", 55, "10.3.0.55/24", ""),
    ("SM", "eth1", 56, "10.3.0.56/24", " use_vmac\n"),
    (
        "D",
        "dum0",
        57,
        "10.4.0.57/24",
        " track_interface {\n  bond0\n }\n",
    ),
    ("N", "dyn0", 58, "10.9.0.58/24", ""),
    ("NM", "dyn0", 59, "10.9.0.59/24", " use_vmac\n"),
];

/// `held COUNT` waits for so many virtual addresses; `show NAME` records links and addresses,
/// without what differs from run to run.
const FUNCTIONS: &str = r###"
count() { [ "$($in ip -o address | grep -cE ' (10\.[0-9.]*\.(5[1-9]|10[01])|2001:db8::5|fe80::7)/')" = $1 ]; }
held() {
    for round in $(seq 200); do count $1 && return; sleep 0.3; done
    echo "never: $1 addresses"
}
show() {
    echo "## $1"
    for kind in macvlan ipvlan; do
        $in ip -d -o link show type $kind | sed 's/^[0-9]*: //; s/mtu.*qdisc [a-z]*//; s/ state.*group/ group/; s/qlen.*brd ff:ff:ff:ff:ff:ff//; s/ promiscuity.*vlan mode/ mode/; s/bcqueue.*//; s/numtxqueues.*//; s/link.ether [^0][^ ]*//' | tr -s ' \\' | sort
    done
    $in ip -o address | grep -v ': lo' | sed 's/^[0-9]*: //; s/valid_lft.*//; s/fe80::[0-9a-f]*:[0-9a-f:]*/fe80/' | tr -s ' \\' | sort
}
"###;

/// One after the other, each in its own network of one machine.
const BODY: &str = r###"
mkdir /run/$node; ip netns add $node; $in ip link set lo up
$in ip -batch - <<'END'
link add eth0 type veth peer name eth0p
link add eth1 type veth peer name eth1p
link add s0 type veth peer name s0p
link add s1 type veth peer name s1p
link add blue type vrf table 10
link add bond0 type bond mode active-backup miimon 20
link add dum0 type dummy
link set dum0 multicast on
link set s0 master bond0
link set s1 master bond0
link set eth1 master blue
link set eth0p up
link set eth1p up
link set s0p up
link set s1p up
link set blue up
link set eth0 up
link add link eth0 name eth0.100 type vlan id 100
link set eth0.100 up
link set bond0 up
link set eth1 up
link set dum0 up
address add 10.0.0.1/24 dev eth0
address add 10.1.0.1/24 dev eth0.100
address add 10.2.0.1/24 dev bond0
address add 10.3.0.1/24 dev eth1
address add 10.4.0.1/24 dev dum0
END
$in tcpdump -U -n -i any 'proto 112 or ip6 proto 112' > /run/$node/heard 2> /dev/null & ears=$!
TMPDIR=/run/$node $in $keepalived -n -l -G -D -f /run/conf -p /run/$node/pid -r /run/$node/vrrp.pid > /run/$node/log 2>&1 & daemon=$!
held 12; show masters
$in ip -batch - <<'END'
link add dyn0 type veth peer name dyn0p
address add 10.9.0.1/24 dev dyn0
link set dyn0p up
link set dyn0 up
END
held 14; show created
$in ip link set s0 down; $in ip link set s1 down; held 11; show "bond down"
$in ip link set s0 up; held 14
$in ip link delete dyn0; $in ip link delete eth0.100; held 10; show deleted
kill -USR1 $daemon; await grep -q 'ipvlan on' /run/$node/keepalived.data
kill -TERM $daemon; wait $daemon; kill $ears
# The original aborts here, after an interface was deleted, and leaves its links.
[ $node = original ] || $in ip -br link show | grep 'vrrp\|ipb'
grep 'i/f .*is_up = true, [it]' /run/$node/keepalived.data
grep 'ipvlan on\|vmac on' /run/$node/keepalived.data
echo '## adverts'
grep 'prio 100' /run/$node/heard | sed 's/^[0-9:.]* //; /^?/d; /10.9.0/d; /^s[01]/d; s/fe80::[0-9a-f]*:[0-9a-f:]*/fe80/' | tr -s ' ' | sort -u
"###;

fn kinds() -> Result<(), String> {
    let mut conf = format!("global_defs {{\n dynamic_interfaces\n}}\n{IPVLANS}");
    for (name, interface, vrid, address, more) in KINDS {
        let _ = write!(
            conf,
            "vrrp_instance {name} {{\n interface {interface}\n virtual_router_id {vrid}\n \
             version 3\n advert_int 1\n{more} virtual_ipaddress {{\n  {address}\n }}\n}}\n"
        );
    }
    let mut script = format!("{AWAIT}{FUNCTIONS}cat > /run/conf <<'END'\n{conf}END\n");
    for subject in Subject::BOTH {
        let node = subject.word();
        let program = subject.keepalived();
        let _ = write!(
            script,
            "node={node} in='ip netns exec {node}' keepalived={}\necho '== {node}'\n({BODY}) 2> /run/noise\n",
            program.display()
        );
    }
    script.push_str("echo '== end'; tail -n 30 /run/ours/log\n");
    let modules = [
        "veth", "macvlan", "ipvlan", "8021q", "bonding", "vrf", "dummy",
    ];
    let report = uml::run(&modules, &script, BOUND).map_err(|error| error.to_string())?;
    let text = report.text.as_str();
    let part = |node: &str| -> Option<Vec<String>> {
        let (_, rest) = text.split_once(&format!("== {node}\n"))?;
        let (part, _) = rest.split_once("== ")?;
        Some(part.lines().map(str::to_owned).collect())
    };
    let (Some(original), Some(ours)) = (part("original"), part("ours")) else {
        return Err(format!("no record in:\n{text}"));
    };
    if let Some(line) = original.iter().find(|line| line.starts_with("never")) {
        return Err(format!("the original: {line} in\n{text}"));
    }
    let differences = Differences::load();
    differences
        .compare_lines("links/kinds", &original, &ours)
        .map_err(|error| format!("{error}\n{text}"))?;
    println!("links/kinds: {} lines equal", original.len());
    Ok(())
}
