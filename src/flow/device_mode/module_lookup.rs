use super::{Target, check_device, message};
use crate::{
    base::time::{Now, UnixTime},
    credential::{Credential, Password},
    error::{Error, PlanError, ServiceOperation},
    flow::{
        attempt::{Attempt, Verdict},
        exchange::{Exchange, Next, Protocol, Run, Sending, Signing, Waiting, sealed::Sealed},
        http::{Operation, Request, Response},
        outcome::{Device, Outcome},
        refusal::Rejected,
    },
    identity::{Identity, ModuleId},
    key::KeyUse,
};
use alloc::{boxed::Box, string::String};

/// One attempt to read a module's identity, in the state `S`.
pub type ModuleLookup<S> = Exchange<DeviceMode, S>;

/// The protocol of a module lookup: the device, and the module that it looks up.
#[derive(Debug)]
pub struct DeviceMode {
    device: Device,
    target: Target,
    /// The module was to be created in this attempt.
    created: bool,
}

/// What comes next.
#[derive(Debug)]
#[must_use]
pub enum Step {
    /// Send a request.
    Send(ModuleLookup<Sending>),
    /// Let time pass.
    Wait(ModuleLookup<Waiting>),
    /// Have the device's key sign.
    Sign(ModuleLookup<Signing>),
    /// The module has its credential.
    Done(Outcome),
}

impl From<Next<DeviceMode>> for Step {
    fn from(next: Next<DeviceMode>) -> Self {
        match next {
            Next::Send(sending) => Self::Send(sending),
            Next::Wait(waiting) => Self::Wait(waiting),
            Next::Sign(signing) => Self::Sign(signing),
        }
    }
}

impl ModuleLookup<Sending> {
    /// Begins, or goes on with the attempt of a registration: with a request, or with something to sign when the device's
    /// key signs elsewhere. The token is made now.
    ///
    /// # Errors
    /// When the device's certificate is known to be signed by a CA, when the hub's name is that for back ends, and when the
    /// attempt's time has passed.
    pub fn start(device: Device, target: impl Into<Target>, now: Now, mut attempt: Attempt) -> Result<Step, Error> {
        let target = target.into();
        check_device(&device)?;
        PlanError::of_identity(device.identity()).map_or(Ok(()), Err)?;
        attempt.check(now)?;
        let request = Request::module(device.identity(), &target.module);
        let run = Box::new(Run { protocol: DeviceMode { device, target, created: false }, attempt });
        Ok(run.authorize(request, now.wall).into())
    }
}

impl Sealed for DeviceMode {}

impl Protocol for DeviceMode {
    type Step = Step;

    const KEY_USE: KeyUse = KeyUse::Hub;

    fn password(&self, expiry: UnixTime) -> Password {
        self.device.credential().password(self.device.identity(), self.target.audience, expiry)
    }

    fn read(exchange: ModuleLookup<Sending>, now: Now, response: Response<'_>) -> Result<Step, Error> {
        let (operation, method) = (ServiceOperation::Module, exchange.run.protocol.device.credential().into());
        let version = String::from(exchange.request().api_version());
        exchange.read_answer(now, response).map_err(|error| {
            Rejected { operation, method, api_version: &version, registration_id: None }.complete(error)
        })
    }
}

impl ModuleLookup<Sending> {
    fn read_answer(self, now: Now, response: Response<'_>) -> Result<Step, Error> {
        let Self { mut run, state: Sending { request } } = self;
        if let (401, Credential::Token(given)) = (response.status(), run.protocol.device.credential())
            && given.expires_at() <= response.date().unwrap_or(now.wall)
        {
            return Err(Error::TokenExpired { at: given.expires_at() });
        }
        let creates = *request.operation() == Operation::CreateModule;
        if (response.status(), creates) == (404, false) && run.protocol.target.creates && !run.protocol.created {
            run.attempt.admit(now, &response)?;
            run.protocol.created = true;
            return Ok(Self::with(run, request, Request::module_creation));
        }
        if (response.status(), creates) == (409, true) {
            // Another process of the device was faster.
            run.attempt.admit(now, &response)?;
            return Ok(Self::with(run, request, Request::module));
        }
        match run.attempt.judge(ServiceOperation::Module, now, &response)? {
            Verdict::Again(wait) => Ok(run.wait(wait, request)),
            Verdict::Answer(_) if creates => Ok(Self::with(run, request, Request::module)),
            Verdict::Answer(body) => {
                let DeviceMode { device, target, .. } = run.protocol;
                let credential = message::credential(body, device.identity(), &target)?;
                Ok(Step::Done(device.into_module(target.module, credential)))
            }
        }
    }

    /// Another request about the same module, with the same proof.
    fn with(run: Box<Run<DeviceMode>>, answered: Request, request: impl Fn(&Identity, &ModuleId) -> Request) -> Step {
        let DeviceMode { device, target, .. } = &run.protocol;
        let request = request(device.identity(), &target.module).authorized(answered.into_authorization());
        Step::Send(Self { run, state: Sending { request } })
    }
}
