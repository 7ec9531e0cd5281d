//! `authentication`: what of it the version and the family allow.
//!
//! Invariant: an instance whose peers expect authentication never runs without it unasked.

use base::Family;
use grammar::Diagnostic;
use grammar::ast::vrrp::{AuthType, InitialState, Instance};
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
            return self.hmac(instance, hmac, version).map(Auth::Hmac);
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
