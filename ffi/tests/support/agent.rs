//! A session driven as a C program drives it.
#![allow(
    clippy::unnecessary_box_returns,
    clippy::unwrap_used,
    reason = "C owns boxes, and a test that cannot go on has failed"
)]

use crate::support::{Failed, call, made, read, text, written};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use defenderauth::{
    authenticator::*, connection_string::*, key::*, options::defenderauth_options_free, profile::*, session::*, *,
};
use std::ptr;

/// After the release, which is the floor of the clock.
pub(crate) const WALL: u64 = 1_800_000_000;
pub(crate) const HUB: &str = "contoso.azure-devices.net";
pub(crate) const KEY: &str = "AwoRGB8mLTQ7QklQV15lbHN6gYiPlp2kq7K5wMfO1dw=";
pub(crate) const OTHER_KEY: &str = "QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8=";

pub(crate) fn key(base64: &str) -> Box<Key> {
    let (base64, len) = text(base64);
    made(|out, error| defenderauth_key_from_base64(base64, len, Some(out), Some(error))).unwrap()
}

/// An authenticator of a connection string.
pub(crate) fn of_string(string: &str) -> Box<Authenticator> {
    let (string, len) = text(string);
    let string = made(|out, error| defenderauth_connection_string_parse(string, len, Some(out), Some(error))).unwrap();
    let made = made(|out, error| {
        defenderauth_authenticator_new_module(Some(&string), None, None, WALL, Some(out), Some(error))
    });
    defenderauth_connection_string_free(Some(string));
    made.unwrap()
}

pub(crate) fn of_device(base64: &str) -> Box<Authenticator> {
    of_string(&format!("HostName={HUB};DeviceId=dev-01;SharedAccessKey={base64}"))
}

/// A device whose key another program holds.
pub(crate) fn of_elsewhere() -> Box<Authenticator> {
    let ((host, host_len), (id, id_len)) = (text(HUB), text("dev-01"));
    let made = made(|out, error| {
        let (module, out, error) = (ptr::null(), Some(out), Some(error));
        defenderauth_authenticator_new_device_tpm(host, host_len, id, id_len, module, 0, None, WALL, out, error)
    });
    made.unwrap()
}

/// A registration by a key, followed by the lookup of the module if there is one.
pub(crate) fn of_enrollment(module: &str) -> Box<Authenticator> {
    let ((scope, scope_len), (id, id_len), (module, len)) = (text("0ne00000A0A"), text("dev-01"), text(module));
    let profile = made(|out, error| defenderauth_profile_new(scope, scope_len, id, id_len, Some(out), Some(error)));
    let (profile, key) = (profile.unwrap(), key(KEY));
    let made = made(|out, error| {
        let (profile, key, out, error) = (Some(&*profile), Some(&*key), Some(out), Some(error));
        defenderauth_authenticator_new_dps_key(profile, module, len, key, None, WALL, out, error)
    });
    defenderauth_profile_free(Some(profile));
    defenderauth_key_free(Some(key));
    made.unwrap()
}

/// A registration by a TPM.
pub(crate) fn of_enrollment_by_tpm() -> Box<Authenticator> {
    let ((scope, scope_len), (id, id_len)) = (text("0ne00000A0A"), text("dev-01"));
    let profile = made(|out, error| defenderauth_profile_new(scope, scope_len, id, id_len, Some(out), Some(error)));
    let (profile, public) = (profile.unwrap(), [1; 300]);
    let made = made(|out, error| {
        let (profile, module, public, out, error) =
            (Some(&*profile), ptr::null(), public.as_ptr(), Some(out), Some(error));
        defenderauth_authenticator_new_dps_tpm(profile, module, 0, public, 300, public, 300, None, WALL, out, error)
    });
    defenderauth_profile_free(Some(profile));
    made.unwrap()
}

/// The answer to a TPM's first request: a key blob with the structure that a TPM expects.
pub(crate) fn challenge() -> String {
    let mut blob = [&[0, 32], [3; 32].as_slice()].concat();
    for length in [256_u16, 142, 256, 48, 154] {
        blob.extend(length.to_be_bytes());
        blob.resize(blob.len() + usize::from(length), 7);
    }
    format!(r#"{{"authenticationKey":"{}","keyName":"registration"}}"#, STANDARD.encode(blob))
}

pub(crate) fn no_sources() -> Box<Sources> {
    made(|out, error| defenderauth_sources_new(Some(out), Some(error))).unwrap()
}

pub(crate) fn add(sources: &mut Sources, name: &str, authenticator: &Authenticator) -> Result<(), Failed> {
    let (name, len) = text(name);
    call(|error| defenderauth_sources_add(Some(sources), name, len, Some(authenticator), Some(error)))
}

pub(crate) fn sources(all: Vec<(&str, Box<Authenticator>)>) -> Box<Sources> {
    let mut sources = no_sources();
    for (name, authenticator) in all {
        add(&mut sources, name, &authenticator).unwrap();
        defenderauth_authenticator_free(Some(authenticator));
    }
    sources
}

pub(crate) fn policy() -> Box<Policy> {
    made(|out, error| defenderauth_policy_new(Some(out), Some(error))).unwrap()
}

/// What a session begins with.
#[derive(Default)]
pub(crate) struct With<'a> {
    pub(crate) policy: Option<&'a Policy>,
    pub(crate) options: Option<&'a Options>,
    pub(crate) saved: &'a str,
    pub(crate) secret: &'a str,
}

