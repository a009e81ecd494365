//! What tests need that may not be there, as configurations that they are ignored under: then the runner counts them as
//! ignored and shows why.

use std::env;

/// Sets `no_public_data` where the variable `GLASSBOX_DATA` names no folder of public data. Where it names one, tests that
/// need it run, and fail where a part of it is missing.
pub(crate) fn public_data() {
    println!("cargo::rustc-check-cfg=cfg(no_public_data)");
    println!("cargo::rerun-if-env-changed=GLASSBOX_DATA");
    if env::var_os("GLASSBOX_DATA").is_none_or(|folder| folder.is_empty()) {
        println!("cargo::rustc-cfg=no_public_data");
    }
}

/// Sets `no_componentize_py` where that tool is not on the path. Nothing installs it.
#[allow(dead_code, reason = "one of the build scripts needs it")]
pub(crate) fn componentize_py() {
    println!("cargo::rustc-check-cfg=cfg(no_componentize_py)");
    let folders = env::var_os("PATH").unwrap_or_default();
    let name = if cfg!(windows) { "componentize-py.exe" } else { "componentize-py" };
    match env::split_paths(&folders).map(|folder| folder.join(name)).find(|tool| tool.is_file()) {
        Some(tool) => println!("cargo::rerun-if-changed={}", tool.display()),
        None => println!("cargo::rustc-cfg=no_componentize_py"),
    }
}
