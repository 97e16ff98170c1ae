//! The standard library below the C library: the toolchain's, one that is built for size, or none.

use crate::{
    run::{cargo, command, run},
    tools,
};
use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// Debian's compiler, whose package `rust-web-src` has the source of its standard library.
const DEBIAN: &str = "/usr/bin";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standard {
    /// As the toolchain brings it: it reads debug information for backtraces.
    Given,
    /// Built with the library, for size and without backtraces. It unwinds, so that a panic is still a result.
    Small,
    /// None: for bare metal.
    Absent,
    /// None, and what is below it, `core` and `alloc`, is built with the library for size. A panic does not say where it was.
    AbsentSmall,
}

/// Features of the C library that do without the standard library.
const BARE: [&str; 5] = ["sas", "device-mode", "flows", "messages", "twin"];

impl Standard {
    /// What sizes are recorded under.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Given => "dist",
            Self::Small => "small",
            Self::Absent => "bare",
            Self::AbsentSmall => "bare small",
        }
    }

    /// Whether the library is for bare metal.
    pub(super) fn is_absent(self) -> bool {
        matches!(self, Self::Absent | Self::AbsentSmall)
    }

    /// Flags of the compiler.
    pub(super) fn flags(self) -> &'static [&'static str] {
        // SHA-256 as a loop: 7 KB less of flash, and slower.
        const COMPACT: &str = "--cfg=sha2_backend_soft=\"compact\"";
        match self {
            Self::Given | Self::Small => &[],
            Self::Absent => &[COMPACT],
            Self::AbsentSmall => &[COMPACT, "-Zlocation-detail=none"],
        }
    }

    /// Whether these features can be built with it.
    pub(super) fn check(self, features: &str) -> Result<(), String> {
        let needs = |feature: &&str| self.is_absent() && !BARE.contains(feature);
        match features.split(',').find(needs) {
            Some(feature) => Err(format!(
                "{feature}: this feature needs the standard library; without it there are {}",
                BARE.join(", ")
            )),
            None => Ok(()),
        }
    }

    /// The names of the features for cargo.
    pub(crate) fn features(self, features: &str) -> String {
        let chosen = if features == "sas" { "" } else { features };
        let standard = if self.is_absent() { "" } else { "std" };
        [standard, chosen].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(",")
    }

    /// Cargo, with what makes this standard library.
    pub(super) fn cargo(self, arguments: &[&str], target: Option<&str>) -> Result<Command, String> {
        let options: &[&str] = match self {
            Self::Given | Self::Absent => return Ok(cargo(arguments)),
            // `core` is part of every token, and small.
            Self::Small => &[
                "-Zbuild-std=std,panic_unwind",
                "-Zbuild-std-features=panic-unwind",
                "--config=profile.dist.package.core.opt-level=3",
            ],
            Self::AbsentSmall => {
                &["-Zbuild-std=core,alloc", "-Zbuild-std-features=compiler-builtins-mem,optimize_for_size"]
            }
        };
        let mut build = match source()? {
            Source::Own => cargo(arguments),
            Source::Debian => {
                let mut build = command(&format!("{DEBIAN}/cargo"), arguments);
                build.env("RUSTC", format!("{DEBIAN}/rustc"));
                build
            }
        };
        // Unstable options of cargo, with a stable compiler.
        build.env("RUSTC_BOOTSTRAP", "1").args(options);
        if target.is_none() && std::env::var_os("CARGO_BUILD_TARGET").is_none() {
            // A standard library is built only for a target that is named.
            build.args(["--target", &host()?]);
        }
        Ok(build)
    }
}

/// A compiler that has the source of its standard library.
enum Source {
    Own,
    Debian,
}

fn source() -> Result<Source, String> {
    let own = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".into());
    let rustup =
        || tools::works("rustup", &["--version"]) && run(command("rustup", &["component", "add", "rust-src"])).is_ok();
    if has_source(&own) || (rustup() && has_source(&own)) {
        return Ok(Source::Own);
    }
    if has_source(&format!("{DEBIAN}/rustc")) && Path::new(DEBIAN).join("cargo").is_file() {
        return Ok(Source::Debian);
    }
    Err("the compiler has no source of its standard library; `rustup component add rust-src` brings it, or Debian's packages \
         rustc-web, cargo-web and rust-web-src"
        .into())
}

fn has_source(rustc: &str) -> bool {
    let sysroot = command(rustc, &["--print", "sysroot"]).output();
    sysroot.is_ok_and(|sysroot| {
        let sysroot = PathBuf::from(String::from_utf8_lossy(&sysroot.stdout).trim());
        sysroot.join("lib/rustlib/src/rust/library/std/Cargo.toml").is_file()
    })
}

/// The system that the compiler runs on.
pub(super) fn host() -> Result<String, String> {
    let said = command("rustc", &["-vV"]).output().map_err(|error| format!("rustc: {error}"))?;
    let said = String::from_utf8_lossy(&said.stdout);
    let host = said.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).ok_or_else(|| "rustc does not say what it runs on".into())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::Standard;

    #[test]
    fn without_the_standard_library_only_features_without_files_and_sockets_can_be_built() {
        assert!(["sas", "flows", "flows,twin"].iter().all(|features| Standard::Absent.check(features).is_ok()));
        for features in ["full", "tpm", "flows,https", ""] {
            assert!(Standard::Absent.check(features).is_err(), "{features}");
            assert!(Standard::Small.check(features).is_ok());
        }
    }

    #[test]
    fn sas_is_no_feature_and_the_standard_library_is_one() {
        assert_eq!(Standard::Given.features("sas"), "std");
        assert_eq!(Standard::Small.features("tpm,flows"), "std,tpm,flows");
        assert_eq!(Standard::Absent.features("sas"), "");
    }
}
