//! `auth_hmac`: the trailer on the wire, and whose adverts count.

use crate::Proof;
use crate::peers::{Heard, PEER, Signed};

const INSTANCE: &str = "\
vrrp_instance A {
 version 3
 interface eth0
 virtual_router_id 51
 priority 100
 virtual_ipaddress {
  192.0.2.100
 }
 @
}
";
const KEYED: &str = "\
vrrp_instance A {
 version 3
 interface eth0
 virtual_router_id 51
 priority 100
 virtual_ipaddress {
  192.0.2.100
 }
 auth_hmac {
  key 1 0123456789abcdef0123456789abcdef
  @
 }
}
";
const V3: Heard = Heard {
    version: 3,
    interval: 100,
    ..PEER
};
const SIGNED: Signed = Signed {
    id: 1,
    key: "0123456789abcdef0123456789abcdef",
    behind: 60,
};

pub(super) const PROOFS: &[Proof] = &[
    Proof {
        row: "vrrp_instance/auth_hmac",
        base: INSTANCE,
        without: "",
        with: "auth_hmac {\n key 1 0123456789abcdef0123456789abcdef\n}",
        heard: &[],
        sees: &["+ trailer of key 1"],
    },
    Proof {
        row: "vrrp_instance/auth_hmac/key",
        base: KEYED,
        without: "",
        with: "key 2 hex:000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n\
               active_key 2",
        heard: &[],
        sees: &["+ trailer of key 2"],
    },
    Proof {
        row: "vrrp_instance/auth_hmac/active_key",
        base: KEYED,
        without: "key 2 abcdef0123456789abcdef0123456789\nactive_key 1",
        with: "key 2 abcdef0123456789abcdef0123456789\nactive_key 2",
        heard: &[],
        sees: &["+ trailer of key 2"],
    },
    Proof {
        row: "vrrp_instance/auth_hmac/time_window",
        base: KEYED,
        without: "",
        with: "time_window 100",
        heard: &[Heard {
            signed: Some(SIGNED),
            ..V3
        }],
        sees: &["- TrailerStale", "+ BetterMaster"],
    },
    Proof {
        row: "vrrp_instance/auth_hmac/anti_replay",
        base: KEYED,
        without: "",
        with: "anti_replay monotonic",
        heard: &[Heard {
            signed: Some(SIGNED),
            ..V3
        }],
        sees: &["- TrailerStale", "+ BetterMaster"],
    },
    Proof {
        row: "vrrp_instance/auth_hmac/mode",
        base: KEYED,
        without: "",
        with: "mode permissive",
        heard: &[V3],
        sees: &["- TrailerMissing", "+ BetterMaster"],
    },
];
