use super::{
    action::{Action, Event},
    ladder::Ladder,
    message::{self, Accepted},
    request_id::RequestId,
};
use crate::{
    base::{
        time::Now,
        wait::{TimeLimit, Wait},
    },
    credential::{CertificateRequest, IssuedChain},
    error::{ApiMisuse, Error, ProtocolError, ProtocolProblem, Refusal, ServiceError, ServiceOperation},
    flow::{attempt::Attempt, http::BODY_LIMIT},
    identity::DeviceId,
};
use alloc::{boxed::Box, string::String};
use core::time::Duration;

/// How long an answer may take, and each further one after a 202.
const PATIENCE: Duration = Duration::from_secs(120);

/// One renewal of a device's certificate. See the [module](super).
#[derive(Debug)]
pub struct Renewal {
    device: DeviceId,
    request: CertificateRequest,
    rid: RequestId,
    topic: String,
    body: String,
    attempt: Attempt,
    ladder: Ladder,
    state: State,
    /// Whether the subscription is granted on the connection that stands.
    is_subscribed: bool,
    /// How many requests were sent.
    sent: u8,
    replace: Option<Replace>,
    /// Whether the hub has said once that the operation of this very request is active.
    is_active: bool,
    accepted: Option<Accepted>,
    /// The latest rejection that the next request may mend.
    rejection: Option<Box<ServiceError>>,
}

#[derive(Debug)]
enum State {
    Subscribing,
    Publishing,
    Listening { until: Duration },
    Waiting(Wait),
    Done(IssuedChain),
    Failed(Error),
}

/// Which operation the request replaces.
#[derive(Debug)]
enum Replace {
    /// The one of this ID.
    One(RequestId),
    /// Any.
    Any,
}

impl Renewal {
    /// The most requests that one renewal sends. Without failures it sends one.
    pub const REQUESTS: u8 = 6;

    /// Begins a renewal for the device whose connection it is, or goes on with one that an earlier run has begun with the same
    /// request and ID. It lasts at most `limit`, an hour for example.
    #[must_use]
    pub fn start(
        device: &DeviceId,
        request: CertificateRequest,
        rid: RequestId,
        now: Now,
        limit: impl Into<TimeLimit>,
    ) -> Self {
        Self {
            topic: message::topic(&rid),
            body: message::body(device, &request, None),
            device: device.clone(),
            request,
            rid,
            attempt: Attempt::new(now, limit),
            ladder: Ladder::default(),
            state: State::Subscribing,
            is_subscribed: false,
            sent: 0,
            replace: None,
            is_active: false,
            accepted: None,
            rejection: None,
        }
    }

