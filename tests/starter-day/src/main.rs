//! `glassbox-starter-day FOLDER`: writes the starter's records and labels into a folder.

use std::{path::Path, process::ExitCode};

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    let [folder] = arguments.as_slice() else {
        eprintln!("usage: glassbox-starter-day FOLDER");
        return ExitCode::from(2);
    };
    match glassbox_starter_day::write_day(Path::new(folder)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("glassbox-starter-day: cannot write to {}: {error}", Path::new(folder).display());
            ExitCode::FAILURE
        }
    }
}
