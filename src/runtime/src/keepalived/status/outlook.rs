//! What holds a router in its state, and what would change it.
//!
//! Invariants: pure; what is said of another node is what was heard of it, with its age; a tracker
//! is named only where it alone would make the difference.

use core::fmt::Write as _;

use base::{Instant, Priority};
use vrrp::config::{Config, ObjectKind, Router};
use vrrp::effect::Event;
use vrrp::timing::{master_down, skew};
use vrrp::{Heard, RouterStatus, State};

use super::Tracker;
use super::words::{millis, span};

/// A router at one moment.
#[derive(Clone, Copy)]
pub(super) struct View<'a> {
    pub(super) router: &'a Router,
    pub(super) status: &'a RouterStatus<'a>,
    pub(super) trackers: &'a [Tracker],
    pub(super) now: Instant,
}

/// A file's number times its weight at or below this is a fault (keepalived.conf(5) track_file).
const FILE_FAULT: i32 = -254;

impl Tracker {
    /// Keeps the instance out of the election.
    fn forbids(&self) -> bool {
        let sign = if self.reverse { -1 } else { 1 };
        let product = |number: i32| {
            let product = number.saturating_mul(self.weight.into());
            product.saturating_mul(sign)
        };
        let number = self.number.filter(|_| self.weight != 0);
        (self.weight == 0 && self.good == Some(false))
            || number.is_some_and(|number| product(number) <= FILE_FAULT)
    }

    /// "script chk"
    fn named(&self) -> String {
        format!("{} {}", self.kind, self.name)
    }

    /// What it is called when it turns good or bad.
    fn turns(&self, good: bool) -> String {
        let named = self.named();
        match (self.kind.as_str(), good != self.reverse) {
            ("script", true) => format!("{named} succeeds"),
            ("script", false) => format!("{named} fails"),
            ("process", true) => format!("enough of {named} runs"),
            ("process", false) => format!("{named} ends"),
            (_, true) => format!("{named} comes up"),
            (_, false) => format!("{named} goes down"),
        }
    }
}

impl View<'_> {
    fn until_due(&self) -> String {
        let due = self.status.next.map(|(at, _)| at.since(self.now));
        base::span(due.unwrap_or_default())
    }

    fn heard(&self) -> Option<Heard> {
        self.status.last_heard
    }

    /// The priority if `tracker` said the opposite.
    fn flipped(&self, tracker: &Tracker) -> Option<u8> {
        let weight = i32::from(tracker.weight).abs();
        if weight == 0 || tracker.number.is_some() || self.router.priority.is_owner() {
            return None;
        }
        let adds: i32 = self.trackers.iter().map(|it| it.adds).sum();
        let sum = i32::from(self.router.priority.0) + adds;
        let sum = match tracker.good? {
            true => sum - weight,
            false => sum + weight,
        };
        u8::try_from(sum.clamp(1, 254)).ok()
    }
}

/// "10.0.0.2 priority 80, 4 h ago"
fn last_heard(heard: Option<Heard>, now: Instant) -> String {
    let Some(heard) = heard else {
        return "nobody so far".to_owned();
    };
    let ago = span(millis(now.since(heard.at)));
    match heard.priority {
        Priority::RELEASE => format!("{} giving the addresses up, {ago} ago", heard.source),
        priority => format!("{} priority {priority}, {ago} ago", heard.source),
    }
}

/// What keeps a router out of the election.
pub(super) fn held_by(view: View<'_>) -> Vec<String> {
    let status = view.status;
    let mut held = Vec::new();
    if !matches!(status.state, State::Fault | State::Init) {
        return held;
    }
    held.extend(status.link_trouble.map(str::to_owned));
    for tracker in view.trackers {
        if tracker.forbids() {
            let how = match (&tracker.how, tracker.number) {
                (Some(how), _) => format!(" ({how})"),
                (None, Some(number)) => format!(" (it says {number})"),
                (None, None) => String::new(),
            };
            held.push(format!("{} is bad{how}", tracker.named()));
        } else if tracker.weight == 0 && tracker.good.is_none() {
            held.push(format!("{} has had no result yet", tracker.named()));
        }
    }
    held.extend(status.group_trouble.map(ToString::to_string));
    if status.awaits_group && status.group_trouble.is_none() {
        held.push("another member of its sync group waits for a first result".to_owned());
    }
    if let (State::Fault, Some(_)) = (status.state, status.next) {
        held.push(format!(
            "{}; it is tried again in {}",
            status.cause,
            view.until_due()
        ));
    }
    held
}

/// What would change a router's state; any of it does.
pub(super) fn until(view: View<'_>) -> Vec<String> {
    match view.status.state {
        // All of what holds it has to end, see `held_by`.
        State::Init | State::Fault => Vec::new(),
        State::Master => until_master_ends(view),
        State::Backup => until_master(view),
    }
}

/// What takes a router out of the election.
fn mishaps(view: View<'_>, until: &mut Vec<String>) {
    let router = view.router;
    if !router.key.interface.is_empty() && !router.ignores_link {
        until.push(format!("{} goes down (FAULT)", router.key.interface));
    }
    for tracker in view.trackers {
        if tracker.weight == 0 && tracker.good == Some(true) {
            until.push(format!(
                "{} (FAULT, as it has no weight)",
                tracker.turns(false)
            ));
        }
    }
}

