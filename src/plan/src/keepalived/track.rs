//! What an instance tracks.
//!
//! Invariant: an object that was left out was reported where it is defined, and is not here again.

use std::collections::BTreeSet;

use base::Priority;
use grammar::Diagnostic;
use grammar::ast::vrrp::Instance;
use vrrp::config::TrackScript;

use super::router::Routers;

impl Routers<'_> {
    pub(super) fn tracked(&mut self, instance: &Instance, priority: Priority) -> Vec<TrackScript> {
        let name = &instance.name;
        let mut tracked: Vec<TrackScript> = Vec::new();
        let mut seen = BTreeSet::new();
        for line in &instance.track_scripts {
            let script = &line.name;
            let Some(known) = self.scripts.get(&script.value) else {
                if !self.ast.process.lost.contains(&script.value) {
                    let message = format!("({name}) track script {script} not found, ignoring...");
                    let mut problem = Diagnostic::error("unknown-script", message).at(script.span);
                    let names = self.scripts.keys().map(String::as_str);
                    if let Some(meant) = grammar::keyword::nearest(script, names) {
                        problem = problem.help(format!("did you mean `{meant}`?"));
                    }
                    self.problems.push(problem);
                }
                continue;
            };
            // One that was left out was reported where it is defined.
            let Some(known) = known else {
                continue;
            };
            if !seen.insert(script.value.as_str()) {
                let message = format!("({name}) duplicate track_script {script} - ignoring");
                self.error("duplicate-track", message, script.span);
                continue;
            }
            let weight = line.weight.map_or(known.weight, |weight| weight.weight);
            let reverse = line.weight.and_then(|weight| weight.reverse);
            if priority.is_owner() && weight.0 != 0 {
                let message = format!(
                    "({name}) ignoring tracked script {script} with weights due to address_owner"
                );
                self.error("weight-of-owner", message, script.span);
                continue;
            }
            tracked.push(TrackScript {
                script: known.index,
                weight,
                reverse: reverse.unwrap_or(known.reverse),
            });
        }
        tracked
    }
}
