//! Proxies that carry no connection are named by their variable. A process has one environment, so the client runs in
//! another process.

use crate::{
    proxy::other_process,
    world::{ATTEMPT, both, cloud, is_the_module, now, plan},
};
use defender_auth::{
    Action, Authenticator,
    error::ErrorKind,
    https::{Client, HttpsError},
    tls::Roots,
};
use std::{
    env,
    io::{BufRead as _, BufReader, Write as _},
    net::{SocketAddr, TcpListener},
    sync::mpsc::{Receiver, channel},
    thread,
};

/// Holds the root certificate for [`in_the_other_process`].
const ROOT: &str = "DEFENDER_AUTH_TEST_REFUSED_ROOT";

/// Has it run the whole plan: otherwise it sends one request.
const WHOLE: &str = "DEFENDER_AUTH_TEST_REFUSED_WHOLE";

/// A variable in lower case, as errors name it. On Windows the names of variables have no case.
const LOWER_CASE: &str = if cfg!(windows) { "HTTPS_PROXY" } else { "https_proxy" };

/// A proxy that answers each request with these bytes and closes the connection, and the requests.
fn proxy(answer: &'static [u8]) -> (SocketAddr, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (sender, asked) = channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let lines = BufReader::new(stream.try_clone().unwrap()).lines();
            let head: Vec<_> = lines.map_while(Result::ok).take_while(|line| !line.is_empty()).collect();
            let _ = sender.send(head.join("\n"));
            let _ = stream.write_all(answer);
        }
    });
    (address, asked)
}

/// What the other process says with these variables.
fn said(root: &str, variables: &[(&str, &str)]) -> String {
    let mut other = other_process(&["--exact", "proxy_refused::in_the_other_process", "--nocapture"]);
    let output = other.env(ROOT, root).envs(variables.iter().copied()).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// What it says when a proxy answers this, and how often it asked.
fn refused(answer: &'static [u8], login: &str) -> (String, usize) {
    let (address, asked) = proxy(answer);
    let url = format!("http://{login}{address}");
    let text = said(&any_root(), &[(LOWER_CASE, &url), (WHOLE, "")]);
    assert!(!text.contains("hunter2"), "{text}");
    (text, asked.try_iter().count())
}

fn any_root() -> String {
    rcgen::generate_simple_self_signed(["h.net".into()]).unwrap().cert.pem()
}

#[test]
fn a_proxy_that_refuses_is_named_and_asked_once() {
    for (answer, words) in [
        (&b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n"[..], "requires a login (407)"),
        (b"HTTP/1.1 403 Forbidden\r\nContent-Type: text/html\r\n\r\n<html>", "refuses the connection (status 403)"),
        (b"HTTP/1.1 302 Found\r\nLocation: http://portal/\r\n\r\n", "refuses the connection (status 302)"),
        (b"HTTP/1.1 511 Network Authentication Required\r\n\r\n", "refuses the connection (status 511)"),
        (b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html><body>Welcome</body></html>", "does not tunnel"),
        (b"<html>", "does not tunnel: it closed the connection"),
        (b"SSH-2.0-OpenSSH_9.6\r\n\r\n", "does not tunnel: its answer is not HTTP"),
        (b"", "does not tunnel: it closed the connection without an answer"),
    ] {
        let (text, asked) = refused(answer, "");
        assert!(text.contains(&format!("the proxy of {LOWER_CASE} {words}")), "{words}: {text}");
        assert!(text.contains("kind: the network path to the service"), "{text}");
        assert_eq!(asked, 1, "{words}");
    }
}

#[test]
fn a_proxy_that_rejects_a_login_says_so_without_showing_it() {
    let (text, asked) = refused(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", "user:hunter2@");
    let words = format!("the proxy of {LOWER_CASE} rejects the login in the variable (407)");
    assert!(text.contains(&words), "{text}");
    assert_eq!(asked, 1);
}

#[test]
fn a_login_is_sent_to_the_proxy() {
    let (address, asked) = proxy(b"HTTP/1.1 403 Forbidden\r\n\r\n");
    said(&any_root(), &[("HTTPS_PROXY", &format!("http://us%65r:p%40ss@{address}"))]);
    let head = asked.try_recv().unwrap();
    assert!(head.starts_with("CONNECT global.azure-devices-provisioning.net:443 HTTP/1.1\n"), "{head}");
    assert!(head.contains("\nProxy-Authorization: Basic dXNlcjpwQHNz"), "{head}");
}

/// It did not reach the host, or it is not there: both may pass.
#[test]
fn a_proxy_that_is_out_of_order_may_be_asked_again() {
    let (address, _asked) = proxy(b"HTTP/1.1 502 Bad Gateway\r\n\r\n");
    let text = said(&any_root(), &[("ALL_PROXY", &format!("http://{address}"))]);
    assert!(text.contains("transient: true") && text.contains("the proxy of ALL_PROXY"), "{text}");
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let text = said(&any_root(), &[("HTTPS_PROXY", &format!("http://{closed}"))]);
    assert!(text.contains("transient: true") && text.contains("the proxy of HTTPS_PROXY cannot be reached"), "{text}");
}

#[test]
fn a_host_that_no_proxy_names_is_not_reached_through_the_proxy() {
    for exception in ["global.azure-devices-provisioning.net", "localhost, .azure-devices-provisioning.net", "*"] {
        let (address, asked) = proxy(b"HTTP/1.1 403 Forbidden\r\n\r\n");
        let text = said(&any_root(), &[("HTTPS_PROXY", &format!("http://{address}")), ("NO_PROXY", exception)]);
        assert!(!text.contains("HTTPS_PROXY") && asked.try_iter().count() == 0, "{text}");
    }
}

/// Does nothing unless a test above has started it.
#[test]
fn in_the_other_process() {
    let Ok(root) = env::var(ROOT) else { return };
    let client = Client::with(Roots::Pem(root.as_bytes()), Vec::new()).unwrap();
    let error = if env::var(WHOLE).is_ok() {
        client.authenticate(&plan()).unwrap_err()
    } else {
        let auth = Authenticator::new(&plan(), both(now()), ATTEMPT);
        let Action::Send(request) = auth.poll() else { panic!("{auth:?}") };
        client.exchange(request).unwrap_err()
    };
    println!("error: {error}\nkind: {}\ntransient: {}", error.kind(), error.is_transient());
    if let HttpsError::Proxy { .. } = error {
        assert_eq!(error.kind(), ErrorKind::Network);
    }
    // With addresses given it goes there.
    let nearby = cloud(0);
    assert!(is_the_module(&crate::world::client(&nearby, []).authenticate(&plan()).unwrap()));
}
