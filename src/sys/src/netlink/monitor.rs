//! Watching links and addresses, and routes and rules where that is asked for.
//!
//! Invariants: what the kernel had to drop is reported as [`News::Overrun`], never lost silently;
//! the watcher then lists everything anew.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};

use netlink_packet_core::NetlinkPayload;
use netlink_packet_route::RouteNetlinkMessage;
use netlink_sys::{Socket, SocketAddr, protocols::NETLINK_ROUTE};

use super::{
    Link, ListedAddress, RECEIVE_BUFFER, RoutingKey, borrow, dump, force_receive_buffer, receive,
    routing, size_buffer,
};

/// RTMGRP_LINK, RTMGRP_IPV4_IFADDR, RTMGRP_IPV6_IFADDR of rtnetlink(7).
const GROUPS: u32 = 0x1 | 0x10 | 0x100;
/// RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV4_RULE, RTNLGRP_IPV6_ROUTE, RTNLGRP_IPV6_RULE.
const ROUTING_GROUPS: [u32; 4] = [7, 8, 11, 19];

/// A change on this host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    /// An interface appeared or changed.
    Link(Link),
    /// An interface went away.
    LinkGone(Link),
    /// An address appeared.
    Address(ListedAddress),
    /// An address went away.
    AddressGone(ListedAddress),
    /// A route or a rule of a keepalived went away.
    RoutingGone(RoutingKey),
    /// The kernel dropped some news: list everything anew.
    Overrun,
}

/// A subscription to changes, non-blocking.
#[derive(Debug)]
pub struct Monitor {
    socket: Socket,
}

impl Monitor {
    /// Subscribes in the current network namespace.
    ///
    /// # Errors
    /// What `socket`, `bind` or `setsockopt` report.
    pub fn open() -> io::Result<Self> {
        let mut socket = Socket::new(NETLINK_ROUTE)?;
        socket.bind(&SocketAddr::new(0, GROUPS))?;
        socket.set_non_blocking(true)?;
        force_receive_buffer(&socket, RECEIVE_BUFFER);
        Ok(Self { socket })
    }

    /// Sets the size of the receive buffer, in bytes, and whether it may exceed what the system
    /// allows; without a size it is a large one.
    ///
    /// # Errors
    /// What `setsockopt` reports.
    pub fn size_buffer(&self, wanted: Option<(u32, bool)>) -> io::Result<()> {
        size_buffer(&self.socket, wanted, RECEIVE_BUFFER)
    }

    /// Subscribes to routes and rules, too, or no longer. Where a routing daemon has filled the
    /// tables this is much to read, so it is asked for only by who needs it.
    ///
    /// # Errors
    /// What `setsockopt` reports.
    pub fn watch_routing(&self, watch: bool) -> io::Result<()> {
        ROUTING_GROUPS
            .into_iter()
            .try_for_each(|group| match watch {
                true => self.socket.add_membership(group),
                false => self.socket.drop_membership(group),
            })
    }

    /// What has happened since the last call; empty when nothing has.
    ///
    /// # Errors
    /// What `recv` reports apart from overrun.
    pub fn read(&self) -> io::Result<Vec<News>> {
        let mut news = Vec::new();
        // Bounded, so that a storm of changes cannot keep a daemon from its timers.
        for _ in 0..64 {
            let messages = match receive(&self.socket) {
                Ok(messages) => messages,
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => break,
                Err(e) if e.raw_os_error() == Some(libc::ENOBUFS) => {
                    news.push(News::Overrun);
                    continue;
                }
                Err(e) => return Err(e),
            };
            news.extend(messages.into_iter().filter_map(|m| item(m.payload)));
        }
        Ok(news)
    }
}

fn item(payload: NetlinkPayload<RouteNetlinkMessage>) -> Option<News> {
    match payload {
        NetlinkPayload::InnerMessage(message) => match message {
            RouteNetlinkMessage::NewLink(link) => Some(News::Link(dump::link(&link))),
            RouteNetlinkMessage::DelLink(link) => Some(News::LinkGone(dump::link(&link))),
            RouteNetlinkMessage::NewAddress(a) => dump::address(&a).map(News::Address),
            RouteNetlinkMessage::DelAddress(a) => dump::address(&a).map(News::AddressGone),
            message @ (RouteNetlinkMessage::DelRoute(_) | RouteNetlinkMessage::DelRule(_)) => {
                routing::ours(&message).map(News::RoutingGone)
            }
            _ => None,
        },
        NetlinkPayload::Overrun(_) => Some(News::Overrun),
        _ => None,
    }
}

impl AsFd for Monitor {
    fn as_fd(&self) -> BorrowedFd<'_> {
        borrow(self.socket.as_raw_fd())
    }
}
