//! Stream proxying: the same servers, sequences and log lines as Debian's nginx.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use compat_tests::Subject;
use compat_tests::articles::{NODES, Node};
use compat_tests::differences::Differences;
use compat_tests::programs::{LOAD_STREAM, built};
use compat_tests::sandbox::Sandbox;
use libtest_mimic::Trial;

use crate::clock::scenario;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        scenario(
            "stream::hash_consistent_200_clients".to_owned(),
            hash_consistent,
        ),
        scenario("stream::weights_same_sequence".to_owned(), || {
            sequence("all-alive", "")
        }),
        scenario("stream::dead_server_set_aside".to_owned(), || {
            sequence("one-dead", "api2")
        }),
        scenario("stream::no_live_upstreams".to_owned(), || {
            sequence("all-dead", "api")
        }),
        scenario("stream::reload_keeps_50_sessions".to_owned(), reload),
    ]
}

/// The API servers of an article.
struct Servers {
    node: &'static str,
    addresses: [&'static str; 3],
    port: u16,
}

const ARTICLE_003: Servers = Servers {
    node: "003/master1",
    addresses: ["10.0.0.11", "10.0.0.12", "10.0.0.13"],
    port: 10443,
};
const ARTICLE_004: Servers = Servers {
    node: "004/master-1",
    addresses: ["192.168.1.25", "192.168.1.26", "192.168.1.27"],
    port: 16443,
};

impl Servers {
    fn node(&self) -> &'static Node {
        NODES
            .iter()
            .find(|node| node.id() == self.node)
            .expect("the table has it")
    }

    /// Shell text that starts the servers whose name does not begin with `dead`.
    fn start(&self, dead: &str) -> String {
        let mut text = String::new();
        let mut serve = format!("{} serve", built("stand-in").display());
        for (index, address) in self.addresses.iter().enumerate() {
            text.push_str(&format!("ip address add {address}/32 dev lo 2>/dev/null\n"));
            let name = format!("api{}", index + 1);
            if dead.is_empty() || !name.starts_with(dead) {
                serve.push_str(&format!(" {name}={address}:6443"));
            }
        }
        // The first line says that all of them listen.
        format!("{text}mkfifo /run/ready\n{serve} > /run/ready &\nread ready < /run/ready\n")
    }
}

/// Shell text that starts `subject` as a daemon; it returns when all addresses are bound. One
/// worker, since balancing state without `zone` is each worker's own.
fn start_proxy(subject: Subject, conf: &str) -> String {
    let prefix = if conf.starts_with("/usr/local") {
        "-p /usr/local/nginx"
    } else {
        ""
    };
    format!(
        "sed -i 's/^worker_processes .*/worker_processes 1;/' {conf}\n\
         {} -c {conf} {prefix} -g '{LOAD_STREAM}' || exit 9\n",
        subject.nginx().display()
    )
}

fn hash_consistent() -> Result<(), String> {
    let servers = &ARTICLE_003;
    let sources: String = (1..=200).map(|last| format!(" 127.0.7.{last}")).collect();
    let [original, ours] = Subject::BOTH.map(|subject| {
        let script = format!(
            "{}{}{} ask 127.0.0.1:{}{sources}\n",
            servers.start(""),
            start_proxy(subject, servers.node().nginx_conf.unwrap_or_default()),
            built("stand-in").display(),
            servers.port
        );
        Sandbox::of(servers.node()).run(&script)
    });
    let (original, mut ours) = (
        original.map_err(|e| e.to_string())?,
        ours.map_err(|e| e.to_string())?,
    );
    ours.lines.retain(|line| !line.contains(NOT_SERVED));
    let answered = original
        .lines
        .iter()
        .filter(|line| line.contains(" api"))
        .count();
    if answered != 200 {
        return Err(format!(
            "only {answered} clients reached a server: {:?}",
            original.lines
        ));
    }
    Differences::load().compare_lines("stream/hash-consistent", &original.lines, &ours.lines)?;
    Ok(())
}

