//! `allow` and `deny`.
//!
//! Invariants: the first rule that matches decides, and who matches none is let in. An IPv4
//! client that came to an IPv6 socket (`::ffff:a.b.c.d`) is judged by the rules for IPv4 as soon as
//! there are any.
//! Deliberately unknown here: what becomes of who is refused.

use core::net::IpAddr;

use crate::config::{AccessRule, AccessSource, Address};

/// Whether the rules let this client in.
#[must_use]
pub fn is_allowed(rules: &[AccessRule], client: &Address) -> bool {
    let ip = match client {
        Address::Unix(_) => None,
        Address::Inet(address) => Some(judged_as(address.ip(), rules)),
    };
    let matches = |rule: &&AccessRule| match (rule.source, ip) {
        (AccessSource::All, _) | (AccessSource::Unix, None) => true,
        (AccessSource::Net(net, prefix), Some(ip)) => contains(net, prefix, ip),
        (AccessSource::Unix, Some(_)) | (AccessSource::Net(..), None) => false,
    };
    rules.iter().find(matches).is_none_or(|rule| rule.allow)
}

fn judged_as(ip: IpAddr, rules: &[AccessRule]) -> IpAddr {
    let about_v4 = |rule: &AccessRule| {
        matches!(
            rule.source,
            AccessSource::All | AccessSource::Net(IpAddr::V4(_), _)
        )
    };
    match ip {
        IpAddr::V6(v6) if rules.iter().any(about_v4) => v6.to_ipv4_mapped().map_or(ip, IpAddr::V4),
        _ => ip,
    }
}

fn contains(net: IpAddr, prefix: u8, ip: IpAddr) -> bool {
    let (net, ip) = match (net, ip) {
        // Both in the upper bits, so that one shift serves both families.
        (IpAddr::V4(net), IpAddr::V4(ip)) => (
            u128::from(net.to_bits()) << 96,
            u128::from(ip.to_bits()) << 96,
        ),
        (IpAddr::V6(net), IpAddr::V6(ip)) => (net.to_bits(), ip.to_bits()),
        _ => return false,
    };
    let unused = 128 - u32::from(prefix.min(128));
    (net ^ ip).checked_shr(unused).unwrap_or(0) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(allow: bool, source: AccessSource) -> AccessRule {
        AccessRule { allow, source }
    }

    fn net(allow: bool, net: &str, prefix: u8) -> AccessRule {
        rule(
            allow,
            AccessSource::Net(net.parse().expect("an address"), prefix),
        )
    }

    fn client(ip: &str) -> Address {
        let ip: IpAddr = ip.parse().expect("an address");
        Address::Inet((ip, 1).into())
    }

    #[test]
    fn the_first_match_decides() {
        let rules = [
            net(false, "10.0.0.1", 32),
            net(true, "10.0.0.0", 24),
            net(true, "2001:db8::", 32),
            rule(false, AccessSource::All),
        ];
        let table = [
            ("10.0.0.1", false),
            ("10.0.0.2", true),
            ("10.0.1.2", false),
            ("2001:db8:1::1", true),
            ("2001:db9::1", false),
            ("::ffff:10.0.0.1", false),
            ("::ffff:10.0.0.2", true),
        ];
        for (ip, allowed) in table {
            assert_eq!(is_allowed(&rules, &client(ip)), allowed, "{ip}");
        }
        assert!(!is_allowed(&rules, &Address::Unix("/x".into())));
        assert!(is_allowed(&[], &client("10.0.0.1")));
        assert!(is_allowed(&rules[..1], &client("10.0.0.9")));
    }

    #[test]
    fn everything_and_sockets() {
        let v4 = [net(false, "0.0.0.0", 0)];
        assert!(!is_allowed(&v4, &client("255.1.2.3")));
        assert!(is_allowed(&v4, &client("::1")));
        assert!(!is_allowed(&v4, &client("::ffff:1.2.3.4")));
        let v6 = [net(false, "::", 0)];
        assert!(!is_allowed(&v6, &client("::ffff:1.2.3.4")));
        let unix = [rule(false, AccessSource::Unix)];
        assert!(!is_allowed(&unix, &Address::Unix("/x".into())));
        assert!(is_allowed(&unix, &client("::1")));
    }
}
