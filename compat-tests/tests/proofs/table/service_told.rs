//! Virtual servers: who is told of them by pipe, command and letter.

use crate::Proof;

/// Port 82 does not answer between the seconds 30 and 60, port 81 never does.
const GLOBAL: &str = "\
global_defs {
 notification_email {
  operator
 }
 smtp_server 192.0.2.25
 @
}
virtual_server 192.0.2.100 80 {
 lb_algo rr
 lb_kind NAT
 protocol TCP
 delay_loop 5
 real_server 192.0.2.1 82 {
  TCP_CHECK {
  }
  TCP_CHECK {
   connect_port 81
   retry 0
  }
 }
 real_server 192.0.2.2 82 {
  TCP_CHECK {
  }
 }
}
";
const PIPED: &str = "\
global_defs {
 lvs_notify_fifo /run/lvs
 @
}
virtual_server 192.0.2.100 80 {
 lb_algo rr
 lb_kind NAT
 protocol TCP
 real_server 192.0.2.1 82 {
 }
}
";
const SERVICE: &str = "\
global_defs {
 notification_email {
  operator
 }
 smtp_server 192.0.2.25
 lvs_notify_fifo /run/lvs
}
virtual_server 192.0.2.100 80 {
 lb_algo rr
 lb_kind NAT
 protocol TCP
 delay_loop 5
 @
 real_server 192.0.2.1 82 {
  TCP_CHECK {
  }
 }
}
";
const SERVER: &str = "\
global_defs {
 notification_email {
  operator
 }
 smtp_server 192.0.2.25
 smtp_alert_checker off
}
virtual_server 192.0.2.100 80 {
 lb_algo rr
 lb_kind NAT
 protocol TCP
 delay_loop 5
 real_server 192.0.2.1 82 {
  @
  TCP_CHECK {
  }
 }
}
";

pub(super) const PROOFS: &[Proof] = &[
    Proof {
        row: "global_defs/lvs_notify_fifo",
        base: GLOBAL,
        without: "",
        with: "lvs_notify_fifo /run/lvs www-data",
        heard: &[],
        sees: &[
            "+ writes VS [192.0.2.100]:tcp:80 UP to … /run/lvs … owner: Some((33, 33))",
            "+ writes RS [192.0.2.1]:tcp:82 [192.0.2.100]:tcp:80 DOWN",
            "+ writes VS [192.0.2.100]:tcp:80 DOWN",
        ],
    },
    Proof {
        row: "global_defs/lvs_notify_fifo_script",
        base: PIPED,
        without: "",
        with: "lvs_notify_fifo_script \"/usr/bin/reads all\"",
        heard: &[],
        sees: &["+ writes … reader: Some … /usr/bin/reads"],
    },
    Proof {
        row: "global_defs/rs_init_notifies",
        base: PIPED,
        without: "",
        with: "rs_init_notifies",
        heard: &[],
        sees: &["+ 0.000 writes RS [192.0.2.1]:tcp:82 [192.0.2.100]:tcp:80 UP"],
    },
    Proof {
        row: "global_defs/smtp_alert_checker",
        base: GLOBAL,
        without: "",
        with: "smtp_alert_checker off",
        heard: &[],
        sees: &[
            "- mails … Realserver [192.0.2.1]:tcp:82 of virtual server [192.0.2.100]:tcp:80 - DOWN",
        ],
    },
    Proof {
        row: "global_defs/no_checker_emails",
        base: GLOBAL,
        without: "",
        with: "no_checker_emails",
        heard: &[],
        sees: &[
            "- mails … Realserver [192.0.2.1]:tcp:82 of virtual server [192.0.2.100]:tcp:80 - DOWN … TCP CHECK succeed on service",
        ],
    },
    Proof {
        row: "virtual_server/smtp_alert",
        base: SERVICE,
        without: "",
        with: "smtp_alert",
        heard: &[],
        sees: &[
            "+ mails … Virtualserver [192.0.2.100]:tcp:80 - UP … Starting with quorum up 1+0=1 <= 1",
            "+ mails … Virtualserver [192.0.2.100]:tcp:80 - DOWN … Lost quorum 1+0=1 <= 0",
            "+ mails … Virtualserver [192.0.2.100]:tcp:80 - UP … Gained quorum",
        ],
    },
    Proof {
        row: "virtual_server/quorum_up",
        base: SERVICE,
        without: "",
        with: "quorum_up \"/usr/bin/tell up\" www-data",
        heard: &[],
        sees: &["+ 0.000 notifies [/usr/bin/tell up] as Some((33, 33))"],
    },
    Proof {
        row: "virtual_server/quorum_down",
        base: SERVICE,
        without: "",
        with: "quorum_down \"/usr/bin/tell down\"",
        heard: &[],
        sees: &["+ notifies [/usr/bin/tell down] as Some((990, 990))"],
    },
    Proof {
        row: "virtual_server/omega",
        base: SERVICE,
        without: "",
        with: "omega",
        heard: &[],
        sees: &[
            "+ 100.000 writes RS [192.0.2.1]:tcp:82 [192.0.2.100]:tcp:80 DOWN",
            "+ 100.000 writes VS [192.0.2.100]:tcp:80 DOWN",
            "+ 100.000 mails … Realserver [192.0.2.1]:tcp:82 of virtual server [192.0.2.100]:tcp:80 - DOWN … Shutting down",
        ],
    },
    Proof {
        row: "virtual_server/real_server/notify_up",
        base: SERVER,
        without: "",
        with: "notify_up \"/usr/bin/tell up\"",
        heard: &[],
        sees: &["+ notifies [/usr/bin/tell up]"],
    },
    Proof {
        row: "virtual_server/real_server/notify_down",
        base: SERVER,
        without: "",
        with: "notify_down \"/usr/bin/tell down\"",
        heard: &[],
        sees: &["+ notifies [/usr/bin/tell down]"],
    },
    Proof {
        row: "virtual_server/real_server/smtp_alert",
        base: SERVER,
        without: "",
        with: "smtp_alert",
        heard: &[],
        sees: &[
            "+ mails … Realserver [192.0.2.1]:tcp:82 of virtual server [192.0.2.100]:tcp:80 - DOWN … TCP CHECK failed on service",
            "+ mails … Realserver [192.0.2.1]:tcp:82 of virtual server [192.0.2.100]:tcp:80 - UP",
        ],
    },
];
