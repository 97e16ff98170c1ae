//! Set-ups in which nothing is wrong, of each kind of credential.

#[cfg(unix)]
use super::network;
use super::{ask, doctor, told};
use crate::support::{
    HOST, KEY, LONG_KEY, SHORT_KEY, Scratch,
    agents::{self, BY_DEVICE, BY_DPS, register, site_with},
    defenderauth, device,
    site::{SCOPE, Site},
    string,
};
#[cfg(unix)]
use crate::{
    on_device::{host, service},
    support::machine::Machine,
};
use defender_auth_emulator::{Device, Dps, Enrollment, Hub, Module, World};

#[test]
fn keys_and_tokens_of_connection_strings_get_in() {
    let site = Site::new();
    let token = defenderauth(&["token", "-", "--ttl", "1h"], device()).done().out;
    for input in [
        device(),
        string(&format!("DeviceId=dev-01;ModuleId=azureiotsecurity;SharedAccessKey={LONG_KEY}")),
        string(&format!("DeviceId=dev-02;SharedAccessKey={KEY}")),
        string(&format!("DeviceId=dev-01;SharedAccessKeyName=device;SharedAccessKey={SHORT_KEY}")),
        string(&format!("DeviceId=dev-01;SharedAccessSignature={}", token.trim_end())),
    ] {
        let run = ask(&site, &["-"], &input);
        run.is_well();
        assert_eq!(run.lines("warning"), [""; 0], "{:?}", run.0);
        for step in ["files", "credential", "roots", "proxy", "tcp", "clock", "tls", "login", "twin"] {
            assert!(run.line(step).starts_with("ok"), "{step}: {:?}", run.0);
        }
    }
}

#[test]
fn a_secondary_key_that_is_accepted_alone_is_a_warning() {
    let device = Device::new("dev-01", LONG_KEY).secondary_key(KEY);
    let site = Site::play(World::new().hub(Hub::new(HOST).device(device)));
    let file = site.scratch.write("string", string(&format!("DeviceId=dev-01;SharedAccessKey={KEY}")));
    ask(&site, &[&file], "").is_well();
}

#[test]
fn agents_of_every_folder_get_in() {
    let site = site_with(agents::module());
    register(&site);
    for name in BY_DEVICE.into_iter().chain(BY_DPS) {
        let before = site.journal().len();
        let run = ask(&site, &[&agents::folder(name)], "");
        run.is_well();
        assert!(run.line("device mode").starts_with("ok"), "{:?}", run.0);
        let asked = site.journal()[before..].join("\n");
        assert!(!asked.contains(" register "), "nothing is registered: {asked}");
    }
    assert!(ask(&site, &[&agents::folder("c/dps")], "").line("lookup").starts_with("ok"));
}

/// A micro agent's folder with a self-signed certificate, and a hub that knows it.
pub(super) fn micro_agent() -> (Scratch, Site) {
    let scratch = Scratch::new();
    let new = ["certificate", "new", "self-signed", "--device-id", "dev-01", "--out-dir", &scratch.folder()];
    let thumbprint = defenderauth(&new, "").done().thumbprint();
    scratch.write("connection_string.txt", string("DeviceId=dev-01;x509=true"));
    (scratch, Site::play(World::new().hub(Hub::new(HOST).device(Device::with_thumbprint("dev-01", &thumbprint)))))
}

#[test]
fn a_micro_agents_certificate_gets_in() {
    let (folder, site) = micro_agent();
    let run = ask(&site, &[&folder.folder()], "");
    run.is_well();
    assert!(run.line("certificate").starts_with("ok"), "{:?}", run.0);
    assert!(run.line("files").contains("3 files"), "{:?}", run.0);
}

#[test]
fn a_certificate_of_an_enrollment_gets_in_without_a_registration() {
    let scratch = Scratch::new();
    let folder = scratch.folder();
    defenderauth(&["certificate", "new", "self-signed", "--registration-id", "dev-01", "--out-dir", &folder], "")
        .done();
    let [chain, key] = ["certificate_public.pem", "certificate_private.pem"].map(|name| scratch.path(name));
    let enrollment = Enrollment::with_certificate("dev-01", &std::fs::read_to_string(&chain).unwrap()).pending(0);
    let site = Site::play(World::new().hub(Hub::new(HOST)).dps(Dps::new(SCOPE).enrollment(enrollment)));
    let device = ["--id-scope", SCOPE, "--registration-id", "dev-01"];
    let proof = ["--cert-file", &chain, "--key-file", &key];
    site.ask_dps(&[&["provision"], &device[..], &proof].concat()).done();
    ask(&site, &[&device[..], &proof].concat(), "").is_well();
}

