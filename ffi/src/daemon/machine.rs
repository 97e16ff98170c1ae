//! The library's tasks behind the C interface.

use super::views::Views;
use crate::{
    code::{DEFENDERAUTH_NOT_APPLICABLE, DEFENDERAUTH_STATE},
    failure::{Failure, message},
    misuse,
};
use alloc::{boxed::Box, string::String, vec::Vec};
use core::time::Duration;
use defender_auth::{
    Error, Now, Plan, UnixTime,
    error::ApiMisuse,
    identity_service::IdentityService,
    local::{Action, Event, Question, Task},
    sas::{Resource, StringToSign},
    workload::Workload,
};
use zeroize::Zeroizing;

/// How long a task may take.
const LIMIT: Duration = Duration::from_secs(60);

#[expect(clippy::unnecessary_wraps, reason = "a build without the flows returns an error")]
pub(super) const fn is_available() -> Result<(), Failure> {
    Ok(())
}

#[cfg_attr(feature = "local-signer", expect(clippy::unnecessary_wraps, reason = "a build without it returns an error"))]
pub(crate) fn can_run() -> Result<(), Failure> {
    #[cfg(feature = "local-signer")]
    return Ok(());
    #[cfg(not(feature = "local-signer"))]
    Err(Failure::unsupported("the built-in client for daemons of the device (feature `local-signer`)"))
}

/// A variable of the environment.
#[cfg(feature = "std")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Without an operating system there are none.
#[cfg(not(feature = "std"))]
fn variable(_: &str) -> Option<String> {
    None
}

/// Who signs.
#[derive(Clone)]
pub(crate) enum Holder {
    Workload(Box<Workload>),
    IdentityService(Box<IdentityService>),
}

impl Holder {
    /// By these variables, or those of the process when there are none.
    pub(super) fn workload(variables: &[(&str, &str)]) -> Result<Self, Failure> {
        let given = |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).into());
        let workload = match variables {
            [] => Workload::from_environment(variable),
            _ => Workload::from_environment(given),
        };
        Ok(Self::Workload(workload?.into()))
    }

    /// In this folder, or that of the package.
    pub(super) fn identity_service(folder: &str) -> Result<Self, Failure> {
        let service = match folder {
            "" => IdentityService::default(),
            folder => {
                IdentityService::in_folder(folder).map_err(|error| Failure::argument("folder", message(&error)))?
            }
        };
        Ok(Self::IdentityService(with_own_uid(service).into()))
    }

    /// The daemon that a plan begins with, if it does.
    pub(crate) fn of(plan: &Plan) -> Option<Self> {
        let workload = plan.known_workload().cloned().map(|workload| Self::Workload(workload.into()));
        workload
            .or_else(|| plan.known_identity_service().cloned().map(|it| Self::IdentityService(with_own_uid(it).into())))
    }

    pub(crate) fn plan(&self) -> Plan {
        match self {
            Self::Workload(workload) => Plan::workload(Workload::clone(workload)),
            Self::IdentityService(service) => Plan::identity_service(IdentityService::clone(service)),
        }
    }
}

#[cfg(feature = "local-signer")]
fn with_own_uid(service: IdentityService) -> IdentityService {
    defender_auth::local_signer::own_uid().into_iter().fold(service, IdentityService::with_uid)
}

#[cfg(not(feature = "local-signer"))]
const fn with_own_uid(service: IdentityService) -> IdentityService {
    service
}

/// A holder, and what it is asked.
pub(super) struct Machine {
    holder: Holder,
    state: State,
    /// When the latest event came.
    since: Now,
}

enum State {
    Idle,
    Pending(Box<dyn Pending>),
    Done(Zeroizing<Vec<u8>>),
    Failed(Error),
}

impl Machine {
    pub(super) const fn new(holder: Holder) -> Self {
        let since = Now { wall: UnixTime::from_secs(0), monotonic: Duration::ZERO };
        Self { holder, state: State::Idle, since }
    }

    pub(super) const fn holder(&self) -> &Holder {
        &self.holder
    }

    pub(super) fn begin_signature(&mut self, data: &[u8], now: UnixTime) -> Result<(), Failure> {
        let string = string_to_sign(data).ok_or_else(|| {
            let message = "it is not a resource, a line feed and an expiry; pass what `_tpm_input`, `_sign_input` or \
                           `_sas_string_to_sign` returned";
            Failure::argument("data", message)
        })?;
        let now = self.begin(now);
        self.ask(match &self.holder {
            Holder::Workload(workload) => {
                let bytes = |signature: defender_auth::key::Signature| signature.as_bytes().to_vec();
                Box::new(Begun { task: Some(workload.sign(&string, now, LIMIT)), bytes })
            }
            Holder::IdentityService(service) => {
                let bytes = |signed: defender_auth::identity_service::Signed| signed.signature.as_bytes().to_vec();
                Box::new(Begun { task: Some(service.sign(None, &string, now, LIMIT)), bytes })
            }
        })
    }

    pub(super) fn begin_trust_bundle(&mut self, now: UnixTime) -> Result<(), Failure> {
        let now = self.begin(now);
        let Holder::Workload(workload) = &self.holder else {
            let message = "the identity service has no trust anchors of a gateway; configure them";
            return Err(Failure::new(DEFENDERAUTH_NOT_APPLICABLE, message).field("daemon"));
        };
        let task = Some(workload.trust_bundle(now, LIMIT));
        self.ask(Box::new(Begun { task, bytes: String::into_bytes }))
    }

