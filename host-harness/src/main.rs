//! The `glassbox` command. All of it is in the library; this only starts it.

use std::process::ExitCode;

fn main() -> ExitCode {
    host_harness::commands::main()
}
