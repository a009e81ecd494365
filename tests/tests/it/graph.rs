//! The graph of packages: one direction, and the host without the matcher.

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use glassbox_tests::workspace;
use serde_json::Value;

/// Each crate depends on earlier ones only.
const ORDER: [&str; 17] = [
    "limits",
    "guest-memory",
    "predicate",
    "finding",
    "attack",
    "maps",
    "event",
    "rules",
    "matcher",
    "baseline",
    "score",
    "pack",
    "check",
    "plugin",
    "report",
    "explain",
    "evaluate",
];

/// The files in which `unsafe` is written by hand.
const UNSAFE: [&str; 4] = [
    "crates/guest-memory/src/compare.rs",
    "crates/guest-memory/src/global.rs",
    "crates/guest-memory/src/symbols.rs",
    "host-harness/sandbox/src/cache.rs",
];

const KEYWORD: &str = "unsafe";
const LINT: &str = "unsafe_code";

/// The files that let `unsafe` in because a macro writes it there: the contract's bindings.
const UNSAFE_GENERATED: [&str; 3] =
    ["crates/plugin/src/component.rs", "host-harness/sandbox/src/bindings/v0_2.rs", "tests/guests/actor/src/actor.rs"];

/// Each package of the host depends on earlier ones and on crates only.
const HOST_ORDER: [&str; 7] = ["sandbox", "packs", "deployment", "source", "run", "conformance", "glassbox"];

/// What would give a crate input, output, a clock, or chance.
const OUTSIDE_WORLD: [&str; 7] = ["env", "fs", "net", "os", "process", "thread", "time"];

/// The normal dependencies of the workspace's packages on each other, optional ones and those of one target included.
fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut metadata = Command::new(cargo);
    metadata.args(["metadata", "--offline", "--no-deps", "--format-version", "1"]).current_dir(workspace());
    let output = metadata.output().expect("cargo starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo writes JSON");
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let normal = |package: &Value| {
        let all = package["dependencies"].as_array().expect("a list").iter();
        all.filter(|it| it["kind"].is_null() && it["path"].is_string()).map(|it| text(&it["name"])).collect()
    };
    let packages = metadata["packages"].as_array().expect("a list");
    packages.iter().map(|package| (text(&package["name"]), normal(package))).collect()
}

/// The packages that lie in a folder.
fn folders(folder: &str) -> BTreeSet<String> {
    let folders = fs::read_dir(workspace().join(folder)).expect("a folder of packages");
    folders.map(|folder| folder.expect("an entry").file_name().to_string_lossy().into_owned()).collect()
}

/// The name of the package in a folder of this name.
fn package(folder: &str) -> String {
    if folder == "glassbox" { folder.to_owned() } else { format!("glassbox-{folder}") }
}

/// What a package depends on, over others and directly.
fn reached(graph: &BTreeMap<String, BTreeSet<String>>, from: &str) -> BTreeSet<String> {
    let mut reached = BTreeSet::new();
    let mut open = vec![from.to_owned()];
    while let Some(name) = open.pop() {
        open.extend(graph[&name].iter().filter(|&next| reached.insert(next.clone())).cloned());
    }
    reached
}

#[test]
fn packages_depend_on_earlier_ones_only() {
    let graph = dependencies();
    for (folder, order) in [("crates", ORDER.as_slice()), ("host-harness", &HOST_ORDER)] {
        let listed: BTreeSet<String> = order.iter().map(|&name| name.to_owned()).collect();
        assert_eq!(folders(folder), listed, "every package in {folder} is listed in this test, in its order");
    }
    let order: Vec<String> = ORDER.iter().chain(&HOST_ORDER).map(|name| package(name)).collect();
    for (place, name) in order.iter().enumerate() {
        for dependency in &graph[name] {
            assert!(order[..place].contains(dependency), "{name} depends on {dependency}, which is not before it");
        }
    }
}

#[test]
fn the_host_links_neither_matcher_nor_reader_nor_plugin() {
    let graph = dependencies();
    for host in HOST_ORDER.map(package) {
        let reached = reached(&graph, &host);
        for guest in ["matcher", "event", "baseline", "plugin"].map(package) {
            assert!(graph.contains_key(&guest), "there is a package {guest}");
            assert!(!reached.contains(&guest), "{host} reaches {guest}");
        }
    }
    assert!(reached(&graph, "glassbox").contains("glassbox-finding"), "the host shares the checks with the guest");
}

#[test]
fn what_findings_say_knows_no_runtime() {
    let graph = dependencies();
    for name in ["report", "explain"] {
        for dependency in reached(&graph, &package(name)) {
            assert!(!HOST_ORDER.map(package).contains(&dependency), "{name} reaches {dependency}");
        }
    }
}

