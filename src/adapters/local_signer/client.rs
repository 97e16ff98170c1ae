use super::reply::{Answer, Reply};
use crate::{
    adapters::jitter::random,
    base::{
        secret::SecretBytes,
        time::{Now, UnixTime},
    },
    error::{ApiMisuse, Error},
    flow::{
        http::BODY_LIMIT,
        local::{Action, Endpoint, Event, Obstacle, Question, Request, Task},
    },
};
use alloc::{format, string::String};
use core::time::Duration;
use std::{
    io::{self, Read as _},
    net::ToSocketAddrs as _,
    thread,
    time::{Instant, SystemTime},
};
use ureq::{
    config::Config,
    http::{Request as HttpRequest, Uri},
    unversioned::{
        resolver::{ResolvedSocketAddrs, Resolver},
        transport::{Connector as _, NextTimeout, TcpConnector},
    },
};

/// How long one request may take.
const REQUEST: Duration = Duration::from_secs(10);
/// How long a task may take, with its waits.
const TASK: Duration = Duration::from_secs(60);

/// Runs tasks. It keeps no connection, and any number of threads may use it.
#[derive(Clone, Copy, Debug)]
pub struct Client {
    request: Duration,
    task: Duration,
}

impl Default for Client {
    fn default() -> Self {
        Self { request: REQUEST, task: TASK }
    }
}

impl Client {
    /// Sets the time limit of a task. Unless set, it is a minute. One request takes 10 seconds of it at most.
    #[must_use]
    pub fn give_up_after(self, task: Duration) -> Self {
        Self { task, request: REQUEST.min(task) }
    }

    /// Begins a task and runs it to its end.
    ///
    /// # Errors
    /// Why it failed.
    pub fn run<Q: Question>(&self, begin: impl FnOnce(Now, Duration) -> Task<Q>) -> Result<Q::Answer, Error> {
        let now = Now { wall: UnixTime::from(SystemTime::now()), monotonic: Duration::ZERO };
        let mut task = begin(now, self.task);
        self.finish(&mut task, now)?;
        task.into_answer()
    }

    /// Runs a task to its end that was begun then, or whose latest event came then. Why it failed, the task tells.
    ///
    /// # Errors
    /// None: each action gets the event that answers it.
    pub fn finish<Q: Question>(&self, task: &mut Task<Q>, since: Now) -> Result<(), ApiMisuse> {
        let start = Instant::now();
        let now = || since + start.elapsed();
        loop {
            match task.poll() {
                Action::Send(request) => task.handle(now(), self.exchange(request).event()),
                Action::Wait(wait) => {
                    thread::sleep(wait.pick(random()));
                    task.handle(now(), Event::Elapsed)
                }
                Action::Done | Action::Failed(_) => return Ok(()),
            }?;
        }
    }

    /// Sends one request once, and reads the answer: for the driver of an [`Authenticator`](crate::Authenticator), whose
    /// [`Action::Ask`](crate::Action::Ask) it answers.
    #[must_use]
    pub fn exchange(&self, request: &Request) -> Reply {
        self.carry(request).unwrap_or_else(|missing| missing)
    }

    /// The answer, or what came instead of one.
    fn carry(&self, request: &Request) -> Result<Reply, Reply> {
        // This system has no such sockets.
        #[cfg(not(unix))]
        if matches!(request.endpoint(), Endpoint::Socket(_)) {
            return Err(Reply::NotReached(Obstacle::NoSockets));
        }
        let agent = self.agent(request.endpoint());
        // A daemon has no name. The path of its socket is none, either.
        let host = match request.endpoint() {
            Endpoint::Http { host, port } if host.contains(':') => format!("[{host}]:{port}"),
            Endpoint::Http { host, port } => format!("{host}:{port}"),
            Endpoint::Socket(_) => "localhost".into(),
        };
        let mut builder =
            HttpRequest::builder().method(request.method()).uri(format!("http://{host}{}", request.target()));
        for (name, value) in request.headers() {
            builder = builder.header(name, value);
        }
        let sent = match request.body() {
            [] => builder.body(()).map_err(ureq::Error::from).and_then(|request| agent.run(request)),
            body => builder.body(body).map_err(ureq::Error::from).and_then(|request| agent.run(request)),
        };
        let mut response = sent.map_err(|error| missing(&error, request.endpoint()))?;
        let retry_after = response.headers().get("retry-after").and_then(|value| value.to_str().ok()).map(String::from);
        // One byte more than is allowed, for the task to reject.
        let mut body = SecretBytes::with_capacity(BODY_LIMIT + 1);
        let mut reader = response.body_mut().as_reader().take(BODY_LIMIT as u64 + 1);
        reader.read_to_end(body.as_vec_mut()).map_err(|_| Reply::Unanswered)?;
        Ok(Reply::Answered(Answer { status: response.status().as_u16(), retry_after, body }))
    }

    fn agent(&self, endpoint: &Endpoint) -> ureq::Agent {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_global(Some(self.request))
            .max_response_header_size(BODY_LIMIT)
            .max_idle_connections(0)
            // The daemon is on this device, or on its host.
            .proxy(None)
            .user_agent("")
            .build();
        #[cfg(unix)]
        if let Endpoint::Socket(path) = endpoint {
            let connector = ().chain(super::socket::Sockets { path: path.clone() });
            return ureq::Agent::with_parts(config, connector, Nowhere);
        }
        #[cfg(not(unix))]
        let _ = endpoint;
        ureq::Agent::with_parts(config, ().chain(TcpConnector::default()), Names)
    }
}

/// What is in the way, or just no answer.
fn missing(error: &ureq::Error, endpoint: &Endpoint) -> Reply {
    match error {
        ureq::Error::Io(error) => match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Reply::NotReached(Obstacle::Absent),
            // A socket on which nothing listens is refused, too.
            io::ErrorKind::ConnectionRefused if is_no_socket(endpoint) => Reply::NotReached(Obstacle::NotASocket),
            io::ErrorKind::PermissionDenied => Reply::NotReached(Obstacle::Denied),
            _ => Reply::Unanswered,
        },
        _ => Reply::Unanswered,
    }
}

/// Whether something else than a socket is at its path.
#[cfg(unix)]
fn is_no_socket(endpoint: &Endpoint) -> bool {
    use std::os::unix::fs::FileTypeExt as _;
    match endpoint {
        Endpoint::Socket(path) => std::fs::metadata(&**path).is_ok_and(|at| !at.file_type().is_socket()),
        Endpoint::Http { .. } => false,
    }
}

#[cfg(not(unix))]
const fn is_no_socket(_: &Endpoint) -> bool {
    false
}

/// Looks names up without a thread, which ureq's own resolver starts for its time limit.
#[derive(Debug)]
struct Names;

impl Resolver for Names {
    fn resolve(&self, uri: &Uri, _: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let host = uri.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
        let mut found = self.empty();
        let addresses = (host, uri.port_u16().unwrap_or(80)).to_socket_addrs()?;
        addresses.take(4).for_each(|address| found.push(address));
        if found.is_empty() { Err(ureq::Error::HostNotFound) } else { Ok(found) }
    }
}

/// A socket has a path and no address. ureq requires one.
#[cfg(unix)]
#[derive(Debug)]
struct Nowhere;

#[cfg(unix)]
impl Resolver for Nowhere {
    fn resolve(&self, _: &Uri, _: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let mut found = self.empty();
        found.push(std::net::SocketAddr::from(([127, 0, 0, 1], 0)));
        Ok(found)
    }
}
