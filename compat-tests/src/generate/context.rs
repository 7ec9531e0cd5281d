//! What has to stand around a statement so that nothing else in the file is wrong.
//!
//! Invariants: every file made of these frames alone passes the original's test. A frame's own
//! statement gives way to the one under test.
//! Deliberately unknown here: which statements are tested.

/// One block: how it is opened and what it must contain.
struct Frame {
    /// Path, as the keyword tables have it.
    block: &'static str,
    /// Keyword with its arguments.
    header: &'static str,
    /// Statements without which the block is not complete; the text of one may be several lines.
    inside: &'static [&'static str],
}

const fn frame(
    block: &'static str,
    header: &'static str,
    inside: &'static [&'static str],
) -> Frame {
    Frame {
        block,
        header,
        inside,
    }
}

const CHECK: &str = "virtual_server/real_server";

const FRAMES: &[Frame] = &[
    frame(
        "global_defs",
        "global_defs",
        &["script_user root", "enable_script_security"],
    ),
    frame(
        "global_defs/notification_email",
        "notification_email",
        &["a@example.com"],
    ),
    frame("track_group", "track_group tg1", &["group {\nA\n}"]),
    frame("track_group/group", "group", &["A"]),
    frame(
        "garp_group",
        "garp_group",
        &["garp_interval 0.5", "interface eth0"],
    ),
    frame("garp_group/interfaces", "interfaces", &["eth1"]),
    frame(
        "interface_up_down_delays",
        "interface_up_down_delays",
        &["eth0 1"],
    ),
    frame("linkbeat_interfaces", "linkbeat_interfaces", &["eth0"]),
    frame(
        "static_ipaddress",
        "static_ipaddress",
        &["198.51.100.9/24 dev eth0"],
    ),
    frame(
        "static_routes",
        "static_routes",
        &["203.0.113.0/24 dev eth0"],
    ),
    frame(
        "static_rules",
        "static_rules",
        &["from 203.0.113.0/24 table 100 preference 900"],
    ),
    frame(
        "vrrp_sync_group",
        "vrrp_sync_group G",
        &["group {\nA\nB\n}"],
    ),
    frame("vrrp_sync_group/group", "group", &["A", "B"]),
    frame("vrrp_script", "vrrp_script chk", &["script /usr/bin/true"]),
    frame(
        "vrrp_track_process",
        "vrrp_track_process proc1",
        &["process nginx"],
    ),
    frame("track_file", "track_file tf1", &["file /run/tf1"]),
    frame("vrrp_track_file", "vrrp_track_file tf1", &["file /run/tf1"]),
    frame(
        "bfd_instance",
        "bfd_instance bfd1",
        &["neighbor_ip 192.0.2.99"],
    ),
    frame(
        "vrrp_instance",
        "vrrp_instance A",
        &[
            "interface eth0",
            "virtual_router_id 51",
            "virtual_ipaddress {\n192.0.2.51\n}",
        ],
    ),
    frame(
        "vrrp_instance/authentication",
        "authentication",
        &["auth_type PASS", "auth_pass secret"],
    ),
    frame(
        "vrrp_instance/auth_hmac",
        "auth_hmac",
        &["key 1 0123456789abcdef0123456789abcdef"],
    ),
    frame(
        "vrrp_instance/virtual_ipaddress",
        "virtual_ipaddress",
        &["192.0.2.1"],
    ),
    frame(
        "vrrp_instance/virtual_ipaddress_excluded",
        "virtual_ipaddress_excluded",
        &["192.0.2.3"],
    ),
    frame(
        "vrrp_instance/virtual_routes",
        "virtual_routes",
        &["203.0.113.0/24 dev eth0"],
    ),
    frame(
        "vrrp_instance/virtual_rules",
        "virtual_rules",
        &["from 203.0.113.0/24 table 100 preference 900"],
    ),
    frame(
        "vrrp_instance/unicast_peer",
        "unicast_peer",
        &["192.0.2.11"],
    ),
    frame(
        "vrrp_instance/track_interface",
        "track_interface",
        &["eth1"],
    ),
    frame("vrrp_instance/track_script", "track_script", &["chk"]),
    frame("vrrp_instance/track_file", "track_file", &["tf1"]),
    frame("vrrp_instance/track_process", "track_process", &["proc1"]),
    frame("vrrp_instance/track_bfd", "track_bfd", &["bfd1"]),
    frame(
        "vrrp_sync_group/track_interface",
        "track_interface",
        &["eth1"],
    ),
    frame("vrrp_sync_group/track_script", "track_script", &["chk"]),
    frame("vrrp_sync_group/track_file", "track_file", &["tf1"]),
    frame("vrrp_sync_group/track_process", "track_process", &["proc1"]),
    frame("vrrp_sync_group/track_bfd", "track_bfd", &["bfd1"]),
    frame("SSL", "SSL", &[]),
    frame(
        "virtual_server_group",
        "virtual_server_group vsg1",
        &["192.0.2.200 80"],
    ),
    frame(
        "virtual_server",
        "virtual_server 192.0.2.100 80",
        &[
            "lb_algo rr",
            "lb_kind NAT",
            "protocol TCP",
            "real_server 192.0.2.101 80 {\n}",
        ],
    ),
    frame(CHECK, "real_server 192.0.2.101 80", &[]),
    frame("virtual_server/real_server/TCP_CHECK", "TCP_CHECK", &[]),
    frame(
        "virtual_server/real_server/HTTP_GET",
        "HTTP_GET",
        &["url {\npath /\n}"],
    ),
    frame(
        "virtual_server/real_server/HTTP_GET/url",
        "url",
        &["path /"],
    ),
    frame(
        "virtual_server/real_server/SSL_GET",
        "SSL_GET",
        &["url {\npath /\n}"],
    ),
    frame("virtual_server/real_server/SSL_GET/url", "url", &["path /"]),
    frame("virtual_server/real_server/SMTP_CHECK", "SMTP_CHECK", &[]),
    frame("virtual_server/real_server/SMTP_CHECK/host", "host", &[]),
    frame(
        "virtual_server/real_server/DNS_CHECK",
        "DNS_CHECK",
        &["name example.com"],
    ),
    frame(
        "virtual_server/real_server/MISC_CHECK",
        "MISC_CHECK",
        &["misc_path /usr/bin/true"],
    ),
    frame("virtual_server/real_server/UDP_CHECK", "UDP_CHECK", &[]),
    frame("virtual_server/real_server/PING_CHECK", "PING_CHECK", &[]),
    frame(
        "virtual_server/real_server/FILE_CHECK",
        "FILE_CHECK",
        &["track_file tf1"],
    ),
    frame(
        "virtual_server/real_server/BFD_CHECK",
        "BFD_CHECK",
        &["name bfd1"],
    ),
];

