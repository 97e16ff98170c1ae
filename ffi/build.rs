//! Gives the shared library the name under which programs look for it.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_OS").is_ok_and(|system| system == "linux") {
        // It grows with what breaks programs: docs/decisions.md and ffi/abi.
        println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,libdefenderauth.so.0");
    }
}
