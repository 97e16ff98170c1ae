//! The packages in a root with nothing of this tree: installed, used, removed.

use super::PACKAGES;
use crate::run::{command, root, run};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// What a program in C is built with, what one of the command's needs, and what reads the units and runs what they start.
const TOOLS: &str = "gcc,libc6-dev,pkg-config,cmake,make,ca-certificates,systemd,iproute2";

/// They run in the root, and know the packages only.
const SCRIPTS: [(&str, &str); 2] =
    [("check.sh", include_str!("clean_root.sh")), ("services.sh", include_str!("services.sh"))];

/// Makes the root, and runs the script in it.
pub(super) fn check(folder: &Path, packages: &[PathBuf]) -> Result<(), String> {
    let clean = folder.join("root");
    let mut make = command("mmdebstrap", &["--variant=minbase", "--mode=root", &format!("--include={TOOLS}")]);
    make.args(["bookworm".as_ref(), clean.as_os_str()]);
    make.args(sources());
    run(make)?;
    let place = clean.join("packages");
    fs::create_dir_all(&place).map_err(|error| format!("{}: {error}", place.display()))?;
    let here = root().join("xtask/tests/dist");
    for file in packages.iter().cloned().chain([here.join("agent.c"), here.join("CMakeLists.txt")]) {
        let to = place.join(file.file_name().unwrap_or_default());
        fs::copy(&file, &to).map_err(|error| format!("{}: {error}", file.display()))?;
    }
    for (name, script) in SCRIPTS {
        fs::write(place.join(name), script).map_err(|error| format!("{name}: {error}"))?;
    }
    // A network of its own: the units have fixed ports.
    let mut check = command("unshare", &["--net", "chroot"]);
    check.arg(&clean).args(["sh", "-eux", "/packages/check.sh"]).args(PACKAGES);
    run(check)?;
    fs::remove_dir_all(&clean).map_err(|error| format!("{}: {error}", clean.display()))
}

/// This system's own sources of packages, where it has them in one file.
fn sources() -> Option<&'static Path> {
    Some(Path::new("/etc/apt/sources.list.d/debian.sources")).filter(|path| path.is_file())
}
