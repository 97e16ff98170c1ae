//! The library as one object, in which nothing is visible but the interface, and the two libraries that are made of it.
//!
//! As cargo makes it, the static library contains the standard library with names that every other static library of Rust has too, and a program
//! cannot be linked with two of them.

use super::{Choice, build::Built};
use crate::run::{command, run};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// What stays visible: the interface, and the references to the routine of unwinding, of which a program keeps one.
const VISIBLE: [&str; 2] = ["defenderauth_*", "DW.ref.*"];

/// On bare metal nothing unwinds, and the library brings what copies memory, weakly: a program that has its own uses that.
const VISIBLE_BARE: [&str; 7] = ["defenderauth_*", "__aeabi_mem*", "memcpy", "memmove", "memset", "memcmp", "bcmp"];

/// What only unwinding needs.
const UNWINDING: [&str; 5] = [".eh_frame*", ".gcc_except_table*", ".data.DW.ref.*", ".ARM.exidx*", ".ARM.extab*"];

/// Sections that no linker needs. Where binutils load a plug-in of LLVM, that takes the object for one of its own because of them.
const BITCODE: [&str; 2] = [".llvmbc", ".llvmcmd"];

/// The version of all symbols, by which a program says which library it was linked with. It goes with the soname.
const VERSIONS: &str = "DEFENDERAUTH_0 { global: defenderauth_*; local: *; };\n";

/// How the shared library is protected: tables that are read-only once it is loaded, all symbols resolved then, and no executable
/// stack. What it needs and no library has is an error here and not in a program.
const LINK: [&str; 6] =
    ["-shared", "-Wl,-z,relro,-z,now,-z,noexecstack,-z,defs", "-Wl,--gc-sections", "-Wl,--as-needed", "-Wl,-O1", "-s"];

/// The object, in a folder of its own.
pub(super) struct Object<'a> {
    pub(super) choice: &'a Choice,
    pub(super) built: &'a Built,
    scratch: PathBuf,
}

impl Drop for Object<'_> {
    fn drop(&mut self) {
        // Left behind, it is only in the way.
        let _ = fs::remove_dir_all(&self.scratch);
    }
}

impl<'a> Object<'a> {
    pub(super) fn new(choice: &'a Choice, built: &'a Built) -> Result<Self, String> {
        // Its own, because several may be installed at once.
        let scratch = built.fixed.with_file_name(format!("object-{}", std::process::id()));
        fs::create_dir_all(&scratch).map_err(|error| format!("{}: {error}", scratch.display()))?;
        let object = Self { choice, built, scratch };
        if choice.is_for_windows() {
            object.join_coff()?;
        } else {
            object.join()?;
        }
        Ok(object)
    }

    pub(super) fn place(&self, name: &str) -> String {
        self.scratch.join(name).display().to_string()
    }

    pub(super) fn file(&self) -> String {
        self.place("defenderauth.o")
    }

    pub(super) fn write(&self, name: &str, text: &str) -> Result<String, String> {
        let file = self.place(name);
        fs::write(&file, text).map_err(|error| format!("{file}: {error}"))?;
        Ok(file)
    }

    /// The functions of the interface, as options for a linker. They are in a file, because they are hundreds.
    pub(super) fn wanted(&self) -> Result<String, String> {
        let options: String = self.exported()?.iter().flat_map(|name| ["--undefined=", name, "\n"]).collect();
        Ok(format!("@{}", self.write("options", &options)?))
    }

    /// The functions of the interface.
    pub(super) fn exported(&self) -> Result<Vec<String>, String> {
        let library = &self.built.fixed;
        let mut names = self.choice.tool("nm");
        names.args(["--plugin", "none", "--extern-only", "--defined-only"]).arg(library);
        let output = names.output().map_err(|error| format!("nm: {error}"))?;
        let text = String::from_utf8_lossy(&output.stdout);
        let names = text.lines().filter_map(|line| line.split_whitespace().nth(2));
        let mut names: Vec<String> =
            names.filter(|name| name.starts_with("defenderauth_")).map(str::to_owned).collect();
        names.sort();
        if names.is_empty() { Err(format!("{}: it exports no functions", library.display())) } else { Ok(names) }
    }