/// Sixty clients one after the other: who answers, what the access and the error log say.
fn sequence(name: &str, dead: &str) -> Result<(), String> {
    let servers = &ARTICLE_004;
    let sources = " 127.0.0.1".repeat(60);
    let [original, ours] = Subject::BOTH.map(|subject| {
        let script = format!(
            "{}{}{} ask 127.0.0.1:{}{sources}\n\
             kill -QUIT $(cat /run/nginx.pid)\nawait [ ! -e /run/nginx.pid ]\n\
             echo access; cat /var/log/nginx/control-plane.log\n\
             echo error; cat /var/log/nginx/error.log\n",
            servers.start(dead),
            start_proxy(subject, servers.node().nginx_conf.unwrap_or_default()),
            built("stand-in").display(),
            servers.port
        );
        Sandbox::of(servers.node()).run(&script)
    });
    let (original, ours) = (
        original.map_err(|e| e.to_string())?,
        ours.map_err(|e| e.to_string())?,
    );
    let (original, ours) = (masked(&original.lines), masked(&ours.lines));
    if original
        .iter()
        .filter(|line| line.starts_with("127.0.0.1 "))
        .count()
        < 60
    {
        return Err(format!("the original did not serve: {original:?}"));
    }
    Differences::load().compare_lines(&format!("stream/sequence/{name}"), &original, &ours)?;
    Ok(())
}

/// What ours says about each address of `http {}`, which the original serves.
const NOT_SERVED: &str = "http server on ";

/// Times, process and connection numbers and ports differ from run to run.
fn masked(lines: &[String]) -> Vec<String> {
    lines
        .iter()
        .map(|line| mask_line(line))
        .filter(|line| !line.contains("[notice]") && !line.contains(NOT_SERVED))
        .collect()
}

fn mask_line(line: &str) -> String {
    let mut text = line.to_owned();
    if let (Some(open), Some(close)) = (text.find(" - ["), text.find("] "))
        && open < close
    {
        text.replace_range(open + 4..close, "TIME");
    }
    if let Some(level) = text.find(" [").filter(|_| text.starts_with("20")) {
        text.replace_range(..level, "TIME");
        if let (Some(close), Some(colon)) = (text.find("] "), text.find(": ")) {
            text.replace_range(close + 2..colon, "PID");
        }
        if let (Some(star), Some(end)) = (
            text.find(": *"),
            text.find(": *")
                .and_then(|at| text[at + 3..].find(' ').map(|len| at + 3 + len)),
        ) {
            text.replace_range(star..end, ": *N");
        }
    }
    if let Some(at) = text.find("client: 127.0.0.1:") {
        let port = at + "client: 127.0.0.1:".len();
        let end = text[port..]
            .find(',')
            .map_or(text.len(), |length| port + length);
        text.replace_range(port..end, "PORT");
    }
    text
}

/// A running shell in a sandbox that is told one line at a time.
struct Conversation {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
    /// Heard while waiting for something else: those who speak do not wait for each other.
    passed: Vec<String>,
}

