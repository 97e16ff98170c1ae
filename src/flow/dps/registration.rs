use super::{
    ActivationBlob, Attestation, Profile,
    message::{self, Answer, Assigned, Challenge},
};
use crate::{
    base::{
        time::UnixTime,
        wait::{Deadline, Wait},
    },
    credential::Credential,
    error::{Error, PlanError, ProtocolError, ProtocolProblem, ServiceOperation},
    flow::{
        attempt::{Attempt, Sending, Signing, Verdict, Waiting},
        http::{Authorization, Operation, Request, Response},
        outcome::Device,
        refusal::Rejected,
    },
    key::Signature,
    sas::{Resource, SasToken, StringToSign},
};
use alloc::{boxed::Box, vec::Vec};

/// One attempt to register, in the state `S`.
#[derive(Debug)]
pub struct Registration<S> {
    base: Box<Base>,
    state: S,
}

/// What every state keeps.
#[derive(Debug)]
struct Base {
    profile: Profile,
    attestation: Attestation,
    attempt: Attempt,
}

/// The TPM is to take in a key.
#[derive(Debug)]
pub struct Activating {
    blob: ActivationBlob,
    then: Then,
}

#[derive(Debug)]
enum Then {
    /// It is the registration key: sign with it.
    Sign(StringToSign),
    /// It is the hub's key: done.
    Finish(Box<Device>),
}

/// What comes next.
#[derive(Debug)]
#[must_use]
pub enum Step {
    /// Send a request. No answer leads here; a loop that holds its state as a `Step` begins with it.
    Send(Registration<Sending>),
    /// Let time pass.
    Wait(Registration<Waiting>),
    /// Have the TPM take in a key.
    Activate(Registration<Activating>),
    /// Have the TPM sign.
    Sign(Registration<Signing>),
    /// The device knows its hub.
    Done(Device),
}

impl Registration<Sending> {
    /// Begins an attempt that gives up at `deadline`. A key's token is made now.
    ///
    /// # Errors
    /// When a lookup is to be proved by a TPM.
    pub fn start(
        profile: Profile,
        attestation: impl Into<Attestation>,
        deadline: impl Into<Deadline>,
    ) -> Result<Self, Error> {
        let attestation = attestation.into();
        check(&profile, &attestation)?;
        let attempt = Attempt::until(deadline.into(), ServiceOperation::Registration);
        let proof = match &attestation {
            Attestation::SymmetricKey(key) => {
                let resource = Resource::registration(profile.id_scope(), profile.registration_id());
                Authorization::Token(SasToken::sign(key, &resource, attempt.token_expiry()))
            }
            Attestation::Certificate(certificate) => Authorization::Certificate(certificate.clone()),
            Attestation::Tpm { .. } => Authorization::None,
        };
        let operation = if profile.is_lookup_only() { Operation::LookUpRegistration } else { Operation::Register };
        Ok(Box::new(Base { profile, attestation, attempt }).ask(operation, proof))
    }

    /// The request to send.
    #[must_use]
    pub const fn request(&self) -> &Request {
        &self.state.request
    }

    /// An answer came, whatever it says.
    ///
    /// # Errors
    /// When the service rejects the request or the registration, or its answer does not follow the protocol.
    pub fn answered(self, now: UnixTime, response: Response<'_>) -> Result<Step, Error> {
        let (operation, method) = (self.request().operation().into(), (&self.base.attestation).into());
        let id = self.base.profile.registration_id().clone();
        self.read(now, response)
            .map_err(|error| Rejected { operation, method, registration_id: Some(&id) }.complete(error))
    }

    fn read(self, now: UnixTime, response: Response<'_>) -> Result<Step, Error> {
        let Self { mut base, state: Sending { request } } = self;
        let unproved = request.is_unproved();
        if unproved && response.status() == 401 {
            base.attempt.admit(now, &response)?;
            if let Some(challenge) = message::challenge(response.body)? {
                return base.challenged(challenge);
            }
        }
        let body = match base.attempt.judge(now, &response)? {
            Verdict::Again(wait) => return Ok(base.wait(wait, request)),
            // A TPM's first request proves nothing. Whoever accepts it is not the service.
            Verdict::Answer(_) if unproved => {
                return Err(ProtocolError::new("authenticationKey", ProtocolProblem::Missing).into());
            }
            Verdict::Answer(body) => body,
        };
        let id = base.profile.registration_id();
        let answer = match request.operation() {
            Operation::LookUpRegistration => message::lookup(response.status(), body, id)?,
            _ => message::answer(response.status(), body, id)?,
        };
        let next = match (answer, request.operation()) {
            (Answer::Assigned(assigned), _) => return base.assigned(*assigned),
            (Answer::Pending(operation), Operation::Register) => {
                let operation = operation.ok_or(ProtocolError::new("operationId", ProtocolProblem::Missing))?;
                base.request(Operation::RegistrationStatus(operation), request.into_authorization())
            }
            (Answer::Pending(_), _) => request,
        };
        let wait = base.attempt.poll_pause(now, &response)?;
        Ok(base.wait(wait, next))
    }

