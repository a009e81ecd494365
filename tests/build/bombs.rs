//! Hostile components that nobody could write down: too large as text, or another one damaged.

use anyhow::{Context, Result};
use wasm_encoder::{BlockType, CodeSection, Function, FunctionSection, Instruction, Module, TypeSection, ValType};

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
        guest("truncated", "to pass as half a component.", honest.bytes[..honest.bytes.len() * 2 / 3].to_vec()),
        guest("bit_flipped", "to pass with some of its bits flipped.", flipped),
        guest("core_module", "to pass as a core module.", core),
    ])
}

/// A component around a module that exports the detector's name.
fn component(module: &[u8]) -> Result<Vec<u8>> {
    const HEADER_BYTES: usize = 8;
    let shell = wat::parse_str(
        "(component (instance $detector) (export \"glassbox:siem/detector@0.1.0\" (instance $detector)))",
    )?;
    let (header, rest) = shell.split_at(HEADER_BYTES);
    let mut bytes = header.to_vec();
    // Section 1 of a component: a core module.
    bytes.push(1);
    let mut length = u32::try_from(module.len())?;
    while length >= 0x80 {
        bytes.push((length & 0x7f) as u8 | 0x80);
        length >>= 7;
    }
    bytes.push(length as u8);
    bytes.extend_from_slice(module);
    bytes.extend_from_slice(rest);
    Ok(bytes)
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
