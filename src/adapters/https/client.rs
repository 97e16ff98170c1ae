use super::{
    HttpsError, Reply,
    agent::Agent,
    limits::{Cancel, Limits},
};
#[cfg(feature = "tpm")]
use crate::adapters::tpm::Tpm;
use crate::{
    adapters::tls::Roots,
    base::time::UnixTime,
    error::Error,
    flow::{
        authenticator::{Action, Authenticator, Event},
        http::Request,
        outcome::Outcome,
        plan::Plan,
    },
    identity::HostName,
    key::{ActivationBlob, KeyUse},
    sas::StringToSign,
};
use alloc::{string::String, vec::Vec};
use core::{
    fmt,
    hash::{BuildHasher as _, Hasher as _},
    time::Duration,
};
use std::{hash::RandomState, net::SocketAddr, time::SystemTime};

/// How long an attempt may take before it gives up, unless the caller says otherwise.
const ATTEMPT: Duration = Duration::from_secs(600);

/// The authenticator keeps whole seconds.
const SECOND: Duration = Duration::from_secs(1);

/// What is said without a TPM when there is work for one.
const TPM_NEEDED: &str = "a key in a TPM, without one given to `Client::run_with` (feature `tpm`),";

/// Work for a TPM.
#[cfg_attr(not(feature = "tpm"), expect(dead_code, reason = "nobody here can do it"))]
enum Work<'a> {
    Activate(&'a ActivationBlob),
    Sign(KeyUse, &'a StringToSign),
}

/// A blocking HTTPS client. Set it up once and use it for every plan, from any thread. A copy shares the roots and the TLS
/// sessions, and may have other limits.
#[derive(Clone)]
pub struct Client {
    agent: Agent,
    cancel: Cancel,
    attempt: Duration,
    run: Option<Duration>,
    clock_offset: i64,
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
    /// tunnel. The server must bear the host's name all the same. With addresses given no proxy is used.
    ///
    /// # Errors
    /// When there are no roots, or one of a PEM text cannot be read.
    pub fn with(roots: Roots<'_>, addresses: Vec<(HostName, SocketAddr)>) -> Result<Self, HttpsError> {
        let mut agent = Agent::trusting(roots)?;
        agent.addresses.given = addresses;
        Ok(Self { agent, cancel: Cancel::new(), attempt: ATTEMPT, run: None, clock_offset: 0 })
    }

    /// Connects there, whatever the host: a name or an address, looked up for each connection, and a port. The server must
    /// bear the host's name all the same, and no proxy is used.
    #[must_use]
    pub fn connect_to(mut self, host: impl Into<String>, port: u16) -> Self {
        self.agent.addresses.only = Some((host.into(), port));
        self
    }

    /// With another limit for a whole attempt than ten minutes.
    #[must_use]
    pub const fn give_up_after(mut self, attempt: Duration) -> Self {
        self.attempt = attempt;
        self
    }

    /// With a limit for each run, after which it stops with [`HttpsError::TimedOut`]. Unlike an attempt that gives up, its
    /// authenticator goes on with the next run where it was.
    #[must_use]
    pub const fn stop_after(mut self, run: Duration) -> Self {
        self.run = Some(run);
        self
    }

    /// Ends its runs with [`HttpsError::Cancelled`] when that is cancelled.
    #[must_use]
    pub fn cancelled_by(mut self, cancel: &Cancel) -> Self {
        self.cancel = cancel.clone();
        self
    }

    /// Takes this system's clock to be off by so many seconds, which are added to it.
    #[must_use]
    pub const fn clock_offset(mut self, seconds: i64) -> Self {
        self.clock_offset = seconds;
        self
    }

    /// Runs a plan to its end, by this system's clock.
    ///
    /// # Errors
    /// Why the plan failed, or which server is not trusted.
    pub fn authenticate(&self, plan: &Plan) -> Result<Outcome, HttpsError> {
        let mut authenticator = Authenticator::new(plan, self.now() + self.attempt);
        self.run(&mut authenticator)?;
        Ok(authenticator.into_outcome()?)
    }

    /// The same for a plan whose keys are in a TPM.
    ///
    /// # Errors
    /// Those of [`authenticate`](Self::authenticate), and those of the TPM.
    #[cfg(feature = "tpm")]
    pub fn authenticate_with(&self, plan: &Plan, tpm: &mut dyn Tpm) -> Result<Outcome, HttpsError> {
        let mut authenticator = Authenticator::new(plan, self.now() + self.attempt);
        self.run_with(&mut authenticator, tpm)?;
        Ok(authenticator.into_outcome()?)
    }

    /// Runs an authenticator until it is done or has failed.
    ///
    /// # Errors
    /// What waiting cannot mend: a server that is not trusted, a request that needs more than this client has; and the
    /// ends that this client's limits bring. The authenticator is as it was, with its action pending, and another run goes
    /// on with it. A wait that has begun goes on meanwhile.
    pub fn run(&self, authenticator: &mut Authenticator) -> Result<(), HttpsError> {
        self.drive(authenticator, |_| Err(Error::NotSupported { what: TPM_NEEDED }.into()))
    }

    /// The same for an authenticator that has work for a TPM.
    ///
    /// # Errors
    /// Those of [`run`](Self::run), and those of the TPM: its work is then still pending, and may be tried again.
    #[cfg(feature = "tpm")]
    pub fn run_with(&self, authenticator: &mut Authenticator, tpm: &mut dyn Tpm) -> Result<(), HttpsError> {
        self.drive(authenticator, |work| match work {
            Work::Activate(blob) => Ok(tpm.activate(blob).map(|()| Event::Activated)?),
            Work::Sign(key_use, string) => Ok(tpm.sign(key_use, string.as_bytes()).map(Event::Signed)?),
        })
    }

    /// The loop of every way to run.
    fn drive(
        &self,
        authenticator: &mut Authenticator,
        mut tpm: impl FnMut(Work<'_>) -> Result<Event<'static>, HttpsError>,
    ) -> Result<(), HttpsError> {
        let limits = self.limits();
        if self.cancel.is_cancelled() {
            return Err(HttpsError::Cancelled);
        }
        loop {
            match authenticator.poll() {
                Action::Send(request) => match self.agent.exchange(request, &limits) {
                    Ok(reply) => authenticator.handle(self.now(), Event::Answered(reply.as_response())),
                    Err(error) if error.is_transient() => authenticator.handle(self.now(), Event::Unanswered),
                    Err(error) => return Err(error),
                },
                Action::Wait(wait) => {
                    // Of what has passed, a second may not have.
                    let passed = self.now().since(authenticator.since()).saturating_sub(SECOND);
                    limits.wait(wait.pick(random()).saturating_sub(passed))?;
                    authenticator.handle(self.now(), Event::Elapsed)
                }
                Action::Activate(blob) => {
                    limits.check()?;
                    let event = tpm(Work::Activate(blob))?;
                    authenticator.handle(self.now(), event)
                }
                Action::Sign(key_use, string) => {
                    limits.check()?;
                    let event = tpm(Work::Sign(key_use, string))?;
                    authenticator.handle(self.now(), event)
                }
                Action::Done(_) | Action::Failed(_) => return Ok(()),
            }
            .map_err(Error::from)?;
        }
    }

    /// Sends one request, once, and reads the answer.
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

    fn now(&self) -> UnixTime {
        let system = UnixTime::from(SystemTime::now());
        UnixTime::from_secs(system.as_secs().saturating_add_signed(self.clock_offset))
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Client(..)")
    }
}

/// Enough for jitter: the standard library's own seed for its maps.
fn random() -> u32 {
    let bytes = RandomState::new().build_hasher().finish().to_le_bytes();
    let [a, b, c, d, ..] = bytes;
    u32::from_le_bytes([a, b, c, d])
}
