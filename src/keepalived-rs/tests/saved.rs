//! `config_save_dir`: what was read at the start and at each reload stays to be looked at.

mod net;

use std::process::Command;

use net::{PROGRAM, Pair, can_run, instance, until};

#[test]
fn each_reading_leaves_a_configuration_that_means_the_same() {
    if !can_run() {
        return;
    }
    let pair = Pair::new();
    let saved = pair.a.file("saved");
    let with = |priority| {
        let instance = instance(priority, &["192.0.2.100/24"], "");
        let directory = saved.display();
        format!("global_defs {{\n config_save_dir {directory}\n}}\n{instance}")
    };
    pair.a.write("keepalived.conf", &with(100));
    let mut daemon = pair.a.start();
    let copy = |number: u32| {
        let name = format!("keepalived.conf.{}.{number}", daemon.child.id());
        until(&name, || {
            let text = std::fs::read_to_string(saved.join(&name)).ok()?;
            text.ends_with("}\n!\n")
                .then_some((saved.join(&name), text))
        })
    };
    let (first, text) = copy(0);
    assert!(text.contains("priority 100\n"), "{text}");
    // It can be run in the place of the original.
    let mut test = pair.a.command(PROGRAM);
    let test = test.arg("-t").arg("-f").arg(first).status();
    assert!(test.expect("tested").success());
    pair.a.write("keepalived.conf", &with(110));
    daemon.signal(nix::libc::SIGHUP);
    let (second, text) = copy(1);
    assert!(text.contains("priority 110\n"), "{text}");
    for (when, priority) in [("pre", 100), ("post", 110)] {
        let state = until(when, || {
            let files = std::fs::read_dir(&saved).ok()?.flatten();
            let mut paths = files.map(|file| file.path());
            let ending = format!(".1.{when}");
            paths.find(|path| path.to_string_lossy().ends_with(&ending))
        });
        let text = std::fs::read_to_string(state).expect("read");
        assert!(
            text.contains(&format!("   Priority = {priority}\n")),
            "{text}"
        );
    }
    let shown = Command::new("stat").arg("-c%a").arg(second).output();
    assert_eq!(shown.expect("stat").stdout, b"600\n");
    assert_eq!(daemon.stop(), 0);
}
