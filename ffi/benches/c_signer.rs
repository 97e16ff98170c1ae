//! The time of a token from C and from Rust: `cargo bench --package defender-auth-ffi`.
//!
//! Both figures come from one run, with one key and one resource. The difference is the cost of the C interface; the goal is
//! at most 15 ns.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a bench that cannot go on has failed")]

#[path = "../../benches/measure/mod.rs"]
mod measure;

use defender_auth::{
    SharedAccessKey, UnixTime,
    sas::{Resource, Signer},
};
use std::{env, fs, hint::black_box, path::Path, process::Command};

const KEY: &str = "AwoRGB8mLTQ7QklQV15lbHN6gYiPlp2kq7K5wMfO1dw=";
const RESOURCE: &str = "contoso.azure-devices.net/devices/device-0001/modules/azureiotsecurity";
const EXPIRY: u64 = 1_700_003_600;
const CALLS: u32 = 20_000;

fn main() {
    let signer = Signer::new(&SharedAccessKey::from_base64(KEY).unwrap(), &Resource::from_plain(RESOURCE).unwrap());
    let mut buffer = [0; 512];
    let expiry = UnixTime::from_secs(EXPIRY);
    let length = signer.token_into(expiry, &mut buffer).unwrap();
    let token = String::from_utf8_lossy(buffer.get(..length).unwrap()).into_owned();

    // Alternating, so that other load on the machine affects both.
    let program = built();
    let (mut least_rust, mut least_c) = (f64::MAX, f64::MAX);
    for _ in 0..5 {
        let rust = measure::seconds(CALLS, || {
            black_box(black_box(&signer).token_into(black_box(expiry), black_box(&mut buffer)).unwrap());
        }) * 1e9;
        let c = in_c(&program, &token);
        print("a token", rust, c);
        (least_rust, least_c) = (least_rust.min(rust), least_c.min(c));
    }
    print("the least", least_rust, least_c);
}

fn print(what: &str, rust: f64, c: f64) {
    println!("{what:<12} from Rust {rust:>6.1} ns   from C {c:>6.1} ns   difference {:>5.1} ns", c - rust);
}

/// The C program, linked with the library of this build.
fn built() -> String {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("c_signer");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    let library = env::current_exe().unwrap().with_file_name("libdefenderauth.so");
    for name in ["libdefenderauth.so", "libdefenderauth.so.0"] {
        fs::hard_link(&library, folder.join(name)).unwrap();
    }
    let (root, folder) = (concat!(env!("CARGO_MANIFEST_DIR"), "/.."), folder.display());
    let program = format!("{folder}/c_signer");
    let mut command = Command::new("cc");
    command.args(["-std=c99", "-O2", "-Wall", "-Wextra", "-Wpedantic", "-o", &program]);
    command.args([&format!("-I{root}/include"), &format!("{root}/benches/c_signer.c"), &format!("-L{folder}")]);
    assert!(command.args(["-ldefenderauth", &format!("-Wl,-rpath,{folder}")]).status().unwrap().success());
    program
}

/// Nanoseconds per call. The token must be the same.
fn in_c(program: &str, token: &str) -> f64 {
    let output = Command::new(program).args([KEY, RESOURCE, &EXPIRY.to_string(), &CALLS.to_string()]).output().unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    let (figure, made) = printed.trim_end().split_once(' ').unwrap();
    assert_eq!(made, token);
    figure.parse().unwrap()
}
