//! An HTTP proxy that leads to an emulator.

use super::{accepting::Accepting, listener::Emulator};
use httparse::{EMPTY_HEADER, Status};
use std::{
    fmt,
    io::{self, Read as _, Write as _},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    ops::ControlFlow,
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::Duration,
};

/// The longest head of a request, in bytes.
const HEAD: usize = 16 * 1024;

/// How long a client may take for its request.
const PATIENCE: Duration = Duration::from_secs(10);

/// A running HTTP proxy with CONNECT, for any host: port 443 leads to an emulator's HTTPS, port 8883 to its MQTT. It refuses
/// other ports. When it is dropped, it closes all connections.
pub struct Proxy {
    state: Arc<State>,
    accepting: Accepting,
}

struct State {
    routes: [(u16, SocketAddr); 2],
    /// The login in base64.
    login: Option<String>,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    ends: bool,
    refused: Vec<u16>,
    asked: Vec<String>,
    open: Vec<TcpStream>,
}

impl Emulator {
    /// Starts a proxy that leads here, at a free port. With a login, `USER:PASSWORD`, it refuses clients without it.
    ///
    /// # Errors
    /// When there is no free port.
    pub fn proxy(&self, login: Option<&str>) -> io::Result<Proxy> {
        self.proxy_at(SocketAddr::new(self.address().ip(), 0), login)
    }

    /// The same at this address.
    ///
    /// # Errors
    /// When the address is not free, or not a loopback address without [`World::remote`](crate::World::remote).
    pub fn proxy_at(&self, at: SocketAddr, login: Option<&str>) -> io::Result<Proxy> {
        if !at.ip().is_loopback() && !self.is_remote() {
            let reason = format!("{} is not a loopback address; the proxy leads to an emulator", at.ip());
            return Err(io::Error::new(io::ErrorKind::InvalidInput, reason));
        }
        let listener = TcpListener::bind(at)?;
        let login = login.map(|login| data_encoding::BASE64.encode(login.as_bytes()));
        let routes = [(443, self.https_address()), (8883, self.address())];
        let state = Arc::new(State { routes, login, kept: Mutex::default() });
        let inside = Arc::clone(&state);
        let accepting = Accepting::begin(listener, move |stream, _| {
            let Ok(near) = stream else { return ControlFlow::Continue(None) };
            if inside.keep(&near).is_err() {
                return ControlFlow::Break(());
            }
            let inside = Arc::clone(&inside);
            let carrying = thread::Builder::new().spawn(move || {
                // A client that leaves is no fault of the proxy's.
                let _ = inside.serve(near);
            });
            ControlFlow::Continue(carrying.ok())
        })?;
        Ok(Proxy { state, accepting })
    }
}

impl Proxy {
    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.accepting.address()
    }

    /// Refuses this port from now on, as proxies do that allow 443 only.
    pub fn refuse(&self, port: u16) {
        self.state.kept(|kept| kept.refused.push(port));
    }

    /// What it was asked, and its answers: `CONNECT contoso.azure-devices.net:443 200`.
    #[must_use]
    pub fn asked(&self) -> Vec<String> {
        self.state.kept(|kept| kept.asked.clone())
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proxy").field("address", &self.address()).finish_non_exhaustive()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        for stream in self.state.kept(|kept| {
            kept.ends = true;
            std::mem::take(&mut kept.open)
        }) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

impl State {
    fn kept<T>(&self, work: impl FnOnce(&mut Kept) -> T) -> T {
        work(&mut self.kept.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Has the end of the proxy close this connection. An error when that has come.
    fn keep(&self, stream: &TcpStream) -> io::Result<()> {
        let stream = stream.try_clone()?;
        self.kept(|kept| {
            if kept.ends {
                return Err(io::ErrorKind::NotConnected.into());
            }
            kept.open.push(stream);
            Ok(())
        })
    }

    fn serve(&self, mut near: TcpStream) -> io::Result<()> {
        near.set_read_timeout(Some(PATIENCE))?;
        let mut head = Vec::new();
        let (target, status) = loop {
            let mut byte = [0];
            // One at a time, so that no byte of what follows is taken along.
            near.read_exact(&mut byte)?;
            head.extend(byte);
            if head.len() > HEAD {
                break (String::new(), 431);
            }
            if let Some(answer) = self.judge(&head) {
                break answer;
            }
        };
        let port = target.rsplit_once(':').and_then(|(_, port)| port.parse::<u16>().ok());
        let is_refused = self.kept(|kept| kept.refused.iter().any(|refused| port == Some(*refused)));
        let route = self.routes.iter().find(|(open, _)| port == Some(*open) && !is_refused);
        let far = match (status, route) {
            (200, Some((_, address))) => TcpStream::connect(address).map_err(|_| 502),
            (200, None) => Err(403),
            (status, _) => Err(status),
        };
        let status = far.as_ref().err().copied().unwrap_or(200);
        self.kept(|kept| kept.asked.push(format!("CONNECT {target} {status}")));
        let login = if status == 407 { "Proxy-Authenticate: Basic realm=\"emulator\"\r\n" } else { "" };
        // In one piece: PySocks drops what came with the first line, and leaves what comes later to TLS.
        near.write_all(format!("HTTP/1.1 {status} Answer\r\n{login}\r\n").as_bytes())?;
        let Ok(far) = far else { return near.shutdown(Shutdown::Write) };
        near.set_read_timeout(None)?;
        self.keep(&far)?;
        let (mut back, mut out) = ((far.try_clone()?, near.try_clone()?), (near, far));
        let returning = thread::spawn(move || relay(&mut back.0, &mut back.1));
        relay(&mut out.0, &mut out.1);
        let _ = returning.join();
        Ok(())
    }

    /// The target of a request and the status of the answer. `None` while the request is incomplete.
    fn judge(&self, head: &[u8]) -> Option<(String, u16)> {
        let mut headers = [EMPTY_HEADER; 32];
        let mut request = httparse::Request::new(&mut headers);
        match request.parse(head) {
            Ok(Status::Partial) => return None,
            Ok(Status::Complete(_)) => {}
            Err(_) => return Some((String::new(), 400)),
        }
        let given = request.headers.iter().find(|header| header.name.eq_ignore_ascii_case("proxy-authorization"));
        // The name of a scheme is the same in upper and lower case (RFC 9110, section 11.1).
        let given = given.and_then(|given| std::str::from_utf8(given.value).ok()?.split_once(' '));
        let given = given.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("basic")).map(|(_, login)| login.trim());
        let is_known = self.login.as_deref().is_none_or(|login| given == Some(login));
        let status = match request.method {
            Some("CONNECT") if is_known => 200,
            Some("CONNECT") => 407,
            _ => 405,
        };
        Some((request.path.unwrap_or_default().to_owned(), status))
    }
}

/// Carries bytes until one side ends.
fn relay(from: &mut TcpStream, to: &mut TcpStream) {
    let _ = io::copy(from, to);
    let _ = to.shutdown(Shutdown::Write);
}