    /// What to do next. It changes nothing, however often it is called.
    #[must_use]
    pub fn poll(&self) -> Action<'_> {
        match &self.state {
            State::Subscribing => Action::Subscribe(message::ANSWERS),
            State::Publishing => Action::Publish { topic: &self.topic, body: &self.body },
            State::Listening { until } => Action::Listen { until: *until },
            State::Waiting(wait) => Action::Wait(*wait),
            State::Done(chain) => Action::Done(chain),
            State::Failed(error) => Action::Failed(error),
        }
    }

    /// Takes an event. Messages and the end of the connection may come at any time; certificates count even when they come
    /// after a failure, because the hub does not repeat them. A rejection by the hub is no
    /// error here: the machine goes to [`Action::Failed`].
    ///
    /// # Errors
    /// When the event does not answer the action; the machine is unchanged.
    pub fn handle(&mut self, now: Now, event: Event<'_>) -> Result<(), ApiMisuse> {
        match (&self.state, event) {
            (_, Event::Message { topic, payload }) => {
                if let Some(status) = message::status(topic, &self.rid) {
                    self.answered(now, status, payload);
                }
            }
            (State::Done(_) | State::Failed(_), Event::Dropped) => {}
            (State::Waiting(_), Event::Dropped) => self.is_subscribed = false,
            (_, Event::Dropped) => {
                self.is_subscribed = false;
                if self.is_in_time(now) {
                    self.state = State::Subscribing;
                }
            }
            (State::Subscribing, Event::Subscribed) => {
                self.is_subscribed = true;
                // The answer to the last request may still come.
                if self.sent < Self::REQUESTS { self.ask(now) } else { self.listen(now) }
            }
            (State::Subscribing, Event::SubscriptionRefused) => {
                let refused = ServiceError::new(ServiceOperation::CertificateRenewal, Refusal::RenewalNotOffered, 0);
                self.fail(Box::new(refused));
            }
            (State::Publishing, Event::Published) => {
                self.sent += 1;
                self.listen(now);
            }
            (State::Listening { .. }, Event::Elapsed) => {
                // Perhaps the subscription is lost too.
                self.is_subscribed = false;
                self.rejection = None;
                self.wait(now, None, None);
            }
            (State::Waiting(_), Event::Elapsed) => self.ask(now),
            (_, event) => return Err(ApiMisuse { pending: self.poll().name(), given: event.name() }),
        }
        Ok(())
    }

    /// What the hub has said about the operation, if it has accepted it.
    #[must_use]
    pub const fn accepted(&self) -> Option<&Accepted> {
        self.accepted.as_ref()
    }

    /// The ID of the request.
    #[must_use]
    pub const fn request_id(&self) -> &RequestId {
        &self.rid
    }

    /// Ends the renewal.
    ///
    /// # Errors
    /// Why it failed; or that it is not done, naming the action that is pending.
    pub fn into_chain(self) -> Result<IssuedChain, Error> {
        match self.state {
            State::Done(chain) => Ok(chain),
            State::Failed(error) => Err(error),
            _ => Err(ApiMisuse { pending: self.poll().name(), given: "into_chain" }.into()),
        }
    }

    /// Takes note of the time; `false` when it has passed.
    fn is_in_time(&mut self, now: Now) -> bool {
        self.attempt.check(now).map_err(|error| self.state = State::Failed(error)).is_ok()
    }

    fn listen(&mut self, now: Now) {
        if self.is_in_time(now) {
            self.state = State::Listening { until: now.monotonic.saturating_add(PATIENCE.min(self.attempt.left())) };
        }
    }

    /// The next request, on a subscription. After the last one the renewal fails for the latest reason.
    fn ask(&mut self, now: Now) {
        if self.is_in_time(now) {
            self.state = match (self.sent < Self::REQUESTS, self.is_subscribed) {
                (true, true) => State::Publishing,
                (true, false) => State::Subscribing,
                (false, _) => State::Failed(self.reason()),
            };
        }
    }

    /// A pause before the next request, unless there is none.
    fn wait(&mut self, now: Now, status: Option<u16>, asked: Option<Duration>) {
        if self.is_in_time(now) {
            let wait = self.ladder.after(status, asked);
            let wait = if self.sent < Self::REQUESTS { self.attempt.fit(wait) } else { None };
            self.state = wait.map_or_else(|| State::Failed(self.reason()), State::Waiting);
        }
    }

    /// Why the latest request was in vain.
    fn reason(&mut self) -> Error {
        self.rejection.take().map_or(Error::Unreachable { attempts: self.sent }, Error::Service)
    }

    /// The first reason stays.
    fn fail(&mut self, error: impl Into<Error>) {
        if !matches!(self.state, State::Failed(_)) {
            self.state = State::Failed(error.into());
        }
    }

    fn answered(&mut self, now: Now, status: u16, payload: &[u8]) {
        let (is_done, has_failed) = (matches!(self.state, State::Done(_)), matches!(self.state, State::Failed(_)));
        if is_done || has_failed && status != 200 {
            return;
        }
        if payload.len() > BODY_LIMIT {
            return self.fail(ProtocolError::new("payload", ProtocolProblem::TooLong));
        }
        match status {
            200 => match message::chain(payload) {
                Ok(chain) => self.state = State::Done(chain),
                Err(error) => self.fail(error),
            },
            202 => {
                self.accepted = Some(Accepted::read(payload));
                self.listen(now);
            }
            300..=599 => self.rejected(now, message::rejection(status, payload, self.request.key_kind())),
            _ => self.fail(ProtocolError::new("status", ProtocolProblem::Unexpected)),
        }
    }

    fn rejected(&mut self, now: Now, rejection: ServiceError) {
        let (status, asked) = (rejection.status, rejection.retry_after);
        let active: Option<RequestId> =
            rejection.issuance.as_ref().and_then(|details| details.request_id.as_deref()?.parse().ok());
        let is_own = active.as_ref() == Some(&self.rid);
        self.rejection = Some(Box::new(rejection));
        match (status, &self.replace) {
            (409, None) if is_own && !self.is_active => {
                // It is the operation of this request, whose answer is still to come.
                self.is_active = true;
                self.listen(now);
            }
            (409, None) => {
                self.write(Some(active.filter(|_| !is_own).map_or(Replace::Any, Replace::One)));
                self.ask(now);
            }
            (409, Some(_)) => {
                self.write(Some(Replace::Any));
                self.wait(now, Some(status), asked);
            }
            (412, Some(_)) => {
                self.write(None);
                self.ask(now);
            }
            (408 | 429 | 500..=599, _) => self.wait(now, Some(status), asked),
            _ => self.state = State::Failed(self.reason()),
        }
    }

    /// Writes the body anew, for another `replace`.
    fn write(&mut self, replace: Option<Replace>) {
        let text = replace.as_ref().map(|replace| match replace {
            Replace::One(rid) => rid.as_str(),
            Replace::Any => "*",
        });
        self.body = message::body(&self.device, &self.request, text);
        self.replace = replace;
    }
}
