use super::{Target, check, message};
use crate::{
    base::{
        time::UnixTime,
        wait::{Deadline, Wait},
    },
    credential::{Credential, Password},
    error::{Error, ServiceOperation},
    flow::{
        attempt::{Attempt, Sending, Signing, Verdict, Waiting},
        http::{Authorization, Request, Response},
        outcome::{Device, Outcome},
        refusal::Rejected,
    },
    key::Signature,
    sas::StringToSign,
};
use alloc::boxed::Box;

/// One attempt to read a module's identity, in the state `S`.
#[derive(Debug)]
pub struct ModuleLookup<S> {
    base: Box<Base>,
    state: S,
}

/// What every state keeps.
#[derive(Debug)]
struct Base {
    device: Device,
    target: Target,
    attempt: Attempt,
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
    /// The module knows how to authenticate.
    Done(Outcome),
}

impl ModuleLookup<Sending> {
    /// Begins an attempt that gives up at `deadline`: with a request, or with something to sign when the device's key
    /// signs elsewhere. The token is made now.
    ///
    /// # Errors
    /// When the device's certificate is known to be signed by a CA.
    pub fn start(device: Device, target: impl Into<Target>, deadline: impl Into<Deadline>) -> Result<Step, Error> {
        let target = target.into();
        check(device.credential().certificate())?;
        let attempt = Attempt::until(deadline.into(), ServiceOperation::Module);
        let password = device.credential().password(device.identity(), target.audience, attempt.token_expiry());
        let base = Box::new(Base { device, target, attempt });
        Ok(match password {
            Password::Token(token) => Step::Send(base.ask(Authorization::Token(token))),
            Password::Certificate(certificate) => Step::Send(base.ask(Authorization::Certificate(certificate))),
            Password::Sign(string_to_sign) => Step::Sign(ModuleLookup { base, state: Signing { string_to_sign } }),
        })
    }

    /// The request to send.
    #[must_use]
    pub const fn request(&self) -> &Request {
        &self.state.request
    }

    /// An answer came, whatever it says.
    ///
    /// # Errors
    /// When the hub rejects the request, its answer does not follow the protocol, or the module has no authentication
    /// that can be used.
    pub fn answered(self, now: UnixTime, response: Response<'_>) -> Result<Step, Error> {
        let (operation, method) = (ServiceOperation::Module, self.base.device.credential().into());
        self.read(now, response).map_err(|error| Rejected { operation, method, registration_id: None }.complete(error))
    }

    fn read(self, now: UnixTime, response: Response<'_>) -> Result<Step, Error> {
        let Self { mut base, state: Sending { request } } = self;
        if let (401, Credential::Token(given)) = (response.status(), base.device.credential())
            && given.expires_at() <= response.date().unwrap_or(now)
        {
            return Err(Error::TokenExpired { at: given.expires_at() });
        }
        match base.attempt.judge(now, &response)? {
            Verdict::Again(wait) => Ok(base.wait(wait, request)),
            Verdict::Answer(body) => {
                let credential = message::credential(body, base.device.identity(), &base.target)?;
                Ok(Step::Done(base.device.into_module(base.target.module, credential)))
            }
        }
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

impl ModuleLookup<Waiting> {
    /// How long, and why.
    #[must_use]
    pub const fn wait(&self) -> Wait {
        self.state.wait
    }

    /// The time has passed.
    ///
    /// # Errors
    /// When the attempt's time has, too.
    pub fn elapsed(mut self, now: UnixTime) -> Result<ModuleLookup<Sending>, Error> {
        self.base.attempt.check(now)?;
        Ok(ModuleLookup { base: self.base, state: Sending { request: self.state.request } })
    }
}

impl ModuleLookup<Signing> {
    /// What to sign, with the key of the hub.
    #[must_use]
    pub const fn string_to_sign(&self) -> &StringToSign {
        &self.state.string_to_sign
    }

    /// It is signed.
    ///
    /// # Errors
    /// When the attempt's time is over.
    pub fn signed(mut self, now: UnixTime, signature: &Signature) -> Result<ModuleLookup<Sending>, Error> {
        self.base.attempt.check(now)?;
        let token = self.state.string_to_sign.token(signature);
        Ok(self.base.ask(Authorization::Token(token)))
    }
}

impl Base {
    fn ask(self: Box<Self>, proof: Authorization) -> ModuleLookup<Sending> {
        let request = Request::module(self.device.identity(), &self.target.module, proof);
        ModuleLookup { base: self, state: Sending { request } }
    }

    fn wait(self: Box<Self>, wait: Wait, request: Request) -> Step {
        Step::Wait(ModuleLookup { base: self, state: Waiting { wait, request } })
    }
}
