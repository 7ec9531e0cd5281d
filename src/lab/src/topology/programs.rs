//! Which programs a node runs, ours or the originals, and where they appear in it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::{Built, Choices, Machine, Unbuildable, no};
use crate::node::OWN_BINARY;
use crate::scan::Wants;
use crate::script::{Declaration, Script};

pub(super) fn originals(name: &str, choices: &Choices, script: &Script) -> BTreeSet<String> {
    const BOTH: [&str; 2] = ["keepalived", "nginx"];
    let mut found = BTreeSet::new();
    let mut add = |services: &[&str]| found.extend(services.iter().map(|&s| s.to_owned()));
    for choice in &choices.originals {
        match choice.split_once('/') {
            Some((node, service)) if node == name || node == "all" => add(&[service]),
            None if choice == name || choice == "all" => add(&BOTH),
            _ => {}
        }
    }
    for (_, declaration) in &script.declarations {
        if let Declaration::Original { node, services } = declaration
            && node == name
        {
            if services.is_empty() {
                add(&BOTH);
            } else {
                let services: Vec<&str> = services.iter().map(String::as_str).collect();
                add(&services);
            }
        }
    }
    found
}

/// What the originals cannot do where only uid 0 exists.
pub(super) fn refuse_originals(machine: &Machine, choices: &Choices, wants: &Wants) -> Built<()> {
    if !choices.unprivileged {
        return Ok(());
    }
    let name = &machine.setup.name;
    let runs = |service: &str| {
        machine.originals.contains(service) && machine.services.iter().any(|s| s == service)
    };
    if runs("nginx") {
        return no(format!(
            "{name}: the original nginx cannot run in an unprivileged lab, as it must change to \
             a user that does not exist there; run the lab as root"
        ));
    }
    if runs("keepalived") && wants.scripts {
        return no(format!(
            "{name}: the original keepalived would refuse its scripts in an unprivileged lab, as \
             the host's files belong to nobody there; run the lab as root"
        ));
    }
    Ok(())
}

pub(super) fn existing(path: &Path, what: &str) -> Built<PathBuf> {
    fs::canonicalize(path).map_err(|e| Unbuildable(format!("{what}: {}: {e}", path.display())))
}

pub(super) fn programs(machine: &mut Machine, choices: &Choices) -> Built<()> {
    let own = std::env::current_exe()
        .map_err(|e| Unbuildable(format!("cannot find the running program: {e}")))?;
    let mut programs = vec![
        (own.clone(), PathBuf::from(OWN_BINARY)),
        (own.clone(), PathBuf::from("/usr/sbin/service")),
    ];
    let mut wrappers = Vec::new();
    for unit in machine.setup.units.clone() {
        let original = machine.originals.contains(&unit.name);
        let mut targets: Vec<PathBuf> = match unit.name.as_str() {
            "keepalived" => vec![
                "/usr/sbin/keepalived",
                "/usr/local/keepalived/sbin/keepalived",
            ],
            "nginx" => vec!["/usr/sbin/nginx", "/usr/local/nginx/sbin/nginx"],
            _ => continue,
        }
        .into_iter()
        .map(PathBuf::from)
        .collect();
        for program in unit.programs().into_iter().map(PathBuf::from) {
            let is_daemon = program.file_name().is_some_and(|n| *n == *unit.name);
            if is_daemon && !targets.contains(&program) {
                targets.push(program);
            }
        }
        let source = match (unit.name.as_str(), original) {
            ("keepalived", true) => existing(
                Path::new("/usr/sbin/keepalived"),
                "the original keepalived is not installed",
            )?,
            ("keepalived", false) => own.clone(),
            (_, true) => existing(
                Path::new("/usr/sbin/nginx"),
                "the original nginx is not installed",
            )?,
            (_, false) => {
                let beside = own.with_file_name("nginx-stream-rs");
                let path = choices.nginx.clone().unwrap_or(beside);
                existing(&path, "our nginx is not built; give --nginx PATH")?
            }
        };
        if unit.name == "nginx" && original && needs_stream_module(machine.setup.files.as_deref()) {
            programs.push((source, PathBuf::from(REAL_NGINX)));
            wrappers.extend(targets.into_iter().map(|path| (path, nginx_wrapper())));
        } else {
            programs.extend(targets.into_iter().map(|path| (source.clone(), path)));
        }
    }
    machine.setup.programs = programs;
    machine.setup.wrappers = wrappers;
    Ok(())
}

/// Where the distribution's nginx appears when it is wrapped.
const REAL_NGINX: &str = "/usr/local/libexec/lab/nginx";
const STREAM_MODULE: &str = "/usr/lib/nginx/modules/ngx_stream_module.so";

/// The distribution's nginx has stream as a module; the articles' is compiled in, so their
/// nginx.conf does not load it.
fn needs_stream_module(files: Option<&Path>) -> bool {
    let Some(files) = files else {
        return false;
    };
    if !Path::new(STREAM_MODULE).exists() {
        return false;
    }
    let configurations = ["etc/nginx/nginx.conf", "usr/local/nginx/conf/nginx.conf"];
    let loads = configurations.iter().any(|path| {
        fs::read_to_string(files.join(path))
            .is_ok_and(|text| text.contains("load_module") || text.contains("modules-enabled"))
    });
    !loads
}

/// Keeps its own name in the process list, which the articles' scripts search.
fn nginx_wrapper() -> String {
    format!("#!/bin/bash\nexec -a \"$0\" {REAL_NGINX} -g 'load_module {STREAM_MODULE};' \"$@\"\n")
}