impl Conversation {
    fn start(sandbox: &Sandbox, script: &str) -> Result<Self, String> {
        let mut child = sandbox
            .command(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .map_err(|error| error.to_string())?;
        let to = child.stdin.take().ok_or("no standard input")?;
        let from = BufReader::new(child.stdout.take().ok_or("no standard output")?);
        Ok(Self {
            child,
            to,
            from,
            passed: Vec::new(),
        })
    }

    fn tell(&mut self, line: &str) -> Result<(), String> {
        writeln!(self.to, "{line}").map_err(|error| error.to_string())
    }

    fn hear(&mut self) -> Result<String, String> {
        let mut line = String::new();
        match self.from.read_line(&mut line) {
            Ok(0) => Err("the scenario ended early".to_owned()),
            Ok(_) => Ok(line.trim_end().to_owned()),
            Err(error) => Err(error.to_string()),
        }
    }

    /// Reads on until a line begins with `start`, unless one was heard before.
    fn hear_until(&mut self, start: &str) -> Result<String, String> {
        if let Some(at) = self.passed.iter().position(|line| line.starts_with(start)) {
            return Ok(self.passed.remove(at));
        }
        for _ in 0..1000 {
            let line = self.hear()?;
            if line.starts_with(start) {
                return Ok(line);
            }
            self.passed.push(line);
        }
        Err(format!("no line begins with {start}"))
    }
}

impl Drop for Conversation {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Fifty sessions are open; a reload takes their servers out of the configuration, and another one
/// is refused. All fifty go on, new clients get the new servers, and after the refused reload too.
fn reload() -> Result<(), String> {
    for subject in Subject::BOTH {
        reload_with(subject).map_err(|problem| format!("{}: {problem}", subject.word()))?;
    }
    Ok(())
}

fn reload_with(subject: Subject) -> Result<(), String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let conf = |name: &str, server: &str| {
        let path = folder.path().join(name);
        let text = format!(
            "worker_processes 2;\npid /run/nginx.pid;\nerror_log /run/error.log notice;\n\
             events {{ worker_connections 512; }}\nstream {{\n  upstream api {{ {server} }}\n  \
             server {{ listen 127.0.0.1:7000; proxy_pass api; }}\n}}\n"
        );
        fs::write(&path, text).map(|()| path)
    };
    let old = conf("old", "server 127.0.0.1:7001;").map_err(|e| e.to_string())?;
    let new = conf("new", "server 127.0.0.1:7002;").map_err(|e| e.to_string())?;
    let bad = conf("bad", "server 127.0.0.1:7003").map_err(|e| e.to_string())?;
    let script = reload_script(subject, [&old, &new, &bad]);
    let mut talk = Conversation::start(&Sandbox::new(), &script)?;
    talk.hear_until("holding 50")?;
    let ask = |talk: &mut Conversation, what: &str, wanted: &str| {
        talk.tell(what)?;
        let line = talk.hear_until(&format!("{what}:"))?;
        if line == format!("{what}: {wanted}") {
            Ok(())
        } else {
            Err(format!("{line:?}, not {wanted}"))
        }
    };
    ask(&mut talk, "before", "50 of 50")?;
    talk.tell("go")?;
    talk.hear_until("new")?;
    ask(&mut talk, "after", "50 of 50")?;
    talk.tell("go")?;
    talk.hear_until("still new")?;
    ask(&mut talk, "refused", "50 of 50")
}

fn reload_script(subject: Subject, [old, new, bad]: [&Path; 3]) -> String {
    let stand_in = built("stand-in");
    let (stand_in, nginx) = (stand_in.display(), subject.nginx());
    let (old, new, bad) = (old.display(), new.display(), bad.display());
    // New clients are asked until the reload shows, since HUP answers nothing.
    format!(
        "mkfifo /run/ready /run/lines\n\
         {stand_in} serve old=127.0.0.1:7001 new=127.0.0.1:7002 bad=127.0.0.1:7003 > /run/ready &\n\
         read ready < /run/ready\ncp {old} /run/nginx.conf\n\
         {nginx} -c /run/nginx.conf -g '{LOAD_STREAM}' || exit 9\n\
         {stand_in} hold 127.0.0.1:7000 50 < /run/lines &\n\
         exec 7> /run/lines\n\
         answers() {{ {stand_in} ask 127.0.0.1:7000 127.0.0.1; }}\n\
         read line; echo \"$line\" >&7; read go\n\
         cp {new} /run/nginx.conf; kill -HUP $(cat /run/nginx.pid)\n\
         await has answers 'new$' && echo new\n\
         read line; echo \"$line\" >&7; read go\n\
         cp {bad} /run/nginx.conf; kill -HUP $(cat /run/nginx.pid)\n\
         await has 'cat /run/error.log' emerg && echo \"still $(answers | sed 's/.* //')\"\n\
         read line; echo \"$line\" >&7\n\
         wait $!\n",
        nginx = nginx.display(),
    )
}
