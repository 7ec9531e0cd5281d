//! The plan of a keepalived node: what the parent and each child run.
//!
//! `plan` turns an AST and facts about the host into a [`Plan`] and the problems that only the
//! host or several blocks together show; [`check`] does that for a text from beginning to end.
//! `reload` says whether one plan may replace another.
//!
//! Invariants: a plan can run as it is; what cannot be planned is reported and left out, alone,
//! unless there are so many problems that the rest is not looked at.

mod account;
mod address;
mod auth;
mod buffer;
mod check;
mod checks;
mod clash;
mod command;
mod delay;
mod dumps;
mod extra;
mod family;
mod firewall;
mod global;
mod globals;
mod group;
mod held;
mod hmac;
mod hop;
mod interface;
mod lack;
mod link;
mod made;
mod mail;
mod marks;
mod name;
mod notify;
mod object;
mod pace;
mod pipe;
mod polled;
pub mod reload;
mod reloads;
mod rising;
mod route;
mod router;
mod routing;
mod rule;
mod scheduling;
mod script;
mod served;
mod service;
mod session;
mod shown;
mod statics;
pub(crate) mod strict;
mod switch;
pub(crate) mod timing;
mod title;
mod told;
mod track;
mod transport;
mod vmac;
mod watch;

use core::net::IpAddr;
use core::ops::{Deref, DerefMut};
use core::time::Duration;
use std::collections::BTreeMap;
use std::sync::Arc;

use base::{Names, Pool};
use grammar::ast::vrrp::SyncGroup;
use grammar::keepalived::MAX_PROBLEMS;
use grammar::{Ast, Diagnostic, SourceMap};
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;
use vrrp::config::{RouterIx, ScriptIx};

use crate::Facts;

pub use buffer::{Buffer, Buffers};
pub use check::{Checked, check};
pub use dumps::Dumps;
pub use firewall::Firewall;
pub use global::{Hook, Hooks};
pub use globals::{Globals, Side};
pub use made::{LinkKind, NewLink};
pub use mail::Mail;
pub use marks::Marks;
pub use notify::Told;
pub use pace::{Lane, Pace};
pub use pipe::{Pipe, Pipes};
pub use polled::Polled;
pub use reloads::{Marker, Reloads};
pub use routing::{Route, Routing, Rule};
pub use scheduling::{Scheduling, Schedulings};
pub use shown::{Listed, ScriptShown, Weighing};
pub use title::Titles;
pub use told::{ServerHost, ServiceHost, ServicesHost};
pub use watch::{ProcessWatch, Watch};

/// Default of `child_wait_time`.
const CHILD_WAIT: Duration = Duration::from_secs(5);

/// What a file that could not be included may have, which is not worth a report next to that one.
const ABSENT: [&str; 16] = [
    "empty-group",
    "lonely-group",
    "no-auth-type",
    "no-interface",
    "no-method",
    "no-password",
    "no-peers",
    "no-port",
    "no-protocol",
    "no-real-server",
    "no-scheduler",
    "no-script",
    "no-sorry-server",
    "no-vip",
    "no-vrid",
    "unused",
];

