//! What the caller does next, and what came of it.

use super::{
    diagnosis::Diagnosis,
    judge::{Loss, Rejection},
    login::Login,
    operational::{OperationalCertificate, RequestFor},
    snapshot::Snapshot,
    source::Source,
    window::Window,
};
use crate::{
    base::time::UnixTime,
    credential::{CertificateRequest, IssuedChain},
    error::TlsFailure,
    flow::{
        authenticator,
        http::OperationId,
        renewal::{self, RequestId},
    },
    key::{KeyUse, Signature},
    sas::StringToSign,
};
use alloc::vec::Vec;
use core::time::Duration;

/// What falls due while the session is connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// The token is to be renewed.
    Renewal,
    /// A preferred credential is tried again.
    Return,
    /// A certificate is to be requested.
    Certificate,
}

/// What the caller does next. A view: it borrows from the session, costs nothing and changes nothing.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Action<'a> {
    /// The action of an authenticator's run; answer with [`Event::Authenticator`], or with [`Event::TlsFailed`]. Before a
    /// request is sent, [`Session::pending_operation`](super::Session::pending_operation) is to be on the disk.
    Authenticate(authenticator::Action<'a>),
    /// Have this signed by that key, for a token; answer with [`Event::Signed`] or [`Event::SignFailed`].
    Sign(KeyUse, &'a StringToSign),
    /// Connect with this; answer with [`Event::Connected`], [`Event::Rejected`], [`Event::TlsFailed`] or
    /// [`Event::Unreachable`].
    Connect(&'a Login),
    /// The same while a connection stands: hand the token over if the protocol can, else reconnect. If it fails, close the
    /// connection that stood; the session goes on as if it were lost.
    Renew(&'a Login),
    /// Write this before going on; answer with [`Event::Saved`] or [`Event::SaveFailed`]. A connection that is lost
    /// meanwhile is reported by [`Event::Disconnected`], as always.
    Save(&'a Snapshot),
    /// Pick a time in the window once, and answer with [`Event::Elapsed`] then.
    Wait(Window, Diagnosis),
    /// Close the connection; answer with [`Event::Disconnected`].
    Disconnect(Diagnosis),
    /// Stay connected. Answer with [`Event::Elapsed`] in the window, if there is one, and with [`Event::Disconnected`] when
    /// the connection is lost.
    Stay(Option<(Window, Due)>),
    /// Make a private key and a certificate signing request for it, and write both before they are used, with a new ID; or take
    /// those that are pending. Answer with [`Event::RequestMade`], [`Event::RequestPending`] or [`Event::RequestFailed`].
    MakeRequest(&'a RequestFor),
    /// The action of a renewal over the connection that stands; answer with [`Event::Renewal`]. Its messages are handed over
    /// too, all others are the agent's own. A connection that is lost meanwhile is reported by [`Event::Disconnected`].
    RenewCertificate(renewal::Action<'a>),
    /// Write these certificates before anything else, then judge them. Answer with [`Event::CertificateKept`],
    /// [`Event::CertificateRefused`] or [`Event::CertificateNotKept`].
    KeepCertificate(&'a IssuedChain),
}

/// What came of an action, or happened by itself.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// The answer to an authenticator's action.
    Authenticator(authenticator::Event<'a>),
    /// It is signed.
    Signed(Signature),
    /// The key's holder cannot sign.
    SignFailed,
    /// The hub has accepted the connection, and with it the credential.
    Connected {
        /// The time of the server, verified by its certificate, where the protocol has one.
        date: Option<UnixTime>,
    },
    /// The hub has rejected the connection.
    Rejected {
        /// How.
        rejection: Rejection,
        /// How long the hub asks to wait, where it says so.
        retry_after: Option<Duration>,
        /// The time of the server, verified by its certificate, where the protocol has one.
        date: Option<UnixTime>,
    },
    /// TLS has failed, in a connection to the hub or in a request.
    TlsFailed(&'a TlsFailure),
    /// No connection, or no answer to CONNECT before the login's deadline.
    Unreachable,
    /// The connection has ended. At any time.
    Disconnected(Loss),
    /// The time has passed.
    Elapsed,
    /// The snapshot is written.
    Saved,
    /// The snapshot could not be written. The session goes on and saves again at the next occasion.
    SaveFailed,
    /// The request, which is on the disk with its key and this ID.
    RequestMade(CertificateRequest, RequestId),
    /// The request that is pending, and the operation of the registration that an earlier run has sent it by: the session asks
    /// for what came of that before it sends the request again.
    RequestPending(CertificateRequest, RequestId, OperationId),
    /// No request could be made, or it could not be written.
    RequestFailed,
    /// What answers a renewal's action, or a message for it.
    Renewal(renewal::Event<'a>),
    /// The certificates are written, and are what was requested.
    CertificateKept(OperationalCertificate),
    /// The certificates are not what was requested, or cannot be used. They are forgotten.
    CertificateRefused,
    /// The certificates could not be written. The session asks for it again before it requests others.
    CertificateNotKept,
    /// All credential sources that the agent has now, in their order. At any time.
    Rotated(Vec<Source>),
    /// The wall clock was set. At any time.
    ClockSet,
    /// The network is back, or a person has corrected something: do not wait for the end of the ladder's wait. At any time.
    Wake,
}

impl Event<'_> {
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Authenticator(_) => "Authenticator",
            Self::Signed(_) => "Signed",
            Self::SignFailed => "SignFailed",
            Self::Connected { .. } => "Connected",
            Self::Rejected { .. } => "Rejected",
            Self::TlsFailed(_) => "TlsFailed",
            Self::Unreachable => "Unreachable",
            Self::Disconnected(_) => "Disconnected",
            Self::Elapsed => "Elapsed",
            Self::Saved => "Saved",
            Self::SaveFailed => "SaveFailed",
            Self::RequestMade(..) => "RequestMade",
            Self::RequestPending(..) => "RequestPending",
            Self::RequestFailed => "RequestFailed",
            Self::Renewal(_) => "Renewal",
            Self::CertificateKept(_) => "CertificateKept",
            Self::CertificateRefused => "CertificateRefused",
            Self::CertificateNotKept => "CertificateNotKept",
            Self::Rotated(_) => "Rotated",
            Self::ClockSet => "ClockSet",
            Self::Wake => "Wake",
        }
    }
}

impl Action<'_> {
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Authenticate(_) => "Authenticate",
            Self::Sign(..) => "Sign",
            Self::Connect(_) => "Connect",
            Self::Renew(_) => "Renew",
            Self::Save(_) => "Save",
            Self::Wait(..) => "Wait",
            Self::Disconnect(_) => "Disconnect",
            Self::Stay(_) => "Stay",
            Self::MakeRequest(_) => "MakeRequest",
            Self::RenewCertificate(_) => "RenewCertificate",
            Self::KeepCertificate(_) => "KeepCertificate",
        }
    }
}
