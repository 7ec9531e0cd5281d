//! `global_defs`, root keywords and `vrrp_script`.

use crate::Proof;
use crate::peers::{Heard, PEER};

pub(super) const NODE: &str = "\
global_defs {
 @
}
vrrp_instance A {
 interface eth0
 virtual_router_id 51
 priority 100
 virtual_ipaddress {
  192.0.2.100
 }
}
";
const NODE_IPV6: &str = "\
global_defs {
 @
}
vrrp_instance A {
 interface eth0
 virtual_router_id 51
 version 3
 virtual_ipaddress {
  fe80::100
 }
}
";
const NODE_UNICAST: &str = "\
global_defs {
 @
}
vrrp_instance A {
 interface eth0
 virtual_router_id 51
 priority 100
 unicast_peer {
  192.0.2.20
 }
 virtual_ipaddress {
  192.0.2.100
 }
}
";
const NODE_NOTIFIED: &str = "\
global_defs {
 @
}
vrrp_instance A {
 interface eth0
 virtual_router_id 51
 priority 100
 virtual_ipaddress {
  192.0.2.100
 }
 notify /usr/bin/true
}
";
const SCRIPT: &str = "\
vrrp_script flap {
 script /usr/bin/true
 interval 2
 @
}
vrrp_instance A {
 interface eth0
 virtual_router_id 51
 priority 100
 virtual_ipaddress {
  192.0.2.100
 }
 track_script {
  flap
 }
}
";
const SLOW: &str = "\
vrrp_script slow {
 script /usr/bin/true
 interval 2
 @
}
vrrp_instance A {
 interface eth0
 virtual_router_id 51
 priority 100
 virtual_ipaddress {
  192.0.2.100
 }
 track_script {
  slow
 }
}
";

