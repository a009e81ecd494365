//! Whether the parts of a component keep their limits and are of the kinds that a plugin is made of: told from its
//! bytes, before anything of it is compiled.
//!
//! Whether they are valid is the compiler's question. What an instance really holds is counted while it runs, too, as a
//! module may be instantiated more than once.

use wasmparser::{
    CanonicalFunction, CanonicalOption, ComponentDefinedType, ComponentFuncType, ComponentType,
    ComponentTypeDeclaration, ComponentTypeRef, Encoding, FunctionBody, InstanceTypeDeclaration, MemorySectionReader,
    Operator, Parser, Payload, PrimitiveValType, TableSectionReader, TypeBounds,
};

use super::{LoadError, admission::invalid};
use crate::limits::Limits;

const WASM_PAGE_BYTES: u64 = 64 << 10;

/// The limits that `check` compares with.
pub(super) fn limits_looked_at(limits: &Limits) -> Vec<(&'static str, u64)> {
    const LOOKED_AT: [&str; 13] = [
        "core_modules_max",
        "nested_components_max",
        "component_depth_max",
        "functions_max",
        "function_bytes_max",
        "function_locals_max",
        "block_depth_max",
        "branch_targets_max",
        "memory_bytes_max",
        "memories_max",
        "table_elements_max",
        "tables_max",
        "core_instances_max",
    ];
    limits.values().into_iter().filter(|(name, _)| LOOKED_AT.contains(name)).collect()
}

/// Whether the component's parts keep the limits.
///
/// # Errors
/// The first part that does not, or that no plugin may have.
pub(super) fn check(bytes: &[u8], limits: &Limits) -> Result<(), LoadError> {
    let mut walk = Walk { limits, places: Vec::new(), counts: Counts::default() };
    for payload in Parser::new(0).parse_all(bytes) {
        walk.payload(payload.map_err(|error| invalid(&error))?)?;
    }
    Ok(())
}

/// What was met so far, over the whole component.
#[derive(Default)]
struct Counts {
    core_modules: usize,
    components: usize,
    functions: usize,
    core_instances: usize,
    memories: usize,
    memory_bytes: u64,
    tables: usize,
    table_elements: u64,
}

/// The module or component whose sections are read.
struct Place {
    name: String,
    is_module: bool,
    /// Function bodies met in it.
    bodies: usize,
}

struct Walk<'l> {
    limits: &'l Limits,
    /// From the outermost component inwards.
    places: Vec<Place>,
    counts: Counts,
}

