//! The virtual server side: servers that answer probes or do not.

use std::collections::BTreeMap;

use base::{Duration, Instant, Machine as _};
use lvs::config::Probe;
use lvs::{Effect, Event, Input, Verdict};
use plan::keepalived::Plan;
use runtime::checker::told::{Configuration, Hosts};
use runtime::keepalived::notify::program;

use crate::observe::{END, Seen, stamped};

/// Runs the plan's services until [`END`].
pub(crate) fn run(plan: &Plan, seen: &mut Seen) {
    let told = Told::of(plan);
    let mut engine = lvs::Engine::new(plan.lvs.clone());
    let mut coming: BTreeMap<(Instant, usize), Input> = BTreeMap::new();
    coming.insert((Instant::ZERO, 0), Input::Start { seed: 7 });
    coming.insert((END, usize::MAX), Input::Shutdown);
    for (order, session) in plan.bfd.sessions.iter().enumerate() {
        for at in [30_000, 60_000] {
            let session = session.key.name.clone();
            coming.insert((Instant::from_millis(at), order), Input::Look { session });
        }
    }
    for order in 1..100_000 {
        let due = engine.deadline().map(|(at, _)| at);
        let next = coming.keys().next().map(|(at, _)| *at);
        let Some(now) = due.into_iter().chain(next).min() else {
            return;
        };
        let input = match coming.first_entry() {
            Some(first) if first.key().0 <= now => first.remove(),
            _ => Input::Tick,
        };
        let mut effects = Vec::new();
        engine.handle(now, input, &mut |effect| effects.push(effect));
        for (at, effect) in effects.into_iter().enumerate() {
            seen.push(stamped(now, &format!("{effect:?}")));
            if let Effect::Event(Event::Notice(notice)) = &effect {
                let told = told.of_notice(notice).into_iter();
                seen.extend(told.map(|what| stamped(now, &what)));
            }
            match effect {
                Effect::Probe { id, probe } => {
                    let (after, verdict) = answer(now, &probe);
                    let done = Input::ProbeDone { probe: id, verdict };
                    coming.insert((now + after, order * 1_000 + at), done);
                }
                Effect::ReadTable => {
                    coming.insert((now, order * 1_000 + at), Input::Table(BTreeMap::new()));
                }
                Effect::Ipvs(_) | Effect::Event(_) => {}
            }
        }
    }
    seen.push("never comes to rest".to_owned());
}

/// Port 81 never answers; port 82 and BFD sessions not between second 30 and 60.
fn answer(now: Instant, probe: &Probe) -> (Duration, Verdict) {
    let troubled = (Instant::from_millis(30_000)..Instant::from_millis(60_000)).contains(&now);
    let (target, timeout) = match probe {
        Probe::Tcp {
            target, timeout, ..
        } => (target, timeout),
        Probe::Session { .. } if troubled => {
            return (Duration::ZERO, Verdict::Down("down".to_owned()));
        }
        Probe::Session { .. } => return (Duration::ZERO, Verdict::Up),
    };
    match target.port() {
        81 => (*timeout, Verdict::Down("timeout".to_owned())),
        82 if troubled => (*timeout, Verdict::Down("timeout".to_owned())),
        _ => (Duration::from_millis(5), Verdict::Up),
    }
}

/// Who is told, as the daemon does it.
struct Told {
    configuration: Configuration,
    hosts: Hosts,
}

impl Told {
    fn of(plan: &Plan) -> Self {
        let configuration = Configuration::of(plan.clone(), false);
        Self {
            hosts: Hosts::new(&configuration.lvs, &configuration.services, None),
            configuration,
        }
    }

    fn of_notice(&self, notice: &lvs::Notice) -> Vec<String> {
        let Configuration { pipes, mail, .. } = &self.configuration;
        let line = self.hosts.line(notice).filter(|_| !pipes.is_empty());
        let line = line.map(|line| format!("writes {} to {pipes:?}", line.trim_end()));
        let command = self.hosts.command(notice).map(program);
        let command = command.map(|program| {
            let argv = program.argv.join(" ");
            format!("notifies [{argv}] as {:?}", program.user)
        });
        let letter = mail.as_ref().and_then(|mail| {
            let letter = self.hosts.letter(mail, notice)?;
            Some(format!("mails {letter:?}"))
        });
        line.into_iter().chain(command).chain(letter).collect()
    }
}