pub(super) const PROOFS: &[Proof] = &[
    Proof {
        row: "root/global_defs",
        base: "@\nvrrp_instance A {\n interface eth0\n virtual_router_id 51\n priority 100\n virtual_ipaddress {\n  192.0.2.100\n }\n}\n",
        without: "",
        with: "global_defs {\n router_id elsewhere\n}",
        heard: &[],
        sees: &["+ reports name elsewhere"],
    },
    Proof {
        row: "root/vrrp_instance",
        base: "@",
        without: "",
        with: "vrrp_instance A {\n interface eth0\n virtual_router_id 51\n priority 100\n virtual_ipaddress {\n  192.0.2.100\n }\n}\n",
        heard: &[],
        sees: &["+ advert 192.0.2.10 to 224.0.0.18"],
    },
    Proof {
        row: "root/vrrp_script",
        base: "@\nvrrp_instance A {\n interface eth0\n virtual_router_id 51\n priority 100\n virtual_ipaddress {\n  192.0.2.100\n }\n track_script {\n  flap\n }\n}\n",
        without: "",
        with: "vrrp_script flap {\n script /usr/bin/true\n}",
        heard: &[],
        sees: &["+ runs [/usr/bin/true]"],
    },
    Proof {
        row: "root/virtual_server",
        base: "@",
        without: "",
        with: "virtual_server 192.0.2.100 80 {\n lb_algo rr\n lb_kind NAT\n real_server 192.0.2.1 80 {\n }\n}",
        heard: &[],
        sees: &["+ AddService"],
    },
    Proof {
        row: "root/virtual_server_group",
        base: "@\nvirtual_server group G {\n lb_algo rr\n lb_kind NAT\n real_server 192.0.2.1 80 {\n }\n}",
        without: "",
        with: "virtual_server_group G {\n 192.0.2.100 80\n}",
        heard: &[],
        sees: &["+ AddService"],
    },
    Proof {
        row: "root/instance",
        base: "@\nvrrp_instance A {\n interface eth0\n virtual_router_id 51\n priority 100\n virtual_ipaddress {\n  192.0.2.100\n }\n}\n",
        without: "",
        with: "instance edge",
        heard: &[],
        sees: &["+ vrrp_edge.pid"],
    },
    Proof {
        row: "root/use_pid_dir",
        base: "@\nvrrp_instance A {\n interface eth0\n virtual_router_id 51\n priority 100\n virtual_ipaddress {\n  192.0.2.100\n }\n}\n",
        without: "",
        with: "use_pid_dir",
        heard: &[],
        sees: &["+ /run/keepalived/vrrp.pid"],
    },
    Proof {
        row: "root/child_wait_time",
        base: "@\nvrrp_instance A {\n interface eth0\n virtual_router_id 51\n priority 100\n virtual_ipaddress {\n  192.0.2.100\n }\n}\n",
        without: "",
        with: "child_wait_time 9",
        heard: &[],
        sees: &["+ children get 9s"],
    },
    Proof {
        row: "global_defs/data_use_instance",
        base: "instance edge\nglobal_defs {\n @\n}\nvrrp_instance A {\n interface eth0\n virtual_router_id 51\n priority 100\n virtual_ipaddress {\n  192.0.2.100\n }\n}\n",
        without: "",
        with: "data_use_instance",
        heard: &[],
        sees: &["+ Data is dumped to /tmp/keepalived.edge.data"],
    },
    Proof {
        row: "global_defs/state_dump_file",
        base: NODE,
        without: "",
        with: "state_dump_file /run/state",
        heard: &[],
        sees: &["+ Data is dumped to /run/state"],
    },
    Proof {
        row: "global_defs/stats_dump_file",
        base: NODE,
        without: "",
        with: "stats_dump_file /run/",
        heard: &[],
        sees: &["+ Stats is dumped to /run/keepalived.stats"],
    },
    Proof {
        row: "global_defs/json_dump_file",
        base: NODE,
        without: "",
        with: "json_dump_file k.json",
        heard: &[],
        sees: &["+ Json is dumped to /tmp/k.json"],
    },
    Proof {
        row: "global_defs/json_version",
        base: NODE,
        without: "",
        with: "json_version 2",
        heard: &[],
        sees: &["+ JSON is dumped in shape 2"],
    },
    Proof {
        row: "global_defs/router_id",
        base: NODE,
        without: "",
        with: "router_id elsewhere",
        heard: &[],
        sees: &["+ reports name elsewhere"],
    },
    Proof {
        row: "global_defs/script_user",
        base: NODE_NOTIFIED,
        without: "",
        with: "script_user www-data",
        heard: &[],
        sees: &["+ as Some((33, 33))"],
    },
    Proof {
        row: "global_defs/enable_script_security",
        base: "global_defs {\n @\n}\nvrrp_instance A {\n interface eth0\n virtual_router_id 51\n priority 100\n virtual_ipaddress {\n  192.0.2.100\n }\n notify /srv/open/told\n}\n",
        without: "script_user root",
        with: "script_user root\n enable_script_security",
        heard: &[],
        sees: &["- notifies"],
    },
    Proof {
        row: "global_defs/reload_check_config",
        base: NODE,
        without: "",
        with: "reload_check_config",
        heard: &[],
        sees: &["+ a reload is checked first: true"],
    },
    Proof {
        row: "global_defs/vrrp_version",
        base: NODE,
        without: "",
        with: "vrrp_version 3",
        heard: &[],
        sees: &["+ v3 interval 100 cs"],
    },
    Proof {
        row: "global_defs/vrrp_mcast_group4",
        base: NODE,
        without: "",
        with: "vrrp_mcast_group4 224.0.0.99",
        heard: &[],
        sees: &["+ to 224.0.0.99"],
    },
    Proof {
        row: "global_defs/vrrp_mcast_group6",
        base: NODE_IPV6,
        without: "",
        with: "vrrp_mcast_group6 ff02::99",
        heard: &[],
        sees: &["+ to ff02::99"],
    },
    Proof {
        row: "global_defs/vrrp_garp_master_delay",
        base: NODE,
        without: "",
        with: "vrrp_garp_master_delay 2",
        heard: &[],
        sees: &["+ Announce"],
    },
    Proof {
        row: "global_defs/vrrp_garp_master_repeat",
        base: NODE,
        without: "",
        with: "vrrp_garp_master_repeat 3",
        heard: &[],
        sees: &["+ Announce … repeat: 3"],
    },
    Proof {
        row: "global_defs/vrrp_garp_master_refresh",
        base: NODE,
        without: "",
        with: "vrrp_garp_master_refresh 10",
        heard: &[],
        sees: &["+ Announce … repeat: 1"],
    },
    Proof {
        row: "global_defs/vrrp_garp_master_refresh_repeat",
        base: "global_defs {\n vrrp_garp_master_refresh 10\n @\n}\nvrrp_instance A {\n interface eth0\n virtual_router_id 51\n priority 100\n virtual_ipaddress {\n  192.0.2.100\n }\n}\n",
        without: "",
        with: "vrrp_garp_master_refresh_repeat 4",
        heard: &[],
        sees: &["+ Announce … repeat: 4"],
    },
    Proof {
        row: "global_defs/vrrp_garp_lower_prio_delay",
        base: NODE,
        without: "",
        with: "vrrp_garp_lower_prio_delay 2",
        heard: &[Heard {
            until: 20_500,
            priority: 50,
            ..PEER
        }],
        sees: &["+ 22.000 Announce"],
    },
    Proof {
        row: "global_defs/vrrp_garp_lower_prio_repeat",
        base: NODE,
        without: "",
        with: "vrrp_garp_lower_prio_repeat 9",
        heard: &[Heard {
            until: 20_500,
            priority: 50,
            ..PEER
        }],
        sees: &["+ 20.000 Announce … repeat: 9"],
    },
    Proof {
        row: "global_defs/compat_timing",
        base: NODE,
        without: "",
        with: "compat_timing",
        heard: &[Heard {
            until: 20_500,
            priority: 50,
            ..PEER
        }],
        sees: &["- 20.100 Announce"],
    },
    Proof {
        row: "global_defs/vrrp_min_garp",
        base: NODE,
        without: "",
        with: "vrrp_min_garp",
        heard: &[],
        sees: &["+ Announce … repeat: 1"],
    },
    Proof {
        row: "global_defs/vrrp_down_timer_adverts",
        base: NODE,
        without: "",
        with: "vrrp_down_timer_adverts 9",
        heard: &[],
        sees: &["+ 9.6"],
    },
    Proof {
        row: "global_defs/vrrp_lower_prio_no_advert",
        base: NODE,
        without: "",
        with: "vrrp_lower_prio_no_advert",
        heard: &[Heard {
            priority: 50,
            ..PEER
        }],
        sees: &["- 20.000 advert"],
    },
    Proof {
        row: "global_defs/vrrp_higher_prio_send_advert",
        base: NODE,
        without: "",
        with: "vrrp_higher_prio_send_advert",
        heard: &[PEER],
        sees: &["+ 20.000 advert"],
    },
    Proof {
        row: "global_defs/vrrp_check_unicast_src",
        base: NODE_UNICAST,
        without: "",
        with: "vrrp_check_unicast_src",
        heard: &[Heard {
            source: "192.0.2.66",
            ..PEER
        }],
        sees: &["+ UnknownPeer"],
    },
    Proof {
        row: "global_defs/vrrp_skip_check_adv_addr",
        base: NODE,
        without: "",
        with: "vrrp_skip_check_adv_addr",
        heard: &[Heard {
            from: 1_000,
            priority: 200,
            addresses: &["192.0.2.100", "192.0.2.101"],
            ..PEER
        }],
        sees: &["- AddressList"],
    },
    Proof {
        row: "global_defs/vrrp_startup_delay",
        base: NODE,
        without: "",
        with: "vrrp_startup_delay 4",
        heard: &[],
        sees: &["+ silent for 4s"],
    },
    Proof {
        row: "global_defs/dynamic_interfaces",
        base: "global_defs {\n @\n}\nvrrp_instance A {\n interface eth7\n virtual_router_id 51\n priority 100\n virtual_ipaddress {\n  192.0.2.100\n }\n}\n",
        without: "",
        with: "dynamic_interfaces",
        heard: &[],
        sees: &["+ advert … by eth7"],
    },
    Proof {
        row: "global_defs/default_interface",
        base: "global_defs {\n @\n}\nvrrp_instance A {\n unicast_src_ip 192.0.2.10\n unicast_peer {\n  192.0.2.20\n }\n virtual_router_id 51\n virtual_ipaddress {\n  192.0.2.100\n }\n}\n",
        without: "",
        with: "default_interface eth1",
        heard: &[],
        sees: &["+ adds … eth1"],
    },
    Proof {
        row: "global_defs/include_check",
        base: "global_defs {\n @\n}\nvrrp_instance A {\n interface eth0\n virtual_router_id 51\n priority 100\n virtual_ipaddress {\n  192.0.2.100\n }\n}\ninclude nothing-*.conf\n",
        without: "",
        with: "include_check",
        heard: &[],
        sees: &["+ a test ends with 6"],
    },
    Proof {
        row: "global_defs/random_seed",
        base: "global_defs {\n @\n}\nvrrp_instance A {\n interface eth0\n virtual_router_id 51\n priority ${_RANDOM 1 254}\n virtual_ipaddress {\n  192.0.2.100\n }\n}\n",
        without: "",
        with: "random_seed 3",
        heard: &[],
        sees: &["+ advert … vrid 51"],
    },
    Proof {
        row: "vrrp_script/script",
        base: "vrrp_script flap {\n @\n interval 2\n}\nvrrp_instance A {\n interface eth0\n virtual_router_id 51\n priority 100\n virtual_ipaddress {\n  192.0.2.100\n }\n track_script {\n  flap\n }\n}\n",
        without: "script /usr/bin/true",
        with: "script \"/usr/bin/look here\"",
        heard: &[],
        sees: &["+ runs [/usr/bin/look here]"],
    },
    Proof {
        row: "vrrp_script/interval",
        base: "vrrp_script flap {\n script /usr/bin/true\n @\n}\nvrrp_instance A {\n interface eth0\n virtual_router_id 51\n priority 100\n virtual_ipaddress {\n  192.0.2.100\n }\n track_script {\n  flap\n }\n}\n",
        without: "",
        with: "interval 7",
        heard: &[],
        sees: &["+ 7.000 runs"],
    },
    Proof {
        row: "vrrp_script/timeout",
        base: SLOW,
        without: "",
        with: "timeout 1",
        heard: &[],
        sees: &["+ good: false"],
    },
    Proof {
        row: "vrrp_script/weight",
        base: SCRIPT,
        without: "",
        with: "weight -30",
        heard: &[],
        sees: &["+ to: Priority(70)"],
    },
    Proof {
        row: "vrrp_script/rise",
        base: SCRIPT,
        without: "",
        with: "rise 3",
        heard: &[],
        sees: &["+ 74.010 ScriptVerdict … good: true"],
    },
    Proof {
        row: "vrrp_script/fall",
        base: SCRIPT,
        without: "",
        with: "fall 3",
        heard: &[],
        sees: &["+ 54.010 ScriptVerdict … good: false"],
    },
    Proof {
        row: "vrrp_script/user",
        base: SCRIPT,
        without: "",
        with: "user www-data",
        heard: &[],
        sees: &["+ as 33:33"],
    },
];