    fn join(&self) -> Result<(), String> {
        let joined = self.place("joined.o");
        let mut linker = self.choice.tool("ld");
        linker.args(["-r", "--gc-sections", "-z", "noexecstack", "-o", &joined]);
        linker.arg(self.wanted()?).arg("--whole-archive").arg(&self.built.fixed);
        run(linker)?;

        let mut hide = self.choice.tool("objcopy");
        hide.args(["--wildcard", "--strip-debug"]);
        hide.args(BITCODE.iter().flat_map(|section| ["--remove-section", section]));
        let visible = if self.choice.standard.is_absent() {
            hide.arg("--strip-unneeded").args(UNWINDING.iter().flat_map(|section| ["--remove-section", section]));
            VISIBLE_BARE.as_slice()
        } else {
            &VISIBLE
        };
        hide.args(visible.iter().flat_map(|name| ["--keep-global-symbol", name]));
        hide.args([&joined, &self.file()]);
        run(hide)
    }

    /// Makes the static library.
    pub(super) fn archive(&self, archive: &Path) -> Result<(), String> {
        if archive.exists() {
            fs::remove_file(archive).map_err(|error| format!("{}: {error}", archive.display()))?;
        }
        // Without times and users, so that two builds are the same.
        let mut ar = self.choice.tool("ar");
        ar.arg("rcsD").arg(archive).arg(self.file());
        run(ar)
    }

    /// Makes the shared library. Cargo's own has no versions: its compiler has a version script already, and a linker takes one.
    pub(super) fn shared(&self, library: &Path, soname: &str) -> Result<(), String> {
        let versions = self.write("versions", VERSIONS)?;
        let mut link = self.choice.tool("gcc");
        link.args(LINK).arg(format!("-Wl,-soname,{soname}")).arg(format!("-Wl,--version-script={versions}"));
        link.arg("-o").arg(library).arg(self.file());
        link.args(self.crates()?);
        link.args(self.built.needed.split_whitespace()).arg("-lgcc_s");
        run(link)
    }
}

impl Choice {
    /// The compiler of C or a program of binutils for the target: with the prefix that `CROSS_COMPILE` names, else the one that Debian gives it.
    pub(super) fn tool(&self, name: &str) -> Command {
        let prefix =
            std::env::var("CROSS_COMPILE").unwrap_or_else(|_| self.target().map_or_else(String::new, |it| prefix(&it)));
        command(&format!("{prefix}{name}"), &[])
    }
}

/// `aarch64-unknown-linux-gnu` has its tools under `aarch64-linux-gnu-`.
fn prefix(target: &str) -> String {
    if target.contains("-none") {
        let arch = if target.starts_with("riscv") { "riscv64-unknown-elf-" } else { "arm-none-eabi-" };
        return if target.starts_with(std::env::consts::ARCH) { String::new() } else { arch.to_owned() };
    }
    if target.ends_with("-windows-gnu") {
        return if cfg!(windows) { String::new() } else { "x86_64-w64-mingw32-".to_owned() };
    }
    let mut parts = target.split('-');
    let arch = match parts.next().unwrap_or_default() {
        own if own == std::env::consts::ARCH => return String::new(),
        "riscv64gc" => "riscv64",
        arm if arm.starts_with("armv7") => "arm",
        other => other,
    };
    let system = parts.next_back().unwrap_or("gnu").replace("musl", "gnu");
    format!("{arch}-linux-{system}-")
}

#[cfg(test)]
mod tests {
    use super::prefix;

    #[test]
    fn tools_of_other_targets_have_the_names_that_debian_gives_them() {
        assert_eq!(prefix(&format!("{}-unknown-linux-gnu", std::env::consts::ARCH)), "");
        for (target, expected) in [
            ("s390x-unknown-linux-gnu", "s390x-linux-gnu-"),
            ("armv7-unknown-linux-gnueabihf", "arm-linux-gnueabihf-"),
            ("armv7-unknown-linux-musleabihf", "arm-linux-gnueabihf-"),
            ("riscv64gc-unknown-linux-gnu", "riscv64-linux-gnu-"),
            ("thumbv7em-none-eabihf", "arm-none-eabi-"),
            ("riscv32imc-unknown-none-elf", "riscv64-unknown-elf-"),
            ("x86_64-pc-windows-gnu", if cfg!(windows) { "" } else { "x86_64-w64-mingw32-" }),
        ] {
            assert_eq!(prefix(target), expected);
        }
    }
}
