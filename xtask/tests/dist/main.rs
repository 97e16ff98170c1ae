//! The package of the C library: a program of C finds it, is linked with it and needs nothing else.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

const PROGRAM: &str = include_str!("agent.c");
const BARE: &str = include_str!("bare.c");
const CMAKE: &str = include_str!("CMakeLists.txt");
const OTHER: &str = include_str!("other.rs");

/// What the C runtime brings: nobody has to install it.
const RUNTIME: [&str; 5] = ["libc.so.6", "libm.so.6", "libgcc_s.so.1", "ld-linux", "linux-vdso"];

fn output(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let (out, error) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?}:\n{out}\n{error}");
    out.into_owned()
}

/// An empty folder.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    if folder.exists() {
        fs::remove_dir_all(&folder).unwrap();
    }
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// The place where the smallest of the libraries is installed, once for all tests.
fn prefix() -> &'static Path {
    static PREFIX: OnceLock<PathBuf> = OnceLock::new();
    PREFIX.get_or_init(|| {
        let prefix = folder("prefix");
        let mut dist = Command::new(env!("CARGO_BIN_EXE_xtask"));
        output(dist.args(["dist", "--features", "sas", "--prefix"]).arg(&prefix).env_remove("DESTDIR"));
        prefix
    })
}

/// A folder with the program in it, and nothing else.
fn agent(name: &str) -> PathBuf {
    let folder = folder(name);
    fs::write(folder.join("agent.c"), PROGRAM).unwrap();
    folder
}

fn pkg_config(arguments: &[&str]) -> Vec<String> {
    let mut command = Command::new("pkg-config");
    command.args(arguments).arg("defenderauth").env("PKG_CONFIG_PATH", prefix().join("lib/pkgconfig"));
    output(&mut command).split_whitespace().map(str::to_owned).collect()
}

fn compiled(folder: &Path, arguments: &[String]) -> PathBuf {
    output(Command::new("cc").current_dir(folder).args(["-o", "agent", "agent.c"]).args(arguments));
    folder.join("agent")
}

/// Runs the program; it says the version and a token.
fn assert_works(program: &Path) {
    let said = output(Command::new(program).env("LD_LIBRARY_PATH", prefix().join("lib")));
    let (version, token) = said.split_once(' ').unwrap();
    assert_eq!(version, env!("CARGO_PKG_VERSION"));
    assert!(token.starts_with("SharedAccessSignature sr=hub.example%2Fdevices%2Fdev1&sig="), "{token}");
    assert!(token.trim_end().ends_with("&se=1700000000"), "{token}");
}

/// The libraries that it is loaded with.
fn loaded(program: &Path) -> Vec<String> {
    let said = output(Command::new("ldd").arg(program).env("LD_LIBRARY_PATH", prefix().join("lib")));
    said.lines().map(|line| line.trim().to_owned()).collect()
}

fn is_runtime(library: &str) -> bool {
    RUNTIME.iter().any(|known| library.contains(known))
}

#[test]
#[ignore = "needs gcc, pkg-config and binutils"]
fn a_program_is_linked_by_pkg_config() {
    let program = compiled(&agent("by-pkg-config"), &pkg_config(&["--cflags", "--libs"]));
    assert_works(&program);
    assert!(loaded(&program).iter().any(|library| library.starts_with("libdefenderauth.so.0 => ")));
}

#[test]
#[ignore = "needs gcc, pkg-config and binutils"]
fn a_program_is_linked_statically_by_pkg_config() {
    let mut arguments = vec!["-static".to_owned()];
    arguments.extend(pkg_config(&["--static", "--cflags", "--libs"]));
    assert_works(&compiled(&agent("static-by-pkg-config"), &arguments));
}

