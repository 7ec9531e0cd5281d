//! `vrrp_instance`: what each keyword changes in the election and in packets.

use crate::Proof;
use crate::peers::{Heard, PEER};

const INSTANCE: &str = "\
vrrp_instance A {
 interface eth0
 virtual_router_id 51
 priority 100
 virtual_ipaddress {
  192.0.2.100
 }
 @
}
";
const MINIMAL: &str = "\
vrrp_instance A {
 interface eth0
 virtual_router_id 51
 virtual_ipaddress {
  192.0.2.100
 }
 @
}
";
const TRACKED: &str = "\
vrrp_script flap {
 script /usr/bin/true
 interval 2
}
vrrp_instance A {
 interface eth0
 virtual_router_id 51
 priority 100
 virtual_ipaddress {
  192.0.2.100
 }
 @
}
";
const UNICAST: &str = "\
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
 @
}
";
const AUTHENTICATED: &str = "\
vrrp_instance A {
 interface eth0
 virtual_router_id 51
 virtual_ipaddress {
  192.0.2.100
 }
 authentication {
 @
 }
}
";
const PEERED: &str = "\
vrrp_instance A {
 interface eth0
 virtual_router_id 51
 priority 100
 unicast_peer {
  192.0.2.20 @
 }
 virtual_ipaddress {
  192.0.2.100
 }
}
";

