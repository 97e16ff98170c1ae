use super::{
    answer,
    request::{self, Body, Unfit},
    websocket::{self, WebSocket},
};
use crate::{
    answer::{Answer, Ending, Service, phrase},
    journal::Entry,
    mqtt,
    service::Shared,
    wire::{Came, PATIENCE, Wire},
};
use std::{fmt::Write as _, time::Instant};

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
                Err((status, reason)) => {
                    self.shared.asked(request::first_line(&self.buffer));
                    return self.unfit(status, reason);
                }
            }
        };
        self.buffer.drain(..length);
        self.shared.asked(format!("{} {}", head.method, head.path));
        self.shared.identified(None);
        if let Some(asked) = head.websocket.as_ref().filter(|_| head.method == "GET" && head.path == websocket::PATH) {
            self.answered = true;
            return match websocket::accept(asked) {
                Ok(answer) => self.wire.write(answer.as_bytes()).map(|()| Turn::WebSocket),
                Err(reason) => self.unfit(400, reason),
            };
        }
        if head.waits && self.buffer.is_empty() && head.body != Body::Length(0) {
            self.wire.write(b"HTTP/1.1 100 Continue\r\n\r\n")?;
        }
        let body = match self.body(head.body, deadline)? {
            Ok(body) => body,
            Err((status, reason)) => return self.unfit(status, reason),
        };
        let answer = answer::answer(self.shared, &self.wire.certificates(), &head, &body);
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

    /// Reads the body of a request.
    fn body(&mut self, body: Body, deadline: Instant) -> Result<Result<Vec<u8>, Unfit>, String> {
        loop {
            match body.read(&self.buffer) {
                Ok(Some((body, end))) => {
                    self.buffer.drain(..end);
                    return Ok(Ok(body));
                }
                Ok(None) => self.receive(deadline)?,
                Err(unfit) => return Ok(Err(unfit)),
            }
        }
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
        for (name, value) in &answer.headers {
            let _ = write!(text, "{name}: {value}\r\n");
        }
        text.push_str("\r\n");
        text.push_str(body);
        self.wire.write(text.as_bytes())
    }
}
