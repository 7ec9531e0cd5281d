//! How large the receive buffers of sockets are to be.
//!
//! Invariant: nothing is asked for here without a keyword; the processes then make them as large
//! as they think fit.

use grammar::ast::global;
use grammar::ast::vrrp::{Defaults, Instance, ReceiveBuffers};
use vrrp::config::{Auth, Router, Version};

/// A receive buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Buffer {
    /// Its size.
    pub bytes: u32,
    /// Whether it may exceed what the system allows (`net.core.rmem_max`).
    pub force: bool,
}

impl From<Buffer> for (u32, bool) {
    fn from(buffer: Buffer) -> Self {
        (buffer.bytes, buffer.force)
    }
}

/// Receive buffers of the sockets that talk to the kernel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Buffers {
    /// `vrrp_netlink_cmd_rcv_bufs`
    pub vrrp_command: Option<Buffer>,
    /// `vrrp_netlink_monitor_rcv_bufs`
    pub vrrp_monitor: Option<Buffer>,
    /// `lvs_netlink_cmd_rcv_bufs`
    pub lvs_command: Option<Buffer>,
    /// `process_monitor_rcv_bufs`
    pub process_monitor: Option<Buffer>,
}

impl Buffers {
    pub(super) fn of(written: &global::Buffers) -> Self {
        Self {
            vrrp_command: buffer(written.vrrp_command),
            vrrp_monitor: buffer(written.vrrp_monitor),
            lvs_command: buffer(written.lvs_command),
            process_monitor: buffer(written.process_monitor),
        }
    }
}

/// 0 bytes are as good as no keyword.
fn buffer(written: global::Buffer) -> Option<Buffer> {
    let bytes = written.size.map(|size| size.value).filter(|size| *size > 0);
    bytes.map(|bytes| Buffer {
        bytes,
        force: written.force.unwrap_or(false),
    })
}

/// `vrrp_rx_bufs_multiplier`
const MULTIPLIER: u32 = 3;

/// The part of `router` in the receive buffer of its socket, in bytes.
pub(super) fn of_router(
    instance: &Instance,
    defaults: &Defaults,
    router: &Router,
    mtu: Option<u32>,
) -> Option<u32> {
    let own = instance.kernel_rx_buf_size.map(|own| own.value);
    let multiplier = defaults.receive_multiplier;
    let times = multiplier.map_or(MULTIPLIER, |multiplier| multiplier.value);
    let by_policy = || match defaults.receive_buffers?.value {
        ReceiveBuffers::Bytes(bytes) => Some(bytes),
        ReceiveBuffers::Advert => Some(times.saturating_mul(advert_length(router))),
        ReceiveBuffers::Mtu => mtu.map(|mtu| times.saturating_mul(mtu)),
    };
    let bytes = own.filter(|own| *own > 0).or_else(by_policy);
    bytes.filter(|bytes| *bytes > 0)
}

/// As it arrives: over IPv6 a socket does not get the IP header.
fn advert_length(router: &Router) -> u32 {
    let count = u32::try_from(router.addresses.len()).unwrap_or(u32::MAX);
    let header = 8;
    match router.key.family {
        base::Family::V6 => count.saturating_mul(16).saturating_add(header),
        base::Family::V4 => {
            let ip = 20;
            let password = if router.version == Version::V2 { 8 } else { 0 };
            let authentic = if matches!(router.auth, Auth::Ah(_)) {
                24
            } else {
                0
            };
            let fixed = ip + header + password + authentic;
            count.saturating_mul(4).saturating_add(fixed)
        }
    }
}
