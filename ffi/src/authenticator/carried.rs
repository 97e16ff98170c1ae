//! A request of a registration as an MQTT client carries it.

use crate::view::View;
use alloc::{borrow::ToOwned, format, string::String};
use defender_auth::{
    http::Request,
    mqtt::{Connect, provisioning_topic},
};

/// The login, and the topic without the number of the request.
pub(super) struct Carried {
    pub(super) client_id: View,
    pub(super) user_name: View,
    topic: (String, String),
}

impl Carried {
    /// `None` for a request that MQTT cannot carry.
    pub(super) fn of(request: &Request, user_agent: Option<&str>) -> Option<Self> {
        let login = match user_agent {
            Some(agent) => Connect::provisioning_as(request, agent),
            None => Connect::provisioning(request),
        }?;
        // The number is the caller's, and comes with the call that writes the topic.
        let topic = provisioning_topic(request, 0)?;
        let (before, after) = topic.split_once("$rid=0")?;
        Some(Self {
            client_id: View::new(&login.client_id),
            user_name: View::new(&login.user_name),
            topic: (format!("{before}$rid="), after.to_owned()),
        })
    }

    /// The topic of the request with this number.
    pub(super) fn topic(&self, number: u32) -> String {
        let (before, after) = &self.topic;
        format!("{before}{number}{after}")
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;
    use defender_auth::{
        Action, Authenticator, Event, Now, Plan, SharedAccessKey, UnixTime, dps::Profile, http::Response,
    };
    use std::time::Duration;

    const NOW: Now = Now { wall: UnixTime::from_secs(1_800_000_000), monotonic: Duration::ZERO };

    /// The topics of the pending request: that of the library, and that of its parts.
    fn both(machine: &Authenticator, number: u32) -> (String, String) {
        let Action::Send(request) = machine.poll() else { panic!("{machine:?}") };
        (provisioning_topic(request, number).unwrap(), Carried::of(request, None).unwrap().topic(number))
    }

    #[test]
    fn the_topic_of_any_number_is_the_librarys() {
        let profile = Profile::new("0ne00000A0A".parse().unwrap(), "dev-01".parse().unwrap());
        let key = SharedAccessKey::from_base64("AwoRGB8mLTQ7QklQV15lbHN6gYiPlp2kq7K5wMfO1dw=").unwrap();
        let plan = Plan::provision(profile, key).unwrap();
        // An operation whose ID resembles the number.
        let answer = br#"{"operationId":"5.rid-0.x","status":"assigning"}"#;
        let mut machine = Authenticator::new(&plan, NOW, Duration::from_secs(600));
        for number in [1, 7, u32::MAX] {
            let (expected, topic) = both(&machine, number);
            assert_eq!(topic, expected);
        }
        machine.handle(NOW, Event::Answered(Response::new(202, answer))).unwrap();
        let later = Now { monotonic: Duration::from_secs(60), ..NOW };
        machine.handle(later, Event::Elapsed).unwrap();
        let (expected, topic) = both(&machine, 3);
        assert_eq!(topic, expected);
        assert!(topic.contains("$rid=3&operationId=5"), "{topic}");
    }
}