pub(crate) struct Agent {
    pub(crate) session: Box<Session>,
    pub(crate) wall: u64,
    pub(crate) monotonic: u64,
}

impl Agent {
    pub(crate) fn try_new(sources: &Sources, with: &With<'_>) -> Result<Self, Failed> {
        let ((saved, saved_len), (secret, secret_len)) = (text(with.saved), text(with.secret));
        let session = made(|out, error| {
            let (out, error) = (Some(out), Some(error));
            defenderauth_session_new(
                Some(sources),
                with.policy,
                with.options,
                saved,
                saved_len,
                secret,
                secret_len,
                WALL,
                5000,
                out,
                error,
            )
        });
        session.map(|session| Self { session, wall: WALL, monotonic: 5000 })
    }

    pub(crate) fn new(all: Vec<(&str, Box<Authenticator>)>) -> Self {
        Self::with(all, &With::default())
    }

    pub(crate) fn with(all: Vec<(&str, Box<Authenticator>)>, with: &With<'_>) -> Self {
        let sources = sources(all);
        let agent = Self::try_new(&sources, with).unwrap();
        defenderauth_sources_free(Some(sources));
        agent
    }

    pub(crate) fn poll(&self) -> i32 {
        defenderauth_session_poll(Some(&self.session))
    }

    pub(crate) fn status(&self) -> String {
        read(defenderauth_session_status(Some(&self.session)))
    }

    pub(crate) fn credential(&self) -> String {
        read(defenderauth_session_credential(Some(&self.session)))
    }

    pub(crate) fn pass(&mut self, milliseconds: u64) {
        self.monotonic += milliseconds;
        self.wall += milliseconds / 1000;
    }

    /// One event, with both clocks.
    pub(crate) fn handle(
        &mut self,
        event: impl FnOnce(
            Option<&mut Session>,
            u64,
            u64,
            Option<&mut std::mem::MaybeUninit<Option<Box<Error>>>>,
        ) -> ResultCode,
    ) -> Result<(), Failed> {
        let (session, wall, monotonic) = (&mut *self.session, self.wall, self.monotonic);
        call(|error| event(Some(session), wall, monotonic, Some(error)))
    }

    pub(crate) fn connected(&mut self) {
        self.handle(|it, wall, at, error| defenderauth_session_handle_connected(it, wall, at, 0, error)).unwrap();
    }

    pub(crate) fn elapsed(&mut self) {
        self.handle(|it, wall, at, error| defenderauth_session_handle_elapsed(it, wall, at, error)).unwrap();
    }

    pub(crate) fn saved(&mut self) {
        self.handle(|it, wall, at, error| defenderauth_session_handle_saved(it, wall, at, 1, error)).unwrap();
    }

    pub(crate) fn rejected(&mut self, rejection: i32, code: u16, retry_after: u64) -> Result<(), Failed> {
        self.handle(|it, wall, at, error| {
            defenderauth_session_handle_rejected(it, wall, at, rejection, code, retry_after, 0, error)
        })
    }

    pub(crate) fn tls_failed(&mut self, tls_failure: i32, date: u64) -> Result<(), Failed> {
        self.handle(|it, wall, at, error| {
            defenderauth_session_handle_tls_failed(it, wall, at, tls_failure, date, error)
        })
    }

    pub(crate) fn response(&mut self, status: u16, body: &str) -> Result<(), Failed> {
        let (body, len) = (body.as_ptr(), body.len());
        self.handle(|it, wall, at, error| {
            defenderauth_session_handle_response(it, wall, at, status, ptr::null(), 0, body, len, error)
        })
    }

    /// Until the window of the pending action ends.
    pub(crate) fn wait(&mut self) {
        let until = defenderauth_session_until_milliseconds(Some(&self.session));
        self.pass(until - self.monotonic);
        self.elapsed();
    }

    /// The state to save, and its secret.
    pub(crate) fn snapshot(&self) -> (String, String) {
        assert_eq!(self.poll(), DEFENDERAUTH_SESSION_ACTION_SAVE, "{}", self.status());
        let (secret, _) = written(4096, |buf, cap, len, error| {
            defenderauth_session_snapshot_secret(Some(&self.session), buf, cap, Some(len), Some(error))
        });
        (read(defenderauth_session_snapshot(Some(&self.session))), secret.unwrap())
    }

    pub(crate) fn password(&self) -> Result<String, Failed> {
        let (token, _) = written(1024, |buf, cap, len, error| {
            defenderauth_session_password(Some(&self.session), buf, cap, Some(len), Some(error))
        });
        token
    }

    /// Connects, saves and stays.
    pub(crate) fn stay(&mut self) {
        self.connected();
        if self.poll() == DEFENDERAUTH_SESSION_ACTION_SAVE {
            self.saved();
        }
        assert_eq!(self.poll(), DEFENDERAUTH_SESSION_ACTION_STAY, "{}", self.status());
    }

    pub(crate) fn free(self) {
        defenderauth_session_free(Some(self.session));
    }
}

pub(crate) fn free_options(options: Box<Options>) {
    defenderauth_options_free(Some(options));
}
