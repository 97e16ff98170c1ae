//! The ways in which a program is linked with the library.

use super::{GCC, Installed};
use crate::{
    dist::coff,
    run::{command, run},
};
use std::{fs, path::Path};

const PROGRAM: &str = include_str!("../../../tests/dist/agent.c");
const CMAKE: &str = include_str!("../../../tests/dist/CMakeLists.txt");
const MSVC: &str = include_str!("../../../tests/dist/windows/msvc.c");

/// What the program prints after the version.
const TOKEN: &str = "SharedAccessSignature sr=hub.example%2Fdevices%2Fdev1&\
                     sig=auWxT8W7B6MY17%2F5m8sKq9kQqP4K4%2BCttBLFg5f3t3w%3D&se=1700000000";

/// Runs the program, with the DLL beside it or without.
fn works(installed: &Installed<'_>, program: &Path, with_dll: bool) -> Result<(), String> {
    let folder = program.parent().unwrap_or(program);
    if with_dll {
        installed.with_dll(folder)?;
    }
    let said = installed.run(program, &[])?.done()?;
    let expected = format!("{} {TOKEN}\n", env!("CARGO_PKG_VERSION"));
    if said == expected { Ok(()) } else { Err(format!("{} printed {said}", program.display())) }
}

pub(super) fn pkg_config(installed: &Installed<'_>) -> Result<(), String> {
    for (name, options, is_shared) in [("shared", &[][..], true), ("static", &["--static"], false)] {
        let folder = installed.source(name, "agent.c", PROGRAM)?;
        let mut compile = command(GCC, &["agent.c", "-o", "agent.exe"]);
        compile.args((!is_shared).then_some("-static")).args(installed.flags(options)?);
        run({
            compile.current_dir(&folder);
            compile
        })?;
        works(installed, &folder.join("agent.exe"), is_shared)?;
    }
    Ok(())
}

pub(super) fn cmake(installed: &Installed<'_>) -> Result<(), String> {
    let folder = installed.source("cmake", "agent.c", PROGRAM)?;
    fs::write(folder.join("CMakeLists.txt"), CMAKE).map_err(|error| error.to_string())?;
    let mut configure = command("cmake", &["-S", ".", "-B", "build", "-DCMAKE_SYSTEM_NAME=Windows"]);
    configure.arg(format!("-DCMAKE_C_COMPILER={GCC}"));
    configure.arg(format!("-DCMAKE_PREFIX_PATH={}", installed.prefix.display()));
    let mut build = command("cmake", &["--build", "build"]);
    for command in [&mut configure, &mut build] {
        let output = command.current_dir(&folder).output().map_err(|error| format!("cmake: {error}"))?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned());
        }
    }
    // The static one first, while no DLL is there.
    works(installed, &folder.join("build/agent-static.exe"), false)?;
    works(installed, &folder.join("build/agent.exe"), true)
}

pub(super) fn lib(installed: &Installed<'_>) -> Result<(), String> {
    let folder = installed.source("lib", "agent.c", PROGRAM)?;
    let library = installed.lib("defenderauth.lib").display().to_string();
    installed.compile(&folder, &["agent.c", &library, "-o", "agent.exe"])?;
    works(installed, &folder.join("agent.exe"), true)
}

/// With a compiler for MSVC's interface and a linker that reads its options. There is no C runtime of Microsoft's here: the
/// program does without one.
pub(super) fn msvc(installed: &Installed<'_>) -> Result<(), String> {
    let folder = installed.source("msvc", "agent.c", MSVC)?;
    let definitions = "LIBRARY \"kernel32.dll\"\nEXPORTS\n    ExitProcess\n    GetStdHandle\n    WriteFile\n";
    fs::write(folder.join("kernel32.def"), definitions).map_err(|error| error.to_string())?;
    let mut compile = command("clang", &["--target=x86_64-pc-windows-msvc", "-ffreestanding", "-fno-builtin", "-O1"]);
    compile.args(["-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-c", "agent.c", "-o", "agent.obj"]);
    compile.arg(format!("-I{}", installed.prefix.join("include").display()));
    let mut system = coff::linker()?;
    system.args(["/lib", "/machine:x64", "/def:kernel32.def", "/out:kernel32.lib"]);
    let mut link = coff::linker()?;
    link.args(["/nodefaultlib", "/entry:start", "/subsystem:console", "/out:agent.exe", "agent.obj", "kernel32.lib"]);
    link.arg(format!("/libpath:{}", installed.prefix.join("lib").display())).arg("defenderauth.lib");
    for mut command in [compile, system, link] {
        command.current_dir(&folder);
        run(command)?;
    }
    works(installed, &folder.join("agent.exe"), true)
}

pub(super) fn header(installed: &Installed<'_>) -> Result<(), String> {
    let folder = installed.source("header", "agent.c", PROGRAM)?;
    let include = format!("-I{}", installed.prefix.join("include").display());
    let languages = [("gcc", "c", ["c90", "c99", "c11"]), ("g++", "c++", ["c++11", "c++17", "c++20"])];
    for (compiler, language, standards) in languages {
        for standard in standards {
            let mut compile = command(&format!("x86_64-w64-mingw32-{compiler}"), &["-x", language, "-c"]);
            compile.args([&format!("-std={standard}"), "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Werror"]);
            compile.args([&*include, "-o", "agent.o", "agent.c"]).current_dir(&folder);
            run(compile)?;
        }
    }
    Ok(())
}
