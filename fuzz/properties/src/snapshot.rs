//! The saved state of a session: a text, and below the first empty line its keys.

use core::time::Duration;
use defender_auth::{
    Now, Plan, SharedAccessKey, UnixTime,
    device_mode::Target,
    dps::Profile,
    secret::SecretText,
    session::{Policy, Session, Snapshot, SnapshotError, Source},
};

const KEY: &str = "AwoRGB8mLTQ7QklQV15lbHN6gYiPlp2kq7K5wMfO1dw=";

/// What is read is written and read again without a change; what is not read says what to do; a session begins with
/// either.
pub fn check(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    let (text, secret) = text.split_once("\n\n").map_or((text, None), |(text, secret)| (text, Some(secret)));
    let read = match Snapshot::parse(text, secret) {
        Ok(read) => read,
        Err(error) => {
            let shown = error.to_string();
            assert!(shown.contains("without") && !shown.contains('\n'), "{shown}");
            assert!(!matches!(error, SnapshotError::OtherKeys) || Snapshot::parse(text, None).is_ok());
            return;
        }
    };
    let (written, keys) = (read.text(), read.secret());
    let again = Snapshot::parse(&written, keys.as_ref().map(SecretText::expose)).expect("what was written is read");
    assert_eq!((again.text(), again.secret()), (written, keys));
    let shown = format!("{read:?}");
    if let Some(secret) = read.secret() {
        let key = secret.expose().split('"').find(|part| part.len() > 40).unwrap_or(KEY);
        // What a foreign writer put beside the known members is kept there.
        assert!(text.contains(key) || !shown.contains(key));
        assert!(text.contains(KEY) || !read.text().contains(KEY));
    }
    let key = SharedAccessKey::from_base64(KEY).expect("a key");
    let profile = Profile::new("0ne1".parse().expect("a scope"), "dev-1".parse().expect("an ID"));
    let plan = Plan::provision(profile, key).and_then(|plan| plan.in_device_mode(Target::default())).expect("a plan");
    let now = Now { wall: UnixTime::from_secs(1_800_000_000), monotonic: Duration::from_secs(1) };
    let session = Session::new(vec![Source::new("dps", plan)], Policy::default(), Some(read), now).expect("a session");
    assert!(!session.status().to_string().is_empty());
}
