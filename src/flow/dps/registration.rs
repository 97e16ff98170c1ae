use super::{
    ActivationBlob, Attestation, Profile,
    message::{self, Answer, Assigned, Challenge},
};
use crate::{
    base::time::{Now, UnixTime},
    credential::{Credential, Password},
    error::{Error, PlanError, ProtocolError, ProtocolProblem, ServiceOperation},
    flow::{
        attempt::{Attempt, Verdict},
        exchange::{Exchange, Next, Protocol, Run, Sending, Signing, Waiting, sealed::Sealed},
        http::{Authorization, Operation, OperationId, Request, Response},
        outcome::Device,
        refusal::Rejected,
    },
    identity::PolicyName,
    key::KeyUse,
    sas::{Resource, SasToken, StringToSign},
};
use alloc::{boxed::Box, string::String, vec::Vec};

/// One attempt to register, in the state `S`.
pub type Registration<S> = Exchange<Provisioning, S>;

/// The protocol of a registration: what is registered, and how the device proves itself.
#[derive(Debug)]
pub struct Provisioning {
    pub(super) profile: Profile,
    pub(super) attestation: Attestation,
    /// The name that the service has given the registration key of a TPM.
    key_name: Option<PolicyName>,
    /// The operation that the service has begun for the device, by this run or by an earlier one.
    pub(super) operation: Option<OperationId>,
    /// It is that of an earlier run.
    pub(super) is_resumed: bool,
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
    Sign(Box<Signing>),
    /// It is the hub's key: done.
    Finish(Box<Device>),
}

/// What comes next.
#[derive(Debug)]
#[must_use]
pub enum Step {
    /// Send a request.
    Send(Registration<Sending>),
    /// Let time pass.
    Wait(Registration<Waiting>),
    /// Have the TPM take in a key.
    Activate(Registration<Activating>),
    /// Have the TPM sign.
    Sign(Registration<Signing>),
    /// The device knows its hub. The attempt goes on with a [`ModuleLookup`](crate::device_mode::ModuleLookup), if one
    /// follows.
    Done(Device, Attempt),
}

impl From<Next<Provisioning>> for Step {
    fn from(next: Next<Provisioning>) -> Self {
        match next {
            Next::Send(sending) => Self::Send(sending),
            Next::Wait(waiting) => Self::Wait(waiting),
            Next::Sign(signing) => Self::Sign(signing),
        }
    }
}

impl Registration<Sending> {
    /// Begins an attempt, with the request to send first. A key's token is made now.
    ///
    /// # Errors
    /// When a lookup is combined with a TPM, and when the attempt's time has passed.
    pub fn start(
        profile: Profile,
        attestation: impl Into<Attestation>,
        now: Now,
        mut attempt: Attempt,
    ) -> Result<Self, Error> {
        let attestation = attestation.into();
        check(&profile, &attestation)?;
        attempt.check(now)?;
        let operation = profile.resumed_operation().cloned();
        let is_resumed = operation.is_some();
        let protocol = Provisioning { profile, attestation, key_name: None, operation, is_resumed };
        let authorization = match protocol.password(attempt.token_expiry(now.wall)) {
            Password::Token(token) => Authorization::Token(token),
            Password::Certificate(certificate) => Authorization::Certificate(certificate),
            // A TPM signs when the service has sent it the key to sign with.
            Password::Sign(_) => Authorization::None,
        };
        // A TPM is challenged before it can ask for anything.
        let is_unproved = matches!(authorization, Authorization::None);
        let operation = match &protocol.operation {
            _ if protocol.profile.is_lookup_only() => Operation::LookUpRegistration,
            Some(operation) if !is_unproved => Operation::RegistrationStatus(operation.clone()),
            _ => Operation::Register,
        };
        let request = protocol.request(operation, authorization);
        Ok(Self { run: Box::new(Run { protocol, attempt }), state: Sending { request } })
    }
}

impl Registration<Activating> {
    /// The wrapped key.
    #[must_use]
    pub const fn blob(&self) -> &ActivationBlob {
        &self.state.blob
    }

    /// The TPM has it. With the hub's key the registration is done, even after the attempt's time has passed.
    ///
    /// # Errors
    /// When it is the registration key and the attempt's time has passed.
    pub fn activated(self, now: Now) -> Result<Step, Error> {
        let Self { mut run, state: Activating { then, .. } } = self;
        let checked = run.attempt.check(now);
        match then {
            Then::Sign(state) => checked.map(|()| Step::Sign(Exchange { run, state: *state })),
            Then::Finish(device) => Ok(Step::Done(*device, run.attempt)),
        }
    }
}

/// A lookup has no challenge that a TPM could answer, and the service issues certificates for the registration ID only.
pub(crate) fn check(profile: &Profile, attestation: &Attestation) -> Result<(), PlanError> {
    match (attestation, profile.sent_request()) {
        (Attestation::Tpm { .. }, _) if profile.is_lookup_only() => Err(PlanError::TpmCannotLookUp),
        (_, Some(request)) if request.common_name() != Some(profile.registration_id().as_str()) => {
            Err(PlanError::RequestName)
        }
        _ => Ok(()),
    }
}

impl Sealed for Provisioning {}

impl Protocol for Provisioning {
    type Step = Step;

    const KEY_USE: KeyUse = KeyUse::Registration;

