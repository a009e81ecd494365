//! Hostile components that nobody could write down: too large as text, or another one damaged.

use anyhow::{Context, Result};
use wasm_encoder::{
    BlockType, CodeSection, Encode, Function, FunctionSection, Instruction, Module, TypeSection, ValType,
};

use crate::hostile::Guest;

/// All of them, some made from the guests that there are.
pub(crate) fn guests(others: &[Guest]) -> Result<Vec<Guest>> {
    let honest = others.iter().find(|guest| guest.name == "honest").context("there is an honest guest")?;
    let guest = |name: &str, tries: &str, bytes: Vec<u8>| Guest { name: name.into(), tries: tries.into(), bytes };
    let bomb = |name: &str, tries: &str, module: &Module| -> Result<Guest> {
        Ok(guest(name, tries, component(module.as_slice())?))
    };
    let mut flipped = honest.bytes.clone();
    let middle = flipped.len() / 2;
    flipped[middle..middle + 8].iter_mut().for_each(|byte| *byte ^= 0xff);
    let core = wat::parse_str("(module (func (export \"describe\")))")?;
    Ok(vec![
        bomb("huge_function", "to make the compiler work for hours on one function.", &one_function(2_000_000))?,
        bomb("million_functions", "to make the compiler work on a million functions.", &functions(1_000_000))?,
        bomb("deep_nesting", "to make the compiler recurse a hundred thousand blocks deep.", &nested(100_000))?,
        bomb(
            "giant_branch_table",
            "to make the compiler build a table of a million targets.",
            &branch_tables(20, 50_000),
        )?,
        bomb("many_locals", "to make the compiler keep forty thousand values alive at once.", &locals(40_000))?,
        bomb("slow_to_compile", "to keep the compiler busy by functions that are each within the limits.", &slow())?,
        guest(
            "deep_components",
            "to bury the host under half a million components in components.",
            dressed(4, &nested_components())?,
        ),
        guest(
            "instances_multiplied",
            "to have more instances than are counted, by one small component that is used over and over.",
            with_instances(&honest.bytes)?,
        ),
        guest("million_imports", "to fill the host's memory by the names of what it wants.", imports(1_000_000)),
        guest("truncated", "to pass as half a component.", honest.bytes[..honest.bytes.len() * 2 / 3].to_vec()),
        guest("bit_flipped", "to pass with some of its bits flipped.", flipped),
        guest("core_module", "to pass as a core module.", core),
    ])
}

/// A component around a module that exports the detector's name.
fn component(module: &[u8]) -> Result<Vec<u8>> {
    dressed(1, module)
}

/// A component that exports the detector's name around a section: 1 holds a core module, 4 a component.
fn dressed(id: u8, inside: &[u8]) -> Result<Vec<u8>> {
    let shell = wat::parse_str(
        "(component (instance $detector) (export \"glassbox:siem/detector@0.2.0\" (instance $detector)))",
    )?;
    let (header, rest) = shell.split_at(PREAMBLE.len());
    let mut bytes = header.to_vec();
    section(&mut bytes, id, inside);
    bytes.extend_from_slice(rest);
    Ok(bytes)
}

/// Bytes before the sections of a component.
const PREAMBLE: &[u8] = b"\0asm\x0d\0\x01\0";

/// The honest plugin with one small component more, and forty instances of it.
fn with_instances(honest: &[u8]) -> Result<Vec<u8>> {
    const INSTANCES: usize = 40;
    let small = wat::parse_str("(component (core module $m (memory 1)) (core instance (instantiate $m)))")?;
    let mut bytes = honest.to_vec();
    section(&mut bytes, 4, &small);
    // Of component 2, as the honest one has two itself; with no arguments.
    let mut instances = leb128(INSTANCES);
    instances.extend([0, 2, 0].repeat(INSTANCES));
    section(&mut bytes, 5, &instances);
    Ok(bytes)
}

/// Appends a section.
fn section(bytes: &mut Vec<u8>, id: u8, content: &[u8]) {
    bytes.push(id);
    content.encode(bytes);
}