pub(super) const PROOFS: &[Proof] = &[
    Proof {
        row: "vrrp_instance/state",
        base: "vrrp_instance A {\n interface eth0\n virtual_router_id 51\n virtual_ipaddress {\n  192.0.2.100\n }\n priority 255\n @\n}\n",
        without: "",
        with: "state BACKUP",
        heard: &[],
        sees: &["- 0.000 advert"],
    },
    Proof {
        row: "vrrp_instance/interface",
        base: "vrrp_instance A {\n @\n virtual_router_id 51\n virtual_ipaddress {\n  203.0.113.100\n }\n}\n",
        without: "interface eth0",
        with: "interface eth1",
        heard: &[],
        sees: &["+ 198.51.100.10 to 224.0.0.18 by eth1"],
    },
    Proof {
        row: "vrrp_instance/virtual_router_id",
        base: "vrrp_instance A {\n interface eth0\n @\n virtual_ipaddress {\n  192.0.2.100\n }\n}\n",
        without: "virtual_router_id 51",
        with: "virtual_router_id 77",
        heard: &[],
        sees: &["+ vrid 77"],
    },
    Proof {
        row: "vrrp_instance/priority",
        base: MINIMAL,
        without: "",
        with: "priority 150",
        heard: &[],
        sees: &["+ priority 150"],
    },
    Proof {
        row: "vrrp_instance/advert_int",
        base: INSTANCE,
        without: "",
        with: "advert_int 3",
        heard: &[],
        sees: &["+ interval 3 s"],
    },
    Proof {
        row: "vrrp_instance/version",
        base: INSTANCE,
        without: "",
        with: "version 3",
        heard: &[],
        sees: &["+ v3 interval 100 cs"],
    },
    Proof {
        row: "vrrp_instance/native_ipv6",
        base: "vrrp_instance A {\n interface eth0\n virtual_router_id 51\n version 3\n no_virtual_ipaddress\n @\n}\n",
        without: "",
        with: "native_ipv6",
        heard: &[],
        sees: &["+ advert fe80::10 to ff02::12"],
    },
    Proof {
        row: "vrrp_instance/virtual_ipaddress",
        base: "vrrp_instance A {\n interface eth0\n virtual_router_id 51\n @\n}\n",
        without: "virtual_ipaddress {\n 192.0.2.100\n}",
        with: "virtual_ipaddress {\n 192.0.2.101\n}",
        heard: &[],
        sees: &["+ adds … 192.0.2.101", "+ advert … [192.0.2.101]"],
    },
    Proof {
        row: "vrrp_instance/virtual_ipaddress_excluded",
        base: INSTANCE,
        without: "",
        with: "virtual_ipaddress_excluded {\n 192.0.2.102\n}",
        heard: &[],
        sees: &["+ adds … 192.0.2.102"],
    },
    Proof {
        row: "vrrp_instance/no_virtual_ipaddress",
        base: "vrrp_instance A {\n interface eth0\n virtual_router_id 51\n @\n}\n",
        without: "",
        with: "no_virtual_ipaddress",
        heard: &[],
        sees: &["+ a test ends with 0"],
    },
    Proof {
        row: "vrrp_instance/mcast_src_ip",
        base: INSTANCE,
        without: "",
        with: "mcast_src_ip 192.0.2.55",
        heard: &[],
        sees: &["+ advert 192.0.2.55 to 224.0.0.18"],
    },
    Proof {
        row: "vrrp_instance/unicast_src_ip",
        base: UNICAST,
        without: "",
        with: "unicast_src_ip 192.0.2.56",
        heard: &[],
        sees: &["+ advert 192.0.2.56 to 192.0.2.20"],
    },
    Proof {
        row: "vrrp_instance/mcast_dst_ip",
        base: INSTANCE,
        without: "",
        with: "mcast_dst_ip 224.0.0.77",
        heard: &[],
        sees: &["+ to 224.0.0.77"],
    },
    Proof {
        row: "vrrp_instance/unicast_peer",
        base: INSTANCE,
        without: "",
        with: "unicast_peer {\n 192.0.2.20\n}",
        heard: &[],
        sees: &["+ to 192.0.2.20", "- to 224.0.0.18"],
    },
    Proof {
        row: "vrrp_instance/unicast_ttl",
        base: UNICAST,
        without: "",
        with: "unicast_ttl 7",
        heard: &[],
        sees: &["+ ttl 7"],
    },
    Proof {
        row: "vrrp_instance/unicast_fault_no_peer",
        base: "vrrp_instance A {\n interface eth0\n virtual_router_id 51\n virtual_ipaddress {\n  192.0.2.100\n }\n unicast_peer {\n }\n @\n}\n",
        without: "",
        with: "unicast_fault_no_peer",
        heard: &[],
        sees: &["+ to: Fault"],
    },
    Proof {
        row: "vrrp_instance/check_unicast_src",
        base: UNICAST,
        without: "",
        with: "check_unicast_src",
        heard: &[Heard {
            source: "192.0.2.66",
            ..PEER
        }],
        sees: &["+ UnknownPeer"],
    },
    Proof {
        row: "vrrp_instance/preempt",
        base: "vrrp_instance A {\n interface eth0\n virtual_router_id 51\n priority 100\n nopreempt\n virtual_ipaddress {\n  192.0.2.100\n }\n @\n}\n",
        without: "",
        with: "preempt",
        heard: &[Heard {
            from: 1_000,
            priority: 50,
            ..PEER
        }],
        sees: &["+ Preempt"],
    },
    Proof {
        row: "vrrp_instance/nopreempt",
        base: INSTANCE,
        without: "",
        with: "nopreempt",
        heard: &[Heard {
            from: 1_000,
            priority: 50,
            ..PEER
        }],
        sees: &["- Preempt"],
    },
    Proof {
        row: "vrrp_instance/preempt_delay",
        base: INSTANCE,
        without: "",
        with: "preempt_delay 7",
        heard: &[Heard {
            from: 1_000,
            priority: 50,
            ..PEER
        }],
        sees: &["+ PreemptDelayStarted"],
    },
    Proof {
        row: "vrrp_instance/down_timer_adverts",
        base: INSTANCE,
        without: "",
        with: "down_timer_adverts 9",
        heard: &[],
        sees: &["+ 9.6"],
    },
    Proof {
        row: "vrrp_instance/skip_check_adv_addr",
        base: INSTANCE,
        without: "",
        with: "skip_check_adv_addr",
        heard: &[Heard {
            from: 1_000,
            priority: 200,
            addresses: &["192.0.2.100", "192.0.2.101"],
            ..PEER
        }],
        sees: &["- AddressList"],
    },
    Proof {
        row: "vrrp_instance/lower_prio_no_advert",
        base: INSTANCE,
        without: "",
        with: "lower_prio_no_advert",
        heard: &[Heard {
            priority: 50,
            ..PEER
        }],
        sees: &["- 20.000 advert"],
    },
    Proof {
        row: "vrrp_instance/higher_prio_send_advert",
        base: INSTANCE,
        without: "",
        with: "higher_prio_send_advert",
        heard: &[PEER],
        sees: &["+ 20.000 advert"],
    },
    Proof {
        row: "vrrp_instance/garp_master_delay",
        base: INSTANCE,
        without: "",
        with: "garp_master_delay 2",
        heard: &[],
        sees: &["+ Announce"],
    },
    Proof {
        row: "vrrp_instance/garp_master_repeat",
        base: INSTANCE,
        without: "",
        with: "garp_master_repeat 3",
        heard: &[],
        sees: &["+ Announce … repeat: 3"],
    },
    Proof {
        row: "vrrp_instance/garp_master_refresh",
        base: INSTANCE,
        without: "",
        with: "garp_master_refresh 10",
        heard: &[],
        sees: &["+ Announce … repeat: 1"],
    },
    Proof {
        row: "vrrp_instance/garp_master_refresh_repeat",
        base: "vrrp_instance A {\n interface eth0\n virtual_router_id 51\n priority 100\n virtual_ipaddress {\n  192.0.2.100\n }\n garp_master_refresh 10\n @\n}\n",
        without: "",
        with: "garp_master_refresh_repeat 4",
        heard: &[],
        sees: &["+ Announce … repeat: 4"],
    },
    Proof {
        row: "vrrp_instance/garp_lower_prio_delay",
        base: INSTANCE,
        without: "",
        with: "garp_lower_prio_delay 2",
        heard: &[Heard {
            until: 20_500,
            priority: 50,
            ..PEER
        }],
        sees: &["+ 22.000 Announce"],
    },
    Proof {
        row: "vrrp_instance/garp_lower_prio_repeat",
        base: INSTANCE,
        without: "",
        with: "garp_lower_prio_repeat 9",
        heard: &[Heard {
            until: 20_500,
            priority: 50,
            ..PEER
        }],
        sees: &["+ 20.000 Announce … repeat: 9"],
    },
    Proof {
        row: "vrrp_instance/track_script",
        base: TRACKED,
        without: "",
        with: "track_script {\n flap weight -20\n}",
        heard: &[],
        sees: &["+ PriorityChanged"],
    },
    Proof {
        row: "vrrp_instance/authentication",
        base: INSTANCE,
        without: "",
        with: "authentication {\n auth_type PASS\n auth_pass secret\n}",
        heard: &[],
        sees: &["+ v2 auth 1"],
    },
    Proof {
        row: "vrrp_instance/authentication/auth_type",
        base: AUTHENTICATED,
        without: "",
        with: "auth_type PASS\nauth_pass secret",
        heard: &[],
        sees: &["+ v2 auth 1"],
    },
    Proof {
        row: "vrrp_instance/authentication/auth_pass",
        base: AUTHENTICATED,
        without: "auth_type PASS\nauth_pass secret",
        with: "auth_type PASS\nauth_pass other",
        heard: &[],
        sees: &["+ [111, 116, 104, 101, 114, 0, 0, 0]"],
    },
    Proof {
        row: "vrrp_instance/notify_backup",
        base: INSTANCE,
        without: "",
        with: "notify_backup /usr/bin/told",
        heard: &[],
        sees: &["+ to: Backup … notifies [/usr/bin/told]"],
    },
    Proof {
        row: "vrrp_instance/notify_master",
        base: INSTANCE,
        without: "",
        with: "notify_master /usr/bin/told",
        heard: &[],
        sees: &["+ to: Master … notifies [/usr/bin/told]"],
    },
    Proof {
        row: "vrrp_instance/notify_stop",
        base: INSTANCE,
        without: "",
        with: "notify_stop /usr/bin/told",
        heard: &[],
        sees: &["+ to: Init … notifies [/usr/bin/told]"],
    },
    Proof {
        row: "vrrp_instance/notify_fault",
        base: "vrrp_script flap {\n script /usr/bin/true\n interval 2\n}\nvrrp_instance A {\n interface eth0\n virtual_router_id 51\n priority 100\n virtual_ipaddress {\n  192.0.2.100\n }\n track_script {\n  flap\n }\n @\n}\n",
        without: "",
        with: "notify_fault /usr/bin/told",
        heard: &[],
        sees: &["+ to: Fault … notifies [/usr/bin/told]"],
    },
    Proof {
        row: "vrrp_instance/notify",
        base: INSTANCE,
        without: "",
        with: "notify /usr/bin/told",
        heard: &[],
        sees: &["+ to: Master … notifies [/usr/bin/told INSTANCE A MASTER 100]"],
    },
    Proof {
        row: "vrrp_instance/notify_master_rx_lower_pri",
        base: INSTANCE,
        without: "",
        with: "notify_master_rx_lower_pri /usr/bin/told",
        heard: &[Heard {
            priority: 50,
            ..PEER
        }],
        sees: &["+ LowerPriorityHeard … notifies [/usr/bin/told]"],
    },
    Proof {
        row: "vrrp_instance/notify_deleted",
        base: INSTANCE,
        without: "",
        with: "notify_deleted /usr/bin/told",
        heard: &[],
        sees: &["+ notifies [/usr/bin/told]"],
    },
    Proof {
        row: "vrrp_instance/track_script#line/weight",
        base: TRACKED,
        without: "track_script {\n flap\n}",
        with: "track_script {\n flap weight -30\n}",
        heard: &[],
        sees: &["+ to: Priority(70)"],
    },
    Proof {
        row: "vrrp_instance/track_script#line/reverse",
        base: TRACKED,
        without: "track_script {\n flap weight -30\n}",
        with: "track_script {\n flap weight -30 reverse\n}",
        heard: &[],
        sees: &["+ 50.010 PriorityChanged … to: Priority(130)"],
    },
    Proof {
        row: "vrrp_instance/track_script#line/noreverse",
        base: "vrrp_script flap {\n script /usr/bin/true\n interval 2\n weight -30 reverse\n}\nvrrp_instance A {\n interface eth0\n virtual_router_id 51\n priority 100\n virtual_ipaddress {\n  192.0.2.100\n }\n track_script {\n  flap @\n }\n}\n",
        without: "weight -30 reverse",
        with: "weight -30 noreverse",
        heard: &[],
        sees: &["+ 50.010 PriorityChanged … to: Priority(70)"],
    },
    Proof {
        row: "vrrp_instance/unicast_peer#line/min_ttl",
        base: PEERED,
        without: "",
        with: "min_ttl 200",
        heard: &[Heard { ttl: 100, ..PEER }],
        sees: &["+ PacketRefused … Ttl"],
    },
    Proof {
        row: "vrrp_instance/unicast_peer#line/max_ttl",
        base: PEERED,
        without: "",
        with: "max_ttl 50",
        heard: &[Heard { ttl: 100, ..PEER }],
        sees: &["+ PacketRefused … Ttl"],
    },
];
