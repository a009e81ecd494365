//! What authors of plugins are given: the template, and a plugin in a language other than Rust.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use glassbox_conformance::certify::{Certificate, CertifyOptions, Verdict, certify};
use glassbox_deployment::Deployment;
use glassbox_finding::{Logsource, Origin};
use glassbox_pack::{KnownAnswer, Pack};
use glassbox_packs as packs;
use glassbox_sandbox::{
    Compiler, Interruption, LoadOptions, Plugin, Protections,
    limits::{Limits, Profile},
};
use glassbox_tests::workspace;

/// A folder that stays between runs, so that what is built there is built once.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::create_dir_all(&folder).expect("the build's own folder takes it");
    folder
}

fn certified(bytes: &[u8], profile: Profile, pack: &[u8], known: &[KnownAnswer], records: &[Vec<u8>]) -> Certificate {
    let options = LoadOptions {
        limits: Limits::of(profile),
        cache: Some(folder("cache-authors")),
        compiler: Compiler::Child(PathBuf::from(env!("CARGO_BIN_EXE_under_attack"))),
        protections: Protections { interruption: Interruption::Fuel, ..Protections::default() },
    };
    let plugin = Plugin::load(bytes, &options).unwrap_or_else(|error| panic!("{error}"));
    let deployment = Deployment::new(plugin, pack.to_vec()).unwrap_or_else(|error| panic!("{error}"));
    let deployment = deployment.with_known_answers(known.to_vec());
    let certificate = certify(&CertifyOptions {
        deployment: &deployment,
        records,
        origin: Origin::default(),
        fuel_per_record_max: 20_000_000,
        fuel_first_record_max: 20_000_000,
        profile,
        seed: glassbox_tests::SEED,
    });
    for property in &certificate.properties {
        assert!(matches!(property.verdict, Verdict::Passed(_)), "{property:?}");
    }
    assert!(certificate.certified);
    certificate
}

/// Runs a program to its end; what it said where it failed.
fn done(command: &mut Command) -> Result<(), String> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    let said = || String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() { Ok(()) } else { Err(format!("{command:?}: {}", said())) }
}

#[test]
fn the_template_builds_and_is_certified() {
    // As `glassbox new` makes it, but for the versions of its dependencies, which are this workspace's.
    let folder = folder("template");
    let template = workspace().join("host-harness/glassbox/template");
    let text = |name: &str| {
        let text = fs::read_to_string(template.join(name)).expect("a part of the template");
        text.replace("{{name}}", "mine").replace("{{library}}", "mine")
    };
    fs::create_dir_all(folder.join("src")).expect("the folder takes it");
    fs::create_dir_all(folder.join("wit")).expect("the folder takes it");
    fs::write(folder.join("Cargo.toml"), text("Cargo.toml.template")).expect("the folder takes it");
    fs::write(folder.join("src/lib.rs"), text("lib.rs.template")).expect("the folder takes it");
    fs::copy(workspace().join("wit/v0.2/siem.wit"), folder.join("wit/siem.wit")).expect("the folder takes it");
    fs::copy(workspace().join("Cargo.lock"), folder.join("Cargo.lock")).expect("the folder takes it");
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["build", "--release", "--target", "wasm32-unknown-unknown", "--offline"]).current_dir(&folder);
    // What this build was told is not meant for that one.
    for variable in ["CARGO_TARGET_DIR", "CARGO_ENCODED_RUSTFLAGS", "RUSTFLAGS", "RUSTC_WORKSPACE_WRAPPER"] {
        cargo.env_remove(variable);
    }
    done(&mut cargo).unwrap_or_else(|error| panic!("{error}"));
    let module = fs::read(folder.join("target/wasm32-unknown-unknown/release/mine.wasm")).expect("it was built");
    let component = wit_component::ComponentEncoder::default()
        .validate(true)
        .module(&module)
        .and_then(wit_component::ComponentEncoder::encode)
        .expect("it becomes a component");
    let files = packs::read_rule_files(&[template.join("burst.yml")]).expect("its rule");
    let known = packs::read_known_answers(text("known-answers.json").as_bytes()).expect("its known answers");
    let pack = packs::build(files.as_slice(), text("model.json").as_bytes(), None, &known).expect("its pack").bytes;
    let parsed = Pack::parse(&pack).expect("sound");
    let known = parsed.known_answers().expect("sound");
    assert_eq!(known.len(), 2);
    let records: Vec<Vec<u8>> = text("day.log").lines().map(|line| line.as_bytes().to_vec()).collect();
    let certificate = certified(&component, Profile::Standard, &pack, &known, &records);
    assert_eq!((certificate.records, certificate.findings), (8, 5));
}

#[test]
#[cfg_attr(no_componentize_py, ignore = "needs componentize-py on the path")]
fn a_plugin_in_python_is_certified() {
    let folder = folder("python");
    let component = folder.join("python.wasm");
    build_python(&folder, &component).unwrap_or_else(|error| panic!("{error}"));
    let bytes = fs::read(&component).expect("it was built");
    // Far beyond what a plugin without an interpreter may be: the operator has to choose the profile.
    let standard = Plugin::load(&bytes, &LoadOptions::default()).err().expect("it is refused").to_string();
    assert!(standard.contains("component_bytes_max"), "{standard}");
    let known = [KnownAnswer {
        name: "one that must hit".into(),
        record: b"!".to_vec(),
        hint: Logsource::default(),
        expect: vec![glassbox_tests::packs::MARK.into()],
    }];
    let records: Vec<Vec<u8>> = ["!a", "plain", "", "!b", "{}"].map(|record| record.as_bytes().to_vec()).to_vec();
    let certificate =
        certified(&bytes, Profile::Interpreter, &glassbox_tests::packs::misbehaving().bytes, &known, &records);
    assert_eq!((certificate.records, certificate.findings, certificate.profile), (5, 2, Profile::Interpreter));
}

/// Builds it with the tool on the path; again only where it changed.
fn build_python(folder: &Path, component: &Path) -> Result<(), String> {
    let source = workspace().join("tests/guests/python/app.py");
    let text = fs::read_to_string(&source).expect("the plugin's source");
    let contract = fs::read_to_string(workspace().join("wit/v0.2/siem.wit")).expect("the contract");
    let made_from = folder.join("made-from");
    if component.is_file() && fs::read_to_string(&made_from).is_ok_and(|made| made == format!("{text}{contract}")) {
        return Ok(());
    }
    fs::write(folder.join("app.py"), &text).map_err(|error| error.to_string())?;
    let mut build = Command::new("componentize-py");
    build.arg("-d").arg(workspace().join("wit/v0.2")).args([
        "-w",
        "plugin",
        "componentize",
        "--stub-wasi",
        "app",
        "-o",
    ]);
    done(build.arg(component).current_dir(folder))?;
    fs::write(made_from, format!("{text}{contract}")).map_err(|error| error.to_string())
}
