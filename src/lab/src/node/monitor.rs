//! Watches the node's addresses and carriers through netlink, as they change.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::net::IpAddr;

use futures_util::StreamExt;
use rtnetlink::MulticastGroup;
use rtnetlink::packet_core::NetlinkPayload;
use rtnetlink::packet_route::RouteNetlinkMessage;
use rtnetlink::packet_route::address::{AddressAttribute, AddressMessage};
use rtnetlink::packet_route::link::{LinkAttribute, LinkFlags, LinkMessage};

use super::out::Out;
use crate::observed::Event;

/// Watches in the background until the node ends.
pub(super) fn watch(out: Out) -> io::Result<()> {
    let (ready, is_ready) = std::sync::mpsc::channel();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()?;
    std::thread::spawn(move || {
        runtime.block_on(async move {
            let groups = [
                MulticastGroup::Link,
                MulticastGroup::Ipv4Ifaddr,
                MulticastGroup::Ipv6Ifaddr,
            ];
            match rtnetlink::new_multicast_connection(&groups) {
                Err(error) => drop(ready.send(Err(error))),
                Ok((connection, _handle, mut messages)) => {
                    tokio::spawn(connection);
                    let _ = ready.send(Ok(()));
                    let mut known = Known::default();
                    while let Some((message, _)) = messages.next().await {
                        if let NetlinkPayload::InnerMessage(message) = message.payload
                            && let Some(event) = known.take(&message)
                        {
                            out.seen(event);
                        }
                    }
                }
            }
        });
    });
    // Nothing may change before the socket is there, or the change is missed.
    is_ready.recv().map_err(io::Error::other)?
}

#[derive(Default)]
struct Known {
    names: BTreeMap<u32, String>,
    carriers: BTreeMap<u32, bool>,
    addresses: BTreeSet<(u32, IpAddr, u8)>,
}

impl Known {
    fn take(&mut self, message: &RouteNetlinkMessage) -> Option<Event> {
        match message {
            RouteNetlinkMessage::NewLink(link) => self.link(link),
            RouteNetlinkMessage::NewAddress(address) => self.address(address, true),
            RouteNetlinkMessage::DelAddress(address) => self.address(address, false),
            _ => None,
        }
    }

    fn link(&mut self, link: &LinkMessage) -> Option<Event> {
        let index = link.header.index;
        let name = link
            .attributes
            .iter()
            .find_map(|attribute| match attribute {
                LinkAttribute::IfName(name) => Some(name.clone()),
                _ => None,
            })?;
        self.names.insert(index, name.clone());
        let up = link.header.flags.contains(LinkFlags::LowerUp);
        // The first sight of an interface is not a change.
        let before = self.carriers.insert(index, up).unwrap_or(up);
        (before != up).then_some(Event::Carrier {
            interface: name,
            up,
        })
    }

    fn address(&mut self, message: &AddressMessage, added: bool) -> Option<Event> {
        let mut local = None;
        let mut remote = None;
        for attribute in &message.attributes {
            match attribute {
                AddressAttribute::Local(address) => local = Some(*address),
                AddressAttribute::Address(address) => remote = Some(*address),
                _ => {}
            }
        }
        let address = local.or(remote)?;
        let index = message.header.index;
        let key = (index, address, message.header.prefix_len);
        let changed = if added {
            self.addresses.insert(key)
        } else {
            self.addresses.remove(&key)
        };
        let interface = self.names.get(&index)?.clone();
        (changed && interface != "lo" && !is_kernels_own(address)).then_some(Event::Address {
            address,
            prefix: message.header.prefix_len,
            interface,
            added,
        })
    }
}

/// The kernel's own IPv6 addresses come and go with the interface and mean nothing here. They are
/// made of the MAC address (RFC 4291 appendix A); another link-local one is somebody's choice.
fn is_kernels_own(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(_) => false,
        IpAddr::V6(v6) => v6.is_unicast_link_local() && v6.octets()[11..13] == [0xff, 0xfe],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_local_vip_is_not_the_kernels_own() {
        let own = |text: &str| is_kernels_own(text.parse().expect("an address"));
        assert!(own("fe80::a853:a9ff:fed2:9541"));
        assert!(!own("fe80::100"));
        assert!(!own("2001:db8::ff:fe00:1"));
        assert!(!own("192.0.2.1"));
    }
}