#[test]
#[ignore = "needs gcc and binutils"]
fn a_program_is_linked_with_a_second_static_library_of_rust_in_either_order() {
    let folder = agent("two-of-rust");
    fs::write(folder.join("other.rs"), OTHER).unwrap();
    let rustc = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".into());
    output(Command::new(rustc).current_dir(&folder).args(["--edition=2024", "--crate-type=staticlib", "other.rs"]));
    let program = PROGRAM.replace("int main(void)", "extern size_t other_length(void);\n\nint main(void)");
    let program = program.replacen("{\n", "{\n    if (other_length() != 4)\n        return 9;\n", 1);
    fs::write(folder.join("agent.c"), program).unwrap();
    let ours = prefix().join("lib/libdefenderauth.a").display().to_string();
    for order in [["libother.a", &*ours], [&*ours, "libother.a"]] {
        let mut arguments = vec![format!("-I{}", prefix().join("include").display())];
        arguments.extend(order.map(str::to_owned));
        arguments.extend(["-lpthread", "-ldl", "-lm"].map(str::to_owned));
        assert_works(&compiled(&folder, &arguments));
    }
}

#[test]
#[ignore = "needs binutils"]
fn in_the_static_library_nothing_is_visible_but_the_interface() {
    let archive = prefix().join("lib/libdefenderauth.a");
    let names = output(Command::new("nm").args(["--extern-only", "--defined-only", "--format=posix"]).arg(&archive));
    let names: Vec<&str> = names.lines().filter(|line| !line.ends_with(':') && !line.is_empty()).collect();
    assert!(names.len() > 100, "{names:?}");
    let foreign = names.iter().find(|name| !name.starts_with("defenderauth_") && !name.starts_with("DW.ref."));
    assert_eq!(foreign, None);
}

#[test]
#[ignore = "needs binutils"]
fn the_library_of_a_named_target_is_installed_and_no_older_one() {
    let said = output(Command::new("rustc").arg("-vV"));
    let host = said.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    let prefix = folder("named-target");
    let mut dist = Command::new(env!("CARGO_BIN_EXE_xtask"));
    dist.args(["dist", "--features", "sas", "--libdir", "lib/multiarch", "--prefix"]).arg(&prefix);
    // As a distribution's build sets it, in a target folder that already has libraries of another build.
    let said = output(dist.env("CARGO_BUILD_TARGET", host).env_remove("DESTDIR"));
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let of_target = target.join(host).join("dist/libdefenderauth.a").display().to_string();
    assert!(said.contains(&format!("--whole-archive {of_target}")), "{said}");
    let mut flags = Command::new("pkg-config");
    flags.args(["--libs", "defenderauth"]).env("PKG_CONFIG_PATH", prefix.join("lib/multiarch/pkgconfig"));
    let flags = output(&mut flags);
    let folder = flags.split_whitespace().find_map(|flag| flag.strip_prefix("-L")).unwrap();
    assert_eq!(fs::canonicalize(folder).unwrap(), fs::canonicalize(prefix.join("lib/multiarch")).unwrap());
}

#[test]
#[ignore = "needs gcc, pkg-config and binutils"]
fn an_installation_that_was_moved_is_found_where_it_is() {
    let moved = folder("moved");
    output(Command::new("cp").arg("-a").arg(prefix()).arg(moved.join("elsewhere")));
    let mut flags = Command::new("pkg-config");
    flags.args(["--static", "--cflags", "--libs", "defenderauth"]);
    let flags = output(flags.env("PKG_CONFIG_PATH", moved.join("elsewhere/lib/pkgconfig")));
    assert!(!flags.contains(prefix().to_str().unwrap()), "{flags}");
    let mut arguments = vec!["-static".to_owned()];
    arguments.extend(flags.split_whitespace().map(str::to_owned));
    assert_works(&compiled(&agent("with-the-moved"), &arguments));
}

