//! The recipe for Yocto and the port for vcpkg, as a release has them, carried out as far as that goes without those systems.

use crate::{
    folder, release,
    run::{cargo, command, root, run, target},
    tools,
};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// The package that has bitbake's parser and fetcher.
const BITBAKE: &str = "bitbake-setup==2.19.0";

/// A program that prints a token, and the project that finds the library by `CMake`.
const PROGRAM: [&str; 2] = ["agent.c", "CMakeLists.txt"];

/// Makes both with their checksums, then builds by each, or by the one that is named, and uses what was built.
pub(crate) fn recipes(options: &[String]) -> Result<(), String> {
    let is_wanted = |name: &str| options.is_empty() || options == [name];
    if !is_wanted("yocto") && !is_wanted("vcpkg") {
        return Err("usage: cargo xtask recipes [yocto | vcpkg]".into());
    }
    let folder = root().join(target()).join("recipes");
    folder::empty(&folder)?;
    release::sources(&folder)?;
    if is_wanted("yocto") {
        yocto(&folder)?;
    }
    if is_wanted("vcpkg") { vcpkg(&folder) } else { Ok(()) }
}

fn yocto(folder: &Path) -> Result<(), String> {
    let python = tools::python("bitbake", "bb", BITBAKE)?;
    let layer = unpacked(folder, "yocto")?;
    copy(&folder.join(release::SOURCE), &layer.join(release::SOURCE))?;
    let downloads = folder.join("crates");
    crates(&downloads)?;
    let work = folder.join("yocto-work");
    folder::empty(&work)?;
    let system = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    let mut follow = command(&python.display().to_string(), &["xtask/tests/recipes/yocto.py"]);
    follow.arg(layer.join(format!("defender-auth_{}.bb", env!("CARGO_PKG_VERSION"))));
    run({
        follow.args([&downloads, &work]).arg(system);
        follow
    })?;

    let usr = work.join("image/usr");
    run(command(&usr.join("bin/defenderauth").display().to_string(), &["--version"]))?;
    let agent = work.join("agent");
    let flags = command("pkg-config", &["--cflags", "--libs", "defenderauth"])
        .env("PKG_CONFIG_LIBDIR", usr.join("lib64/pkgconfig"))
        .output()
        .map_err(|error| format!("pkg-config: {error}"))?;
    let mut compile = command("cc", &["xtask/tests/dist/agent.c", "-o"]);
    run({
        compile.arg(&agent).args(String::from_utf8_lossy(&flags.stdout).split_whitespace());
        compile
    })?;
    let mut agent = command(&agent.display().to_string(), &[]);
    agent.env("LD_LIBRARY_PATH", usr.join("lib64"));
    run(agent)
}

/// Every crate of `Cargo.lock` as it was downloaded: what bitbake would fetch.
fn crates(downloads: &Path) -> Result<(), String> {
    run(cargo(&["fetch", "--locked"]))?;
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(std::env::home_dir()?.join(".cargo"))).ok_or("cargo has no folder")?;
    folder::empty(downloads)?;
    let mut copy = command("sh", &["-euc", "cp --link \"$0\"/registry/cache/*/*.crate \"$1\""]);
    copy.args([&home, downloads]);
    run(copy)
}

fn vcpkg(folder: &Path) -> Result<(), String> {
    let ports = unpacked(folder, "vcpkg")?;
    for (linkage, program) in [("dynamic", "agent"), ("static", "agent-static")] {
        let work = folder.join("vcpkg-work");
        folder::empty(&work)?;
        let mut follow = command("cmake", &[&format!("-DLINKAGE={linkage}")]);
        follow.arg(format!("-DPORT_DIR={}", ports.join("defenderauth").display()));
        follow.arg(format!("-DDOWNLOADS={}", folder.display())).arg(format!("-DWORK={}", work.display()));
        // Both are built in the same folder, so that the second finds what the first has compiled.
        follow.args(["-P", "xtask/tests/recipes/vcpkg.cmake"]).env("CARGO_TARGET_DIR", folder.join("vcpkg-target"));
        // How the library is optimized is no matter of the port.
        follow.env("CARGO_PROFILE_DIST_LTO", "off").env("CARGO_PROFILE_DIST_OPT_LEVEL", "0");
        run(follow)?;

        let project = work.join("project");
        folder::empty(&project)?;
        for file in PROGRAM {
            copy(&root().join("xtask/tests/dist").join(file), &project.join(file))?;
        }
        let build = project.join("build").display().to_string();
        let mut configure = command("cmake", &["-S", &project.display().to_string(), "-B", &build]);
        configure.arg(format!("-DCMAKE_PREFIX_PATH={}", work.join("packages").display()));
        run(configure)?;
        run(command("cmake", &["--build", &build, "--target", program]))?;
        run(command(&format!("{build}/{program}"), &[]))?;
    }
    Ok(())
}

/// What the release has for this system, unpacked.
fn unpacked(folder: &Path, system: &str) -> Result<PathBuf, String> {
    let to = folder.join(system);
    folder::empty(&to)?;
    let mut tar = command("tar", &["--extract", "--directory"]);
    tar.arg(&to).arg("--file").arg(folder.join(format!("defender-auth-{}-{system}.tar.gz", env!("CARGO_PKG_VERSION"))));
    run(tar)?;
    Ok(to)
}

fn copy(from: &Path, to: &Path) -> Result<(), String> {
    fs::copy(from, to).map(drop).map_err(|error| format!("{}: {error}", from.display()))
}
