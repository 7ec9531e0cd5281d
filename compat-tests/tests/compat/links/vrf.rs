//! An instance without an interface, whose peer is reached by the routes of a VRF: what another
//! network with the same addresses says does not count, and nothing is said there. Debian's
//! keepalived (2.2.7) refuses such an instance, although its manual page has it; ours acts as it
//! does where the interface in that VRF is named.

use std::fmt::Write as _;
use std::time::Duration;

use compat_tests::Subject;
use compat_tests::uml;

use super::AWAIT;

/// For the machine's whole run.
const BOUND: Duration = Duration::from_secs(300);

/// `peer PRIORITY` is the configuration of somebody with the peer's address.
const FUNCTIONS: &str = r###"
peer() {
    cat <<END
vrrp_instance U {
 interface eth0
 virtual_router_id 61
 priority $1
 unicast_src_ip 10.3.0.2
 unicast_peer {
  10.3.0.1
 }
 virtual_ipaddress {
  10.3.0.61/24
 }
}
END
}
# Somebody in a network: NETWORK PRIORITY
somebody() {
    peer $2 > /run/$1.conf
    TMPDIR=/run/$node ip netns exec $1 /usr/sbin/keepalived -n -l -G -D -P -f /run/$1.conf -p /run/$1.pid -r /run/$1.vrrp > /run/$1.log 2>&1 &
}
show() {
    echo "## $1"
    $in ip -o address show to 10.3.0.61 | sed 's/^[0-9]*: //; s/valid_lft.*//' | tr -s ' \\'
    $in ip route show table 10 | grep 10.77
    $in ip route show | grep 10.77
}
heard() { [ $(grep -c "^[0-9:.]* $1 .*prio $2" /run/$node/heard) -ge $3 ]; }
"###;

/// One after the other, each in its own networks of one machine.
const BODY: &str = r###"
mkdir /run/$node; for net in $node in$node out$node; do ip netns add $net; ip -n $net link set lo up; done
for net in in$node out$node; do
    side=$([ $net = in$node ] && echo eth1 || echo eth0)
    $in ip link add $side type veth peer name eth0 netns $net
    ip -n $net address add 10.3.0.2/24 dev eth0; ip -n $net link set eth0 up
done
$in ip -batch - <<'END'
link add blue type vrf table 10
link set blue up
link set eth1 master blue
link set eth0 up
link set eth1 up
address add 10.3.0.1/24 dev eth0
address add 10.3.0.1/24 dev eth1
END
$in tcpdump -U -n -i any 'proto 112' > /run/$node/heard 2> /dev/null & ears=$!
sed "$by" /run/conf > /run/$node/conf
$in $keepalived -n -l -G -D -P -f /run/$node/conf -p /run/$node/pid -r /run/$node/vrrp.pid > /run/$node/log 2>&1 & daemon=$!
await has "$in ip route show table 10" 10.77; await heard 'eth1 *Out' 100 2; show master
somebody out$node 200; await heard 'eth0 *In' 200 4; show "master whatever is said outside"
somebody in$node 150; await heard 'eth1 *In' 150 2; await has_not "$in ip address" 10.3.0.61; show backup
kill -TERM $(cat /run/in$node.pid); await has "$in ip route show table 10" 10.77; show "master again"
kill -TERM $daemon; wait $daemon; show end
kill -TERM $(cat /run/out$node.pid); kill $ears
echo '## adverts'
grep -w Out /run/$node/heard | sed 's/^[0-9:.]* //' | tr -s ' ' | sort -u
"###;

const CONF: &str = "\
vrrp_instance U {
 vrf blue
 virtual_router_id 61
 priority 100
 unicast_src_ip 10.3.0.1
 unicast_peer {
  10.3.0.2
 }
 virtual_ipaddress {
  10.3.0.61/24 dev eth1
 }
 virtual_routes {
  10.77.0.0/24 via 10.3.0.2 dev eth1 vrf blue
 }
}
";

pub(super) fn scenario() -> Result<(), String> {
    let mut script = format!("{AWAIT}{FUNCTIONS}cat > /run/conf <<'END'\n{CONF}END\n");
    for subject in Subject::BOTH {
        let by = match subject {
            Subject::Original => "s/^ vrf blue/ interface eth1/",
            Subject::Ours => "",
        };
        let node = subject.word();
        let program = subject.keepalived();
        let _ = write!(
            script,
            "node={node} in='ip netns exec {node}' keepalived={} by='{by}'\necho '== {node}'\n({BODY}) 2> \
             /run/noise\n",
            program.display()
        );
    }
    script.push_str("echo '== end'; tail -n 30 /run/ours/log /run/original/log\n");
    let report = uml::run(&["veth", "vrf"], &script, BOUND).map_err(|error| error.to_string())?;
    let text = report.text.as_str();
    let mut parts = text.split("== ").skip(1);
    let mut part = || parts.next().and_then(|part| part.split_once('\n'));
    let (Some((_, original)), Some((_, ours))) = (part(), part()) else {
        return Err(format!("no record in:\n{text}"));
    };
    let held = original.matches("eth1 inet 10.3.0.61/24").count();
    let routed = original
        .matches("10.77.0.0/24 via 10.3.0.2 dev eth1")
        .count();
    let said = original
        .matches("eth1 Out IP 10.3.0.1 > 10.3.0.2: VRRPv2")
        .count();
    if original == ours && (held, routed) == (3, 3) && said >= 1 && !original.contains("never") {
        return Ok(());
    }
    Err(text.to_owned())
}
