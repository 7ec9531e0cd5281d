//! One `vrrp_instance` with its defaults filled in.
//!
//! Invariants: durations are what the protocol version can express; a password is compared, never
//! shown.

use core::net::IpAddr;
use core::time::Duration;

use base::Family;
use grammar::ast::leaf::{Prefix, Spanned};
use grammar::ast::vrrp::{AddressLine, AuthType, InitialState, Instance};
use grammar::{Ast, Span};
use vrrp::config::{Garp, Version};

use super::tracker::{self, Objects, Tracker};
use crate::keepalived::strict::strict;
use crate::keepalived::timing;

/// An instance of one node.
pub(crate) struct Router {
    pub(crate) name: Spanned<String>,
    /// None when it was not written or not understood.
    pub(crate) vrid: Option<Spanned<u8>>,
    pub(crate) family: Family,
    /// Place of the instance's name when nobody wrote it.
    pub(crate) version: Spanned<Version>,
    pub(crate) state: Option<Spanned<InitialState>>,
    /// Base priority.
    pub(crate) priority: Spanned<u8>,
    pub(crate) advert: Spanned<Duration>,
    /// Adverts that may be missed.
    pub(crate) down_adverts: u8,
    /// Where `nopreempt` stands.
    pub(crate) nopreempt: Option<Span>,
    /// It takes over from a master with a lower priority.
    pub(crate) preempts: bool,
    pub(crate) interface: Option<Spanned<String>>,
    pub(crate) source: Option<Spanned<IpAddr>>,
    /// Unicast.
    pub(crate) peers: Option<Spanned<Vec<Spanned<IpAddr>>>>,
    pub(crate) vips: Vec<Vip>,
    pub(crate) excluded: Vec<Vip>,
    pub(crate) auth: Option<Auth>,
    pub(crate) trackers: Vec<Tracker>,
    /// It names something to track that is not there.
    pub(crate) tracks_unknown: bool,
    /// Which of the file's sync groups it is in.
    pub(crate) sync_group: Option<usize>,
    pub(crate) garp: Garp,
    /// Where announcements are set; the name when nowhere.
    pub(crate) garp_place: Span,
    /// Where strict mode is turned on.
    pub(crate) strict: Option<Span>,
    /// `accept`, as written.
    pub(crate) accept: Option<Spanned<bool>>,
}

/// A virtual address.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Vip {
    pub(crate) prefix: Prefix,
    pub(crate) place: Span,
    /// On another interface than the instance's.
    pub(crate) elsewhere: bool,
}

/// Version 2 authentication.
pub(crate) struct Auth {
    pub(crate) kind: AuthType,
    /// What is sent, at most eight bytes.
    pub(crate) password: Vec<u8>,
    /// Where the block is named.
    pub(crate) place: Span,
    /// Where the password stands.
    pub(crate) secret: Span,
}

pub(super) fn routers(ast: &Ast, moved: u32) -> Vec<Router> {
    let objects = Objects::new(&ast.vrrp);
    let instances = ast.vrrp.instances.iter();
    instances
        .map(|instance| router(ast, &objects, instance, moved))
        .collect()
}

fn router(ast: &Ast, objects: &Objects<'_>, instance: &Instance, moved: u32) -> Router {
    let at = |span: Span| span.moved(moved);
    let move_name = |name: &Spanned<String>| Spanned::new(name.value.clone(), at(name.span));
    let name = move_name(&instance.name);
    let here = name.span;
    let defaults = &ast.vrrp.defaults;
    let state = instance.state.map(|it| Spanned::new(it.value, at(it.span)));
    let priority = priority(instance, at);
    let family = family(instance);
    let version = version(ast, instance, family, at);
    let mut unheard = Vec::new();
    let advert = timing::advert_interval(&mut unheard, instance, version.value);
    let election = timing::election(
        &mut unheard,
        instance,
        base::Priority(priority.value),
        strict(instance, defaults),
    );
    let down = instance.down_timer_adverts.or(defaults.down_timer_adverts);
    let unicast = instance.unicast_peers.as_ref();
    let source = match unicast {
        Some(_) => instance.unicast_src_ip.or(instance.mcast_src_ip),
        None => instance.mcast_src_ip.or(instance.unicast_src_ip),
    };
    let peers = unicast.map(|peers| {
        let list = peers.value.iter();
        let list = list.map(|peer| Spanned::new(peer.address.value, at(peer.address.span)));
        Spanned::new(list.collect(), at(peers.span))
    });
    let vips = |lines: &[AddressLine]| {
        let lines = lines.iter().map(|line| Vip {
            prefix: line.prefix.value,
            place: at(line.prefix.span),
            elsewhere: line.dev.as_ref().is_some_and(|dev| {
                let own = instance.interface.as_ref();
                let own = own.or(defaults.default_interface.as_ref());
                own.is_none_or(|own| own.value != dev.value)
            }),
        });
        lines.collect::<Vec<_>>()
    };
    let nopreempt = instance.preempt.filter(|preempt| !preempt.value);
    Router {
        vrid: instance
            .vrid
            .map(|vrid| Spanned::new(vrid.value.get(), at(vrid.span))),
        family,
        version,
        state,
        priority,
        advert: Spanned::new(advert, instance.advert_int.map_or(here, |it| at(it.span))),
        down_adverts: down.map_or(3, |count| count.value),
        nopreempt: nopreempt.map(|preempt| at(preempt.span)),
        preempts: election.preempt,
        source: source.map(|source| Spanned::new(source.value, at(source.span))),
        peers: peers.filter(|peers: &Spanned<Vec<_>>| !peers.is_empty()),
        interface: instance
            .interface
            .as_ref()
            .or(defaults.default_interface.as_ref())
            .map(move_name),
        garp: timing::garp(&instance.garp, defaults),
        garp_place: garp_place(ast, instance).map_or(here, at),
        strict: strict(instance, defaults).map(at),
        accept: instance
            .accept
            .map(|accept| Spanned::new(accept.value, at(accept.span))),
        vips: vips(&instance.addresses),
        excluded: vips(&instance.excluded),
        auth: auth(instance, at),
        trackers: tracker::trackers(objects, instance, moved),
        tracks_unknown: objects.lacks(instance),
        sync_group: objects.group(instance),
        name,
    }
}

