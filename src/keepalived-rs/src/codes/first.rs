//! The texts of the codes from a to m, one row per code, sorted.

use super::{Code, code};

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
        "byte-order-mark",
        "The file begins with a byte-order mark",
        "Save it as UTF-8 without one",
    ),
    code(
        "debounce-too-long",
        "A link may be down for longer than the others wait for adverts",
        "They take over before the delay ends; choose a shorter delay or a larger down_timer_adverts",
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
        "duplicate-interface",
        "Two garp_groups name the same interface",
        "The second one is left out; name an interface once",
    ),
    code(
        "duplicate-link",
        "Two instances want an interface of the same name",
        "The name of the second one is not used; give each its own",
    ),
    code(
        "duplicate-name",
        "Two blocks of one kind have the same name",
        "The second one is left out; rename it",
    ),
    code(
        "duplicate-neighbor",
        "Two BFD sessions have the same neighbour",
        "The second one is left out; give it another neighbor_ip",
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
        "duplicate-track",
        "Something is tracked twice",
        "The second line is left out; remove it",
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
        "empty-block",
        "A block without entries",
        "It does nothing; fill or remove it",
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
        "flag-without-scheduler",
        "A scheduler's flag without that scheduler",
        "It is ignored; change lb_algo or remove the flag",
    ),
    code(
        "foreign-link",
        "An interface of that name exists and is of another kind",
        "The name is not used; choose one that no interface has",
    ),
    code(
        "group-of-unicast",
        "A multicast group beside unicast peers",
        "The group is ignored; remove one of the two",
    ),
    code(
        "group-scope",
        "A multicast group that is not link-local",
        "Routers may pass the adverts on; use 224.0.0.0/24 or ff02::/16",
    ),
    code(
        "hysteresis-too-high",
        "The hysteresis reaches the quorum",
        "It is set to one below the quorum: the quorum is lost at quorum minus hysteresis, which must stay above 0",
    ),
    code(
        "include",
        "An include finds nothing, or a file that cannot be read",
        "Configurations are regular files without execute permission; with include_check or -e this is an error",
    ),
    code(
        "include-limit",
        "Too many includes",
        "Reading stops there; a file probably includes itself, as the chain below the message shows",
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
        "inhibit-differs",
        "A real server is the sorry server too, but inhibited in one place only",
        "The setting of the real server counts for both; say the same of both",
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
        "invalid-key",
        "A key of auth_hmac that cannot be used",
        "32 to 64 bytes: a text, hex: and digits, or file: and a path",
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
        "ipvlan-address",
        "An ipvlan of an IPv4 instance needs an IPv4 address",
        "The instance stays in FAULT; write an address of this node behind use_ipvlan",
    ),
    code(
        "key-file-mode",
        "A file with a key of auth_hmac can be read by others than root",
        "chmod 600 it; whoever knows the key can become master",
    ),
    code(
        "kubeadm-yaml",
        "A kubeadm file that is no YAML",
        "Nothing of it is looked at",
    ),
    code(
        "lonely-group",
        "A sync group of fewer than two instances",
        "It synchronises nothing; list its members or remove it",
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
        "mask-for-prefix",
        "An IPv4 netmask where IPv6 needs a prefix length",
        "Write 1 to 128",
    ),
    code(
        "member-twice",
        "An instance is a member of two sync groups",
        "It stays in the first one; remove it from the other",
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
        "missing-preference",
        "A rule without preference",
        "One is chosen; write preference to know which",
    ),
    code(
        "missing-value",
        "An option of a line lacks its value",
        "explain OPTION shows what it takes",
    ),
    code(
        "mixed-group",
        "A group of IPv4 and IPv6 addresses has a mark without a family",
        "The group is left out; write the family after the mark: fwmark N inet",
    ),
];
