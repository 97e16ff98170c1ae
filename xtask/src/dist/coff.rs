//! The library for Windows as one object, and the static library that is made of it.
//!
//! Import libraries stay members of their own: a linker sorts the parts of import tables by the names of the members that they come from.

use super::{archive, object::Object, standard};
use crate::run::{command, run};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// The linker fills in a field of a program's header where it sees this name, which one object does not have. It is kept from it.
const TLS: &str = "_tls_used";

/// What else has no place in a library: bitcode, and options for the linker.
const SECTIONS: [&str; 3] = [".llvmbc", ".llvmcmd", ".drectve"];

impl Object<'_> {
    /// Makes the object.
    pub(super) fn join_coff(&self) -> Result<(), String> {
        let code = self.place("code.a");
        self.of_archive(false, |members| fs::write(&code, archive::write(members)))?;
        self.index(Path::new(&code))?;

        let joined = self.place("joined.o");
        let mut linker = self.choice.tool("ld");
        linker.args(["-r", &format!("--wrap={TLS}"), "-o", &joined, &self.wanted()?, &code]);
        run(linker)?;
        let mut hide = self.choice.tool("objcopy");
        hide.args(["--wildcard", "--strip-debug", "--keep-global-symbol", "defenderauth_*"]);
        hide.arg(format!("--redefine-sym=__wrap_{TLS}={TLS}"));
        hide.args(SECTIONS.iter().flat_map(|section| ["--remove-section", section]));
        hide.args([&joined, &self.file()]);
        run(hide)
    }

    /// Makes the static library.
    pub(super) fn archive_coff(&self, library: &Path) -> Result<(), String> {
        let object = fs::read(self.file()).map_err(|error| format!("{}: {error}", self.file()))?;
        self.of_archive(true, |imports| {
            let own = ("defenderauth.o".to_owned(), object.as_slice());
            fs::write(library, archive::write(&[&[own], imports].concat()))
        })?;
        self.index(library)
    }

    /// What cargo made: its import libraries, or all but these.
    fn of_archive(
        &self,
        imports: bool,
        then: impl FnOnce(&[archive::Member<'_>]) -> std::io::Result<()>,
    ) -> Result<(), String> {
        let failed = |reason: &dyn std::fmt::Display| format!("{}: {reason}", self.built.fixed.display());
        let bytes = fs::read(&self.built.fixed).map_err(|error| failed(&error))?;
        let members = archive::read(&bytes).ok_or_else(|| failed(&"this is not an archive"))?;
        let wanted = members.into_iter().filter(|(_, object)| archive::is_import(object) == imports);
        then(&wanted.collect::<Vec<_>>()).map_err(|error| failed(&error))
    }

    /// Adds the table of symbols, without the plug-ins of compilers that may be installed for it.
    fn index(&self, library: &Path) -> Result<(), String> {
        let mut ranlib = self.choice.tool("ranlib");
        ranlib.args(["-D", "--plugin", "none"]).arg(library);
        run(ranlib)
    }

    /// Makes the DLL, and for linkers its import libraries and the list of its functions.
    pub(super) fn dll(&self, dll: &Path, lib: &Path, resource: &str) -> Result<(), String> {
        let definitions = lib.join("defenderauth.def");
        let text = format!("LIBRARY \"defenderauth.dll\"\nEXPORTS\n    {}\n", self.exported()?.join("\n    "));
        fs::write(&definitions, text).map_err(|error| format!("{}: {error}", definitions.display()))?;

        let (source, compiled) = (self.write("version.rc", resource)?, self.place("version.o"));
        let mut compile = self.choice.tool("windres");
        compile.args([&source, &compiled]);
        run(compile)?;
        let mut link = self.choice.tool("gcc");
        // The order of import tables depends on the path of the archive: here it has none.
        let dll = std::path::absolute(dll).map_err(|error| format!("{}: {error}", dll.display()))?;
        link.current_dir(lib).args(LINK).arg("-o").arg(dll).arg("defenderauth.def");
        link.args([&self.file(), &compiled, "libdefenderauth.a"]);
        link.args(self.crates()?).args(self.built.needed.split_whitespace());
        run(link)?;

        // By their names alone, which become those of their members.
        let mut import = self.choice.tool("dlltool");
        import.current_dir(lib).args(["--deterministic-libraries", "--input-def", "defenderauth.def"]);
        import.args(["--output-lib", "libdefenderauth.dll.a"]);
        run(import)?;
        let mut import = linker()?;
        import.current_dir(lib).args(["/lib", "/machine:x64", "/def:defenderauth.def", "/out:defenderauth.lib"]);
        run(import)
    }
}

/// How the DLL is protected: it is loaded at any address of 64 bits, and its data is not executed. It contains its part of the
/// compiler's library, and neither a time nor an address that depends on where it was made.
const LINK: [&str; 6] = [
    "-shared",
    "-static-libgcc",
    "-Wl,--dynamicbase,--high-entropy-va,--nxcompat",
    "-Wl,--no-insert-timestamp,--disable-auto-image-base",
    "-Wl,--gc-sections",
    "-s",
];

/// A linker with the options of Microsoft's, which also makes import libraries in their form: the compiler's own, or LLVM's.
pub(super) fn linker() -> Result<Command, String> {
    let sysroot = command("rustc", &["--print", "sysroot"]).output().map_err(|error| format!("rustc: {error}"))?;
    let sysroot = PathBuf::from(String::from_utf8_lossy(&sysroot.stdout).trim());
    let name = format!("rust-lld{}", std::env::consts::EXE_SUFFIX);
    let own = sysroot.join("lib/rustlib").join(standard::host()?).join("bin").join(name);
    Ok(if own.is_file() { command(&own.display().to_string(), &["-flavor", "link"]) } else { command("lld-link", &[]) })
}
