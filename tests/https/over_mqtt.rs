//! The same registration over MQTT. Only what carries it is another.

use crate::{
    place::{Place, words},
    world::{
        ATTEMPT, Carried, HUB, Run, asked, both, client, cloud, drive, exchange, faults, host, key, now, registration,
    },
};
use defender_auth::{
    Action, Authenticator, Device, Error, Plan,
    device_mode::Target,
    error::{Code, ProtocolError, ProtocolProblem},
    http::{Request, Response},
    mqtt::Connect,
    tls::Roots,
    wait::Reason,
};
use defender_auth_emulator::{Emulator, Fault, Operation};
use defender_auth_mqtt::{Answer, Dial, Error as MqttError, Provisioner, Session};
use std::{net::SocketAddr, time::Duration};

impl Carried for Answer {
    fn response(&self) -> Response<'_> {
        self.as_response().unwrap()
    }
}

/// One connection for as long as it holds, then another.
pub(crate) struct Carrier<'a> {
    cloud: &'a Emulator,
    at: SocketAddr,
    open: Option<Provisioner>,
    opened: u32,
}

impl<'a> Carrier<'a> {
    pub(crate) const fn new(cloud: &'a Emulator) -> Self {
        Self::by(cloud, cloud.address())
    }

    /// Through another address.
    pub(crate) const fn by(cloud: &'a Emulator, at: SocketAddr) -> Self {
        Self { cloud, at, open: None, opened: 0 }
    }

    pub(crate) fn carry(&mut self, request: &Request) -> Option<Answer> {
        self.try_carry(request).map_or_else(
            |error| match error {
                MqttError::Closed { .. } | MqttError::Silent { .. } | MqttError::Unreachable { .. } => None,
                other => panic!("{other}"),
            },
            Some,
        )
    }

    fn try_carry(&mut self, request: &Request) -> Result<Answer, MqttError> {
        let mut session = if let Some(session) = self.open.take() {
            session
        } else {
            self.opened += 1;
            let roots = Roots::Pem(self.cloud.root_pem().as_bytes());
            Provisioner::open(request, &Dial::at(self.at), roots)?
        };
        let answer = session.exchange(request)?;
        self.open = Some(session);
        Ok(answer)
    }
}

/// The places that a registration has.
fn places() -> impl Iterator<Item = &'static Place> {
    Place::ALL.iter().filter(|place| matches!(place.on, Operation::Register | Operation::RegistrationStatus))
}

/// Runs a registration into a fault: how it ended, what was asked, and how many connections that took.
fn over_mqtt(place: &Place, fault: &Fault, times: u32) -> (Run, String, u32) {
    let (cloud, mut now) = (cloud(2), now());
    cloud.fault_after(place.on, place.skip, fault.clone(), times);
    for _ in 1..place.round {
        let mut carrier = Carrier::new(&cloud);
        drive(&registration(), &mut now, |request| carrier.carry(request)).result.unwrap();
    }
    let since = cloud.journal().entries().len();
    let mut carrier = Carrier::new(&cloud);
    let run = drive(&registration(), &mut now, |request| carrier.carry(request));
    (run, asked(&cloud, since), carrier.opened)
}

fn over_https(place: &Place, fault: &Fault, times: u32) -> (Run, String) {
    let (cloud, mut now) = (cloud(2), now());
    let client = client(&cloud, []);
    cloud.fault_after(place.on, place.skip, fault.clone(), times);
    for _ in 1..place.round {
        drive(&registration(), &mut now, |request| exchange(&client, request)).result.unwrap();
    }
    let since = cloud.journal().entries().len();
    let run = drive(&registration(), &mut now, |request| exchange(&client, request));
    (run, asked(&cloud, since))
}

/// What must not depend on the carrier: all but what is made anew each time.
fn essence(run: Run) -> String {
    let result = match run.result {
        Ok(outcome) => {
            let record = outcome.registration_state().unwrap();
            format!("{} {:?} {:?}", outcome.identity(), outcome.credential(), record.substatus)
        }
        Err(Error::Service(mut error)) => {
            error.tracking_id = None;
            format!("{error:?}")
        }
        Err(error) => format!("{error:?}"),
    };
    format!("{result} after {:?}", run.waits)
}

#[test]
fn a_registration_is_carried_over_one_connection() {
    let cloud = cloud(2);
    let mut carrier = Carrier::new(&cloud);
    let run = drive(&registration(), &mut now(), |request| carrier.carry(request));
    assert_eq!(run.result.unwrap().identity().device_id().as_str(), "dev-01");
    assert_eq!((asked(&cloud, 0).as_str(), carrier.opened), ("register poll poll", 1));
}

#[test]
fn a_fault_ends_as_it_does_over_https() {
    for fault in [
        Fault::Status(401),
        Fault::Status(404),
        Fault::Status(409),
        Fault::Status(429).retry_after("7"),
        Fault::Status(500),
        Fault::Status(503),
        Fault::Redirect("https://fabrikam.azure-devices.net/".into()),
        Fault::WrongContentType,
        Fault::ResetMidBody,
        Fault::Stall(Duration::from_millis(50)),
    ] {
        for place in places() {
            let (mqtt, mqtt_asked, _) = over_mqtt(place, &fault, 1);
            let (https, https_asked) = over_https(place, &fault, 1);
            let name = format!("{fault} at {}", place.name());
            assert_eq!((essence(mqtt), mqtt_asked), (essence(https), https_asked), "{name}");
        }
    }
}

