//! Services that are killed at any step, for a moment or for good, and services that come back without their memory.

use crate::{
    over_mqtt::Carrier,
    world::{DPS, HUB, Run, asked, cloud, drive, exchange, host, is_the_module, now, plan, registration, services},
};
use defender_auth::{
    Error,
    error::{Code, TlsFailure},
    https::{Client, HttpsError},
    tls::Roots,
    wait::Reason,
};
use defender_auth_emulator::Emulator;
use socket2::SockRef;
use std::{
    io::{self, Read as _},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

/// One connection is cut at so many places.
const PLACES: u64 = 8;

/// How a connection ends whose server is killed: as the system ends it when the server had read everything, and when it
/// had not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    Closed,
    Reset,
}

/// Where the server is killed.
#[derive(Clone, Copy, Debug)]
struct Cut {
    /// In which connection, the first being 0,
    connection: usize,
    /// and after how many bytes of what it says there.
    bytes: u64,
    ending: Ending,
    /// No server listens from then on.
    is_for_good: bool,
}

/// The way to a server, which is killed on it.
struct Wire {
    address: SocketAddr,
    /// How many bytes the server said in each connection.
    said: Arc<Mutex<Vec<u64>>>,
}

impl Wire {
    fn new(to: SocketAddr, cut: Option<Cut>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (address, said) = (listener.local_addr().unwrap(), Arc::<Mutex<Vec<u64>>>::default());
        let noted = Arc::clone(&said);
        // One after the other, as the clients here connect. It ends with the test's process, or when it is killed.
        thread::spawn(move || {
            for near in listener.incoming() {
                let cut = cut.filter(|cut| cut.connection == noted.lock().unwrap().len());
                let carried = near.and_then(|near| carry(&near, &TcpStream::connect(to)?, cut));
                // Who is reset is told at once, and has heard nothing.
                noted.lock().unwrap().push(carried.unwrap_or_default());
                if cut.is_some_and(|cut| cut.is_for_good) {
                    return;
                }
            }
        });
        Self { address, said }
    }

    /// What the server said in each connection of an undisturbed run. The last one has ended when its number is there.
    fn lengths(&self, connections: usize) -> Vec<u64> {
        for _ in 0..3000 {
            let said = self.said.lock().unwrap().clone();
            if said.len() == connections {
                return said;
            }
            thread::sleep(Duration::from_millis(10));
        }
        panic!("the connections do not end")
    }
}

/// Carries a connection to its end, or to where it is cut.
fn carry(near: &TcpStream, far: &TcpStream, cut: Option<Cut>) -> io::Result<u64> {
    near.set_nodelay(true)?;
    far.set_nodelay(true)?;
    let (mut from_near, mut to_far) = (near.try_clone()?, far.try_clone()?);
    let sending = thread::spawn(move || {
        let _ = io::copy(&mut from_near, &mut to_far);
        to_far.shutdown(Shutdown::Write)
    });
    let most = cut.map_or(u64::MAX, |cut| cut.bytes);
    let carried = io::copy(&mut far.take(most), &mut { near });
    if let Some(cut) = cut {
        if cut.ending == Ending::Reset {
            SockRef::from(near).set_linger(Some(Duration::ZERO))?;
        }
        let _ = far.shutdown(Shutdown::Both);
    }
    // Ends the other direction, whose end of the connection is this one's too.
    let ending = if cut.is_some_and(|cut| cut.ending == Ending::Reset) { Shutdown::Read } else { Shutdown::Both };
    let _ = near.shutdown(ending);
    let _ = sending.join();
    carried
}

/// A client that finds its services behind a wire.
fn client(cloud: &Emulator, at: SocketAddr) -> Client {
    let places = [HUB, DPS].map(|name| (host(name), at));
    Client::with(Roots::Pem(cloud.root_pem().as_bytes()), places.into()).unwrap()
}

/// The whole chain over HTTPS: a connection each for the registration, the poll and the module.
fn over_https(cloud: &Emulator, cut: Option<Cut>) -> (Run, Wire) {
    let wire = Wire::new(cloud.https_address(), cut);
    let client = client(cloud, wire.address);
    (drive(&plan(), &mut now(), |request| exchange(&client, request)), wire)
}

/// The registration over MQTT: one connection.
fn over_mqtt(cloud: &Emulator, cut: Option<Cut>) -> (Run, Wire) {
    let wire = Wire::new(cloud.address(), cut);
    let mut carrier = Carrier::by(cloud, wire.address);
    (drive(&registration(), &mut now(), |request| carrier.carry(request)), wire)
}

