//! What can be said of a plugin from its bytes, before anything of it is compiled.
//!
//! Only the outermost component's preamble, imports and exports are looked at; whether the rest is valid is the
//! compiler's question, or `validate`'s where nothing is compiled.

use sha2::{Digest, Sha256};
use wasmparser::{Encoding, Parser, Payload, Validator, WasmFeatures};

use super::{LoadError, bindings, clean};
use crate::limits::Limits;

const DETECTOR: &str = "glassbox:siem/detector@";

/// Bytes of one import's or export's name that are shown.
const NAME_BYTES_MAX: usize = 120;

/// What a component is, as its bytes say.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Facts {
    /// SHA-256 of its bytes, in hexadecimal: the plugin's identity.
    pub digest: String,
    /// Its bytes.
    pub size_bytes: usize,
    /// The world it was built for; none where it exports no detector.
    pub world: Option<String>,
    /// The version of the contract it was built against.
    pub version: Option<String>,
    /// What it imports, cleaned.
    pub imports: Vec<String>,
    /// What it exports, cleaned.
    pub exports: Vec<String>,
}

impl Facts {
    /// Reads a component's bytes, whole and valid or not.
    ///
    /// # Errors
    /// When they are no component, or cannot be followed to their end.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, LoadError> {
        if !bytes.starts_with(b"\0asm") {
            return Err(LoadError::NotWasm);
        }
        let (mut imports, mut exports) = (Vec::new(), Vec::new());
        let mut depth = 0_usize;
        for payload in Parser::new(0).parse_all(bytes) {
            match payload.map_err(|error| invalid(&error))? {
                Payload::Version { encoding: Encoding::Module, .. } if depth == 0 => return Err(LoadError::CoreModule),
                Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
                Payload::End(_) => depth = depth.saturating_sub(1),
                Payload::ComponentImportSection(section) if depth == 0 => {
                    for import in section {
                        imports.push(clean(import.map_err(|error| invalid(&error))?.name.name, NAME_BYTES_MAX));
                    }
                }
                Payload::ComponentExportSection(section) if depth == 0 => {
                    for export in section {
                        exports.push(clean(export.map_err(|error| invalid(&error))?.name.name, NAME_BYTES_MAX));
                    }
                }
                _ => {}
            }
        }
        let versions: Vec<&str> = exports.iter().filter_map(|name: &String| name.strip_prefix(DETECTOR)).collect();
        let version = versions.iter().find(|version| bindings::VERSIONS.contains(version)).or(versions.first());
        let version = version.map(|&version| version.to_owned());
        let world = version.as_ref().map(|_| "glassbox:siem/plugin".to_owned());
        Ok(Self {
            digest: super::hex(&Sha256::digest(bytes)),
            size_bytes: bytes.len(),
            world,
            version,
            imports,
            exports,
        })
    }

    /// Whether the component may be compiled and run.
    ///
    /// # Errors
    /// The first reason why not.
    pub fn admissible(&self, limits: &Limits) -> Result<(), LoadError> {
        if !self.imports.is_empty() {
            return Err(LoadError::Imports(self.imports.clone()));
        }
        let Some(version) = &self.version else {
            return Err(LoadError::NotAPlugin(self.exports.clone()));
        };
        if !bindings::VERSIONS.contains(&version.as_str()) {
            let supported = bindings::VERSIONS.map(str::to_owned).to_vec();
            return Err(LoadError::Version { found: version.clone(), supported });
        }
        within_size(self.size_bytes, limits)
    }
}

/// The limit on a component's file: the first thing that is asked, as reading costs time.
pub(super) fn within_size(bytes: usize, limits: &Limits) -> Result<(), LoadError> {
    let bytes_max = limits.component_bytes_max;
    if bytes > bytes_max { Err(LoadError::TooLarge { bytes, bytes_max }) } else { Ok(()) }
}

