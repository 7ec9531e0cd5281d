//! Large configurations.

use std::fmt::Write as _;

/// VRIDs of one interface.
const VRIDS: usize = 250;

/// Interfaces that [`instances`] names.
pub(crate) fn interfaces(count: usize) -> Vec<String> {
    let all = 0..count.div_ceil(VRIDS);
    all.map(|number| format!("eth{number}")).collect()
}

/// Instances with an address each.
pub(crate) fn instances(count: usize) -> String {
    let mut text = String::new();
    for number in 0..count {
        let (high, low) = (number / 250, number % 250 + 1);
        let _ = write!(
            text,
            "vrrp_instance VI_{number} {{\n    state BACKUP\n    interface eth{high}\n    \
             virtual_router_id {low}\n    priority 100\n    advert_int 1\n    virtual_ipaddress {{\n        \
             10.0.{high}.{low}/24\n    }}\n}}\n"
        );
    }
    text
}

/// Virtual servers with one real server each.
pub(crate) fn services(count: usize) -> String {
    let mut text = String::new();
    for number in 0..count {
        let (high, low) = (number / 250, number % 250 + 1);
        let _ = write!(
            text,
            "virtual_server 10.1.{high}.{low} 80 {{\n    delay_loop 6\n    lb_algo rr\n    lb_kind NAT\n    \
             protocol TCP\n    real_server 10.2.{high}.{low} 80 {{\n        weight 1\n        TCP_CHECK {{\n            \
             connect_timeout 3\n        }}\n    }}\n}}\n"
        );
    }
    text
}

/// The manual's example of sequences with this many bonds of 32 VLANs and 254 instances each.
pub(crate) fn sequences(bonds: usize) -> String {
    let manual = include_str!("../../../grammar/tests/keepalived_cases/manual_sequence.conf");
    manual.replace("~SEQ(IF,0,7)", &format!("~SEQ(IF,0,{})", bonds - 1))
}

/// Interfaces that [`sequences`] names.
pub(crate) fn bonds() -> Vec<String> {
    let all = (0..8).flat_map(|bond| (0..32).map(move |vlan| (bond, vlan)));
    all.map(|(bond, vlan)| format!("bond{bond}.{vlan}"))
        .collect()
}
