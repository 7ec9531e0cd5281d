//! Who is listened to, how checksums are made, and what a master does that was late.

use crate::Proof;
use crate::peers::{Heard, LATE, PEER};

const OWNER: &str = "\
vrrp_instance A {
 interface eth0
 virtual_router_id 51
 priority 255
 virtual_ipaddress {
  192.0.2.100
 }
 @
}
";
const ALL_OWNERS: &str = "\
global_defs {
 @
}
vrrp_instance A {
 interface eth0
 virtual_router_id 51
 priority 255
 virtual_ipaddress {
  192.0.2.100
 }
}
";
const V3: &str = "\
vrrp_instance A {
 interface eth0
 virtual_router_id 51
 version 3
 virtual_ipaddress {
  192.0.2.100
 }
 @
}
";
const ALL_V3: &str = "\
global_defs {
 @
}
vrrp_instance A {
 interface eth0
 virtual_router_id 51
 version 3
 virtual_ipaddress {
  192.0.2.100
 }
}
";
const V3_UNICAST: &str = "\
vrrp_instance A {
 interface eth0
 virtual_router_id 51
 version 3
 unicast_peer {
  192.0.2.20
 }
 virtual_ipaddress {
  192.0.2.100
 }
 @
}
";
const NODE: &str = "\
global_defs {
 @
}
vrrp_instance A {
 interface eth0
 virtual_router_id 51
 virtual_ipaddress {
  192.0.2.100
 }
}
";
const NO_PREEMPT: &str = "\
vrrp_instance A {
 interface eth0
 virtual_router_id 51
 nopreempt
 virtual_ipaddress {
  192.0.2.100
 }
 @
}
";

/// Another owner.
const RIVAL: Heard = Heard {
    priority: 255,
    ..PEER
};

pub(super) const PROOFS: &[Proof] = &[
    Proof {
        row: "vrrp_instance/owner_ignore_adverts",
        base: OWNER,
        without: "",
        with: "owner_ignore_adverts",
        heard: &[RIVAL],
        sees: &["+ OwnerIgnores", "- to: Backup"],
    },
    Proof {
        row: "global_defs/vrrp_owner_ignore_adverts",
        base: ALL_OWNERS,
        without: "",
        with: "vrrp_owner_ignore_adverts",
        heard: &[RIVAL],
        sees: &["+ OwnerIgnores", "- to: Backup"],
    },
    Proof {
        row: "global_defs/log_unknown_vrids",
        base: NODE,
        without: "",
        with: "log_unknown_vrids",
        heard: &[Heard { vrid: 77, ..PEER }],
        sees: &["+ 20.000 UnknownVrid … VrId(77)"],
    },
    Proof {
        row: "vrrp_instance/v3_checksum_as_v2",
        base: V3,
        without: "",
        with: "v3_checksum_as_v2",
        heard: &[],
        sees: &["+ advert … sum with no addresses"],
    },
    Proof {
        row: "global_defs/v3_checksum_as_v2",
        base: ALL_V3,
        without: "",
        with: "v3_checksum_as_v2",
        heard: &[],
        sees: &["+ advert … sum with no addresses"],
    },
    Proof {
        row: "vrrp_instance/old_unicast_checksum",
        base: V3_UNICAST,
        without: "",
        with: "old_unicast_checksum",
        heard: &[],
        sees: &["+ advert … to 192.0.2.20 … sum with 224.0.0.18"],
    },
    Proof {
        row: "vrrp_instance/vrf",
        base: "vrrp_instance A {\n virtual_router_id 51\n unicast_src_ip 192.0.2.10\n unicast_peer {\n  192.0.2.20\n }\n @\n virtual_ipaddress {\n  192.0.2.100 dev eth0\n }\n}\n",
        without: "",
        with: "vrf red",
        heard: &[],
        sees: &["+ advert 192.0.2.10 to 192.0.2.20 by red"],
    },
    Proof {
        row: "root/linkbeat_interfaces",
        base: "@\nvrrp_instance A {\n interface eth0\n virtual_router_id 51\n virtual_ipaddress {\n  192.0.2.100\n }\n}\n",
        without: "",
        with: "linkbeat_interfaces {\n eth0 ETHTOOL\n}",
        heard: &[],
        sees: &["+ asks the driver of eth0 by Some(Ethtool)"],
    },
    Proof {
        row: "root/linkbeat_use_polling",
        base: "@\nvrrp_instance A {\n interface eth0\n virtual_router_id 51\n virtual_ipaddress {\n  192.0.2.100\n }\n}\n",
        without: "",
        with: "linkbeat_use_polling",
        heard: &[],
        sees: &["+ asks the driver of eth0 by None"],
    },
    Proof {
        row: "vrrp_instance/linkbeat_use_polling",
        base: NO_PREEMPT,
        without: "",
        with: "linkbeat_use_polling",
        heard: &[],
        sees: &["+ asks the driver of eth0 by None"],
    },
    Proof {
        row: "vrrp_instance/track_src_ip",
        base: NO_PREEMPT,
        without: "",
        with: "mcast_src_ip 192.0.2.55\n track_src_ip",
        heard: &[],
        sees: &["+ it matters that 192.0.2.55 is there: true"],
    },
    Proof {
        row: "vrrp_instance/debug",
        base: NO_PREEMPT,
        without: "",
        with: "debug 3",
        heard: &[],
        sees: &["+ a dump says 3 for A"],
    },
    Proof {
        row: "global_defs/vrrp_delay_after_boot",
        base: NODE,
        without: "",
        with: "vrrp_delay_after_boot 40",
        heard: &[],
        sees: &["+ silent for 40s after boot"],
    },
    Proof {
        row: "global_defs/disable_local_igmp",
        base: NODE,
        without: "",
        with: "disable_local_igmp",
        heard: &[],
        sees: &["+ the kernel is to be silent of groups: true"],
    },
    Proof {
        row: "vrrp_instance/timer_expired_backup",
        base: NO_PREEMPT,
        without: "",
        with: "timer_expired_backup 200",
        heard: &[LATE],
        sees: &["+ TimerExpired"],
    },
    Proof {
        row: "vrrp_instance/thread_timer_expired",
        base: NO_PREEMPT,
        without: "",
        with: "thread_timer_expired",
        heard: &[LATE],
        sees: &["+ TimerExpired"],
    },
];