impl Walk<'_> {
    fn payload(&mut self, payload: Payload<'_>) -> Result<(), LoadError> {
        let limits = self.limits;
        match payload {
            Payload::Version { encoding, .. } => return self.enter(encoding),
            Payload::End(_) => {
                self.places.pop();
            }
            Payload::FunctionSection(section) => {
                self.counts.functions += section.count() as usize;
                at_most("the component", self.counts.functions, "functions", limits.functions_max, "functions_max")?;
            }
            Payload::MemorySection(section) => return self.memories(section),
            Payload::TableSection(section) => return self.tables(section),
            Payload::CodeSectionEntry(body) => return self.function(&body),
            Payload::InstanceSection(section) => {
                self.counts.core_instances += section.count() as usize;
                let (found, most) = (self.counts.core_instances, limits.core_instances_max);
                at_most("the component", found, "core instances", most, "core_instances_max")?;
            }
            Payload::ComponentTypeSection(section) => {
                for (number, kind) in (0_usize..).zip(section) {
                    if let Some(what) = forbidden_type(&kind.map_err(|error| invalid(&error))?) {
                        return Err(self.forbidden(&format!("type {number}"), what));
                    }
                }
            }
            Payload::ComponentCanonicalSection(section) => {
                for (number, function) in (0_usize..).zip(section) {
                    if let Some(what) = forbidden_function(&function.map_err(|error| invalid(&error))?) {
                        return Err(self.forbidden(&format!("canonical function {number}"), what));
                    }
                }
            }
            Payload::ComponentStartSection { .. } => {
                return Err(self.forbidden("its start section", "a start function"));
            }
            _ => {}
        }
        Ok(())
    }

    fn enter(&mut self, encoding: Encoding) -> Result<(), LoadError> {
        let limits = self.limits;
        let outermost = self.places.is_empty();
        let name = match encoding {
            Encoding::Module => {
                self.counts.core_modules += 1;
                let found = self.counts.core_modules;
                at_most("the component", found, "core modules", limits.core_modules_max, "core_modules_max")?;
                format!("core module {}", found - 1)
            }
            Encoding::Component if outermost => "the component".to_owned(),
            Encoding::Component => {
                self.counts.components += 1;
                let (found, most) = (self.counts.components, limits.nested_components_max);
                at_most("the component", found, "nested components", most, "nested_components_max")?;
                let (depth, most) = (self.places.len(), limits.component_depth_max);
                at_most("the component", depth, "levels of components", most, "component_depth_max")?;
                format!("nested component {}", found - 1)
            }
        };
        self.places.push(Place { name, is_module: encoding == Encoding::Module, bodies: 0 });
        Ok(())
    }

    fn memories(&mut self, section: MemorySectionReader<'_>) -> Result<(), LoadError> {
        for memory in section {
            let memory = memory.map_err(|error| invalid(&error))?;
            self.counts.memories += 1;
            self.counts.memory_bytes =
                self.counts.memory_bytes.saturating_add(memory.initial.saturating_mul(WASM_PAGE_BYTES));
        }
        let (counts, limits) = (&self.counts, self.limits);
        at_most("the component", counts.memories, "memories", limits.memories_max, "memories_max")?;
        let bytes = usize::try_from(counts.memory_bytes).unwrap_or(usize::MAX);
        at_most("the component", bytes, "bytes of memory from the start", limits.memory_bytes_max, "memory_bytes_max")
    }

    fn tables(&mut self, section: TableSectionReader<'_>) -> Result<(), LoadError> {
        for table in section {
            let table = table.map_err(|error| invalid(&error))?;
            self.counts.tables += 1;
            self.counts.table_elements = self.counts.table_elements.saturating_add(table.ty.initial);
        }
        let (counts, limits) = (&self.counts, self.limits);
        at_most("the component", counts.tables, "tables", limits.tables_max, "tables_max")?;
        let elements = usize::try_from(counts.table_elements).unwrap_or(usize::MAX);
        let most = limits.table_elements_max;
        at_most("the component", elements, "table elements from the start", most, "table_elements_max")
    }

    fn function(&mut self, body: &FunctionBody<'_>) -> Result<(), LoadError> {
        let limits = self.limits;
        let Some(place) = self.places.last_mut().filter(|place| place.is_module) else { return Ok(()) };
        let number = place.bodies;
        place.bodies += 1;
        let name = || format!("function {number} of {}", place.name);
        let range = body.range();
        let bytes = usize::try_from(range.end - range.start).unwrap_or(usize::MAX);
        if bytes > limits.function_bytes_max {
            return at_most(&name(), bytes, "bytes", limits.function_bytes_max, "function_bytes_max");
        }
        let mut locals = 0_usize;
        for group in body.get_locals_reader().map_err(|error| invalid(&error))? {
            locals = locals.saturating_add(group.map_err(|error| invalid(&error))?.0 as usize);
        }
        if locals > limits.function_locals_max {
            return at_most(&name(), locals, "locals", limits.function_locals_max, "function_locals_max");
        }
        let (mut depth, mut deepest, mut targets) = (0_usize, 0, 0);
        for operator in body.get_operators_reader().map_err(|error| invalid(&error))? {
            match operator.map_err(|error| invalid(&error))? {
                Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } => {
                    depth += 1;
                    deepest = deepest.max(depth);
                }
                Operator::End => depth = depth.saturating_sub(1),
                Operator::BrTable { targets: table } => targets += table.len() as usize,
                _ => {}
            }
        }
        if deepest > limits.block_depth_max {
            return at_most(&name(), deepest, "levels of blocks", limits.block_depth_max, "block_depth_max");
        }
        if targets > limits.branch_targets_max {
            let most = limits.branch_targets_max;
            return at_most(&name(), targets, "targets of branch tables", most, "branch_targets_max");
        }
        Ok(())
    }

    fn forbidden(&self, item: &str, what: &'static str) -> LoadError {
        let place = self.places.last().map_or("the component", |place| place.name.as_str());
        LoadError::Forbidden { item: format!("{item} of {place}"), what }
    }
}