/// Plans for this host. The problems are ordered by place; those of the text are not among them.
pub(crate) fn plan(ast: &Ast, sources: &SourceMap, facts: &dyn Facts) -> (Plan, Vec<Diagnostic>) {
    let mut problems = Vec::new();
    let mut commands = command::Commands::new(ast, facts, &mut problems);
    let (schedules, programs, by_name) = commands.scripts(&ast.vrrp.scripts, &mut problems);
    let naming = name::Naming::new(ast, sources);
    let mut routers = router::Routers::new(&naming, facts, &by_name, &mut problems);
    let mut plan = Plan {
        process: process(ast, facts),
        ..Plan::default()
    };
    plan.vrrp.link_delays = routers.link_delays();
    plan.vrrp.log_unknown_vrids = ast.vrrp.defaults.log_unknown_vrids.unwrap_or(false);
    for instance in &ast.vrrp.instances {
        if routers.problems.len() > MAX_PROBLEMS {
            break;
        }
        if let Some((router, host)) = routers.router(instance, &mut commands) {
            plan.vrrp.routers.push(router);
            plan.routers.push(host);
        }
    }
    let groups = routers.groups_track();
    let (statics, mut rules) = routers.static_items();
    plan.statics = statics;
    for (router, host) in plan.vrrp.routers.iter_mut().zip(&mut plan.routers) {
        let rules = rules.by_instance.remove(router.name.as_str());
        host.routing.extend(rules.unwrap_or_default());
        held::track(router, host, &routers.held_for, &mut routers.watched);
        host.listed.needed = router.tracks.len();
    }
    routers.watched_interfaces();
    routers.objects.report_unused(routers.problems);
    let mut free = match groups.is_empty() {
        true => BTreeMap::new(),
        false => plan.by_name(),
    };
    for (group, tracks) in groups {
        let notify = notify::notify(&group.notify, &group.name, &mut commands, routers.problems);
        let mails = mail::of_vrrp(group.smtp_alert, &ast.process.mail);
        plan.join(group, &mut free, &tracks, GroupHost { notify, mails });
    }
    plan.links = routers.made.links;
    plan.pace = pace::Pace::of(ast, &plan);
    extra::of_routers(ast, &mut plan);
    plan.firewall = firewall::firewall(ast);
    plan.vrrp.objects = routers.watched.objects;
    plan.watches = routers.watched.watches;
    plan.weights = routers.watched.weights;
    plan.polled = polled::polled(ast, &plan);
    plan.bfd = session::config(&routers.objects.sessions);
    keep_tracked(&mut plan, schedules, programs);
    (plan.lvs.services, plan.services.each, plan.marks) =
        service::services(&naming, facts, &mut commands, &mut problems);
    plan.services.tells_start = ast.process.lvs.rs_init_notifies;
    plan.mail = mail::mail(&ast.process, &plan.process.router_id, facts, &mut problems);
    plan.titles = Titles::of(&ast.process.processes);
    plan.schedulings = Schedulings::of(&ast.process.processes);
    plan.reloads = Reloads::of(&ast.process.files);
    plan.buffers = Buffers::of(&ast.process.buffers);
    plan.sentinel = ast.vrrp.defaults.sentinel.unwrap_or(false);
    plan.notify_ordered = ast.vrrp.defaults.notify_ordered.unwrap_or(false);
    plan.hooks = global::hooks(&ast.process, &mut commands, &mut problems);
    plan.globals = Globals::of(ast, &commands, facts);
    plan.pipes = pipe::pipes(&ast.process.fifos, &mut commands, &mut problems);
    commands.report_security(&mut problems);
    global::namespace(&ast.process, facts, &mut problems);
    if ast.process.lost.incomplete {
        problems.retain(|problem| !ABSENT.contains(&problem.code));
    }
    grammar::diagnostic::sort_by_place(&mut problems, sources);
    (plan, problems)
}

/// Scripts that nothing tracks are not run.
fn keep_tracked(
    plan: &mut Plan,
    schedules: Vec<vrrp::config::Script>,
    programs: Vec<(Command, ScriptShown)>,
) {
    let mut used = vec![false; schedules.len()];
    let tracked = |router: &vrrp::config::Router| {
        router
            .track_scripts
            .iter()
            .map(|track| track.script.0 as usize)
            .collect::<Vec<_>>()
    };
    for index in plan.vrrp.routers.iter().flat_map(tracked) {
        if let Some(used) = used.get_mut(index) {
            *used = true;
        }
    }
    let mut indices = Vec::with_capacity(used.len());
    for ((schedule, (program, shown)), used) in schedules.into_iter().zip(programs).zip(used) {
        indices.push(ScriptIx(
            u32::try_from(plan.scripts.len()).unwrap_or(u32::MAX),
        ));
        if used {
            plan.vrrp.scripts.push(schedule);
            plan.scripts.push(program);
            plan.shown.push(shown);
        }
    }
    for track in plan
        .vrrp
        .routers
        .iter_mut()
        .flat_map(|router| &mut router.track_scripts)
    {
        if let Some(index) = indices.get(track.script.0 as usize) {
            track.script = *index;
        }
    }
}