/// `state MASTER` without a priority makes an owner (`keepalived.conf(5)` vrrp_instance).
fn priority(instance: &Instance, at: impl Fn(Span) -> Span) -> Spanned<u8> {
    let master = instance
        .state
        .is_some_and(|state| state.value == InitialState::Master);
    let default = if master { 255 } else { 100 };
    match instance.priority {
        Some(priority) => Spanned::new(priority.value.0, at(priority.span)),
        None => Spanned::new(default, at(instance.name.span)),
    }
}

fn family(instance: &Instance) -> Family {
    if instance.native_ipv6.is_some() {
        return Family::V6;
    }
    let mut lines = instance.addresses.iter().chain(&instance.excluded);
    let first = lines.next().map(|line| line.prefix.address);
    first.map_or(Family::V4, Family::of)
}

fn version(
    ast: &Ast,
    instance: &Instance,
    family: Family,
    at: impl Fn(Span) -> Span,
) -> Spanned<Version> {
    // The default is for IPv4 only.
    let default = ast.vrrp.defaults.version;
    let written = instance
        .version
        .or(default.filter(|_| family == Family::V4));
    let place = at(written.map_or(instance.name.span, |version| version.span));
    let value = match (written.map(|version| version.value), family) {
        (Some(3), _) | (None, Family::V6) => Version::V3,
        _ => Version::V2,
    };
    Spanned::new(value, place)
}

/// The first setting about announcements, the instance's own before the defaults.
fn garp_place(ast: &Ast, instance: &Instance) -> Option<Span> {
    [&instance.garp, &ast.vrrp.defaults.garp]
        .into_iter()
        .find_map(|garp| {
            let counts = [garp.repeat, garp.lower_prio_repeat].map(|it| it.map(|it| it.span));
            let times = [garp.delay, garp.refresh].map(|it| it.map(|it| it.span));
            counts.into_iter().chain(times).flatten().next()
        })
}

fn auth(instance: &Instance, at: impl Fn(Span) -> Span) -> Option<Auth> {
    let auth = instance.authentication.as_ref()?;
    let password = auth.password.as_ref()?;
    Some(Auth {
        kind: auth.auth_type?.value,
        password: password.value.clone(),
        place: at(auth.span),
        secret: at(password.span),
    })
}

impl Router {
    /// Whether packets to the addresses are dropped (RFC 5798 §6.1 Accept_Mode, as keepalived
    /// has it: on without strict mode, never on in strict version 2).
    pub(crate) fn hides(&self) -> bool {
        let accept = self.accept.map_or(self.strict.is_none(), |it| it.value);
        let dropped = self.strict.is_some() && self.version.value == Version::V2;
        self.priority.value != 255 && (!accept || dropped)
    }

    /// By how much this node waits longer than three adverts of this interval (RFC 3768 §6.1,
    /// RFC 5798 §6.1).
    pub(crate) fn skew_of(&self, advert: Duration, priority: u8) -> Duration {
        let of = match self.version.value {
            Version::V2 => Duration::from_secs(1),
            Version::V3 => advert,
        };
        of * (256 - u32::from(priority)) / 256
    }

    /// Priority while everything tracked is good.
    pub(crate) fn effective(&self) -> u8 {
        self.with(self.weighted().map(|tracker| tracker.good()).sum())
    }

    /// The base priority changed by weights, as adverts carry it.
    pub(crate) fn with(&self, change: i32) -> u8 {
        if self.priority.value == 255 {
            return 255;
        }
        let sum = (i32::from(self.priority.value) + change).clamp(1, 254);
        u8::try_from(sum).unwrap_or(254)
    }

    /// Priority while one tracked object is bad and the others are good.
    pub(crate) fn with_failed(&self, failed: &Tracker) -> u8 {
        let good: i32 = self.weighted().map(Tracker::good).sum();
        self.with(good + failed.drop())
    }

    /// What changes the priority by a known amount.
    pub(crate) fn weighted(&self) -> impl Iterator<Item = &Tracker> {
        let counted = |tracker: &&Tracker| {
            tracker.weight.0 != 0 && !tracker.ignored && tracker.kind != tracker::Kind::File
        };
        self.trackers.iter().filter(counted)
    }
}
