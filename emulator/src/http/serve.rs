use super::{
    request::{self, Head},
    route::{Route, Verb, route},
    websocket::{self, WebSocket},
};
use crate::{
    answer::{Answer, Ending, Service, phrase},
    base::one_version,
    dps::{Asked, Carrier, Wanted},
    journal::{Entry, Refusal},
    mqtt,
    service::{self, AskModule, Shared},
    wire::{Came, PATIENCE, Wire},
};
use std::{fmt::Write as _, net::IpAddr, time::Instant};

/// Serves one connection to its end. An error is the reason why there was no request.
pub(crate) fn serve(wire: Box<dyn Wire + '_>, shared: &Shared) -> Result<(), String> {
    Exchange { wire, buffer: Vec::new(), shared, answered: false }.run()
}

struct Exchange<'a> {
    wire: Box<dyn Wire + 'a>,
    /// Received bytes that were not used yet.
    buffer: Vec<u8>,
    shared: &'a Shared,
    answered: bool,
}

/// What to do after an answer.
enum Turn {
    Next,
    Close,
    Reset,
    /// MQTT follows.
    WebSocket,
}

impl Exchange<'_> {
    /// An error is the reason why there was no request. After an answer the connection may end in any way.
    fn run(mut self) -> Result<(), String> {
        let ended = loop {
            match self.turn() {
                Ok(Turn::Next) => {}
                Ok(Turn::Close) => break Ok(()),
                Ok(Turn::WebSocket) => {
                    return mqtt::serve(Box::new(WebSocket::new(self.wire, self.buffer)), self.shared);
                }
                Ok(Turn::Reset) => return self.wire.reset().map_err(|error| error.to_string()),
                Err(reason) => break Err(reason),
            }
        };
        self.wire.close();
        if self.answered { Ok(()) } else { ended }
    }

    /// Reads one request and answers it.
    fn turn(&mut self) -> Result<Turn, String> {
        let deadline = Instant::now() + PATIENCE;
        let (head, length) = loop {
            match request::parse(&self.buffer) {
                Ok(Some(parsed)) => break parsed,
                Ok(None) => self.receive(deadline)?,
                Err((status, reason)) => return self.unfit(status, reason),
            }
        };
        self.buffer.drain(..length);
        if let Some(asked) = head.websocket.as_ref().filter(|_| head.method == "GET" && head.path == websocket::PATH) {
            self.answered = true;
            return match websocket::accept(asked) {
                Ok(answer) => self.wire.write(answer.as_bytes()).map(|()| Turn::WebSocket),
                Err(reason) => self.unfit(400, reason),
            };
        }
        if head.waits && self.buffer.len() < head.body {
            self.wire.write(b"HTTP/1.1 100 Continue\r\n\r\n")?;
        }
        while self.buffer.len() < head.body {
            self.receive(deadline)?;
        }
        let body: Vec<u8> = self.buffer.drain(..head.body).collect();
        let answer = self.answer(&head, &body);
        self.answered = true;
        self.shared.wait(answer.delay);
        self.send(&answer, head.closes)?;
        Ok(match answer.ending {
            Ending::HalfAndReset => Turn::Reset,
            Ending::Half => Turn::Close,
            Ending::Whole if head.closes => Turn::Close,
            Ending::Whole => Turn::Next,
        })
    }

    /// Answers a request that cannot be understood.
    fn unfit(&mut self, status: u16, reason: &str) -> Result<Turn, String> {
        self.answered = true;
        self.shared.note(Entry::Dropped { reason: format!("answered with {status}: {reason}") });
        let answer = Service::Dps.fail(status, self.shared.clock.now());
        self.send(&answer, true)?;
        Ok(Turn::Close)
    }

    fn receive(&mut self, deadline: Instant) -> Result<(), String> {
        let mut chunk = [0; 8192];
        loop {
            if self.shared.stops() {
                return Err("the emulator stops".into());
            }
            if Instant::now() >= deadline {
                return Err("the client sent nothing for too long".into());
            }
            if let Came::Bytes(count) = self.wire.read(&mut chunk)? {
                self.buffer.extend_from_slice(chunk.get(..count).unwrap_or_default());
                return Ok(());
            }
        }
    }

    fn answer(&self, head: &Head, body: &[u8]) -> Answer {
        let (token, chain) = (head.authorization.as_deref(), &*self.wire.certificates());
        let provision = |scope: &str, id: &str, wanted| {
            if !self.is_provisioning_host(&head.host) {
                return self.misdirected(head);
            }
            let api_version = one_version(&head.query).unwrap_or_default();
            let carrier = Carrier::Https;
            let asked = Asked { scope, registration_id: id, wanted, carrier, api_version, token, chain, body };
            service::provision(self.shared, &asked)
        };
        match route(head) {
            Ok(Route::Register { scope, id }) => provision(&scope, &id, Wanted::Register),
            Ok(Route::Status { scope, id, operation }) => provision(&scope, &id, Wanted::Status(&operation)),
            Ok(Route::LookUp { scope, id }) => provision(&scope, &id, Wanted::LookUp),
            Ok(Route::Modules { device }) => {
                let host = self.hub_at(&head.host);
                let asked = AskModule { host: &host, device: &device, module: None, query: &head.query, token, chain };
                service::list_modules(self.shared, &asked)
            }
            Ok(Route::Module { verb, device, module }) => {
                let host = self.hub_at(&head.host);
                let (module, if_match) = (Some(module.as_str()), head.if_match.as_deref());
                let asked = AskModule { host: &host, device: &device, module, query: &head.query, token, chain };
                match verb {
                    Verb::Read => service::read_module(self.shared, &asked),
                    Verb::Write => service::write_module(self.shared, &asked, if_match, body),
                    Verb::Delete => service::delete_module(self.shared, &asked, if_match),
                }
            }
            Err(status) => {
                let request = format!("{} {}", head.method, head.path);
                self.shared.note(Entry::answered(&request, status, "no service has this path or method"));
                self.service_at(&head.host).fail(status, self.shared.clock.now())
            }
        }
    }

    /// Whose errors a host answers with: those of a hub for its name.
    fn service_at(&self, host: &str) -> Service {
        if self.shared.state().hub(host).is_some() { Service::Hub } else { Service::Dps }
    }

    /// The answer to a registration with another host name.
    fn misdirected(&self, head: &Head) -> Answer {
        let reason = Refusal::UnknownDps;
        let answer = match self.service_at(&head.host) {
            Service::Dps => Service::Dps.refuse(&reason, self.shared.clock.now()),
            Service::Hub => Service::Hub.fail(404, self.shared.clock.now()),
        };
        let request = format!("{} {} at {}", head.method, head.path, head.host);
        self.shared.note(Entry::denied(&request, answer.status, reason));
        answer
    }

    fn is_provisioning_host(&self, host: &str) -> bool {
        let state = self.shared.state();
        state.dps.as_ref().is_some_and(|dps| dps.host_name.eq_ignore_ascii_case(host) || is_this_machine(host))
    }

    /// The host name of the hub: for a name of this machine it is the only hub.
    fn hub_at(&self, host: &str) -> String {
        let state = self.shared.state();
        match state.hubs.as_slice() {
            [hub] if is_this_machine(host) => hub.host_name.clone(),
            _ => host.into(),
        }
    }

    fn send(&mut self, answer: &Answer, closes: bool) -> Result<(), String> {
        let body = match answer.ending {
            Ending::Whole => &answer.body,
            Ending::Half | Ending::HalfAndReset => answer.half(),
        };
        let mut text = format!("HTTP/1.1 {} {}\r\n", answer.status, phrase(answer.status));
        let date = self.shared.clock.now().http();
        let (kind, length) = (answer.content_type, answer.body.len());
        let connection = if closes || answer.ending != Ending::Whole { "close" } else { "keep-alive" };
        let _ = write!(text, "Date: {date}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n");
        let _ = write!(text, "Connection: {connection}\r\n");
        for (name, value) in [("Retry-After", &answer.retry_after), ("Location", &answer.location)] {
            if let Some(value) = value {
                let _ = write!(text, "{name}: {value}\r\n");
            }
        }
        text.push_str("\r\n");
        text.push_str(body);
        self.wire.write(text.as_bytes())
    }
}

fn is_this_machine(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
}