#[test]
#[ignore = "needs gcc, cmake and binutils"]
fn programs_are_linked_by_cmake_with_the_shared_and_with_the_static_library() {
    let folder = agent("by-cmake");
    fs::write(folder.join("CMakeLists.txt"), CMAKE).unwrap();
    let path = format!("-DCMAKE_PREFIX_PATH={}", prefix().display());
    output(Command::new("cmake").current_dir(&folder).args(["-S", ".", "-B", "build"]).arg(path));
    output(Command::new("cmake").current_dir(&folder).args(["--build", "build"]));
    let (shared, fixed) = (folder.join("build/agent"), folder.join("build/agent-static"));
    assert_works(&shared);
    assert_works(&fixed);
    assert!(loaded(&fixed).iter().all(|library| is_runtime(library)), "{:?}", loaded(&fixed));
}

#[test]
#[ignore = "needs gcc, cmake and binutils"]
fn cmake_does_not_take_another_major_version() {
    let folder = agent("another-version");
    fs::write(folder.join("CMakeLists.txt"), CMAKE.replace("defenderauth 0.1 ", "defenderauth 1.0 ")).unwrap();
    let path = format!("-DCMAKE_PREFIX_PATH={}", prefix().display());
    let said = Command::new("cmake").current_dir(&folder).args(["-S", ".", "-B", "build"]).arg(path).output().unwrap();
    assert!(!said.status.success());
    assert!(String::from_utf8_lossy(&said.stderr).contains("requested version \"1.0\""));
}

#[test]
#[ignore = "needs binutils and ldd"]
fn the_shared_library_needs_the_c_runtime_alone() {
    let libraries = loaded(&prefix().join("lib/libdefenderauth.so"));
    assert!(!libraries.is_empty());
    assert!(libraries.iter().all(|library| is_runtime(library)), "{libraries:?}");
}

#[test]
#[ignore = "needs binutils"]
fn the_shared_library_has_its_name_and_no_symbols_but_the_exported() {
    let library = prefix().join("lib/libdefenderauth.so.0.2.0");
    let named = output(Command::new("readelf").args(["--dynamic", "--wide"]).arg(&library));
    assert!(named.contains("Library soname: [libdefenderauth.so.0]"), "{named}");
    let sections = output(Command::new("readelf").args(["--sections", "--wide"]).arg(&library));
    assert!(!sections.contains(".symtab") && !sections.contains(".debug_"), "{sections}");
}

#[test]
#[ignore = "needs binutils"]
fn the_shared_library_is_protected_when_it_is_loaded() {
    let library = prefix().join("lib/libdefenderauth.so.0.2.0");
    let said = |option: &str| output(Command::new("readelf").args([option, "--wide"]).arg(&library));
    let segments = said("--segments");
    let segment = |name: &str| segments.lines().find(|line| line.trim_start().starts_with(name));
    assert!(segment("GNU_RELRO").is_some(), "{segments}");
    assert!(segment("GNU_STACK").is_some_and(|line| line.contains(" RW ")), "{segments}");
    assert!(!segments.contains(" RWE "), "{segments}");
    let dynamic = said("--dynamic");
    assert!(dynamic.contains("BIND_NOW") && dynamic.contains("NOW"), "{dynamic}");
    for entry in ["TEXTREL", "RPATH", "RUNPATH"] {
        assert!(!dynamic.contains(entry), "{entry}: {dynamic}");
    }
}

