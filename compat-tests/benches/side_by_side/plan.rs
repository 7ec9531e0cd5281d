//! Parsing, planning and comparing large stream configurations, in this process: the work is to
//! grow with their size, not with its square.

use std::fmt::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use grammar::MemoryLoader;
use grammar::nginx::{Options, parse};
use plan::facts::Assumed;
use plan::nginx::{Layout, diff, plan};

use crate::measure::tenths;

/// Servers of the smallest and the largest configuration.
const SIZES: [u32; 4] = [1_000, 2_000, 4_000, 8_000];

/// Measures and prints.
pub(crate) fn run(runs: usize) -> Result<(), String> {
    println!("Parse, plan and compare N stream servers, medians of {runs} runs.\n");
    let mut each = Vec::new();
    for servers in SIZES {
        let mut times = Vec::new();
        for _ in 0..runs {
            times.push(cost(servers)?);
        }
        times.sort_unstable();
        let micros = i64::try_from(times[times.len() / 2].as_micros()).unwrap_or(i64::MAX);
        let nanos = micros * 1_000 / i64::from(servers);
        println!(
            "{servers:6} servers {:>9} ms {:>9} us each",
            tenths(micros, 1_000),
            tenths(nanos, 1_000)
        );
        each.push(nanos);
    }
    crate::parse::linear("A server", &each);
    Ok(())
}

/// Time for `servers` servers, each with its own upstream, log and address.
fn cost(servers: u32) -> Result<Duration, String> {
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
    let path = Path::new("/p/nginx.conf");
    let mut files = MemoryLoader::new([("/p/nginx.conf", text.as_str())]);
    let layout = Layout {
        prefix: "/p".into(),
        pid: "pid".into(),
        error_log: None,
        user: "nobody".to_owned(),
    };
    let host = Assumed {
        hostname: "bench".to_owned(),
    };
    let start = Instant::now();
    let parsed = parse(&mut files, path, None, &Options::default());
    let planned = plan(&parsed, &host, &layout).plan;
    let planned = planned.ok_or("the made-up configuration is refused")?;
    let changes = diff(&planned, &planned);
    let took = start.elapsed();
    match changes.listeners.len() == servers as usize {
        true => Ok(took),
        false => Err("not every server has its listener".to_owned()),
    }
}
