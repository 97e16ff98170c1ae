//! One exchange of requests and answers with a service: the states that every such exchange has, and what may be done in
//! each. [`Registration`] and [`ModuleLookup`] are the two exchanges; their modules show their diagrams.
//!
//! A state is named for what the *caller* does next: send, wait, sign. Where the protocol stands is in the request that
//! the state holds.
//!
//! [`Registration`]: crate::dps::Registration
//! [`ModuleLookup`]: crate::device_mode::ModuleLookup

use crate::{
    base::{
        time::{Now, UnixTime},
        wait::Wait,
    },
    credential::Password,
    error::Error,
    flow::{
        attempt::Attempt,
        http::{Authorization, Request, Response},
    },
    key::{KeyUse, Signature},
    sas::StringToSign,
};
use alloc::boxed::Box;

/// An exchange by the protocol `P` in the state `S`: [`Sending`], [`Waiting`], [`Signing`], or a registration's
/// [`Activating`](crate::dps::Activating).
#[derive(Debug)]
pub struct Exchange<P, S> {
    pub(super) run: Box<Run<P>>,
    pub(super) state: S,
}

/// What every state keeps.
#[derive(Debug)]
pub(super) struct Run<P> {
    pub(super) protocol: P,
    pub(super) attempt: Attempt,
}

/// A request is to be sent.
#[derive(Debug)]
pub struct Sending {
    pub(super) request: Request,
}

/// Time is to pass, then the request is sent.
#[derive(Debug)]
pub struct Waiting {
    wait: Wait,
    request: Request,
}

/// Bytes are to be signed by the holder of the key, for the request that is sent then.
#[derive(Debug)]
pub struct Signing {
    pub(super) string_to_sign: StringToSign,
    pub(super) request: Request,
}

/// The next state of an exchange, of those that both have.
#[derive(Debug)]
#[must_use]
pub enum Next<P> {
    /// Send a request.
    Send(Exchange<P, Sending>),
    /// Let time pass.
    Wait(Exchange<P, Waiting>),
    /// Have the key's holder sign.
    Sign(Exchange<P, Signing>),
}

/// The protocol of an exchange: [`Provisioning`](crate::dps::Provisioning) or
/// [`DeviceMode`](crate::device_mode::DeviceMode). No other can be written outside this library.
pub trait Protocol: Sized + sealed::Sealed {
    /// What comes next, or the end: [`dps::Step`](crate::dps::Step) or [`device_mode::Step`](crate::device_mode::Step).
    type Step: From<Next<Self>>;

    /// The key that signs, where one signs elsewhere.
    #[doc(hidden)]
    const KEY_USE: KeyUse;

    /// What proves the device until then.
    #[doc(hidden)]
    fn password(&self, expiry: UnixTime) -> Password;

    /// Reads an answer.
    #[doc(hidden)]
    fn read(exchange: Exchange<Self, Sending>, now: Now, response: Response<'_>) -> Result<Self::Step, Error>;
}

/// Keeps [`Protocol`] to the two of this library.
pub(super) mod sealed {
    pub trait Sealed {}
}

impl<P: Protocol> Exchange<P, Sending> {
    /// The request to send.
    #[must_use]
    pub const fn request(&self) -> &Request {
        &self.state.request
    }

    /// An answer came, whatever its status.
    ///
    /// # Errors
    /// When the service refuses the request, when its message is not what the protocol says, when it asks for a longer wait
    /// than there is time for, and when the attempt's time has passed.
    pub fn answered(self, now: Now, response: Response<'_>) -> Result<P::Step, Error> {
        P::read(self, now, response)
    }

    /// No complete answer came: no connection, a reset, a time-out. A server that cannot be verified is none of these: the
    /// caller ends the exchange then, because waiting does not change that.
    ///
    /// # Errors
    /// When that has happened too often, and when the attempt's time has passed.
    pub fn unanswered(self, now: Now) -> Result<P::Step, Error> {
        let Self { mut run, state: Sending { request } } = self;
        let wait = run.attempt.unanswered(now)?;
        Ok(run.wait(wait, request))
    }
}

impl<P: Protocol> Exchange<P, Waiting> {
    /// How long, and why.
    #[must_use]
    pub const fn wait(&self) -> Wait {
        self.state.wait
    }

    /// The time has passed. The request is sent then, or signed anew first: a token that would expire too soon, because
    /// the wall clock was set forward, is replaced by another.
    ///
    /// # Errors
    /// When the attempt's time has passed.
    pub fn elapsed(self, now: Now) -> Result<P::Step, Error> {
        let Self { mut run, state: Waiting { request, .. } } = self;
        run.attempt.check(now)?;
        Ok(match request.token() {
            Some(token) if run.attempt.outlasts(token.expires_at(), now.wall) => run.authorize(request, now.wall),
            _ => Next::Send(Exchange { run, state: Sending { request } }),
        }
        .into())
    }
}

impl<P: Protocol> Exchange<P, Signing> {
    /// What to sign: a registration's with the registration key, a module lookup's with the hub's key.
    #[must_use]
    pub const fn string_to_sign(&self) -> &StringToSign {
        &self.state.string_to_sign
    }

    /// It is signed.
    ///
    /// # Errors
    /// When the attempt's time has passed.
    pub fn signed(self, now: Now, signature: &Signature) -> Result<Exchange<P, Sending>, Error> {
        let Self { mut run, state: Signing { string_to_sign, request } } = self;
        run.attempt.check(now)?;
        let request = request.authorized(Authorization::Token(string_to_sign.token(signature)));
        Ok(Exchange { run, state: Sending { request } })
    }
}

impl<P: Protocol> Run<P> {
    pub(super) fn wait(self: Box<Self>, wait: Wait, request: Request) -> P::Step {
        Next::Wait(Exchange { run: self, state: Waiting { wait, request } }).into()
    }

    /// The request with a new proof, or what has to be signed for one.
    pub(super) fn authorize(self: Box<Self>, request: Request, wall: UnixTime) -> Next<P> {
        let authorization = match self.protocol.password(self.attempt.token_expiry(wall)) {
            Password::Token(token) => Authorization::Token(token),
            Password::Certificate(certificate) => Authorization::Certificate(certificate),
            Password::Sign(string_to_sign) => {
                return Next::Sign(Exchange { run: self, state: Signing { string_to_sign, request } });
            }
        };
        Next::Send(Exchange { run: self, state: Sending { request: request.authorized(authorization) } })
    }
}
