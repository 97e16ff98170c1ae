//! A renewal of a certificate, whatever its hub says and however its connection ends.

use crate::{
    flow::{self, ROUNDS, Round, START},
    inputs::Inputs,
};
use defender_auth::{
    Error, Now,
    credential::CertificateRequest,
    renewal::{Action, Event, Renewal, RequestId},
};
use serde_json::Value;
use std::time::Duration;

const REQUEST: &[u8] = include_bytes!("../data/request.der");
const RID: &str = "request-1";
const LIMIT: Duration = Duration::from_secs(86_400);

/// Rounds of two lines. The letters: `A` answers the pending action, `M` is a message with the status and the body, `T` one whose
/// topic stands before a `|`, and `S`, `R`, `P`, `E` and `D` are the other events.
///
/// A renewal sends a bounded number of requests, all with one ID; it waits as long as it says, and ends with its time. Only a
/// list of certificates in a 200 with its ID is what it ends with, and whatever comes then changes nothing.
pub fn check(data: &[u8]) {
    let request = CertificateRequest::from_der(REQUEST).expect("a request");
    let rid = RequestId::new(RID).expect("an ID");
    let renewal = Renewal::start(&"dev-1".parse().expect("an ID"), request, rid, START, LIMIT);
    let mut run = Run { renewal, now: START, published: 0, latest: START.monotonic };
    let mut inputs = Inputs::new(data);
    for _ in 0..ROUNDS {
        let Some(round) = Round::take(&mut inputs) else { return };
        run.now = round.after(run.now);
        run.latest = run.latest.max(run.now.monotonic);
        run.round(&round);
    }
}

struct Run {
    renewal: Renewal,
    now: Now,
    published: u8,
    /// The monotonic clock at its latest. It may run backwards, which makes no wait shorter.
    latest: Duration,
}

impl Run {
    fn round(&mut self, round: &Round<'_>) {
        let before = self.shown();
        let is_publishing = matches!(self.renewal.poll(), Action::Publish { .. });
        let (was_done, had_failed) =
            (matches!(self.renewal.poll(), Action::Done(_)), matches!(self.renewal.poll(), Action::Failed(_)));
        let body = str::from_utf8(round.body).unwrap_or_default();
        let ours = format!("$iothub/credentials/res/{}/?$rid={RID}", round.status);
        let (topic, payload) = match round.event {
            b'T' => body.split_once('|').unwrap_or((body, "")),
            _ => (ours.as_str(), body),
        };
        let event = match (round.event, self.renewal.poll()) {
            (b'M' | b'T', _) => Event::Message { topic, payload: payload.as_bytes() },
            (b'S', _) | (b'A', Action::Subscribe(_)) => Event::Subscribed,
            (b'P', _) | (b'A', Action::Publish { .. }) => Event::Published,
            (b'R', _) => Event::SubscriptionRefused,
            (b'D', _) => Event::Dropped,
            _ => Event::Elapsed,
        };
        let is_message = matches!(event, Event::Message { .. });
        let handled = self.renewal.handle(self.now, event);
        if let Err(misuse) = handled {
            flow::error(&misuse, &[], b"");
            assert!(!is_message && !matches!(event, Event::Dropped), "they may come at any time");
            assert_eq!(self.shown(), before, "it is unchanged");
            return;
        }
        self.published += u8::from(is_publishing && matches!(event, Event::Published));
        assert!(self.published <= Renewal::REQUESTS, "the requests are counted");
        self.holds(payload.as_bytes());
        match self.renewal.poll() {
            Action::Done(chain) if !was_done => {
                assert!(is_message && topic.starts_with("$iothub/credentials/res/200/?") && topic.contains(RID));
                let json: Value = serde_json::from_str(payload).expect("it was read");
                let texts = json["certificates"].as_array().expect("a list");
                assert_eq!(texts.len(), chain.certificates().len());
            }
            Action::Failed(_) => assert!(!was_done, "what is there stays"),
            Action::Done(_) => assert!(was_done && self.shown() == before),
            _ => assert!(!was_done && !had_failed, "an end is an end"),
        }
    }

    /// What is true of every action.
    fn holds(&self, payload: &[u8]) {
        match self.renewal.poll() {
            Action::Subscribe(filter) => assert_eq!(filter, "$iothub/credentials/res/#"),
            Action::Publish { topic, body } => {
                assert_eq!(topic, format!("$iothub/credentials/POST/issueCertificate/?$rid={RID}"));
                let body: Value = serde_json::from_str(body).expect("JSON");
                let members = body.as_object().expect("an object");
                assert_eq!(members["id"], "dev-1");
                assert_eq!(members["csr"], data_encoding::BASE64.encode(REQUEST));
                let replace = members.get("replace").map(|replace| replace.as_str().expect("a text"));
                assert!(replace.is_none_or(|replace| replace == "*" || RequestId::new(replace).is_ok()));
                assert_eq!(members.len(), 2 + usize::from(replace.is_some()));
            }
            Action::Listen { until } => {
                assert!(until <= self.latest.saturating_add(Duration::from_secs(120)), "{until:?}");
            }
            Action::Wait(wait) => {
                assert!(Duration::from_secs(1) <= wait.at_least && wait.at_least <= wait.at_most, "{wait:?}");
                assert!(wait.at_most <= LIMIT, "{wait:?}");
            }
            Action::Failed(error) => {
                assert!(!matches!(error, Error::ApiMisuse(_)));
                flow::error(error, &[], payload);
            }
            Action::Done(chain) => assert!(!chain.certificates().is_empty()),
            other => panic!("{other:?}"),
        }
    }

    fn shown(&self) -> String {
        format!("{:?}", self.renewal.poll())
    }
}
