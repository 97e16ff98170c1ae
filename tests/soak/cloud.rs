//! Both services in a process of their own, so that their memory and their files are not the agents'.

use crate::order::{Order, Reply, Started};
use defender_auth::{https::Client, tls::Roots};
use defender_auth_emulator::{Config, Emulator, World};
use serde::{Serialize, de::DeserializeOwned};
use std::{
    io::{self, BufRead, BufReader, Write},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    time::{Duration, SystemTime},
};

/// The argument that makes this program the services.
pub(crate) const ROLE: &str = "--as-the-services";

const DAY: Duration = Duration::from_secs(86_400);

/// The process, ended with the soak, however that ends.
pub(crate) struct Cloud {
    process: Child,
    orders: ChildStdin,
    replies: BufReader<ChildStdout>,
    pub(crate) started: Started,
}

impl Cloud {
    /// Starts both services with what this configuration says.
    pub(crate) fn start(config: &str) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        // One pool for all its threads: what it keeps is then what it needs, and not what a pool happened to.
        command.arg(ROLE).env("MALLOC_ARENA_MAX", "1").stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let mut orders = process.stdin.take().unwrap();
        let mut replies = BufReader::new(process.stdout.take().unwrap());
        say(&mut orders, &config);
        let started = hear(&mut replies).unwrap_or_else(|| panic!("the services did not start"));
        Self { process, orders, replies, started }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.process.id()
    }

    pub(crate) fn tell(&mut self, order: &Order) {
        match self.ask(order) {
            Reply::Done => {}
            Reply::Failed(reason) => panic!("the services cannot do that: {reason}"),
            _ => panic!("the services answered something else"),
        }
    }

    /// How many faults had not come, and will not.
    pub(crate) fn forget_faults(&mut self) -> u32 {
        let Reply::Forgotten(count) = self.ask(&Order::Forget) else { panic!("faults are counted") };
        count
    }

    /// The latest entries of the journal, the last one first.
    pub(crate) fn journal(&mut self, count: usize) -> Vec<String> {
        let Reply::Journal(mut entries) = self.ask(&Order::Journal(count)) else { panic!("a journal has entries") };
        entries.reverse();
        entries
    }

    fn ask(&mut self, order: &Order) -> Reply {
        say(&mut self.orders, order);
        hear(&mut self.replies).unwrap_or_else(|| panic!("the services are gone"))
    }

    pub(crate) fn roots(&self) -> Roots<'_> {
        Roots::Pem(self.started.root_pem.as_bytes())
    }

    pub(crate) fn client(&self, hosts: &[&str]) -> Client {
        let services = hosts.iter().map(|host| (host.parse().unwrap(), self.started.https));
        Client::with(self.roots(), services.collect()).unwrap()
    }
}

impl Drop for Cloud {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The services themselves. They end with their standard input.
pub(crate) fn serve() {
    let (mut orders, mut replies) = (io::stdin().lock(), io::stdout().lock());
    let config: String = hear(&mut orders).unwrap();
    // Of waits that take no time an hour has more than a year.
    let now = SystemTime::now();
    let world = World::from(Config::parse(&config).unwrap()).server_certificate_validity(now - DAY, now + 3650 * DAY);
    let cloud = Emulator::play(world, "127.0.0.1:0".parse().unwrap()).unwrap();
    let (mqtt, https) = (cloud.address(), cloud.https_address());
    say(&mut replies, &Started { mqtt, https, root_pem: cloud.root_pem().into() });
    while let Some(order) = hear::<Order>(&mut orders) {
        say(&mut replies, &order.carry_out(&cloud));
    }
}

fn say(to: &mut impl Write, what: &impl Serialize) {
    let line = serde_json::to_string(what).unwrap();
    writeln!(to, "{line}").and_then(|()| to.flush()).unwrap();
}

/// `None` at the end.
fn hear<T: DeserializeOwned>(from: &mut impl BufRead) -> Option<T> {
    let mut line = String::new();
    let length = from.read_line(&mut line).unwrap();
    (length > 0).then(|| serde_json::from_str(&line).unwrap())
}
