//! Plugins as an operator and as an author meet them: limits, signatures, certification, recordings, the template.

use super::*;

/// The plugin that the binary carries, as a file of somebody else's.
fn foreign(folder: &tempfile::TempDir) -> String {
    write(folder.path(), "plugin.wasm", glassbox_deployment::embedded::PLUGIN)
}

/// Commands that keep keys and installed files in this folder.
fn at_home(folder: &tempfile::TempDir, args: &[&str]) -> Said {
    let home = folder.path().join("home");
    let mut command = glassbox(args);
    command.env("XDG_CONFIG_HOME", home.join("config")).env("XDG_DATA_HOME", home.join("data"));
    said(command.output().expect("glassbox starts"))
}

#[test]
fn a_foreign_plugin_is_compiled_in_a_child_and_scores_the_same() {
    let folder = folder();
    let (plugin, day) = (foreign(&folder), path(&folder, "day.ndjson"));
    let rules = path(&folder, "rule.yml");
    let score =
        |more: &[&str]| run(&[&["score", &day, "--rules", &rules, "--format", "ndjson", "--quiet"], more].concat());
    let inside = score(&[]);
    check(&inside, 0, &["evil.exe"]);
    // A cache of its own, so that it is compiled now, and by a child.
    let mut command =
        glassbox(&["score", &day, "--rules", &rules, "--format", "ndjson", "--quiet", "--plugin", &plugin]);
    let compiled = said(command.env("XDG_CACHE_HOME", folder.path()).output().expect("glassbox starts"));
    assert_eq!((compiled.code, &compiled.out), (0, &inside.out), "{}", compiled.talk);
    let mut again = glassbox(&["score", &day, "--rules", &rules, "--verbose", "--plugin", &plugin]);
    let again = said(again.env("XDG_CACHE_HOME", folder.path()).output().expect("glassbox starts"));
    assert!(!again.talk.contains("was compiled"), "{}", again.talk);
}

#[cfg(target_os = "linux")]
#[test]
fn the_compiling_child_has_the_memory_that_the_limit_says() {
    let folder = folder();
    let (plugin, day) = (foreign(&folder), path(&folder, "day.ndjson"));
    let rules = path(&folder, "rule.yml");
    // Without a cache, so that it is compiled each time: by the very program that users have, allocator and all.
    let compile = |memory: &str| {
        let mut command = glassbox(&["score", &day, "--rules", &rules, "--quiet", "--plugin", &plugin]);
        command.args(["--sandbox-limit", &format!("compile_memory_bytes_max={memory}")]);
        said(command.env("XDG_CACHE_HOME", "/dev/null").output().expect("glassbox starts"))
    };
    check(&compile("512MiB"), 0, &["Tool of the test started"]);
    check(&compile("32MiB"), 5, &["takes more than 33554432 bytes of memory", "raise compile_memory_bytes_max"]);
}

#[test]
fn limits_are_set_by_flag_file_and_profile() {
    let folder = folder();
    let (plugin, day) = (foreign(&folder), path(&folder, "day.ndjson"));
    let score = |more: &[&str]| run(&[&["score", &day], more].concat());
    check(&score(&["--sandbox-limit", "memory_bytes_max=1MiB"]), 5, &["bytes of memory", "memory_bytes_max"]);
    let refused = score(&["--plugin", &plugin, "--sandbox-limit", "functions_max=10"]);
    check(&refused, 5, &["functions, and at most 10 are admitted", "raise functions_max"]);
    check(&score(&["--sandbox-limit", "memory=1"]), 2, &["no limit `memory`", "memory_bytes_max"]);
    check(&score(&["--sandbox-limit", "batch_ms_max=0"]), 2, &["may be set from 1 to 600000"]);
    let file = write(folder.path(), "limits", b"# small\nrecord_bytes_max = 10\nbatch_bytes_max = 10\n");
    check(&score(&["--sandbox-limits", &file]), 5, &["3 unscored", "bytes, and record_bytes_max is 10"]);
    let wrong = write(folder.path(), "wrong", b"\nrecord_bytes_max\n");
    check(&score(&["--sandbox-limits", &wrong]), 2, &["wrong: line 2", "NAME=VALUE"]);
    let standard = json(&run(&["inspect", "--format", "json"]).out);
    let interpreter = json(&run(&["inspect", "--format", "json", "--profile", "interpreter"]).out);
    let limit = |view: &Value| view["limits"][0]["value"].clone();
    assert_eq!((limit(&standard), limit(&interpreter)), (Value::from(8 << 20), Value::from(32 << 20)));
    assert_eq!(interpreter["profile"], "interpreter");
    check(&run(&["inspect"]), 0, &["memory_bytes_max", "67,108,864", "65,536 to 4,294,967,296"]);
}

