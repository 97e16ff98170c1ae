//! Any plan as one state machine: poll for the next action, handle the event that answers it.

pub use crate::flow::action::{Action, Event};

use crate::{
    base::{
        time::{Now, UnixTime},
        wait::TimeLimit,
    },
    credential::Credential,
    error::{ApiMisuse, Error, PlanError},
    flow::{
        attempt::Attempt,
        device_mode::{self, DeviceMode, ModuleLookup, Target},
        dps::{self, Activating, Provisioning, Registration},
        exchange::Next,
        http::OperationId,
        identity_service::{Account, CertifiedAccount, IdentityService},
        local::{self, Ask, Task},
        outcome::{Device, Outcome},
        plan::{Plan, Start},
    },
};
use alloc::boxed::Box;
use core::mem;

/// One run of a plan, within one limit of time.
///
/// ```
/// use core::time::Duration;
/// use defender_auth::{Action, Authenticator, Device, Event, Now, Plan, SharedAccessKey, UnixTime, http::Response};
/// use defender_auth::device_mode::Target;
///
/// let key = SharedAccessKey::from_base64("AwoRGB8mLTQ7QklQV15lbA==")?;
/// let device = Device::new("contoso.azure-devices.net".parse()?, "dev-01".parse()?, key);
/// let plan = Plan::device(device).in_device_mode(Target::default())?;
///
/// // A program reads its clocks anew for each event.
/// let now = Now { wall: UnixTime::from_secs(1_700_000_000), monotonic: Duration::from_secs(5) };
/// let mut auth = Authenticator::new(&plan, now, Duration::from_secs(600));
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
    /// The module to continue as, once the device is known.
    target: Option<Target>,
    /// The device that was assigned on the way to a module.
    assigned: Option<Box<Device>>,
    /// When the latest event came.
    since: Now,
    /// The service's clock less the caller's, in seconds, when the latest dated answer came.
    clock_offset: Option<i64>,
}

#[derive(Debug)]
enum State {
    Provisioning(Next<Provisioning>),
    Activating(Registration<Activating>),
    DeviceMode(Next<DeviceMode>),
    /// The identity service is asked who the agent is.
    Asking(Box<Question>),
    /// Its daemons have a certificate for the agent.
    Opening(Box<CertifiedAccount>),
    Done(Outcome),
    Failed(Error),
}

/// Who is asked, and the pending task.
#[derive(Debug)]
struct Question {
    service: IdentityService,
    task: Task<Ask<Account>>,
}

impl Authenticator {
    /// Begins a run of the plan that lasts at most `limit`, ten minutes for example. A plan that needs no network request is
    /// [`Done`](Action::Done) immediately.
    #[must_use]
    pub fn new(plan: &Plan, now: Now, limit: impl Into<TimeLimit>) -> Self {
        let Plan { start, target } = plan.clone();
        let mut this =
            Self { state: State::Failed(Error::OutOfTime), target, assigned: None, since: now, clock_offset: None };
        let limit = limit.into();
        let attempt = Attempt::new(now, limit);
        this.state = match start {
            Start::Known(outcome) => State::done(outcome),
            Start::Workload(workload) => State::done(workload.outcome),
            Start::IdentityService(service) => {
                let task = service.identify(now, limit);
                State::Asking(Question { service: *service, task }.into())
            }
            Start::Device(device) => this.device_known(device, now, attempt),
            Start::Provision(both) => {
                let (profile, attestation) = *both;
                let started = Registration::start(profile, attestation, now, attempt);
                started.map_or_else(State::Failed, |sending| State::Provisioning(Next::Send(sending)))
            }
        };
        this
    }

