use super::*;
use crate::script::{Bound, Condition, State};

const EVERY_FORM: &str = include_str!("every_form.lab");

#[test]
fn every_form_is_read() {
    let script = parse(EVERY_FORM).expect("the sample is right");
    let mut shown = String::new();
    for (line, declaration) in &script.declarations {
        shown.push_str(&format!("{line}: {declaration:?}\n"));
    }
    for step in &script.steps {
        shown.push_str(&format!("{}: {:?}\n", step.line, step.statement));
    }
    insta::assert_snapshot!(shown);
}

#[test]
fn the_sample_uses_every_verb() {
    for (verb, _) in FORMS {
        assert!(
            EVERY_FORM.lines().any(|line| line.starts_with(verb)),
            "every_form.lab has no `{verb}`"
        );
    }
}

#[test]
fn all_problems_are_reported_with_the_form_that_would_be_right() {
    let text = "start all\nexspect master is MASTER\nkill -99 keepalived on a\nwait 3\n";
    let problems = parse(text).expect_err("three lines are wrong");
    let shown: Vec<String> = problems.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(shown.join("\n"), @r"
    line 2: `exspect` is not a statement; statements are title, node, gateway, client, backend, http, daemons, file, original, start, stop, restart, reload, kill, hang, resume, cut, heal, exec, try, wait, expect
    line 3: cannot read `kill -99 keepalived on a`; the form is: kill [-SIGNAL] [main of|children of] SERVICE on NODE
    line 4: cannot read `wait 3`; the form is: wait TIME | wait until CONDITION [within TIME]
    ");
}

#[test]
fn comments_end_a_line_but_not_a_word_or_a_quote() {
    let script = parse("exec a echo x#y '# no' # yes\n").expect("a command");
    assert_eq!(script.steps[0].text, "exec a echo x#y '# no'");
}

#[test]
fn nobody_is_not_a_node() {
    let script = parse("expect vip 10.0.0.1 on nobody").expect("a condition");
    let Statement::Expect { condition, .. } = &script.steps[0].statement else {
        panic!("not an expectation");
    };
    assert_eq!(
        *condition,
        Condition::VipOn {
            vip: "10.0.0.1".parse().expect("an address"),
            node: None
        }
    );
}

#[test]
fn a_bound_of_zero_is_not_a_duration() {
    let script = parse("expect outage = 0\nexpect b is BACKUP for 2s").expect("conditions");
    assert!(matches!(
        script.steps[0].statement,
        Statement::Expect {
            condition: Condition::Outage(Bound::Zero),
            ..
        }
    ));
    assert!(matches!(
        script.steps[1].statement,
        Statement::Keeps {
            condition: Condition::StateIs {
                state: State::Backup,
                ..
            },
            ..
        }
    ));
}
