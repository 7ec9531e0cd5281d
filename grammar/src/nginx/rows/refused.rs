//! Directives that this version knows but does not carry out: using one is an error, because a
//! proxy that ignored `ssl` or `limit_conn` would be worse than one that does not start.

use crate::ast::stream::{Server, Settings, Stream, Upstream};
use crate::keyword::{Keyword, Repeat, Table};

/// `stream {}` and `server {}`
pub(super) static SETTINGS: Table<Settings> = Table {
    block: "stream, server",
    rows: &[
        refused(
            "limit_conn",
            "ZONE NUMBER",
            (2, Some(2)),
            "limits of sessions",
        ),
        refused(
            "limit_conn_log_level",
            "info|notice|warn|error",
            (1, Some(1)),
            "limits of sessions",
        ),
        refused(
            "limit_conn_dry_run",
            "on|off",
            (1, Some(1)),
            "limits of sessions",
        ),
        refused(
            "open_log_file_cache",
            "off|max=NUMBER [inactive=TIME] [min_uses=NUMBER] [valid=TIME]",
            (1, Some(4)),
            "logs with variables in their path",
        ),
        refused(
            "set_real_ip_from",
            "ADDRESS|CIDR|unix:",
            (1, Some(1)),
            "PROXY headers of clients",
        ),
        refused(
            "ssl_preread",
            "on|off",
            (1, Some(1)),
            "reading of TLS greetings",
        ),
        refused(
            "proxy_socket_rcvbuf",
            "SIZE",
            (1, Some(1)),
            "socket buffer sizes",
        ),
        refused(
            "proxy_socket_sndbuf",
            "SIZE",
            (1, Some(1)),
            "socket buffer sizes",
        ),
        refused(
            "proxy_downstream_buffer",
            "SIZE",
            (1, Some(1)),
            "an old name of proxy_buffer_size",
        ),
        refused(
            "proxy_upstream_buffer",
            "SIZE",
            (1, Some(1)),
            "an old name of proxy_buffer_size",
        ),
        refused(
            "proxy_protocol",
            "on|v2|off",
            (1, Some(1)),
            "PROXY headers to peers",
        ),
        refused("proxy_ssl", "on|off", (1, Some(1)), "TLS"),
        refused("proxy_ssl_session_reuse", "on|off", (1, Some(1)), "TLS"),
        refused("proxy_ssl_protocols", "PROTOCOL...", (1, None), "TLS"),
        refused("proxy_ssl_ciphers", "LIST", (1, Some(1)), "TLS"),
        refused("proxy_ssl_name", "NAME", (1, Some(1)), "TLS"),
        refused("proxy_ssl_server_name", "on|off", (1, Some(1)), "TLS"),
        refused("proxy_ssl_alpn", "PROTOCOL...", (1, None), "TLS"),
        refused("proxy_ssl_verify", "on|off", (1, Some(1)), "TLS"),
        refused("proxy_ssl_verify_depth", "NUMBER", (1, Some(1)), "TLS"),
        refused("proxy_ssl_trusted_certificate", "FILE", (1, Some(1)), "TLS"),
        refused("proxy_ssl_crl", "FILE", (1, Some(1)), "TLS"),
        refused("proxy_ssl_certificate", "FILE", (1, Some(1)), "TLS"),
        refused("proxy_ssl_certificate_key", "FILE", (1, Some(1)), "TLS"),
        refused(
            "proxy_ssl_certificate_cache",
            "off|max=NUMBER [inactive=TIME] [valid=TIME]",
            (1, Some(3)),
            "TLS",
        ),
        refused("proxy_ssl_password_file", "FILE", (1, Some(1)), "TLS"),
        refused("proxy_ssl_conf_command", "NAME VALUE", (2, Some(2)), "TLS"),
        refused("ssl_handshake_timeout", "TIME", (1, Some(1)), "TLS"),
        refused("ssl_certificate", "FILE", (1, Some(1)), "TLS"),
        refused("ssl_certificate_key", "FILE", (1, Some(1)), "TLS"),
        refused(
            "ssl_certificate_cache",
            "off|max=NUMBER [inactive=TIME] [valid=TIME]",
            (1, Some(3)),
            "TLS",
        ),
        refused("ssl_ech_file", "FILE", (1, Some(1)), "TLS"),
        refused("ssl_password_file", "FILE", (1, Some(1)), "TLS"),
        refused("ssl_certificate_compression", "on|off", (1, Some(1)), "TLS"),
        refused("ssl_dhparam", "FILE", (1, Some(1)), "TLS"),
        refused("ssl_ecdh_curve", "LIST", (1, Some(1)), "TLS"),
        refused("ssl_protocols", "PROTOCOL...", (1, None), "TLS"),
        refused("ssl_ciphers", "LIST", (1, Some(1)), "TLS"),
        refused(
            "ssl_verify_client",
            "on|off|optional|optional_no_ca",
            (1, Some(1)),
            "TLS",
        ),
        refused("ssl_verify_depth", "NUMBER", (1, Some(1)), "TLS"),
        refused("ssl_client_certificate", "FILE", (1, Some(1)), "TLS"),
        refused("ssl_trusted_certificate", "FILE", (1, Some(1)), "TLS"),
        refused("ssl_prefer_server_ciphers", "on|off", (1, Some(1)), "TLS"),
        refused(
            "ssl_session_cache",
            "off|none|builtin[:NUMBER]|shared:NAME:SIZE",
            (1, Some(2)),
            "TLS",
        ),
        refused("ssl_session_tickets", "on|off", (1, Some(1)), "TLS"),
        refused("ssl_session_ticket_key", "FILE", (1, Some(1)), "TLS"),
        refused("ssl_session_timeout", "TIME", (1, Some(1)), "TLS"),
        refused("ssl_crl", "FILE", (1, Some(1)), "TLS"),
        refused("ssl_ocsp", "on|off|leaf", (1, Some(1)), "TLS"),
        refused("ssl_ocsp_responder", "URL", (1, Some(1)), "TLS"),
        refused(
            "ssl_ocsp_cache",
            "off|shared:NAME:SIZE",
            (1, Some(1)),
            "TLS",
        ),
        refused("ssl_stapling", "on|off", (1, Some(1)), "TLS"),
        refused("ssl_stapling_file", "FILE", (1, Some(1)), "TLS"),
        refused("ssl_stapling_responder", "URL", (1, Some(1)), "TLS"),
        refused("ssl_stapling_verify", "on|off", (1, Some(1)), "TLS"),
        refused("ssl_conf_command", "NAME VALUE", (2, Some(2)), "TLS"),
        refused("ssl_reject_handshake", "on|off", (1, Some(1)), "TLS"),
        refused("ssl_alpn", "PROTOCOL...", (1, None), "TLS"),
    ],
};

