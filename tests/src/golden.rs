//! Goldens: what came out once, was looked at, and must come out again.

use std::{env, fs};

use crate::workspace;

/// Compares with a file in `tests/goldens`; `UPDATE_GOLDENS=1 cargo test -p glassbox-tests` writes it instead.
///
/// # Panics
/// When they differ, or the file cannot be read or written.
pub fn check(name: &str, actual: &str) {
    let path = workspace().join("tests/goldens").join(name);
    if env::var_os("UPDATE_GOLDENS").is_some_and(|value| value == "1") {
        fs::write(&path, actual).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        return;
    }
    let expected = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    if actual != expected {
        let differs = expected.lines().zip(actual.lines()).position(|(expected, actual)| expected != actual);
        let line = differs.unwrap_or_else(|| expected.lines().count().min(actual.lines().count()));
        let at = |text: &str| text.lines().nth(line).unwrap_or("(nothing)").to_owned();
        panic!(
            "goldens/{name} differs from line {}:\n  expected {}\n  actual   {}\n\
             look at it, and if it is right bless it with `UPDATE_GOLDENS=1 cargo test -p glassbox-tests`",
            line + 1,
            at(&expected),
            at(actual)
        );
    }
}
