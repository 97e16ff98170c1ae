//! The C library as cargo-c installs it, for packagers who use that.

use crate::{
    folder,
    run::{command, run, target},
    tools,
};
use std::{fs, path::Path};

/// The version of cargo-c that the project was checked with.
const CARGO_C: &str = "0.10.24+cargo-0.98.0";

const PROGRAM: &str = include_str!("../tests/dist/agent.c");

/// Installs by cargo-c, then links a program in both ways and runs it.
pub(crate) fn cargo_c() -> Result<(), String> {
    let program = tools::cargo_program_of("cargo-c", "cargo-cinstall", CARGO_C)?;
    let folder = target().join("cargo-c");
    folder::remove(&folder)?;
    let destdir = folder.join("root");
    let mut install =
        command(&program, &["cinstall", "--locked", "--package", "defender-auth-ffi", "--profile", "dist"]);
    install.args(["--no-default-features", "--features", "std", "--prefix", "/usr", "--libdir", "/usr/lib/multiarch"]);
    run({
        install.arg("--destdir").arg(&destdir);
        install
    })?;

    let lib = destdir.join("usr/lib/multiarch");
    let major = env!("CARGO_PKG_VERSION").split('.').next().unwrap_or_default();
    let named = format!("libdefenderauth.so.{major}");
    for file in ["libdefenderauth.so", &named, "libdefenderauth.a", "../../include/defenderauth.h"] {
        if !lib.join(file).is_file() {
            return Err(format!("cargo-c did not install {file} in {}", lib.display()));
        }
    }
    without_gcc_s(&lib.join("pkgconfig/defenderauth.pc"))?;
    link(&folder, &destdir, &lib, "shared", &[])?;
    link(&folder, &destdir, &lib, "static", &["-static"])
}

/// What the compiler names for a shared program: `cc -static` does not find it, and has what it needs elsewhere.
fn without_gcc_s(path: &Path) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("{}: {error}", path.display());
    let text = fs::read_to_string(path).map_err(failed)?;
    fs::write(path, text.replace(" -lgcc_s", "")).map_err(failed)
}

fn link(folder: &Path, destdir: &Path, lib: &Path, name: &str, options: &[&str]) -> Result<(), String> {
    let source = folder.join("agent.c");
    fs::write(&source, PROGRAM).map_err(|error| format!("{}: {error}", source.display()))?;
    let mut flags = command("pkg-config", &["--cflags", "--libs", "defenderauth"]);
    flags.args(options.iter().map(|_| "--static"));
    flags.env("PKG_CONFIG_SYSROOT_DIR", destdir).env("PKG_CONFIG_LIBDIR", lib.join("pkgconfig"));
    let flags = flags.output().map_err(|error| format!("pkg-config: {error}"))?;
    let (program, flags) = (folder.join(name), String::from_utf8_lossy(&flags.stdout).into_owned());
    let mut compile = command("cc", options);
    compile.arg("-o").args([&program, &source]).args(flags.split_whitespace());
    run(compile)?;
    let mut agent = command(&program.display().to_string(), &[]);
    agent.env("LD_LIBRARY_PATH", lib);
    run(agent)
}
