//! The C programs of `ffi/examples/rtos`: the static library without an operating system, on a Cortex-M4 that QEMU plays.

use crate::{
    bare_metal,
    cortex_m::{Measured, Memory, provide_qemu, show, simulated},
    dist::{self, Standard},
    run::{command, root, run, target},
    size::Recorded,
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

/// A program, and the features of its library.
const PROGRAMS: [(&str, &str); 3] = [("token", "sas"), ("connection_string", "sas"), ("device_mode", "device-mode")];

/// Builds the library and the programs, runs each, and shows what each costs. None may cost more than was recorded for it
/// (`cargo xtask size`). With `--small`, `core` and `alloc` are built for size too.
pub(crate) fn rtos(options: &[String]) -> Result<(), String> {
    let standard = match options {
        [] => Standard::Absent,
        [option] if option == "--small" => Standard::AbsentSmall,
        _ => return Err(format!("{options:?}: `--small` is the only option")),
    };
    let recorded = Recorded::read()?;
    let (empty, programs) = measured(standard)?;
    let limit = |program: &str| {
        let limit = recorded.limit(&name(standard, program));
        limit.and_then(|limit| usize::try_from(limit).ok()).ok_or_else(|| format!("{program}: no size is recorded"))
    };
    let programs = programs.into_iter().map(|(program, _, measured)| Ok((program, limit(program)?, measured)));
    show(empty, programs.collect::<Result<_, String>>()?)
}

/// What the size of a program is recorded under.
pub(crate) fn name(standard: Standard, program: &str) -> String {
    format!("cortex-m4 {} {program}", standard.name())
}

/// Programs, how many bytes each adds to the flash of the empty one, and what it takes and said.
type Programs = Vec<(&'static str, usize, Measured)>;

/// What the empty program takes, and what the others do.
pub(crate) fn measured(standard: Standard) -> Result<(Memory, Programs), String> {
    bare_metal::provide(TARGET)?;
    provide_qemu()?;
    if !tools::works(COMPILER, &["--version"]) {
        tools::install(&PACKAGES)?;
    }
    let folder = target().join("rtos").join(standard.name().replace(' ', "-"));
    for features in ["sas", "device-mode"] {
        dist::bare(&root().join(&folder).join(features), Some(TARGET), features, standard)?;
    }
    let (empty, _) = built(&folder, EMPTY, "sas")?;
    let programs = PROGRAMS.map(|(program, features)| {
        let measured = built(&folder, program, features)?;
        Ok((program, measured.0.flash.saturating_sub(empty.flash), measured))
    });
    Ok((empty, programs.into_iter().collect::<Result<_, String>>()?))
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