    fn begin(&mut self, wall: UnixTime) -> Now {
        self.since = Now { wall, monotonic: Duration::ZERO };
        self.since
    }

    fn ask(&mut self, pending: Box<dyn Pending>) -> Result<(), Failure> {
        self.state = State::Pending(pending);
        self.look()
    }

    /// C gives wall times alone. The time between two of them counts as passed; a clock that is set back counts as none.
    pub(super) fn handle(&mut self, wall: UnixTime, event: Event<'_>) -> Result<(), Failure> {
        let monotonic = self.since.monotonic.saturating_add(wall.since(self.since.wall));
        let now = Now { wall, monotonic };
        let handled = self.pending()?.handle(now, event);
        handled.map_err(|_| self.is_not_answered())?;
        self.since = now;
        self.look()
    }

    #[cfg(feature = "local-signer")]
    pub(super) fn run(&mut self) -> Result<(), Failure> {
        let since = self.since;
        let run = self.pending()?.run(since);
        run.map_err(|_| self.is_not_answered())?;
        self.look()
    }

    #[cfg(not(feature = "local-signer"))]
    #[expect(clippy::unused_self, reason = "a build with the client uses it")]
    pub(super) fn run(&mut self) -> Result<(), Failure> {
        can_run()
    }

    pub(super) fn answer(&self) -> &[u8] {
        match &self.state {
            State::Done(answer) => answer,
            State::Idle | State::Pending(_) | State::Failed(_) => &[],
        }
    }

    pub(super) fn views(&self) -> Views {
        match &self.state {
            State::Idle => Views::default(),
            State::Pending(pending) => match pending.poll() {
                Some(Action::Send(request)) => Views::of_request(request),
                Some(Action::Wait(wait)) => Views::of_wait(wait),
                _ => Views::default(),
            },
            State::Done(answer) => Views::of_answer(answer),
            State::Failed(error) => Views::of_failure(error),
        }
    }

    fn is_not_answered(&self) -> Failure {
        misuse::of_run(self.views().action).is_not_answered("daemon")
    }

    fn pending(&mut self) -> Result<&mut dyn Pending, Failure> {
        match &mut self.state {
            State::Pending(pending) => Ok(&mut **pending),
            State::Idle | State::Done(_) | State::Failed(_) => {
                let message = "nothing is asked; begin a signature or another question first";
                Err(Failure::new(DEFENDERAUTH_STATE, message).field("daemon"))
            }
        }
    }

    /// Takes the end of a task. One that failed is a failure of the call too.
    fn look(&mut self) -> Result<(), Failure> {
        let State::Pending(pending) = &mut self.state else { return Ok(()) };
        if matches!(pending.poll(), Some(Action::Send(_) | Action::Wait(_))) {
            return Ok(());
        }
        let ended = pending.end();
        let failure = ended.as_ref().err().map(Failure::from);
        self.state = ended.map_or_else(State::Failed, |answer| State::Done(Zeroizing::new(answer)));
        failure.map_or(Ok(()), Err)
    }
}

/// A task, whatever its answer is.
trait Pending: Send + Sync {
    /// `None` once its end was taken.
    fn poll(&self) -> Option<Action<'_>>;
    fn handle(&mut self, now: Now, event: Event<'_>) -> Result<(), ApiMisuse>;
    #[cfg(feature = "local-signer")]
    fn run(&mut self, since: Now) -> Result<(), ApiMisuse>;
    fn end(&mut self) -> Result<Vec<u8>, Error>;
}

struct Begun<Q: Question> {
    task: Option<Task<Q>>,
    /// The answer as C reads it.
    bytes: fn(Q::Answer) -> Vec<u8>,
}

impl<Q: Question + Send + Sync> Pending for Begun<Q>
where
    Q::Answer: Send + Sync,
{
    fn poll(&self) -> Option<Action<'_>> {
        self.task.as_ref().map(Task::poll)
    }

    fn handle(&mut self, now: Now, event: Event<'_>) -> Result<(), ApiMisuse> {
        self.task.as_mut().map_or(Ok(()), |task| task.handle(now, event))
    }

    #[cfg(feature = "local-signer")]
    fn run(&mut self, since: Now) -> Result<(), ApiMisuse> {
        let client = defender_auth::local_signer::Client::default();
        self.task.as_mut().map_or(Ok(()), |task| client.finish(task, since))
    }

    fn end(&mut self) -> Result<Vec<u8>, Error> {
        let task = self.task.take().ok_or(Error::OutOfTime)?;
        task.into_answer().map(self.bytes)
    }
}

/// The text that a token's signature is of: a resource as it is written, and when the token expires.
fn string_to_sign(data: &[u8]) -> Option<StringToSign> {
    let (resource, expiry) = str::from_utf8(data).ok()?.split_once('\n')?;
    let expiry = UnixTime::from_secs(expiry.parse().ok()?);
    let string = StringToSign::new(Resource::as_written(resource).ok()?, expiry);
    (string.as_bytes() == data).then_some(string)
}