    /// No complete answer came: no connection, a reset, a time-out.
    ///
    /// # Errors
    /// When that has happened too often.
    pub fn unanswered(self, now: UnixTime) -> Result<Step, Error> {
        let Self { mut base, state: Sending { request } } = self;
        let wait = base.attempt.unanswered(now)?;
        Ok(base.wait(wait, request))
    }
}

impl Registration<Waiting> {
    /// How long, and why.
    #[must_use]
    pub const fn wait(&self) -> Wait {
        self.state.wait
    }

    /// The time has passed.
    ///
    /// # Errors
    /// When the attempt's time has, too.
    pub fn elapsed(mut self, now: UnixTime) -> Result<Registration<Sending>, Error> {
        self.base.attempt.check(now)?;
        Ok(Registration { base: self.base, state: Sending { request: self.state.request } })
    }
}

impl Registration<Activating> {
    /// The wrapped key.
    #[must_use]
    pub const fn blob(&self) -> &ActivationBlob {
        &self.state.blob
    }

    /// The TPM has it. If it is the hub's key the work is done, late or not.
    ///
    /// # Errors
    /// When there is more to do and the attempt's time is over.
    pub fn activated(mut self, now: UnixTime) -> Result<Step, Error> {
        match self.state.then {
            Then::Sign(string_to_sign) => {
                self.base.attempt.check(now)?;
                Ok(Step::Sign(Registration { base: self.base, state: Signing { string_to_sign } }))
            }
            Then::Finish(device) => Ok(Step::Done(*device)),
        }
    }
}

impl Registration<Signing> {
    /// What to sign, with the registration key.
    #[must_use]
    pub const fn string_to_sign(&self) -> &StringToSign {
        &self.state.string_to_sign
    }

    /// The TPM has signed.
    ///
    /// # Errors
    /// When the attempt's time is over.
    pub fn signed(mut self, now: UnixTime, signature: &Signature) -> Result<Registration<Sending>, Error> {
        self.base.attempt.check(now)?;
        let token = self.state.string_to_sign.token(signature);
        Ok(self.base.ask(Operation::Register, Authorization::Token(token)))
    }
}

/// A lookup has no challenge that a TPM could answer.
pub(crate) fn check(profile: &Profile, attestation: &Attestation) -> Result<(), PlanError> {
    match attestation {
        Attestation::Tpm { .. } if profile.is_lookup_only() => Err(PlanError::TpmCannotLookUp),
        _ => Ok(()),
    }
}

impl Base {
    fn request(&self, operation: Operation, proof: Authorization) -> Request {
        let body = match operation {
            Operation::RegistrationStatus(_) => Vec::new(),
            _ => message::body(&self.profile, &self.attestation),
        };
        let registrant = self.profile.registrant().clone();
        Request::registration(operation, self.profile.endpoint().clone(), registrant, proof, body)
    }

    fn ask(self: Box<Self>, operation: Operation, proof: Authorization) -> Registration<Sending> {
        let request = self.request(operation, proof);
        Registration { base: self, state: Sending { request } }
    }

    fn wait(self: Box<Self>, wait: Wait, request: Request) -> Step {
        Step::Wait(Registration { base: self, state: Waiting { wait, request } })
    }

    fn challenged(self: Box<Self>, Challenge { blob, key_name }: Challenge) -> Result<Step, Error> {
        let mut resource = Resource::registration(self.profile.id_scope(), self.profile.registration_id());
        if let Some(name) = key_name {
            let policy = name.parse().map_err(|_| ProtocolError::new("keyName", ProtocolProblem::Unreadable))?;
            resource = resource.with_policy(&policy);
        }
        let then = Then::Sign(StringToSign::new(resource, self.attempt.token_expiry()));
        Ok(Step::Activate(Registration { base: self, state: Activating { blob, then } }))
    }

    fn assigned(self: Box<Self>, Assigned { hub, device, hub_key, record }: Assigned) -> Result<Step, Error> {
        let credential = match &self.attestation {
            Attestation::SymmetricKey(key) => key.clone().into(),
            Attestation::Certificate(certificate) => certificate.clone().into(),
            Attestation::Tpm { .. } => Credential::ExternalSigner,
        };
        let in_tpm = credential == Credential::ExternalSigner;
        let device = Device::new(hub, device, credential).assigned(record);
        match hub_key {
            Some(blob) if in_tpm => {
                let then = Then::Finish(Box::new(device));
                Ok(Step::Activate(Registration { base: self, state: Activating { blob, then } }))
            }
            None if in_tpm => {
                Err(ProtocolError::new("registrationState.tpm.authenticationKey", ProtocolProblem::Missing).into())
            }
            _ => Ok(Step::Done(device)),
        }
    }
}
