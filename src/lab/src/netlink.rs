//! Links, addresses and routes of the namespaces that the lab made.
//!
//! Invariant: acts on the network namespace of the calling thread, which is never the host's: the
//! lab leaves that before it makes its first link.

use std::io;
use std::net::IpAddr;

use rtnetlink::packet_route::link::{InfoData, InfoVeth};
use rtnetlink::{
    Handle, LinkBridge, LinkMessageBuilder, LinkUnspec, LinkVeth, RouteMessageBuilder,
    new_connection,
};

use crate::script::Cidr;

/// A connection to the kernel; one request at a time.
pub(crate) struct Netlink {
    runtime: tokio::runtime::Runtime,
    handle: Handle,
}

fn other(what: &str) -> impl FnOnce(rtnetlink::Error) -> io::Error {
    let what = what.to_owned();
    move |error| io::Error::other(format!("{what}: {error}"))
}

impl Netlink {
    /// A connection in the calling thread's namespace.
    pub(crate) fn open() -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .build()?;
        let handle = runtime.block_on(async {
            let (connection, handle, _) = new_connection()?;
            tokio::spawn(connection);
            io::Result::Ok(handle)
        })?;
        Ok(Self { runtime, handle })
    }

    fn index(&self, name: &str) -> io::Result<u32> {
        Ok(nix::net::if_::if_nametoindex(name)?)
    }

    fn set(&self, what: &str, message: LinkMessageBuilder<LinkUnspec>) -> io::Result<()> {
        let request = self.handle.link().set(message.build());
        self.runtime
            .block_on(request.execute())
            .map_err(other(what))
    }

    /// Adds a bridge and brings it up; its index.
    pub(crate) fn add_bridge(&self, name: &str) -> io::Result<u32> {
        // Group membership is not tracked: the switch floods, as a small switch does.
        let message = LinkBridge::new(name).mcast_snooping(false).up().build();
        let request = self.handle.link().add(message);
        self.runtime
            .block_on(request.execute())
            .map_err(other("cannot add a bridge"))?;
        self.index(name)
    }

    /// Adds a pair of links: `here` in this namespace, `there` in that of the process `pid`. The
    /// index of `here`.
    pub(crate) fn add_pair(&self, here: &str, there: &str, pid: u32) -> io::Result<u32> {
        let peer = LinkMessageBuilder::<LinkUnspec>::new()
            .name(there.to_owned())
            .setns_by_pid(pid)
            .build();
        let message = LinkVeth::new(here, there)
            .set_info_data(InfoData::Veth(InfoVeth::Peer(peer)))
            .build();
        let request = self.handle.link().add(message);
        self.runtime
            .block_on(request.execute())
            .map_err(other("cannot add a pair of links"))?;
        self.index(here)
    }

    /// Plugs a link into a bridge, and brings it up.
    pub(crate) fn plug(&self, index: u32, bridge: u32) -> io::Result<()> {
        let message = LinkUnspec::new_with_index(index).controller(bridge).up();
        self.set("cannot plug a link into the switch", message)
    }

    /// Takes a link off its bridge and leaves it up: frames vanish, the carrier stays.
    pub(crate) fn unplug(&self, index: u32) -> io::Result<()> {
        let message = LinkUnspec::new_with_index(index).nocontroller();
        self.set("cannot take a link off the switch", message)
    }

    /// Brings a link up.
    pub(crate) fn up(&self, index: u32) -> io::Result<()> {
        let message = LinkUnspec::new_with_index(index).up();
        self.set("cannot bring a link up", message)
    }

    /// Brings a link down: the other end loses its carrier.
    pub(crate) fn down(&self, index: u32) -> io::Result<()> {
        let message = LinkUnspec::new_with_index(index).down();
        self.set("cannot take a link down", message)
    }

    /// Adds an address.
    pub(crate) fn add_address(&self, index: u32, address: Cidr) -> io::Result<()> {
        let request = self
            .handle
            .address()
            .add(index, address.address, address.prefix);
        self.runtime
            .block_on(request.execute())
            .map_err(other(&format!("cannot add {address}")))
    }

    /// Adds a default route.
    pub(crate) fn add_default_route(&self, gateway: IpAddr) -> io::Result<()> {
        let message = match gateway {
            IpAddr::V4(v4) => RouteMessageBuilder::<std::net::Ipv4Addr>::new()
                .gateway(v4)
                .build(),
            IpAddr::V6(v6) => RouteMessageBuilder::<std::net::Ipv6Addr>::new()
                .gateway(v6)
                .build(),
        };
        let request = self.handle.route().add(message);
        self.runtime
            .block_on(request.execute())
            .map_err(other(&format!("cannot add a route by {gateway}")))
    }

    /// Configures a link by name: up, with these addresses.
    pub(crate) fn configure(&self, name: &str, addresses: &[Cidr]) -> io::Result<()> {
        let index = self.index(name)?;
        self.up(index)?;
        for address in addresses {
            self.add_address(index, *address)?;
        }
        Ok(())
    }
}
