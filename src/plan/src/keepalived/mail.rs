//! Alerts by mail: to whom, from whom, by which relay.
//!
//! Invariants: there is a plan only where somebody is to be written to and the relay has an
//! address; its name is looked up here, so that no process has to wait for that later.

use core::net::{IpAddr, SocketAddr};
use core::time::Duration;

use grammar::Diagnostic;
use grammar::ast::global as ast;
use grammar::ast::leaf::Spanned;
use grammar::ast::process::Process;

use crate::Facts;

/// Where mail relays listen.
const PORT: u16 = 25;
/// How long a step may take unless it is written: seconds.
const TIMEOUT: u32 = 30;

/// How alerts are sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// `smtp_server`: all its addresses, in order.
    pub servers: Vec<SocketAddr>,
    /// `smtp_helo_name`
    pub helo: String,
    /// `router_id`: begins each subject.
    pub node: String,
    /// `notification_email_from`
    pub from: String,
    /// `notification_email`
    pub to: Vec<String>,
    /// `smtp_connect_timeout`: of the connection and of each reply.
    pub timeout: Duration,
    /// Not `no_email_faults`.
    pub of_faults: bool,
    /// Not `no_checker_emails`: also of checks that do not change their server's state.
    pub of_all_checks: bool,
}

pub(super) fn mail(
    process: &Process,
    node: &str,
    facts: &dyn Facts,
    problems: &mut Vec<Diagnostic>,
) -> Option<Mail> {
    let mail = &process.mail;
    let servers = servers(mail.server.as_ref()?, facts, problems);
    let to: Vec<String> = mail.recipients.iter().map(|to| to.value.clone()).collect();
    if servers.is_empty() || to.is_empty() {
        return None;
    }
    let text = |written: &Option<Spanned<String>>| written.as_ref().map(|it| it.value.clone());
    let host = facts.hostname();
    let seconds = mail.connect_timeout.map_or(TIMEOUT, |it| it.value);
    Some(Mail {
        servers,
        helo: text(&mail.helo_name).unwrap_or_else(|| host.clone()),
        node: node.to_owned(),
        from: text(&mail.from).unwrap_or_else(|| format!("root@{host}")),
        to,
        timeout: Duration::from_secs(seconds.into()),
        of_faults: !mail.no_faults,
        of_all_checks: !mail.no_checkers,
    })
}

fn servers(
    server: &Spanned<ast::MailServer>,
    facts: &dyn Facts,
    problems: &mut Vec<Diagnostic>,
) -> Vec<SocketAddr> {
    let ast::MailServer { host, port } = &server.value;
    let port = port.unwrap_or(PORT);
    let addresses = match host.parse::<IpAddr>() {
        Ok(address) => vec![address],
        Err(_) => facts.resolve(host),
    };
    if addresses.is_empty() && facts.can_resolve() {
        let message = format!("Invalid smtp server {host} {port}");
        let problem = Diagnostic::error("unknown-host", message);
        let problem = problem.label(server.span, "this name has no address here");
        problems.push(problem.help("write the relay's address, or see to it that it resolves"));
    }
    let addresses = addresses.into_iter();
    addresses
        .map(|address| SocketAddr::new(address, port))
        .collect()
}

/// Whether an instance's or group's changes are told by mail: by its own word, then by those for
/// all of VRRP and for everything.
pub(super) fn of_vrrp(own: Option<bool>, mail: &ast::Mail) -> bool {
    own.or(mail.alert_vrrp).or(mail.alert).unwrap_or(false)
}

/// The same for the quorum of a service.
pub(super) fn of_service(own: Option<bool>, mail: &ast::Mail) -> bool {
    own.or(mail.alert_checker).or(mail.alert).unwrap_or(false)
}

/// The same for the checks of a server, which are told unless somebody says otherwise (seen in
/// 2.2.7).
pub(super) fn of_server(own: Option<bool>, mail: &ast::Mail) -> bool {
    own.or(mail.alert_checker).or(mail.alert).unwrap_or(true)
}
