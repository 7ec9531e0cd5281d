//! Virtual services in the kernel's IPVS table, as `ipvsadm` shows it: the same as with Debian's
//! keepalived at every step. Both run at once in one user-mode Linux, each in its own network.

mod nftables;
mod told;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use compat_tests::Subject;
use compat_tests::programs::{built, root};
use compat_tests::uml;
use libtest_mimic::Trial;

use crate::clock::scenario;

/// For a machine's whole run; a step inside has 40 s.
const BOUND: Duration = Duration::from_secs(240);

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        scenario("ipvs::article_004".to_owned(), article),
        scenario("ipvs::kinds_of_services".to_owned(), kinds),
        scenario("ipvs::who_is_told".to_owned(), told::scenario),
        scenario("ipvs::article_004_failover".to_owned(), failover),
        scenario("ipvs::nftables_services".to_owned(), nftables::services),
        scenario("ipvs::nftables_ruleset".to_owned(), nftables::ruleset),
        scenario("ipvs::nftables_kept".to_owned(), nftables::kept),
        scenario("ipvs::nftables_given_up".to_owned(), nftables::given_up),
    ]
}

/// Shell functions of every scenario. `step NAME COUNT PATTERN` waits until so many lines of the
/// table match, then records it; a table that does not come is recorded as it is. `table NAME`
/// waits for exactly the table of `ipvs/NAME.table`: where many checks end in any order, a count of
/// lines can also fit a table on the way there.
const FUNCTIONS: &str = r#"
serve() { # ADDRESS...: servers in the background, listening when this returns
    mkfifo /run/$node/ready.$1
    $in $stand_in serve $(printf 'api=%s ' "$@") > /run/$node/ready.$1 & pid=$!
    read ready < /run/$node/ready.$1
    rm /run/$node/ready.$1
}
step() {
    for try in $(seq 200); do
        $in ipvsadm -Sn > /run/$node/table
        [ "$(grep -c -e "$3" /run/$node/table)" = "$2" ] && break
        sleep 0.2
    done
    echo "== $node $1"
    cat /run/$node/table
}
table() {
    for try in $(seq 200); do
        $in ipvsadm -Sn > /run/$node/table
        cmp -s /run/$node/table $tables/$1.table && break
        sleep 0.2
    done
    echo "== $node $1"
    cat /run/$node/table
}
heard() { # COUNT PATTERN: waits until so many lines of the log match
    for try in $(seq 200); do
        [ "$(grep -c -e "$2" /run/$node/log)" -ge "$1" ] && break
        sleep 0.2
    done
}
phrases() { # what people grep for, without times and causes
    echo "== $node phrases"
    grep -oE "$1" /run/$node/log | sort
}
"#;

/// Phrases of the log that must be the same, whatever their order: what checks found,
const VERDICTS: &str = "TCP connection to [^ ]* success\\.|\
    TCP_CHECK on service [^ ]* failed( after [0-9]+ retries)?\\.";
/// what was done about it,
const MOVES: &str = "(Adding|Removing|Enabling|Disabling|Shutting down) \
    (\\(inhibited\\) )?(sorry|alive|service|Virtual) .*|service .* no longer exist";
/// and the weights that decided on the quorum (where they do not hang on who is checked first).
const QUORUM: &str = "(Gained|Lost) quorum .*";

/// Runs `body` for both subjects at once in a machine, and returns their records: step names with
/// what was printed, per subject.
fn both(body: &str, configuration: &str) -> Result<[Vec<(String, String)>; 2], String> {
    let mut script = format!(
        "stand_in={}\ntables={}\n{FUNCTIONS}\ncat > /run/keepalived.conf <<'END'\n{configuration}\nEND\n",
        built("stand-in").display(),
        root().join("compat-tests/tests/compat/ipvs").display()
    );
    for subject in Subject::BOTH {
        let node = subject.word();
        let program = subject.keepalived();
        let _ = writeln!(
            script,
            "(node={node} in='ip netns exec {node}' keepalived={}\n\
             mkdir /run/$node\ncp /run/keepalived.conf /run/$node/\nip netns add $node\n$in ip link set lo up\n\
             options=\"-n -l -D -C -p /run/$node/pid -c /run/$node/checkers.pid\"\n\
             {body}\n) > /run/{node}.record 2>&1 &",
            program.display()
        );
    }
    script.push_str("wait\ncat /run/original.record /run/ours.record\n");
    let modules = [
        "ip_vs",
        "ip_vs_rr",
        "ip_vs_wlc",
        "ip_vs_wrr",
        "ip_vs_sh",
        "veth",
    ];
    let report = uml::run(&modules, &script, BOUND).map_err(|error| error.to_string())?;
    let records = Subject::BOTH.map(|subject| steps(&report.text, subject.word()));
    if records.iter().any(Vec::is_empty) {
        return Err(format!("no record in:\n{}", report.text));
    }
    Ok(records)
}

fn steps(text: &str, node: &str) -> Vec<(String, String)> {
    text.split("== ")
        .filter_map(|part| {
            let (title, body) = part.split_once('\n')?;
            let name = title.strip_prefix(node)?.trim();
            Some((name.to_owned(), body.to_owned()))
        })
        .collect()
}

/// Lines of each step.
fn sizes(records: &[(String, String)]) -> Vec<usize> {
    let lines = |(_, text): &(String, String)| text.lines().count();
    records.iter().map(lines).collect()
}