/// Statements that must stand before a keyword: block, keyword, statement.
const BEFORE: &[(&str, &str, &str)] = &[
    (
        "virtual_server",
        "sorry_server_inhibit",
        "sorry_server 192.0.2.102 80",
    ),
    (
        "virtual_server",
        "sorry_server_lvs_method",
        "sorry_server 192.0.2.102 80",
    ),
    ("vrrp_instance", "owner_ignore_adverts", "priority 255"),
    ("vrrp_instance", "timer_expired_backup", "nopreempt"),
    ("vrrp_instance", "thread_timer_expired", "nopreempt"),
];

fn find(block: &str) -> Option<&'static Frame> {
    FRAMES.iter().find(|frame| frame.block == block)
}

/// A file under construction.
pub(super) struct Document {
    lines: Vec<String>,
    /// Line of the statement under test, counted from 1.
    pub(super) line: usize,
}

impl Document {
    /// The smallest complete file with `statement` in `block`; none for an unknown block.
    ///
    /// `keywords` are what the statements set: frames leave out their own ones of these names; all
    /// of the block's own when there are none, as in a list.
    pub(super) fn around(block: &str, keywords: &[&str], statement: &str) -> Option<Self> {
        let path: Vec<&str> = match block {
            "root" => Vec::new(),
            _ => ancestors(block),
        };
        if path.iter().any(|block| find(block).is_none()) {
            return None;
        }
        let mut document = Self {
            lines: Vec::new(),
            line: 0,
        };
        document.others(block, keywords, statement);
        for (depth, block) in path.iter().enumerate() {
            let frame = find(block)?;
            document.push(&format!("{} {{", frame.header));
            let next = path
                .get(depth + 1)
                .and_then(|block| block.rsplit('/').next());
            match next {
                Some(next) => document.inside(frame, &[next]),
                None if keywords.is_empty() => {}
                None => document.inside(frame, keywords),
            }
        }
        let before = BEFORE
            .iter()
            .filter(|(home, name, _)| *home == block && keywords.contains(name));
        before.for_each(|(_, _, statement)| document.push(statement));
        document.line = document.lines.len() + 1;
        document.push(statement);
        for _ in &path {
            document.push("}");
        }
        Some(document)
    }

