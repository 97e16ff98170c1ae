//! The command and the C library on other processors, under QEMU; and the command as a program that needs nothing of a system.

mod services;

use crate::{
    auditable, bare_metal, dist, folder,
    run::{cargo, command, root, run, target},
    tools,
};
use services::Services;
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// A processor, and what Debian has for it.
struct Platform {
    target: &'static str,
    /// Of its compiler, of its folder below `/usr`.
    prefix: &'static str,
    qemu: &'static str,
    packages: [&'static str; 3],
}

const PLATFORMS: [Platform; 3] = [
    Platform {
        target: "aarch64-unknown-linux-gnu",
        prefix: "aarch64-linux-gnu",
        qemu: "qemu-aarch64",
        packages: ["gcc-aarch64-linux-gnu", "libc6-dev-arm64-cross", "qemu-user"],
    },
    Platform {
        target: "armv7-unknown-linux-gnueabihf",
        prefix: "arm-linux-gnueabihf",
        qemu: "qemu-arm",
        packages: ["gcc-arm-linux-gnueabihf", "libc6-dev-armhf-cross", "qemu-user"],
    },
    Platform {
        target: "riscv64gc-unknown-linux-gnu",
        prefix: "riscv64-linux-gnu",
        qemu: "qemu-riscv64",
        packages: ["gcc-riscv64-linux-gnu", "libc6-dev-riscv64-cross", "qemu-user"],
    },
];

/// Linked with all that it needs.
const STATIC: &str = "x86_64-unknown-linux-musl";

/// What the program in C prints, on every processor.
const PRINTED: &str = "SharedAccessSignature sr=hub.example%2Fdevices%2Fdev1&\
                       sig=auWxT8W7B6MY17%2F5m8sKq9kQqP4K4%2BCttBLFg5f3t3w%3D&se=1700000000";

/// Builds and runs everything for these targets, or for all.
pub(crate) fn platforms(names: &[String]) -> Result<(), String> {
    let is_known = |name: &String| name == STATIC || PLATFORMS.iter().any(|platform| platform.target == name);
    if let Some(unknown) = names.iter().find(|name| !is_known(name)) {
        let known: Vec<&str> = PLATFORMS.iter().map(|platform| platform.target).chain([STATIC]).collect();
        return Err(format!("{unknown}: there are {}", known.join(", ")));
    }
    let is_wanted = |target: &str| names.is_empty() || names.iter().any(|name| name == target);
    let services = Services::start(root().join(target()).join("platforms/services"))?;
    for platform in PLATFORMS.iter().filter(|platform| is_wanted(platform.target)) {
        platform.check(&services)?;
    }
    if is_wanted(STATIC) {
        let program = static_command()?;
        let folder = scratch(STATIC)?;
        // In a root in which there is nothing else.
        let alone = folder.join("defenderauth");
        fs::copy(&program, &alone).map_err(|error| format!("{}: {error}", program.display()))?;
        use_command(
            &folder,
            || {
                let mut chroot = command("chroot", &[]);
                chroot.arg(&folder).arg("/defenderauth");
                chroot
            },
            Path::new("/"),
            &services,
        )?;
    }
    Ok(())
}

/// The command for any Linux with this processor.
pub(crate) fn static_command() -> Result<PathBuf, String> {
    bare_metal::provide(STATIC)?;
    if !tools::works("musl-gcc", &["--version"]) {
        tools::install(&["musl-tools"])?;
    }
    let options = ["build", "--locked", "--release", "--package", "defender-auth-cli", "--target", STATIC];
    let mut build = auditable::cargo(&options)?;
    // Modules of PKCS#11 are loaded by dlopen, which such a program does not have.
    build.arg("--no-default-features");
    build
        .env("CC_x86_64_unknown_linux_musl", "musl-gcc")
        .env("CARGO_ENCODED_RUSTFLAGS", dist::flags(dist::Standard::Given));
    run(build)?;
    Ok(target().join(STATIC).join("release/defenderauth"))
}

impl Platform {
    fn check(&self, services: &Services) -> Result<(), String> {
        bare_metal::provide(self.target)?;
        let gcc = format!("{}-gcc", self.prefix);
        if !tools::works(&gcc, &["--version"]) || !tools::works(self.qemu, &["--version"]) {
            tools::install(&self.packages)?;
        }
        let mut build = cargo(&["build", "--locked", "--target", self.target]);
        build.args(["--package", "defender-auth-cli", "--package", "defender-auth-ffi"]);
        let upper = self.target.to_uppercase().replace('-', "_");
        run({
            build.env(format!("CARGO_TARGET_{upper}_LINKER"), &gcc);
            build
        })?;

        let (made, folder) = (target().join(self.target).join("debug"), scratch(self.target)?);
        let lib = folder.join("lib");
        fs::create_dir_all(&lib).map_err(|error| format!("{}: {error}", lib.display()))?;
        for name in ["libdefenderauth.so", "libdefenderauth.so.0"] {
            fs::copy(made.join("libdefenderauth.so"), lib.join(name)).map_err(|error| format!("{name}: {error}"))?;
        }
        let agent = folder.join("agent");
        let mut compile = command(&gcc, &["-Iinclude", "xtask/tests/dist/agent.c", "-ldefenderauth"]);
        run({
            compile.arg(format!("-L{}", lib.display())).arg("-o").arg(&agent);
            compile
        })?;
        let said = output(self.emulated().arg("-E").arg(format!("LD_LIBRARY_PATH={}", lib.display())).arg(&agent))?;
        if !said.trim_end().ends_with(PRINTED) {
            return Err(format!("{}: the program in C printed {said}", self.target));
        }
        let program = made.join("defenderauth");
        use_command(
            &folder,
            || {
                let mut command = self.emulated();
                command.arg(&program);
                command
            },
            &folder,
            services,
        )?;
        self.works_after_2038(&program, &folder.join("string"))
    }