fn process(ast: &Ast, facts: &dyn Facts) -> Process {
    let process = &ast.process;
    let router_id = process.router_id.as_ref().map(|id| id.value.clone());
    let startup_delay = ast.vrrp.defaults.startup_delay;
    let after_boot = ast.vrrp.defaults.delay_after_boot;
    Process {
        router_id: router_id.unwrap_or_else(|| facts.hostname()),
        child_wait_time: process
            .child_wait_time
            .map_or(CHILD_WAIT, |time| time.value),
        instance: process.instance.as_ref().map(|name| name.value.clone()),
        use_pid_dir: process.use_pid_dir,
        namespace: process
            .net_namespace
            .as_ref()
            .map(|name| name.value.clone()),
        reload_check_config: process.reload_check_config.is_some(),
        startup_delay: startup_delay.map_or(Duration::ZERO, |delay| delay.value),
        umask: process.processes.umask.as_ref().map(|mask| mask.value),
        delay_after_boot: after_boot.map_or(Duration::ZERO, |delay| delay.value),
        disable_local_igmp: ast.vrrp.defaults.disable_local_igmp,
        dumps: Dumps::of(&process.files),
    }
}

/// Everything one node runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Process-wide settings.
    pub process: Process,
    /// The engine's part of VRRP; indices of `routers` and `scripts` below are the same.
    pub vrrp: vrrp::Config,
    /// The performer's part of each router.
    pub routers: Vec<RouterHost>,
    /// What is there whoever is master.
    pub statics: Statics,
    /// Links that are made for addresses, each once.
    pub links: Vec<NewLink>,
    /// How far announcements are apart.
    pub pace: Pace,
    /// Interfaces whose driver is asked for the state of the link.
    pub polled: Vec<Polled>,
    /// Where what is dropped is told.
    pub firewall: Firewall,
    /// The performer's part of each sync group.
    pub groups: Vec<GroupHost>,
    /// The performer's part of each script.
    pub scripts: Vec<Command>,
    /// What dumps show of each script.
    pub shown: Vec<ScriptShown>,
    /// The performer's part of each tracked object.
    pub watches: Vec<Watch>,
    /// The weight that the block of each tracked object names, for dumps.
    pub weights: Vec<Weighing>,
    /// Virtual services.
    pub lvs: lvs::Config,
    /// The performer's part of them.
    pub services: ServicesHost,
    /// Packets that are marked for them.
    pub marks: Option<Marks>,
    /// BFD sessions.
    pub bfd: bfd::Config,
    /// Where changes are written to.
    pub pipes: Pipes,
    /// What dumps show of `global_defs`.
    pub globals: Globals,
    /// Who is written to.
    pub mail: Option<Mail>,
    /// The parent's own commands.
    pub hooks: Hooks,
    /// What processes are called.
    pub titles: Titles,
    /// How the children get their time and memory.
    pub schedulings: Schedulings,
    /// Receive buffers of the sockets that talk to the kernel.
    pub buffers: Buffers,
    /// How others follow reloads.
    pub reloads: Reloads,
    /// `sentinel`: a process that acts when all others were killed.
    pub sentinel: bool,
    /// `notify_ordered`: notify commands of an instance do not overtake each other.
    pub notify_ordered: bool,
}

