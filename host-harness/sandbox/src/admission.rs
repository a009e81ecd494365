//! What can be said of a plugin from its bytes, before anything of it is compiled.
//!
//! Only the outermost component's preamble, imports and exports are looked at; whether the rest is valid is the
//! compiler's question, or `validate`'s where nothing is compiled.

use glassbox_pack::to_hex;
use sha2::{Digest, Sha256};
use wasmparser::{Chunk, Encoding, Parser, Payload, Validator, WasmFeatures};

use super::{LoadError, bindings, clean};
use crate::limits::Limits;

const DETECTOR: &str = "glassbox:siem/detector@";

/// Bytes of one import's or export's name that are shown.
const NAME_BYTES_MAX: usize = 120;

/// Names of imports, and of exports, that are kept: a plugin has none of the former and few of the latter.
const NAMES_MAX: usize = 100;

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
    /// What it imports, cleaned: the first hundred names.
    pub imports: Vec<String>,
    /// What it exports, cleaned: the first hundred names.
    pub exports: Vec<String>,
}

impl Facts {
    /// Reads a component's bytes, whole and valid or not, in memory that does not grow with them. What is inside the
    /// modules and components within it is passed over.
    ///
    /// # Errors
    /// When they are no component, or cannot be followed to their end.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, LoadError> {
        if !bytes.starts_with(b"\0asm") {
            return Err(LoadError::NotWasm);
        }
        let (mut imports, mut exports) = (Vec::new(), Vec::new());
        let keep = |names: &mut Vec<String>, name: &str| {
            if names.len() < NAMES_MAX {
                names.push(clean(name, NAME_BYTES_MAX));
            }
        };
        let (mut parser, mut rest) = (Parser::new(0), bytes);
        loop {
            let chunk = parser.parse(rest, true).map_err(|error| invalid(&error))?;
            let Chunk::Parsed { consumed, payload } = chunk else {
                return Err(LoadError::Invalid("it is cut short".to_owned()));
            };
            rest = &rest[consumed..];
            match payload {
                Payload::Version { encoding: Encoding::Module, .. } => return Err(LoadError::CoreModule),
                // The parser of the outer one goes on after these.
                Payload::ModuleSection { unchecked_range: range, .. }
                | Payload::ComponentSection { unchecked_range: range, .. } => {
                    let length = usize::try_from(range.end - range.start).unwrap_or(usize::MAX);
                    let cut_short = || LoadError::Invalid(format!("it is cut short in a part of {length} bytes"));
                    rest = rest.get(length..).ok_or_else(cut_short)?;
                }
                Payload::ComponentImportSection(section) => {
                    for import in section {
                        keep(&mut imports, import.map_err(|error| invalid(&error))?.name.name);
                    }
                }
                Payload::ComponentExportSection(section) => {
                    for export in section {
                        keep(&mut exports, export.map_err(|error| invalid(&error))?.name.name);
                    }
                }
                Payload::End(_) => break,
                _ => {}
            }
        }
        let versions: Vec<&str> = exports.iter().filter_map(|name: &String| name.strip_prefix(DETECTOR)).collect();
        let version = versions.iter().find(|version| bindings::VERSIONS.contains(version)).or(versions.first());
        let version = version.map(|&version| version.to_owned());
        let world = version.as_ref().map(|_| "glassbox:siem/plugin".to_owned());
        Ok(Self { digest: to_hex(&Sha256::digest(bytes)), size_bytes: bytes.len(), world, version, imports, exports })
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
    // What the engine runs: no more and no less.
    let features = WasmFeatures::WASM2
        | WasmFeatures::COMPONENT_MODEL
        | WasmFeatures::EXTENDED_CONST
        | WasmFeatures::MULTI_MEMORY
        | WasmFeatures::TAIL_CALL;
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
            "built against version 0.9.0 of `glassbox:siem`, and this glassbox runs `0.2.0`",
        );
        check(r#"(component (instance $i) (export "glassbox:siem/detector@0.2.0" (instance $i)))"#, "admitted");
    }

    #[test]
    fn only_the_outermost_component_counts() {
        check(
            r#"(component
                (component (import "x" (instance)) (core module (import "a" "b" (func))))
                (core module (import "a" "b" (func)))
                (instance $i) (export "glassbox:siem/detector@0.2.0" (instance $i)))"#,
            "admitted",
        );
        check(
            r#"(component (component (instance $i) (export "glassbox:siem/detector@0.2.0" (instance $i))))"#,
            "it exports nothing",
        );
    }

    #[test]
    fn names_are_kept_up_to_a_number() {
        let imports: String = (0..2 * NAMES_MAX).map(|number| format!("(import \"i{number}\" (instance))")).collect();
        let facts =
            Facts::read(&wat::parse_str(format!("(component {imports})")).expect("valid")).expect("a component");
        assert_eq!(facts.imports.len(), NAMES_MAX);
        assert!(facts.admissible(&Limits::default()).expect_err("it imports").to_string().contains("and 95 more"));
    }

    #[test]
    fn bytes_that_are_no_component() {
        let said = |bytes: &[u8]| Facts::read(bytes).expect_err("must be refused").to_string();
        assert!(said(b"").contains("not a WebAssembly component"));
        assert!(said(b"(component)").contains("not a WebAssembly component"));
        assert!(said(b"\0asm").contains("damaged"));
        let whole = wat::parse_str("(component (core module (func (result i32) i32.const 1)))").expect("valid");
        // A cut between sections still reads as a component; it says nothing that could be admitted.
        let read: Vec<Facts> = (4..whole.len()).filter_map(|end| Facts::read(&whole[..end]).ok()).collect();
        assert!(!read.is_empty(), "the component begins with a section");
        for facts in read {
            assert!(facts.admissible(&Limits::default()).is_err());
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
        match Facts::read(&bytes) {
            Ok(facts) => assert!(!facts.imports.is_empty() && !facts.imports.iter().any(|it| it.contains('\u{1b}'))),
            Err(error) => assert!(!error.to_string().contains('\u{1b}'), "{error:?}"),
        }
    }
}
