//! What is run and who is written to when services and servers change.
//!
//! Invariants: each planned service has its entry, in the same place, and so has each of its
//! servers; commands are looked up once, however many services a group makes of a block.

use std::sync::Arc;

use grammar::Diagnostic;
use grammar::ast::global::Mail;
use grammar::ast::leaf::{self, Spanned};
use grammar::ast::lvs as ast;

use super::Command;
use super::command::{Commands, Part};
use super::{lack, mail};

/// The performer's part of all services.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServicesHost {
    /// Of each, in the engine's order.
    pub each: Vec<ServiceHost>,
    /// `rs_init_notifies`: servers that are up from the start are told, too.
    pub tells_start: bool,
}

/// What the performer needs for one virtual service besides the engine's part.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServiceHost {
    /// `quorum_up`
    pub up: Option<Arc<Command>>,
    /// `quorum_down`
    pub down: Option<Arc<Command>>,
    /// `smtp_alert`: its quorum is told by mail.
    pub mails: bool,
    /// Of each of its servers, in the engine's order.
    pub servers: Vec<ServerHost>,
}

/// What the performer needs for one real server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServerHost {
    /// `notify_up`
    pub up: Option<Arc<Command>>,
    /// `notify_down`
    pub down: Option<Arc<Command>>,
    /// `smtp_alert`: its checks are told by mail.
    pub mails: bool,
}

/// What a `virtual_server` block says; its servers are in the order of the file.
pub(super) fn written(
    service: &ast::Service,
    alerts: &Mail,
    commands: &mut Commands<'_>,
    problems: &mut Vec<Diagnostic>,
) -> ServiceHost {
    let what = lack::vs(service);
    let mut command = |written: &Option<Box<Spanned<leaf::Command>>>| {
        let written = written.as_deref()?;
        let command = commands.event(Part::Checker, written, &what, problems)?;
        Some(Arc::new(command))
    };
    let (up, down) = (command(&service.quorum_up), command(&service.quorum_down));
    let servers = service.servers.iter().map(|server| ServerHost {
        up: command(&server.notify_up),
        down: command(&server.notify_down),
        mails: mail::of_server(server.smtp_alert, alerts),
    });
    ServiceHost {
        up,
        down,
        mails: mail::of_service(service.smtp_alert, alerts),
        servers: servers.collect(),
    }
}

impl ServiceHost {
    /// For one of the services that it becomes, which lacks the servers at these places of the
    /// file, ascending.
    pub(super) fn without(mut self, left_out: &[usize]) -> Self {
        let mut left_out = left_out.iter().copied().peekable();
        if left_out.peek().is_some() {
            let mut places = 0..;
            self.servers
                .retain(|_| left_out.next_if_eq(&places.next().unwrap_or(0)).is_none());
        }
        self
    }
}