impl Plan {
    /// The same, sharing no memory with it, and without room to spare; what is alike is there once.
    #[must_use]
    pub fn copied(&self) -> Self {
        let mut copy = self.clone();
        let mut names = Names::default();
        let mut manners = Pool::default();
        copy.vrrp.routers = self.vrrp.routers.copied(&mut names);
        for host in &mut copy.routers {
            host.interface = host.interface.as_deref().map(|name| names.name(name));
            for address in &mut host.addresses {
                *address = address.copied(&mut names);
            }
            let manner = |it: &Manner| {
                let mut manner = it.clone();
                for address in &mut manner.extra {
                    *address = address.copied(&mut names);
                }
                Arc::new(manner)
            };
            host.manner = manners.get(&host.manner, manner);
        }
        for address in &mut copy.statics.addresses {
            *address = address.copied(&mut names);
        }
        for delay in &mut copy.vrrp.link_delays {
            delay.interface = names.name(&delay.interface);
        }
        copy
    }

    /// The routers that are in no sync group yet.
    fn by_name(&self) -> BTreeMap<String, RouterIx> {
        let named = (0..).zip(&self.vrrp.routers);
        named
            .map(|(ix, router)| (router.name.clone(), RouterIx(ix)))
            .collect()
    }

    /// Ties the members of a sync group together; each tracks what the group tracks. A member
    /// that is left out does not keep the others apart; the first group that names one has it.
    fn join(
        &mut self,
        group: &SyncGroup,
        free: &mut BTreeMap<String, RouterIx>,
        tracks: &track::Tracks,
        host: GroupHost,
    ) {
        let names = group.members.iter();
        let members: Vec<RouterIx> = names.filter_map(|name| free.remove(&name.value)).collect();
        for member in &members {
            if let Some(router) = self.vrrp.routers.get_mut(member.0 as usize) {
                router.track_scripts.extend_from_slice(&tracks.scripts);
                router.tracks.extend_from_slice(&tracks.objects);
            }
        }
        self.vrrp.groups.push(vrrp::config::SyncGroup {
            name: group.name.value.clone(),
            members,
        });
        self.groups.push(host);
    }
}

/// What the performer needs for one sync group besides the engine's part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupHost {
    /// `notify*` commands: (event word, command); "*" is `notify`.
    pub notify: Vec<(String, Command)>,
    /// `smtp_alert`: its changes are told by mail.
    pub mails: bool,
}

/// Process-wide settings (`global_defs` and root keywords).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Process {
    /// `router_id`, default the host name.
    pub router_id: String,
    /// `child_wait_time`, default 5 s.
    pub child_wait_time: Duration,
    /// Instance name (`instance`), for pid file and syslog names.
    pub instance: Option<String>,
    /// `use_pid_dir`
    pub use_pid_dir: bool,
    /// `net_namespace`: what all processes run in; none: where they are started.
    pub namespace: Option<String>,
    /// `reload_check_config`
    pub reload_check_config: bool,
    /// `vrrp_startup_delay`
    pub startup_delay: Duration,
    /// `umask`: bits that files made do not get.
    pub umask: Option<u16>,
    /// `vrrp_delay_after_boot`: silence until the host has been up so long.
    pub delay_after_boot: Duration,
    /// `disable_local_igmp`: the kernel does not tell switches of link-local groups.
    pub disable_local_igmp: bool,
    /// Where dumps go.
    pub dumps: Dumps,
}

/// What the performer needs for one virtual router besides the engine's part: what it alone has, and
/// the rest, as which it reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouterHost {
    /// Interface for adverts; none for unicast without one.
    pub interface: Option<Arc<str>>,
    /// Addresses to hold while master, excluded ones after the advertised ones.
    /// Most have one.
    pub addresses: SmallVec<[Arc<Address>; 2]>,
    /// Where adverts come from, if that is written (`mcast_src_ip`, `unicast_src_ip`, the address of
    /// an ipvlan); else it is the interface's to choose, and chosen anew when that address goes.
    pub source: Option<IpAddr>,
    /// What many have alike, and share.
    pub manner: Arc<Manner>,
}

impl Deref for RouterHost {
    type Target = Manner;

    fn deref(&self) -> &Manner {
        &self.manner
    }
}

impl DerefMut for RouterHost {
    /// Others keep what they shared.
    fn deref_mut(&mut self) -> &mut Manner {
        Arc::make_mut(&mut self.manner)
    }
}

