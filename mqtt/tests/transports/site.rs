//! A hub with one device, and a provisioning service with one enrollment group.

use defender_auth::{
    Action, Authenticator, Now, Plan, SharedAccessKey, UnixTime,
    dps::Profile,
    identity::Identity,
    mqtt::Connect,
    proxy::Proxies,
    sas::{Resource, SasToken, StringToSign},
    tls::Roots,
};
use defender_auth_emulator::{Device, Dps, Emulator, Group, Hub, World};
use defender_auth_mqtt::{Dial, Error, Provisioner, Session, Transport};
use std::{
    net::{SocketAddr, TcpListener},
    time::{Duration, SystemTime},
};

pub(crate) const HUB: &str = "contoso.azure-devices.net";
const DPS: &str = "global.azure-devices-provisioning.net";
const KEY: &str = "AwoRGB8mLTQ7QklQV15lbA==";

pub(crate) struct Site(pub(crate) Emulator);

impl Site {
    pub(crate) fn new() -> Self {
        let hub = Hub::new(HUB).device(Device::new("dev-01", KEY));
        let world = World::new().hub(hub).dps(Dps::new("0ne00000A0A").group(Group::new("fleet", KEY)));
        Self(Emulator::play(world, "127.0.0.1:0".parse().unwrap()).unwrap())
    }

    /// Straight to the emulator.
    pub(crate) fn dial(&self, transport: Transport) -> Dial {
        Dial::at(self.0.address()).with_websocket_at(self.0.https_address()).with_transport(transport)
    }

    pub(crate) fn roots(&self) -> Roots<'_> {
        Roots::Pem(self.0.root_pem().as_bytes())
    }

    pub(crate) fn log_in(&self, dial: &Dial) -> Result<Session, Error> {
        self.log_in_with(dial, KEY)
    }

    pub(crate) fn log_in_with(&self, dial: &Dial, key: &str) -> Result<Session, Error> {
        let (login, token) = login(key);
        Session::open(&login, &token, dial, self.roots())
    }

    /// Begins a registration, and the status of the answer.
    pub(crate) fn register(&self, dial: &Dial) -> Result<u16, Error> {
        let id = "dev-02".parse().unwrap();
        let key = SharedAccessKey::from_base64(KEY).unwrap().derive(&id);
        let plan = Plan::provision(Profile::new("0ne00000A0A".parse().unwrap(), id), key).unwrap();
        let begun = Now { wall: UnixTime::from(SystemTime::now()), monotonic: Duration::ZERO };
        let auth = Authenticator::new(&plan, begun, Duration::from_secs(60));
        let Action::Send(request) = auth.poll() else { panic!("{auth:?}") };
        assert_eq!(request.host().as_str(), DPS);
        let mut provisioner = Provisioner::open(request, dial, self.roots())?;
        let answer = provisioner.exchange(request)?;
        Ok(answer.as_response().unwrap().status())
    }
}

pub(crate) fn login(key: &str) -> (Connect, SasToken) {
    let me = Identity::device(HUB.parse().unwrap(), "dev-01".parse().unwrap());
    let expiry = UnixTime::from(SystemTime::now()) + Duration::from_secs(600);
    let key = SharedAccessKey::from_base64(key).unwrap();
    (Connect::hub(&me, None), StringToSign::new(Resource::of(&me), expiry).sign_with(&key))
}

/// What the environment says when it names this proxy.
pub(crate) fn through(address: SocketAddr, login: &str) -> Proxies {
    Proxies::new(|name| (name == "HTTPS_PROXY").then(|| format!("http://{login}{address}")))
}

/// An address without a server.
pub(crate) fn closed() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// The error of a login.
#[track_caller]
pub(crate) fn error(result: Result<Session, Error>) -> Error {
    result.err().unwrap()
}
