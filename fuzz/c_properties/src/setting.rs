//! Options, profiles, certificates and configurations of agents: `i` to `r`.

use crate::{
    call::Call,
    held::Held,
    memory::{call, fixed, made, text, written},
};
use core::ptr::null;
use defenderauth::{
    AgentConfig, Certificate, DEFENDERAUTH_FINDING_UNCHECKED, DEFENDERAUTH_IDENTITY_DEVICE, DEFENDERAUTH_IDENTITY_DPS,
    DEFENDERAUTH_IDENTITY_MODULE, DEFENDERAUTH_OK, agent_config::*, certificate::*, options::*, profile::*,
};

impl Held {
    pub(crate) fn with_settings(&mut self, call: &Call<'_>) {
        let (first, second) = (call.text(0), call.text(1));
        match call.function {
            b'i' => self.options.extend(made(call.wants_error(), |out, error| defenderauth_options_new(out, error))),
            b'j' => self.set_option(call),
            b'k' => {
                let profile = made(call.wants_error(), |out, error| {
                    defenderauth_profile_new(first.0, first.1, second.0, second.1, out, error)
                });
                self.profiles.extend(profile);
            }
            b'l' => self.set_profile(call),
            b'm' => self.read_certificate(call),
            b'n' => certificate(call.pick(&self.certificates), call),
            b'o' => self.load(call),
            b'p' => config(call.pick(&self.configs)),
            _ => {
                // Later calls use this setting.
                if let Some(config) = call.pick_mut(&mut self.configs) {
                    let [is_lookup, ..] = call.number(0).to_le_bytes();
                    assert_eq!(
                        defenderauth_agent_config_set_lookup_only(Some(config), is_lookup, None),
                        DEFENDERAUTH_OK
                    );
                }
            }
        }
    }

    fn set_option(&mut self, it: &Call<'_>) {
        let (which, value) = (it.bytes(0).first().copied(), it.text(1));
        let (seconds, number) = (it.number(1), i32::try_from(it.number(1)).unwrap_or(-1));
        let [flag, ..] = seconds.to_le_bytes();
        let certificate = it.option(&self.certificates);
        let options = it.pick_mut(&mut self.options);
        call(it.wants_error(), |error| match which {
            Some(b'u') => defenderauth_options_set_user_agent(options, value.0, value.1, error),
            Some(b'g') => defenderauth_options_set_gateway_host_name(options, value.0, value.1, error),
            Some(b'm') => defenderauth_options_set_model_id(options, value.0, value.1, error),
            Some(b'a') => defenderauth_options_set_audience(options, number, error),
            Some(b't') => defenderauth_options_set_token_seconds(options, seconds, error),
            Some(b's') => defenderauth_options_set_attempt_seconds(options, seconds, error),
            Some(b'c') => defenderauth_options_set_create_module(options, flag, error),
            Some(b'v') => defenderauth_options_set_hub_api_version(options, value.0, value.1, error),
            Some(b'n') => defenderauth_options_set_classic_hub_name(options, flag, error),
            _ => defenderauth_options_set_module_certificate(options, certificate, error),
        });
    }

    fn set_profile(&mut self, it: &Call<'_>) {
        let (which, value) = (it.bytes(0).first().copied(), it.text(1));
        let [flag, ..] = it.number(1).to_le_bytes();
        let profile = it.pick_mut(&mut self.profiles);
        call(it.wants_error(), |error| match which {
            Some(b'e') => defenderauth_profile_set_endpoint(profile, value.0, value.1, error),
            Some(b'p') => defenderauth_profile_set_payload(profile, value.0, value.1, error),
            Some(b'i') => defenderauth_profile_set_issued_certificate(profile, flag, error),
            Some(b'v') => defenderauth_profile_set_api_version(profile, value.0, value.1, error),
            _ => defenderauth_profile_set_lookup_only(profile, flag, error),
        });
    }

    fn read_certificate(&mut self, call: &Call<'_>) {
        let ([chain, key], passphrase) = ([call.lines(0), call.lines(1)], call.text(2));
        let certificate = made(call.wants_error(), |out, error| {
            let (chain, key) = ((chain.as_ptr().cast(), chain.len()), (key.as_ptr().cast(), key.len()));
            if passphrase.1 == 0 {
                return defenderauth_certificate_from_pem(chain.0, chain.1, key.0, key.1, out, error);
            }
            defenderauth_certificate_from_pem_with_passphrase(
                chain.0,
                chain.1,
                key.0,
                key.1,
                passphrase.0,
                passphrase.1,
                out,
                error,
            )
        });
        self.certificates.extend(certificate);
    }

