//! What a kubeadm configuration says about the way to the API servers: `controlPlaneEndpoint` and
//! `certSANs` of a `ClusterConfiguration`, `bindPort` of an `InitConfiguration` or
//! `JoinConfiguration`, or the options of a `kubeadm init` command in a text.
//!
//! Invariants: never fails; what is not YAML is a diagnostic.
//! Deliberately unknown here: everything else of these files.

use core::net::IpAddr;
use std::path::Path;

use saphyr::{LoadableYamlNode as _, MarkedYaml};

use crate::ast::leaf::Spanned;
use crate::diagnostic::Diagnostic;
use crate::span::{FileId, Origin, SourceMap, Span};

/// Port of the API server and of an endpoint without one.
pub const DEFAULT_PORT: u16 = 6443;

/// The way to the API servers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kubeadm {
    /// `controlPlaneEndpoint`
    pub endpoint: Option<Spanned<Endpoint>>,
    /// `localAPIEndpoint.bindPort`
    pub bind_port: Option<Spanned<u16>>,
    /// `apiServer.certSANs`: more names and addresses that clients may use.
    pub cert_sans: Vec<Spanned<String>>,
    /// Where a whole cluster is described: the `ClusterConfiguration` or the command.
    pub cluster: Option<Span>,
}

impl Kubeadm {
    /// The same with its places in a map of sources that was appended to another one.
    #[must_use]
    pub fn moved(mut self, by: u32) -> Self {
        if let Some(endpoint) = &mut self.endpoint {
            endpoint.span = endpoint.span.moved(by);
        }
        if let Some(port) = &mut self.bind_port {
            port.span = port.span.moved(by);
        }
        for name in &mut self.cert_sans {
            name.span = name.span.moved(by);
        }
        self.cluster = self.cluster.map(|place| place.moved(by));
        self
    }
}

/// Where clients and kubelets connect to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Address or name.
    pub host: String,
    /// None when it is not written.
    pub port: Option<u16>,
}

impl Endpoint {
    /// The port that is used.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port.unwrap_or(DEFAULT_PORT)
    }

    /// The address, unless the host is a name.
    #[must_use]
    pub fn address(&self) -> Option<IpAddr> {
        self.host.parse().ok()
    }

    /// `HOST`, `HOST:PORT` or `[HOST]:PORT`.
    fn parse(text: &str) -> Self {
        let whole = || Self {
            host: text.trim_matches(['[', ']']).to_owned(),
            port: None,
        };
        if text.parse::<IpAddr>().is_ok() {
            return whole();
        }
        match text.rsplit_once(':') {
            Some((host, port)) => match port.parse() {
                Ok(port) => Self {
                    host: host.trim_matches(['[', ']']).to_owned(),
                    port: Some(port),
                },
                Err(_) => whole(),
            },
            None => whole(),
        }
    }
}

/// A file and what is wrong with it.
#[derive(Debug)]
pub struct Parsed {
    /// What it says.
    pub kubeadm: Kubeadm,
    /// The text.
    pub sources: SourceMap,
    /// Problems, by place.
    pub diagnostics: Vec<Diagnostic>,
}

/// Understands a text.
#[must_use]
pub fn parse(path: &Path, text: &str) -> Parsed {
    let mut sources = SourceMap::new();
    let file = sources.add(path, text, Origin::Root);
    let mut diagnostics = Vec::new();
    let mut kubeadm = command_line(file, text);
    if kubeadm.cluster.is_none() {
        match MarkedYaml::load_from_str(text) {
            Ok(documents) => kubeadm = yaml(file, text, &documents),
            Err(error) => {
                let at = offset(text, error.marker().line(), error.marker().col());
                let message = format!("not YAML: {}", error.info());
                let problem = Diagnostic::error("kubeadm-yaml", message);
                diagnostics.push(problem.at(Span::new(file, at, at)));
            }
        }
    }
    Parsed {
        kubeadm,
        sources,
        diagnostics,
    }
}

fn yaml(file: FileId, text: &str, documents: &[MarkedYaml<'_>]) -> Kubeadm {
    let mut found = Kubeadm::default();
    let place = |node: &MarkedYaml<'_>| {
        let (start, end) = (node.span.start, node.span.end);
        let start = offset(text, start.line(), start.col());
        Span::new(file, start, offset(text, end.line(), end.col()))
    };
    for document in documents {
        let kind = document.data.as_mapping_get("kind");
        if let Some(node) = kind
            && node.data.as_str() == Some("ClusterConfiguration")
        {
            found.cluster = Some(place(node));
        }
        let sans = document.data.as_mapping_get("apiServer");
        let sans = sans.and_then(|server| server.data.as_mapping_get("certSANs"));
        for node in sans.and_then(|it| it.data.as_vec()).into_iter().flatten() {
            let name = node.data.as_str().map(str::to_owned);
            found
                .cert_sans
                .extend(name.map(|name| Spanned::new(name, place(node))));
        }
        let endpoint = document.data.as_mapping_get("controlPlaneEndpoint");
        if let Some(node) = endpoint
            && let Some(value) = node.data.as_str()
        {
            found.endpoint = Some(Spanned::new(Endpoint::parse(value), place(node)));
        }
        let local = document
            .data
            .as_mapping_get("localAPIEndpoint")
            .or_else(|| {
                let control_plane = document.data.as_mapping_get("controlPlane")?;
                control_plane.data.as_mapping_get("localAPIEndpoint")
            });
        let port = local.and_then(|local| local.data.as_mapping_get("bindPort"));
        if let Some(node) = port
            && let Some(value) = node.data.as_integer()
            && let Ok(value) = u16::try_from(value)
        {
            found.bind_port = Some(Spanned::new(value, place(node)));
        }
    }
    found
}