/// Whether every byte makes sense, without compiling any.
pub(super) fn validate(bytes: &[u8]) -> Result<(), LoadError> {
    let features =
        WasmFeatures::WASM2 | WasmFeatures::COMPONENT_MODEL | WasmFeatures::EXTENDED_CONST | WasmFeatures::TAIL_CALL;
    Validator::new_with_features(features).validate_all(bytes).map(|_| ()).map_err(|error| invalid(&error))
}

pub(super) fn invalid(error: &wasmparser::BinaryReaderError) -> LoadError {
    LoadError::Invalid(clean(&format!("{} at byte {}", error.message(), error.offset()), 300))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes to the sentence that refuses them, or to `admitted`.
    fn check(text: &str, expected: &str) {
        let bytes = wat::parse_str(text).expect("the test's text is WebAssembly");
        let answer = Facts::read(&bytes).and_then(|facts| facts.admissible(&Limits::default()));
        let said = answer.map_or_else(|error| error.to_string(), |()| "admitted".to_owned());
        assert!(said.contains(expected), "{said:?} does not say {expected:?}");
    }

    #[test]
    fn refusals_name_the_reason() {
        check("(module)", "core WebAssembly module");
        check("(component)", "does not export `glassbox:siem/detector`; it exports nothing");
        check(r#"(component (import "wasi:clocks/now@0.2.0" (instance)))"#, "imports `wasi:clocks/now@0.2.0`");
        check(r#"(component (instance $i) (export "a:b/c" (instance $i)))"#, "it exports `a:b/c`");
        check(
            r#"(component (instance $i) (export "glassbox:siem/detector@0.9.0" (instance $i)))"#,
            "built against version 0.9.0 of `glassbox:siem`, and this glassbox runs `0.1.0`",
        );
        check(r#"(component (instance $i) (export "glassbox:siem/detector@0.1.0" (instance $i)))"#, "admitted");
    }

    #[test]
    fn only_the_outermost_component_counts() {
        check(
            r#"(component
                (component (import "x" (instance)) (core module (import "a" "b" (func))))
                (core module (import "a" "b" (func)))
                (instance $i) (export "glassbox:siem/detector@0.1.0" (instance $i)))"#,
            "admitted",
        );
        check(
            r#"(component (component (instance $i) (export "glassbox:siem/detector@0.1.0" (instance $i))))"#,
            "it exports nothing",
        );
    }

    #[test]
    fn bytes_that_are_no_component() {
        let said = |bytes: &[u8]| Facts::read(bytes).expect_err("must be refused").to_string();
        assert!(said(b"").contains("not a WebAssembly component"));
        assert!(said(b"(component)").contains("not a WebAssembly component"));
        assert!(said(b"\0asm").contains("damaged"));
        let whole = wat::parse_str("(component (core module (func (result i32) i32.const 1)))").expect("valid");
        for end in 4..whole.len() {
            let cut = &whole[..end];
            // A cut between sections still reads as a component; it says nothing that could be admitted.
            if let Ok(facts) = Facts::read(cut) {
                assert!(facts.admissible(&Limits::default()).is_err());
            }
        }
    }

    #[test]
    fn the_size_is_limited() {
        let limits = Limits { component_bytes_max: 10, ..Limits::default() };
        assert!(within_size(10, &limits).is_ok());
        let said = within_size(11, &limits).expect_err("too large").to_string();
        assert!(
            said.contains("11 bytes") && said.contains("at most 10") && said.contains("component_bytes_max"),
            "{said}"
        );
    }

    #[test]
    fn names_cannot_steer_a_terminal() {
        let bytes = wat::parse_str("(component (import \"plain-name\" (instance)))").expect("valid");
        let at = bytes.windows(5).position(|window| window == b"plain").expect("the name is in the bytes");
        let mut bytes = bytes;
        bytes[at] = 0x1b;
        if let Ok(facts) = Facts::read(&bytes) {
            assert!(facts.imports.iter().all(|name| !name.contains('\u{1b}')));
        }
    }
}
