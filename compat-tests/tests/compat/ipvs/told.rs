//! Who is told of services and servers, by pipe, command and letter, from the start to the end.

use compat_tests::programs::root;

use super::{both, compare, read};

/// `told NAME LINES SCRIPTS LETTERS [sort]` waits until so many more of each have come than
/// before, then records what has come. Commands run and letters arrive in any order; lines do only
/// where several checks end at once.
const FUNCTIONS: &str = r#"
dir=/run/$node
count() { wc -l < $dir/$1; }
told() {
    for try in $(seq 200); do
        [ $(count lines) -ge $((lines + $2)) ] && [ $(count scripts) -ge $((scripts + $3)) ] &&
            [ $(count letters) -ge $((letters + $4)) ] && break
        sleep 0.2
    done
    echo "== $node $1"
    tail -n +$((lines + 1)) $dir/lines | tr -d '\0' | ${5:-cat}
    tail -n +$((scripts + 1)) $dir/scripts | sort
    tail -n +$((letters + 1)) $dir/letters | sort
    lines=$(count lines) scripts=$(count scripts) letters=$(count letters)
}
stopped() { # what the original may lose stands apart
    for try in $(seq 200); do
        [ $(count lines) -ge $((lines + 3)) ] && break
        sleep 0.2
    done
    echo "== $node stopped"
    tail -n +$((lines + 1)) $dir/lines | tr -d '\0'
    lines=$(count lines)
    [ $node = original ] || told last 0 3 3
}
sed -i "s|FOLDER|$dir|" $dir/keepalived.conf
printf '#!/bin/sh\necho "script $*" >> %s/scripts\n' $dir > $dir/tell
chmod 755 $dir/tell
: > $dir/scripts; : > $dir/letters; lines=0 scripts=0 letters=0
mkfifo $dir/fifo; exec 9<>$dir/fifo
cat <&9 > $dir/lines & cat=$!
mkfifo $dir/ready
for last in 1 2 3; do $in ip address add 10.0.0.$last/32 dev lo; done
"#;

/// The original loses letters that it sends when it stops, and now and then a command.
pub(super) fn scenario() -> Result<(), String> {
    let configuration = read(&root().join("compat-tests/tests/compat/ipvs/told.conf"))?;
    let body = format!(
        r"
        {FUNCTIONS}
        $in $stand_in relay 127.0.0.1:2525 > $dir/letters & relay=$!
        serve 10.0.0.1:80
        serve 10.0.0.2:80; first=$pid
        serve 10.0.0.2:81; second=$pid
        $in $keepalived $options -f $dir/keepalived.conf > $dir/log 2>&1 & daemon=$!
        told start 8 8 4 sort
        heard 4 'success\.'
        kill $first
        told died 2 2 2
        kill $second
        told both-dead 0 0 1
        serve 10.0.0.2:81
        told one-returned 0 0 1
        serve 10.0.0.2:80
        told returned 2 2 2
        sed -i '/real_server 10.0.0.3/,/^ }}/d; /fwmark/,$d' $dir/keepalived.conf
        kill -HUP $daemon
        told reloaded 2 2 2
        kill -TERM $daemon; wait $daemon; echo == $node status; echo $?
        stopped
        kill $cat $relay
        "
    );
    let records = both(&body, &configuration)?;
    let expected = [
        "start",
        "died",
        "both-dead",
        "one-returned",
        "returned",
        "reloaded",
        "status",
        "stopped",
    ];
    compare(&records, &expected)?;
    let last = records[1].iter().find(|(name, _)| name == "last");
    let last = last.map_or("", |(_, text)| text.as_str());
    let count = |what: &str| last.lines().filter(|line| line.contains(what)).count();
    if (count("script "), count("Shutting down")) != (3, 3) {
        return Err(format!("at the end ours ran and wrote:\n{last}"));
    }
    Ok(())
}