#[test]
#[ignore = "needs gcc, binutils and python3"]
fn an_auditable_library_names_the_crates_that_are_in_it() {
    let place = folder("auditable");
    let mut dist = Command::new(env!("CARGO_BIN_EXE_xtask"));
    output(dist.args(["dist", "--features", "sas", "--auditable", "--prefix"]).arg(&place).env_remove("DESTDIR"));
    let (library, section) = (place.join("lib/libdefenderauth.so"), place.join("crates"));
    let mut copy = Command::new("objcopy");
    output(copy.arg(format!("--dump-section=.dep-v0={}", section.display())).args([&library, &place.join("copy")]));
    let script = "import json, sys, zlib\n\
                  crates = json.loads(zlib.decompress(open(sys.argv[1], 'rb').read()))['packages']\n\
                  assert [it['name'] for it in crates if it.get('root')] == ['defender-auth-ffi']\n\
                  print(*(it['name'] + ' ' + it['source'] for it in crates), sep='\\n')";
    let said = output(Command::new("python3").args(["-c", script]).arg(&section));
    for name in ["defender-auth local", "sha2 crates.io", "zeroize crates.io"] {
        assert!(said.lines().any(|line| line == name), "no {name} in {said}");
    }
    assert!(!said.contains("rustls") && !said.contains("thiserror-impl"), "{said}");
    // It is not loaded, and the library as it is without it has none.
    let sections = |library: &Path| output(Command::new("readelf").args(["--sections", "--wide"]).arg(library));
    assert!(sections(&library).lines().any(|line| line.contains(".dep-v0") && !line.contains(" A ")));
    assert!(!sections(&prefix().join("lib/libdefenderauth.so")).contains(".dep-v0"));
}

#[test]
#[ignore = "needs gcc, pkg-config and binutils"]
fn every_symbol_has_the_version_that_a_program_asks_for() {
    let symbols = |file: &Path, kind: &str| {
        let said = output(Command::new("nm").args(["--dynamic", "--with-symbol-versions", kind]).arg(file));
        said.lines().filter_map(|line| line.split_whitespace().last()).map(str::to_owned).collect::<Vec<_>>()
    };
    let exported = symbols(&prefix().join("lib/libdefenderauth.so"), "--defined-only");
    assert!(exported.len() > 100, "{exported:?}");
    let of_interface =
        exported.iter().filter(|name| *name != "DEFENDERAUTH_0" && *name != "DEFENDERAUTH_0@@DEFENDERAUTH_0");
    for name in of_interface {
        assert!(name.starts_with("defenderauth_") && name.ends_with("@@DEFENDERAUTH_0"), "{name}");
    }
    let program = compiled(&agent("versions"), &pkg_config(&["--cflags", "--libs"]));
    let wanted = symbols(&program, "--undefined-only");
    assert!(wanted.iter().any(|name| name == "defenderauth_sas_token@DEFENDERAUTH_0"), "{wanted:?}");
}

#[test]
#[ignore = "needs binutils"]
fn the_libraries_do_not_say_where_they_were_built() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_str().unwrap();
    for name in ["libdefenderauth.so", "libdefenderauth.a"] {
        let bytes = fs::read(prefix().join("lib").join(name)).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        assert!(text.contains("cargo/registry/src/"), "{name}: panics name no file any more; test it in another way");
        assert!(!text.contains("/.cargo/registry/"), "{name}");
        assert!(!text.contains(root), "{name}");
    }
}

#[test]
#[ignore = "needs binutils"]
fn destdir_stands_before_the_prefix_and_in_no_file() {
    let destdir = folder("destdir");
    let mut dist = Command::new(env!("CARGO_BIN_EXE_xtask"));
    output(dist.args(["dist", "--features", "sas", "--prefix", "/usr"]).env("DESTDIR", &destdir));
    let text = fs::read_to_string(destdir.join("usr/lib/pkgconfig/defenderauth.pc")).unwrap();
    assert!(!text.contains(destdir.to_str().unwrap()), "{text}");
    assert!(destdir.join("usr/include/defenderauth.h").is_file());
}

/// The place where the library without an operating system is installed, once for all tests.
fn bare() -> &'static Path {
    static PREFIX: OnceLock<PathBuf> = OnceLock::new();
    PREFIX.get_or_init(|| {
        let prefix = folder("bare");
        let mut dist = Command::new(env!("CARGO_BIN_EXE_xtask"));
        output(dist.args(["dist", "--bare", "--prefix"]).arg(&prefix).env_remove("DESTDIR"));
        prefix
    })
}

