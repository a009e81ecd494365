//! Components that nobody wrote on purpose, and what is tried with each: it is refused or runs within limits, and the
//! host neither panics nor hangs. The tests draw them from fixed seeds; the fuzz targets include this file, too.

use arbitrary::Unstructured;
use glassbox_deployment::embedded;
use glassbox_finding::{Batch, Logsource, Settings};
use glassbox_sandbox::{LoadOptions, Plugin, limits::Limits};
use wasmparser::{Chunk, Parser, Payload};

/// Bytes before the sections of a component.
const PREAMBLE: &[u8] = b"\0asm\x0d\0\x01\0";
/// The sections of a component that hold a core module and a component.
const SECTION_MODULE: u8 = 1;
const SECTION_COMPONENT: u8 = 4;
/// What makes a component look like a plugin: an instance without exports, exported as the detector.
const LOOKS: &[&[u8]] = &[b"\x05\x03\x01\x01\x00", b"\x0b\x22\x01\x00\x1cglassbox:siem/detector@0.1.0\x05\x00\x00"];

/// Options under which nothing takes long.
///
/// # Panics
/// Never: these are limits.
#[must_use]
pub fn options() -> LoadOptions {
    let mut limits = Limits::default();
    let short = "start_ms_max=50\nconfigure_ms_max=50\nbatch_ms_max=50\nexplain_ms_max=50\nstate_ms_max=50";
    limits.set_all(short).expect("they are limits");
    LoadOptions { limits, ..LoadOptions::default() }
}

/// How far a component came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Came {
    /// Refused by what its bytes say of it.
    Refused,
    /// Refused by the compiler, or by what it exports.
    Looked,
    /// Admitted, and did not start.
    Admitted,
    /// Called.
    Called,
}

/// Looks at the bytes in every way there is, and calls what comes of them.
///
/// # Panics
/// When one way to look contradicts another.
#[must_use]
pub fn try_all(bytes: &[u8], options: &LoadOptions) -> Came {
    let inspected = Plugin::inspect(bytes);
    let admissible = inspected.as_ref().map(|facts| Plugin::admissible(bytes, facts, &options.limits).is_ok());
    let loaded = Plugin::load(bytes, options);
    let Ok(plugin) = loaded else {
        return if admissible.unwrap_or(false) { Came::Looked } else { Came::Refused };
    };
    assert!(matches!(admissible, Ok(true)), "what is loaded can be inspected, and is admissible: {admissible:?}");
    let Ok(mut instance) = plugin.start() else { return Came::Admitted };
    // After a fault the others say that the instance is gone, so each call has an instance of its own, too.
    let _ = instance.describe();
    let _ = instance.configure(b"GLASSBOX", Settings::default());
    let mut batch = Batch::default();
    batch.push(b"!find");
    let body = instance.read(&batch).ok().and_then(Result::ok).map(|reading| reading.body).unwrap_or_default();
    let _ = instance.judge(&body, None);
    let _ = instance.save();
    for call in 0..6 {
        let Ok(mut instance) = plugin.start() else { continue };
        match call {
            0 => drop(instance.configure(b"GLASSBOX", Settings::default())),
            1 => drop(instance.read(&batch)),
            2 => drop(instance.judge(b"", None)),
            3 => drop(instance.explain(b"!find", &Logsource::default())),
            4 => drop(instance.save()),
            _ => drop(instance.restore(b"")),
        }
    }
    Came::Called
}

/// A random component, valid most of the time.
#[must_use]
pub fn random(noise: &[u8]) -> Option<Vec<u8>> {
    let config = wasm_smith::Config {
        max_nesting_depth: 4,
        max_components: 4,
        max_imports: 4,
        memory64_enabled: true,
        threads_enabled: true,
        ..wasm_smith::Config::default()
    };
    Some(wasm_smith::Component::new(config, &mut Unstructured::new(noise)).ok()?.to_bytes())
}

/// A component that looks like a plugin from outside, with these bytes as a component or core module inside.
#[must_use]
pub fn dressed(inside: &[u8]) -> Vec<u8> {
    let is_component = inside.get(4..8) == PREAMBLE.get(4..8);
    let mut bytes = PREAMBLE.to_vec();
    bytes.push(if is_component { SECTION_COMPONENT } else { SECTION_MODULE });
    bytes.extend(leb128(inside.len()));
    bytes.extend_from_slice(inside);
    LOOKS.iter().for_each(|section| bytes.extend_from_slice(section));
    bytes
}

/// The real plugin, but for its code: a random module that exports what the contract asks for, of the right types.
#[must_use]
pub fn random_plugin(noise: &[u8]) -> Option<Vec<u8>> {
    let (start, end) = first_module(embedded::PLUGIN)?;
    let config = wasm_smith::Config {
        exports: Some(embedded::PLUGIN[start..end].to_vec()),
        max_imports: 0,
        // What the sandbox has not, and no compiler is asked to make.
        compact_imports_enabled: false,
        exceptions_enabled: false,
        gc_enabled: false,
        memory64_enabled: false,
        // Of references only those to functions are there without a garbage collector.
        reference_types_enabled: false,
        relaxed_simd_enabled: false,
        threads_enabled: false,
        wide_arithmetic_enabled: false,
        ..wasm_smith::Config::default()
    };
    let module = wasm_smith::Module::new(config, &mut Unstructured::new(noise)).ok()?.to_bytes();
    let head = start - 1 - leb128(end - start).len();
    let mut bytes = embedded::PLUGIN[..head].to_vec();
    bytes.push(SECTION_MODULE);
    bytes.extend(leb128(module.len()));
    bytes.extend(module);
    bytes.extend_from_slice(&embedded::PLUGIN[end..]);
    Some(bytes)
}

/// Where a component's first core module begins and ends.
fn first_module(component: &[u8]) -> Option<(usize, usize)> {
    let (mut parser, mut rest) = (Parser::new(0), component);
    loop {
        let Ok(Chunk::Parsed { consumed, payload }) = parser.parse(rest, true) else { return None };
        rest = &rest[consumed..];
        match payload {
            Payload::ModuleSection { unchecked_range: range, .. } => {
                return Some((range.start.try_into().ok()?, range.end.try_into().ok()?));
            }
            Payload::End(_) => return None,
            _ => {}
        }
    }
}

/// A number as sections hold it.
fn leb128(mut number: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number >= 0x80 {
        bytes.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
    bytes
}
