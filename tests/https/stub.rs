//! A server with a certificate that says what a test wants it to say.

use crate::world::{DPS, HUB, host};
use defender_auth::{https::Client, tls::Roots};
use rustls::{ServerConfig, ServerConnection, StreamOwned, crypto::ring, pki_types::PrivateKeyDer};
use std::{
    io::{self, Read as _},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::Arc,
    thread,
};

pub(crate) type Stream = StreamOwned<ServerConnection, TcpStream>;

/// One that serves each connection in the same way, until the test's process ends.
pub(crate) struct Stub {
    pub(crate) address: SocketAddr,
    pub(crate) root: String,
}

impl Stub {
    pub(crate) fn serving(serve: impl Fn(&mut Stream) -> io::Result<()> + Send + Sync + 'static) -> Self {
        let names = [HUB, DPS, "localhost"].map(String::from);
        let rcgen::CertifiedKey { cert, signing_key } = rcgen::generate_simple_self_signed(names).unwrap();
        let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![cert.der().clone()], key)
            .unwrap();
        let (config, serve) = (Arc::new(config), Arc::new(serve));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
                let serve = Arc::clone(&serve);
                thread::spawn(move || {
                    let mut stream = Stream::new(connection, stream?);
                    serve(&mut stream)?;
                    // The client ends the connection: what is not read when it is closed here would take away what was
                    // written.
                    io::copy(&mut stream, &mut io::sink())
                });
            }
        });
        Self { address, root: cert.pem() }
    }

    /// One that takes the beginning of a request before it speaks.
    pub(crate) fn answering(answer: impl Fn(&mut Stream) -> io::Result<()> + Send + Sync + 'static) -> Self {
        Self::serving(move |stream| {
            let _ = stream.read(&mut [0; 4096])?;
            answer(stream)
        })
    }

    pub(crate) fn client(&self) -> Client {
        let services = [HUB, DPS].map(|name| (host(name), self.address));
        Client::with(Roots::Pem(self.root.as_bytes()), services.into()).unwrap()
    }
}