fn until_master_ends(view: View<'_>) -> Vec<String> {
    let (priority, source) = (view.status.priority, view.router.source);
    let mut until = Vec::new();
    if !priority.is_owner() {
        until.push(format!(
            "an advert with a priority above {priority} is heard, or with {priority} from an \
             address above {source} (last heard: {})",
            last_heard(view.heard(), view.now)
        ));
    }
    let rival = view.heard().filter(|it| it.priority != Priority::RELEASE);
    for tracker in view.trackers.iter().filter(|it| it.good == Some(true)) {
        if let (Some(then), Some(rival)) = (view.flipped(tracker), rival)
            && (Priority(then), source) < (rival.priority, rival.source)
        {
            until.push(format!(
                "{}: its priority is {then} then, below the {} of {}",
                tracker.turns(false),
                rival.priority,
                rival.source
            ));
        }
    }
    mishaps(view, &mut until);
    until
}

fn until_master(view: View<'_>) -> Vec<String> {
    let (router, status) = (view.router, view.status);
    let mut until = Vec::new();
    match view.heard() {
        None => until.push(format!(
            "nobody advertises for another {}",
            view.until_due()
        )),
        Some(heard) if heard.priority == Priority::RELEASE => until.push(format!(
            "nobody takes the addresses that {} gave up, for another {}",
            heard.source,
            view.until_due()
        )),
        Some(master) => until_taken(view, master, &mut until),
    }
    if router.bfd_master_down
        && let Some(heard) = view.heard()
    {
        until.push(format!("BFD loses {} (bfd_master_down)", heard.source));
    }
    if status.preempt_delay_end.is_some_and(|end| end > view.now) {
        let left = status.preempt_delay_end.map(|end| end.since(view.now));
        let left = base::span(left.unwrap_or_default());
        until.push(format!("preempt_delay is over, in {left}"));
    }
    mishaps(view, &mut until);
    until
}

fn until_taken(view: View<'_>, master: Heard, until: &mut Vec<String>) {
    let (router, status, ours) = (view.router, view.status, view.status.priority);
    let (source, theirs) = (master.source, master.priority);
    let wait = master_down(router, ours, status.master_interval);
    let after = skew(router.version, ours, status.master_interval);
    until.push(format!(
        "{source} (priority {theirs}) is silent for {}; it was heard {} ago",
        base::span(wait),
        span(millis(view.now.since(master.at)))
    ));
    until.push(format!(
        "{source} gives the addresses up (priority 0), and nobody else takes them within {}",
        base::span(after)
    ));
    if !router.preempt {
        if theirs < ours {
            // What people expect to happen, and why it does not.
            if let Some(first) = until.first_mut() {
                let _ = write!(first, "; nopreempt: that {ours} is higher does not count");
            }
        }
        return;
    }
    if theirs < ours {
        if router.preempt_delay.is_zero() {
            until.push(format!(
                "its higher priority {ours} counts, in {}",
                view.until_due()
            ));
        }
        return;
    }
    until.push(format!("the priority of {source} falls below {ours}"));
    for tracker in view.trackers.iter().filter(|it| it.good == Some(false)) {
        if let Some(then) = view.flipped(tracker).filter(|then| *then > theirs.0) {
            until.push(format!(
                "{}: its priority is {then} then, above the {theirs} of {source}",
                tracker.turns(true)
            ));
        }
    }
}

/// The line that explains a changed priority, beside the original's phrase.
pub(in crate::keepalived) fn priority_line(
    config: &Config,
    status: &RouterStatus<'_>,
    event: &Event,
    now: Instant,
) -> Option<String> {
    let Event::PriorityChanged {
        router,
        from,
        to,
        tracker,
        good,
    } = event
    else {
        return None;
    };
    let router = config.routers.get(router.0 as usize)?;
    let why = turned(config, tracker, *good);
    let heard = status.last_heard;
    let then = match (status.state, heard) {
        (State::Master, _) => format!(
            "stays MASTER until a higher advert is heard (last heard: {})",
            last_heard(heard, now)
        ),
        (State::Backup, None) => "stays BACKUP until nobody advertises".to_owned(),
        (State::Backup, Some(master)) if master.priority < *to && router.preempt => {
            let delay = match router.preempt_delay.is_zero() {
                true => "",
                false => " after preempt_delay",
            };
            format!(
                "takes over{delay} if nobody higher is heard (last heard: {})",
                last_heard(heard, now)
            )
        }
        (State::Backup, Some(_)) => format!(
            "stays BACKUP while a master is heard (last heard: {})",
            last_heard(heard, now)
        ),
        (State::Init, _) => "takes no part in the election yet".to_owned(),
        (State::Fault, _) => format!("stays FAULT ({})", status.cause),
    };
    Some(format!(
        "({}) priority {from} -> {to} ({why}): {then}",
        router.name
    ))
}

/// "script chk failed"
fn turned(config: &Config, tracker: &str, good: bool) -> String {
    if config.scripts.iter().any(|it| it.name == tracker) {
        let word = if good { "succeeded" } else { "failed" };
        return format!("script {tracker} {word}");
    }
    let object = config.objects.iter().find(|it| it.name == tracker);
    let kind = object.map(|it| it.kind);
    let word = kind.map_or("object", ObjectKind::word);
    match (kind, good) {
        (Some(ObjectKind::File), _) => format!("file {tracker} has another number"),
        (_, true) => format!("{word} {tracker} is up"),
        (_, false) => format!("{word} {tracker} is down"),
    }
}
