//! Virtual services as text.

use core::net::IpAddr;

use base::Family;

use super::check::print_check;
use super::{Printer, word};
use crate::ast::lvs::{
    Checksum, Granularity, Group, Lvs, Member, Method, RealServer, Schedule, Service, Ssl, Target,
    Tunnel,
};

pub(super) fn lvs(out: &mut Printer, lvs: &Lvs) {
    if let Some(context) = &lvs.ssl {
        out.block("SSL", "", |out| ssl(out, context));
    }
    for group in &lvs.groups {
        out.block("virtual_server_group", &word(&group.name), |out| {
            print_group(out, group)
        });
    }
    for service in &lvs.services {
        let target = match &service.target.value {
            Target::Address(address, 0) => address.to_string(),
            Target::Address(address, port) => format!("{address} {port}"),
            Target::Mark(mark) => format!("fwmark {mark}"),
            Target::Group(name) => format!("group {}", word(name)),
        };
        out.block("virtual_server", &target, |out| print_service(out, service));
    }
}

fn ssl(out: &mut Printer, ssl: &Ssl) {
    let password = ssl
        .password
        .as_ref()
        .map(|password| word(&password.value.0));
    out.value("password", password);
    out.text("ca", ssl.ca.as_ref());
    out.text("certificate", ssl.certificate.as_ref());
    out.text("key", ssl.key.as_ref());
}

fn print_group(out: &mut Printer, group: &Group) {
    for member in &group.members {
        out.line(match &member.value {
            Member::Addresses(addresses, None) => addresses.to_string(),
            Member::Addresses(addresses, Some(port)) => format!("{addresses} {port}"),
            Member::Mark(mark, None) => format!("fwmark {mark}"),
            Member::Mark(mark, Some(of)) => format!("fwmark {mark} {}", family(*of)),
        });
    }
}

fn print_service(out: &mut Printer, service: &Service) {
    out.value("ip_family", service.family.map(|of| family(of.value)));
    schedule(out, &service.schedule);
    out.time("connect_timeout", service.connect_timeout.as_ref());
    out.value("lb_algo", service.scheduler.map(|it| it.word()));
    out.value("lb_kind", service.method.map(|it| method(it.value)));
    service.flags.iter().for_each(|flag| out.line(flag.word()));
    out.text("persistence_engine", service.persistence_engine.as_deref());
    out.value("persistence_timeout", service.persistence_timeout);
    out.value(
        "persistence_granularity",
        service.granularity.map(|it| match it.value {
            Granularity::Mask(mask) => mask.to_string(),
            Granularity::Prefix(len) => len.to_string(),
        }),
    );
    out.value("protocol", service.protocol.map(|it| it.word()));
    out.flag("ha_suspend", service.ha_suspend);
    out.switch("smtp_alert", service.smtp_alert);
    out.text("virtualhost", service.virtualhost.as_deref());
    out.text("snmp_name", service.snmp_name.as_deref());
    out.flag("omega", service.omega);
    out.value("quorum", service.quorum);
    out.value("hysteresis", service.hysteresis);
    out.command("quorum_up", service.quorum_up.as_deref());
    out.command("quorum_down", service.quorum_down.as_deref());
    out.value("weight", service.weight);
    out.switch("inhibit_on_failure", service.inhibit_on_failure);
    sorry(out, service);
    for server in &service.servers {
        let at = address(server.address.value);
        out.block("real_server", &at, |out| print_server(out, server));
    }
}

fn sorry(out: &mut Printer, service: &Service) {
    out.value(
        "sorry_server",
        service
            .sorry_server
            .as_ref()
            .map(|sorry| address(sorry.value)),
    );
    out.flag(
        "sorry_server_inhibit",
        service.sorry_server_inhibit.is_some_and(|it| it.value),
    );
    let sorry_method = service.sorry_server_method.map(|it| method(it.value));
    out.value("sorry_server_lvs_method", sorry_method);
}

fn print_server(out: &mut Printer, server: &RealServer) {
    out.value("weight", server.weight);
    schedule(out, &server.schedule);
    out.time("connect_timeout", server.connect_timeout.as_ref());
    out.switch("inhibit_on_failure", server.inhibit_on_failure);
    out.value("lvs_method", server.method.map(|it| method(it.value)));
    out.value("uthreshold", server.upper_threshold);
    out.value("lthreshold", server.lower_threshold);
    out.command("notify_up", server.notify_up.as_deref());
    out.command("notify_down", server.notify_down.as_deref());
    out.switch("smtp_alert", server.smtp_alert);
    out.text("virtualhost", server.virtualhost.as_deref());
    out.text("snmp_name", server.snmp_name.as_deref());
    for check in &server.checks {
        print_check(out, check);
    }
}

pub(super) fn schedule(out: &mut Printer, schedule: &Schedule) {
    out.value("retry", schedule.retry);
    out.time("delay_before_retry", schedule.delay_before_retry.as_ref());
    out.time("warmup", schedule.warmup.as_ref());
    out.time("delay_loop", schedule.delay_loop.as_ref());
    out.switch("alpha", schedule.alpha);
}

fn method(method: Method) -> String {
    match method {
        Method::Nat => "NAT".to_owned(),
        Method::Dr => "DR".to_owned(),
        Method::Tun(Tunnel::Ipip) => "TUN".to_owned(),
        Method::Tun(Tunnel::Gue { port, checksum }) => match checksum {
            Checksum::None => format!("TUN type gue port {port}"),
            checksum => format!("TUN type gue port {port} {}", checksum.word()),
        },
        Method::Tun(Tunnel::Gre { checksum: false }) => "TUN type gre".to_owned(),
        Method::Tun(Tunnel::Gre { checksum: true }) => "TUN type gre csum".to_owned(),
    }
}

const fn family(family: Family) -> &'static str {
    match family {
        Family::V4 => "inet",
        Family::V6 => "inet6",
    }
}

fn address((address, port): (IpAddr, Option<u16>)) -> String {
    match port {
        Some(port) => format!("{address} {port}"),
        None => address.to_string(),
    }
}
