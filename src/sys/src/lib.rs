//! System calls and `unsafe`: sockets, netlink, memory files, processes, descriptors.
//!
//! Invariants: every descriptor opened here is close-on-exec; every `unsafe` block states why it
//! is sound; nothing here decides anything, logs, or starts a thread.
//! Deliberately unknown here: configuration, engines, log formats.
#![allow(unsafe_code)]

pub mod beat;
pub mod clock;
pub mod control;
pub mod datagram;
pub mod doing;
pub mod epoll;
pub mod exec;
pub mod fdpass;
pub mod inherit;
pub mod ipvs;
pub mod limits;
pub mod listener;
pub mod memfd;
pub mod memory;
pub mod netlink;
pub mod nft;
pub mod packet;
pub mod page;
pub mod pidfile;
pub mod process;
pub mod process_events;
pub mod raw;
pub mod relay_socket;
pub mod schedule;
pub mod signal;
pub mod successor;
pub mod title;
pub mod watch;
