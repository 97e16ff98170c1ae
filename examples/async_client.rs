//! Device mode on an async client, with the agent's own loop: `cargo run --example async_client`.
//!
//! The library does no input or output, so that it has no say in how the agent does: this is reqwest on tokio, and the
//! library is the same as under a blocking client.

use defender_auth::{
    Action, Authenticator, Device, Event, Outcome, Plan, SharedAccessKey, UnixTime,
    device_mode::Target,
    http::{BODY_LIMIT, Request, Response},
    tls::{self, Roots},
};
use defender_auth_emulator::{self as emulator, Emulator, Hub, Module};
use std::{
    error::Error,
    hash::{BuildHasher as _, Hasher as _, RandomState},
    time::{Duration, SystemTime},
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
    println!("I am {}", me.identity());
    Ok(())
}

/// The loop. It is all that an agent writes.
async fn authenticate(client: &Client, plan: &Plan) -> Result<Outcome, Box<dyn Error>> {
    let mut auth = Authenticator::new(plan, now() + ATTEMPT);
    loop {
        match auth.poll() {
            Action::Send(request) => {
                println!("{} at {}", request.operation(), request.host());
                match client.send(request).await {
                    Ok(reply) => auth.handle(now(), Event::Answered(reply.as_response()))?,
                    Err(error) if error.is_connect() || error.is_timeout() || error.is_body() => {
                        auth.handle(now(), Event::Unanswered)?;
                    }
                    Err(error) => return Err(error.into()),
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
        let method = match request.method() {
            "GET" => reqwest::Method::GET,
            "PUT" => reqwest::Method::PUT,
            _ => reqwest::Method::POST,
        };
        let url = format!("https://{}:{}{}", request.host(), self.port, request.target());
        let mut builder = self.http.request(method, url).body(request.body().to_vec());
        for (name, value) in request.headers() {
            builder = builder.header(name, value);
        }
        let mut response = builder.send().await?;
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
        texts.fold(Response::new(self.status, &self.body), |response, (name, value)| response.header(name, value))
    }
}

fn now() -> UnixTime {
    SystemTime::now().into()
}

fn random() -> u32 {
    let [a, b, c, d, ..] = RandomState::new().build_hasher().finish().to_le_bytes();
    u32::from_le_bytes([a, b, c, d])
}
