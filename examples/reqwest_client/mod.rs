//! The asynchronous examples' HTTPS client.

use defender_auth::{
    http::{BODY_LIMIT, Request, Response},
    tls::{self, Roots},
};
use defender_auth_emulator::Emulator;
use std::{
    error::Error,
    hash::{BuildHasher as _, Hasher as _, RandomState},
    time::Duration,
};

/// Sends the library's requests.
pub(crate) struct Client {
    http: reqwest::Client,
    /// A real agent's is 443.
    port: u16,
}

/// An answer.
pub(crate) struct Reply {
    status: u16,
    headers: reqwest::header::HeaderMap,
    body: Vec<u8>,
}

impl Client {
    /// A real agent takes `Roots::Platform`, and needs no `resolve`.
    pub(crate) fn new(host: &str, hub: &Emulator) -> Result<Self, Box<dyn Error>> {
        let http = reqwest::Client::builder()
            .tls_backend_preconfigured(tls::client_config(Roots::Pem(hub.root_pem().as_bytes()))?)
            // A credential would go with a redirect.
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .timeout(Duration::from_secs(30))
            .resolve(host, hub.https_address())
            .build()?;
        Ok(Self { http, port: hub.https_address().port() })
    }

    pub(crate) async fn send(&self, request: &Request) -> Result<Reply, reqwest::Error> {
        let mut sent = reqwest::Request::try_from(http::Request::<Vec<u8>>::from(request))?;
        // A real agent sends it as it is, to port 443.
        let _ = sent.url_mut().set_port(Some(self.port));
        let mut response = self.http.execute(sent).await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let mut body = Vec::new();
        // What is longer than this is refused by the authenticator.
        while let Some(chunk) = response.chunk().await? {
            body.extend_from_slice(&chunk);
            if body.len() > BODY_LIMIT {
                break;
            }
        }
        Ok(Reply { status, headers, body })
    }
}

impl Reply {
    pub(crate) fn as_response(&self) -> Response<'_> {
        let texts = self.headers.iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
        Response::new(self.status, &self.body).with_headers(texts)
    }
}

/// Enough for jitter.
pub(crate) fn random() -> u32 {
    let [a, b, c, d, ..] = RandomState::new().build_hasher().finish().to_le_bytes();
    u32::from_le_bytes([a, b, c, d])
}