fn at_most(item: &str, found: usize, unit: &'static str, most: usize, limit: &'static str) -> Result<(), LoadError> {
    if found <= most {
        return Ok(());
    }
    Err(LoadError::Exceeds { item: item.to_owned(), found: found as u64, unit, most: most as u64, limit })
}

/// What a plugin may not have, among the kinds of types.
fn forbidden_type(kind: &ComponentType<'_>) -> Option<&'static str> {
    match kind {
        ComponentType::Defined(defined) => forbidden_value(defined),
        ComponentType::Func(ComponentFuncType { async_, .. }) => async_.then_some("an async function"),
        ComponentType::Resource { .. } => Some("a resource"),
        ComponentType::Component(inside) => inside.iter().find_map(|declared| match declared {
            ComponentTypeDeclaration::Type(kind) => forbidden_type(kind),
            ComponentTypeDeclaration::Export { ty, .. } => forbidden_bound(ty),
            ComponentTypeDeclaration::Import(import) => forbidden_bound(&import.ty),
            _ => None,
        }),
        ComponentType::Instance(inside) => inside.iter().find_map(|declared| match declared {
            InstanceTypeDeclaration::Type(kind) => forbidden_type(kind),
            InstanceTypeDeclaration::Export { ty, .. } => forbidden_bound(ty),
            _ => None,
        }),
    }
}

fn forbidden_bound(kind: &ComponentTypeRef) -> Option<&'static str> {
    matches!(kind, ComponentTypeRef::Type(TypeBounds::SubResource)).then_some("a resource")
}