/// `server {}`
pub(super) static SERVER: Table<Server> = Table {
    block: "server",
    rows: &[
        refused(
            "pass",
            "ADDRESS",
            (1, Some(1)),
            "handing sessions to another listener",
        ),
        refused("return", "TEXT", (1, Some(1)), "answering with text"),
        refused(
            "set",
            "$VARIABLE VALUE",
            (2, Some(2)),
            "variables of the user",
        ),
    ],
};

/// `stream {}`
pub(super) static STREAM: Table<Stream> = Table {
    block: "stream",
    rows: &[
        refused(
            "limit_conn_zone",
            "KEY zone=NAME:SIZE",
            (2, Some(2)),
            "limits of sessions",
        ),
        refused("map_hash_max_size", "NUMBER", (1, Some(1)), "").accepted("tables grow as needed"),
        refused("map_hash_bucket_size", "NUMBER", (1, Some(1)), "")
            .accepted("tables grow as needed"),
        refused(
            "geoip_country",
            "FILE [utf8]",
            (1, Some(2)),
            "GeoIP databases",
        ),
        refused("geoip_org", "FILE [utf8]", (1, Some(2)), "GeoIP databases"),
        refused("geoip_city", "FILE [utf8]", (1, Some(2)), "GeoIP databases"),
        Keyword::block(
            "map",
            "VALUE $VARIABLE { }",
            (2, Some(2)),
            |_, _, _, _| Ok(()),
            "Variables made by maps.",
        )
        .refused("variables made by maps"),
        Keyword::block(
            "geo",
            "[$ADDRESS] $VARIABLE { }",
            (1, Some(2)),
            |_, _, _, _| Ok(()),
            "Variables made from addresses.",
        )
        .refused("variables made from addresses"),
        Keyword::block(
            "split_clients",
            "VALUE $VARIABLE { }",
            (2, Some(2)),
            |_, _, _, _| Ok(()),
            "Variables made by shares.",
        )
        .refused("variables made by shares"),
    ],
};

/// `upstream {}`
pub(super) static UPSTREAM: Table<Upstream> = Table {
    block: "upstream",
    rows: &[
        refused(
            "random",
            "[two [least_conn]]",
            (0, Some(2)),
            "this balancing method",
        ),
        refused(
            "least_time",
            "connect|first_byte|last_byte [inflight]",
            (1, Some(2)),
            "this balancing method",
        ),
        refused(
            "resolver",
            "ADDRESS... [valid=TIME]",
            (1, None),
            "resolving at run time",
        ),
        refused(
            "resolver_timeout",
            "TIME",
            (1, Some(1)),
            "resolving at run time",
        ),
    ],
};

/// Directives of the commercial version, which nginx as we know it calls unknown.
pub(crate) const COMMERCIAL: &[&str] = &[
    "health_check",
    "health_check_timeout",
    "keyval",
    "keyval_zone",
    "match",
    "mqtt",
    "mqtt_buffers",
    "mqtt_preread",
    "mqtt_rewrite_buffer_size",
    "mqtt_set_connect",
    "num_map",
    "proxy_bind_dynamic",
    "proxy_session_drop",
    "proxy_ssl_key_log",
    "ssl_key_log",
    "stall_threshold",
    "state",
    "status_zone",
    "zone_sync",
    "zone_sync_buffers",
    "zone_sync_connect_retry_interval",
    "zone_sync_connect_timeout",
    "zone_sync_interval",
    "zone_sync_recv_buffer_size",
    "zone_sync_server",
    "zone_sync_ssl",
    "zone_sync_ssl_certificate",
    "zone_sync_ssl_certificate_key",
    "zone_sync_ssl_ciphers",
    "zone_sync_ssl_conf_command",
    "zone_sync_ssl_crl",
    "zone_sync_ssl_name",
    "zone_sync_ssl_password_file",
    "zone_sync_ssl_protocols",
    "zone_sync_ssl_server_name",
    "zone_sync_ssl_trusted_certificate",
    "zone_sync_ssl_verify",
    "zone_sync_ssl_verify_depth",
    "zone_sync_timeout",
];

const fn refused<T>(
    name: &'static str,
    args: &'static str,
    arity: (usize, Option<usize>),
    why: &'static str,
) -> Keyword<T> {
    Keyword::set(name, args, arity, |_, _| Ok(()), why)
        .repeat(Repeat::Many)
        .refused(why)
}
