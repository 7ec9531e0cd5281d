//! What a new configuration may replace.

use plan::keepalived::reload::verdict;

use super::{instance, planned};

#[test]
fn what_a_reload_may_do() {
    let old = instance("");
    let two = format!(
        "{old}vrrp_instance W {{\n interface eth1\n virtual_router_id 6\n virtual_ipaddress {{\n 192.0.2.7\n 192.0.2.6\n }}\n}}\n"
    );
    let refused = |old: &str, new: &str| {
        let (old, new) = (planned(old), planned(new));
        let refused = verdict(&old, &new).err();
        refused.map(|problem| problem.keepalived_line(&new.sources))
    };
    assert_eq!(refused(&two, &old), None, "removed on purpose");
    assert_eq!(refused(&two, &two.replace("192.0.2.6\n", "")), None);
    let misspelt = two.replace("W {\n", "W {\n stat BACKUP\n");
    assert_eq!(refused(&two, &misspelt), None, "nothing is lost by it");
    let lost = two.replace("192.0.2.6\n", "192.0.2.666\n");
    insta::assert_snapshot!(
        refused(&two, &lost).expect("an address is lost"),
        @"(k.conf: Line 14) VRRP parsed invalid IP 192.0.2.666. skipping IP...; 192.0.2.6 of vrrp_instance W would be lost"
    );
    assert_eq!(
        refused(&lost, &lost),
        None,
        "the running file has that problem, too"
    );
    let broken = two.replace("192.0.2.9\n }", "192.0.2.9\n");
    insta::assert_snapshot!(
        refused(&two, &broken).expect("a brace is missing"),
        @"(k.conf: Line 9) There are 1 missing '}'s or extra '{'s"
    );
    let strict = format!("global_defs {{\n reload_check_config\n}}\n{misspelt}");
    assert!(refused(&two, &strict).is_some());
}
