//! What an MQTT client of somebody else's needs for a login.

use crate::{login::hub, terminal::failure::Failure, tpm::keys::Keys};
use defender_auth::{
    Outcome, Password, UnixTime,
    identity::HostName,
    mqtt::{Connect, PORT, events_topic},
    outcome::ConnectionProfile,
    sas::SasToken,
};
use std::path::PathBuf;

/// Host, client ID, user name, and password or certificate.
pub(super) struct Triple {
    pub(super) login: Connect,
    pub(super) proof: Proof,
    /// The topic of the identity's own messages.
    pub(super) topic: String,
    /// The trust anchors, if they are not the system's.
    pub(super) roots: Option<PathBuf>,
}

/// What proves the identity.
pub(super) enum Proof {
    Password(SasToken),
    /// The files of the certificate chain and of its private key.
    Certificate {
        chain: PathBuf,
        key: PathBuf,
    },
}

impl Triple {
    /// Of an identity, until a time.
    pub(super) fn new(
        me: &Outcome,
        login: Connect,
        expiry: UnixTime,
        files: Option<[PathBuf; 2]>,
        roots: Option<PathBuf>,
        keys: &mut Keys,
    ) -> Result<Self, Failure> {
        if *me.connection_profile() != ConnectionProfile::Classic {
            let what = "the hub has the connection profile `mqttV5`, where each login has a user name of its own; use \
                        `defenderauth stay`, or the library";
            return Err(Failure::Call(what.into()));
        }
        let proof = match (hub::password(me, expiry, keys)?, files) {
            (Password::Token(token), _) => Proof::Password(token),
            (Password::Certificate(_), Some([chain, key])) => Proof::Certificate { chain, key },
            (Password::Certificate(_), None) => {
                let what = "the private key of this certificate is in no file that another client can read; use \
                            `defenderauth stay`, or the library";
                return Err(Failure::Call(what.into()));
            }
            _ => return Err(Failure::NotSupported("a key that is held elsewhere")),
        };
        Ok(Self { login, proof, topic: events_topic(me.identity()), roots })
    }

    pub(super) const fn host(&self) -> &HostName {
        &self.login.host
    }

    pub(super) const fn port() -> u16 {
        PORT
    }

    pub(super) fn password(&self) -> Option<&str> {
        match &self.proof {
            Proof::Password(token) => Some(token.expose()),
            Proof::Certificate { .. } => None,
        }
    }

    pub(super) const fn expires_at(&self) -> Option<UnixTime> {
        match &self.proof {
            Proof::Password(token) => Some(token.expires_at()),
            Proof::Certificate { .. } => None,
        }
    }

    /// The files of the certificate chain and of its private key.
    pub(super) fn files(&self) -> Option<[String; 2]> {
        match &self.proof {
            Proof::Password(_) => None,
            Proof::Certificate { chain, key } => Some([chain, key].map(|path| path.display().to_string())),
        }
    }

    pub(super) fn roots(&self) -> Option<String> {
        self.roots.as_ref().map(|path| path.display().to_string())
    }
}
