//! The ABI that compiled C programs rely on: names, numbers, types and the order of arguments. It is committed as text for
//! people and as XML for `abidiff`, so that no change of it is accidental.

use crate::{
    committed, header,
    run::{command, root, run, target},
};
use std::fs;

/// Writes the ABI of the header, or with `--check` fails when it differs from the committed one.
pub(crate) fn abi(options: &[String]) -> Result<(), String> {
    let header = fs::read_to_string(header::path()).map_err(|error| format!("the header: {error}"))?;
    let promises = promises(&header);
    let folder = root().join("ffi").join("abi");
    committed::write_or_check(&folder.join("defenderauth.txt"), &(promises.join("\n") + "\n"), "abi", options)?;

    let library = stand_in(&promises)?;
    let snapshot = folder.join("defenderauth.abi").display().to_string();
    if options.is_empty() {
        let paths = ["--no-corpus-path", "--no-comp-dir-path", "--no-show-locs", "--no-elf-needed"];
        run(command("abidw", &[paths.as_slice(), &["--out-file", &snapshot, &library]].concat()))
    } else {
        let changed =
            |error| format!("{error}\nif the change is intended, run `cargo xtask abi` and record the reason");
        run(command("abidiff", &[&snapshot, &library])).map_err(changed)
    }
}

/// The header's numbers, types and functions, one on each line, sorted.
fn promises(header: &str) -> Vec<String> {
    let without_comments = header.split("/*").enumerate().map(|(index, part)| match index {
        0 => part,
        _ => part.split_once("*/").map_or("", |(_, code)| code),
    });
    let mut promises = Vec::new();
    let mut begun = String::new();
    for line in without_comments.collect::<String>().lines().map(|line| line.split("//").next().unwrap_or(line)) {
        if let Some(number) = line.strip_prefix("#define ") {
            promises.extend(number.contains(' ').then(|| line.to_owned()));
            continue;
        }
        if line.starts_with('#') || line.contains("extern \"C\"") || (begun.is_empty() && line.trim() == "}") {
            continue;
        }
        begun += if begun.is_empty() { "" } else { " " };
        begun += line.trim();
        let is_whole = begun.ends_with(';') && begun.matches('{').count() == begun.matches('}').count();
        if is_whole {
            promises.push(std::mem::take(&mut begun));
        }
    }
    promises.sort();
    promises.dedup();
    promises
}

/// A library with the header's functions and empty bodies: compiled as C it has the types as C programs see them. A separate
/// test compares its names with the real library's.
fn stand_in(promises: &[String]) -> Result<String, String> {
    let folder = target().join("abi");
    let (source, library) = (folder.join("defenderauth.c"), folder.join("libdefenderauth.so.0"));
    let functions = promises
        .iter()
        .filter(|promise| promise.contains('(') && !promise.starts_with('#') && !promise.starts_with("typedef "));
    let bodies = functions.map(|function| {
        let function = function.trim_start_matches("DEFENDERAUTH_MUST_USE ").trim_end_matches(';');
        format!("{function} {{ abort(); }}\n")
    });
    let text = format!("#include <defenderauth.h>\n#include <stdlib.h>\n{}", bodies.collect::<String>());
    let written = fs::create_dir_all(&folder).and_then(|()| fs::write(&source, text));
    written.map_err(|error| format!("{}: {error}", source.display()))?;
    let (library, include) = (library.display().to_string(), root().join("include").display().to_string());
    let mut compile = command("cc", &["-std=c99", "-g", "-shared", "-fPIC", "-I", &include, "-o", &library]);
    // The paths of this machine do not belong into the snapshot.
    compile.arg("defenderauth.c").arg(format!("-fdebug-prefix-map={include}=include"));
    compile.arg(format!("-fdebug-prefix-map={}=.", folder.display())).current_dir(&folder);
    run(compile)?;
    Ok(library)
}
