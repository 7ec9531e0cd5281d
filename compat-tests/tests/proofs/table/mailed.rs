//! Mail: who is written to, what, and by which relay.

use crate::Proof;

const MAILED: &str = "\
global_defs {
 notification_email {
  operator
 }
 smtp_server 192.0.2.25
 smtp_alert
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
const QUIET: &str = "\
global_defs {
 notification_email {
  operator
 }
 smtp_server 192.0.2.25
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
const NOBODY: &str = "\
global_defs {
 smtp_server 192.0.2.25
 smtp_alert
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
const NO_RELAY: &str = "\
global_defs {
 notification_email {
  operator
 }
 smtp_alert
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
const FAULTY: &str = "\
global_defs {
 notification_email {
  operator
 }
 smtp_server 192.0.2.25
 smtp_alert
 @
}
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
 track_script {
  flap
 }
}
";
const INSTANCE: &str = "\
global_defs {
 notification_email {
  operator
 }
 smtp_server 192.0.2.25
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
const GROUP: &str = "\
global_defs {
 notification_email {
  operator
 }
 smtp_server 192.0.2.25
}
vrrp_sync_group G {
 group {
  A
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
";

pub(super) const PROOFS: &[Proof] = &[
    Proof {
        row: "global_defs/notification_email",
        base: NOBODY,
        without: "",
        with: "notification_email {\n  b@example.com\n }",
        heard: &[],
        sees: &["+ mails … A - Entering MASTER state … to: [\"b@example.com\"]"],
    },
    Proof {
        row: "global_defs/notification_email_from",
        base: MAILED,
        without: "",
        with: "notification_email_from me@example.com",
        heard: &[],
        sees: &["+ mails … from: \"me@example.com\""],
    },
    Proof {
        row: "global_defs/smtp_server",
        base: NO_RELAY,
        without: "",
        with: "smtp_server 192.0.2.26 587",
        heard: &[],
        sees: &["+ mails … servers: [192.0.2.26:587]"],
    },
    Proof {
        row: "global_defs/smtp_helo_name",
        base: MAILED,
        without: "",
        with: "smtp_helo_name lb.example.com",
        heard: &[],
        sees: &["+ mails … helo: \"lb.example.com\""],
    },
    Proof {
        row: "global_defs/smtp_connect_timeout",
        base: MAILED,
        without: "",
        with: "smtp_connect_timeout 7",
        heard: &[],
        sees: &["+ mails … timeout: 7s"],
    },
    Proof {
        row: "global_defs/smtp_alert",
        base: QUIET,
        without: "",
        with: "smtp_alert",
        heard: &[],
        sees: &[
            "+ mails … VRRP Instance A - Entering MASTER state",
            "+ mails … VRRP Instance A - Stopping",
        ],
    },
    Proof {
        row: "global_defs/smtp_alert_vrrp",
        base: QUIET,
        without: "",
        with: "smtp_alert_vrrp",
        heard: &[],
        sees: &["+ mails … VRRP Instance A - Entering MASTER state"],
    },
    Proof {
        row: "global_defs/no_email_faults",
        base: FAULTY,
        without: "",
        with: "no_email_faults",
        heard: &[],
        sees: &["- mails … VRRP Instance A - Entering FAULT state"],
    },
    Proof {
        row: "vrrp_instance/smtp_alert",
        base: INSTANCE,
        without: "",
        with: "smtp_alert",
        heard: &[],
        sees: &["+ mails … VRRP Instance A - Entering BACKUP state"],
    },
    Proof {
        row: "vrrp_sync_group/smtp_alert",
        base: GROUP,
        without: "",
        with: "smtp_alert",
        heard: &[],
        sees: &["+ mails … VRRP Group G - Entering MASTER state"],
    },
];
