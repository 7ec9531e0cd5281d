//! Names of variables.

use grammar::ast::stream as ast;
use stream::config::{Part, Template, Variable};

/// The variables that the engine knows.
const KNOWN: [(&str, Variable); 23] = [
    ("binary_remote_addr", Variable::BinaryRemoteAddr),
    ("bytes_received", Variable::BytesReceived),
    ("bytes_sent", Variable::BytesSent),
    ("connection", Variable::Connection),
    ("hostname", Variable::Hostname),
    ("msec", Variable::Msec),
    ("nginx_version", Variable::NginxVersion),
    ("pid", Variable::Pid),
    ("protocol", Variable::Protocol),
    ("remote_addr", Variable::RemoteAddr),
    ("remote_port", Variable::RemotePort),
    ("server_addr", Variable::ServerAddr),
    ("server_port", Variable::ServerPort),
    ("session_time", Variable::SessionTime),
    ("status", Variable::Status),
    ("time_iso8601", Variable::TimeIso8601),
    ("time_local", Variable::TimeLocal),
    ("upstream_addr", Variable::UpstreamAddr),
    ("upstream_bytes_received", Variable::UpstreamBytesReceived),
    ("upstream_bytes_sent", Variable::UpstreamBytesSent),
    ("upstream_connect_time", Variable::UpstreamConnectTime),
    ("upstream_first_byte_time", Variable::UpstreamFirstByteTime),
    ("upstream_session_time", Variable::UpstreamSessionTime),
];

/// Variables that nginx has and the engine has not, and beginnings of such names.
const UNSUPPORTED: [&str; 3] = ["server_name", "limit_conn_status", "ssl_server_name"];
const UNSUPPORTED_PREFIXES: [&str; 5] = [
    "proxy_protocol_",
    "realip_remote_",
    "ssl_",
    "geoip_",
    "upstream_last_",
];

/// Why a variable cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Unusable {
    /// nginx does not know it either.
    Unknown(String),
    /// nginx knows it.
    Unsupported(String),
}

/// Replaces names by variables.
///
/// # Errors
/// The first variable that cannot be used.
pub(super) fn compile(template: &ast::Template) -> Result<Template, Unusable> {
    let part = |part: &ast::Part| match part {
        ast::Part::Text(text) => Ok(Part::Text(text.clone())),
        ast::Part::Variable(name) => find(&name.to_ascii_lowercase()).map(Part::Variable),
    };
    template
        .0
        .iter()
        .map(part)
        .collect::<Result<_, _>>()
        .map(Template)
}

fn find(name: &str) -> Result<Variable, Unusable> {
    let known = KNOWN.iter().find(|(known, _)| *known == name);
    if let Some((_, variable)) = known {
        return Ok(*variable);
    }
    let unsupported = UNSUPPORTED.contains(&name)
        || UNSUPPORTED_PREFIXES
            .iter()
            .any(|prefix| name.starts_with(prefix));
    Err(if unsupported {
        Unusable::Unsupported(name.to_owned())
    } else {
        Unusable::Unknown(name.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_ignore_case_and_unknown_ones_are_told_from_unsupported_ones() {
        assert_eq!(find("status"), Ok(Variable::Status));
        assert_eq!(
            find("ssl_cipher"),
            Err(Unusable::Unsupported("ssl_cipher".into()))
        );
        assert_eq!(find("bogus"), Err(Unusable::Unknown("bogus".into())));
        let template = ast::Template(vec![ast::Part::Variable("Remote_Addr".into())]);
        let expected = Template(vec![Part::Variable(Variable::RemoteAddr)]);
        assert_eq!(compile(&template), Ok(expected));
    }
}
