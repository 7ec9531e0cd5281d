use super::*;

#[test]
fn a_path_lists_every_symlink_on_the_way() {
    let dir = tempfile::tempdir().expect("dir");
    let base = dir.path().canonicalize().expect("canonical");
    std::fs::create_dir(base.join("real")).expect("mkdir");
    std::fs::write(base.join("real/check"), "").expect("write");
    std::os::unix::fs::symlink("real", base.join("link")).expect("symlink");
    let fact = walk(&base.join("link/../link/check"));
    assert_eq!(fact.error, None);
    let target = fact.target.expect("reached");
    assert_eq!(target.path, base.join("real/check"));
    let paths: Vec<_> = fact.components.iter().map(|c| c.path.clone()).collect();
    assert_eq!(paths[0], Path::new("/"));
    assert!(paths.contains(&base.join("link")) && paths.contains(&base.join("real")));
}

#[test]
fn a_walk_ends_at_what_is_missing_or_circular() {
    let dir = tempfile::tempdir().expect("dir");
    let missing = walk(&dir.path().join("none/further"));
    assert_eq!(missing.error.as_deref(), Some("No such file or directory"));
    std::os::unix::fs::symlink("self", dir.path().join("self")).expect("symlink");
    let circular = walk(&dir.path().join("self"));
    assert_eq!(
        circular.error.as_deref(),
        Some("Too many levels of symbolic links")
    );
}

#[test]
fn a_recording_repeats_the_hosts_answers() {
    let host = HostFacts::with_marks(BTreeMap::from([("tcp A".to_owned(), 1007)]));
    let recorder = Recorder::new(&host);
    let marks = ["tcp A", "tcp B"].map(|owner| recorder.mark(owner));
    assert_eq!(marks, [Some(1007), None]);
    let lo = recorder.interface("lo");
    let root = recorder.user("root");
    let path = recorder.path(Path::new("/bin/sh"));
    let table = recorder.number(NumberTable::Tables, "local");
    let dir = tempfile::tempdir().expect("dir");
    let key = dir.path().join("key");
    std::fs::write(&key, "0123456789abcdef0123456789abcdef\n").expect("write");
    let secret = recorder.secret(&key);
    assert_eq!(secret.as_ref().map(|it| it.bytes.len()), Ok(33));
    assert!(!format!("{secret:?}").contains("0123"));
    let json = serde_json::to_string(&recorder.finish()).expect("plain data");
    let recorded: Recorded = serde_json::from_str(&json).expect("what was written");
    assert_eq!(recorded.interface("lo"), lo);
    assert_eq!(recorded.user("root"), root);
    assert_eq!(recorded.path(Path::new("/bin/sh")), path);
    assert_eq!(recorded.number(NumberTable::Tables, "local"), table);
    assert_eq!(recorded.secret(&key), secret);
    assert_eq!(["tcp A", "tcp B"].map(|owner| recorded.mark(owner)), marks);
    assert_eq!(recorded.hostname(), host.hostname());
    assert!(lo.is_some_and(|lo| lo.loopback));
}