    /// The text.
    pub(super) fn text(&self) -> String {
        let mut text = self.lines.join("\n");
        text.push('\n');
        text
    }

    fn push(&mut self, text: &str) {
        self.lines.extend(text.lines().map(str::to_owned));
    }

    fn inside(&mut self, frame: &Frame, replaced: &[&str]) {
        // An IPv6 instance has IPv6 addresses.
        let native_ipv6 = replaced.contains(&"native_ipv6");
        for statement in frame.inside {
            if native_ipv6 && statement.contains("192.0.2.51\n") {
                self.push("virtual_ipaddress {\nfe80::51\n}");
                continue;
            }
            let keyword = statement.split_whitespace().next();
            if !keyword.is_some_and(|keyword| replaced.contains(&keyword)) {
                self.push(statement);
            }
        }
    }

    /// Blocks elsewhere in the file that the statement or its surroundings refer to.
    fn others(&mut self, block: &str, keywords: &[&str], statement: &str) {
        if !block.starts_with("global_defs") && !keywords.contains(&"global_defs") {
            self.whole("global_defs", None);
        }
        let mentions = |name: &str| {
            block.split(['/', '#']).any(|part| part == name)
                || statement.split_whitespace().any(|word| word == name)
        };
        let refers = |inside: &str, name: &str| mentions(inside) && mentions(name);
        for holder in ["vrrp_instance", "vrrp_sync_group"] {
            for (list, object) in [
                ("track_script", "vrrp_script"),
                ("track_file", "track_file"),
                ("track_process", "vrrp_track_process"),
                ("track_bfd", "bfd_instance"),
            ] {
                if refers(holder, list) {
                    self.whole(object, None);
                }
            }
        }
        let named = |keyword: &str| {
            let mut words = statement.split_whitespace();
            words.find(|word| *word == keyword)?;
            words.next()
        };
        if mentions("FILE_CHECK") {
            self.whole("track_file", named("track_file").or(Some("tf1")));
        }
        if mentions("BFD_CHECK") {
            self.whole("bfd_instance", named("name").or(Some("bfd1")));
        }
        if mentions("vrrp_sync_group") || mentions("track_group") {
            self.instance("A", 51);
        }
        if mentions("vrrp_sync_group") {
            self.instance("B", 52);
        }
        if mentions("track_group") && !block.starts_with("track_group") && block != "root" {
            self.whole("track_group", named("track_group"));
        }
        if block == "root" && statement.starts_with("virtual_server group") {
            self.whole("virtual_server_group", None);
        }
    }

    fn instance(&mut self, name: &str, vrid: u8) {
        self.push(&format!(
            "vrrp_instance {name} {{\ninterface eth0\nvirtual_router_id {vrid}\n\
             virtual_ipaddress {{\n198.51.100.{vrid}\n}}\n}}"
        ));
    }

    /// A complete block at the top level.
    fn whole(&mut self, block: &str, name: Option<&str>) {
        if let Some(frame) = find(block) {
            let keyword = frame.header.split_whitespace().next().unwrap_or_default();
            let header = name.map(|name| format!("{keyword} {name}"));
            self.push(&format!("{} {{", header.as_deref().unwrap_or(frame.header)));
            self.inside(frame, &[]);
            self.push("}");
        }
    }
}

/// What a block must contain, as the text between its braces; empty for an unknown block.
pub(super) fn body(block: &str) -> String {
    let inside = find(block).map_or(&[][..], |frame| frame.inside);
    inside.join("\n")
}

/// The block and those around it, outermost first.
fn ancestors(block: &str) -> Vec<&str> {
    let ends = block.match_indices('/').map(|(at, _)| at);
    let mut paths: Vec<&str> = ends.filter_map(|end| block.get(..end)).collect();
    paths.push(block);
    paths
}
