//! The texts, one row per code, sorted by code.

use super::Code;

const fn code(id: &'static str, short: &'static str, help: &'static str) -> Code {
    Code { id, short, help }
}

pub(super) static CODES: &[Code] = &[
    code(
        "advert-int-rounded",
        "advert_int cannot be sent as written",
        "VRRP version 2 counts whole seconds, version 3 hundredths up to 40.95 s; the nearest possible value is used, so write that one",
    ),
    code(
        "auth-impossible",
        "This kind of authentication cannot be used here",
        "AH needs IPv4 and a password; version 3 has no passwords at all, use auth_hmac there",
    ),
    code(
        "auth-pass-truncated",
        "The password is longer than VRRP can send",
        "Only its first eight bytes count; shorten it on every node",
    ),
    code(
        "auth-type",
        "Unknown kind of authentication",
        "PASS or AH is accepted, and no ; after it",
    ),
    code(
        "deprecated",
        "An old spelling",
        "It still works; the message names the one to use now",
    ),
    code(
        "duplicate-address",
        "An address is given twice",
        "The second one is left out; remove it",
    ),
    code(
        "duplicate-name",
        "Two blocks of one kind have the same name",
        "The second one is left out; rename it",
    ),
    code(
        "duplicate-peer",
        "A unicast peer is listed twice",
        "The second one is left out; remove it",
    ),
    code(
        "duplicate-server",
        "A real server is listed twice in one virtual server",
        "The second one is left out; remove it or change its port",
    ),
    code(
        "duplicate-service",
        "A virtual server is defined twice",
        "The second one is left out; merge the two blocks",
    ),
    code(
        "duplicate-vip",
        "A virtual address is listed twice",
        "The second one is left out; remove it",
    ),
    code(
        "duplicate-vrid",
        "Two instances share interface, family and virtual_router_id",
        "The second one is left out; give it another virtual_router_id",
    ),
    code(
        "empty-command",
        "A script keyword without a command",
        "Give the path of a program",
    ),
    code(
        "empty-group",
        "A group without members",
        "It is left out; list its members, one a line",
    ),
    code(
        "empty-sequence",
        "A ~SEQ or ~LST has nothing to repeat",
        "Its text must follow on the same line",
    ),
    code(
        "empty-value",
        "A value is empty",
        "Give one, or remove the keyword",
    ),
    code(
        "endless-definition",
        "A definition contains itself",
        "The line that uses it is ignored; look at the definitions that it names",
    ),
    code(
        "extra-brace",
        "A } closes nothing",
        "Remove it, or look for a missing { before it",
    ),
    code(
        "extra-words",
        "Words that no value needs",
        "They are ignored; write one setting a line, and commands with arguments in double quotes",
    ),
    code(
        "family-mismatch",
        "An address of the other family",
        "The first virtual address decides between IPv4 and IPv6; put the others into virtual_ipaddress_excluded",
    ),
    code(
        "first-not-link-local",
        "The first virtual IPv6 address should be link-local",
        "RFC 9568 asks for it; put the fe80:: address first",
    ),
    code(
        "group-of-unicast",
        "A multicast group beside unicast peers",
        "The group is ignored; remove one of the two",
    ),
    code(
        "include",
        "An include finds nothing, or a file that cannot be read",
        "Configurations are regular files without execute permission; with include_check or -e this is an error",
    ),
    code(
        "include-limit",
        "Too many includes",
        "A file probably includes itself",
    ),
    code(
        "incomplete-block",
        "A block lacks a setting without which it does nothing",
        "It is left out; the message says what is missing",
    ),
    code(
        "incomplete-check",
        "A checker lacks a setting without which it cannot check",
        "It is left out; the message says what is missing",
    ),
    code(
        "init-value",
        "An initial value outside of what tracking can use",
        "-254 to 254 is accepted",
    ),
    code(
        "instance-changed",
        "A reload cannot change the name of the instance",
        "Restart the daemon instead",
    ),
    code(
        "invalid-address",
        "A word is no IP address",
        "Names are not looked up here; write the address",
    ),
    code(
        "invalid-choice",
        "A word that is none of the choices",
        "The message lists them",
    ),
    code(
        "invalid-digest",
        "A digest is not 32 hexadecimal digits",
        "Take it from keepalived --genhash or md5sum",
    ),
    code(
        "invalid-goto",
        "A rule's goto target cannot be used",
        "It must be a priority above the rule's own",
    ),
    code(
        "invalid-hex",
        "Not hexadecimal digits",
        "Two digits make a byte; nothing stands between bytes",
    ),
    code(
        "invalid-interface",
        "A word cannot be the name of an interface",
        "At most 15 bytes, without / and blanks",
    ),
    code(
        "invalid-label",
        "An address label is too long or wrong",
        "At most 15 bytes, beginning with the interface's name",
    ),
    code(
        "invalid-mask",
        "A network mask is wrong",
        "Dotted for IPv4, a prefix length for IPv6",
    ),
    code(
        "invalid-name",
        "A word cannot be used as this name",
        "The message says which names are possible",
    ),
    code(
        "invalid-number",
        "Not a number in the accepted range",
        "The label beside the text gives the range",
    ),
    code(
        "invalid-prefix",
        "A prefix length is wrong",
        "0 to 32 for IPv4, 0 to 128 for IPv6",
    ),
    code(
        "invalid-range",
        "A range of addresses or ports is wrong",
        "It goes from low to high",
    ),
    code(
        "invalid-regex",
        "A regular expression cannot be understood",
        "The label says where it fails",
    ),
    code(
        "invalid-status",
        "An HTTP status is out of range",
        "100 to 999, or a range of two",
    ),
    code(
        "invalid-switch",
        "A switch is neither on nor off",
        "true, on, yes, false, off or no; nothing means on",
    ),
    code(
        "invalid-time",
        "Not a time in the accepted range",
        "Seconds, with up to six decimals where the keyword allows them",
    ),
    code(
        "invalid-tunnel",
        "The options of a tunnel do not fit",
        "The message says which belong to this kind",
    ),
    code(
        "long-line",
        "A line is too long",
        "Is this a text file? Split the line",
    ),
    code(
        "loopback",
        "VRRP cannot run on a loopback interface",
        "Name the interface that the other nodes are reached by",
    ),
    code(
        "missing-action",
        "A rule does nothing",
        "Give it a table, a goto or another action",
    ),
    code(
        "missing-argument",
        "A keyword lacks its argument",
        "The statement is ignored; explain KEYWORD shows what it takes",
    ),
    code(
        "missing-brace",
        "A { or } is missing",
        "The labels show the block; each { needs its }",
    ),
    code(
        "missing-destination",
        "A route without destination",
        "Begin the line with an address, a network or default",
    ),
    code(
        "missing-encap",
        "Words of an encapsulation are missing",
        "The message says what must follow encap",
    ),
    code(
        "missing-interface",
        "An interface is needed and none is given",
        "Add the keyword that names it",
    ),
    code(
        "missing-name",
        "A block or setting lacks its name",
        "Put a name behind the keyword",
    ),
    code(
        "missing-parameter",
        "A keyword lacks its parameter",
        "keepalived ends at once with status 2 here; explain KEYWORD shows what it takes",
    ),
    code(
        "missing-value",
        "An option of a line lacks its value",
        "explain OPTION shows what it takes",
    ),
    code(
        "mixed-group",
        "A group mixes what cannot stand together",
        "Make two groups",
    ),
    code(
        "no-auth-type",
        "auth_pass without auth_type",
        "It has no effect; add auth_type PASS",
    ),
    code(
        "no-configuration",
        "There is no configuration that may be read",
        "The file must be a regular file without execute permission",
    ),
    code(
        "no-good-length",
        "A regular expression's length limits exclude each other",
        "The least must not be above the most",
    ),
    code(
        "no-good-offset",
        "A regular expression's offsets exclude each other",
        "The least must not be above the most",
    ),
    code(
        "no-interface",
        "An instance or address has no interface",
        "Add interface to the instance, or dev to the address",
    ),
    code(
        "no-multicast",
        "The interface cannot do multicast",
        "List unicast_peer addresses instead",
    ),
    code(
        "no-password",
        "Authentication without a password",
        "It is ignored; add auth_pass",
    ),
    code(
        "no-peers",
        "Unicast is asked for and no peer is given",
        "List the other nodes in unicast_peer",
    ),
    code(
        "no-regex",
        "Options of a regular expression without one",
        "Add regex, or remove them",
    ),
    code(
        "no-script",
        "A vrrp_script without script",
        "It is left out; add script",
    ),
    code(
        "no-sorry-server",
        "An option of sorry_server before it",
        "Put it behind sorry_server",
    ),
    code(
        "no-vip",
        "An instance without virtual addresses",
        "Add virtual_ipaddress, or no_virtual_ipaddress if that is meant",
    ),
    code(
        "no-vrid",
        "An instance without virtual_router_id",
        "It is left out; give it a number that all nodes share",
    ),
    code(
        "nopreempt-cleared",
        "nopreempt does not go with state MASTER or priority 255",
        "It is dropped; write state BACKUP on both nodes",
    ),
    code(
        "not-utf8",
        "Bytes that are no UTF-8",
        "They are replaced; save the file as UTF-8",
    ),
    code(
        "not-yet",
        "Something that this version does not do yet",
        "The message says what happens instead",
    ),
    code(
        "nul-byte",
        "A line with a byte 0",
        "The line is ignored; is this a text file?",
    ),
    code(
        "odd-path",
        "A path that is probably not meant",
        "The message says why",
    ),
    code(
        "placeholder",
        "A placeholder still stands in the text",
        "Put in what is meant on this machine; quotes keep it as it is",
    ),
    code(
        "port-mismatch",
        "A real server's port differs where it must not",
        "Direct routing and tunnels keep the port of the virtual server",
    ),
    code(
        "preempt-delay-cleared",
        "preempt_delay does not go with nopreempt, state MASTER or priority 255",
        "It is dropped; remove one of the two",
    ),
    code(
        "range-order",
        "An upper limit below the lower one",
        "It is ignored; swap them",
    ),
    code(
        "refused-by-kernel",
        "The kernel would refuse this",
        "The message says why",
    ),
    code(
        "refused-keyword",
        "A keyword that this program refuses",
        "The message says why",
    ),
    code(
        "repeated-keyword",
        "A keyword is given twice where only one can count",
        "The first one stays; remove the other",
    ),
    code(
        "repeated-option",
        "An option is given twice on one line",
        "Remove one",
    ),
    code(
        "script-insecure",
        "A script that others may change",
        "It is not run; make it and the directories above it writable by root only",
    ),
    code(
        "script-not-found",
        "A script is missing or not executable",
        "It is not run; give its full path and chmod +x it",
    ),
    code(
        "script-security",
        "Scripts run as root without enable_script_security",
        "Set enable_script_security and script_user in global_defs",
    ),
    code(
        "semicolon",
        "A ; that belongs to the value",
        "keepalived.conf needs none at the end of a line; remove it",
    ),
    code(
        "sequence",
        "A ~SEQ or ~LST cannot be understood",
        "~SEQ(VAR, START, STEP, END) text, or ~LST(VAR, A, B, …) text",
    ),
    code(
        "state-of-ah",
        "state MASTER does not go with AH",
        "It is cleared; write state BACKUP",
    ),
    code(
        "too-deep",
        "Blocks are nested too deep",
        "A } is probably missing",
    ),
    code(
        "too-large",
        "The configuration is too large",
        "A sequence or an include probably repeats more than meant",
    ),
    code(
        "undefined-name",
        "A ${NAME} that nothing defines",
        "Define it before it is used: $NAME=value",
    ),
    code(
        "unexpected-block",
        "A block where none can stand",
        "Remove its braces",
    ),
    code(
        "unexpected-brace",
        "A { that no keyword asks for",
        "Remove it and its }",
    ),
    code("unknown-family", "Not an address family", "inet or inet6"),
    code(
        "unknown-keyword",
        "A word that is no keyword of this block",
        "Look for a slip of the hand, or for a } too many before it",
    ),
    code(
        "unknown-method",
        "Not a forwarding method",
        "NAT, DR or TUN",
    ),
    code(
        "unknown-name",
        "A name that nothing defines",
        "Names of route tables and the like stand in /etc/iproute2",
    ),
    code(
        "unknown-option",
        "A word that is no option of this line",
        "The line keeps its other options",
    ),
    code(
        "unknown-protocol",
        "Not a protocol of virtual servers",
        "TCP, UDP or SCTP",
    ),
    code(
        "unknown-scheduler",
        "Not a scheduler that is known",
        "The kernel decides; rr, wrr, lc, wlc, sh, mh and more are known",
    ),
    code(
        "unknown-script",
        "A track_script that nothing defines",
        "Define a vrrp_script of this name",
    ),
    code(
        "unknown-state",
        "Neither MASTER nor BACKUP",
        "BACKUP is taken",
    ),
    code(
        "unknown-type",
        "A type that is none of the choices",
        "The message lists them",
    ),
    code(
        "unknown-user",
        "An account that does not exist",
        "Create it, or name another one",
    ),
    code(
        "unknown-version",
        "A version that does not exist",
        "The message lists the possible ones",
    ),
    code(
        "unmatched-quote",
        "A double quote is not closed",
        "Close it on the same line",
    ),
    code(
        "untracked-protocol",
        "A tracked route must have keepalived's protocol",
        "It is set; remove protocol, or add no_track",
    ),
    code(
        "untracked-route",
        "A route that cannot be tracked",
        "Add no_track, or remove what prevents it",
    ),
    code(
        "unused-option",
        "An option that does nothing here",
        "It is ignored; remove it",
    ),
    code(
        "utf-16",
        "The file is encoded as UTF-16",
        "Save it as UTF-8",
    ),
    code(
        "weight-clamped",
        "A weight beyond what a priority can change by",
        "-253 to 253 counts",
    ),
    code(
        "wrong-family",
        "An option of the other address family",
        "It does not fit the line's address",
    ),
];
