//! The texts of the codes from n to z, one row per code, sorted.

use super::{Code, code};

pub(super) static CODES: &[Code] = &[
    code(
        "name-too-long",
        "The name of a BFD session is too long",
        "The session is left out; names have up to 31 characters",
    ),
    code(
        "namespace-changed",
        "A reload cannot change the network namespace",
        "Restart the daemon instead",
    ),
    code(
        "no-active-key",
        "auth_hmac has no key that adverts can be sent with",
        "The instance is left out; correct the key or name another with active_key",
    ),
    code(
        "no-auth-type",
        "auth_pass without auth_type",
        "Adverts are sent without a password; add auth_type PASS",
    ),
    code(
        "no-configuration",
        "There is no configuration that may be read",
        "The file must be a regular file without execute permission",
    ),
    code(
        "no-ethernet",
        "A macvlan or ipvlan needs an Ethernet interface",
        "The instance stays in FAULT; remove use_vmac, or name another interface",
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
        "no-method",
        "Neither a virtual server nor all its real servers say how packets get there",
        "NAT is taken; write lb_kind NAT, DR or TUN",
    ),
    code(
        "no-multicast",
        "The interface cannot do multicast",
        "List unicast_peer addresses instead",
    ),
    code(
        "no-namespace",
        "There is no network namespace of the name that is written",
        "Make it before the daemon starts: ip netns add NAME",
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
        "no-port",
        "A virtual server without a port is not persistent",
        "Every port of the address is served, which works with persistence only: it is switched on; write a port, or persistence_timeout",
    ),
    code(
        "no-preference",
        "A rule without preference",
        "One is chosen; write preference to know which",
    ),
    code(
        "no-protocol",
        "A virtual server without a protocol",
        "UDP is taken, which is seldom what is meant; write protocol TCP",
    ),
    code(
        "no-real-server",
        "A virtual server without a real server",
        "It is left out; add a real_server block",
    ),
    code(
        "no-regex",
        "Options of a regular expression without one",
        "Add regex, or remove them",
    ),
    code(
        "no-scheduler",
        "A virtual server without a scheduler",
        "wlc is taken; write lb_algo with the one that is meant",
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
        "no-vrf",
        "That interface is no VRF",
        "Name the VRF device itself",
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
        "ops-without-udp",
        "One-packet scheduling without UDP",
        "The flag is left out: connections stay with their server; remove ops",
    ),
    code(
        "out-of-range",
        "A number outside of its range",
        "The nearest possible value is used; write that one",
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
        "prefix-for-mask",
        "A prefix length where IPv4 needs a netmask",
        "The netmask of that length is used; write it dotted",
    ),
    code(
        "protocol-of-mark",
        "A protocol for a service that goes by a firewall mark",
        "It is ignored, since the marked packets have their own; remove it",
    ),
    code(
        "quorum-too-high",
        "The quorum is more than all real servers weigh together",
        "It is lowered to their sum, so that the service can come up at all; lower it, or raise the weights",
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
        "repeated-check",
        "A real server has the same check twice",
        "The second one is left out; remove it",
    ),
    code(
        "repeated-key",
        "Two keys of auth_hmac have one number",
        "The second one is left out; give it another number",
    ),
    code(
        "repeated-keyword",
        "A keyword is given twice where only one can count",
        "The first one stays; remove the other",
    ),
    code(
        "repeated-option",
        "An option is given twice on one line",
        "The message says which one counts; remove the other",
    ),
    code(
        "repeated-value",
        "A value is listed twice",
        "The second one is left out; remove it",
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
        "shared-vmac",
        "An address lies on another instance's macvlan",
        "The later instance stays in FAULT; give one of them another VRID, or put both in one sync group",
    ),
    code(
        "state-of-ah",
        "state MASTER does not go with AH",
        "It is cleared; write state BACKUP",
    ),
    code(
        "strict-mode",
        "Strict mode does not allow this",
        "The setting is taken back; remove it, or turn strict mode off: vrrp_strict, strict_mode",
    ),
    code(
        "strict-unicast",
        "Strict mode does not allow unicast where multicast is possible",
        "The instance is left out; remove unicast_peer, or turn strict mode off on every node",
    ),
    code(
        "suspend-of-mark",
        "ha_suspend for a service that goes by a firewall mark",
        "It is ignored, since there is no address to look for; remove it",
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
        "too-long",
        "The title of a process is too long",
        "It is cut to the 15 characters that the kernel keeps; shorten it",
    ),
    code(
        "too-many-problems",
        "There are more problems than are told",
        "Mend the first ones and test again",
    ),
    code(
        "track-ignored",
        "Something is tracked that cannot be tracked here",
        "It is ignored; the message says why",
    ),
    code(
        "tracked-twice",
        "Something is tracked by an instance and by its sync group",
        "Remove it from one of the two",
    ),
    code(
        "undefined-name",
        "A ${NAME} that nothing defines",
        "Define it before it is used: $NAME=value",
    ),
    code(
        "unexpected-block",
        "A block where none can stand",
        "What it holds is left out; remove its braces, or look for a block above that was closed too early",
    ),
    code(
        "unexpected-brace",
        "A { that no keyword asks for",
        "Remove it and its }",
    ),
    code(
        "unknown-family",
        "A word that is no address family",
        "Write inet for IPv4 or inet6 for IPv6",
    ),
    code(
        "unknown-group",
        "A group that nothing defines",
        "Define it, or correct its name",
    ),
    code(
        "unknown-host",
        "A host name without an address",
        "Write the address, or see to it that this host resolves the name",
    ),
    code(
        "unknown-instance",
        "An instance that nothing defines",
        "Define the vrrp_instance, or correct its name",
    ),
    code(
        "unknown-key",
        "active_key names no key",
        "Define a key with this number",
    ),
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
        "BACKUP is taken; the state only matters at the very start, the priority decides",
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
        "unused",
        "Something is defined and never used",
        "Track it, or remove it",
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
        "version-conflict",
        "version contradicts what stands above it",
        "It is ignored; IPv6 means version 3",
    ),
    code(
        "vmac-with-unicast",
        "A macvlan or ipvlan cannot send unicast adverts itself",
        "They leave by the interface below; say so with vmac_xmit_base",
    ),
    code(
        "vrf-with-interface",
        "An instance has either an interface or a VRF",
        "The VRF is ignored, as the interface is in one already; remove vrf",
    ),
    code(
        "weight-clamped",
        "A weight beyond what a priority can change by",
        "-253 to 253 counts",
    ),
    code(
        "weight-ignored",
        "A weight that cannot count",
        "It is ignored; the message says why",
    ),
    code(
        "wrong-family",
        "An option of the other address family",
        "It does not fit the line's address",
    ),
];
