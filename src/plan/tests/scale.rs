//! Large configurations: the work grows with their size, not with its square.

mod support;

use std::fmt::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use grammar::MemoryLoader;
use grammar::nginx::{Options, parse};
use plan::nginx::{Layout, diff, plan};
use support::Host;

/// Time to parse, plan and compare `servers` servers, each with its own upstream, log and address.
fn cost(servers: u32) -> Duration {
    let mut text =
        "events { worker_connections 1000000; }\nstream {\nlog_format f '$status';\n".to_owned();
    for n in 0..servers {
        let (high, low) = (n >> 8, n & 255);
        let _ = writeln!(
            text,
            "upstream u{n} {{ server 10.0.{high}.{low}:1; }}
             server {{ listen 127.0.{high}.{low}:1; access_log {n}.log f; proxy_pass u{n}; }}"
        );
    }
    text.push('}');
    let mut files = MemoryLoader::new([("/p/nginx.conf", text.as_str())]);
    let layout = Layout {
        prefix: "/p".into(),
        pid: "pid".into(),
        error_log: None,
        user: "nobody".to_owned(),
    };
    let start = Instant::now();
    let path = Path::new("/p/nginx.conf");
    let parsed = parse(&mut files, path, None, &Options::default());
    let planned = plan(&parsed, &Host::default(), &layout)
        .plan
        .expect("a good file");
    let changes = diff(&planned, &planned);
    assert_eq!(changes.listeners.len(), servers as usize);
    start.elapsed()
}

#[test]
fn eight_times_the_servers_are_not_sixty_four_times_the_work() {
    cost(100);
    let (small, large) = (cost(1000), cost(8000));
    assert!(
        large < small * 32,
        "1000 servers: {small:?}, 8000 servers: {large:?}"
    );
}
