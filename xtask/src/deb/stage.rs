//! Everything that the packages contain, in one folder.

use super::{copy, output};
use crate::{
    auditable, command_docs, dist,
    run::{root, run, target},
};
use std::{fs, path::Path, process::Command};

const COMMAND: &str = "defenderauth";
const EMULATOR: &str = "defender-auth-emulator";
/// For the command's `stay`.
const UNIT: &str = "defenderauth-stay@.service";

/// Where `cargo xtask command-docs` puts the pages and completions of the command, and where Debian looks for them.
const DOCS: [(&str, &str); 4] = [
    ("man", "usr/share/man/man1"),
    ("completions/bash", "usr/share/bash-completion/completions"),
    ("completions/zsh", "usr/share/zsh/vendor-completions"),
    ("completions/fish", "usr/share/fish/vendor_completions.d"),
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
    for name in [COMMAND, EMULATOR] {
        copy(&target().join("release").join(name), &folder.join("usr/bin").join(name))?;
    }
    manuals(folder)?;
    copy(&root().join("emulator/sample.toml"), &folder.join("etc/defenderauth-emulator.toml"))?;
    copy(&root().join("examples/systemd").join(UNIT), &folder.join("lib/systemd/system").join(UNIT))?;
    output("dpkg-architecture", &["--query", "DEB_HOST_ARCH"])
}

/// The pages and completions of the programs that are staged: a page must not describe an option that its program lacks.
fn manuals(folder: &Path) -> Result<(), String> {
    let programs = folder.join("usr/bin");
    let docs = folder.with_file_name("command-docs");
    command_docs::write_from(&docs, || Command::new(programs.join(COMMAND)))?;
    for (from, to) in DOCS {
        let to = folder.join(to);
        fs::create_dir_all(&to).map_err(|error| format!("{}: {error}", to.display()))?;
        copy(&docs.join(from).join("."), &to)?;
    }
    let page = folder.join("usr/share/man/man1").join(format!("{EMULATOR}.1"));
    let text = output(&programs.join(EMULATOR).display().to_string(), &["--man"])?;
    fs::write(&page, text + "\n").map_err(|error| format!("{}: {error}", page.display()))
}
