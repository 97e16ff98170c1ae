//! Device mode on an async client, with the agent's own loop: `cargo run --example async_client`.
//!
//! The library does no input or output, so any HTTP client can be used: here reqwest on tokio. The conversion of requests
//! needs the feature `http`.

use defender_auth::{
    Action, Authenticator, Device, Event, Now, Outcome, Plan, SharedAccessKey,
    device_mode::Target,
    error::TlsFailure,
    http::{BODY_LIMIT, Request, Response},
    tls::{self, Roots},
};
use defender_auth_emulator::{self as emulator, Emulator, Hub, Module};
use std::{
    error::Error,
    hash::{BuildHasher as _, Hasher as _, RandomState},
    time::{Duration, Instant, SystemTime},
};

const HOST: &str = "contoso.azure-devices.net";
const KEY: &str = "AwoRGB8mLTQ7QklQV15lbHN6gYiPlp2kq7K5wMfO1dw=";
const ATTEMPT: Duration = Duration::from_secs(600);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let module = Module::new("azureiotsecurity", "QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8=");
    let hub = Hub::new(HOST).device(emulator::Device::new("dev-01", KEY).module(module));
    let hub = Emulator::start([hub], "127.0.0.1:0".parse()?)?;

    let client = Client::new(&hub)?;
    let device = Device::new(HOST.parse()?, "dev-01".parse()?, SharedAccessKey::from_base64(KEY)?);
    let me = authenticate(&client, &Plan::device(device).in_device_mode(Target::default())?).await?;
    println!("authenticated as {}", me.identity());
    Ok(())
}

/// The whole loop of an agent.
async fn authenticate(client: &Client, plan: &Plan) -> Result<Outcome, Box<dyn Error>> {
    let start = Instant::now();
    let now = || Now { wall: SystemTime::now().into(), monotonic: start.elapsed() };
    let mut auth = Authenticator::new(plan, now(), ATTEMPT);
    loop {
        match auth.poll() {
            Action::Send(request) => {
                println!("{} at {}", request.operation(), request.host());
                match client.send(request).await {
                    Ok(reply) => auth.handle(now(), Event::Answered(reply.as_response()))?,
                    Err(error) => match TlsFailure::of(&error) {
                        // A server that cannot be verified, or a wrong clock: waiting does not change that.
                        Some(failure) => return Err(format!("{}: {failure}", request.host()).into()),
                        None if error.is_connect() || error.is_timeout() || error.is_body() => {
                            auth.handle(now(), Event::Unanswered)?;
                        }
                        None => return Err(error.into()),
                    },
                }
            }
            Action::Wait(wait) => {
                tokio::time::sleep(wait.pick(random())).await;
                auth.handle(now(), Event::Elapsed)?;
            }
            Action::Done(_) | Action::Failed(_) => return Ok(auth.into_outcome()?),
            _ => return Err("this agent has no TPM".into()),
        }
    }
}

struct Client {
    http: reqwest::Client,
    /// A real agent's is 443.
    port: u16,
}

struct Reply {
    status: u16,
    headers: reqwest::header::HeaderMap,
    body: Vec<u8>,
}

impl Client {
    /// A real agent takes `Roots::Platform`, and needs no `resolve`.
    fn new(hub: &Emulator) -> Result<Self, Box<dyn Error>> {
        let http = reqwest::Client::builder()
            .tls_backend_preconfigured(tls::client_config(Roots::Pem(hub.root_pem().as_bytes()))?)
            // A credential would go with a redirect.
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .timeout(Duration::from_secs(30))
            .resolve(HOST, hub.https_address())
            .build()?;
        Ok(Self { http, port: hub.https_address().port() })
    }

    async fn send(&self, request: &Request) -> Result<Reply, reqwest::Error> {
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
    fn as_response(&self) -> Response<'_> {
        let texts = self.headers.iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
        Response::new(self.status, &self.body).with_headers(texts)
    }
}

fn random() -> u32 {
    let [a, b, c, d, ..] = RandomState::new().build_hasher().finish().to_le_bytes();
    u32::from_le_bytes([a, b, c, d])
}
