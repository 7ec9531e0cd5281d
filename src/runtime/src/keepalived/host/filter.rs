//! The rules by which packets are dropped.
//!
//! Invariants: they are there before an address that they are for, and go after it; the table is
//! recorded before it is put in, so that whoever comes next takes it out; rules change as a whole.

use core::net::IpAddr;
use std::collections::BTreeSet;

use plan::keepalived::LinkKind;
use sys::nft::{self, Outgoing, Table};
use tracing::error;
use vrrp::config::RouterIx;

use super::{Host, detail};

/// What is in the kernel.
#[derive(Debug, Default)]
pub(super) struct Filter {
    table: Option<Table>,
    /// An earlier process put in the table of that name.
    left: Option<String>,
    /// Names of the routers that it closes addresses of.
    closes: BTreeSet<String>,
}

impl Host {
    /// An earlier process has put in the table of that name.
    pub(super) fn adopt_filter(&mut self, name: Option<&String>) {
        self.filter.left = name.cloned();
    }

    /// Puts in what is wanted now, for routers that are `coming` to be masters, too.
    pub(super) fn refilter(&mut self, coming: &[RouterIx]) {
        let (wanted, closes) = self.wanted_rules(coming);
        let wanted = (!wanted.is_empty()).then_some(wanted);
        if wanted == self.filter.table && self.filter.left.is_none() {
            return;
        }
        let name = wanted.as_ref().map(|table| table.name.clone());
        let (left, before) = (self.filter.left.take(), self.filter.table.take());
        let before = left.or(before.map(|table| table.name));
        if let Some(before) = before.filter(|before| Some(before) != name.as_ref())
            && let Err(error) = nft::delete(&before)
        {
            error!("cannot delete the nftables table {before}: {error}");
        }
        if let Err(error) = self.record.filter(name) {
            self.record_trouble(&error);
        }
        for name in self.filter.closes.difference(&closes) {
            detail(&format!("({name}) removing firewall drop rule"));
        }
        for name in closes.difference(&self.filter.closes) {
            detail(&format!("({name}) setting firewall drop rule"));
        }
        self.filter.closes = closes;
        let Some(wanted) = wanted else { return };
        if let Err(error) = wanted.replace() {
            error!("cannot set the nftables table {}: {error}", wanted.name);
        }
        // What the kernel refuses once it refuses again.
        self.filter.table = Some(wanted);
    }

    /// The rules, and the names of the routers that they close addresses of.
    fn wanted_rules(&self, coming: &[RouterIx]) -> (Table, BTreeSet<String>) {
        let firewall = &self.plan.firewall;
        let macvlans = self.plan.links.iter();
        let macvlans = macvlans.filter(|spec| matches!(spec.kind, LinkKind::Macvlan { .. }));
        let quiet = macvlans.filter_map(|spec| {
            let index = self.links.by_name(&spec.name)?.index;
            Some(match firewall.by_index {
                true => Outgoing::Index(index),
                false => Outgoing::Name(spec.name.clone()),
            })
        });
        let mut closed: BTreeSet<IpAddr> = BTreeSet::new();
        let routers = self.plan.routers.iter().zip(&self.shares);
        let mut closes = BTreeSet::new();
        for (ix, (host, share)) in (0_u32..).zip(routers).filter(|(_, (host, _))| host.closed) {
            let before = closed.len();
            closed.extend(share.held.iter().map(|held| held.spec.address));
            if coming.contains(&RouterIx(ix)) {
                closed.extend(host.addresses.iter().map(|address| address.address));
            }
            if closed.len() > before {
                closes.insert(self.name(RouterIx(ix)).to_owned());
            }
        }
        let table = Table {
            name: firewall.table.clone(),
            priority: firewall.priority,
            counters: firewall.counters,
            quiet: quiet.collect(),
            closed: closed.into_iter().collect(),
        };
        (table, closes)
    }
}
