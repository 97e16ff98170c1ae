//! Everything that the packages contain, in one folder.

use super::{copy, output};
use crate::{
    auditable, dist,
    run::{command, root, run, target},
};
use std::{fs, path::Path};

/// The programs, and what their pages are called.
const PROGRAMS: [(&str, &str); 2] = [
    ("defenderauth", "authentication to Azure IoT Hub and DPS"),
    ("defender-auth-emulator", "loopback emulator of Azure IoT Hub and DPS"),
];

/// Builds it, and returns Debian's name of the architecture.
pub(super) fn stage(folder: &Path) -> Result<String, String> {
    let multiarch = output("dpkg-architecture", &["--query", "DEB_HOST_MULTIARCH"])?;
    let options = [
        ("--prefix", "/usr".to_owned()),
        ("--libdir", format!("lib/{multiarch}")),
        ("--destdir", folder.display().to_string()),
    ];
    dist::dist(&options.into_iter().flat_map(|(name, value)| [name.to_owned(), value]).collect::<Vec<_>>())?;

    let mut build = auditable::cargo(&["build", "--locked", "--release"])?;
    build.args(["--package", "defender-auth-cli", "--package", "defender-auth-emulator"]);
    build.env("CARGO_ENCODED_RUSTFLAGS", dist::flags(dist::Standard::Given));
    run(build)?;
    for (name, page) in PROGRAMS {
        let program = target().join("release").join(name);
        copy(&program, &folder.join("usr/bin").join(name))?;
        let manual = folder.join("usr/share/man/man1");
        fs::create_dir_all(&manual).map_err(|error| format!("{}: {error}", manual.display()))?;
        let mut help = command("help2man", &["--no-info", "--name", page, "--output"]);
        help.arg(manual.join(format!("{name}.1"))).arg(&program);
        run(help)?;
    }
    copy(&root().join("emulator/sample.toml"), &folder.join("etc/defenderauth-emulator.toml"))?;
    output("dpkg-architecture", &["--query", "DEB_HOST_ARCH"])
}
