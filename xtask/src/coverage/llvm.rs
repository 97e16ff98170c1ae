//! The programs of LLVM that read what an instrumented program has counted.

use crate::{run::command, tools};
use std::path::{Path, PathBuf};

/// Where they are.
pub(crate) struct Llvm {
    pub(crate) cov: PathBuf,
    pub(crate) profdata: PathBuf,
}

/// Rustup's or Debian's, and of the compiler's own version: they read no later one's counts.
pub(crate) fn llvm() -> Result<Llvm, String> {
    let about = rustc(&["--version", "--verbose"])?;
    let fact = |name: &str| about.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
    let (host, version) = (fact("host: "), fact("LLVM version: "));
    let package = format!("llvm-{}", version.split('.').next().unwrap_or(version));
    let folders = [
        Path::new(&rustc(&["--print", "sysroot"])?).join("lib/rustlib").join(host).join("bin"),
        Path::new("/usr/lib").join(&package).join("bin"),
    ];
    if let Some(llvm) = found(&folders) {
        return Ok(llvm);
    }
    let advice = format!("coverage needs rustup's component llvm-tools or the Debian package {package}");
    tools::install(&[&package]).map_err(|error| format!("{advice}: {error}"))?;
    found(&folders).ok_or(advice)
}

fn found(folders: &[PathBuf]) -> Option<Llvm> {
    let folder = folders.iter().find(|folder| folder.join("llvm-cov").is_file())?;
    Some(Llvm { cov: folder.join("llvm-cov"), profdata: folder.join("llvm-profdata") })
}

/// What the compiler says about itself.
fn rustc(arguments: &[&str]) -> Result<String, String> {
    let program = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".into());
    let output = command(&program, arguments).output().map_err(|error| format!("{program}: {error}"))?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
