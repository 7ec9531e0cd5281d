//! `global_defs`, root keywords, and what instances track.

use grammar::ast::Process;
use grammar::ast::global::{
    Buffer, Buffers, Chains, Child, Fifo, FifoPath, Fifos, Files, FlushOnStop, LinkDelay, Linkbeat,
    Links, LvsDefaults, LvsTimeouts, Mail, MailServer, Polled, Processes, Snmp,
};
use grammar::ast::leaf::User;
use grammar::ast::vrrp::{
    Defaults, DynamicInterfaces, ExtraAnnouncements, InitFile, ParamMatch, ReceiveBuffers, Script,
    TrackFile, TrackProcess, TrackWeight, Vrrp,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::weight;
use super::words::{interface, maybe, name, path, spanned, time, wild};

fn user() -> impl Strategy<Value = User> {
    (name(), option::of(name())).prop_map(|(user, group)| User { user, group })
}

/// A process's name; the kernel keeps 15 bytes.
fn title() -> impl Strategy<Value = String> {
    wild().prop_map(|mut name| {
        name.truncate(name.floor_char_boundary(15));
        name
    })
}

fn child() -> impl Strategy<Value = Child> {
    let limits = (maybe(-20..=19_i8), maybe(1..=99_u8), maybe(1..=u32::MAX));
    // One CPU twice is reported and left out.
    let cpus = proptest::collection::btree_set(0..1024_u32, 0..3);
    (maybe(title()), limits, any::<bool>(), cpus).prop_map(
        |(process_name, (nice, rt_priority, rlimit_rttime), no_swap, cpus)| Child {
            process_name,
            nice,
            no_swap,
            rt_priority,
            cpu_affinity: cpus.into_iter().map(spanned).collect(),
            rlimit_rttime,
        },
    )
}

fn processes() -> impl Strategy<Value = Processes> {
    let children = (child().boxed(), child().boxed(), child().boxed());
    let numbers = (
        maybe(-1..=99_i8),
        maybe(1..=10_000_000_u32),
        maybe(0..=0o777_u16),
    );
    let switches = any::<(Option<bool>, Option<bool>, Option<bool>)>();
    let seed = maybe(any::<u32>());
    (maybe(title()), children, numbers, switches, seed).prop_map(
        |(parent_name, (vrrp, checker, bfd), numbers, switches, random_seed)| Processes {
            names: switches.0,
            parent_name,
            vrrp,
            checker,
            bfd,
            max_auto_priority: numbers.0,
            min_auto_priority_delay: numbers.1,
            umask: numbers.2,
            use_symlink_paths: switches.1,
            set_supplementary_groups: switches.2,
            random_seed,
            ..Processes::default()
        },
    )
}

fn buffers() -> impl Strategy<Value = Buffers> {
    let buffer = || {
        let size = maybe(any::<u32>());
        (size, any::<Option<bool>>()).prop_map(|(size, force)| Buffer { size, force })
    };
    (buffer(), buffer(), buffer()).prop_map(|(vrrp_command, lvs_monitor, process_monitor)| {
        Buffers {
            vrrp_command,
            lvs_monitor,
            process_monitor,
            ..Buffers::default()
        }
    })
}

fn files() -> impl Strategy<Value = Files> {
    let paths = (maybe(path()), maybe(path()), maybe(path()), maybe(path()));
    let reload = maybe(option::of(path()));
    let switches = any::<(Option<bool>, Option<bool>)>();
    (paths, reload, switches, maybe(1..=2_u8)).prop_map(
        |(paths, reload, switches, json_version)| Files {
            reload_time: paths.0,
            reload_repeat: switches.0,
            reload,
            state_dump: paths.1,
            stats_dump: paths.2,
            json_dump: paths.3,
            json_version,
            data_use_instance: switches.1,
            ..Files::default()
        },
    )
}

fn mail() -> impl Strategy<Value = Mail> {
    let address = || "[a-z]{1,8}@[a-z]{1,8}\\.example";
    let server = (name(), option::of(1..=u16::MAX));
    let server = server.prop_map(|(host, port)| MailServer { host, port });
    let switches = any::<(Option<bool>, Option<bool>, Option<bool>, bool, bool)>();
    let recipients = vec(address().prop_map(spanned), 0..3);
    (
        recipients,
        maybe(address()),
        maybe(server),
        maybe(1..=4294_u32),
        switches,
    )
        .prop_map(
            |(recipients, from, server, connect_timeout, switches)| Mail {
                recipients,
                from,
                server,
                connect_timeout,
                alert: switches.0,
                alert_vrrp: switches.1,
                alert_checker: switches.2,
                no_faults: switches.3,
                no_checkers: switches.4,
                ..Mail::default()
            },
        )
}

fn fifos() -> impl Strategy<Value = Fifos> {
    let fifo = || {
        let owned = (path(), option::of(user()));
        let path = maybe(owned.prop_map(|(path, owner)| FifoPath { path, owner }));
        path.prop_map(|path| Fifo { path, script: None })
    };
    (fifo(), fifo(), fifo(), any::<(Option<bool>, bool)>()).prop_map(
        |(all, vrrp, lvs, switches)| Fifos {
            all,
            vrrp,
            lvs,
            priority_changes: switches.0,
            states_on_reload: switches.1,
        },
    )
}

fn lvs() -> impl Strategy<Value = LvsDefaults> {
    let seconds = || option::of(0..=2_678_400_u32);
    let timeouts = (seconds(), seconds(), seconds());
    let timeouts = timeouts.prop_filter("at least one", |(tcp, tcp_fin, udp)| {
        tcp.or(*tcp_fin).or(*udp).is_some()
    });
    let timeouts = timeouts.prop_map(|(tcp, tcp_fin, udp)| LvsTimeouts { tcp, tcp_fin, udp });
    let flush = option::of(select(vec![FlushOnStop::All, FlushOnStop::Own]));
    (maybe(timeouts), flush, any::<(Option<bool>, bool, bool)>()).prop_map(
        |(timeouts, flush_on_stop, switches)| LvsDefaults {
            log_all_failures: switches.0,
            timeouts,
            flush: switches.1,
            flush_on_stop,
            rs_init_notifies: switches.2,
            ..LvsDefaults::default()
        },
    )
}

fn links() -> impl Strategy<Value = Links> {
    let delay = (interface(), time(255), option::of(time(255)));
    let delay = delay.prop_map(|(interface, down, up)| LinkDelay {
        interface: spanned(interface),
        down,
        up,
    });
    let methods = vec![Linkbeat::Mii, Linkbeat::Ethtool, Linkbeat::Ioctl];
    let polled = (interface(), option::of(select(methods)));
    let polled = polled.prop_map(|(interface, method)| Polled {
        interface: spanned(interface),
        method,
    });
    (option::of(delay), option::of(polled), any::<bool>()).prop_map(
        |(delay, polled, use_polling)| Links {
            delays: delay.into_iter().collect(),
            polled: polled.into_iter().collect(),
            use_polling,
        },
    )
}

/// Root keywords and `global_defs` but those of VRRP.
pub(crate) fn process() -> BoxedStrategy<Process> {
    let own = (
        maybe(wild()),
        maybe(user()),
        maybe(Just(())),
        maybe(option::of(path())),
        maybe(option::of(name())),
        any::<(bool, bool)>(),
    );
    // Two chains of one name are an error.
    let chains = (name(), option::of(name())).prop_map(|(input, output)| Chains {
        output: output.filter(|output| *output != input),
        input: Some(input),
    });
    let snmp = any::<(bool, bool)>().prop_map(|(traps, vrrp)| Snmp {
        traps,
        vrrp,
        ..Snmp::default()
    });
    // Boxed: values of this size would not fit on a test's stack.
    let groups = (
        processes().boxed(),
        buffers().boxed(),
        files().boxed(),
        mail().boxed(),
        fifos().boxed(),
        lvs().boxed(),
        links().boxed(),
    );
    (own.boxed(), groups.boxed(), maybe(chains), snmp)
        .prop_map(|(own, groups, chains, snmp)| {
            let mut process = Process {
                router_id: own.0,
                script_user: own.1,
                script_security: own.2,
                reload_check_config: own.3,
                net_namespace_ipvs: own.4,
                use_pid_dir: own.5.0,
                namespace_with_ipsets: own.5.1,
                processes: groups.0,
                buffers: groups.1,
                files: groups.2,
                mail: groups.3,
                fifos: groups.4,
                lvs: groups.5,
                links: groups.6,
                snmp,
                ..Process::default()
            };
            process.firewall.iptables = chains;
            process
        })
        .boxed()
}

/// `vrrp_…` of `global_defs`.
pub(crate) fn defaults() -> BoxedStrategy<Defaults> {
    let extra = (any::<bool>(), 1..=86_400_u32);
    let extra = extra.prop_map(|(all, seconds)| ExtraAnnouncements { all, seconds });
    let dynamic = any::<bool>().prop_map(|allow_if_changes| DynamicInterfaces { allow_if_changes });
    let buffers = prop_oneof![
        Just(ReceiveBuffers::Mtu),
        Just(ReceiveBuffers::Advert),
        any::<u32>().prop_map(ReceiveBuffers::Bytes),
    ];
    let group4 =
        (0xe000_0001..=0xefff_fffe_u32).prop_map(|bits| core::net::Ipv4Addr::from(bits).into());
    let own = (
        maybe(2..=3_u8),
        maybe(group4),
        maybe(1..=u32::MAX),
        maybe(interface()),
    );
    let switches = any::<[Option<bool>; 10]>();
    (
        own,
        maybe(extra),
        maybe(dynamic),
        maybe(buffers),
        switches,
        any::<Option<bool>>(),
    )
        .prop_map(
            |(own, extra_announcements, dynamic_interfaces, receive_buffers, switches, strict)| {
                Defaults {
                    version: own.0,
                    group4: own.1,
                    receive_multiplier: own.2,
                    default_interface: own.3,
                    extra_announcements,
                    dynamic_interfaces,
                    receive_buffers,
                    min_garp: switches[0],
                    lower_prio_no_advert: switches[1],
                    higher_prio_send_advert: switches[2],
                    owner_ignore_adverts: switches[3],
                    check_unicast_src: switches[4],
                    skip_check_adv_addr: switches[5],
                    compat_timing: switches[6],
                    bfd_master_down: switches[7],
                    notify_ordered: switches[8],
                    sentinel: switches[9],
                    strict: strict.map(spanned),
                    ..Defaults::default()
                }
            },
        )
        .boxed()
}

/// The weight of a file or a process.
fn factor() -> impl Strategy<Value = TrackWeight> {
    (-254..=254_i16, any::<Option<bool>>()).prop_map(|(weight, reverse)| TrackWeight {
        weight: base::Weight(weight),
        reverse,
    })
}

fn script() -> impl Strategy<Value = Script> {
    let counts = (maybe(1..=0x7fff_ffff_u32), maybe(1..=0x7fff_ffff_u32));
    (
        wild(),
        maybe(weight()),
        counts,
        maybe(user()),
        any::<bool>(),
    )
        .prop_map(|(name, weight, (rise, fall), user, init_fail)| Script {
            name: spanned(name),
            weight,
            rise,
            fall,
            user,
            init_fail,
            ..Script::default()
        })
}

fn track_file() -> impl Strategy<Value = TrackFile> {
    let init = (option::of(any::<i32>()), any::<bool>());
    let init = init.prop_map(|(value, overwrite)| InitFile { value, overwrite });
    (wild(), path(), maybe(factor()), maybe(init)).prop_map(|(name, file, weight, init)| {
        TrackFile {
            name: spanned(name),
            file: Some(spanned(file)),
            weight,
            init,
            ..TrackFile::default()
        }
    })
}

fn track_process() -> impl Strategy<Value = TrackProcess> {
    let kinds = vec![ParamMatch::Exact, ParamMatch::Initial, ParamMatch::Partial];
    let words = (path(), vec(wild(), 0..3));
    let words =
        words.prop_map(|(program, more)| core::iter::once(program).chain(more).collect::<Vec<_>>());
    let quorum = option::of((1..=65_535_u16).prop_flat_map(|least| (Just(least), least..=65_535)));
    (
        wild(),
        words,
        maybe(select(kinds)),
        maybe(factor()),
        quorum,
        any::<bool>(),
    )
        .prop_map(
            |(name, words, param_match, weight, quorum, full_command)| TrackProcess {
                name: spanned(name),
                process: Some(spanned(words)),
                param_match,
                weight,
                quorum: quorum.map(|(least, _)| spanned(least)),
                quorum_max: quorum.map(|(_, most)| spanned(most)),
                full_command,
                ..TrackProcess::default()
            },
        )
}

/// Scripts, files and processes that instances may track.
pub(crate) fn tracked() -> impl Strategy<Value = Vrrp> {
    (
        vec(script(), 0..3),
        vec(track_file(), 0..3),
        vec(track_process(), 0..3),
    )
        .prop_map(|(scripts, track_files, track_processes)| Vrrp {
            scripts,
            track_files,
            track_processes,
            ..Vrrp::default()
        })
}
