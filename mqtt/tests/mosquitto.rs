//! The login is understood by a broker that others wrote. `cargo xtask test` brings it and runs these tests.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

use defender_auth::{
    SharedAccessKey, UnixTime,
    identity::Identity,
    mqtt::Connect,
    sas::{Resource, SasToken, StringToSign},
    tls::Roots,
};
use defender_auth_mqtt::{Dial, Error, Session};
use std::{
    fs,
    net::{SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

const HOST: &str = "contoso.azure-devices.net";

/// A broker that knows one user name and password, with a certificate for the hub's name.
struct Broker {
    process: Child,
    address: SocketAddr,
    folder: PathBuf,
}

impl Broker {
    fn start(name: &str, login: &Connect, token: &SasToken) -> Self {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        certificate(&folder);
        // Whoever can see this system's processes sees a token that no hub knows.
        let passwords = folder.join("passwords");
        let mut set = Command::new("mosquitto_passwd");
        run(set.args(["-c", "-b"]).arg(&passwords).args([&login.user_name, token.expose()]));
        let address = free_address();
        let file = |name: &str| folder.join(name).display().to_string();
        let settings = [
            format!("listener {} 127.0.0.1", address.port()),
            "allow_anonymous false".into(),
            "user root".into(),
            format!("password_file {}", passwords.display()),
            format!("certfile {}", file("server.pem")),
            format!("keyfile {}", file("server.key")),
        ];
        fs::write(folder.join("mosquitto.conf"), settings.join("\n")).unwrap();
        // Debian puts brokers where only root's PATH leads.
        let path = std::env::var("PATH").unwrap_or_default() + ":/usr/sbin";
        let mut command = Command::new("mosquitto");
        command.env("PATH", path).arg("-c").arg(folder.join("mosquitto.conf"));
        let process = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let broker = Self { process, address, folder };
        assert!(broker.is_up(), "mosquitto does not listen");
        broker
    }

    fn is_up(&self) -> bool {
        (0..100).any(|_| {
            TcpStream::connect(self.address).is_ok() || {
                thread::sleep(Duration::from_millis(50));
                false
            }
        })
    }

    fn root(&self) -> Vec<u8> {
        fs::read(self.folder.join("root.pem")).unwrap()
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// A port that the system assigned, free again by the time the broker takes it.
fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

fn run(command: &mut Command) {
    let output = command.stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{output:?}");
}

/// A root and a server's certificate by openssl.
fn certificate(folder: &Path) {
    let openssl = |arguments: &str| {
        run(Command::new("openssl").args(arguments.split_whitespace()).current_dir(folder));
    };
    fs::write(folder.join("names.txt"), format!("subjectAltName=DNS:{HOST}")).unwrap();
    let key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
    openssl(&format!("req -x509 {key} -keyout root.key -out root.pem -subj /CN=root -days 2"));
    openssl(&format!("req {key} -keyout server.key -out server.csr -subj /CN=server"));
    openssl(
        "x509 -req -in server.csr -CA root.pem -CAkey root.key -CAcreateserial -out server.pem -days 2 -extfile names.txt",
    );
}

fn login(id: &str) -> (Connect, SasToken) {
    let identity = Identity::device(HOST.parse().unwrap(), id.parse().unwrap());
    let key = SharedAccessKey::from_bytes(&[7; 32]).unwrap();
    let token = StringToSign::new(Resource::of(&identity), UnixTime::from_secs(1_700_003_600)).sign_with(&key);
    (Connect::hub(&identity, None), token)
}

#[test]
#[ignore = "needs mosquitto and openssl, which `cargo xtask test` brings"]
fn mosquitto_accepts_the_login_and_refuses_another() {
    let (connect, token) = login("dev-01");
    let broker = Broker::start("login", &connect, &token);
    let root = broker.root();
    let dial = Dial::at(broker.address);
    Session::open(&connect, &token, &dial, Roots::Pem(&root)).unwrap().close();

    let (_, other) = login("dev-02");
    match Session::open(&connect, &other, &dial, Roots::Pem(&root)) {
        Err(Error::Refused(refusal)) => assert_eq!(refusal.code(), 5),
        other => panic!("{:?}", other.err()),
    }
}

#[test]
#[ignore = "needs mosquitto and openssl, which `cargo xtask test` brings"]
fn a_server_of_another_name_is_not_trusted() {
    let (mut connect, token) = login("dev-01");
    let broker = Broker::start("name", &connect, &token);
    connect.host = "other.azure-devices.net".parse().unwrap();
    let answer = Session::open(&connect, &token, &Dial::at(broker.address), Roots::Pem(&broker.root()));
    assert!(matches!(answer, Err(Error::Untrusted { .. })), "{:?}", answer.err());
}
