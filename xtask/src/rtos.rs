//! The C programs of `ffi/examples/rtos`: the static library without an operating system, on a Cortex-M4 that QEMU plays.

use crate::{
    bare_metal,
    cortex_m::{Measured, provide_qemu, show, simulated},
    dist,
    run::{command, root, run, target},
    tools,
};
use std::{fs, path::Path};

const TARGET: &str = "thumbv7em-none-eabi";

const COMPILER: &str = "arm-none-eabi-gcc";

/// Debian's packages of the compiler and of its binutils.
const PACKAGES: [&str; 2] = ["gcc-arm-none-eabi", "binutils-arm-none-eabi"];

/// What every program is linked with.
const SHARED: [&str; 3] = ["board.c", "hooks.c", "kernel.c"];

/// What every program has beside what it shows.
const EMPTY: &str = "empty";

/// A program, the features of its library, and what it may add to the flash of the empty one, in bytes: three percent more than
/// was measured last.
const PROGRAMS: [(&str, &str, usize); 3] =
    [("token", "sas", 19_600), ("connection_string", "sas", 56_300), ("device_mode", "flows", 180_400)];

/// Builds the library and the programs, runs each, and shows what each costs.
pub(crate) fn rtos() -> Result<(), String> {
    bare_metal::provide(TARGET)?;
    provide_qemu()?;
    if !tools::works(COMPILER, &["--version"]) {
        tools::install(&PACKAGES)?;
    }
    let folder = target().join("rtos");
    for features in ["sas", "flows"] {
        dist::bare(&root().join(&folder).join(features), TARGET, features)?;
    }
    let (empty, _) = built(&folder, EMPTY, "sas")?;
    let measured = PROGRAMS.map(|(program, features, limit)| Ok((program, limit, built(&folder, program, features)?)));
    show(empty, measured.into_iter().collect::<Result<Vec<_>, String>>()?)
}

/// Compiles a program, and runs it.
fn built(folder: &Path, program: &str, features: &str) -> Result<Measured, String> {
    let sources = root().join("ffi/examples/rtos");
    let library = root().join(folder).join(features);
    fs::create_dir_all(&library).map_err(|error| format!("{}: {error}", library.display()))?;
    let file = library.join(program).display().to_string();
    let mut compile = command(COMPILER, &["-mcpu=cortex-m4", "-mthumb", "-mfloat-abi=soft", "-std=c99", "-Os"]);
    compile.args(["-Wall", "-Wextra", "-Werror", "-ffreestanding", "-ffunction-sections", "-fdata-sections"]);
    // What copies memory must not be compiled to a call of itself.
    compile.args([
        "-fno-tree-loop-distribute-patterns",
        "-nostdlib",
        "-Wl,--gc-sections,-z,noexecstack",
        "-T",
        "memory.ld",
    ]);
    compile.arg(format!("-I{}", library.join("include").display())).args(SHARED).arg(format!("{program}.c"));
    compile.arg(library.join("lib/libdefenderauth.a")).args(["-lgcc", "-o", &file]).current_dir(sources);
    run(compile)?;
    simulated(program, &file)
}
