//! Packets of MQTT 5 and the login of the profile `mqttV5`, understood by a broker and clients that others wrote. The clients
//! play the hub: one shows the birth, another acknowledges it.

use crate::{
    Broker, device,
    outside::{Authority, HUB, P256},
};
use defender_auth::{
    Outcome, Plan,
    outcome::ConnectionProfile,
    session::{Policy, Source},
    tls::Roots,
};
use defender_auth_mqtt::{
    Dial, Error, Limits, Login, Session, Transport,
    driver::{Driver, Event, Options, Qos},
};
use std::{
    ffi::OsString,
    fs,
    os::unix::ffi::OsStringExt as _,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

const BIRTHS: &str = "ih/dev-01/srv/presence";
const LONG: Duration = Duration::from_secs(60);

/// Patient ones, but for the SUBACK and the acknowledgement.
const fn limits(presence: Duration) -> Limits {
    Limits { reach: LONG, greet: LONG, answer: LONG, presence }
}

/// A broker with a listener for the device, another for the clients that play the hub, and a log.
struct Site {
    authority: Authority,
    broker: Broker,
}

/// What a client has shown of a birth.
#[derive(Debug, PartialEq, Eq)]
struct Birth {
    payload: String,
    properties: String,
    correlation: Vec<u8>,
}

impl Site {
    fn new(more: &[&str]) -> Self {
        let authority = Authority::new(P256);
        let settings = [
            format!("cafile {}", authority.path("root.pem")),
            "require_certificate true".into(),
            "allow_anonymous true".into(),
            format!("log_dest file {}", authority.path("log")),
            "log_type all".into(),
        ];
        let more = more.iter().map(|line| (*line).to_owned());
        let own = ["listener 0 ".to_owned() + &authority.path("hub.sock")];
        let settings: Vec<String> = settings.into_iter().chain(more).chain(own).collect();
        let broker = Broker::start(&authority, None, &settings);
        let this = Self { authority, broker };
        // The listener for the hub opens after the one that was waited for.
        this.wait_for(|log| log.contains(" running\n"));
        this
    }

    /// Waits until something is in the log.
    fn wait_for(&self, is_there: impl Fn(&str) -> bool) {
        let begin = Instant::now();
        while !is_there(&self.log()) {
            assert!(begin.elapsed() < LONG, "{}", self.log());
            thread::sleep(Duration::from_millis(10));
        }
    }

    fn dial(&self) -> Dial {
        Dial::at(self.broker.0.address).with_limits(limits(LONG / 2))
    }

    fn log_in(&self, dial: &Dial) -> Result<Session, Error> {
        let (me, root) = (device("dev-01"), self.authority.read("root.pem"));
        let certificate = self.authority.client("dev-01");
        Session::open(Login::MqttV5(&me), &certificate, dial, Roots::Pem(root.as_bytes()))
    }

    fn log(&self) -> String {
        fs::read_to_string(self.authority.path("log")).unwrap_or_default()
    }

    fn client(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.args(["--unix", &self.authority.path("hub.sock"), "-V", "mqttv5"]).args(arguments);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        command
    }

    /// A client that waits for a birth, once it has subscribed.
    fn watch(&self) -> Child {
        let subscribed = |log: &str| log.matches(&format!("\t{BIRTHS} (QoS 0)")).count();
        let before = subscribed(&self.log());
        let format = ["-t", BIRTHS, "-C", "1", "-W", "120", "-F", "%x|%P|%D"];
        let child = self.client("mosquitto_sub", &format).spawn().unwrap();
        self.wait_for(|log| subscribed(log) > before);
        child
    }

    /// What it has shown.
    fn birth(watching: Child) -> Birth {
        let shown = watching.wait_with_output().unwrap().stdout;
        let mut parts = shown.strip_suffix(b"\n").unwrap().splitn(3, |byte| *byte == b'|').map(<[u8]>::to_vec);
        let mut text = || String::from_utf8(parts.next().unwrap()).unwrap();
        Birth { payload: text(), properties: text(), correlation: parts.next().unwrap() }
    }

    /// Acknowledges a birth. `false` if no argument can carry its correlation.
    fn acknowledge(&self, birth: &Birth) -> bool {
        // No argument can have this byte.
        if birth.correlation.contains(&0) {
            return false;
        }
        let correlation = OsString::from_vec(birth.correlation.clone());
        let mut command = self.client("mosquitto_pub", &["-t", "ih/dev-01/dev/presence", "-n"]);
        command.args(["-D", "publish", "user-property", "type", "birth-ack:1", "-D", "publish", "correlation-data"]);
        command.arg(correlation).status().unwrap().success()
    }

    /// Plays the hub for something that logs in, until a correlation can be an argument.
    fn play<T>(&self, mut log_in: impl FnMut() -> Result<T, Error> + Send, mut each: impl FnMut(&Birth)) -> T
    where
        T: Send,
    {
        for _ in 0..6 {
            let watching = self.watch();
            let result = thread::scope(|scope| {
                let logging_in = scope.spawn(&mut log_in);
                let birth = Self::birth(watching);
                each(&birth);
                let _ = self.acknowledge(&birth);
                logging_in.join().unwrap()
            });
            match result {
                Ok(it) => return it,
                Err(Error::NotAcknowledged { part: "birth", .. }) => {}
                Err(error) => panic!("{error}\n{}", self.log()),
            }
        }
        panic!("{}", self.log());
    }
}

/// Logs in, and sends and receives messages.
fn judge(site: &Site, dial: &Dial) {
    let mut shown = Vec::new();
    let mut session = site.play(
        || site.log_in(dial),
        |birth| {
            assert_eq!(birth.properties, "type:birth:1");
            shown.push((birth.payload.clone(), birth.correlation.clone()));
        },
    );
    // The broker keeps the session from the first login on.
    let sessions = |present: u8| site.log().matches(&format!("Sending CONNACK to dev-01 ({present}, 0)")).count();
    assert_eq!((sessions(0), sessions(1)), (1, count(site) - 1));
    let payloads: Vec<&str> = shown.iter().map(|(payload, _)| payload.as_str()).collect();
    let is_first = |index: usize| count(site) - shown.len() + index == 0;
    let expected: Vec<&str> = (0..shown.len()).map(|index| if is_first(index) { "" } else { "0801" }).collect();
    assert_eq!(payloads, expected);
    let (_, correlation) = shown.last().unwrap();
    let hex = correlation.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
    let version = env!("CARGO_PKG_VERSION");
    let understood =
        format!("as dev-01 (p5, c0, k240, u'correlationId={hex}&clientVersion=defender-auth%2F{version}')");
    assert!(site.log().contains(&understood), "{understood}\n{}", site.log());
    for size in [0, 1, 200, 20_000, 200_000] {
        let sent = vec![7; size];
        session.publish("ih/dev-01/dev/echo", &sent).unwrap();
        let message = session.next_message().unwrap();
        assert_eq!((message.topic.as_str(), message.payload == sent), ("ih/dev-01/dev/echo", true));
    }
    session.subscribe("elsewhere/+").unwrap();
    session.publish("elsewhere/a", b"{}").unwrap();
    assert_eq!(session.next_message().unwrap().topic, "elsewhere/a");
    session.close();
    site.wait_for(|log| log.contains("Received DISCONNECT from dev-01"));
    assert!(!site.log().contains("protocol error"), "{}", site.log());
}

/// How many logins the broker has accepted.
fn count(site: &Site) -> usize {
    site.log().matches("Sending CONNACK to dev-01 (").count()
}

#[test]
#[ignore = "needs mosquitto and openssl, which `cargo xtask test` brings"]
fn mosquitto_understands_every_packet_of_the_login() {
    let site = Site::new(&[]);
    judge(&site, &site.dial());
    judge(&site, &site.dial());
}

#[test]
#[ignore = "needs mosquitto and openssl, which `cargo xtask test` brings"]
fn mosquitto_understands_it_over_a_websocket() {
    let site = Site::new(&["protocol websockets", "socket_domain ipv4"]);
    judge(&site, &site.dial().with_transport(Transport::WebSocket));
}

#[test]
#[ignore = "needs mosquitto and openssl, which `cargo xtask test` brings"]
fn a_refusal_of_mosquittos_has_its_reason_code() {
    let site = Site::new(&[]);
    let mut session = site.play(|| site.log_in(&site.dial()), |_| {});
    // Another client with its ID: Debian's version closes the connection without a DISCONNECT.
    let taken = site.client("mosquitto_pub", &["-i", "dev-01", "-t", "x", "-n"]).status().unwrap();
    assert!(taken.success());
    let ended = session.next_message().unwrap_err();
    match ended {
        Error::Ended { reason, .. } => assert_eq!(reason.code(), 0x8e),
        error => assert!(matches!(error, Error::Closed { .. }), "{error}"),
    }
    let strict = Site::new(&["allow_anonymous false"]);
    let refused = strict.log_in(&strict.dial()).err().unwrap();
    assert!(matches!(&refused, Error::Rejected { reason, .. } if reason.code() == 0x87), "{refused}");
    let rights = strict.authority.folder.write("rights", "topic read nothing\n");
    let closed = Site::new(&[&format!("acl_file {rights}")]);
    let limited = closed.dial().with_limits(limits(Duration::from_secs(2)));
    let unheard = closed.log_in(&limited).err().unwrap();
    assert!(
        matches!(&unheard, Error::NotSubscribed { .. } | Error::NotAcknowledged { .. } | Error::Ended { .. }),
        "{unheard}"
    );
}

#[test]
#[ignore = "needs mosquitto and openssl, which `cargo xtask test` brings"]
fn a_hub_that_does_not_acknowledge_is_pinged_until_the_limit() {
    let site = Site::new(&["max_keepalive 10"]);
    let silent = site.log_in(&site.dial().with_limits(limits(Duration::from_secs(20)))).err().unwrap();
    // Without a packet the broker ends the connection after 15 seconds.
    assert!(matches!(silent, Error::NotAcknowledged { part: "birth", .. }), "{silent}\n{}", site.log());
    assert!(site.log().contains("Received PINGREQ from dev-01"), "{}", site.log());
}

#[test]
#[ignore = "needs mosquitto and openssl, which `cargo xtask test` brings"]
fn a_driver_pings_as_often_as_the_broker_says() {
    let site = Site::new(&["max_keepalive 10"]);
    let me = Outcome::new(device("dev-01"), site.authority.client("dev-01"));
    let me = me.with_connection_profile(ConnectionProfile::MqttV5).unwrap();
    let options = Options::default()
        .with_root_pem(site.authority.read("root.pem"))
        .with_limits(limits(LONG / 2))
        .with_addresses(Vec::new(), vec![(HUB.parse().unwrap(), site.broker.0.address)]);
    let source = Source::new("certificate", Plan::from(me));
    let mut driver = Driver::new(vec![source], Policy::default(), options).unwrap();
    site.play(
        || loop {
            match driver.next(LONG).unwrap() {
                Some(Event::Connected { .. }) => return Ok(()),
                Some(Event::NotConnected { error, .. }) => return Err(error),
                _ => {}
            }
        },
        |_| {},
    );
    // 240 seconds were asked for; without a packet the broker ends the connection after 15.
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_secs(20) {
        if let Some(event) = driver.next(Duration::from_secs(1)).unwrap() {
            assert!(!matches!(event, Event::Lost { .. }), "{event}");
        }
    }
    assert!(site.log().contains("Received PINGREQ from dev-01"), "{}", site.log());
    driver.publish("ih/dev-01/srv/telemetry", b"{}", Qos::AtLeastOnce).unwrap();
    driver.close();
}