    /// What to do next. It changes nothing, however often it is called.
    #[must_use]
    pub const fn poll(&self) -> Action<'_> {
        match &self.state {
            State::Provisioning(next) => next.action(),
            State::Activating(registration) => Action::Activate(registration.blob()),
            State::DeviceMode(next) => next.action(),
            State::Opening(account) => Action::Open(account),
            State::Asking(asked) => match asked.task.poll() {
                local::Action::Send(request) => Action::Ask(request),
                local::Action::Wait(wait) => Action::Wait(wait),
                local::Action::Failed(error) => Action::Failed(error),
                // It is taken at once.
                local::Action::Done => Action::Failed(&Error::OutOfTime),
            },
            State::Done(outcome) => Action::Done(outcome),
            State::Failed(error) => Action::Failed(error),
        }
    }

    /// Takes the event that answers the pending action. A refusal by a service is no error here: the machine goes to
    /// [`Action::Failed`] and stays there.
    ///
    /// # Errors
    /// When the event does not answer the action; the machine is unchanged.
    pub fn handle(&mut self, now: Now, event: Event<'_>) -> Result<(), ApiMisuse> {
        let date = match event {
            Event::Answered(response) => response.date(),
            _ => None,
        };
        // Should a transition panic, a failed machine is left behind, not a broken one.
        let state = mem::replace(&mut self.state, State::Failed(Error::OutOfTime));
        let handled = match (state, event) {
            (State::Provisioning(next), event) => {
                next.answer(now, event).map(|step| self.registered(step, now)).map_err(State::Provisioning)
            }
            (State::DeviceMode(next), event) => next.answer(now, event).map(State::from).map_err(State::DeviceMode),
            (State::Activating(registration), Event::Activated) => {
                Ok(self.registered(registration.activated(now), now))
            }
            (State::Activating(_) | State::Opening(_), Event::TpmFailed(error)) => Ok(State::Failed(error.clone())),
            (State::Asking(question), event) => asked(question, now, event),
            (State::Opening(account), Event::Opened(certificate)) => {
                Ok(State::done(Outcome::new(account.identity().clone(), certificate.clone())))
            }
            (state, _) => Err(state),
        };
        match handled {
            Ok(state) => self.state = state,
            Err(state) => {
                self.state = state;
                return Err(ApiMisuse { pending: self.poll().name(), given: event.name() });
            }
        }
        self.since = now;
        if let Some(date) = date {
            let seconds = |time: UnixTime| i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
            self.clock_offset = Some(seconds(date).saturating_sub(seconds(now.wall)));
        }
        Ok(())
    }

    /// When the latest event came, and with it the pending action; before the first, when the run began. For a driver that
    /// goes on with a run in the middle of a wait.
    #[must_use]
    pub const fn since(&self) -> Now {
        self.since
    }

    /// How many seconds the service's clock is ahead of the caller's wall clock, by the latest answer that had a date.
    /// `None` while no answer had one.
    #[must_use]
    pub const fn clock_offset(&self) -> Option<i64> {
        self.clock_offset
    }

    /// The device that the provisioning service has assigned on the way to a module, also when the run fails after that:
    /// `Plan::device(device).in_device_mode(target)` goes on without another registration.
    #[must_use]
    pub fn assigned(&self) -> Option<&Device> {
        self.assigned.as_deref()
    }

    /// The operation by which the provisioning service carries out a registration that requests a certificate, while that is
    /// under way. Keep it on the disk before the next request is sent, as the request itself
    /// ([`Certificates::sent_by`](crate::renewal::Certificates::sent_by)): a later run goes on with it
    /// ([`Profile::with_pending_operation`](dps::Profile::with_pending_operation)).
    #[must_use]
    pub fn pending_operation(&self) -> Option<&OperationId> {
        match &self.state {
            State::Provisioning(Next::Send(it)) => it.pending_operation(),
            State::Provisioning(Next::Wait(it)) => it.pending_operation(),
            State::Provisioning(Next::Sign(it)) => it.pending_operation(),
            State::Activating(it) => it.pending_operation(),
            _ => None,
        }
    }

    /// Ends the run.
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

    fn registered(&mut self, step: Result<dps::Step, Error>, now: Now) -> State {
        match step {
            Ok(dps::Step::Send(registration)) => State::Provisioning(Next::Send(registration)),
            Ok(dps::Step::Wait(registration)) => State::Provisioning(Next::Wait(registration)),
            Ok(dps::Step::Sign(registration)) => State::Provisioning(Next::Sign(registration)),
            Ok(dps::Step::Activate(registration)) => State::Activating(registration),
            Ok(dps::Step::Done(device, attempt)) => {
                self.assigned = self.target.is_some().then(|| Box::new(device.clone()));
                self.device_known(device, now, attempt)
            }
            Err(error) => State::Failed(error),
        }
    }

    fn device_known(&self, device: Device, now: Now, attempt: Attempt) -> State {
        match &self.target {
            None => State::done(device.into()),
            Some(target) => ModuleLookup::start(device, target.clone(), now, attempt).into(),
        }
    }
}

impl State {
    /// With an identity that can log in.
    fn done(outcome: Outcome) -> Self {
        let wrong = PlanError::of_identity(outcome.identity());
        wrong.map_or(Self::Done(outcome), |error| Self::Failed(error.into()))
    }
}

impl From<Result<device_mode::Step, Error>> for State {
    fn from(step: Result<device_mode::Step, Error>) -> Self {
        match step {
            Ok(device_mode::Step::Send(lookup)) => Self::DeviceMode(Next::Send(lookup)),
            Ok(device_mode::Step::Wait(lookup)) => Self::DeviceMode(Next::Wait(lookup)),
            Ok(device_mode::Step::Sign(lookup)) => Self::DeviceMode(Next::Sign(lookup)),
            Ok(device_mode::Step::Done(outcome)) => Self::Done(outcome),
            Err(error) => Self::Failed(error),
        }
    }
}

/// The state after an answer of a daemon, or the state itself when the event does not answer its action.
#[expect(clippy::result_large_err, reason = "the state is put back where it was, without an allocation")]
fn asked(mut question: Box<Question>, now: Now, event: Event<'_>) -> Result<State, State> {
    // The caller cannot ask daemons.
    if let (local::Action::Send(_), Event::TpmFailed(error)) = (question.task.poll(), event) {
        return Ok(State::Failed(error.clone()));
    }
    let Some(Ok(())) = event.of_task().map(|event| question.task.handle(now, event)) else {
        return Err(State::Asking(question));
    };
    if matches!(question.task.poll(), local::Action::Send(_) | local::Action::Wait(_)) {
        return Ok(State::Asking(question));
    }
    let Question { service, task } = *question;
    Ok(match task.into_answer() {
        Ok(account) if account.signing_key().is_some() => {
            State::done(Outcome::new(account.identity().clone(), Credential::ExternalSigner))
        }
        // The other kind of account has a certificate.
        Ok(account) => CertifiedAccount::new(service, account)
            .map_or(State::Failed(Error::OutOfTime), |account| State::Opening(account.into())),
        Err(error) => State::Failed(error),
    })
}
