//! Sets the soname of the shared library.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_OS").is_ok_and(|system| system == "linux") {
        // It changes with every incompatible change of the ABI: docs/decisions.md and ffi/abi.
        println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,libdefenderauth.so.0");
    }
}
