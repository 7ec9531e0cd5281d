//! `vrrp_sync_group`: what members do to each other, and who is told.

use crate::Proof;
use crate::peers::PEER;

const APART: &str = "\
vrrp_instance A {
 interface eth0
 virtual_router_id 51
 priority 100
 virtual_ipaddress {
  192.0.2.100
 }
}
vrrp_instance B {
 interface eth1
 virtual_router_id 52
 priority 100
 virtual_ipaddress {
  198.51.100.100
 }
}
@
";
const GROUPED: &str = "\
vrrp_sync_group G {
 group {
  A
  B
 }
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
vrrp_instance B {
 interface eth1
 virtual_router_id 52
 priority 100
 virtual_ipaddress {
  198.51.100.100
 }
}
";
const SCRIPTED: &str = "\
vrrp_script flap {
 script /usr/bin/true
 interval 2
}
vrrp_sync_group G {
 group {
  A
  B
 }
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
vrrp_instance B {
 interface eth1
 virtual_router_id 52
 priority 100
 virtual_ipaddress {
  198.51.100.100
 }
}
";
const WEIGHTED: &str = "\
vrrp_script flap {
 script /usr/bin/true
 interval 2
}
vrrp_sync_group G {
 group {
  A
  B
 }
 @
}
vrrp_instance A {
 interface eth0
 virtual_router_id 51
 priority 100
 track_script {
  flap weight -30
 }
 virtual_ipaddress {
  192.0.2.100
 }
}
vrrp_instance B {
 interface eth1
 virtual_router_id 52
 priority 100
 virtual_ipaddress {
  198.51.100.100
 }
}
";
const LISTED: &str = "\
vrrp_script flap {
 script /usr/bin/true
 interval 2
}
vrrp_sync_group G {
 group {
  A
  B
 }
 track_script {
  flap @
 }
}
vrrp_instance A {
 interface eth0
 virtual_router_id 51
 priority 100
 virtual_ipaddress {
  192.0.2.100
 }
}
vrrp_instance B {
 interface eth1
 virtual_router_id 52
 priority 100
 virtual_ipaddress {
  198.51.100.100
 }
}
";

pub(super) const PROOFS: &[Proof] = &[
    Proof {
        row: "root/vrrp_sync_group",
        base: APART,
        without: "",
        with: "vrrp_sync_group G {\n group {\n  A\n  B\n }\n}",
        heard: &[PEER],
        sees: &["+ Synced"],
    },
    Proof {
        row: "vrrp_sync_group/group",
        base: "vrrp_sync_group G {\n @\n}\nvrrp_instance A {\n interface eth0\n virtual_router_id 51\n priority 100\n virtual_ipaddress {\n  192.0.2.100\n }\n}\nvrrp_instance B {\n interface eth1\n virtual_router_id 52\n priority 100\n virtual_ipaddress {\n  198.51.100.100\n }\n}\n",
        without: "",
        with: "group {\n  A\n  B\n }",
        heard: &[PEER],
        sees: &["+ Synced"],
    },
    Proof {
        row: "vrrp_sync_group/track_script",
        base: SCRIPTED,
        without: "",
        with: "track_script {\n flap\n}",
        heard: &[],
        sees: &["+ to: Fault, cause: ScriptFailed"],
    },
    Proof {
        row: "vrrp_sync_group/sync_group_tracking_weight",
        base: WEIGHTED,
        without: "",
        with: "sync_group_tracking_weight",
        heard: &[],
        sees: &["+ to: Priority(70)"],
    },
    Proof {
        row: "vrrp_sync_group/track_script#line/weight",
        base: LISTED,
        without: "",
        with: "weight -30",
        heard: &[],
        sees: &["+ to: Priority(70)"],
    },
    Proof {
        row: "vrrp_sync_group/track_script#line/reverse",
        base: LISTED,
        without: "weight -30",
        with: "weight -30 reverse",
        heard: &[],
        sees: &["+ 50.010 PriorityChanged … to: Priority(130)"],
    },
    Proof {
        row: "vrrp_sync_group/track_script#line/noreverse",
        base: "vrrp_script flap {\n script /usr/bin/true\n interval 2\n weight -30 reverse\n}\nvrrp_sync_group G {\n group {\n  A\n  B\n }\n track_script {\n  flap @\n }\n}\nvrrp_instance A {\n interface eth0\n virtual_router_id 51\n priority 100\n virtual_ipaddress {\n  192.0.2.100\n }\n}\nvrrp_instance B {\n interface eth1\n virtual_router_id 52\n priority 100\n virtual_ipaddress {\n  198.51.100.100\n }\n}\n",
        without: "weight -30 reverse",
        with: "weight -30 noreverse",
        heard: &[],
        sees: &["+ 50.010 PriorityChanged … to: Priority(70)"],
    },
    Proof {
        row: "vrrp_sync_group/notify",
        base: GROUPED,
        without: "",
        with: "notify /usr/bin/told",
        heard: &[],
        sees: &["+ notifies [/usr/bin/told GROUP G MASTER 0]"],
    },
    Proof {
        row: "vrrp_sync_group/notify_master",
        base: GROUPED,
        without: "",
        with: "notify_master /usr/bin/told",
        heard: &[],
        sees: &["+ to: Master … notifies [/usr/bin/told]"],
    },
    Proof {
        row: "vrrp_sync_group/notify_backup",
        base: GROUPED,
        without: "",
        with: "notify_backup /usr/bin/told",
        heard: &[],
        sees: &["+ to: Backup … notifies [/usr/bin/told]"],
    },
    Proof {
        row: "vrrp_sync_group/notify_stop",
        base: GROUPED,
        without: "",
        with: "notify_stop /usr/bin/told",
        heard: &[],
        sees: &["+ 101.050 GroupTransition … notifies [/usr/bin/told]"],
    },
    Proof {
        row: "vrrp_sync_group/notify_fault",
        base: "vrrp_script flap {\n script /usr/bin/true\n interval 2\n}\nvrrp_sync_group G {\n group {\n  A\n  B\n }\n track_script {\n  flap\n }\n @\n}\nvrrp_instance A {\n interface eth0\n virtual_router_id 51\n priority 100\n virtual_ipaddress {\n  192.0.2.100\n }\n}\nvrrp_instance B {\n interface eth1\n virtual_router_id 52\n priority 100\n virtual_ipaddress {\n  198.51.100.100\n }\n}\n",
        without: "",
        with: "notify_fault /usr/bin/told",
        heard: &[],
        sees: &["+ to: Fault … notifies [/usr/bin/told]"],
    },
];
