//! Device mode on an async client, with the agent's own loop: `cargo run --example async_client`.
//!
//! The library does no input or output, so any HTTP client can be used: here reqwest on tokio. The conversion of requests
//! needs the feature `http`.

#[path = "reqwest_client/mod.rs"]
mod reqwest_client;

use defender_auth::{
    Action, Authenticator, Device, Event, Now, Outcome, Plan, SharedAccessKey, device_mode::Target, error::TlsFailure,
};
use defender_auth_emulator::{self as emulator, Emulator, Hub, Module};
use reqwest_client::{Client, random};
use std::{
    error::Error,
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

    let client = Client::new(HOST, &hub)?;
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
