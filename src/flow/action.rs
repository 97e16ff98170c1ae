//! What the caller of an authenticator does next, and what came of it.

use crate::{
    base::wait::Wait,
    credential::ClientCertificate,
    error::Error,
    flow::{
        http::{Request, Response},
        identity_service::CertifiedAccount,
        local::{self, Obstacle},
        outcome::Outcome,
    },
    key::{ActivationBlob, KeyUse, Signature},
    sas::StringToSign,
};

/// What the caller does next. A view: it borrows from the machine, costs nothing and changes nothing.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Action<'a> {
    /// Send this; answer with [`Event::Answered`] or [`Event::Unanswered`].
    Send(&'a Request),
    /// Send this to a daemon of this device; answer with [`Event::Answered`], [`Event::Unanswered`] or
    /// [`Event::NotReached`].
    Ask(&'a local::Request),
    /// Have the certificate and its private key opened, which daemons of this device have; answer with [`Event::Opened`] or
    /// [`Event::TpmFailed`]. `private_key::open_account` does it.
    Open(&'a CertifiedAccount),
    /// Let time pass; answer with [`Event::Elapsed`].
    Wait(Wait),
    /// Load this key into the TPM; answer with [`Event::Activated`], or [`Event::TpmFailed`].
    Activate(&'a ActivationBlob),
    /// Have this signed by that key; answer with [`Event::Signed`], or [`Event::TpmFailed`].
    Sign(KeyUse, &'a StringToSign),
    /// The run has succeeded; take the outcome.
    Done(&'a Outcome),
    /// The run has failed, for this reason.
    Failed(&'a Error),
}

/// The answer to an action.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// An answer, whatever its status.
    Answered(Response<'a>),
    /// No complete answer: no connection, a reset, a time-out. The machine waits and sends the request again, so do not
    /// give it when TLS could not verify the server, or the server rejected the client certificate: waiting does not
    /// change that. End the run and report the error instead.
    Unanswered,
    /// A daemon of this device cannot be reached, which waiting does not change.
    NotReached(Obstacle),
    /// The certificate, with a private key that signs where it is.
    Opened(&'a ClientCertificate),
    /// The time has passed.
    Elapsed,
    /// The key is in the TPM.
    Activated,
    /// It is signed.
    Signed(Signature),
    /// The TPM, or any other holder of the key, could not load the key or sign. The run fails with this error. When the
    /// work may succeed later ([`Error::is_retryable`]), it may be tried again instead: it stays pending.
    TpmFailed(&'a Error),
}

impl Action<'_> {
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Send(_) => "Send",
            Self::Ask(_) => "Ask",
            Self::Open(_) => "Open",
            Self::Wait(_) => "Wait",
            Self::Activate(_) => "Activate",
            Self::Sign(..) => "Sign",
            Self::Done(_) => "Done",
            Self::Failed(_) => "Failed",
        }
    }
}

impl Event<'_> {
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Answered(_) => "Answered",
            Self::Unanswered => "Unanswered",
            Self::NotReached(_) => "NotReached",
            Self::Opened(_) => "Opened",
            Self::Elapsed => "Elapsed",
            Self::Activated => "Activated",
            Self::Signed(_) => "Signed",
            Self::TpmFailed(_) => "TpmFailed",
        }
    }
}

/// What came of a request to a daemon.
impl<'a> From<local::Event<'a>> for Event<'a> {
    fn from(event: local::Event<'a>) -> Self {
        match event {
            local::Event::Answered(response) => Self::Answered(response),
            local::Event::Unanswered => Self::Unanswered,
            local::Event::NotReached(obstacle) => Self::NotReached(obstacle),
            local::Event::Elapsed => Self::Elapsed,
        }
    }
}

impl<'a> Event<'a> {
    /// As a task takes it. `None` for what answers nothing of a task.
    pub(super) const fn of_task(self) -> Option<local::Event<'a>> {
        match self {
            Self::Answered(response) => Some(local::Event::Answered(response)),
            Self::Unanswered => Some(local::Event::Unanswered),
            Self::NotReached(obstacle) => Some(local::Event::NotReached(obstacle)),
            Self::Elapsed => Some(local::Event::Elapsed),
            Self::Opened(_) | Self::Activated | Self::Signed(_) | Self::TpmFailed(_) => None,
        }
    }
}
