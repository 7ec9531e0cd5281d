//! What the reader itself understands: seen in the name that reports use, and in how a test ends.

use crate::Proof;

const DEFS: &str = "\
instance here
global_defs {
 router_id default
 @
}
";
const USED: &str = "\
instance here
$A=me
global_defs {
 router_id @
}
";
const DEFINED: &str = "\
@
global_defs {
 router_id ${A}x
}
";

const FAILS: &[&str] = &["+ a test ends with 6"];

const fn line(row: &'static str, with: &'static str, sees: &'static [&'static str]) -> Proof {
    Proof {
        row,
        base: DEFS,
        without: "",
        with,
        heard: &[],
        sees,
    }
}

const fn used(row: &'static str, with: &'static str, sees: &'static [&'static str]) -> Proof {
    Proof {
        base: USED,
        without: "you",
        ..line(row, with, sees)
    }
}

const fn condition(row: &'static str, with: &'static str) -> Proof {
    Proof {
        without: "router_id x",
        ..line(row, with, &["- reports name x"])
    }
}

pub(super) const PROOFS: &[Proof] = &[
    line(
        "#lexer/include",
        "include id.part",
        &["+ reports name included"],
    ),
    line("#lexer/includer", "includer directory", FAILS),
    line("#lexer/includem", "includem missing.conf", FAILS),
    line("#lexer/includew", "includew missing/*.conf", FAILS),
    line("#lexer/includeb", "includeb {id.part,missing.conf}", FAILS),
    line("#lexer/includea", "includea missing.conf", FAILS),
    Proof {
        base: DEFINED,
        ..line("#lexer/$NAME=", "$A=me", &["+ reports name mex"])
    },
    used("#lexer/$NAME", "$A", &["+ reports name me"]),
    used("#lexer/${NAME}", "${A}2", &["+ reports name me2"]),
    used("#lexer/$_PWD", "$_PWD", &["+ reports name /etc/keepalived"]),
    used("#lexer/$_INSTANCE", "$_INSTANCE", &["+ reports name here"]),
    used("#lexer/$_RANDOM", "${_RANDOM 70 79}", &["+ reports name 7"]),
    used("#lexer/$_ENV", "${_ENV WHO}", &["+ reports name somebody"]),
    used("#lexer/$_HASH", "a${_HASH}b", &["+ reports name a#b"]),
    used("#lexer/$_BANG", "a${_BANG}b", &["+ reports name a!b"]),
    line(
        "#lexer/~SEQ",
        "~SEQ(N,9,10) router_id r$N",
        &["+ reports name r10"],
    ),
    line(
        "#lexer/~SEQx",
        "~SEQx(N,9,10) router_id r$N",
        &["+ reports name ra"],
    ),
    line(
        "#lexer/~LST",
        "~LST({N,M},{a,b},{c,d}) router_id ${N}$M",
        &["+ reports name cd"],
    ),
    condition("#lexer/@<ID>", "@there router_id x"),
    condition("#lexer/@^<ID>", "@^here router_id x"),
];
