//! Definitions, sequences, lists, conditions and includes: what the original makes of them, seen
//! with keepalived 2.2.7, as lines that nobody knows.

use grammar::keepalived::{self, Options, Parsed};
use grammar::{MemoryLoader, Severity};

fn parse_files(files: &[(&str, &str)]) -> Parsed {
    let options = Options {
        config_id: Some("foo".to_owned()),
        hostname: "node1.example.org".to_owned(),
        ..Options::default()
    };
    let mut loader = MemoryLoader::new(files.iter().copied());
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

/// The first words of all lines, none of which is a keyword.
fn words(text: &str) -> String {
    let parsed = parse(text);
    let unknown = parsed.diagnostics.iter().map(|problem| {
        let word = problem.message.strip_prefix("Unknown keyword '");
        word.map_or(problem.message.as_str(), |word| word.trim_end_matches('\''))
    });
    unknown.collect::<Vec<_>>().join(" ")
}

#[test]
fn sequences_repeat_the_rest_of_the_line() {
    assert_eq!(words("~SEQ(A,1,3) x$A bar"), "x1 x2 x3");
    assert_eq!(words("~SEQ(A,3,1) x${A}y"), "x3y x2y x1y");
    assert_eq!(words("~SEQ(A,-2) x${A}y"), "x-1y x-2y");
    assert_eq!(words("~SEQx(A,0x90,0x10,0xc0) ${A}z"), "90z a0z b0z c0z");
    assert_eq!(words(" ~SEQ (K,1,2)noblank${K}"), "noblank1 noblank2");
    assert_eq!(words("@foo ~SEQ(A,1,2) q$A"), "q1 q2");
    assert_eq!(words("~SEQ(A,1,2) @foo u$A"), "u1 u2");
    assert_eq!(words("~SEQ(A,1,2) @^foo u$A\n@bar ~SEQ(A,1,2) v"), "");
}

#[test]
fn sequences_nest() {
    assert_eq!(
        words("~SEQ(E,1,2) ~SEQ(F,$E,2) e${E}f${F}"),
        "e1f1 e1f2 e2f2"
    );
    assert_eq!(
        words("~LST(I,x,y) ~SEQ(J,1,2) i${I}j${J}"),
        "ixj1 ixj2 iyj1 iyj2"
    );
    assert_eq!(words("~LST({S,T},{1},{2,3}) s${S}t${T}"), "s1t s2t3");
    assert_eq!(words("~LST({G,H},{a,1},{b,2}) x$G$H"), "x$G1 x$G2");
    assert_eq!(words("$S=~SEQ(Z,1,2)\n$S zz$Z"), "zz1 zz2");
    // The last value stays, and another use of the name is not in the way.
    assert_eq!(words("$D=v\n~SEQ(D,1,2) d$D\n$D after"), "d1 d2 2");
    assert_eq!(words("$O=~SEQ(A,1,2) o$A \\\n p$A\n$O"), "o1 o2 p2");
    // Only at the beginning of a line.
    assert_eq!(words("lead ~SEQ(B,1,2) x$B"), "lead");
}

#[test]
fn wrong_sequences_are_told_once() {
    insta::assert_snapshot!(report("~SEQ(L,2,1,1) none${L}\n~SEQ(M,1,0,3) z\n~SEQ foo\n~SEQ() q"), @r"
    (k.conf: Line 1) Invalid ~SEQ specification '~SEQ(L,2,1,1) none${L}'
    (k.conf: Line 2) Invalid ~SEQ specification '~SEQ(M,1,0,3) z'
    (k.conf: Line 3) Invalid ~SEQ specification '~SEQ foo'
    (k.conf: Line 4) Invalid ~SEQ specification '~SEQ() q'
    ");
    insta::assert_snapshot!(report("~LST(Q) q${Q}\n~LST(A,x y) l\n~LST(A,1,2 x$A"), @r"
    (k.conf: Line 1) Invalid ~LST specification '~LST(Q) q${Q}'
    (k.conf: Line 2) Invalid ~LST specification '~LST(A,x y) l'
    (k.conf: Line 3) Invalid ~LST specification '~LST(A,1,2 x$A'
    ");
    insta::assert_snapshot!(report("~SEQ(A,1,3) ~SEQ(B,1,0,$A) x"), @"(k.conf: Line 1) Invalid ~SEQ specification '~SEQ(B,1,0,$A) x'");
    let parsed = parse("~SEQ(M,1,0,3) zero");
    insta::assert_snapshot!(parsed.diagnostics[0].annotated(&parsed.sources, false), @r"
    error[sequence]: Invalid ~SEQ specification '~SEQ(M,1,0,3) zero'
     --> k.conf:1:1
      |
    1 | ~SEQ(M,1,0,3) zero
      | ^^^^^^^^^^^^^^^^^^ the step is 0: this would never end
    ");
}

#[test]
fn definitions_of_several_lines() {
    let body = "$N=3\n$M= \\\n aa1 \\\n aa2$N \\\n @foo aa3 \\\n @^foo aa4 \\\n $N=7 \\\n aa5${N} \\\n \
                # comment\n \\\n aa6\n";
    assert_eq!(words(&format!("{body}$M")), "aa1 aa23 aa3 aa57 aa6");
    assert_eq!(words(&format!("{body}x ${{M}}")), "x aa23 aa3 aa57 aa6");
    assert_eq!(
        words(&format!("{body}$K= \\\n k1 $M\n$K")),
        "k1 aa23 aa3 aa57 aa6"
    );
    assert_eq!(words(&format!("{body}$M x")), "$M");
    // An empty line ends a definition.
    assert_eq!(words("$L=a \\\n\n b\n$L"), "b a");
}

#[test]
fn definitions_of_conditions_and_definitions() {
    assert_eq!(words("$IF=@foo\n$IF c1\n$IF2=@^foo\n$IF2 c2"), "c1");
    assert_eq!(words("$X=$Z=1\n$X\nz${Z}"), "z1");
    assert_eq!(words("$E=\ne${E}mpty\n$E\n${E}"), "empty");
    assert_eq!(words("@foo $P=240\n@bar $P=200\np${P}"), "p240");
    assert_eq!(
        words("$B=10.${S}\n$S=0\n${B}.1\n$S=9\n${B}.1"),
        "10.0.1 10.9.1"
    );
    assert_eq!(words("i${_INSTANCE}"), "ifoo");
    assert_eq!(words("r${_RANDOM 5 5}"), "r5");
    assert_eq!(words("r${_RANDOM 9 5}"), "r9");
}

#[test]
fn conditions() {
    assert_eq!(
        words("@\n@foo\n@^foo\n@foo  x\n@ y\n@^ z\n@^bar w"),
        "x z w"
    );
    assert_eq!(words("@bar $M=a \\\n b\nc"), "c");
}

/// The example of the manual, a sixteenth of it.
#[test]
fn the_manual_s_instances() {
    let text = include_str!("keepalived_cases/manual_sequence.conf");
    let parsed = parse(&text.replace("~SEQ(NUM,0,31)", "~SEQ(NUM,30,31)"));
    assert!(
        parsed.diagnostics.is_empty(),
        "{:?}",
        parsed.diagnostics.first()
    );
    let instances = &parsed.ast.vrrp.instances;
    assert_eq!(instances.len(), 8 * 2 * 254);
    let last = instances.last().expect("instances");
    assert_eq!(last.name.value, "vrrp4.7.31.254");
    assert_eq!(parsed.sources.place(last.name.span).line, 20);
}

#[test]
fn a_problem_in_a_sequence_shows_how_the_line_came_to_be() {
    let parsed = parse(
        "$VI= \\\n vrrp_instance v${IF}.${ID} { \\\n  interface eth${IF} \\\n  priority 30${ID} \\\n }\n\
         ~SEQ(IF,0,1) ~SEQ(ID,0,1) $VI\n",
    );
    let shown = parsed.diagnostics.iter().map(|problem| {
        assert_eq!(problem.severity, Severity::Error);
        problem.annotated(&parsed.sources, false)
    });
    insta::assert_snapshot!(shown.collect::<Vec<_>>()[1], @r"
    error[invalid-number]: (v0.1) Priority not valid! must be between 1 & 255. Using default 100
     --> k.conf:6:1
      |
    6 | ~SEQ(IF,0,1) ~SEQ(ID,0,1) $VI
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ out of range; 1 to 255 is accepted
      |
      = note: this line expands to `priority 301`
      = note: with IF=0, ID=1
      = note: from the definition in k.conf line 4: `priority 30${ID} \`
    ");
    insta::assert_snapshot!(keepalived::report(&parsed.diagnostics, &parsed.sources).join("\n"), @r"
    (k.conf: Line 6) (v0.0) Priority not valid! must be between 1 & 255. Using default 100
    (k.conf: Line 6) (v0.1) Priority not valid! must be between 1 & 255. Using default 100
    (k.conf: Line 6) (v1.0) Priority not valid! must be between 1 & 255. Using default 100
    (k.conf: Line 6) (v1.1) Priority not valid! must be between 1 & 255. Using default 100
    ");
}

#[test]
fn includes_may_be_built_from_names() {
    let files = [
        (
            "/d/k.conf",
            "$WHAT=include\n$WHAT sub/a.conf\n~SEQ(N,1,2) include sub/n${N}.conf\nend",
        ),
        ("/d/sub/a.conf", "a\n$FROM_A=yes"),
        ("/d/sub/n1.conf", "n1 here"),
        ("/d/sub/n2.conf", "n2 $FROM_A\nx${FROM_A}${_PWD}"),
    ];
    let parsed = parse_files(&files);
    let lines = keepalived::report(&parsed.diagnostics, &parsed.sources).join("\n");
    insta::assert_snapshot!(lines, @r"
    (/d/sub/a.conf: Line 1) Unknown keyword 'a'
    (/d/sub/n1.conf: Line 1) Unknown keyword 'n1'
    (/d/sub/n2.conf: Line 1) Unknown keyword 'n2'
    (/d/sub/n2.conf: Line 2) Unknown keyword 'xyes/d/sub'
    (/d/k.conf: Line 4) Unknown keyword 'end'
    ");
}

#[test]
fn bombs_end() {
    let first = |text: &str| {
        let parsed = parse(text);
        let codes: Vec<_> = parsed
            .diagnostics
            .iter()
            .map(|problem| problem.code)
            .collect();
        (codes.len(), codes[0])
    };
    assert_eq!(first("~SEQ(A,1,4000000000) @^foo x"), (1, "too-large"));
    assert_eq!(
        first("$A= \\\n @^foo x \\\n $A\n$A"),
        (1, "endless-definition")
    );
    assert_eq!(first("$A= \\\n $A \\\n $A\n$A"), (1, "endless-definition"));
    assert_eq!(first("$A=$B x\n$B=$A y\n$A"), (1, "endless-definition"));
}