fn forbidden_value(kind: &ComponentDefinedType<'_>) -> Option<&'static str> {
    Some(match kind {
        ComponentDefinedType::Own(_) | ComponentDefinedType::Borrow(_) => "a handle of a resource",
        ComponentDefinedType::Future(_) => "a future",
        ComponentDefinedType::Stream(_) => "a stream",
        ComponentDefinedType::Flags(_) => "flags",
        ComponentDefinedType::Map(..) => "a map",
        ComponentDefinedType::FixedLengthList(..) => "a list of fixed length",
        ComponentDefinedType::Primitive(PrimitiveValType::ErrorContext) => "an error context",
        _ => return None,
    })
}

/// What a plugin may not have, among the functions of the canonical ABI.
fn forbidden_function(function: &CanonicalFunction) -> Option<&'static str> {
    let options = match function {
        CanonicalFunction::Lift { options, .. } | CanonicalFunction::Lower { options, .. } => options,
        CanonicalFunction::ResourceNew { .. }
        | CanonicalFunction::ResourceDrop { .. }
        | CanonicalFunction::ResourceRep { .. } => return Some("a function of resources"),
        // Tasks, streams, futures, waitable sets, error contexts, threads.
        _ => return Some("a function of asynchronous tasks"),
    };
    options.iter().find_map(|option| match option {
        CanonicalOption::UTF16 | CanonicalOption::CompactUTF16 => Some("strings that are not UTF-8"),
        CanonicalOption::Async | CanonicalOption::Callback(_) => Some("an async function"),
        CanonicalOption::Gc | CanonicalOption::CoreType(_) => Some("values collected as garbage"),
        CanonicalOption::UTF8
        | CanonicalOption::Memory(_)
        | CanonicalOption::Realloc(_)
        | CanonicalOption::PostReturn(_) => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits() -> Limits {
        let mut limits = Limits::default();
        let small = "core_modules_max=2\nnested_components_max=2\ncomponent_depth_max=1\nfunctions_max=3
            function_bytes_max=64\nfunction_locals_max=5\nblock_depth_max=3\nbranch_targets_max=4\nmemories_max=2
            memory_bytes_max=128KiB\ntable_elements_max=10\ntables_max=2\ncore_instances_max=2";
        limits.set_all(small).expect("they are limits");
        limits
    }

    /// What is inside a component to the words that refuse it; none where it is admitted.
    #[track_caller]
    fn check_inside(inside: &str, refused: Option<&[&str]>) {
        let bytes = wat::parse_str(format!("(component {inside})")).unwrap_or_else(|error| panic!("{error}"));
        let answer = check(&bytes, &limits());
        match (answer, refused) {
            (Ok(()), None) => {}
            (Err(error), Some(parts)) => {
                let said = error.to_string();
                for part in parts {
                    assert!(said.contains(part), "{said:?} does not say {part:?}");
                }
            }
            (answer, _) => panic!("{inside}: {answer:?}"),
        }
    }

    #[test]
    fn every_limit_is_reached_and_named() {
        let module = "(core module)";
        check_inside(&module.repeat(2), None);
        check_inside(&module.repeat(3), Some(&["3 core modules", "at most 2", "core_modules_max"]));
        let nested = "(component)";
        check_inside(&nested.repeat(2), None);
        check_inside(&nested.repeat(3), Some(&["3 nested components", "nested_components_max"]));
        check_inside("(component (component))", Some(&["2 levels of components", "component_depth_max"]));
        check_inside("(core module (func) (func)) (core module (func))", None);
        check_inside(
            "(core module (func) (func)) (core module (func) (func))",
            Some(&["4 functions", "functions_max"]),
        );
        let long = format!("(core module (func) (func {}))", "nop ".repeat(100));
        check_inside(&long, Some(&["function 1 of core module 0 has 102 bytes", "at most 64", "function_bytes_max"]));
        check_inside("(core module (func (local i32 i32 i64 i32 f32)))", None);
        let locals = "(core module (func (local i32 i32 i64 i32 f32 i32)))";
        check_inside(locals, Some(&["function 0 of core module 0 has 6 locals", "function_locals_max"]));
        check_inside("(core module (func block loop block end end end block end))", None);
        let deep = "(core module (func block block block block end end end end))";
        check_inside(deep, Some(&["4 levels of blocks", "block_depth_max"]));
        check_inside("(core module (func i32.const 0 br_table 0 0 0 0 0))", None);
        let targets = "(core module (func i32.const 0 br_table 0 0 0 0 0 0))";
        check_inside(targets, Some(&["5 targets of branch tables", "branch_targets_max"]));
        check_inside("(core module (memory 1) (memory 1))", None);
        check_inside("(core module (memory 1)) (core module (memory 2))", Some(&["196608 bytes of memory"]));
        check_inside("(core module (memory 0) (memory 0) (memory 0))", Some(&["3 memories", "memories_max"]));
        check_inside("(core module (table 5 funcref) (table 6 funcref))", Some(&["11 table elements"]));
        check_inside(
            "(core module (table 0 funcref) (table 0 funcref) (table 0 funcref))",
            Some(&["3 tables", "tables_max"]),
        );
        let instances = "(core module $m) (core instance (instantiate $m)) (core instance (instantiate $m))";
        check_inside(instances, None);
        let more = format!("{instances} (core instance (instantiate $m))");
        check_inside(&more, Some(&["3 core instances", "core_instances_max"]));
    }

    #[test]
    fn what_no_plugin_may_have_is_named_with_its_place() {
        check_inside("(type (record (field \"a\" (list string))))", None);
        check_inside("(type u8) (type (resource (rep i32)))", Some(&["type 1 of the component uses a resource"]));
        check_inside("(component (type (resource (rep i32))))", Some(&["type 0 of nested component 0"]));
        check_inside("(type (flags \"a\"))", Some(&["flags"]));
        check_inside("(type (future u8))", Some(&["a future"]));
        check_inside("(type (stream u8))", Some(&["a stream"]));
        check_inside("(type (func async))", Some(&["an async function"]));
        check_inside("(type (instance (export \"r\" (type (sub resource)))))", Some(&["a resource"]));
        check_inside("(type (component (type (flags \"a\"))))", Some(&["flags"]));
        check_inside("(core func (canon task.cancel))", Some(&["canonical function 0", "asynchronous"]));
        let lifted = |option: &str| {
            format!(
                r#"(core module $m (memory (export "m") 1) (func (export "f") (result i32) i32.const 0))
                (core instance $i (instantiate $m))
                (func (export "f") (result string) (canon lift (core func $i "f") (memory (core memory $i "m")) {option}))"#
            )
        };
        check_inside(&lifted("string-encoding=utf8"), None);
        check_inside(&lifted("string-encoding=utf16"), Some(&["strings that are not UTF-8"]));
        check_inside(&lifted("string-encoding=latin1+utf16"), Some(&["strings that are not UTF-8"]));
    }
}
