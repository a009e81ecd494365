//! The `glassbox` command. All of it is in the library; this only starts it.

use std::process::ExitCode;

use mimalloc::MiMalloc;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    glassbox::commands::main()
}
