//! The rules of the language, one small text each: what is reported, and what is understood.

use grammar::keepalived::{self, Options, Parsed};
use grammar::loader::FileKind;
use grammar::{Ast, MemoryLoader};

fn parse_files(files: &[(&str, &str)]) -> Parsed {
    let options = Options {
        hostname: "node1.example.org".to_owned(),
        ..Options::default()
    };
    let mut loader = MemoryLoader::new(files.iter().copied());
    loader.env.insert("WHO".to_owned(), "me".to_owned());
    loader.insert("run.sh", FileKind::Executable, b"router_id x");
    keepalived::parse(&mut loader, files[0].0.as_ref(), &options)
}

fn parse(text: &str) -> Parsed {
    parse_files(&[("k.conf", text)])
}

/// The report, one line per problem.
fn report(text: &str) -> String {
    let parsed = parse(text);
    keepalived::report(&parsed.diagnostics, &parsed.sources).join("\n")
}

/// What a sound text means.
fn understood(text: &str) -> Ast {
    let parsed = parse(text);
    let lines = keepalived::report(&parsed.diagnostics, &parsed.sources);
    assert!(lines.is_empty(), "{text}\n{lines:#?}");
    parsed.ast
}

fn router_id(text: &str) -> Option<String> {
    understood(text).process.router_id.map(|id| id.value)
}

#[test]
fn comments_quotes_and_braces() {
    for text in [
        "global_defs {\n router_id a\\#b # c\n}\n",
        "global_defs {\r\n router_id \"a#b\" ! c\r\n}",
        "global_defs{router_id a\\#b}",
        "global_defs\n{\nrouter_id a\\#b\n}",
        "global_defs { router_id a\\#b; }",
        "global_defs { router_id a\\#b ; }",
    ] {
        assert_eq!(router_id(text).as_deref(), Some("a#b"), "{text}");
    }
}

