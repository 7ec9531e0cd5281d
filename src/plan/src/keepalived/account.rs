//! The accounts that scripts run as.
//!
//! Invariants: an account that cannot be found is reported once, where it is named; scripts that
//! would have used it are left out silently after that.

use grammar::Diagnostic;
use grammar::ast::leaf::{Spanned, User};

use crate::Facts;

/// A resolved account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Account {
    pub(super) uid: u32,
    pub(super) gid: u32,
}

impl Account {
    pub(super) const ROOT: Self = Self { uid: 0, gid: 0 };
}

/// Where scripts without a user of their own run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Default {
    /// This account.
    Known(Account),
    /// `script_user` names nobody; that was reported.
    Broken,
    /// Script security wants a `keepalived_script` account and there is none.
    Missing,
}

/// The account that was written.
pub(super) fn resolve(user: &User, facts: &dyn Facts) -> Result<Account, String> {
    let found = facts
        .user(&user.user)
        .ok_or_else(|| format!("no user '{}'", user.user))?;
    let gid = match &user.group {
        Some(group) => facts
            .group(group)
            .ok_or_else(|| format!("no group '{group}'"))?,
        None => found.gid,
    };
    Ok(Account {
        uid: found.uid,
        gid,
    })
}

/// The account that `script_user` names.
pub(super) fn written(
    user: &Spanned<User>,
    facts: &dyn Facts,
    problems: &mut Vec<Diagnostic>,
) -> Default {
    match resolve(user, facts) {
        Ok(account) => Default::Known(account),
        Err(why) => {
            let message = "Error setting global script uid/gid";
            let problem = Diagnostic::error("unknown-user", message).label(user.span, why);
            problems.push(problem.help("scripts without a user of their own are left out"));
            Default::Broken
        }
    }
}

/// The account without `script_user`: `keepalived_script`, else root unless script security is on
/// (seen in 2.2.7).
pub(super) fn default(security: bool, facts: &dyn Facts) -> Default {
    match facts.user("keepalived_script") {
        Some(user) => Default::Known(Account {
            uid: user.uid,
            gid: user.gid,
        }),
        None if security => Default::Missing,
        None => Default::Known(Account::ROOT),
    }
}
