//! A clock, a module, and a driver that answers each request from a list.

use core::time::Duration;
use defender_auth::{
    Error, Now, UnixTime,
    http::Response,
    identity::Identity,
    local::{Action, Event, Question, Task},
    sas::{Resource, StringToSign},
    workload::Workload,
};

pub(crate) const LIMIT: Duration = Duration::from_secs(60);
pub(crate) const START: Now = Now { wall: UnixTime::from_secs(1_700_000_000), monotonic: Duration::from_secs(100) };

/// The variables of a module, with those that are given instead.
pub(crate) fn environment<'a>(changed: &'a [(&'a str, Option<&'a str>)]) -> impl Fn(&str) -> Option<String> + 'a {
    move |name| {
        if let Some((_, value)) = changed.iter().find(|(changed, _)| *changed == name) {
            return value.map(String::from);
        }
        Some(match name {
            "IOTEDGE_WORKLOADURI" => "unix:///var/lib/aziot/edged/mnt/azureiotsecurity.sock".into(),
            "IOTEDGE_MODULEID" => "azureiotsecurity".into(),
            "IOTEDGE_MODULEGENERATIONID" => "638000000000000000".into(),
            "IOTEDGE_DEVICEID" => "dev-01".into(),
            "IOTEDGE_IOTHUBHOSTNAME" => "contoso.azure-devices.net".into(),
            "IOTEDGE_AUTHSCHEME" => "sasToken".into(),
            "IOTEDGE_APIVERSION" => "2022-08-03".into(),
            _ => return None,
        })
    }
}

pub(crate) fn workload() -> Workload {
    Workload::from_environment(environment(&[])).unwrap()
}

pub(crate) fn string_for(identity: &Identity) -> StringToSign {
    StringToSign::new(Resource::of(identity), UnixTime::from_secs(1_700_003_600))
}

/// What came of a request.
#[derive(Clone, Copy)]
pub(crate) enum Came<'a> {
    Answer(u16, &'a str),
    Nothing,
    Obstacle(defender_auth::local::Obstacle),
}

/// Answers each request with the next of a list, and returns the requests as `METHOD target body` and the answer.
pub(crate) fn drive<Q: Question>(mut task: Task<Q>, answers: &[Came<'_>]) -> (Vec<String>, Result<Q::Answer, Error>) {
    let (mut sent, mut answers, mut now) = (Vec::new(), answers.iter(), START);
    loop {
        match task.poll() {
            Action::Send(request) => {
                let body = str::from_utf8(request.body()).unwrap();
                sent.push(format!("{} {} {body}", request.method(), request.target()));
                let types: Vec<_> = request.headers().collect();
                let json: &[_] = &[("content-type", "application/json")];
                assert_eq!(types, if body.is_empty() { &[] } else { json });
                match *answers.next().expect("no request too many") {
                    Came::Answer(status, body) => {
                        task.handle(now, Event::Answered(Response::new(status, body.as_bytes()))).unwrap();
                    }
                    Came::Nothing => task.handle(now, Event::Unanswered).unwrap(),
                    Came::Obstacle(obstacle) => task.handle(now, Event::NotReached(obstacle)).unwrap(),
                }
            }
            Action::Wait(wait) => {
                now.monotonic += wait.at_most;
                task.handle(now, Event::Elapsed).unwrap();
            }
            _ => break,
        }
    }
    assert!(answers.next().is_none(), "no request too few: {sent:?}");
    (sent, task.into_answer())
}
