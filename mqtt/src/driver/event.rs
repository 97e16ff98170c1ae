use crate::{Message, Transport};
use defender_auth::{
    Error as AuthError,
    error::IssuedChainError,
    https::HttpsError,
    identity::Identity,
    outcome::ConnectionProfile,
    session::Diagnosis,
    store::{StoreError, Warning},
    wait::Readable,
};
use std::{fmt, time::Duration};

/// What has happened. Its `Display` is one line without secrets.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event {
    /// The hub has accepted a connection, with the credential of this name.
    Connected {
        /// Of the source, with its slot if it has two keys: `dps/primary`.
        credential: String,
        /// The device or module.
        identity: Identity,
        /// What carries it.
        transport: Transport,
        /// How the hub's clients log in.
        profile: ConnectionProfile,
    },
    /// The same in the place of a connection that stood: with a new token, or with a preferred credential.
    Renewed {
        /// The name of the credential.
        credential: String,
        /// The device or module.
        identity: Identity,
        /// What carries it.
        transport: Transport,
        /// How the hub's clients log in.
        profile: ConnectionProfile,
    },
    /// No connection was made.
    NotConnected {
        /// The name of the credential.
        credential: String,
        /// Why.
        error: crate::Error,
    },
    /// The connection has ended.
    Lost {
        /// How.
        error: crate::Error,
    },
    /// The driver has closed the connection, because its credential was replaced.
    Disconnected {
        /// Why.
        why: Diagnosis,
    },
    /// A credential or a source was given up for now.
    Dropped {
        /// Its name.
        credential: String,
        /// Why.
        why: Diagnosis,
    },
    /// A registration with the provisioning service begins.
    Registering {
        /// The name of the source.
        source: String,
    },
    /// A source has got its credential, from the provisioning service, the hub, or both.
    Assigned {
        /// Who the agent is.
        identity: Identity,
    },
    /// A request had no answer, or TLS failed.
    NotAnswered {
        /// Why.
        error: HttpsError,
    },
    /// A source has got no credential.
    NotAssigned {
        /// Why.
        why: Diagnosis,
    },
    /// A signer has failed.
    NotSigned {
        /// Why.
        error: AuthError,
    },
    /// Nothing is done for this time, because of this.
    Waiting {
        /// Why.
        why: Diagnosis,
        /// How long.
        wait: Duration,
    },
    /// The state was saved.
    Saved,
    /// The state could not be saved. It is tried again with the next change.
    NotSaved {
        /// Why.
        error: StoreError,
    },
    /// What an earlier process has saved cannot be used, or its keys cannot.
    NotLoaded {
        /// Why.
        error: StoreError,
    },
    /// A certificate signing request, made or pending, is on the disk with its key and is sent next.
    CertificateRequested {
        /// The common name of its subject.
        common_name: String,
    },
    /// No certificate signing request could be made.
    NotRequested {
        /// Why.
        reason: String,
    },
    /// The renewal of the certificate begins, over the connection that stands.
    RenewingCertificate,
    /// A certificate was issued, and is on the disk with its key. It is used from the next connection on.
    CertificateKept {
        /// The last second at which it is valid.
        not_after: defender_auth::UnixTime,
    },
    /// What was issued is not what was requested, or cannot be used.
    CertificateRefused {
        /// Why.
        error: IssuedChainError,
    },
    /// A request or what was issued for it could not be written.
    CertificateNotKept {
        /// Why. `None`: the driver has no store.
        error: Option<StoreError>,
    },
    /// The files for other agents could not be written.
    NotExported {
        /// Why.
        error: StoreError,
    },
    /// A request for a certificate has got none. The one in use serves as long as it is valid.
    NotCertified {
        /// Why.
        why: Diagnosis,
    },
    /// Other users can reach a file of the store.
    Exposed(Warning),
    /// The wall clock was set.
    ClockSet {
        /// Forward by so many seconds; negative, if back. `None` when the agent has said so.
        seconds: Option<i64>,
    },
    /// The credential sources were replaced.
    Rotated,
    /// A subscription was rejected when it was made again.
    NotSubscribed {
        /// The topic.
        topic: String,
    },
    /// A message to the agent.
    Message(Message),
}

/// What carries a connection, as far as that is not the usual.
fn by(transport: Transport, profile: &ConnectionProfile) -> &'static str {
    match (transport, profile) {
        (Transport::WebSocket, ConnectionProfile::MqttV5) => " by MQTT 5 over WebSocket",
        (Transport::WebSocket, _) => " over WebSocket",
        (_, ConnectionProfile::MqttV5) => " by MQTT 5",
        _ => "",
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connected { credential, identity, transport, profile } => {
                write!(f, "connected as {identity} with {credential}{}", by(*transport, profile))
            }
            Self::Renewed { credential, identity, transport, profile } => {
                write!(f, "connected anew as {identity} with {credential}{}", by(*transport, profile))
            }
            Self::NotConnected { credential, error } => write!(f, "not connected with {credential}: {error}"),
            // The text of the error is for a server that has not accepted the login.
            Self::Lost { error: crate::Error::Closed { place } } => write!(
                f,
                "connection lost: {place} ended it, as a hub does when another client logs in with the same identity, or \
                 when it does not accept a packet"
            ),
            Self::Lost { error } => write!(f, "connection lost: {error}"),
            Self::Disconnected { why } => write!(f, "disconnected: {why}"),
            Self::Dropped { credential, why } => write!(f, "gave up {credential}: {why}"),
            Self::Registering { source } => write!(f, "registering {source}"),
            Self::Assigned { identity } => write!(f, "assigned {identity}"),
            Self::NotAnswered { error } => write!(f, "no answer: {error}"),
            Self::NotAssigned { why } => write!(f, "no credential: {why}"),
            Self::NotSigned { error } => write!(f, "not signed: {error}"),
            Self::Waiting { why, wait } => write!(f, "waiting {}: {why}", Readable(*wait)),
            Self::Saved => f.write_str("state saved"),
            Self::NotSaved { error } => write!(f, "state not saved: {error}"),
            Self::NotLoaded { error } => write!(f, "state not loaded: {error}"),
            Self::CertificateRequested { common_name } => write!(f, "requesting a certificate for {common_name}"),
            Self::NotRequested { reason } => write!(f, "no certificate signing request: {reason}"),
            Self::RenewingCertificate => f.write_str("renewing the certificate"),
            Self::CertificateKept { not_after } => write!(f, "certificate issued and kept, valid until {not_after}"),
            Self::CertificateRefused { error } => write!(f, "certificate refused: {error}"),
            Self::CertificateNotKept { error: Some(error) } => write!(f, "certificate not kept: {error}"),
            Self::CertificateNotKept { error: None } => {
                f.write_str("certificate not kept: the driver has no store; give it one")
            }
            Self::NotExported { error } => write!(f, "certificate not exported: {error}"),
            Self::NotCertified { why } => write!(f, "no new certificate: {why}"),
            Self::Exposed(warning) => warning.fmt(f),
            Self::ClockSet { seconds: Some(seconds) } => write!(f, "the clock was set by {seconds:+} s"),
            Self::ClockSet { seconds: None } => f.write_str("the clock was set"),
            Self::Rotated => f.write_str("credential sources replaced"),
            Self::NotSubscribed { topic } => write!(f, "the hub rejects the subscription to {topic:?}"),
            Self::Message(message) => write!(f, "message of {} bytes at {:?}", message.payload.len(), message.topic),
        }
    }
}
