//! Virtual servers: what each keyword changes in the IPVS table and in probes.

use crate::Proof;

const SERVICE: &str = "\
virtual_server 192.0.2.100 80 {
 lb_algo rr
 lb_kind NAT
 delay_loop 5
 @
 real_server 192.0.2.1 82 {
  TCP_CHECK {
  }
 }
 real_server 192.0.2.2 80 {
  TCP_CHECK {
  }
 }
}
";
const BARE: &str = "\
virtual_server 192.0.2.100 80 {
 @
 real_server 192.0.2.1 80 {
 }
}
";
const SERVER: &str = "\
virtual_server 192.0.2.100 80 {
 lb_algo rr
 lb_kind NAT
 delay_loop 5
 real_server 192.0.2.1 82 {
  @
  TCP_CHECK {
  }
 }
 real_server 192.0.2.2 80 {
 }
}
";
const CHECK: &str = "\
virtual_server 192.0.2.100 80 {
 lb_algo rr
 lb_kind NAT
 delay_loop 5
 real_server 192.0.2.1 82 {
  TCP_CHECK {
   @
  }
 }
}
";

const GROUP: &str = "\
virtual_server_group G {
 192.0.2.100 80
 @
}
virtual_server group G {
 lb_algo rr
 lb_kind NAT
 protocol TCP
 real_server 192.0.2.1 82 {
 }
}
";