#[cfg(unix)]
#[test]
fn a_module_and_an_agent_for_which_a_daemon_signs_get_in() {
    let site = Site::new();
    let host = host(&site);
    let run = ask(&site, &[&service(&site)], "");
    run.is_well();
    assert!(run.line("daemon").contains("aziot-identityd at unix://"), "{:?}", run.0);
    let mut command = doctor(&["--workload"], &network(&site));
    command.env_clear().envs(host.environment("azureiotsecurity"));
    let run = told(command, "");
    run.is_well();
    assert!(run.line("daemon").contains("the workload API at unix://"), "{:?}", run.0);
}

#[cfg(unix)]
#[test]
#[ignore = "needs swtpm"]
fn a_device_whose_key_is_in_its_tpm_gets_in() {
    let machine = Machine::registered();
    let registrations = machine.registrations();
    let device = ["--tpm", &machine.tcti(), "--host-name", HOST, "--device-id", crate::support::machine::ID];
    let run = ask(&machine.site, &device, "");
    run.is_well();
    let tpm = run.line("tpm");
    assert!(tpm.contains("a hub's key is at 0x81000100") && tpm.contains("self-test passed"), "{:?}", run.0);
    let scope = ["--tpm", &machine.tcti(), "--id-scope", SCOPE, "--registration-id", crate::support::machine::ID];
    let run = ask(&machine.site, &scope, "");
    assert!(run.0.code == 0 && run.line("lookup").contains("a TPM cannot authenticate a lookup"), "{:?}", run.0);
    assert_eq!(machine.registrations(), registrations, "nothing is registered");
    machine.tpm.assert_empty("after doctor");
}

#[cfg(unix)]
#[test]
#[ignore = "needs softhsm2-util"]
fn a_device_whose_key_is_in_a_token_gets_in() {
    let token = crate::key_token::Token::new();
    let uri = token.uri("dev-01");
    token.run(&["key", "new", "--in", "pkcs11", "--kind", "p256", "--uri", &uri]).done();
    let request = token.run(&["certificate", "request", "--device-id", "dev-01", "--key-file", &uri]).done().out;
    let authority = crate::others::Authority::new(crate::others::P256);
    let thumbprint = authority.certify(&request).certificates()[0].sha256().to_string();
    let site = Site::play(World::new().hub(Hub::new(HOST).device(Device::with_thumbprint("dev-01", &thumbprint))));
    let chain = authority.path("requested.pem");
    let arguments = ["-", "--cert-file", &chain, "--key-file", &uri];
    let mut command = doctor(&arguments, &network(&site));
    command.env("SOFTHSM2_CONF", token.configuration());
    let run = told(command, &string("DeviceId=dev-01;x509=true"));
    run.is_well();
    assert!(run.line("token").starts_with("ok"), "{:?}", run.0);
    // Without the token's configuration, the key is not there.
    let mut command = doctor(&arguments, &network(&site));
    command.env("SOFTHSM2_CONF", site.scratch.path("none"));
    told(command, &string("DeviceId=dev-01;x509=true")).fails_first_at(2, "token", &["pkcs11:"]);
}

#[test]
fn a_hub_that_is_reached_by_websocket_or_ipv6_alone_lets_the_device_in() {
    let site = Site::new();
    let websocket = super::to(&site, site.emulator.https_address(), super::closed());
    for transport in ["mqtt-ws", "auto"] {
        let run = told(doctor(&["-", "--transport", transport], &websocket), &device());
        run.is_well();
        assert!(run.lines("warning")[0].contains("8883"), "{:?}", run.0);
        assert!(run.line("login").contains(":443"), "{:?}", run.0);
    }
    let world = World::new().hub(Hub::new(HOST).device(Device::new("dev-01", KEY).module(Module::new("m", LONG_KEY))));
    let Ok(emulator) = defender_auth_emulator::Emulator::play(world, "[::1]:0".parse().unwrap()) else {
        return;
    };
    let scratch = Scratch::new();
    let roots = scratch.write("roots.pem", emulator.root_pem());
    let site = Site { emulator, scratch, roots };
    ask(&site, &["-"], &device()).is_well();
}
