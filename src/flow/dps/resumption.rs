//! A registration that an earlier run has begun: its operation is asked about first, and given up when it has nothing for the
//! device.

use super::{
    Attestation,
    message::{self, Answer},
    registration::{Provisioning, Registration, Step},
};
use crate::{
    error::{Error, Refusal},
    flow::{
        exchange::{Exchange, Run, Sending},
        http::{Operation, OperationId, Request, Response},
    },
};
use alloc::boxed::Box;

impl<S> Registration<S> {
    /// The operation that the service carries out a registration by that requests a certificate: from its first answer, or from
    /// the start when an earlier run has begun it. It is to be on the disk before the next request is sent: with it
    /// ([`Profile::with_pending_operation`](super::Profile::with_pending_operation)) a later run gets the certificate that was
    /// issued.
    #[must_use]
    pub fn pending_operation(&self) -> Option<&OperationId> {
        let Provisioning { profile, operation, .. } = &self.run.protocol;
        operation.as_ref().filter(|_| profile.sent_request().is_some())
    }
}

impl Run<Provisioning> {
    /// Whether this answer to a resumed registration leads to another one: its operation has ended without what the device
    /// needs, or has not ended in half of the time.
    pub(super) fn is_in_vain(&self, response: &Response<'_>) -> bool {
        let Provisioning { profile, attestation, .. } = &self.protocol;
        match response.status() {
            200..=299 => match message::answer(response.status(), response.body, profile) {
                Ok(Answer::Pending(_)) => self.attempt.is_half_over(),
                Ok(Answer::Assigned(assigned)) => {
                    let lacks_key = matches!(attestation, Attestation::Tpm { .. }) && assigned.hub_key.is_none();
                    lacks_key || profile.sent_request().is_some() && assigned.record.issuance.chain().is_none()
                }
                Err(Error::Service(refused)) => refused.refusal == Refusal::Failed,
                Err(_) => true,
            },
            // The credential is rejected, or the service is busy.
            401 | 403 | 408 | 429 | 500..=599 => false,
            _ => true,
        }
    }

    /// Gives up the operation.
    pub(super) fn register_anew(mut self: Box<Self>, request: Request) -> Step {
        (self.protocol.operation, self.protocol.is_resumed) = (None, false);
        let request = self.protocol.request(Operation::Register, request.into_authorization());
        Step::Send(Exchange { run: self, state: Sending { request } })
    }
}