/// Byte offset of a line (from 1) and a column in characters (from 0).
fn offset(text: &str, line: usize, column: usize) -> usize {
    let mut starts = core::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1));
    let start = starts.nth(line.saturating_sub(1)).unwrap_or(text.len());
    let rest = &text[start..];
    start
        + rest
            .char_indices()
            .nth(column)
            .map_or(rest.len(), |(at, _)| at)
}

/// `--control-plane-endpoint=HOST:PORT` or with a blank, and `--apiserver-bind-port`.
fn command_line(file: FileId, text: &str) -> Kubeadm {
    let option = |name: &str| {
        let at = text.find(name)? + name.len();
        let value = text[at..].strip_prefix(['=', ' '])?;
        let value = value.trim_start_matches(['"', '\'', ' ']);
        let start = text.len() - value.len();
        let end = value.find(|c: char| c.is_whitespace() || "\"'\\".contains(c));
        let value = &value[..end.unwrap_or(value.len())];
        let span = Span::new(file, start, start + value.len());
        (!value.is_empty()).then_some((value, span))
    };
    let endpoint = option("--control-plane-endpoint");
    let port = option("--apiserver-bind-port");
    let sans = option("--apiserver-cert-extra-sans");
    let init = text.find("kubeadm init").filter(|_| endpoint.is_some());
    let names = sans.into_iter().flat_map(|(list, span)| {
        let names = list.split(',').filter(|name| !name.is_empty());
        names.map(move |name| Spanned::new(name.to_owned(), span))
    });
    Kubeadm {
        cert_sans: names.collect(),
        cluster: init
            .map(|at| Span::new(file, at, at + "kubeadm init".len()))
            .or(endpoint.map(|(_, span)| span)),
        endpoint: endpoint.map(|(value, span)| Spanned::new(Endpoint::parse(value), span)),
        bind_port: port
            .and_then(|(value, span)| value.parse().ok().map(|port| Spanned::new(port, span))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Parsed {
        parse(Path::new("kubeadm.yaml"), text)
    }

    #[test]
    fn documents_of_both_kinds() {
        let text = "# héllo\napiVersion: kubeadm.k8s.io/v1beta3\nkind: InitConfiguration\n\
                    localAPIEndpoint:\n  bindPort: 8443\n---\n\
                    apiVersion: kubeadm.k8s.io/v1beta3\nkind: ClusterConfiguration\n\
                    controlPlaneEndpoint: \"192.0.2.1:16443\"\n\
                    apiServer:\n  certSANs:\n  - 192.0.2.100\n  - api.example\n";
        let parsed = read(text);
        assert_eq!(parsed.diagnostics, []);
        let endpoint = parsed.kubeadm.endpoint.expect("it is there");
        assert_eq!(
            (endpoint.host.as_str(), endpoint.port()),
            ("192.0.2.1", 16443)
        );
        assert_eq!(parsed.sources.text(endpoint.span), "\"192.0.2.1:16443\"");
        let names: Vec<&str> = parsed
            .kubeadm
            .cert_sans
            .iter()
            .map(|name| name.value.as_str())
            .collect();
        assert_eq!(names, ["192.0.2.100", "api.example"]);
        let cluster = parsed.kubeadm.cluster.expect("it is one");
        assert_eq!(parsed.sources.text(cluster), "ClusterConfiguration");
        let port = parsed.kubeadm.bind_port.expect("it is there");
        assert_eq!((port.value, parsed.sources.text(port.span)), (8443, "8443"));
    }

    #[test]
    fn command_lines() {
        for text in [
            "kubeadm init --control-plane-endpoint=192.0.2.1 \\\n --upload-certs\n",
            "kubeadm init --control-plane-endpoint \"192.0.2.1\"",
        ] {
            let endpoint = read(text).kubeadm.endpoint.expect("it is there");
            assert_eq!((endpoint.host.as_str(), endpoint.port), ("192.0.2.1", None));
        }
    }

    #[test]
    fn endpoints() {
        let of = |text: &str| {
            let endpoint = Endpoint::parse(text);
            (endpoint.host, endpoint.port)
        };
        assert_eq!(of("2001:db8::1"), ("2001:db8::1".to_owned(), None));
        assert_eq!(
            of("[2001:db8::1]:443"),
            ("2001:db8::1".to_owned(), Some(443))
        );
        assert_eq!(
            of("k8s.example:6443"),
            ("k8s.example".to_owned(), Some(6443))
        );
    }

    #[test]
    fn what_is_no_yaml_is_told() {
        let parsed = read("a: [b\nc: }");
        assert_eq!(parsed.diagnostics[0].code, "kubeadm-yaml");
        assert_eq!(parsed.kubeadm, Kubeadm::default());
    }
}
