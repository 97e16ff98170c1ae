//! Keys in `SoftHSM`, where it is installed.

use defender_auth::key::PrivateKey;
use defender_auth_pkcs11::{TokenKey, Uri};
use std::{
    env, fs,
    path::PathBuf,
    process::{self, Command, Stdio},
    sync::Arc,
};

/// Where the token is that an earlier run of this program has made.
const PLACE: &str = "SOFTHSM_OF_THE_BENCH";

/// Each kind of key as pkcs11-tool names it.
const KINDS: [(&str, &str); 3] =
    [("P-256 in SoftHSM", "EC:prime256v1"), ("P-384 in SoftHSM", "EC:secp384r1"), ("RSA-2048 in SoftHSM", "rsa:2048")];

/// Makes a token with the keys, and runs this program again where its module finds it: modules take their settings from
/// the environment. Returns whether it did.
pub(crate) fn run_with_a_token() -> bool {
    if env::var_os(PLACE).is_some() || run("softhsm2-util", "--version", &[]).is_none() {
        return false;
    }
    let folder = env::temp_dir().join(format!("softhsm-of-the-bench-{}", process::id()));
    fs::create_dir(&folder).unwrap();
    fs::create_dir(folder.join("tokens")).unwrap();
    let settings = folder.join("softhsm2.conf");
    fs::write(&settings, format!("directories.tokendir = {}\n", folder.join("tokens").display())).unwrap();
    fs::write(folder.join("pin"), "1234\n").unwrap();
    let environment =
        [("SOFTHSM2_CONF", settings.to_str().unwrap().to_owned()), (PLACE, folder.to_str().unwrap().to_owned())];
    run("softhsm2-util", "--init-token --free --label bench --so-pin 5678 --pin 1234", &environment).unwrap();
    let module = module().unwrap();
    for (number, (_, kind)) in KINDS.iter().enumerate() {
        let line = format!(
            "--module {module} --token-label bench --login --pin 1234 --keypairgen --key-type {kind} --label key{number} \
             --id 0{number}"
        );
        run("pkcs11-tool", &line, &environment).unwrap();
    }
    let again = Command::new(env::current_exe().unwrap()).args(env::args().skip(1)).envs(environment).status();
    fs::remove_dir_all(&folder).unwrap();
    assert!(again.unwrap().success());
    true
}

/// The keys of that token.
pub(crate) fn keys() -> Vec<(&'static str, Arc<dyn PrivateKey>)> {
    let Some(folder) = env::var_os(PLACE).map(PathBuf::from) else { return Vec::new() };
    let open = |(number, (name, _)): (usize, (&'static str, _))| -> (_, Arc<dyn PrivateKey>) {
        let (module, pin) = (module().unwrap(), folder.join("pin"));
        let text = format!("pkcs11:token=bench;object=key{number}?module-path={module}&pin-source={}", pin.display());
        (name, Arc::new(TokenKey::open(&text.parse::<Uri>().unwrap()).unwrap()))
    };
    KINDS.into_iter().enumerate().map(open).collect()
}

fn module() -> Option<&'static str> {
    let places = ["/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/softhsm/libsofthsm.so"];
    places.into_iter().find(|place| fs::exists(place).unwrap_or(false))
}

fn run(program: &str, line: &str, environment: &[(&str, String)]) -> Option<()> {
    let mut command = Command::new(program);
    command.args(line.split_whitespace()).envs(environment.iter().map(|(name, value)| (name, value)));
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().ok()?.success().then_some(())
}
