//! The cluster as rules see it: instances with their defaults filled in, and which of them form one
//! virtual router.
//!
//! Invariants: every place lies in the cluster's sources; nothing here depends on a host.

mod group;
mod idle;
mod network;
mod port;
mod router;
mod script;
mod tracker;

use grammar::SourceMap;
use grammar::ast::leaf::Spanned;
use grammar::kubeadm::Kubeadm;

pub(super) use group::Group;
pub(super) use idle::Idle;
pub(super) use network::Own;
pub(super) use port::{Listener, Service};
pub(super) use router::{Router, Vip};
pub(super) use script::Script;
pub(super) use tracker::{Kind, Tracker};

use super::Cluster;

/// All nodes.
pub(super) struct View<'a> {
    pub(super) sources: &'a SourceMap,
    pub(super) nodes: Vec<Node>,
    /// Instances of different nodes that are meant to be one virtual router, in file order of the
    /// first of them. An instance without a partner is a group of one.
    pub(super) groups: Vec<Group>,
    pub(super) kubeadm: &'a [Kubeadm],
}

/// One node.
pub(super) struct Node {
    pub(super) name: String,
    pub(super) routers: Vec<Router>,
    pub(super) scripts: Vec<Script>,
    /// It has a keepalived.conf.
    pub(super) keepalived: bool,
    /// As written.
    pub(super) router_id: Option<Spanned<String>>,
    pub(super) sync_groups: Vec<SyncGroup>,
    /// It has virtual servers, also such without an address.
    pub(super) balances: bool,
    pub(super) services: Vec<Service>,
    pub(super) listeners: Vec<Listener>,
    /// Addresses that are there without keepalived being master, as far as they are known; not
    /// those that it adds as master.
    pub(super) own: Vec<Own>,
    /// Whether sockets may be bound to addresses that are not there; none when nobody says.
    pub(super) nonlocal_bind: Option<bool>,
    /// A file that it includes was not there: more may be in it.
    pub(super) unread: bool,
    /// Settings that do nothing.
    pub(super) idle: Vec<Idle>,
}

/// Instances that move together: [`Router::sync_group`] is the place in the node's list.
pub(super) struct SyncGroup {
    pub(super) name: Spanned<String>,
    /// Its members are on several interfaces.
    pub(super) spread: bool,
}

/// An instance: of which node, which one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Member {
    pub(super) node: usize,
    pub(super) router: usize,
}

impl<'a> View<'a> {
    pub(super) fn new(cluster: &'a Cluster) -> Self {
        let nodes: Vec<Node> = cluster
            .nodes
            .iter()
            .map(|node| Node::new(node, &cluster.sources))
            .collect();
        Self {
            sources: &cluster.sources,
            groups: group::groups(&nodes),
            nodes,
            kubeadm: &cluster.kubeadm,
        }
    }

    pub(super) fn router(&self, member: Member) -> &Router {
        &self.nodes[member.node].routers[member.router]
    }

    /// The node's name.
    pub(super) fn node(&self, member: Member) -> &str {
        &self.nodes[member.node].name
    }

    /// `VI_1 on master1`, or only the instance when there is but one node.
    pub(super) fn name(&self, member: Member) -> String {
        let router = self.router(member);
        match self.nodes.len() {
            1 => router.name.value.clone(),
            _ => format!("{} on {}", router.name, self.node(member)),
        }
    }

    /// Every instance.
    pub(super) fn members(&self) -> impl Iterator<Item = (Member, &Router)> {
        self.nodes.iter().enumerate().flat_map(|(node, it)| {
            let routers = it.routers.iter().enumerate();
            routers.map(move |(router, it)| (Member { node, router }, it))
        })
    }
}

impl Node {
    pub(super) fn new(node: &super::Node, sources: &SourceMap) -> Self {
        let reads = || node.keepalived.iter();
        let mut routers = Vec::new();
        let mut groups = 0;
        for read in reads() {
            let mut more = router::routers(&read.ast, read.moved);
            for router in &mut more {
                router.sync_group = router.sync_group.map(|index| groups + index);
            }
            groups += read.ast.vrrp.sync_groups.len();
            routers.append(&mut more);
        }
        let mut sync_groups: Vec<SyncGroup> = reads().flat_map(sync_groups).collect();
        spread(&mut sync_groups, &routers);
        Self {
            name: node.name.clone(),
            keepalived: !node.keepalived.is_empty(),
            scripts: reads()
                .flat_map(|read| script::scripts(node, read, sources))
                .collect(),
            router_id: reads().find_map(|read| {
                let id = read.ast.process.router_id.as_ref()?;
                Some(Spanned::new(id.value.clone(), id.span.moved(read.moved)))
            }),
            services: reads()
                .flat_map(|read| port::services(&read.ast, read.moved))
                .collect(),
            listeners: node
                .nginx
                .iter()
                .flat_map(|read| port::listeners(&read.ast, read.moved))
                .collect(),
            own: network::own(node, &routers),
            nonlocal_bind: node.nonlocal_bind,
            unread: reads().any(|read| read.ast.process.lost.unread),
            idle: idle::idle(node, sources),
            routers,
            sync_groups,
            balances: reads().any(|read| !read.ast.lvs.services.is_empty()),
        }
    }
}

/// Finds the groups with members on several interfaces.
fn spread(groups: &mut [SyncGroup], routers: &[Router]) {
    let mut first = vec![None; groups.len()];
    for router in routers {
        let interface = router.interface.as_ref().map(|it| it.value.as_str());
        let Some(group) = router.sync_group.filter(|index| *index < groups.len()) else {
            continue;
        };
        let known = *first[group].get_or_insert(interface);
        groups[group].spread |= known != interface;
    }
}

fn sync_groups(read: &super::Read) -> impl Iterator<Item = SyncGroup> {
    read.ast.vrrp.sync_groups.iter().map(|group| SyncGroup {
        name: Spanned::new(group.name.value.clone(), group.name.span.moved(read.moved)),
        spread: false,
    })
}

/// `a, b and c`
pub(super) fn listed(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [all @ .., last] => format!("{} and {last}", all.join(", ")),
    }
}

/// `3.609 s`, without needless zeros.
pub(super) fn seconds(time: core::time::Duration) -> String {
    let millis = (time.as_micros() + 500) / 1000;
    let (whole, part) = (millis / 1000, millis % 1000);
    let text = format!("{whole}.{part:03}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    format!("{text} s")
}