    /// A time of C may have 32 bits where a processor has: it ends in January 2038.
    fn works_after_2038(&self, program: &Path, string: &Path) -> Result<(), String> {
        if !tools::works("faketime", &["--version"]) {
            tools::install(&["faketime"])?;
        }
        let mut late = command("faketime", &["2040-01-01 00:00:00", self.qemu, "-L", &self.sysroot()]);
        let said = output(late.arg(program).args(["token", "--ttl", "1h"]).arg(string))?;
        let expiry = said.trim_end().rsplit_once("&se=").and_then(|(_, expiry)| expiry.parse::<u64>().ok());
        if expiry.is_some_and(|expiry| expiry > 1 << 31) {
            return Ok(());
        }
        Err(format!("{}: in the year 2040 the command printed {said}", self.target))
    }

    fn sysroot(&self) -> String {
        format!("/usr/{}", self.prefix)
    }

    fn emulated(&self) -> Command {
        command(self.qemu, &["-L", &self.sysroot()])
    }
}

/// A token, a certificate that is made and checked, and a login. `seen` is the folder as the command sees it.
fn use_command(folder: &Path, program: impl Fn() -> Command, seen: &Path, services: &Services) -> Result<(), String> {
    let string = folder.join("string");
    fs::write(&string, "HostName=hub.example;DeviceId=dev1;SharedAccessKey=a2V5\n")
        .map_err(|error| error.to_string())?;
    let said = output(program().args(["token", "--ttl", "1h"]).arg(seen.join("string")))?;
    if !said.starts_with("SharedAccessSignature sr=hub.example%2Fdevices%2Fdev1&sig=") {
        return Err(format!("the command printed {said}"));
    }
    let made = seen.join("made");
    output(program().args(["certificate", "new", "self-signed", "--device-id", "dev1", "--out-dir"]).arg(&made))?;
    let mut check = program();
    check.args(["certificate", "check", "--device-id", "dev1", "--cert-file"]).arg(made.join("certificate_public.pem"));
    output(check.arg("--key-file").arg(made.join("certificate_private.pem")))?;
    services.admit(folder)?;
    output(services.log_in(&mut program(), seen))?;
    println!("{}: a token, a certificate and a login", folder.display());
    Ok(())
}

/// An empty folder.
fn scratch(name: &str) -> Result<PathBuf, String> {
    let folder = root().join(target()).join("platforms").join(name);
    folder::empty(&folder)?;
    Ok(folder)
}

fn output(command: &mut Command) -> Result<String, String> {
    let shown = format!("{command:?}").replace('"', "");
    let output = command.output().map_err(|error| format!("{shown}: {error}"))?;
    let (said, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    if output.status.success() {
        Ok(said.into_owned())
    } else {
        Err(format!("{shown}: {}\n{said}{errors}", output.status))
    }
}