pub(super) const PROOFS: &[Proof] = &[
    Proof {
        row: "virtual_server_group#line/<IPADDR>[-<END>]",
        base: GROUP,
        without: "",
        with: "192.0.2.101-102 81",
        heard: &[],
        sees: &[
            "+ AddService … 192.0.2.101:81",
            "+ AddService … 192.0.2.102:81",
        ],
    },
    Proof {
        row: "virtual_server_group#line/fwmark",
        base: GROUP,
        without: "",
        with: "fwmark 7",
        heard: &[],
        sees: &["+ AddService … mark: 7"],
    },
    Proof {
        row: "virtual_server/retry",
        base: SERVICE,
        without: "",
        with: "retry 4",
        heard: &[],
        sees: &["- 42.979 Event(ServerDown"],
    },
    Proof {
        row: "virtual_server/delay_before_retry",
        base: SERVICE,
        without: "retry 2",
        with: "retry 2\n delay_before_retry 9",
        heard: &[],
        sees: &["+ 45.979 Probe"],
    },
    Proof {
        row: "virtual_server/warmup",
        base: SERVICE,
        without: "",
        with: "warmup 3",
        heard: &[],
        sees: &["- 1.949 Probe"],
    },
    Proof {
        row: "virtual_server/delay_loop",
        base: "virtual_server 192.0.2.100 80 {\n lb_algo rr\n lb_kind NAT\n @\n real_server 192.0.2.1 82 {\n  TCP_CHECK {\n  }\n }\n real_server 192.0.2.2 80 {\n  TCP_CHECK {\n  }\n }\n}\n",
        without: "",
        with: "delay_loop 11",
        heard: &[],
        sees: &["- 23.389 Probe"],
    },
    Proof {
        row: "virtual_server/connect_timeout",
        base: SERVICE,
        without: "",
        with: "connect_timeout 2",
        heard: &[],
        sees: &["+ Probe … timeout: 2s"],
    },
    Proof {
        row: "virtual_server/alpha",
        base: SERVICE,
        without: "",
        with: "alpha",
        heard: &[],
        sees: &["+ ServerUp"],
    },
    Proof {
        row: "virtual_server/real_server/retry",
        base: SERVER,
        without: "",
        with: "retry 4",
        heard: &[],
        sees: &["- 42.979 Event(ServerDown"],
    },
    Proof {
        row: "virtual_server/real_server/delay_before_retry",
        base: SERVER,
        without: "retry 2",
        with: "retry 2\n delay_before_retry 9",
        heard: &[],
        sees: &["+ 45.979 Probe"],
    },
    Proof {
        row: "virtual_server/real_server/warmup",
        base: SERVER,
        without: "",
        with: "warmup 3",
        heard: &[],
        sees: &["- 1.949 Probe"],
    },
    Proof {
        row: "virtual_server/real_server/delay_loop",
        base: "virtual_server 192.0.2.100 80 {\n lb_algo rr\n lb_kind NAT\n real_server 192.0.2.1 82 {\n  @\n  TCP_CHECK {\n  }\n }\n real_server 192.0.2.2 80 {\n }\n}\n",
        without: "",
        with: "delay_loop 11",
        heard: &[],
        sees: &["- 23.389 Probe"],
    },
    Proof {
        row: "virtual_server/real_server/connect_timeout",
        base: SERVER,
        without: "",
        with: "connect_timeout 2",
        heard: &[],
        sees: &["+ Probe … timeout: 2s"],
    },
    Proof {
        row: "virtual_server/real_server/alpha",
        base: SERVER,
        without: "",
        with: "alpha",
        heard: &[],
        sees: &["+ ServerUp"],
    },
    Proof {
        row: "virtual_server/real_server/TCP_CHECK/retry",
        base: CHECK,
        without: "",
        with: "retry 4",
        heard: &[],
        sees: &["- 42.979 Event(ServerDown"],
    },
    Proof {
        row: "virtual_server/real_server/TCP_CHECK/delay_before_retry",
        base: CHECK,
        without: "retry 2",
        with: "retry 2\n delay_before_retry 9",
        heard: &[],
        sees: &["+ 45.979 Probe"],
    },
    Proof {
        row: "virtual_server/real_server/TCP_CHECK/warmup",
        base: CHECK,
        without: "",
        with: "warmup 3",
        heard: &[],
        sees: &["- 1.949 Probe"],
    },
    Proof {
        row: "virtual_server/real_server/TCP_CHECK/delay_loop",
        base: "virtual_server 192.0.2.100 80 {\n lb_algo rr\n lb_kind NAT\n real_server 192.0.2.1 82 {\n  TCP_CHECK {\n   @\n  }\n }\n}\n",
        without: "",
        with: "delay_loop 11",
        heard: &[],
        sees: &["- 23.389 Probe"],
    },
    Proof {
        row: "virtual_server/real_server/TCP_CHECK/connect_timeout",
        base: CHECK,
        without: "",
        with: "connect_timeout 2",
        heard: &[],
        sees: &["+ Probe … timeout: 2s"],
    },
    Proof {
        row: "virtual_server/real_server/TCP_CHECK/alpha",
        base: CHECK,
        without: "",
        with: "alpha",
        heard: &[],
        sees: &["+ ServerUp"],
    },
    Proof {
        row: "virtual_server/real_server",
        base: "virtual_server 192.0.2.100 80 {\n lb_algo rr\n lb_kind NAT\n @\n}\n",
        without: "",
        with: "real_server 192.0.2.9 80 {\n}",
        heard: &[],
        sees: &["+ AddDest … 192.0.2.9:80"],
    },
    Proof {
        row: "virtual_server/ip_family",
        base: "virtual_server fwmark 7 {\n lb_algo rr\n lb_kind TUN\n @\n real_server 192.0.2.1 80 {\n }\n}\n",
        without: "",
        with: "ip_family inet6",
        heard: &[],
        sees: &["+ AddService … V6"],
    },
    Proof {
        row: "virtual_server/lb_algo",
        base: BARE,
        without: "lb_algo rr\n lb_kind NAT",
        with: "lb_algo sh\n lb_kind NAT",
        heard: &[],
        sees: &["+ AddService … sh"],
    },
    Proof {
        row: "virtual_server/lb_kind",
        base: BARE,
        without: "lb_algo rr\n lb_kind NAT",
        with: "lb_algo rr\n lb_kind DR",
        heard: &[],
        sees: &["+ DirectRouting"],
    },
    Proof {
        row: "virtual_server/persistence_timeout",
        base: SERVICE,
        without: "",
        with: "persistence_timeout 77",
        heard: &[],
        sees: &["+ AddService … 77"],
    },
    Proof {
        row: "virtual_server/persistence_granularity",
        base: SERVICE,
        without: "persistence_timeout 77",
        with: "persistence_timeout 77\n persistence_granularity 255.255.0.0",
        heard: &[],
        sees: &["+ AddService … 255.255.0.0"],
    },
    Proof {
        row: "virtual_server/protocol",
        base: SERVICE,
        without: "",
        with: "protocol TCP",
        heard: &[],
        sees: &["+ protocol: Tcp"],
    },
    Proof {
        row: "virtual_server/quorum",
        base: SERVICE,
        without: "",
        with: "quorum 2",
        heard: &[],
        sees: &["+ QuorumLost"],
    },
    Proof {
        row: "virtual_server/hysteresis",
        base: "virtual_server 192.0.2.100 80 {\n lb_algo rr\n lb_kind NAT\n delay_loop 5\n @\n real_server 192.0.2.1 82 {\n  TCP_CHECK {\n  }\n }\n quorum 2\n real_server 192.0.2.2 80 {\n  TCP_CHECK {\n  }\n }\n}\n",
        without: "",
        with: "hysteresis 1",
        heard: &[],
        sees: &["- QuorumGained"],
    },
    Proof {
        row: "virtual_server/weight",
        base: SERVICE,
        without: "",
        with: "weight 5",
        heard: &[],
        sees: &["+ AddDest … weight: 5"],
    },
    Proof {
        row: "virtual_server/inhibit_on_failure",
        base: SERVICE,
        without: "",
        with: "inhibit_on_failure",
        heard: &[],
        sees: &["+ EditDest … weight: 0"],
    },
    Proof {
        row: "virtual_server/sorry_server",
        base: "virtual_server 192.0.2.100 80 {\n lb_algo rr\n lb_kind NAT\n delay_loop 5\n @\n real_server 192.0.2.1 82 {\n  TCP_CHECK {\n  }\n }\n}\n",
        without: "",
        with: "sorry_server 192.0.2.200 80",
        heard: &[],
        sees: &["+ AddDest … 192.0.2.200:80"],
    },
    Proof {
        row: "virtual_server/sorry_server_inhibit",
        base: "virtual_server 192.0.2.100 80 {\n lb_algo rr\n lb_kind NAT\n delay_loop 5\n sorry_server 192.0.2.200 80\n @\n real_server 192.0.2.1 82 {\n  TCP_CHECK {\n  }\n }\n}\n",
        without: "",
        with: "sorry_server_inhibit",
        heard: &[],
        sees: &["+ EditDest … weight: 0"],
    },
    Proof {
        row: "virtual_server/sorry_server_lvs_method",
        base: "virtual_server 192.0.2.100 80 {\n lb_algo rr\n lb_kind NAT\n delay_loop 5\n sorry_server 192.0.2.200 80\n @\n real_server 192.0.2.1 82 {\n  TCP_CHECK {\n  }\n }\n}\n",
        without: "",
        with: "sorry_server_lvs_method DR",
        heard: &[],
        sees: &["+ 192.0.2.200:80 … DirectRouting"],
    },
    Proof {
        row: "virtual_server/real_server/weight",
        base: SERVER,
        without: "",
        with: "weight 5",
        heard: &[],
        sees: &["+ AddDest … weight: 5"],
    },
    Proof {
        row: "virtual_server/real_server/inhibit_on_failure",
        base: SERVER,
        without: "",
        with: "inhibit_on_failure",
        heard: &[],
        sees: &["+ EditDest … weight: 0"],
    },
    Proof {
        row: "virtual_server/real_server/lvs_method",
        base: SERVER,
        without: "",
        with: "lvs_method DR",
        heard: &[],
        sees: &["+ AddDest … DirectRouting"],
    },
    Proof {
        row: "virtual_server/real_server/TCP_CHECK",
        base: "virtual_server 192.0.2.100 80 {\n lb_algo rr\n lb_kind NAT\n delay_loop 5\n real_server 192.0.2.1 82 {\n  @\n }\n real_server 192.0.2.2 80 {\n }\n}\n",
        without: "",
        with: "TCP_CHECK {\n}",
        heard: &[],
        sees: &["+ Probe"],
    },
    Proof {
        row: "virtual_server/real_server/TCP_CHECK/connect_ip",
        base: CHECK,
        without: "",
        with: "connect_ip 192.0.2.77",
        heard: &[],
        sees: &["+ Probe … target: 192.0.2.77:82"],
    },
    Proof {
        row: "virtual_server/real_server/TCP_CHECK/connect_port",
        base: CHECK,
        without: "",
        with: "connect_port 8080",
        heard: &[],
        sees: &["+ Probe … target: 192.0.2.1:8080"],
    },
    Proof {
        row: "virtual_server/real_server/TCP_CHECK/bindto",
        base: CHECK,
        without: "",
        with: "bindto 192.0.2.10",
        heard: &[],
        sees: &["+ Probe … bind: Some(192.0.2.10:0)"],
    },
    Proof {
        row: "virtual_server/real_server/TCP_CHECK/bind_port",
        base: CHECK,
        without: "bindto 192.0.2.10",
        with: "bindto 192.0.2.10\n bind_port 4000",
        heard: &[],
        sees: &["+ Probe … bind: Some(192.0.2.10:4000)"],
    },
];