/// The program for it.
fn bare_program(name: &str, level: u8) -> PathBuf {
    let folder = folder(name);
    fs::write(folder.join("agent.c"), BARE).unwrap();
    let mut arguments = vec![format!("-DLEVEL={level}"), format!("-I{}", bare().join("include").display())];
    arguments.extend(["-std=c99", "-Wall", "-Wextra", "-Werror", "-Wl,--gc-sections"].map(str::to_owned));
    arguments.push(bare().join("lib/libdefenderauth.a").display().to_string());
    compiled(&folder, &arguments)
}

#[test]
#[ignore = "needs gcc and binutils"]
fn without_an_operating_system_a_program_gives_the_library_its_memory() {
    // Azure/azure-iot-cli-extension:azext_iot/tests/iothub/core/test_iot_ext_unit.py, and for the module by Python's hmac.
    let device = "0 SharedAccessSignature sr=iot-hub-for-test.azure-devices.net%2Fdevices%2Fiot-device-for-test\
                  &sig=SIumZ1ACqqPJZ2okHDlW9MSYKykEpqsQY3z6FMOICd4%3D&se=1471940363\n";
    let module = "0 SharedAccessSignature sr=iot-hub-for-test.azure-devices.net%2Fdevices%2Fiot-device-for-test%2Fmodules\
                  %2Fazureiotsecurity&sig=UEcZFtebVobU3S9TtPq%2FvBME%2BGQYtfVGdyGr4HRWquY%3D&se=1700003600\n";
    for (level, token) in [(1, device), (2, device), (3, module)] {
        let program = bare_program(&format!("bare-{level}"), level);
        assert_eq!(
            output(&mut Command::new(&program)),
            token,
            "level {level}; it ends with 8 when memory is not freed"
        );
    }
}

#[test]
#[ignore = "needs gcc and binutils"]
fn without_memory_the_program_is_told_of_a_panic() {
    let program = bare_program("bare-no-memory", 2);
    let ended = Command::new(&program).env("NO_MEMORY", "1").output().unwrap();
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert_eq!(ended.status.code(), Some(9), "{said}");
    assert!(said.starts_with("a panic in ") && said.contains(".rs, line "), "{said}");
}

#[test]
#[ignore = "needs binutils"]
fn the_library_for_bare_metal_needs_nothing_but_the_hooks() {
    let archive = bare().join("lib/libdefenderauth.a");
    let names = output(Command::new("nm").args(["--undefined-only", "--format=posix"]).arg(&archive));
    let names = names.lines().filter(|line| !line.ends_with(':')).filter_map(|line| line.split(' ').next());
    // What every compiler of C may call.
    let of_c = ["memcpy", "memmove", "memset", "memcmp", "bcmp", "strlen"];
    let others: Vec<&str> = names
        .filter(|name| !name.starts_with("defenderauth_hook_") && !of_c.contains(name) && !name.is_empty())
        .collect();
    assert!(others.iter().all(|name| *name == "_GLOBAL_OFFSET_TABLE_"), "{others:?}");
    assert!(bare().join("include/defenderauth_hooks.h").is_file());
    assert!(!bare().join("lib/libdefenderauth.so").exists());
}

#[test]
fn what_needs_the_standard_library_is_not_built_for_bare_metal() {
    let mut dist = Command::new(env!("CARGO_BIN_EXE_xtask"));
    let said = dist.args(["dist", "--bare", "--features", "https", "--prefix", "/nowhere"]).output().unwrap();
    assert_eq!(said.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&said.stderr).contains("https: this feature needs the standard library"));
}

#[test]
fn a_prefix_that_is_not_absolute_is_refused() {
    let mut dist = Command::new(env!("CARGO_BIN_EXE_xtask"));
    let said = dist.args(["dist", "--prefix", "here"]).output().unwrap();
    assert_eq!(said.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&said.stderr).contains("must be an absolute path"));
}
