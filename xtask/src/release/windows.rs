//! What a program or a person on Windows needs, in one archive: the command, the emulator, and the C library.

use super::{archive, copy, staging};
use crate::{
    auditable, bare_metal, dist,
    run::{command, root, run, target},
    tools,
};
use std::{path::Path, process::Command};

/// The programs and the packages that they are of.
const PROGRAMS: [(&str, &str); 2] =
    [("defenderauth", "defender-auth-cli"), ("defender-auth-emulator", "defender-auth-emulator")];

/// Neither a time nor an address that depends on where a program was made.
const LINK: &str = "-Clink-arg=-Wl,--no-insert-timestamp,--disable-auto-image-base";

pub(super) fn windows(folder: &Path) -> Result<(), String> {
    bare_metal::provide(dist::WINDOWS)?;
    if !tools::works("x86_64-w64-mingw32-gcc", &["--version"]) {
        tools::install(&["gcc-mingw-w64-x86-64"])?;
    }
    let name = format!("defender-auth-{}-{}", env!("CARGO_PKG_VERSION"), dist::WINDOWS);
    let parent = staging("windows")?;
    let inside = parent.join(&name);
    let options = ["--target", dist::WINDOWS, "--auditable", "--prefix", &inside.display().to_string()];
    let mut library = command(&this()?, &["dist", "--features", "full"]);
    run({
        library.args(options).env_remove("DESTDIR");
        library
    })?;
    run(programs()?)?;
    for (program, _) in PROGRAMS {
        let file = format!("{program}.exe");
        let made = root().join(target()).join(dist::WINDOWS).join("release").join(&file);
        copy(&made, &inside.join("bin").join(&file))?;
    }
    for file in ["LICENSE-APACHE", "LICENSE-MIT"] {
        copy(&root().join(file), &inside.join(file))?;
    }
    archive::zip(&parent, &name, &folder.join(format!("{name}.zip")))
}

/// The path of this program: what the caller's environment sets for one installation is removed for another.
fn this() -> Result<String, String> {
    let this = std::env::current_exe().map_err(|error| format!("xtask: {error}"))?;
    Ok(this.display().to_string())
}

fn programs() -> Result<Command, String> {
    let mut build = auditable::cargo(&["build", "--locked", "--release", "--target", dist::WINDOWS])?;
    build.args(PROGRAMS.iter().flat_map(|(_, package)| ["--package", package]));
    let flags = format!("{}\x1f{LINK}", dist::flags(dist::Standard::Given));
    build.env("CARGO_ENCODED_RUSTFLAGS", flags).env("CARGO_PROFILE_RELEASE_STRIP", "symbols");
    Ok(build)
}