/// Kills the services everywhere on the way of a run, and says how the runs ended.
fn kill_everywhere(
    run: impl Fn(&Emulator, Option<Cut>) -> (Run, Wire),
    connections: usize,
    is_for_good: bool,
    judge: impl Fn(&str, &Run),
) {
    let cloud = cloud(1);
    let (undisturbed, wire) = run(&cloud, None);
    assert!(undisturbed.result.is_ok());
    for (connection, length) in wire.lengths(connections).into_iter().enumerate() {
        for bytes in (0..PLACES).map(|place| length * place / PLACES) {
            for ending in [Ending::Closed, Ending::Reset] {
                let cut = Cut { connection, bytes, ending, is_for_good };
                let (ended, _wire) = run(&cloud, Some(cut));
                judge(&format!("{cut:?}"), &ended);
                let (again, _wire) = run(&cloud, None);
                assert!(again.result.is_ok(), "{cut:?}: a rerun succeeds");
            }
        }
    }
}

/// It asks once more.
fn went_well(name: &str, run: &Run) {
    assert!(run.result.is_ok(), "{name}: {:?}", run.result);
    assert_eq!(run.waits, [(Reason::Unanswered, 1)], "{name}");
}

/// It asks as often as it may.
fn gave_up(name: &str, run: &Run) {
    assert_eq!(run.result.as_ref().unwrap_err(), &Error::Unreachable { attempts: 7 }, "{name}");
}

#[test]
fn https_services_that_are_killed_at_any_step_and_started_again_are_asked_again() {
    kill_everywhere(over_https, 3, false, |name, run| {
        assert!(run.result.as_ref().is_ok_and(is_the_module), "{name}: {run:?}");
        went_well(name, run);
    });
}

#[test]
fn an_mqtt_service_that_is_killed_at_any_step_and_started_again_is_asked_again() {
    kill_everywhere(over_mqtt, 1, false, went_well);
}

#[test]
fn https_services_that_are_killed_at_any_step_for_good_are_given_up() {
    kill_everywhere(over_https, 3, true, gave_up);
}

#[test]
fn an_mqtt_service_that_is_killed_at_any_step_for_good_is_given_up() {
    kill_everywhere(over_mqtt, 1, true, gave_up);
}

/// An emulator forgets who has registered, and makes itself another root.
fn restarted(cloud: Emulator) -> Emulator {
    let (mqtt, https) = (cloud.address(), cloud.https_address());
    drop(cloud);
    Emulator::play(services(1).https_at(https), mqtt).unwrap()
}

#[test]
fn a_service_that_has_forgotten_the_registration_ends_it_and_takes_another() {
    for is_mqtt in [false, true] {
        let mut cloud = Some(cloud(1));
        let mut requests = 0;
        let run = drive(&registration(), &mut now(), |request| {
            requests += 1;
            if requests == 2 {
                cloud = cloud.take().map(restarted);
            }
            let cloud = cloud.as_ref().unwrap();
            let client = client(cloud, cloud.https_address());
            let by_mqtt = |request| Carrier::new(cloud).carry(request).map(Over::Mqtt);
            if is_mqtt { by_mqtt(request) } else { exchange(&client, request).map(Over::Https) }
        });
        assert_eq!(run.result.unwrap_err().code(), Code::ServiceNotFound);
        let cloud = cloud.unwrap();
        assert_eq!(asked(&cloud, 0), "!poll");
        let (again, _wire) = if is_mqtt { over_mqtt(&cloud, None) } else { over_https(&cloud, None) };
        assert!(again.result.is_ok());
    }
}

/// An answer over either.
enum Over {
    Https(defender_auth::https::Reply),
    Mqtt(defender_auth_mqtt::Answer),
}

impl crate::world::Carried for Over {
    fn response(&self) -> defender_auth::http::Response<'_> {
        match self {
            Self::Https(reply) => reply.response(),
            Self::Mqtt(answer) => answer.response(),
        }
    }
}

/// A stranger at the address of a service that is gone is not asked again and again.
#[test]
fn a_stranger_at_the_same_address_is_not_trusted() {
    let cloud = cloud(1);
    let client = client(&cloud, cloud.https_address());
    client.authenticate(&plan()).unwrap();
    let cloud = restarted(cloud);
    assert!(matches!(
        client.authenticate(&plan()),
        Err(HttpsError::Tls { failure: TlsFailure::ServerUntrusted { .. }, .. })
    ));
    assert!(!asked(&cloud, 0).contains("register"), "{}", asked(&cloud, 0));
}
