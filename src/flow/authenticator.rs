//! Any plan as one machine: poll for the next action, handle what came of it.

use crate::{
    base::{
        time::UnixTime,
        wait::{Deadline, Wait},
    },
    error::{ApiMisuse, Error},
    flow::{
        attempt::{Sending, Signing, Waiting},
        device_mode::{self, ModuleLookup, Target},
        dps::{self, Activating, Registration},
        http::{Request, Response},
        outcome::{Device, Outcome},
        plan::{Plan, Start},
    },
    key::{ActivationBlob, KeyUse, Signature},
    sas::StringToSign,
};
use core::mem;

/// What the caller does next. A view: it borrows from the machine, costs nothing and changes nothing.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Action<'a> {
    /// Send this; answer with [`Event::Answered`] or [`Event::Unanswered`].
    Send(&'a Request),
    /// Let time pass; answer with [`Event::Elapsed`].
    Wait(Wait),
    /// Load this key into the TPM; answer with [`Event::Activated`].
    Activate(&'a ActivationBlob),
    /// Have this signed by that key; answer with [`Event::Signed`].
    Sign(KeyUse, &'a StringToSign),
    /// It is done; take the outcome.
    Done(&'a Outcome),
    /// It is over, for this reason.
    Failed(&'a Error),
}

/// What came of an action.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// An answer, whatever its status.
    Answered(Response<'a>),
    /// No complete answer: no connection, a reset, a time-out.
    Unanswered,
    /// The time has passed.
    Elapsed,
    /// The key is in the TPM.
    Activated,
    /// It is signed.
    Signed(Signature),
}

/// One run of a plan.
///
/// ```
/// use core::time::Duration;
/// use defender_auth::{Action, Authenticator, Device, Event, Plan, SharedAccessKey, UnixTime, http::Response};
/// use defender_auth::device_mode::Target;
///
/// let key = SharedAccessKey::from_base64("AwoRGB8mLTQ7QklQV15lbA==")?;
/// let device = Device::new("contoso.azure-devices.net".parse()?, "dev-01".parse()?, key);
/// let plan = Plan::device(device).in_device_mode(Target::default())?;
///
/// let now = UnixTime::from_secs(1_700_000_000);
/// let mut auth = Authenticator::new(&plan, now + Duration::from_secs(600));
/// let me = loop {
///     match auth.poll() {
///         Action::Send(request) => {
///             // Any HTTP client sends it to request.host(), port 443.
///             let body = br#"{"deviceId":"dev-01","moduleId":"azureiotsecurity","authentication":
///                 {"type":"sas","symmetricKey":{"primaryKey":"QEFCQ0RFRkdISUpLTE1OTw=="}}}"#;
///             auth.handle(now, Event::Answered(Response::new(200, body)))?;
///         }
///         Action::Wait(_wait) => auth.handle(now, Event::Elapsed)?, // after a sleep
///         Action::Done(_) | Action::Failed(_) => break auth.into_outcome()?,
///         _ => unreachable!("a key in memory needs no TPM"),
///     }
/// };
/// assert_eq!(me.identity().module_id().map(|id| id.as_str()), Some("azureiotsecurity"));
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Authenticator {
    state: State,
    /// The module to become, once the device is known.
    target: Option<Target>,
    deadline: Deadline,
    /// When the latest event came, for a run that goes on in the middle of a wait.
    since: UnixTime,
    /// The service's clock less the caller's, in seconds, when the latest dated answer came.
    clock_offset: Option<i64>,
}

#[derive(Debug)]
enum State {
    RegistrationSending(Registration<Sending>),
    RegistrationWaiting(Registration<Waiting>),
    RegistrationActivating(Registration<Activating>),
    RegistrationSigning(Registration<Signing>),
    HandshakeSending(ModuleLookup<Sending>),
    HandshakeWaiting(ModuleLookup<Waiting>),
    HandshakeSigning(ModuleLookup<Signing>),
    Done(Outcome),
    Failed(Error),
}

impl Authenticator {
    /// Begins a run of the plan that gives up at `deadline`, ten minutes from now say. A plan that asks nobody is done
    /// at once.
    #[must_use]
    pub fn new(plan: &Plan, deadline: impl Into<Deadline>) -> Self {
        let deadline = deadline.into();
        let Plan { start, target } = plan.clone();
        let mut this = Self {
            state: State::Failed(Error::OutOfTime),
            target,
            deadline,
            since: UnixTime::from_secs(0),
            clock_offset: None,
        };
        this.state = match start {
            Start::Known(outcome) => State::Done(outcome),
            Start::Device(device) => this.device_known(device),
            Start::Provision(both) => {
                let (profile, attestation) = *both;
                Registration::start(profile, attestation, deadline).into()
            }
        };
        this
    }

    /// What to do next. Pure: ask as often as you like.
    #[must_use]
    pub const fn poll(&self) -> Action<'_> {
        match &self.state {
            State::RegistrationSending(registration) => Action::Send(registration.request()),
            State::RegistrationWaiting(registration) => Action::Wait(registration.wait()),
            State::RegistrationActivating(registration) => Action::Activate(registration.blob()),
            State::RegistrationSigning(registration) => {
                Action::Sign(KeyUse::Registration, registration.string_to_sign())
            }
            State::HandshakeSending(handshake) => Action::Send(handshake.request()),
            State::HandshakeWaiting(handshake) => Action::Wait(handshake.wait()),
            State::HandshakeSigning(handshake) => Action::Sign(KeyUse::Hub, handshake.string_to_sign()),
            State::Done(outcome) => Action::Done(outcome),
            State::Failed(error) => Action::Failed(error),
        }
    }

    /// Takes what came of the action. A refusal by a service is no error here: the machine goes to [`Action::Failed`]
    /// and stays there.
    ///
    /// # Errors
    /// When the event does not answer the action; the machine is as it was.
    pub fn handle(&mut self, now: UnixTime, event: Event<'_>) -> Result<(), ApiMisuse> {
        let date = match event {
            Event::Answered(response) => response.date(),
            _ => None,
        };
        // Should a transition panic, a failed machine is left behind, not a broken one.
        let state = mem::replace(&mut self.state, State::Failed(Error::OutOfTime));
        self.state = match (state, event) {
            (State::RegistrationSending(r), Event::Answered(response)) => self.registered(r.answered(now, response)),
            (State::RegistrationSending(r), Event::Unanswered) => self.registered(r.unanswered(now)),
            (State::RegistrationWaiting(r), Event::Elapsed) => r.elapsed(now).into(),
            (State::RegistrationActivating(r), Event::Activated) => self.registered(r.activated(now)),
            (State::RegistrationSigning(r), Event::Signed(signature)) => r.signed(now, &signature).into(),
            (State::HandshakeSending(h), Event::Answered(response)) => h.answered(now, response).into(),
            (State::HandshakeSending(h), Event::Unanswered) => h.unanswered(now).into(),
            (State::HandshakeWaiting(h), Event::Elapsed) => h.elapsed(now).into(),
            (State::HandshakeSigning(h), Event::Signed(signature)) => h.signed(now, &signature).into(),
            (state, event) => {
                self.state = state;
                return Err(ApiMisuse { pending: self.poll().name(), given: event.name() });
            }
        };
        self.since = now;
        if let Some(date) = date {
            let seconds = |time: UnixTime| i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
            self.clock_offset = Some(seconds(date).saturating_sub(seconds(now)));
        }
        Ok(())
    }

    /// When the latest event came, and with it the pending action.
    #[cfg(feature = "https")]
    pub(crate) const fn since(&self) -> UnixTime {
        self.since
    }

    /// How many seconds the service's clock is ahead of the caller's, as its latest answer says. `None` while no answer had
    /// a date.
    #[must_use]
    pub const fn clock_offset(&self) -> Option<i64> {
        self.clock_offset
    }

    /// The end of it.
    ///
    /// # Errors
    /// Why it failed; or that it is not done, naming the action that is pending.
    pub fn into_outcome(self) -> Result<Outcome, Error> {
        match self.state {
            State::Done(outcome) => Ok(outcome),
            State::Failed(error) => Err(error),
            _ => Err(ApiMisuse { pending: self.poll().name(), given: "into_outcome" }.into()),
        }
    }

    fn registered(&self, step: Result<dps::Step, Error>) -> State {
        match step {
            Ok(dps::Step::Send(registration)) => State::RegistrationSending(registration),
            Ok(dps::Step::Wait(registration)) => State::RegistrationWaiting(registration),
            Ok(dps::Step::Activate(registration)) => State::RegistrationActivating(registration),
            Ok(dps::Step::Sign(registration)) => State::RegistrationSigning(registration),
            Ok(dps::Step::Done(device)) => self.device_known(device),
            Err(error) => State::Failed(error),
        }
    }

    fn device_known(&self, device: Device) -> State {
        match &self.target {
            None => State::Done(device.into()),
            Some(target) => ModuleLookup::start(device, target.clone(), self.deadline).into(),
        }
    }
}

impl From<Result<Registration<Sending>, Error>> for State {
    fn from(registration: Result<Registration<Sending>, Error>) -> Self {
        registration.map_or_else(Self::Failed, Self::RegistrationSending)
    }
}

impl From<Result<ModuleLookup<Sending>, Error>> for State {
    fn from(handshake: Result<ModuleLookup<Sending>, Error>) -> Self {
        handshake.map_or_else(Self::Failed, Self::HandshakeSending)
    }
}

impl From<Result<device_mode::Step, Error>> for State {
    fn from(step: Result<device_mode::Step, Error>) -> Self {
        match step {
            Ok(device_mode::Step::Send(handshake)) => Self::HandshakeSending(handshake),
            Ok(device_mode::Step::Wait(handshake)) => Self::HandshakeWaiting(handshake),
            Ok(device_mode::Step::Sign(handshake)) => Self::HandshakeSigning(handshake),
            Ok(device_mode::Step::Done(outcome)) => Self::Done(outcome),
            Err(error) => Self::Failed(error),
        }
    }
}

impl Action<'_> {
    const fn name(&self) -> &'static str {
        match self {
            Self::Send(_) => "Send",
            Self::Wait(_) => "Wait",
            Self::Activate(_) => "Activate",
            Self::Sign(..) => "Sign",
            Self::Done(_) => "Done",
            Self::Failed(_) => "Failed",
        }
    }
}

impl Event<'_> {
    const fn name(&self) -> &'static str {
        match self {
            Self::Answered(_) => "Answered",
            Self::Unanswered => "Unanswered",
            Self::Elapsed => "Elapsed",
            Self::Activated => "Activated",
            Self::Signed(_) => "Signed",
        }
    }
}
