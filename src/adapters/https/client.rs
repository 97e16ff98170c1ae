use super::{
    HttpsError, Reply,
    agent::Agent,
    clock::Clock,
    limits::{Cancel, Limits},
};
#[cfg(feature = "local-signer")]
use crate::adapters::local_signer;
#[cfg(all(feature = "local-signer", feature = "private-key"))]
use crate::adapters::private_key;
#[cfg(feature = "tpm")]
use crate::{adapters::tpm::Tpm, error::TpmError};
use crate::{
    adapters::{
        jitter::random,
        proxy::{Proxies, ProxyVariable},
        tls::Roots,
    },
    error::Error,
    flow::{
        authenticator::{Action, Authenticator, Event},
        http::{OperationId, Request},
        outcome::Outcome,
        plan::Plan,
    },
    identity::HostName,
    key::{ActivationBlob, KeyUse},
    sas::StringToSign,
};
use alloc::{string::String, sync::Arc, vec::Vec};
use core::{fmt, time::Duration};
use std::net::SocketAddr;

/// How long an attempt may take before it gives up, unless the caller says otherwise.
const ATTEMPT: Duration = Duration::from_secs(600);

/// The error without a TPM when an action requires one.
const TPM_NEEDED: &str = "a key in a TPM, without one given to `Client::run_with` (feature `tpm`),";

/// The error without the feature when a daemon is to be asked.
#[cfg(not(feature = "local-signer"))]
const DAEMON_NEEDED: &str = "a daemon of this device, without the feature `local-signer`,";

/// The error without the features when a key of keyd is to be opened.
#[cfg(not(all(feature = "local-signer", feature = "private-key")))]
const KEYD_NEEDED: &str = "a private key in aziot-keyd, without the features `local-signer` and `private-key`,";

