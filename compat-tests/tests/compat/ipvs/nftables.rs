//! Groups as one service for a mark. The kernel that has IPVS here has no nftables and the other way
//! round: so the IPVS table is compared with the original's, and what nftables lists with what it
//! listed for the same file (2.2.7, with an IPVS that took everything).

use compat_tests::Subject;
use compat_tests::programs::root;
use compat_tests::sandbox::Sandbox;

use super::{both, compare, read, sizes};

const FOLDER: &str = "compat-tests/tests/compat/ipvs";

/// What the reload changes: members of a group, and a group in front of another.
const CHANGE: &str = r"change() {
    sed -i 's/10.0.0.1 80/10.0.0.9 80/; s/10.0.0.3-5 81/10.0.0.4-7 81/
        s/^virtual_server_group both/virtual_server_group new {\n10.0.3.1 80\n}\n&/
        s/^virtual_server group both/virtual_server group new {\nlb_algo rr\nlb_kind NAT\n\
protocol TCP\nreal_server 10.0.9.2 80 {\n}\n}\n&/' $1
}
";

/// Issue: a service for each group, its servers checked once; marks stay over a reload.
pub(super) fn services() -> Result<(), String> {
    let configuration = read(&root().join(FOLDER).join("nftables.conf"))?;
    let body = format!(
        r"
        {CHANGE}
        $in ip address add 10.0.9.1/32 dev lo
        serve 10.0.9.1:80; victim=$pid
        $in $keepalived $options -f /run/$node/keepalived.conf > /run/$node/log 2>&1 & daemon=$!
        step start 7 '-a '
        heard 1 'success\.'
        kill $victim
        step died 6 '-a '
        change /run/$node/keepalived.conf
        kill -HUP $daemon
        step reloaded 7 '-A '
        kill -TERM $daemon; wait $daemon; echo == $node status; echo $?
        step stopped 0 '-A '
        "
    );
    let records = both(&body, &configuration)?;
    let expected = ["start", "died", "reloaded", "status", "stopped"];
    compare(&records, &expected)?;
    let lines = sizes(&records[1]);
    match lines == [13, 12, 14, 1, 0] {
        true => Ok(()),
        false => Err(format!(
            "equal, but not as the manual page has it: {lines:?}"
        )),
    }
}

/// What `script` says in `sandbox`, but for what the shell says of those that it killed. There
/// `start OPTION...` starts a `$daemon` with the groups of addresses, which `change FILE` changes.
fn play(sandbox: Sandbox, script: &str) -> Result<Vec<String>, String> {
    let folder = root().join(FOLDER);
    let sandbox = sandbox.file("/etc/it.conf", &folder.join("nftables.conf"));
    let report = sandbox.run(&format!(
        "keepalived={keepalived} listed={listed}\n{CHANGE}\n\
         start() {{ $keepalived -n -l -D \"$@\" -f /etc/it.conf >/run/log 2>&1 & daemon=$!; }}\n\
         {script}",
        keepalived = Subject::Ours.keepalived().display(),
        listed = folder.display(),
    ));
    let mut told = report.map_err(|error| error.to_string())?.lines;
    told.retain(|line| !line.contains("Killed"));
    Ok(told)
}

/// The table is as the original's, after a reload, too; it goes at the end, and what all processes
/// left that were killed goes with the next start.
pub(super) fn ruleset() -> Result<(), String> {
    let told = play(
        Sandbox::new(),
        "same() { nft -n list ruleset | diff $listed/$1.ruleset - && echo $1; }\n\
         gone() { await has_not 'nft list tables' mytable && echo gone; }\n\
         start -C\n\
         await has 'nft list ruleset' fd00:2::8; same nftables\n\
         change /etc/it.conf; kill -HUP $daemon\n\
         await has 'nft list ruleset' 10.0.3.1; same reloaded\n\
         child=$(cat /run/checkers.pid); kill -9 $child\n\
         await has 'cat /run/log' 'exited due to signal 9'\n\
         await has_not 'cat /run/checkers.pid' \"^$child\\$\"\n\
         await has 'nft list ruleset' '10.0.3.1 . 80 : 0x00000050'\n\
         kill -TERM $daemon; wait $daemon; gone\n\
         start -C\n\
         await has 'nft list ruleset' fd00:2::8\n\
         child=$(cat /run/checkers.pid); kill -STOP $daemon $child; kill -9 $daemon $child\n\
         wait $daemon 2>/run/none; nft list tables\n\
         echo > /etc/bare.conf; $keepalived -n -l -f /etc/bare.conf >/run/log 2>&1 & daemon=$!\n\
         gone; kill -TERM $daemon; wait $daemon\n",
    )?;
    let expected = [
        "nftables",
        "reloaded",
        "gone",
        "table ip mytable",
        "table ip6 mytable",
        "gone",
    ];
    match told == expected {
        true => Ok(()),
        false => Err(format!("{told:#?}")),
    }
}

/// A mark belongs to its group for as long as the daemon goes on, as whatever program: after an
/// upgrade and a restart that hands over, the group that a reload brought is not numbered before
/// those it stands in front of.
pub(super) fn kept() -> Result<(), String> {
    let told = play(
        Sandbox::new(),
        "marks() { grep -oE '[^ \t]+ \\. [0-9]+ : 0x[0-9a-f]+' | sort; }\n\
         marks < $listed/reloaded.ruleset > /run/expected\n\
         same() { nft -n list ruleset | marks | diff /run/expected - && echo $1; }\n\
         start -C; await has 'nft list ruleset' fd00:2::8\n\
         change /etc/it.conf; kill -HUP $daemon\n\
         await has 'nft list ruleset' 10.0.3.1; same reloaded\n\
         $keepalived upgrade >/run/told || cat /run/told; same upgraded\n\
         $keepalived stop --for-restart >/run/told || cat /run/told; wait $daemon\n\
         start -C; await has 'cat /run/log' 'Took over from'\n\
         await has 'cat /run/log' 'Reinitializing ipvs'\n\
         $keepalived status >/run/told; same restarted\n\
         kill -TERM $daemon; wait $daemon; nft list tables\n",
    )?;
    match told == ["reloaded", "upgraded", "restarted"] {
        true => Ok(()),
        false => Err(format!("{told:#?}")),
    }
}

/// With a sentinel, the table does not outlive a daemon of which all processes are killed.
pub(super) fn given_up() -> Result<(), String> {
    let told = play(
        Sandbox::new().interface("ens1", "10.9.9.1/24"),
        "sed -i '1a sentinel' /etc/it.conf\n\
         printf '%s\\n' 'vrrp_instance A {' 'interface ens1' 'virtual_router_id 1' \
         'virtual_ipaddress {' 10.9.9.9 } } >> /etc/it.conf\n\
         start\n\
         await has 'nft list ruleset' fd00:2::8; await has 'ip address' 10.9.9.9\n\
         await test -S /run/keepalived.watch; nft list tables\n\
         all=\"$daemon $(cat /run/checkers.pid /run/vrrp.pid)\"\n\
         kill -STOP $all; kill -9 $all; wait $daemon 2>/run/none\n\
         await has_not 'ip address' 10.9.9.9\n\
         await has_not 'nft list tables' mytable && echo gone\n\
         await test ! -e /run/keepalived.watch; ls /run/checkers.marks\n",
    )?;
    let missing = "ls: cannot access '/run/checkers.marks': No such file or directory";
    match told == ["table ip mytable", "table ip6 mytable", "gone", missing] {
        true => Ok(()),
        false => Err(format!("{told:#?}")),
    }
}