/// Components in components, as many as the limit on a file allows.
fn nested_components() -> Vec<u8> {
    // Less than the limit, as the outermost one is dressed as a plugin.
    const BYTES_MAX: usize = (8 << 20) - 200;
    // From the innermost outwards, and turned around at the end.
    let mut reversed: Vec<u8> = PREAMBLE.iter().rev().copied().collect();
    loop {
        let mut section = leb128(reversed.len());
        section.insert(0, 4);
        if reversed.len() + section.len() + PREAMBLE.len() > BYTES_MAX {
            break;
        }
        reversed.extend(section.iter().rev().chain(PREAMBLE.iter().rev()));
    }
    reversed.reverse();
    reversed
}

/// A component that imports so many functions, all by one name: none is valid but the first, and all are read.
fn imports(count: usize) -> Vec<u8> {
    // A plain name of one letter; a function of type 0.
    let import = [0, 1, b'a', 1, 0];
    let mut section = leb128(count);
    section.extend(std::iter::repeat_n(import, count).flatten());
    let mut bytes = PREAMBLE.to_vec();
    self::section(&mut bytes, 10, &section);
    bytes
}

/// A number as sections hold it.
fn leb128(number: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    number.encode(&mut bytes);
    bytes
}

/// A module of functions from a number to a number, each one as `body` makes it.
fn module(count: u32, locals: &[(u32, ValType)], body: impl Fn(&mut Function)) -> Module {
    let mut types = TypeSection::new();
    types.ty().function([ValType::I32], [ValType::I32]);
    let (mut functions, mut code) = (FunctionSection::new(), CodeSection::new());
    let mut function = Function::new(locals.iter().copied());
    body(&mut function);
    function.instruction(&Instruction::End);
    for _ in 0..count {
        functions.function(0);
        code.function(&function);
    }
    let mut module = Module::new();
    module.section(&types).section(&functions).section(&code);
    module
}

fn one_function(steps: u32) -> Module {
    module(1, &[], |function| {
        function.instruction(&Instruction::LocalGet(0));
        for _ in 0..steps {
            function.instruction(&Instruction::I32Eqz);
        }
    })
}

fn functions(count: u32) -> Module {
    module(count, &[], |function| {
        function.instruction(&Instruction::LocalGet(0));
    })
}

fn nested(depth: u32) -> Module {
    module(1, &[], |function| {
        for _ in 0..depth {
            function.instruction(&Instruction::Block(BlockType::Empty));
        }
        for _ in 0..depth {
            function.instruction(&Instruction::End);
        }
        function.instruction(&Instruction::LocalGet(0));
    })
}

fn branch_tables(tables: u32, targets: u32) -> Module {
    module(1, &[], |function| {
        for _ in 0..tables {
            function.instruction(&Instruction::Block(BlockType::Empty));
            function.instruction(&Instruction::LocalGet(0));
            function.instruction(&Instruction::BrTable(vec![0; targets as usize].into(), 0));
            function.instruction(&Instruction::End);
        }
        function.instruction(&Instruction::LocalGet(0));
    })
}

fn locals(count: u32) -> Module {
    module(1, &[(count, ValType::I64)], |function| {
        function.instruction(&Instruction::LocalGet(0));
    })
}

/// Many values alive across many branches: the worst for whoever assigns registers.
fn slow() -> Module {
    const LOCALS: u32 = 2_000;
    const STEPS: u32 = 12_000;
    module(14, &[(LOCALS, ValType::I64)], |function| {
        for step in 0..STEPS {
            let (from, to) = (1 + (step * 7) % LOCALS, 1 + (step * 13 + 5) % LOCALS);
            function.instruction(&Instruction::Block(BlockType::Empty));
            function.instruction(&Instruction::LocalGet(0));
            function.instruction(&Instruction::BrIf(0));
            function.instruction(&Instruction::LocalGet(from));
            function.instruction(&Instruction::LocalGet(to));
            function.instruction(&Instruction::I64Mul);
            function.instruction(&Instruction::LocalSet(to));
            function.instruction(&Instruction::End);
        }
        function.instruction(&Instruction::LocalGet(0));
    })
}