/// How the performer treats a virtual router; most have no lists of their own here.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Manner {
    /// The link above its interface that is made for the router: its addresses lie on a macvlan, its
    /// adverts come from an ipvlan.
    pub link: Option<Arc<str>>,
    /// The link whose own address adverts come from, where that is not the interface.
    pub source_on: Option<Arc<str>>,
    /// Routes and rules to have while master; routes come first.
    pub routing: Vec<Routing>,
    /// `promote_secondaries` of the interface.
    pub promote_secondaries: bool,
    /// `notify*` commands: (event word, command); "*" is `notify`.
    pub notify: Vec<(String, Command)>,
    /// What else is told of it.
    pub told: Told,
    /// Planned in strict mode.
    pub strict: bool,
    /// Packets to its addresses are dropped while it is master.
    pub closed: bool,
    /// `track_src_ip`: FAULT while the source that is written is not there.
    pub tracks_source: bool,
    /// `debug`, for dumps.
    pub debug: u8,
    /// Those of the addresses that `garp_extra_if` is about: one of each interface.
    pub extra: Vec<Arc<Address>>,
    /// Its part in the receive buffer of its socket, in bytes; without one it is a large one.
    pub receive_buffer: Option<u32>,
    /// `kernel_rx_buf_size` as it is written, for dumps.
    pub written_buffer: Option<u32>,
    /// How much of what it tracks stands in its own block, for dumps.
    pub listed: Listed,
}

/// `static_ipaddress`, `static_routes` and `static_rules`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Statics {
    /// Addresses, each once.
    pub addresses: Vec<Arc<Address>>,
    /// Routes, then rules, each once.
    pub routing: Vec<Routing>,
}

impl Statics {
    /// Whether there is nothing.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.addresses.is_empty() && self.routing.is_empty()
    }
}

/// One line of `virtual_ipaddress` or `static_ipaddress`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Address {
    /// Address.
    pub address: IpAddr,
    /// Prefix length; 32 or 128 unless given.
    pub prefix: u8,
    /// `dev`
    pub interface: Arc<str>,
    /// `scope` as the kernel's number (0 global, 253 link, 254 host).
    pub scope: u8,
    /// `noprefixroute`
    pub noprefixroute: bool,
    /// `no_track`
    pub no_track: bool,
    /// `home`, `-nodad`, `mngtmpaddr`, `autojoin` as IFA_F_* bits.
    pub flags: u32,
    /// What few lines say; read it by [`Address::details`].
    pub written: Option<Box<Details>>,
}

/// What few addresses have.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Details {
    /// `brd`
    pub broadcast: Option<IpAddr>,
    /// `label`
    pub label: Option<String>,
    /// `peer`
    pub peer: Option<(IpAddr, u8)>,
    /// `preferred_lft`
    pub preferred_lft: Option<u32>,
}

impl Details {
    const NONE: Self = Self {
        broadcast: None,
        label: None,
        peer: None,
        preferred_lft: None,
    };
}

impl Address {
    /// What few addresses have.
    #[must_use]
    pub fn details(&self) -> &Details {
        static NONE: Details = Details::NONE;
        self.written.as_deref().unwrap_or(&NONE)
    }

    fn copied(&self, names: &mut Names) -> Arc<Self> {
        Arc::new(Self {
            interface: names.name(&self.interface),
            ..self.clone()
        })
    }
}

impl core::fmt::Display for Address {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{}/{} dev {}", self.address, self.prefix, self.interface)
    }
}

/// A command with its arguments and the user it runs as. The path is resolved and checked.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Command {
    /// argv; `argv[0]` is the path as configured.
    pub argv: Vec<String>,
    /// What is executed: found in PATH, symlinks followed unless `use_symlink_paths`.
    pub path: std::path::PathBuf,
    /// User id.
    pub uid: u32,
    /// Group id.
    pub gid: u32,
    /// `set_supplementary_groups`: further groups.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<u32>,
}
