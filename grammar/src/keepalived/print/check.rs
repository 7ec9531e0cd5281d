//! Checkers as text.

use super::lvs::schedule;
use super::{Printer, word};
use crate::ast::lvs::{
    Attempts, Check, Connect, DnsCheck, FileCheck, HttpCheck, MiscCheck, Regex, SmtpCheck,
    UdpCheck, Url,
};
use crate::keepalived::tables::check::print_regex;

pub(super) fn print_check(out: &mut Printer, check: &Check) {
    out.block(check.name(), "", |out| {
        if let Some(connect) = check.connect() {
            print_connect(out, connect);
        }
        match check {
            Check::Tcp(check) => attempts(out, &check.attempts),
            Check::Ping(check) => attempts(out, &check.attempts),
            Check::Http(check) | Check::Ssl(check) => http(out, check),
            Check::Smtp(check) => smtp(out, check),
            Check::Dns(check) => dns(out, check),
            Check::Misc(check) => misc(out, check),
            Check::Udp(check) => udp(out, check),
            Check::File(check) => file(out, check),
            Check::Bfd(check) => {
                out.text("name", check.name.as_ref());
                out.switch("alpha", check.alpha);
            }
        }
    });
}

fn print_connect(out: &mut Printer, connect: &Connect) {
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

fn http(out: &mut Printer, check: &HttpCheck) {
    attempts(out, &check.attempts);
    out.text("virtualhost", check.virtualhost.as_ref());
    out.value("http_protocol", check.version.map(|version| version.word()));
    out.switch("enable_sni", check.enable_sni);
    out.text("sni_name", check.sni_name.as_ref());
    out.switch("fast_recovery", check.fast_recovery);
    out.switch("tls_compliant", check.tls_compliant);
    for page in &check.urls {
        out.block("url", "", |out| url(out, page));
    }
}

fn url(out: &mut Printer, url: &Url) {
    out.text("path", url.path.as_ref());
    out.value("digest", url.digest.as_ref());
    if !url.status.is_empty() {
        let codes = url.status.iter().map(|codes| match codes.value {
            (first, last) if first == last => first.to_string(),
            (first, last) => format!("{first}-{last}"),
        });
        let codes: Vec<_> = codes.collect();
        out.value("status_code", Some(codes.join(" ")));
    }
    out.text("virtualhost", url.virtualhost.as_ref());
    regex(out, &url.regex);
    out.switch("tls_compliant", url.tls_compliant);
}

fn regex(out: &mut Printer, regex: &Regex) {
    let pattern = regex.pattern.as_ref();
    out.value("regex", pattern.map(|pattern| print_regex(pattern)));
    out.flag("regex_no_match", regex.no_match);
    if !regex.options.is_empty() {
        let options: Vec<_> = regex.options.iter().map(|option| option.word()).collect();
        out.value("regex_options", Some(options.join(" ")));
    }
    out.value("regex_min_offset", regex.min_offset);
    out.value("regex_max_offset", regex.max_offset);
    let stack = regex.stack.map(|sizes| sizes.value);
    out.value(
        "regex_stack",
        stack.map(|(start, max)| format!("{start} {max}")),
    );
}

fn smtp(out: &mut Printer, check: &SmtpCheck) {
    attempts(out, &check.attempts);
    out.text("helo_name", check.helo_name.as_ref());
    for host in &check.hosts {
        out.block("host", "", |out| {
            print_connect(out, &host.connect);
            attempts(out, &host.attempts);
        });
    }
}

fn dns(out: &mut Printer, check: &DnsCheck) {
    attempts(out, &check.attempts);
    out.value("type", check.kind.map(|kind| kind.word()));
    out.text("name", check.name.as_ref());
}

fn misc(out: &mut Printer, check: &MiscCheck) {
    attempts(out, &check.attempts);
    out.command("misc_path", check.command.as_ref());
    out.time("misc_timeout", check.timeout.as_ref());
    out.flag("misc_dynamic", check.dynamic);
    if let Some(user) = &check.user {
        let group = user.group.as_deref().map(word).unwrap_or_default();
        out.line(format_args!("user {} {group}", word(&user.user)));
    }
}

fn udp(out: &mut Printer, check: &UdpCheck) {
    attempts(out, &check.attempts);
    out.value("payload", check.payload.as_ref());
    out.value("require_reply", check.require_reply.as_ref());
    out.value("min_reply_length", check.min_reply_length);
    out.value("max_reply_length", check.max_reply_length);
}

fn file(out: &mut Printer, check: &FileCheck) {
    out.text("track_file", check.track_file.as_ref());
    out.value(
        "weight",
        check.weight.map(|weight| match weight.value.reverse {
            true => format!("{} reverse", weight.value.weight),
            false => weight.value.weight.to_string(),
        }),
    );
}
