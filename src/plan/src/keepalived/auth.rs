//! `authentication`: what of it the version and the family allow.
//!
//! Invariant: an instance whose peers expect authentication never runs without it unasked.

use base::Family;
use grammar::Diagnostic;
use grammar::ast::leaf::Spanned;
use grammar::ast::vrrp::{AuthHmac, AuthType, HmacMode, InitialState, Instance};
use vrrp::config::{Auth, Version};

use super::router::Routers;
use super::strict::taken_back;

impl Routers<'_> {
    /// None when the instance must not run.
    pub(super) fn auth(
        &mut self,
        instance: &Instance,
        version: Version,
        family: Family,
    ) -> Option<Auth> {
        if let Some(hmac) = &instance.auth_hmac {
            return self.hmac(instance, hmac, version);
        }
        let Some(auth) = &instance.authentication else {
            return Some(Auth::None);
        };
        let name = &instance.name;
        let strict = self.strict(instance);
        let is_ah = auth
            .auth_type
            .is_some_and(|kind| kind.value == AuthType::Ah);
        let refused = if auth.auth_type.is_none() {
            None
        } else if strict.is_some() {
            Some("Strict mode does not support authentication. Ignoring.")
        } else if version == Version::V3 {
            Some("VRRP version 3 does not support authentication. Ignoring.")
        } else if family == Family::V6 && is_ah && auth.password.is_some() {
            Some("Cannot use AH authentication with IPv6. ignoring")
        } else {
            None
        };
        if let Some(why) = refused {
            let message = format!("({name}) {why}");
            let help = "remove the authentication block, on every node";
            let problem = match strict {
                Some(strict) => taken_back(strict, auth.span, message, help),
                None => Diagnostic::error("auth-impossible", message)
                    .at(auth.span)
                    .help(help),
            };
            self.problems.push(problem);
            return Some(Auth::None);
        }
        match (&auth.auth_type, &auth.password) {
            (Some(kind), Some(password)) => match kind.value {
                AuthType::Pass => Some(Auth::Pass(padded(&password.value))),
                AuthType::Ah => {
                    self.ah(instance);
                    Some(Auth::Ah(padded(&password.value)))
                }
            },
            (Some(_), None) => {
                if !auth.rejected {
                    let message = format!(
                        "({name}) Authentication specified but no password given. Ignoring"
                    );
                    let problem = Diagnostic::error("no-password", message).at(auth.span);
                    self.problems.push(problem.help("add `auth_pass PASSWORD`"));
                }
                Some(Auth::None)
            }
            (None, _) => {
                if !auth.rejected {
                    let message = format!("({name}) auth_pass without auth_type has no effect");
                    let problem = Diagnostic::warning("no-auth-type", message).at(auth.span);
                    self.problems.push(problem.help("add `auth_type PASS`"));
                }
                Some(Auth::None)
            }
        }
    }

    /// The keyed trailer. Without it the peers, which demand it, would not hear us.
    fn hmac(
        &mut self,
        instance: &Instance,
        hmac: &Spanned<AuthHmac>,
        version: Version,
    ) -> Option<Auth> {
        let name = &instance.name;
        let old = instance.authentication.as_ref();
        if let Some(old) = old.filter(|old| old.auth_type.is_some()) {
            let message = format!(
                "({name}) auth_hmac cannot be combined with authentication, dropping legacy auth"
            );
            let problem = Diagnostic::error("auth-impossible", message).at(old.span);
            let problem = problem.label(hmac.span, "this one counts");
            let help = "remove the authentication block, on every node";
            self.problems.push(problem.help(help));
        }
        if version == Version::V2 {
            // The original sends it all the same, and nobody else reads it.
            let message = format!("({name}) auth_hmac is a trailer of VRRP version 3");
            let problem = Diagnostic::warning("auth-impossible", message).at(hmac.span);
            self.problems
                .push(problem.help("add `version 3`, on every node"));
        }
        let mode = hmac.mode.filter(|mode| mode.value != HmacMode::Enforce);
        if let (Some(strict), Some(mode)) = (self.strict(instance), mode) {
            let message = format!("({name}) strict mode requires auth_hmac mode enforce");
            let problem = taken_back(strict, mode.span, message, "leave `mode` out");
            self.problems.push(problem);
        }
        let message = format!("({name}) left out: auth_hmac is not acted on yet");
        let problem = Diagnostic::warning("not-yet", message);
        let why = "without the trailer it would become a second master";
        self.problems.push(problem.label(hmac.span, why));
        None
    }

    /// A number has to be heard before one is sent that the others take.
    fn ah(&mut self, instance: &Instance) {
        let name = &instance.name;
        let owner = instance
            .priority
            .is_some_and(|priority| priority.is_owner());
        let master = instance
            .state
            .filter(|state| state.value == InitialState::Master);
        // Without a priority the state makes an owner.
        if let Some(state) = master.filter(|_| instance.priority.is_some() && !owner) {
            let message = format!(
                "({name}) Initial state master is incompatible with AH authentication - clearing"
            );
            let problem = Diagnostic::error("state-of-ah", message).at(state.span);
            let help = "use `state BACKUP`: an advert must be heard before one can be numbered";
            self.problems.push(problem.help(help));
        }
    }
}

/// The bytes that count.
fn padded(password: &[u8]) -> [u8; 8] {
    let mut bytes = [0; 8];
    for (to, from) in bytes.iter_mut().zip(password) {
        *to = *from;
    }
    bytes
}