    fn password(&self, expiry: UnixTime) -> Password {
        let resource = Resource::registration(self.profile.id_scope(), self.profile.registration_id());
        match &self.attestation {
            Attestation::SymmetricKey(key) => Password::Token(SasToken::sign(key, &resource, expiry)),
            Attestation::Certificate(certificate) => Password::Certificate(certificate.clone()),
            Attestation::Tpm { .. } => {
                let resource = match &self.key_name {
                    Some(name) => resource.with_policy(name),
                    None => resource,
                };
                Password::Sign(StringToSign::new(resource, expiry))
            }
        }
    }

    fn read(exchange: Registration<Sending>, now: Now, response: Response<'_>) -> Result<Step, Error> {
        let operation = exchange.request().operation().into();
        let version = String::from(exchange.request().api_version());
        let Provisioning { profile, attestation, .. } = &exchange.run.protocol;
        let (method, id) = (attestation.into(), profile.registration_id().clone());
        exchange.read_answer(now, response).map_err(|error| {
            Rejected { operation, method, api_version: &version, registration_id: Some(&id) }.complete(error)
        })
    }
}

impl Registration<Sending> {
    fn read_answer(self, now: Now, response: Response<'_>) -> Result<Step, Error> {
        let Self { mut run, state: Sending { request } } = self;
        let is_unproved = request.is_unproved();
        if is_unproved && response.status() == 401 {
            run.attempt.admit(now, &response)?;
            if let Some(challenge) = message::challenge(response.body)? {
                return run.challenged(challenge, request, now);
            }
        }
        if run.protocol.is_resumed && !is_unproved {
            run.attempt.admit(now, &response)?;
            if run.is_in_vain(&response) {
                return Ok(run.register_anew(request));
            }
        }
        let body = match run.attempt.judge(ServiceOperation::Registration, now, &response)? {
            Verdict::Again(wait) => return Ok(run.wait(wait, request)),
            // A TPM's first request proves nothing. A service that accepts it is not the provisioning service.
            Verdict::Answer(_) if is_unproved => {
                return Err(ProtocolError::new("authenticationKey", ProtocolProblem::Missing).into());
            }
            Verdict::Answer(body) => body,
        };
        let profile = &run.protocol.profile;
        let answer = match request.operation() {
            Operation::LookUpRegistration => message::lookup(response.status(), body, profile)?,
            _ => message::answer(response.status(), body, profile)?,
        };
        let next = match (answer, request.operation()) {
            (Answer::Assigned(assigned), _) => return run.assigned(*assigned),
            (Answer::Pending(operation), Operation::Register) => {
                let operation = operation.ok_or(ProtocolError::new("operationId", ProtocolProblem::Missing))?;
                run.protocol.operation = Some(operation.clone());
                run.protocol.request(Operation::RegistrationStatus(operation), request.into_authorization())
            }
            (Answer::Pending(_), _) => request,
        };
        let wait = run.attempt.poll_pause(now, &response)?;
        Ok(run.wait(wait, next))
    }
}

impl Provisioning {
    pub(super) fn request(&self, operation: Operation, authorization: Authorization) -> Request {
        let body = match operation {
            Operation::RegistrationStatus(_) => Vec::new(),
            _ => message::body(&self.profile, &self.attestation),
        };
        let registrant = self.profile.registrant();
        Request::registration(operation, self.profile.endpoint().clone(), registrant, authorization, body)
    }
}

impl Run<Provisioning> {
    fn challenged(mut self: Box<Self>, challenge: Challenge, request: Request, now: Now) -> Result<Step, Error> {
        let Challenge { blob, key_name } = challenge;
        let name = key_name.map(|name| name.parse()).transpose();
        self.protocol.key_name = name.map_err(|_| ProtocolError::new("keyName", ProtocolProblem::Unreadable))?;
        let request = match &self.protocol.operation {
            Some(operation) => {
                let operation = Operation::RegistrationStatus(operation.clone());
                self.protocol.request(operation, request.into_authorization())
            }
            None => request,
        };
        match self.authorize(request, now.wall) {
            Next::Sign(Exchange { run, state }) => {
                let then = Then::Sign(Box::new(state));
                Ok(Step::Activate(Exchange { run, state: Activating { blob, then } }))
            }
            other => Ok(other.into()),
        }
    }

    fn assigned(self: Box<Self>, Assigned { hub, device, hub_key, record }: Assigned) -> Result<Step, Error> {
        let has_certificate = matches!(self.protocol.attestation, Attestation::Certificate(_))
            || self.protocol.profile.has_issued_certificate
            || record.issuance.chain().is_some();
        message::check_profile(&record, has_certificate)?;
        let credential = match &self.protocol.attestation {
            Attestation::SymmetricKey(key) => key.clone().into(),
            Attestation::Certificate(certificate) => certificate.clone().into(),
            Attestation::Tpm { .. } => Credential::ExternalSigner,
        };
        let in_tpm = credential == Credential::ExternalSigner;
        let device = Device::new(hub, device, credential).assigned(record);
        let device = if self.protocol.profile.classic_hub_name { device.with_classic_hub_name() } else { device };
        match hub_key {
            Some(blob) if in_tpm => {
                let then = Then::Finish(Box::new(device));
                Ok(Step::Activate(Exchange { run: self, state: Activating { blob, then } }))
            }
            None if in_tpm => {
                Err(ProtocolError::new("registrationState.tpm.authenticationKey", ProtocolProblem::Missing).into())
            }
            _ => Ok(Step::Done(device, self.attempt)),
        }
    }
}