/// Work for a TPM.
#[derive(Clone, Copy)]
#[cfg_attr(not(feature = "tpm"), expect(dead_code, reason = "nobody here can do it"))]
enum Work<'a> {
    Activate(&'a ActivationBlob),
    Sign(KeyUse, &'a StringToSign),
}

/// What is told the operation of a registration.
type Note = dyn Fn(&OperationId) + Send + Sync;

/// A blocking HTTPS client. Create it once and use it for every plan, from any thread. A copy shares the trust anchors and
/// the TLS sessions, and may have other limits.
#[derive(Clone)]
pub struct Client {
    agent: Agent,
    cancel: Cancel,
    attempt: Duration,
    run: Option<Duration>,
    clock_offset: i64,
    note: Option<Arc<Note>>,
}

impl Client {
    /// A client that trusts the system's root certificates.
    ///
    /// # Errors
    /// When the system has none.
    pub fn new() -> Result<Self, HttpsError> {
        Self::with(Roots::Platform, Vec::new())
    }

    /// A client that trusts these roots, and connects to another address where one is given for a host: an emulator, a
    /// tunnel. The server's certificate must contain the host's name nevertheless. With addresses given no proxy is used.
    ///
    /// # Errors
    /// When there are no roots, or one of a PEM text cannot be read.
    pub fn with(roots: Roots<'_>, addresses: Vec<(HostName, SocketAddr)>) -> Result<Self, HttpsError> {
        let mut agent = Agent::trusting(roots)?;
        agent.addresses.given = addresses;
        Ok(Self { agent, cancel: Cancel::new(), attempt: ATTEMPT, run: None, clock_offset: 0, note: None })
    }

    /// Connects there for every host: a name or an address, looked up for each connection, and a port. The server's
    /// certificate must contain the host's name nevertheless, and no proxy is used.
    #[must_use]
    pub fn connect_to(mut self, host: impl Into<String>, port: u16) -> Self {
        self.agent.addresses.only = Some((host.into(), port));
        self
    }

    /// Sets the time limit of a whole attempt. Unless set, it is ten minutes.
    #[must_use]
    pub const fn give_up_after(mut self, attempt: Duration) -> Self {
        self.attempt = attempt;
        self
    }

    /// Sets a time limit for each run, after which it stops with [`HttpsError::TimedOut`]. Unlike an attempt that exceeds its
    /// limit, the authenticator is unchanged, and the next run continues it.
    #[must_use]
    pub const fn stop_after(mut self, run: Duration) -> Self {
        self.run = Some(run);
        self
    }

    /// Ends its runs with [`HttpsError::Cancelled`] when `cancel` is cancelled.
    #[must_use]
    pub fn cancelled_by(mut self, cancel: &Cancel) -> Self {
        self.cancel = cancel.clone();
        self
    }

    /// Calls `note` with the operation of a registration that is under way, before the next request is sent, and more than once:
    /// to keep it with the request for a certificate ([`Authenticator::pending_operation`]).
    #[must_use]
    pub fn noting_operations(mut self, note: impl Fn(&OperationId) + Send + Sync + 'static) -> Self {
        self.note = Some(Arc::new(note));
        self
    }

    /// Adds these seconds to the system's clock, which is known to be wrong: for tokens, and for the validity of
    /// servers' certificates.
    #[must_use]
    pub fn clock_offset(mut self, seconds: i64) -> Self {
        self.clock_offset = seconds;
        self.agent.set_clock_offset(seconds);
        self
    }

    /// Uses these proxies instead of those of the environment.
    #[must_use]
    pub fn with_proxies(mut self, proxies: Proxies) -> Self {
        self.agent.proxies = proxies.into();
        self
    }

    /// The variables of the environment that name a proxy, and which one this client uses.
    #[must_use]
    pub fn proxy_variables(&self) -> Vec<ProxyVariable> {
        self.agent.proxy_variables()
    }

    /// Runs a plan to its end, by this system's clock.
    ///
    /// # Errors
    /// Why the plan failed, or which server is not trusted.
    pub fn authenticate(&self, plan: &Plan) -> Result<Outcome, HttpsError> {
        let clock = Clock::start(self.clock_offset);
        let mut authenticator = Authenticator::new(plan, clock.now(), self.attempt);
        self.drive(&mut authenticator, &clock, without_tpm)?;
        Ok(authenticator.into_outcome()?)
    }

    /// The same for a plan whose keys are in a TPM.
    ///
    /// # Errors
    /// Those of [`authenticate`](Self::authenticate), and those of the TPM.
    #[cfg(feature = "tpm")]
    pub fn authenticate_with(&self, plan: &Plan, tpm: &mut dyn Tpm) -> Result<Outcome, HttpsError> {
        let clock = Clock::start(self.clock_offset);
        let mut authenticator = Authenticator::new(plan, clock.now(), self.attempt);
        let mut failed = None;
        // The run ends with the TPM's failure: there is no later run of it.
        let result = self.drive(&mut authenticator, &clock, |work| {
            with_tpm(tpm, work).inspect_err(|error| failed = Some(Error::from(error.clone()))).map_err(HttpsError::from)
        });
        if let Some(error) = &failed {
            authenticator.handle(clock.now(), Event::TpmFailed(error)).map_err(Error::from)?;
        } else {
            result?;
        }
        Ok(authenticator.into_outcome()?)
    }

    /// Runs an authenticator until it is done or has failed. During the run time is measured by a monotonic clock; how much
    /// has passed between the authenticator's latest event and this run, the wall clock says.
    ///
    /// # Errors
    /// What waiting does not change: a server that is not trusted, a request that needs more than this client has; and the
    /// limits of this client. The authenticator is unchanged, with its action pending, and another run continues it. A
    /// wait that has begun goes on between two runs.
    pub fn run(&self, authenticator: &mut Authenticator) -> Result<(), HttpsError> {
        let clock = Clock::resume(self.clock_offset, authenticator.since());
        self.drive(authenticator, &clock, without_tpm)
    }

    /// The same for an authenticator that has work for a TPM.
    ///
    /// # Errors
    /// Those of [`run`](Self::run), and those of the TPM: its work is then still pending, and may be tried again.
    #[cfg(feature = "tpm")]
    pub fn run_with(&self, authenticator: &mut Authenticator, tpm: &mut dyn Tpm) -> Result<(), HttpsError> {
        let clock = Clock::resume(self.clock_offset, authenticator.since());
        self.drive(authenticator, &clock, |work| Ok(with_tpm(tpm, work)?))
    }

    /// The loop of every way to run.
    fn drive(
        &self,
        authenticator: &mut Authenticator,
        clock: &Clock,
        mut tpm: impl FnMut(Work<'_>) -> Result<Event<'static>, HttpsError>,
    ) -> Result<(), HttpsError> {
        let limits = self.limits();
        if self.cancel.is_cancelled() {
            return Err(HttpsError::Cancelled);
        }
        loop {
            match authenticator.poll() {
                Action::Send(request) => match self.agent.exchange(request, &limits) {
                    Ok(reply) => authenticator.handle(clock.now(), Event::Answered(reply.as_response())),
                    Err(error) if error.is_transient() => authenticator.handle(clock.now(), Event::Unanswered),
                    Err(error) => return Err(error),
                },
                #[cfg(feature = "local-signer")]
                Action::Ask(request) => {
                    let reply = local_signer::Client::default().exchange(request);
                    authenticator.handle(clock.now(), reply.event().into())
                }
                #[cfg(not(feature = "local-signer"))]
                Action::Ask(_) => return Err(Error::NotSupported { what: DAEMON_NEEDED }.into()),
                #[cfg(all(feature = "local-signer", feature = "private-key"))]
                Action::Open(account) => {
                    let opened = private_key::open_account(account);
                    let event = opened.as_ref().map_or_else(Event::TpmFailed, Event::Opened);
                    authenticator.handle(clock.now(), event)
                }
                #[cfg(not(all(feature = "local-signer", feature = "private-key")))]
                Action::Open(_) => return Err(Error::NotSupported { what: KEYD_NEEDED }.into()),
                Action::Wait(wait) => {
                    let passed = clock.now().monotonic.saturating_sub(authenticator.since().monotonic);
                    limits.wait(wait.pick(random()).saturating_sub(passed))?;
                    authenticator.handle(clock.now(), Event::Elapsed)
                }
                Action::Activate(blob) => {
                    limits.check()?;
                    let event = tpm(Work::Activate(blob))?;
                    authenticator.handle(clock.now(), event)
                }
                Action::Sign(key_use, string) => {
                    limits.check()?;
                    let event = tpm(Work::Sign(key_use, string))?;
                    authenticator.handle(clock.now(), event)
                }
                Action::Done(_) | Action::Failed(_) => return Ok(()),
            }
            .map_err(Error::from)?;
            if let (Some(note), Some(operation)) = (&self.note, authenticator.pending_operation()) {
                note(operation);
            }
        }
    }

    /// Sends one request once, and reads the answer.
    ///
    /// # Errors
    /// When there is no complete answer, the server is not trusted, or a certificate cannot be used; and when a limit of
    /// this client is reached.
    pub fn exchange(&self, request: &Request) -> Result<Reply, HttpsError> {
        self.agent.exchange(request, &self.limits())
    }

    fn limits(&self) -> Limits {
        Limits::begin(&self.cancel, self.run)
    }
}

/// The work of a run without a TPM.
fn without_tpm(_: Work<'_>) -> Result<Event<'static>, HttpsError> {
    Err(Error::NotSupported { what: TPM_NEEDED }.into())
}

#[cfg(feature = "tpm")]
fn with_tpm(tpm: &mut dyn Tpm, work: Work<'_>) -> Result<Event<'static>, TpmError> {
    match work {
        Work::Activate(blob) => tpm.activate(blob).map(|()| Event::Activated),
        Work::Sign(key_use, string) => tpm.sign(key_use, string.as_bytes()).map(Event::Signed),
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Client(..)")
    }
}
