//! What a node's directory says: services, units, network, and what its files call.

use std::fs;
use std::path::{Path, PathBuf};

use super::programs::existing;
use super::{Built, Choices, Machine, Unbuildable, no};
use crate::scan::{Wants, wants};
use crate::script::{Cidr, Declaration, Script};
use crate::unit::Unit;

/// Programs that the articles' checks call and a bare machine may lack: without them a check fails
/// for a reason that no log names.
pub(super) fn missing_tools(machine: &Machine) -> Option<String> {
    const TOOLS: [(&str, &str); 5] = [
        ("killall", "psmisc"),
        ("pidof", "sysvinit-utils"),
        ("curl", "curl"),
        ("ps", "procps"),
        ("nc", "netcat-openbsd"),
    ];
    let files = machine.setup.files.as_ref()?;
    let mut texts = Vec::new();
    for place in [
        "etc",
        "usr/local/keepalived",
        "usr/local/bin",
        "usr/local/etc",
    ] {
        small_files(&files.join(place), 3, &mut texts);
    }
    let called = |tool: &str| {
        texts.iter().any(|text| {
            text.split(|c: char| !(c.is_alphanumeric() || "_-.".contains(c)))
                .any(|word| word == tool)
        })
    };
    let here = |tool: &str| {
        ["/usr/bin", "/usr/sbin", "/bin", "/sbin"]
            .iter()
            .any(|place| Path::new(place).join(tool).exists())
    };
    let missing: Vec<String> = TOOLS
        .iter()
        .filter(|(tool, _)| called(tool) && !here(tool))
        .map(|(tool, package)| format!("{tool} (package {package})"))
        .collect();
    (!missing.is_empty()).then(|| {
        format!(
            "; its files call {}, which this host does not have",
            missing.join(", ")
        )
    })
}

/// Scripts and keepalived configurations below `place`.
fn small_files(place: &Path, depth: u32, texts: &mut Vec<String>) {
    for entry in fs::read_dir(place).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() && depth > 0 {
            small_files(&path, depth - 1, texts);
        } else if path
            .extension()
            .is_some_and(|kind| kind == "sh" || kind == "conf")
            && entry.metadata().is_ok_and(|found| found.len() < 1 << 20)
        {
            texts.extend(fs::read_to_string(&path));
        }
    }
}

/// Services that the node has configuration for.
pub(super) fn configured_services(directory: &Path) -> Vec<String> {
    let candidates = [
        (
            "keepalived",
            [
                "etc/keepalived/keepalived.conf",
                "usr/local/keepalived/conf/keepalived.conf",
                "usr/local/etc/keepalived/keepalived.conf",
                "etc/systemd/system/keepalived.service",
            ],
        ),
        (
            "nginx",
            [
                "etc/nginx/nginx.conf",
                "usr/local/nginx/conf/nginx.conf",
                "etc/systemd/system/nginx.service",
                "usr/lib/systemd/system/nginx.service",
            ],
        ),
    ];
    candidates
        .iter()
        .filter(|(_, paths)| paths.iter().any(|path| directory.join(path).exists()))
        .map(|(name, _)| (*name).to_owned())
        .collect()
}

pub(super) fn units(directory: &Path, services: &[String]) -> Built<Vec<Unit>> {
    let mut units = Vec::new();
    for name in services {
        let places = ["etc/systemd/system", "usr/lib/systemd/system"];
        let paths = places.map(|place| directory.join(place).join(format!("{name}.service")));
        let text = paths.iter().find_map(|path| fs::read_to_string(path).ok());
        let unit = match text {
            Some(text) => Unit::parse(name, &text)
                .map_err(|e| Unbuildable(format!("{}: {e}", directory.display())))?,
            None => Unit::built_in(name).ok_or_else(|| {
                Unbuildable(format!(
                    "{}: {name} needs etc/systemd/system/{name}.service",
                    directory.display()
                ))
            })?,
        };
        units.push(unit);
    }
    Ok(units)
}

/// Files that the script puts somewhere else: host's name, node's path.
pub(super) fn placed(
    name: &str,
    choices: &Choices,
    script: &Script,
    original: bool,
) -> Built<Vec<(PathBuf, PathBuf)>> {
    let mut placed = Vec::new();
    for (line, declaration) in &script.declarations {
        let Declaration::File {
            node,
            path,
            from,
            for_original,
        } = declaration
        else {
            continue;
        };
        if node != name || (*for_original && !original) {
            continue;
        }
        let path = PathBuf::from(path);
        if !path.is_absolute() || path.components().any(|part| part.as_os_str() == "..") {
            return no(format!(
                "line {line}: {} is not an absolute path",
                path.display()
            ));
        }
        let source = choices.script_directory.join(from);
        placed.push((existing(&source, &format!("line {line}"))?, path));
    }
    Ok(placed)
}

/// What the configuration that keepalived will read says about the network.
pub(super) fn keepalived_wants(
    directory: &Path,
    units: &[Unit],
    placed: &[(PathBuf, PathBuf)],
) -> Wants {
    let named = units
        .iter()
        .find(|unit| unit.name == "keepalived")
        .and_then(|unit| {
            let words = &unit.start.argv;
            let at = words.iter().position(|w| w == "-f" || w == "--use-file")?;
            words.get(at + 1).cloned()
        });
    let path = named.unwrap_or_else(|| "/etc/keepalived/keepalived.conf".to_owned());
    let replaced = placed.iter().rev().find(|(_, target)| *target == *path);
    let path = match replaced {
        Some((source, _)) => source.clone(),
        None => directory.join(path.trim_start_matches('/')),
    };
    let mut found = wants_of(&path);
    // One level of includes, every file beside what the pattern names: enough for the interface.
    for pattern in std::mem::take(&mut found.includes) {
        let pattern = Path::new(&pattern);
        let named = match pattern.strip_prefix("/") {
            Ok(absolute) => directory.join(absolute),
            Err(_) => path.with_file_name(pattern),
        };
        let mut files: Vec<PathBuf> = named
            .parent()
            .and_then(|folder| fs::read_dir(folder).ok())
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.path())
            .filter(|file| file.is_file() && *file != path)
            .collect();
        files.sort();
        for file in files {
            found.add(wants_of(&file));
        }
    }
    found
}

fn wants_of(path: &Path) -> Wants {
    fs::read(path)
        .map(|bytes| wants(&String::from_utf8_lossy(&bytes)))
        .unwrap_or_default()
}

/// Interface and address of a node, and how they became known.
pub(super) fn network(name: &str, wants: &Wants, script: &Script) -> Built<(String, Cidr, String)> {
    let declared = script.declarations.iter().find_map(|(_, d)| match d {
        Declaration::Node {
            node,
            interface,
            address,
        } if node == name => Some((interface.clone(), *address)),
        _ => None,
    });
    let said = wants.interface.clone();
    match (declared, wants.source) {
        (Some((interface, address)), _) => {
            let interface = interface.or(said).unwrap_or_else(|| "eth0".to_owned());
            Ok((interface, address, "declared".to_owned()))
        }
        (None, Some(source)) => {
            let prefix = if source.is_ipv4() { 24 } else { 64 };
            let interface = said.unwrap_or_else(|| "eth0".to_owned());
            let address = Cidr {
                address: source,
                prefix,
            };
            Ok((
                interface,
                address,
                format!("from its configuration, /{prefix} assumed"),
            ))
        }
        (None, None) => no(format!(
            "the configuration of {name} does not say its address: \
             declare it in the script with `node {name} address ADDRESS/LEN`"
        )),
    }
}
