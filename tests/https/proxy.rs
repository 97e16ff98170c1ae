//! A proxy from the environment. A process has one environment, so that the client runs in another process.

use crate::{
    stub::Stub,
    world::{self, ATTEMPT, DPS, HUB, both, cloud, is_the_module, now, plan},
};
use defender_auth::{Action, Authenticator, https::Client, proxy::Proxies, tls::Roots};
use std::{
    env,
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    process::Command,
    sync::mpsc::{Sender, channel},
    thread,
};

/// Holds the root certificate for [`in_the_other_process`].
const ROOT: &str = "DEFENDER_AUTH_TEST_ROOT";

/// Has it send one request only, to which there is no answer.
const ONCE: &str = "DEFENDER_AUTH_TEST_ONCE";

/// Takes connections for any host to one address, and tells what it was asked.
fn serve(listener: &TcpListener, target: SocketAddr, asked: &Sender<String>) -> io::Result<()> {
    loop {
        let (mut near, _) = listener.accept()?;
        let mut head = BufReader::new(near.try_clone()?).lines();
        let _ = asked.send(head.next().unwrap_or_else(|| Ok(String::new()))?);
        while head.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
        near.write_all(b"HTTP/1.1 200 OK\r\n\r\n")?;
        let far = TcpStream::connect(target)?;
        for (mut from, mut to) in [(near.try_clone()?, far.try_clone()?), (far, near)] {
            thread::spawn(move || io::copy(&mut from, &mut to).and_then(|_| to.shutdown(std::net::Shutdown::Write)));
        }
    }
}

/// Another process of this program, without the variables of this one's environment.
pub(crate) fn other_process(arguments: &[&str]) -> Command {
    let mut other = Command::new(env::current_exe().unwrap());
    // Where a measured process leaves what it ran, and what a process on Windows needs for a socket.
    let kept = ["LLVM_PROFILE_FILE", "SystemRoot"];
    let kept = env::vars_os().filter(|(name, _)| kept.iter().any(|kept| name.eq_ignore_ascii_case(kept)));
    other.args(arguments).env_clear().envs(kept);
    other
}

#[test]
fn the_environments_proxy_carries_every_request() {
    let cloud = cloud(0);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (proxy, target) = (listener.local_addr().unwrap(), cloud.https_address());
    let (sender, asked) = channel();
    thread::spawn(move || serve(&listener, target, &sender));
    let mut other = other_process(&["--exact", "proxy::in_the_other_process"]);
    let output = other.env(ROOT, cloud.root_pem()).env("HTTPS_PROXY", format!("http://{proxy}")).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert_eq!(asked.try_iter().collect::<Vec<_>>(), [DPS, HUB].map(|host| format!("CONNECT {host}:443 HTTP/1.1")));
}

/// The connection to the proxy is encrypted, and what goes through it is encrypted once more: the proxy sees the
/// beginning of a handshake, and no request.
#[test]
fn a_proxy_behind_tls_sees_no_request() {
    let (sender, seen) = channel();
    let proxy = Stub::serving(move |stream| {
        let (mut head, mut length) = ([0; 1024], 0);
        while !head[..length].ends_with(b"\r\n\r\n") {
            length += stream.read(&mut head[length..])?;
        }
        assert!(head.starts_with(b"CONNECT "));
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n")?;
        stream.flush()?;
        let length = stream.read(&mut head)?;
        let _ = sender.send(head[..length].to_vec());
        Err(io::ErrorKind::ConnectionAborted.into())
    });
    let mut other = other_process(&["--exact", "proxy::in_the_other_process"]);
    other.env(ROOT, &proxy.root).env(ONCE, "");
    let output = other.env("HTTPS_PROXY", format!("https://localhost:{}", proxy.address.port())).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let seen = seen.try_recv().unwrap();
    assert_eq!(seen[..2], [22, 3], "a ClientHello: {}", String::from_utf8_lossy(&seen));
}

#[test]
fn one_variable_is_listed_once() {
    const LISTED: &str = "DEFENDER_AUTH_TEST_PROXY_LISTED";
    if env::var(LISTED).is_ok() {
        assert_eq!(Proxies::from_env().variables().len(), 1, "Windows finds it by its name in either case");
        return;
    }
    let mut other = other_process(&["--exact", "proxy::one_variable_is_listed_once"]);
    let output = other.env(LISTED, "").env("https_proxy", "http://proxy.invalid:3128").output().unwrap();
    assert!(output.status.success(), "{output:?}");
}

/// Does nothing unless a test above has started it.
#[test]
fn in_the_other_process() {
    let Ok(root) = env::var(ROOT) else { return };
    if env::var(ONCE).is_ok() {
        let client = Client::with(Roots::Pem(root.as_bytes()), Vec::new()).unwrap();
        let auth = Authenticator::new(&plan(), both(now()), ATTEMPT);
        let Action::Send(request) = auth.poll() else { panic!("{auth:?}") };
        assert!(client.exchange(request).is_err());
        return;
    }
    let client = Client::with(Roots::Pem(root.as_bytes()), Vec::new()).unwrap();
    assert!(is_the_module(&client.authenticate(&plan()).unwrap()));
    // With addresses given it goes there: the proxy of the other process leads to an emulator of another root.
    let nearby = cloud(0);
    assert!(is_the_module(&world::client(&nearby, []).authenticate(&plan()).unwrap()));
}