#[test]
fn crates_know_nothing_of_the_outside_world() {
    let mut files = Vec::new();
    for name in ORDER {
        sources(&workspace().join("crates").join(name).join("src"), &mut files);
    }
    assert!(files.len() > ORDER.len());
    for file in files {
        let text = fs::read_to_string(&file).expect("a source file");
        for (number, line) in (1..).zip(text.lines()).filter(|(_, line)| !line.trim_start().starts_with("//")) {
            for word in ["SystemTime::", "Instant::", "RandomState"] {
                assert!(!line.contains(word), "{}:{number}: {word}", file.display());
            }
        }
        for module in std_modules(&text) {
            assert!(!OUTSIDE_WORLD.contains(&module.as_str()), "{}: std::{module}", file.display());
        }
    }
}

#[test]
fn files_with_unsafe_code_are_the_listed_ones() {
    let mut files = Vec::new();
    every_source(&workspace(), &mut files);
    let (mut written, mut allowed) = (BTreeSet::new(), BTreeSet::new());
    for file in &files {
        let text = fs::read_to_string(file).expect("a source file");
        let name = file.strip_prefix(workspace()).expect("it lies below").to_string_lossy().replace('\\', "/");
        let words = code_words(&text);
        // The lint's name is another word than the keyword.
        if words.contains(KEYWORD) {
            written.insert(name.clone());
        }
        if words.contains(LINT) {
            allowed.insert(name);
        }
    }
    let listed = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<BTreeSet<_>>();
    assert_eq!(written, listed(&UNSAFE), "what is not in the list gets a safe form, or a reason and a line there");
    assert_eq!(allowed, listed(&[&UNSAFE[..], &UNSAFE_GENERATED[..]].concat()));
}

/// Every source file of the repository, tests and packages outside the workspace included.
fn every_source(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let path = entry.expect("an entry").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.is_dir() {
            if name != "target" && !name.starts_with('.') {
                every_source(&path, files);
            }
        } else if name.ends_with(".rs") {
            files.push(path);
        }
    }
}

/// The words of a source outside of comments and of texts on one line.
fn code_words(text: &str) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    for line in text.lines() {
        let line = line.split("//").next().unwrap_or_default();
        let code: String = line.split('"').step_by(2).collect::<Vec<_>>().join(" ");
        words.extend(code.split(|c: char| !c.is_alphanumeric() && c != '_').map(str::to_owned));
    }
    words
}

#[test]
fn words_are_those_of_code() {
    let check = |text: &str, word: &str, expected: bool| {
        assert_eq!(code_words(text).contains(word), expected, "{word} in {text}");
    };
    check(&format!("{KEYWORD} {{ f() }}"), KEYWORD, true);
    check(&format!("pub {KEYWORD} extern \"C\" fn f()"), KEYWORD, true);
    check(&format!("#![allow({LINT}, reason = \"...\")]"), KEYWORD, false);
    check(&format!("#![allow({LINT}, reason = \"...\")]"), LINT, true);
    check(&format!("f(\"a\"); // {KEYWORD}"), KEYWORD, false);
    check(&format!("f(\"{KEYWORD}\")"), KEYWORD, false);
}

fn sources(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            // Tests may read what they test with.
            if path.file_name().is_some_and(|name| name != "tests") {
                sources(&path, files);
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

/// The modules of `std` that a source names, each alone or in a group.
fn std_modules(text: &str) -> BTreeSet<String> {
    let code: String = text.lines().map(|line| line.split("//").next().unwrap_or_default().to_owned() + "\n").collect();
    let mut modules = BTreeSet::new();
    for (at, found) in code.match_indices("std::") {
        let rest = &code[at + found.len()..];
        match rest.strip_prefix('{') {
            None => modules.extend(first_word(rest)),
            Some(group) => {
                let mut depth = 0;
                let end = group.find(|c| {
                    depth += i32::from(c == '{') - i32::from(c == '}');
                    depth < 0
                });
                let mut depth = 0;
                let parts = group[..end.unwrap_or(group.len())].split(|c| {
                    depth += i32::from(c == '{') - i32::from(c == '}');
                    depth == 0 && c == ','
                });
                modules.extend(parts.filter_map(first_word));
            }
        }
    }
    modules
}

fn first_word(text: &str) -> Option<String> {
    let word: String = text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    (!word.is_empty()).then_some(word)
}

#[test]
fn modules_are_found_alone_and_in_groups() {
    let check = |text: &str, expected: &[&str]| {
        assert_eq!(std_modules(text).iter().map(String::as_str).collect::<Vec<_>>(), expected, "{text}");
    };
    check("use std::fs;", &["fs"]);
    check("std::time::Instant::now()", &["time"]);
    check(
        "use std::{\n    borrow::{Cow, ToOwned},\n    env, fs::{self, File},\n};\nuse core::fmt;",
        &["borrow", "env", "fs"],
    );
    check("// std::fs\nlet x = 1; // std::net", &[]);
}