#[test]
fn semicolons_separate_only_in_blocks_of_one_line() {
    let ast = understood(
        "vrrp_script c { script \"/x; y\"; interval 2; weight -2; }\n\
         vrrp_instance V {\n authentication { auth_type PASS; auth_pass K8; }\n \
         virtual_ipaddress { 10.0.0.1/24 dev eth0 10.0.0.2 brd 10.0.0.255; 10.0.0.3 }\n \
         track_script { c; }\n}\n",
    );
    insta::assert_snapshot!(keepalived::print(&ast), @r#"
    global_defs {
    }
    vrrp_script c {
        script "/x; y"
        interval 2
        weight -2
    }
    vrrp_instance V {
        authentication {
            auth_type PASS
            auth_pass K8
        }
        track_script {
            c
        }
        virtual_ipaddress {
            10.0.0.1/24 dev eth0
            10.0.0.2 brd 10.0.0.255
            10.0.0.3
        }
    }
    "#);
    let parsed =
        parse("vrrp_instance V {\n authentication {\n auth_type PASS\n auth_pass abc;\n }\n}");
    let auth = parsed.ast.vrrp.instances[0]
        .authentication
        .as_ref()
        .expect("the block");
    assert_eq!(
        auth.password.as_ref().map(|pass| &pass.value[..]),
        Some(&b"abc;"[..])
    );
    let lines = keepalived::report(&parsed.diagnostics, &parsed.sources);
    assert_eq!(
        lines,
        ["(k.conf: Line 4) the `;` is part of the value '***;'"]
    );
}

#[test]
fn one_setting_per_line() {
    insta::assert_snapshot!(
        report("vrrp_instance V {\n authentication { auth_type PASS auth_pass x }\n}"),
        @"(k.conf: Line 2) auth_type: extra words are ignored"
    );
}

#[test]
fn definitions_are_text() {
    let text = "$NAME=n\n$FULL=${NAME}1\n$BODY=router_id $FULL \\\n vrrp_version 3\n\
                global_defs {\n $BODY\n}\n";
    let ast = understood(text);
    assert_eq!(
        ast.process.router_id.map(|id| id.value).as_deref(),
        Some("n1")
    );
    assert_eq!(
        ast.vrrp.defaults.version.map(|version| version.value),
        Some(3)
    );
    let id = |word: &str| {
        router_id(&format!(
            "$A=1\n@node1 $B=2\n@other $B=3\nglobal_defs {{\n router_id {word}\n}}"
        ))
    };
    assert_eq!(id("x${A}y").as_deref(), Some("x1y"));
    assert_eq!(id("x$B").as_deref(), Some("x2"));
    assert_eq!(id("$Ax").as_deref(), Some("$Ax"));
    assert_eq!(id("${_ENV WHO}").as_deref(), Some("me"));
    assert_eq!(id("a${_HASH}b").as_deref(), Some("a#b"));
}

#[test]
fn a_problem_in_expanded_text_is_where_the_user_wrote_it() {
    let parsed = parse("$BODY= \\\n router_id x \\\n vrrp_versio 3\nglobal_defs {\n $BODY\n}\n");
    let [problem] = &parsed.diagnostics[..] else {
        panic!("one problem: {:?}", parsed.diagnostics);
    };
    insta::assert_snapshot!(problem.annotated(&parsed.sources, false), @r"
    error[unknown-keyword]: Unknown keyword 'vrrp_versio'
     --> k.conf:5:2
      |
    5 |  $BODY
      |  ^^^^^ not known in global_defs
      |
      = help: did you mean `vrrp_version`?
      = note: this line expands to `vrrp_versio 3`
      = note: from the definition in k.conf line 3: `vrrp_versio 3`
    ");
}

#[test]
fn endless_definitions_are_told() {
    insta::assert_snapshot!(
        report("$A=$B\n$B=x $A\nglobal_defs {\n router_id $A\n}"),
        @"(k.conf: Line 4) Definition expands without end - ignoring the line"
    );
}

#[test]
fn undefined_names_are_not_braces() {
    insta::assert_snapshot!(
        report("$VIPS=1\nglobal_defs {\n router_id ${VIP}\n use_symlink_paths maybe\n}"),
        @r"
    (k.conf: Line 3) Unknown definition '${VIP}' - ignoring the line
    (k.conf: Line 4) Invalid value 'maybe' specified for use_symlink_paths
    "
    );
    let quoted = "vrrp_script c {\n script \"/bin/sh -c 'echo ${HOME}'\"\n}";
    let script = understood(quoted).vrrp.scripts.remove(0);
    let argv = script.command.map(|command| command.value.argv);
    assert_eq!(argv.expect("a command")[2], "echo ${HOME}");
}

#[test]
fn conditions_cover_a_line() {
    let text =
        "global_defs {\n@other router_id a\n@^node1 router_id b\n@node1 router_id c\n@node1\n}";
    assert_eq!(router_id(text).as_deref(), Some("c"));
}

#[test]
fn includes() {
    let parsed = parse_files(&[
        ("etc/k.conf", "include d/*.conf\ninclude e{1,2}.conf\n"),
        ("etc/d/a.conf", "global_defs {\n router_id a\n}\n"),
        ("etc/d/b.conf", "include ../x.conf"),
        ("etc/d/../x.conf", "use_pid_dir\n"),
        ("etc/e2.conf", "child_wait_tim 3"),
    ]);
    let lines = keepalived::report(&parsed.diagnostics, &parsed.sources);
    insta::assert_snapshot!(lines.join("\n"), @r"
    (etc/k.conf: Line 2) Config files missing 'etc/e1.conf'.
    (etc/e2.conf: Line 1) Unknown keyword 'child_wait_tim'
    ");
    assert!(parsed.ast.process.use_pid_dir);
    assert_eq!(keepalived::test_status(&parsed.diagnostics), 5);
}

#[test]
fn includes_that_must_be_there() {
    let status = |text: &str| keepalived::test_status(&parse(text).diagnostics);
    assert_eq!(status("include none.conf"), 0);
    assert_eq!(status("includem none.conf"), 6);
    assert_eq!(status("includew none*.conf"), 6);
    assert_eq!(status("includer run.sh"), 6);
    assert_eq!(
        status("global_defs {\n include_check\n}\ninclude none.conf"),
        6
    );
    assert_eq!(status("include k.conf"), 6, "an include of itself ends");
}

#[test]
fn a_file_that_may_not_be_read_fails() {
    let mut loader = MemoryLoader::default();
    loader.insert("run.sh", FileKind::Executable, b"");
    for name in ["missing.conf", "run.sh"] {
        let parsed = keepalived::parse(&mut loader, name.as_ref(), &Options::default());
        assert_eq!(keepalived::test_status(&parsed.diagnostics), 6, "{name}");
    }
}

#[test]
fn a_missing_brace_is_found_where_the_next_block_begins() {
    insta::assert_snapshot!(
        report("vrrp_script c {\n script \"/x\"\nvrrp_instance V {\n state BACKUP\n}\n"),
        @"(k.conf: Line 3) There are 1 missing '}'s or extra '{'s"
    );
    insta::assert_snapshot!(
        report("vrrp_instance V {\n authentication {\n auth_type PASS\n track_script {\n c\n }\n}\n"),
        @"(k.conf: Line 4) There are 1 missing '}'s or extra '{'s"
    );
    insta::assert_snapshot!(
        report("vrrp_instance V {\n virtual_ipaddress {\n 10.0.0.1\n priority 5\n}\n"),
        @"(k.conf: Line 4) There are 1 missing '}'s or extra '{'s"
    );
    insta::assert_snapshot!(
        report("vrrp_instance V {\n state BACKUP\n"),
        @"(k.conf: Line 1) There are 1 missing '}'s or extra '{'s"
    );
}

#[test]
fn a_brace_too_many_is_taken_out() {
    let text = "vrrp_instance V {\n state BACKUP\n}\n priority 5\n}\n";
    insta::assert_snapshot!(report(text), @"(k.conf: Line 3) Extra '}' found");
    let priority = parse(text).ast.vrrp.instances[0].priority;
    assert_eq!(priority.map(|priority| priority.value.0), Some(5));
    insta::assert_snapshot!(
        report("global_defs { {\n router_id x\n}\n"),
        @"(k.conf: Line 1) Unexpected '{' - ignoring"
    );
    insta::assert_snapshot!(
        report("global_defs {\n router_id x\n { vrrp_version 3\n}\n"),
        @"(k.conf: Line 3) Unexpected '{' - ignoring"
    );
    insta::assert_snapshot!(
        report("global_defs {\n router_id x {\n vrrp_version 3\n }\n}\nvrrp_instance V {\n}"),
        @"(k.conf: Line 2) Unexpected '{' - ignoring"
    );
    insta::assert_snapshot!(
        report("vrrp_instance V\n state BACKUP\n}\nuse_pid_dir\n"),
        @"(k.conf: Line 2) Missing '{' at beginning of configuration block"
    );
}

#[test]
fn an_unknown_block_is_one_mistake() {
    insta::assert_snapshot!(
        report("vrrp_instence V {\n state BACKUP\n x { y }\n}\nvrrp_instance W {\n authentification {\n auth_type PASS\n }\n state BACKUP\n}"),
        @r"
    (k.conf: Line 1) Unknown keyword 'vrrp_instence'
    (k.conf: Line 6) Unknown keyword 'authentification'
    "
    );
}

#[test]
fn a_missing_parameter_outranks_everything() {
    let parsed = parse("includem x\nvrrp_instance V {\n virtual_router_id\n priorit 5\n}");
    assert_eq!(keepalived::test_status(&parsed.diagnostics), 2);
    assert_eq!(parsed.diagnostics.len(), 3);
}

#[test]
fn placeholders_are_called_so() {
    insta::assert_snapshot!(
        report("global_defs { router_id X ... }\nvrrp_script c { script \".../x.sh\"; }\nvrrp_instance V {\n mcast_src_ip <master-ip>\n virtual_ipaddress { <vip-a> <vip-b> }\n ...\n}"),
        @r"
    (k.conf: Line 1) '...' is a placeholder, not a value
    (k.conf: Line 2) '.../x.sh' is a placeholder, not a value
    (k.conf: Line 4) '<master-ip>' is a placeholder, not a value
    (k.conf: Line 5) '<vip-a>' is a placeholder, not a value
    (k.conf: Line 5) '<vip-b>' is a placeholder, not a value
    (k.conf: Line 6) '...' is a placeholder, not a value
    "
    );
}

#[test]
fn quotes_keep_what_looks_like_a_placeholder() {
    assert_eq!(
        router_id("global_defs {\n router_id \"<a>\"\n}").as_deref(),
        Some("<a>")
    );
}

#[test]
fn what_crashes_the_original_is_an_error() {
    insta::assert_snapshot!(
        report("vrrp_script c {\n script '/bin/echo {a}'\n interval 1\n}"),
        @"(k.conf: Line 2) String 'script '/bin/echo': missing terminating quote"
    );
    let status = |text: &str| keepalived::test_status(&parse(text).diagnostics);
    assert_eq!(
        status("vrrp_script c {\n script '/bin/echo {a}'\n interval 1\n}"),
        5
    );
    assert_eq!(status("vrrp_script c {\n script \"/bin/echo\n}"), 5);
    assert_eq!(status("router\0_id"), 5);
}

#[test]
fn keywords_that_do_nothing_are_listed_once() {
    let parsed = parse(
        "global_defs {\n enable_snmp_vrrp\n enable_snmp_checker\n}\n\
         global_defs {\n enable_snmp_checker\n}",
    );
    assert_eq!(parsed.diagnostics, []);
    let names: Vec<_> = parsed
        .inactive
        .iter()
        .map(|inactive| inactive.name)
        .collect();
    assert_eq!(names, ["enable_snmp_vrrp", "enable_snmp_checker"]);
    insta::assert_snapshot!(
        report("bfd_instance b {\n neighbo_ip 10.0.0.1\n}"),
        @"(k.conf: Line 2) Unknown keyword 'neighbo_ip'"
    );
}

#[test]
fn deep_and_long_input_ends() {
    let status = |text: &str| keepalived::test_status(&parse(text).diagnostics);
    assert_eq!(status(&"a {\n".repeat(50_000)), 5);
    assert_eq!(status(&"{".repeat(100_000)), 5);
    assert_eq!(status(&"}".repeat(100_000)), 5);
    assert_eq!(
        status(&format!(
            "global_defs {{\n router_id {}\n}}",
            "x".repeat(1 << 20)
        )),
        5
    );
    let many = "vrrp_instance V {\n state BACKUP\n priority 5\n}\n".repeat(10_000);
    let parsed = parse(&many);
    assert_eq!(parsed.ast.vrrp.instances.len(), 10_000);
}
