//! The failures of a client that is not the library's own: reqwest on tokio, with the library's TLS configuration.

use crate::world::{HUB, cloud};
use defender_auth::{
    error::TlsFailure,
    tls::{Roots, client_config},
};
use std::{
    net::{SocketAddr, TcpListener},
    sync::Arc,
    time::Duration,
};

/// The time of the year 2000.
#[derive(Debug)]
struct Behind;

impl rustls::time_provider::TimeProvider for Behind {
    fn current_time(&self) -> Option<rustls::pki_types::UnixTime> {
        Some(rustls::pki_types::UnixTime::since_unix_epoch(Duration::from_secs(946_684_800)))
    }
}

fn error(at: SocketAddr, name: &'static str, root: &str, is_behind: bool) -> reqwest::Error {
    let mut config = client_config(Roots::Pem(root.as_bytes())).unwrap();
    if is_behind {
        config.time_provider = Arc::new(Behind);
    }
    let client = reqwest::Client::builder().tls_backend_preconfigured(config).no_proxy().resolve(name, at).build();
    let request = client.unwrap().get(format!("https://{name}:{}/", at.port())).send();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(request).unwrap_err()
}

#[test]
fn a_server_that_cannot_be_verified_is_found_among_the_causes() {
    let (cloud, other) = (cloud(0), cloud(0));
    let at = cloud.https_address();
    for (name, root, is_behind, kind) in [
        (HUB, other.root_pem(), false, "server-untrusted"),
        ("fabrikam.azure-devices.net", cloud.root_pem(), false, "server-wrong-name"),
        (HUB, cloud.root_pem(), true, "server-not-yet-valid"),
    ] {
        let error = error(at, name, root, is_behind);
        // Its own kind is only that the connection failed.
        assert!(error.is_connect(), "{error:?}");
        let failure = TlsFailure::of(&error).unwrap();
        assert_eq!(failure.as_str(), kind, "{error:?}");
    }
}

#[test]
fn an_answer_that_does_not_arrive_is_no_tls_failure() {
    let cloud = cloud(0);
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    assert_eq!(TlsFailure::of(&error(closed, HUB, cloud.root_pem(), false)), None);
    // It takes one connection and closes it in the middle of the handshake.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || listener.incoming().for_each(drop));
    assert_eq!(TlsFailure::of(&error(address, HUB, cloud.root_pem(), false)), None);
}
