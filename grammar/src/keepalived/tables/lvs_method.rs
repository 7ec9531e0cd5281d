//! `lvs_method` and its kind.

use crate::ast::leaf::Spanned;
use crate::ast::lvs::{Checksum, Method, Tunnel};
use crate::keepalived::value;
use crate::keyword::{Args, Keyword, Problem};

/// Arguments as a manual shows them.
pub(super) const ARGS: &str = "NAT|DR|TUN [type ipip|gue port <N>|gre [nocsum|csum|remcsum]]";

/// Puts the samples on a row that takes a method.
pub(super) const fn sampled<T>(row: Keyword<T>) -> Keyword<T> {
    row.samples(
        &[
            "DR",
            "NAT",
            "TUN",
            "TUN type ipip",
            "TUN type gue port 6080 csum",
            "TUN type gre csum",
        ],
        &[
            "nat",
            "DIRECT",
            "TUN type",
            "TUN type vxlan",
            "TUN type gue",
            "TUN type gue port 0",
            "TUN type ipip csum",
            "TUN type gre remcsum",
            "TUN fast",
        ],
    )
}

/// `NAT|DR|TUN [type …]` of the `kind` of server: `virtual`, `real` or `sorry`.
pub(super) fn method(args: &Args<'_>, kind: &str) -> Result<Spanned<Method>, Problem> {
    let word = value::word(args, 0)?;
    let options = options(args, kind);
    let method = match word.text.as_str() {
        "NAT" => Method::Nat,
        "DR" => Method::Dr,
        "TUN" => Method::Tun(Tunnel::default()),
        other => {
            let message = format!("PARSER : unknown [{other}] routing method for {kind} server.");
            let problem = Problem::error("unknown-method", message).word(0);
            return Err(problem.label("NAT, DR or TUN is accepted"));
        }
    };
    let tunnel = options?.tunnel()?;
    let method = match method {
        Method::Tun(_) => Method::Tun(tunnel),
        plain => {
            if args.words.len() > 1 {
                let message = format!("{} has no tunnel: its type is ignored", word.text);
                let problem = Problem::warning("extra-words", message).word(1);
                args.report(problem.help("only TUN takes a type"));
            }
            plain
        }
    };
    Ok(Spanned::new(method, word.span))
}

/// The words after the method, in any order.
#[derive(Default)]
struct Options<'a> {
    kind: Option<&'a str>,
    port: Option<u16>,
    checksum: Option<Checksum>,
    at: usize,
}

fn options<'a>(args: &Args<'a>, server: &str) -> Result<Options<'a>, Problem> {
    let mut options = Options::default();
    let problem =
        |message: String, index: usize| Problem::error("invalid-tunnel", message).word(index);
    let mut index = 1;
    while let Some(word) = args.text(index) {
        let next = args.text(index + 1);
        options.at = index;
        index += match (word, next) {
            ("type", None) => {
                let message = format!("Missing tunnel type for {server} server.");
                return Err(problem(message, index).label("ipip, gue or gre must follow"));
            }
            ("type", Some(kind @ ("ipip" | "gue" | "gre"))) => {
                options.kind = Some(kind);
                2
            }
            ("type", Some(kind)) => {
                let message = format!("Unknown tunnel type {kind} for {server} server.");
                return Err(problem(message, index + 1).label("ipip, gue or gre is accepted"));
            }
            ("port", None) => {
                let message = format!("Missing port for {server} server gue tunnel.");
                return Err(problem(message, index));
            }
            ("port", Some(_)) => {
                let port = value::integer(args, index + 1, 1..=u16::MAX, |port| {
                    format!("Invalid gue tunnel port {port} for {server} server.")
                })?;
                options.port = Some(port.value);
                2
            }
            (word, _) => {
                options.checksum = Some(Checksum::of(word).ok_or_else(|| {
                    let message = format!("Invalid tunnel option {word} for {server} server.");
                    problem(message, index).label("type, port, nocsum, csum or remcsum is accepted")
                })?);
                1
            }
        };
    }
    Ok(options)
}

impl Options<'_> {
    /// A tunnel whose options fit together.
    fn tunnel(self) -> Result<Tunnel, Problem> {
        let checksum = self.checksum.unwrap_or(Checksum::None);
        let at = self.at;
        let problem = |message: &str| Problem::error("invalid-tunnel", message).word(at);
        match (self.kind.unwrap_or("ipip"), self.port, checksum) {
            ("gue", Some(port), checksum) => Ok(Tunnel::Gue { port, checksum }),
            ("gue", None, _) | (_, Some(_), _) => Err(problem(
                "gue tunnels require port, otherwise cannot have port.",
            )
            .help("write: TUN type gue port 6080")),
            ("gre", None, Checksum::Remote) => Err(problem(
                "gre tunnels do not support remote checksum option.",
            )
            .help("write: TUN type gre csum")),
            ("gre", None, checksum) => Ok(Tunnel::Gre {
                checksum: checksum == Checksum::Full,
            }),
            (_, None, Checksum::None) => Ok(Tunnel::Ipip),
            (_, None, _) => Err(problem("ipip tunnels do not support checksum option.")
                .help("leave it out, or use type gue or gre")),
        }
    }
}
