//! What is in the DLL and in the static library.

use super::{Installed, output};
use crate::{header, run::root};
use std::{collections::BTreeSet, fs, path::Path};

const OBJDUMP: &str = "x86_64-w64-mingw32-objdump";

/// What every Windows has since version 10 and Server 2016.
const SYSTEM: [&str; 11] = [
    "advapi32",
    "bcrypt",
    "bcryptprimitives",
    "crypt32",
    "kernel32",
    "msvcrt",
    "ntdll",
    "tbs",
    "userenv",
    "wer",
    "ws2_32",
];

/// Its addresses are of 64 bits, it is loaded at any of them, and its data is not executed. Source: the PE format specification,
/// "DLL Characteristics".
const PROTECTED: u32 = 0x0020 | 0x0040 | 0x0100;

pub(super) fn exports(installed: &Installed<'_>) -> Result<(), String> {
    let said = output(OBJDUMP, &["--private-headers"], &installed.dll())?;
    let (_, table) = said.split_once("[Ordinal/Name Pointer] Table").ok_or("the DLL exports nothing")?;
    let lines = table.lines().skip(1).take_while(|line| !line.trim().is_empty());
    let exported: BTreeSet<&str> = lines.filter_map(|line| line.split_whitespace().next_back()).collect();
    let text = fs::read_to_string(header::path()).map_err(|error| error.to_string())?;
    let (_, declarations) = text.split_once("extern \"C\" {").ok_or("the header declares nothing")?;
    let lines = declarations.lines().filter(|line| !line.starts_with(['#', '/', ' ', '}']));
    let declared: BTreeSet<&str> = lines.filter_map(|line| line.split_once('(')?.0.rsplit([' ', '*']).next()).collect();
    let other: Vec<&&str> = exported.symmetric_difference(&declared).collect();
    if other.is_empty() && exported.len() > 100 { Ok(()) } else { Err(format!("not in both: {other:?}")) }
}

pub(super) fn imports(installed: &Installed<'_>) -> Result<(), String> {
    let said = output(OBJDUMP, &["--private-headers"], &installed.dll())?;
    let names = said.lines().filter_map(|line| line.trim().strip_prefix("DLL Name: "));
    let names: BTreeSet<String> = names.map(str::to_lowercase).collect();
    let is_system = |name: &str| {
        name.starts_with("api-ms-win-") || name.strip_suffix(".dll").is_some_and(|name| SYSTEM.contains(&name))
    };
    let others: Vec<&String> = names.iter().filter(|name| !is_system(name)).collect();
    if others.is_empty() && !names.is_empty() { Ok(()) } else { Err(format!("it needs {others:?}")) }
}

pub(super) fn marks(installed: &Installed<'_>) -> Result<(), String> {
    let said = output(OBJDUMP, &["--private-headers"], &installed.dll())?;
    let word = said.lines().find_map(|line| line.strip_prefix("DllCharacteristics"));
    let marks = word.and_then(|word| u32::from_str_radix(word.trim(), 16).ok()).unwrap_or_default();
    if marks & PROTECTED != PROTECTED {
        return Err(format!("its characteristics are {marks:#x}"));
    }
    let bytes = fs::read(installed.dll()).map_err(|error| error.to_string())?;
    let wide = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    for text in ["ProductVersion", env!("CARGO_PKG_VERSION"), "defender-auth"] {
        if !contains(&bytes, &wide(text)) {
            return Err(format!("no {text} is in its resources"));
        }
    }
    for file in [installed.dll(), installed.lib("libdefenderauth.a")] {
        nowhere(&file)?;
    }
    Ok(())
}

/// It does not say where it was built.
fn nowhere(file: &Path) -> Result<(), String> {
    let bytes = fs::read(file).map_err(|error| error.to_string())?;
    let place = root().display().to_string();
    if contains(&bytes, place.as_bytes()) { Err(format!("{} contains {place}", file.display())) } else { Ok(()) }
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

pub(super) fn visible(installed: &Installed<'_>) -> Result<(), String> {
    let symbols = ["--extern-only", "--defined-only", "--print-file-name"];
    let said = output("x86_64-w64-mingw32-nm", &symbols, &installed.lib("libdefenderauth.a"))?;
    // Its other members are import libraries.
    let own = said.lines().filter(|line| line.contains(":defenderauth.o:"));
    let names: Vec<&str> = own.filter_map(|line| line.split_whitespace().next_back()).collect();
    let foreign: Vec<&&str> = names.iter().filter(|name| !name.starts_with("defenderauth_")).collect();
    if foreign.is_empty() && names.len() > 100 { Ok(()) } else { Err(format!("{foreign:?} of {}", names.len())) }
}
