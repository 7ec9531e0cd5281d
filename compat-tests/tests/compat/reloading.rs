//! How others follow reloads and ask for them, and what the processes are called.

use std::fs;

use compat_tests::Subject;
use compat_tests::sandbox::Sandbox;
use libtest_mimic::Trial;

use crate::clock::scenario;

pub(crate) fn trials() -> Vec<Trial> {
    vec![scenario("reloading::files_and_names".to_owned(), files)]
}

const CONF: &str = "\
global_defs {
 process_names
 process_name first
 reload_file /run/reading
 reload_time_file /run/at
}
vrrp_instance A {
 interface eth9
 virtual_router_id 51
 priority 255
 virtual_ipaddress {
  10.77.0.101
 }
}
";

/// A reload that is asked for with a marker, then one at a certain time.
const SCRIPT: &str = r#"
address() { await has 'ip -o address show dev eth9' $1 && echo $1 is there; }
gone() { await [ ! -e $1 ] && echo $1 is gone; }
called() { await has "cat /proc/$1/comm" "^$2$" && echo $2; }
$keepalived -n -P -f /etc/reloading.conf -p /run/p.pid -r /run/v.pid > /run/log 2>&1 & daemon=$!
address 10.77.0.101
called $daemon first; called $(cat /run/v.pid) keepalived_vrrp
sed -i 's/10.77.0.101/&\n10.77.0.102/; s/process_name first/process_name second/' /etc/reloading.conf
echo full > /run/reading
kill -HUP $daemon
gone /run/reading
address 10.77.0.102
called $daemon second; called $(cat /run/v.pid) keepalived_vrrp
sed -i 's/10.77.0.101/&\n10.77.0.103/' /etc/reloading.conf
date -u -d '+8 seconds' '+%Y-%m-%d %H:%M:%SZ' > /run/at.new; mv /run/at.new /run/at
address 10.77.0.103
gone /run/at
kill -TERM $daemon; wait $daemon; echo status $?
"#;

fn files() -> Result<(), String> {
    let [original, ours] = Subject::BOTH.map(run);
    let (original, ours) = (original?, ours?);
    if original.len() != 10 || original != ours {
        return Err(format!("original {original:#?}\nours {ours:#?}"));
    }
    println!("reloading::files_and_names: {} lines equal", ours.len());
    Ok(())
}

fn run(subject: Subject) -> Result<Vec<String>, String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let file = folder.path().join("conf");
    fs::write(&file, CONF).map_err(|error| error.to_string())?;
    let sandbox = Sandbox::new()
        .interface("eth9", "10.77.0.1/24")
        .file("/etc/reloading.conf", &file);
    let program = subject.keepalived();
    let report = sandbox.run(&format!("keepalived={}\n{SCRIPT}", program.display()));
    Ok(report.map_err(|error| error.to_string())?.lines)
}