/// Both records are equal, and those steps are there.
fn compare(records: &[Vec<(String, String)>; 2], expected: &[&str]) -> Result<(), String> {
    let [original, ours] = records;
    let names: Vec<&str> = original.iter().map(|(name, _)| name.as_str()).collect();
    if names != expected {
        return Err(format!("steps {names:?} instead of {expected:?}"));
    }
    let ours: BTreeMap<_, _> = ours.iter().cloned().collect();
    let mut problems = String::new();
    for (name, theirs) in original {
        let mine = ours.get(name).map_or("(no such step)", String::as_str);
        if mine != theirs {
            let _ = writeln!(problems, "{name}: original\n{theirs}ours\n{mine}");
        }
    }
    if problems.is_empty() {
        Ok(())
    } else {
        Err(problems)
    }
}

/// Issue: after start, after one real server died, after it returned, after TERM.
fn article() -> Result<(), String> {
    let file = root().join(
        "examples-conf/articles/004-kubernetes-nginx/run-virtual-server/master-1/etc/keepalived/\
         keepalived.conf",
    );
    let configuration = read(&file)?;
    let body = format!(
        r"
        $in ip link add ens160 type veth peer name peer
        $in ip address add 192.168.1.25/24 dev ens160
        $in ip address add 192.168.1.26/32 dev lo
        $in ip address add 192.168.1.27/32 dev lo
        $in ip link set ens160 up; $in ip link set peer up
        serve 192.168.1.25:6443
        serve 192.168.1.27:6443
        serve 192.168.1.26:6443; victim=$pid
        $in $keepalived $options -f /run/$node/keepalived.conf > /run/$node/log 2>&1 & daemon=$!
        step start 3 '-r 192.168.1.2[567]:6443 -m'
        heard 3 'success\.'
        kill $victim
        step died 2 '-a '
        serve 192.168.1.26:6443
        step returned 3 '-a '
        kill -TERM $daemon; wait $daemon; echo == $node status; echo $?
        step stopped 0 '-A '
        phrases '{VERDICTS}|{MOVES}|{QUORUM}'
        "
    );
    let records = both(&body, &configuration)?;
    let expected = ["start", "died", "returned", "status", "stopped", "phrases"];
    compare(&records, &expected)?;
    let lines = sizes(&records[1]);
    if lines[..5] != [4, 3, 4, 1, 0] {
        return Err(format!("equal, but not as the article wants: {lines:?}"));
    }
    Ok(())
}

fn kinds() -> Result<(), String> {
    let configuration = read(&root().join("compat-tests/tests/compat/ipvs/kinds.conf"))?;
    let body = format!(
        r"
        for last in 1 2 3 4 5 6; do $in ip address add 10.0.0.$last/32 dev lo; done
        $in ip address add fd00::1/128 dev lo nodad
        serve 10.0.0.1:80 10.0.0.4:80 10.0.0.5:80 [fd00::1]:80
        serve 10.0.0.2:80; victim=$pid
        $in $keepalived $options -f /run/$node/keepalived.conf > /run/$node/log 2>&1 & daemon=$!
        table start
        heard 10 'success\.'
        kill $victim
        table died
        serve 10.0.0.2:80 10.0.0.3:80
        table returned
        sed -i 's/weight 7/weight 9/; s/10.0.0.5 53/10.0.0.6 53/; s/lb_algo wrr/lb_algo rr/' \
            /run/$node/keepalived.conf
        kill -HUP $daemon
        table reloaded
        kill -TERM $daemon; wait $daemon; echo == $node status; echo $?
        step stopped 0 '-A '
        phrases '{VERDICTS}|{MOVES}'
        "
    );
    let records = both(&body, &configuration)?;
    let expected = [
        "start", "died", "returned", "reloaded", "status", "stopped", "phrases",
    ];
    compare(&records, &expected)
}

/// The whole daemon with its virtual_server, in the lab, in every combination of ours and the
/// original: the service is there on both nodes, and gone where the daemon is stopped.
fn failover() -> Result<(), String> {
    let article = root().join("examples-conf/articles/004-kubernetes-nginx");
    let nodes = article.join("run-virtual-server");
    // Starting a shell can take longer here than the second that the file leaves the script,
    // which runs once: this is not about checks, and a busy machine must not fail one.
    let mut script = format!(
        "mkdir /run/tmp; export TMPDIR=/run/tmp\n\
         for node in master-1 master-2; do\n\
         cp -r {}/$node /run/tmp/\n\
         printf '#!/bin/sh\\nexit 0\\n' > /run/tmp/$node/etc/nginxkeepalived.sh\n\
         sed -i 's|^ *script .*|&\\n    timeout 30\\n    interval 600|' \
         /run/tmp/$node/etc/keepalived/keepalived.conf\n\
         done\n",
        nodes.display()
    );
    let casts = [
        "--original all",
        "",
        "--original master-2",
        "--original master-1",
    ];
    for cast in casts {
        let _ = writeln!(
            script,
            "{} lab {cast} --script {} /run/tmp/master-1 /run/tmp/master-2 > /run/timeline && \
             echo held || {{ echo 'cast: {cast}'; cat /run/timeline; }}",
            built("keepalived-rs").display(),
            root()
                .join("compat-tests/tests/compat/ipvs/failover.lab")
                .display(),
        );
    }
    let modules = ["ip_vs", "ip_vs_rr", "veth", "bridge", "overlay"];
    let report = uml::run(&modules, &script, BOUND).map_err(|error| error.to_string())?;
    if report.text == "held\n".repeat(casts.len()) {
        Ok(())
    } else {
        Err(report.text)
    }
}

fn read(file: &PathBuf) -> Result<String, String> {
    std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))
}