    /// Only files of the repository, or paths of no file: the input must not choose what is opened.
    fn load(&mut self, call: &Call<'_>) {
        const FOLDERS: [&str; 5] = ["c/dps", "c/device", "c/module", "csharp/dps", "micro/connection_string.txt"];
        let agents = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/agents");
        let path = match call.bytes(0).first() {
            Some(digit @ b'0'..=b'4') => format!("{agents}/{}", FOLDERS[usize::from(digit - b'0')]),
            Some(b'~') => String::new(),
            _ => format!("{agents}/nothing\0is here"),
        };
        let passphrase = call.text(1);
        let config = made(call.wants_error(), |out, error| {
            let path = (if path.is_empty() { null() } else { path.as_ptr().cast() }, path.len());
            if passphrase.1 == 0 {
                return defenderauth_agent_config_load(path.0, path.1, out, error);
            }
            defenderauth_agent_config_load_with_passphrase(path.0, path.1, passphrase.0, passphrase.1, out, error)
        });
        self.configs.extend(config);
    }
}

/// The details of a certificate, also in PEM.
fn certificate(it: Option<&Certificate>, call: &Call<'_>) {
    let (now, name) = (call.number(0), call.text(1));
    let (has_key, sha1) = (defenderauth_certificate_has_key(it), text(defenderauth_certificate_thumbprint_sha1(it)));
    let sha256 = text(defenderauth_certificate_thumbprint_sha256(it));
    let lengths = if it.is_some() { (40, 64) } else { (0, 0) };
    assert_eq!((sha1.len(), sha256.len()), lengths, "a certificate has thumbprints");
    assert!(!(it.is_none() && (has_key || defenderauth_certificate_is_self_signed(it))));
    let _ = text(defenderauth_certificate_common_name(it));
    let _ = (defenderauth_certificate_not_before(it), defenderauth_certificate_not_after(it));
    let findings = defenderauth_certificate_findings(it, now, name.0, name.1);
    assert!(findings < 2 * DEFENDERAUTH_FINDING_UNCHECKED);
    let is_unchecked = findings & DEFENDERAUTH_FINDING_UNCHECKED != 0;
    assert!(is_unchecked == it.is_none() && (!is_unchecked || findings == DEFENDERAUTH_FINDING_UNCHECKED));
    for bit in (0..10).map(|bit| 1 << bit).filter(|bit| findings & bit != 0) {
        assert_ne!(fixed(defenderauth_certificate_finding_string(bit)), "unknown");
    }
    let chain = text(defenderauth_certificate_chain_pem(it));
    assert!(!chain.contains("PRIVATE"));
    let key = written(call.cap(), true, &|buf, cap, len, error| {
        defenderauth_certificate_key_to_pem(it, buf.cast(), cap, len, error)
    });
    assert_eq!(key.is_some(), has_key);
    let Some(key) = key else { return };
    let again = made(true, |out, error| {
        let (chain, key) = ((chain.as_ptr().cast(), chain.len()), (key.as_ptr().cast(), key.len()));
        defenderauth_certificate_from_pem(chain.0, chain.1, key.0, key.1, out, error)
    });
    let again = again.expect("what is written can be read");
    assert_eq!(text(defenderauth_certificate_thumbprint_sha256(Some(&again))), sha256);
    defenderauth_certificate_free(Some(again));
}

fn config(it: Option<&AgentConfig>) {
    let identity = defenderauth_agent_config_identity(it);
    let [host, device, module, scope, registration] = [
        defenderauth_agent_config_host_name(it),
        defenderauth_agent_config_device_id(it),
        defenderauth_agent_config_module_id(it),
        defenderauth_agent_config_id_scope(it),
        defenderauth_agent_config_registration_id(it),
    ]
    .map(|view| !text(view).is_empty());
    let whole = (host, device, module, scope, registration);
    match identity {
        DEFENDERAUTH_IDENTITY_DPS => assert_eq!(whole, (false, false, true, true, true)),
        DEFENDERAUTH_IDENTITY_DEVICE | DEFENDERAUTH_IDENTITY_MODULE => {
            assert_eq!(whole, (true, true, true, false, false));
        }
        _ => assert!(it.is_none() && whole == (false, false, false, false, false)),
    }
    let count = defenderauth_agent_config_finding_count(it);
    for index in 0..count {
        assert!(!text(defenderauth_agent_config_finding(it, index)).is_empty());
    }
    assert!(text(defenderauth_agent_config_finding(it, count)).is_empty());
}