#[test]
fn a_signed_plugin_is_installed_used_replaced_and_taken_back() {
    let folder = folder();
    let (plugin, day) = (foreign(&folder), path(&folder, "day.ndjson"));
    let key = path(&folder, "acme");
    let (secret, public) = (format!("{key}.key"), format!("{key}.pub"));
    check(&at_home(&folder, &["plugin", "keygen", &key, "--no-password"]), 0, &["keep it to yourself"]);
    check(&at_home(&folder, &["plugin", "keygen", &key, "--no-password"]), 1, &["cannot be written"]);
    let sign = |serial: &str, expires: &str| {
        let args =
            ["plugin", "sign", &plugin, "--key", &secret, "--name", "mine", "--version", serial, "--serial", serial];
        at_home(&folder, &[&args[..], &["--expires", expires]].concat())
    };
    let install = || at_home(&folder, &["plugin", "install", &plugin]);
    check(&install(), 5, &["has no signature", ".minisig is missing"]);
    check(&sign("3", "2099-01-01"), 0, &["plugin.wasm.minisig"]);
    check(&install(), 5, &["no key is trusted yet", "glassbox plugin trust"]);
    check(&at_home(&folder, &["plugin", "trust", &public]), 0, &["is trusted from now on"]);
    check(&at_home(&folder, &["plugin", "verify", &plugin]), 0, &["mine", "signed by  acme", "2099-01-01", "0.2.0"]);
    check(&install(), 0, &["plugin mine 3 (serial 3) is in service"]);
    // An older one does not come in, one that has expired neither; what is in service stays.
    check(&sign("2", "2099-01-01"), 0, &[]);
    check(&install(), 5, &["serial 2, and serial 3 was installed before", "rollback"]);
    check(&sign("4", "2020-01-01"), 0, &[]);
    check(&install(), 5, &["expired at 2020-01-01"]);
    check(&sign("4", "2099-01-01"), 0, &[]);
    check(&install(), 0, &["serial 4"]);
    let list = json(&at_home(&folder, &["plugin", "list", "--format", "json"]).out);
    assert_eq!((&list["installed"][0]["in_service"], &list["installed"][0]["serial_greatest"]), (&4.into(), &4.into()));
    let use_it = |name: &str| at_home(&folder, &["score", &day, "--installed-plugin", name, "--verbose"]);
    check(&use_it("mine"), 0, &["plugin mine 4 (serial 4), signed by acme"]);
    check(&use_it("other"), 5, &["no plugin `other` is installed", "mine"]);
    check(&at_home(&folder, &["plugin", "rollback", "mine"]), 0, &["serial 3"]);
    check(&use_it("mine"), 0, &["plugin mine 3 (serial 3)"]);
    check(&at_home(&folder, &["plugin", "rollback", "mine"]), 5, &["no version of mine before"]);
    // What was changed where it is installed is not used.
    let installed = folder.path().join("home/data/glassbox/plugins/mine");
    for file in fs::read_dir(&installed).expect("it is there").flatten() {
        if file.path().extension().is_some_and(|it| it == "wasm") {
            let mut bytes = fs::read(file.path()).expect("it is there");
            bytes.push(0);
            fs::write(file.path(), bytes).expect("it can be written");
        }
    }
    check(&use_it("mine"), 5, &["does not pass any more", "rollback mine"]);
}

