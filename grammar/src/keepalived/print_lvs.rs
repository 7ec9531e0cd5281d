//! Virtual services as text.

use core::net::IpAddr;

use crate::ast::lvs::{
    Attempts, Check, Connect, Granularity, Method, Protocol, RealServer, Schedule, Service, Target,
};
use crate::keepalived::print::{Printer, word};

pub(super) fn services(out: &mut Printer, services: &[Service]) {
    for service in services {
        let target = match &service.target.value {
            Target::Address(address, 0) => address.to_string(),
            Target::Address(address, port) => format!("{address} {port}"),
            Target::Mark(mark) => format!("fwmark {mark}"),
            Target::Group(name) => format!("group {}", word(name)),
        };
        out.block("virtual_server", &target, |out| print_service(out, service));
    }
}

fn print_service(out: &mut Printer, service: &Service) {
    out.value(
        "ip_family",
        service.family.map(|family| match family.value {
            base::Family::V4 => "inet",
            base::Family::V6 => "inet6",
        }),
    );
    schedule(out, &service.schedule);
    out.time("connect_timeout", service.connect_timeout.as_ref());
    out.text("lb_algo", service.scheduler.as_ref());
    out.value("lb_kind", service.method.map(|kind| method(kind.value)));
    out.value("persistence_timeout", service.persistence_timeout);
    out.value(
        "persistence_granularity",
        service.granularity.map(|it| match it.value {
            Granularity::Mask(mask) => mask.to_string(),
            Granularity::Prefix(len) => len.to_string(),
        }),
    );
    out.value(
        "protocol",
        service.protocol.map(|protocol| match protocol.value {
            Protocol::Tcp => "TCP",
            Protocol::Udp => "UDP",
            Protocol::Sctp => "SCTP",
        }),
    );
    out.flag("omega", service.omega);
    out.value("quorum", service.quorum);
    out.value("hysteresis", service.hysteresis);
    out.command("quorum_up", service.quorum_up.as_ref());
    out.command("quorum_down", service.quorum_down.as_ref());
    out.value("weight", service.weight);
    out.switch("inhibit_on_failure", service.inhibit_on_failure);
    out.value(
        "sorry_server",
        service.sorry_server.map(|sorry| address(sorry.value)),
    );
    out.flag("sorry_server_inhibit", service.sorry_server_inhibit);
    let sorry_method = service.sorry_server_method.map(|kind| method(kind.value));
    out.value("sorry_server_lvs_method", sorry_method);
    out.kept(&service.kept);
    for server in &service.servers {
        let at = address(server.address.value);
        out.block("real_server", &at, |out| print_server(out, server));
    }
}

fn print_server(out: &mut Printer, server: &RealServer) {
    out.value("weight", server.weight);
    schedule(out, &server.schedule);
    out.time("connect_timeout", server.connect_timeout.as_ref());
    out.switch("inhibit_on_failure", server.inhibit_on_failure);
    out.value("lvs_method", server.method.map(|kind| method(kind.value)));
    out.command("notify_up", server.notify_up.as_ref());
    out.command("notify_down", server.notify_down.as_ref());
    out.kept(&server.kept);
    for check in &server.checks {
        print_check(out, check);
    }
}

fn print_check(out: &mut Printer, check: &Check) {
    match check {
        Check::Tcp(check) => out.block("TCP_CHECK", "", |out| {
            connect(out, &check.connect);
            attempts(out, &check.attempts);
        }),
    }
}

fn connect(out: &mut Printer, connect: &Connect) {
    out.value("connect_ip", connect.ip);
    out.value("connect_port", connect.port);
    out.value("bindto", connect.bind_ip);
    out.value("bind_port", connect.bind_port);
    out.text("bind_if", connect.bind_if.as_ref());
    out.time("connect_timeout", connect.timeout.as_ref());
    out.value("fwmark", connect.mark);
}

fn attempts(out: &mut Printer, attempts: &Attempts) {
    schedule(out, &attempts.schedule);
    out.switch("log_all_failures", attempts.log_all_failures);
}

fn schedule(out: &mut Printer, schedule: &Schedule) {
    out.value("retry", schedule.retry);
    out.time("delay_before_retry", schedule.delay_before_retry.as_ref());
    out.time("warmup", schedule.warmup.as_ref());
    out.time("delay_loop", schedule.delay_loop.as_ref());
    out.switch("alpha", schedule.alpha);
}

const fn method(method: Method) -> &'static str {
    match method {
        Method::Nat => "NAT",
        Method::Dr => "DR",
        Method::Tun => "TUN",
    }
}

fn address((address, port): (IpAddr, Option<u16>)) -> String {
    match port {
        Some(port) => format!("{address} {port}"),
        None => address.to_string(),
    }
}
