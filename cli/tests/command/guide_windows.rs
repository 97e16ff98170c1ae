//! The part of `docs/guide.md` for Windows: its lines, typed into `cmd` as they stand there, in their order. The paths of an
//! installed agent are replaced, and addresses of the services are added.

use crate::support::{HOST, KEY, LONG_KEY, registrar, site};
use defender_auth_emulator::{Device, Dps, Hub, Module, World};
use std::{
    env, fs,
    os::windows::process::CommandExt as _,
    path::Path,
    process::{Command, Output},
};

const GUIDE: &str = include_str!("../../../docs/guide.md");

/// What is not run, and why.
const NOT_RUN: [(&str, &str); 3] = [
    ("--tpm tbs:", "the tests of the TPM have one"),
    ("defenderauth doctor ", "it tries the names of the services as they are"),
    ("defenderauth stay ", "the tests of `stay` end it"),
];

/// A machine with the C# agent, as its installer leaves it.
fn machine() -> site::Site {
    let hub = Hub::new(HOST).device(Device::new("dev-01", KEY).module(Module::new("azureiotsecurity", LONG_KEY)));
    let site = site::Site::play(World::new().hub(hub).dps(Dps::new(site::SCOPE).group(registrar::group())));
    let files = &site.scratch;
    for folder in ["Security Agent", "Agent"] {
        fs::create_dir(files.path(folder)).unwrap();
    }
    let key = files.write("Security Agent/key.txt", format!("\u{feff}{LONG_KEY}\r\n"));
    let key = key.replace('/', r"\");
    let settings = [
        ("moduleName", "azureiotsecurity"),
        ("deviceId", "dev-01"),
        ("gatewayHostname", HOST),
        ("filePath", &key),
        ("type", "SymmetricKey"),
        ("identity", "Module"),
        ("certificateLocationKind", ""),
    ];
    let settings = settings.map(|(key, value)| format!("  <add key=\"{key}\" value=\"{value}\" />"));
    let settings = settings.join("\r\n");
    let xml = format!(
        "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n<Authentication>\r\n{settings}\r\n</Authentication>"
    );
    files.write("Security Agent/Authentication.config", xml);
    files.write("root.pem", site.emulator.root_pem());
    site
}

/// Runs a line to its end.
fn run(site: &site::Site, line: &str) -> Output {
    let (mqtt, https) = (site.emulator.address(), site.emulator.https_address());
    let mut line = line.replace(r"C:\Program Files\", "").replace(r"C:\ProgramData\", "");
    if line.contains("--connect") {
        line = format!("{line} --ca-file root.pem --endpoint {HOST}:443={https} --endpoint {HOST}:8883={mqtt}");
    }
    let program = Path::new(env!("CARGO_BIN_EXE_defenderauth")).parent().unwrap().to_path_buf();
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = [program].into_iter().chain(env::split_paths(&path));
    let mut shell = Command::new("cmd");
    // `cmd` reads its line as it is, and takes the outer quotation marks off.
    shell.raw_arg(format!("/s /c \"{line}\"")).current_dir(site.scratch.folder());
    shell.env("PATH", env::join_paths(folders).unwrap()).output().unwrap()
}

#[test]
fn the_commands_for_windows_succeed() {
    let site = machine();
    let lines = GUIDE.lines().filter_map(|line| line.strip_prefix("PS> "));
    let (mut asked, mut left_out) = (0, 0);
    for line in lines.filter(|line| line.starts_with("defenderauth ")) {
        if NOT_RUN.iter().any(|(part, _)| line.contains(part)) {
            left_out += 1;
            continue;
        }
        let output = run(&site, line);
        let [out, error] = [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text).into_owned());
        assert!(output.status.success(), "{line}: {out}{error}");
        if line.contains(" inspect ") {
            assert!(out.contains("dev-01") && out.contains("azureiotsecurity"), "{out}");
        }
        if line.contains("--connect") {
            assert!(out.contains("hub           accepted"), "{out}{error}");
        }
        asked += 1;
    }
    assert_eq!((asked, left_out), (4, 4));
}