#[test]
fn with_signed_asked_for_nothing_unsigned_is_used() {
    let folder = folder();
    let (plugin, day) = (foreign(&folder), path(&folder, "day.ndjson"));
    let (pack, key) = (path(&folder, "site.pack"), path(&folder, "acme"));
    check(&run(&["pack", "build", &path(&folder, "rule.yml"), "-o", &pack, "--quiet"]), 0, &[]);
    check(&at_home(&folder, &["plugin", "keygen", &key, "--no-password"]), 0, &[]);
    let (secret, public) = (format!("{key}.key"), format!("{key}.pub"));
    let score =
        |args: &[&str]| at_home(&folder, &[&["score", &day, "--signed", "--trust-key", &public], args].concat());
    check(&score(&["--plugin", &plugin]), 5, &["plugin.wasm has no signature"]);
    check(&score(&["--pack", &pack]), 4, &["site.pack has no signature"]);
    let more = ["--name", "site", "--version", "1", "--serial", "1", "--expires", "2099-01-01"];
    check(&at_home(&folder, &[&["pack", "sign", &pack, "--key", &secret][..], &more].concat()), 0, &[]);
    check(&score(&["--pack", &pack]), 0, &["Tool of the test started"]);
    let trust = ["--trust-key", public.as_str()];
    check(&at_home(&folder, &[&["pack", "install", &pack][..], &trust].concat()), 0, &["pack site 1 (serial 1)"]);
    let installed = at_home(&folder, &[&["score", &day, "--installed-pack", "site"][..], &trust].concat());
    check(&installed, 0, &["Tool of the test started"]);
    // A pack's signature makes no plugin of it.
    fs::copy(format!("{pack}.minisig"), format!("{plugin}.minisig")).expect("it can be copied");
    check(&score(&["--plugin", &plugin]), 5, &["does not fit the file"]);
    // An encrypted key asks for its password, and says so where nobody can be asked.
    let sealed = path(&folder, "sealed");
    check(&at_home(&folder, &["plugin", "keygen", &sealed]), 1, &["GLASSBOX_KEY_PASSWORD"]);
}

#[test]
fn the_plugin_inside_is_certified() {
    let said = run(&["certify", "--records-max", "150", "--quiet"]);
    check(&said, 0, &["pass  determinism", "pass  splits", "pass  checkpoints", "certified", "fuel:"]);
    assert!(!said.out.contains("FAIL") && !said.out.contains("skip "), "{}", said.out);
    let seeded = ["certify", "--records-max", "150", "--quiet", "--format", "json", "--seed", "5eed"];
    let report = json(&run(&seeded).out);
    assert_eq!((&report["certified"], &report["records"]), (&true.into(), &150.into()));
    assert!(report["measures"]["record_fuel_greatest"].as_u64().is_some_and(|fuel| fuel > 1_000));
    // One seed gives the same every time, on every machine: fuel and all.
    let again = json(&run(&seeded).out);
    assert_eq!(report, again);
    let dear = run(&["certify", "--records-max", "150", "--quiet", "--fuel-per-record", "10", "--format", "junit"]);
    check(&dear, 11, &["failures=\"1\"", "the budget is 10"]);
}

#[test]
fn a_recording_comes_out_the_same_and_a_changed_one_does_not() {
    let folder = folder();
    let (day, rules) = (path(&folder, "day.ndjson"), path(&folder, "rule.yml"));
    let recording = path(&folder, "day.recording");
    let record = run(&["record", &day, "--rules", &rules, "-o", &recording]);
    check(&record, 0, &["calls of the plugin, over 3 records with 1 finding"]);
    check(&run(&["replay", &recording, "--assert"]), 0, &["every answer is the recorded one"]);
    // Another answer in the recording is found, and shown.
    let text = zstd::decode_all(fs::read(&recording).expect("it is there").as_slice()).expect("it is zstd");
    let text = String::from_utf8(text).expect("it is JSON lines");
    let changed = text.replacen("\"probability\":", "\"probability\":1", 1);
    assert_ne!(text, changed);
    fs::write(&recording, zstd::encode_all(changed.as_bytes(), 1).expect("it can be packed"))
        .expect("it can be written");
    let differs = run(&["replay", &recording, "--assert"]);
    check(&differs, 11, &["answered differently", "judge of instance", "ok.findings[0].probability", "recorded 1"]);
    check(&run(&["replay", &recording]), 0, &["1 answered differently"]);
    let cut = &changed.as_bytes()[..changed.len() / 2];
    fs::write(&recording, zstd::encode_all(cut, 1).expect("it can be packed")).expect("it can be written");
    check(&run(&["replay", &recording]), 3, &["of the recording", "record it again"]);
    fs::write(&recording, b"no recording").expect("it can be written");
    check(&run(&["replay", &recording]), 3, &["cannot be read"]);
}

#[test]
fn a_name_that_cannot_be_one_makes_no_plugin() {
    let folder = folder();
    let into = folder.path().display().to_string();
    check(&run(&["new", "../evil", "--into", &into]), 2, &["cannot be a plugin's name"]);
    check(&run(&["new", "mine", "--into", &into]), 0, &["./build"]);
    check(&run(&["new", "mine", "--into", &into]), 2, &["is there already"]);
    let manifest = fs::read_to_string(folder.path().join("mine/Cargo.toml")).expect("it is there");
    assert!(manifest.contains("name = \"mine\"") && !manifest.contains("{{"), "{manifest}");
}
