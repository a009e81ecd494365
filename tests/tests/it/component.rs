//! The component that the binary carries, by its bytes and before it is configured.

use std::fs;

use glassbox_finding::{Batch, ExplainError, JudgeError, Logsource, ReadError, StateError};
use glassbox_plugin::Detector;
use glassbox_tests::{runs, workspace};
use host_harness::embedded;
use wasmparser::{Encoding, Parser, Payload};

/// The names of the outermost component's imports and exports.
fn surface(bytes: &[u8]) -> (Vec<String>, Vec<String>) {
    let (mut imports, mut exports) = (Vec::new(), Vec::new());
    let mut depth = 0;
    for payload in Parser::new(0).parse_all(bytes) {
        match payload.expect("the component is whole") {
            Payload::Version { encoding, .. } if depth == 0 => assert_eq!(encoding, Encoding::Component),
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth -= 1,
            Payload::ComponentImportSection(section) if depth == 0 => {
                imports.extend(section.into_iter().map(|import| import.expect("an import").name.name.to_owned()));
            }
            Payload::ComponentExportSection(section) if depth == 0 => {
                exports.extend(section.into_iter().map(|export| export.expect("an export").name.name.to_owned()));
            }
            _ => {}
        }
    }
    assert_eq!(depth, -1, "what was begun has ended");
    (imports, exports)
}

/// The version that the contract states.
fn contract_version() -> String {
    let text = fs::read_to_string(workspace().join("wit/siem.wit")).expect("the contract");
    let stated = text.lines().find_map(|line| line.strip_prefix("package glassbox:siem@")?.strip_suffix(';'));
    stated.expect("the contract states its version").to_owned()
}

#[test]
fn it_imports_nothing_and_exports_the_contract() {
    let (imports, exports) = surface(embedded::PLUGIN);
    assert_eq!(imports, [""; 0]);
    let version = contract_version();
    assert_eq!(exports, [format!("glassbox:siem/types@{version}"), format!("glassbox:siem/detector@{version}")]);
}

#[test]
fn the_host_says_the_same_of_it() {
    let facts = runs::plugin().facts();
    let (imports, exports) = surface(embedded::PLUGIN);
    assert_eq!((&facts.imports, &facts.exports), (&imports, &exports));
    assert_eq!(facts.version, Some(contract_version()));
    assert_eq!(facts.size_bytes, embedded::PLUGIN.len());
}

#[test]
fn it_describes_itself_before_it_is_configured() {
    let mut instance = runs::plugin().start().expect("it starts");
    let description = instance.describe().expect("no fault");
    assert_eq!(description, Detector::describe());
    assert_eq!(description.name, "glassbox");
    assert_eq!(description.pack_format_max, glassbox_pack::FORMAT);
    assert!(description.schemas.len() >= 9, "{:?}", description.schemas);
}

#[test]
fn it_refuses_work_before_it_is_configured() {
    let mut instance = runs::plugin().start().expect("it starts");
    let mut batch = Batch::default();
    batch.push(b"{}");
    assert_eq!(instance.read(&batch).expect("no fault"), Err(ReadError::NotConfigured));
    assert_eq!(instance.judge(&[], None).expect("no fault"), Err(JudgeError::NotConfigured));
    assert_eq!(instance.explain(b"{}", &Logsource::default()).expect("no fault"), Err(ExplainError::NotConfigured));
    assert_eq!(instance.save().expect("no fault"), Err(StateError::NotConfigured));
    assert_eq!(instance.restore(&[]).expect("no fault"), Err(StateError::NotConfigured));
    // None of that was a fault.
    assert!(instance.describe().is_ok());
}
