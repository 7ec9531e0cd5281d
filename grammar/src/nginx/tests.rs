//! Whole configurations: articles, recovery, properties.

use std::path::Path;

use super::*;
use crate::MemoryLoader;

fn parse_files(files: &[(&str, &str)], global: Option<&str>) -> Parsed {
    let mut loader = MemoryLoader::new(files.iter().copied());
    parse(
        &mut loader,
        Path::new("/c/nginx.conf"),
        global,
        &Options::default(),
    )
}

fn lines(parsed: &Parsed) -> String {
    let lines: Vec<_> = parsed
        .diagnostics
        .iter()
        .map(|problem| problem.nginx_line(&parsed.sources))
        .collect();
    lines.join("\n")
}

fn report(text: &str) -> String {
    lines(&parse_files(&[("/c/nginx.conf", text)], None))
}

/// Around the inside of a stream block.
fn stream(inner: &str) -> String {
    report(&format!("events {{}}\nstream {{\n{inner}\n}}\n"))
}

#[test]
fn every_problem_is_reported_in_one_run() {
    let text = "upstream b {\n server 10.0.0.1:6443 wieght=5;\n server 10.0.0.2:6443;\n}\n\
                server {\n lisen 80;\n proxy_pass b;\n proxy_timeout 1x;\n}";
    insta::assert_snapshot!(stream(text), @r#"
    [emerg] invalid parameter "wieght=5" in /c/nginx.conf:4
    [emerg] unknown directive "lisen" in /c/nginx.conf:8
    [emerg] "proxy_timeout" directive invalid value in /c/nginx.conf:10
    "#);
}