/// No service sends a packet of a megabyte. It is not read, and the flow is told nothing.
#[test]
fn an_oversized_answer_ends_the_connection() {
    let cloud = cloud(0);
    cloud.fault(Operation::Register, Fault::Oversized, 1);
    let auth = Authenticator::new(&registration(), both(now()), ATTEMPT);
    let Action::Send(request) = auth.poll() else { panic!("{auth:?}") };
    let error = Carrier::new(&cloud).try_carry(request).err().unwrap();
    assert!(matches!(error, MqttError::TooLarge { .. }), "{error}");
}

#[test]
fn a_401_is_final() {
    for place in places() {
        let (run, asked, _) = over_mqtt(place, &Fault::Status(401), 1);
        assert_eq!(run.result.unwrap_err().code(), Code::ServiceUnauthorized);
        assert_eq!(asked, words(&[place.before, &format!("!{}", place.verb())]));
    }
}

#[test]
fn after_a_429_it_waits_as_long_as_it_was_asked_to_and_goes_on_over_the_same_connection() {
    for place in places() {
        let (run, _, opened) = over_mqtt(place, &Fault::Status(429).retry_after("7"), 1);
        assert!(run.result.is_ok());
        assert_eq!((run.waits, opened), (vec![(Reason::Busy { status: 429 }, 7)], 1));
    }
}

/// MQTT says where a message ends, so that half a body is a whole message, and a wrong one. Over HTTPS it is no answer.
#[test]
fn half_of_an_answer_is_a_wrong_one() {
    for place in places() {
        let (run, ..) = over_mqtt(place, &Fault::Truncated, 1);
        let wrong = ProtocolError { field: "body", problem: ProtocolProblem::Unreadable };
        assert_eq!(run.result.unwrap_err(), wrong.into(), "{}", place.name());
    }
}

#[test]
fn after_a_connection_that_broke_it_asks_again_over_another() {
    for place in places() {
        let (run, _, opened) = over_mqtt(place, &Fault::ResetMidBody, 1);
        assert!(run.result.is_ok());
        assert_eq!((run.waits, opened), (vec![(Reason::Unanswered, 1)], 2));
    }
}

/// The session's own limit is 15 s, which no test waits for: here it ends when the late answer arrives.
#[test]
fn an_answer_that_is_too_late_is_no_answer() {
    for place in places().filter(|place| place.round == 1) {
        let cloud = cloud(2);
        cloud.fault_after(place.on, place.skip, Fault::Stall(Duration::from_millis(50)), 1);
        let mut carrier = Carrier::new(&cloud);
        let run = drive(&registration(), &mut now(), |request| {
            let before = faults(&cloud);
            let answer = carrier.carry(request);
            if faults(&cloud) > before {
                carrier.open = None;
                return None;
            }
            answer
        });
        assert!(run.result.is_ok());
        assert_eq!((run.waits, carrier.opened), (vec![(Reason::Unanswered, 1)], 2), "{}", place.name());
    }
}

#[test]
fn a_service_that_never_answers_is_given_up_after_seven_connections() {
    let (run, asked, opened) = over_mqtt(&Place::ALL[0], &Fault::ResetMidBody, u32::MAX);
    assert_eq!(run.result.unwrap_err(), Error::Unreachable { attempts: 7 });
    assert_eq!((asked, opened), (["!register register"; 7].join(" "), 7));
}

#[test]
fn lookups_and_reads_of_a_module_are_not_carried() {
    let cloud = cloud(0);
    let device = Device::new(host(HUB), "dev-01".parse().unwrap(), key());
    for plan in
        [registration().lookup_only(true).unwrap(), Plan::device(device).in_device_mode(Target::default()).unwrap()]
    {
        let auth = Authenticator::new(&plan, both(now()), ATTEMPT);
        let Action::Send(request) = auth.poll() else { panic!("{auth:?}") };
        assert!(matches!(Carrier::new(&cloud).try_carry(request), Err(MqttError::NotCarried)), "{request:?}");
    }
    assert_eq!(asked(&cloud, 0), "");
}

#[test]
fn a_subscription_that_is_refused_is_an_error() {
    let (cloud, plan) = (cloud(0), registration());
    let auth = Authenticator::new(&plan, both(now()), ATTEMPT);
    let Action::Send(request) = auth.poll() else { panic!("a registration begins with a request") };
    let (login, roots) = (Connect::provisioning(request).unwrap(), Roots::Pem(cloud.root_pem().as_bytes()));
    let mut session = Session::open(&login, request.token().unwrap(), &Dial::at(cloud.address()), roots).unwrap();
    let error = session.subscribe("$iothub/twin/res/#").unwrap_err();
    assert!(matches!(&error, MqttError::NotSubscribed { topic, .. } if topic == "$iothub/twin/res/#"), "{error:?}");
    session.close();
}
