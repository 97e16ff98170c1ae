//! Operational certificates: requested at the registration, renewed before they expire, requested again when they no longer
//! work.

use crate::{agents::*, issuing::*, world::*};
use defender_auth::{
    Password, Plan, UnixTime, authenticator, dps::Profile, http::OperationId, mqtt::ConnectRefused,
    outcome::ConnectionProfile, session::*,
};

const YEAR: u64 = 365 * DAY;

fn sources() -> Vec<Source> {
    vec![Source::new("dps", dps(3)).requesting_certificates(None)]
}

/// A hub that takes certificates which are valid, and no key.
fn takes_certificates(world: &mut World) {
    world.hub = Box::new(|login, _| if is_certificate(login) { Hub::Accepts } else { NO });
}

fn is_certificate(login: &Login) -> bool {
    matches!(login.password, Password::Certificate(_))
}

/// A session that is connected with its first certificate.
fn certified() -> (World, Session) {
    let mut world = World::new();
    takes_certificates(&mut world);
    let mut session = world.session(sources());
    until(&mut world, &mut session, is_stay);
    assert_eq!(session.status().credential, Some("dps/certificate"));
    (world, session)
}

/// Until the certificate is due, with nothing noted before.
fn due() -> (World, Session) {
    let (mut world, mut session) = certified();
    world.run(&mut session, 20 * DAY);
    assert_eq!(world.issuing.issued, 1);
    world.log.clear();
    (world, session)
}

#[test]
fn the_first_registration_requests_a_certificate_and_the_session_connects_with_it() {
    let (world, session) = certified();
    assert_eq!((world.issuing.made.len(), world.issuing.issued, world.issuing.kept.len()), (1, 1, 1));
    let wanted = &world.issuing.made[0];
    assert_eq!((wanted.source.as_str(), wanted.common_name.as_str(), wanted.is_new), ("dps", "dev", false));
    let status = session.status();
    assert_eq!((status.counters.connects, status.counters.certificates, status.certificate_failure), (1, 1, None));
    let order: Vec<Kind> = world.log.iter().map(|(_, kind)| *kind).collect();
    assert_eq!(
        order[..6],
        [Kind::Save, Kind::Request, Kind::Register, Kind::Poll, Kind::Keep, Kind::Save],
        "{order:?}"
    );
}

#[test]
fn an_interrupted_registration_is_asked_about_and_nothing_is_registered() {
    let mut world = World::new();
    takes_certificates(&mut world);
    let mut first = world.session(sources());
    until(&mut world, &mut first, |action| matches!(action, Action::MakeRequest(_)));
    assert_eq!(first.pending_operation(), None);
    let is_assigning = |action: &Action<'_>| matches!(action, Action::Authenticate(authenticator::Action::Wait(_)));
    until(&mut world, &mut first, is_assigning);
    world.issuing.operation = first.pending_operation().cloned();
    assert_eq!(world.issuing.operation.as_ref().map(OperationId::as_str), Some("4.a"));
    drop(first);
    world.log.clear();
    let mut next = world.session(sources());
    until(&mut world, &mut next, is_stay);
    assert_eq!((next.status().credential, next.pending_operation()), (Some("dps/certificate"), None));
    assert_eq!((world.count(&[Kind::Poll]), world.count(&[Kind::Register]), world.issuing.issued), (1, 0, 1));
}

#[test]
fn the_operation_of_a_registration_without_a_request_is_not_kept() {
    let mut world = World::new();
    let mut session = world.session(vec![Source::new("dps", dps(3))]);
    let is_assigning = |action: &Action<'_>| matches!(action, Action::Authenticate(authenticator::Action::Wait(_)));
    until(&mut world, &mut session, is_assigning);
    assert_eq!(session.pending_operation(), None);
}

#[test]
fn a_login_that_can_renew_asks_for_the_version_of_the_hub_that_has_it() {
    let mut world = World::new();
    world.hub = Box::new(|login, _| {
        let renews = login.connect.user_name.contains("api-version=2025-08-01-preview");
        assert_eq!(renews, is_certificate(login), "{}", login.connect.user_name);
        assert_eq!(login.renews_certificate(), renews);
        if renews { NO } else { Hub::Accepts }
    });
    let mut session = world.session(sources());
    until(&mut world, &mut session, is_stay);
    assert_eq!(session.status().credential, Some("dps"));
}

#[test]
fn a_year_of_thirty_day_certificates_renews_each_in_its_window_with_one_request() {
    for seed in 1..=20 {
        let mut world = World::new();
        world.seed = seed;
        takes_certificates(&mut world);
        let mut session = world.session(sources());
        world.run(&mut session, YEAR);
        let kept = &world.issuing.kept;
        assert!((15..=18).contains(&kept.len()), "{}", kept.len());
        for pair in kept.windows(2) {
            let ((from, until), (renewed, _)) = (pair[0], pair[1]);
            let share = (renewed - from) * 1000 / (until - from);
            assert!((670..=801).contains(&share), "{share} per mille");
        }
        let count = |kind| world.count(&[kind]);
        assert_eq!((count(Kind::Renew), count(Kind::Request), count(Kind::Register)), (kept.len() - 1, kept.len(), 1));
        assert_eq!((world.issuing.issued, count(Kind::Connect)), (kept.len(), kept.len()), "one connection for each");
        assert_eq!(session.status().certificate_failure, None);
    }
}

#[test]
fn a_fleet_that_registered_at_once_renews_spread_over_days() {
    let mut days = std::collections::BTreeSet::new();
    for seed in 0..40_u64 {
        let mut world = World::new();
        world.seed = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29);
        takes_certificates(&mut world);
        let mut session = world.session(sources());
        world.run(&mut session, 25 * DAY);
        days.insert((world.issuing.kept[1].0 - REAL) / 86_400);
    }
    assert_eq!(days.into_iter().collect::<Vec<_>>(), [20, 21, 22, 23]);
}

#[test]
fn the_new_certificate_counts_from_the_next_connection_which_is_made_within_the_hour() {
    let (mut world, mut session) = due();
    world.run(&mut session, 5 * DAY);
    let at = |kind| world.log.iter().find(|(_, it)| *it == kind).unwrap().0;
    let (kept, connected) = (at(Kind::Keep), at(Kind::Connect));
    assert!(kept < connected && connected <= kept + HOUR, "{kept} {connected}");
    assert_eq!(session.status().credential, Some("dps/certificate"));
}

#[test]
fn the_debt_of_a_renewal_is_saved_before_its_request_is_made() {
    let (mut world, mut session) = due();
    until(&mut world, &mut session, |action| matches!(action, Action::MakeRequest(_)));
    assert!(world.saved.as_ref().unwrap().0.contains("certificatesOwedUntil"));
    let mut session = {
        let kept = world.issuing.kept[0];
        let at = defender_auth::UnixTime::from_secs;
        let current = OperationalCertificate::new(certificate(1), at(kept.0), at(kept.1));
        world.session(vec![Source::new("dps", dps(3)).requesting_certificates(Some(current))])
    };
    let killed = world.ms;
    until(&mut world, &mut session, |action| matches!(action, Action::MakeRequest(_)));
    assert!(world.ms >= killed + 6 * HOUR, "a process that ends in it again and again is bounded");
    assert_eq!(world.count(&[Kind::Register]), 0, "the certificate serves meanwhile");
}

#[test]
fn a_restart_with_a_certificate_and_without_its_assignment_registers_and_requests_no_other() {
    let (mut world, _) = certified();
    world.saved = None;
    let (from, until_) = world.issuing.kept[0];
    let at = defender_auth::UnixTime::from_secs;
    let current = OperationalCertificate::new(certificate(1), at(from), at(until_));
    let mut session = world.session(vec![Source::new("dps", dps(3)).requesting_certificates(Some(current))]);
    until(&mut world, &mut session, is_stay);
    assert_eq!((session.status().credential, world.issuing.issued), (Some("dps/certificate"), 1));
}

/// What goes wrong for a certificate.
#[derive(Clone, Copy, Debug)]
enum Case {
    Renewal(Renewal),
    Disk(Disk),
    NoPolicy,
    NoRequest,
}

/// A session in the thirty days of its first certificate, with this from then on, or from the start.
fn month(case: Case) -> (World, Session) {
    let mut world = World::new();
    world.issuing.policy = !matches!(case, Case::NoPolicy);
    world.issuing.makes = !matches!(case, Case::NoRequest);
    if world.issuing.policy && world.issuing.makes {
        takes_certificates(&mut world);
    }
    let mut session = world.session(sources());
    until(&mut world, &mut session, is_stay);
    match case {
        Case::Renewal(renewal) => world.issuing.renewal = renewal,
        Case::Disk(disk) => world.issuing.disk = disk,
        Case::NoPolicy | Case::NoRequest => {}
    }
    world.run(&mut session, 30 * DAY - HOUR);
    (world, session)
}

fn line(what: &str, diagnosis: Diagnosis, cases: &[Case]) -> String {
    let mut worst = [0; 4];
    for case in cases {
        let (world, session) = month(*case);
        let status = session.status();
        assert_eq!((status.certificate_failure, status.phase), (Some(diagnosis), Phase::Connected), "{case:?}");
        assert!(world.count(&[Kind::Connect]) <= 200, "{case:?}: {}", world.count(&[Kind::Connect]));
        let of_hub = [world.most(&[Kind::Renew], DAY), world.count(&[Kind::Renew])];
        let costs = [of_hub[0], of_hub[1], world.issuing.issued, world.count(&[Kind::Register])];
        worst = std::array::from_fn(|at| worst[at].max(costs[at]));
    }
    let [day, all, issued, registrations] = worst;
    let word = diagnosis.as_str();
    format!("| certificate | {what} | `{word}` | {day} / {all} | {issued} | {registrations} |")
}

#[test]
fn failures_of_certificates_are_as_the_table_says() {
    use Diagnosis as D;
    let fails = |codes: &[u32]| codes.iter().map(|code| Case::Renewal(Renewal::Fails(*code))).collect::<Vec<_>>();
    let rows = [
        ("400, 401, 403, 404", D::RequestRejected, fails(&[400_004, 400_037, 401_002, 403_001, 404_001])),
        ("408, 409, 412, 429, 5xx", D::Busy, fails(&[409_004, 412_001, 429_001, 500_001, 503_001])),
        ("no answer to six requests", D::Unreachable, vec![Case::Renewal(Renewal::Silent)]),
        ("three connections lost for it", D::ConnectionLost, vec![Case::Renewal(Renewal::Drops)]),
        ("the subscription is rejected", D::RenewalUnsupported, vec![Case::Renewal(Renewal::Refuses)]),
        ("the issued certificate is refused", D::CertificateRefused, vec![Case::Disk(Disk::Refuses)]),
        ("the issued certificate cannot be written", D::CertificateUnsaved, vec![Case::Disk(Disk::Full)]),
        ("the registration issues none", D::CertificateWithheld, vec![Case::NoPolicy]),
        ("no request can be made or written", D::RequestUnusable, vec![Case::NoRequest]),
    ];
    let table = include_str!("../../src/session/failures.md");
    let lines: Vec<String> = rows.iter().map(|(what, diagnosis, cases)| line(what, *diagnosis, cases)).collect();
    let written: Vec<&str> = table.lines().filter(|line| line.starts_with("| certificate |")).collect();
    assert_eq!(written, lines, "src/session/failures.md should have\n{}", lines.join("\n"));
}

#[test]
fn a_renewal_that_fails_leads_to_no_registration_while_the_certificate_is_valid() {
    for renewal in [Renewal::Fails(503_001), Renewal::Silent, Renewal::Refuses, Renewal::Drops] {
        let (world, session) = month(Case::Renewal(renewal));
        assert_eq!(session.status().credential, Some("dps/certificate"), "{renewal:?}");
        assert_eq!(world.count(&[Kind::Register]), 1, "{renewal:?}");
    }
}

#[test]
fn a_rejected_request_is_replaced_and_one_without_an_answer_is_sent_again() {
    for (renewal, is_new) in [(Renewal::Fails(400_037), true), (Renewal::Silent, false)] {
        let (world, _) = month(Case::Renewal(renewal));
        let made = &world.issuing.made;
        assert!(!made[1].is_new && made[2..].iter().all(|wanted| wanted.is_new == is_new), "{made:?}");
    }
}

#[test]
fn a_renewal_outlives_a_lost_connection_with_the_same_request() {
    let (mut world, mut session) = due();
    until(&mut world, &mut session, |action| matches!(action, Action::RenewCertificate(_)));
    world.once(&mut session);
    world.once(&mut session);
    assert_eq!(world.count(&[Kind::Renew]), 1);
    world.tell(&mut session, Event::Disconnected(Loss::Dropped));
    world.run(&mut session, HOUR);
    assert_eq!((world.count(&[Kind::Request]), world.count(&[Kind::Renew]), world.count(&[Kind::Keep])), (1, 2, 1));
}

#[test]
fn what_was_issued_is_kept_although_the_connection_is_lost() {
    let (mut world, mut session) = due();
    until(&mut world, &mut session, |action| matches!(action, Action::KeepCertificate(_)));
    world.tell(&mut session, Event::Disconnected(Loss::Dropped));
    assert!(matches!(session.poll(), Action::KeepCertificate(_)));
    until(&mut world, &mut session, |action| matches!(action, Action::Connect(_) | Action::Wait(..)));
    assert!(matches!(session.poll(), Action::Connect(_)), "with the new one, which no failure delays");
    world.run(&mut session, HOUR);
    assert_eq!((world.issuing.kept.len(), session.status().phase), (2, Phase::Connected));
}

#[test]
fn a_refused_certificate_leads_to_no_other_issue_for_hours() {
    for disk in [Disk::Refuses, Disk::Full] {
        let mut world = World::new();
        world.issuing.disk = disk;
        let mut session = world.session(sources());
        world.run(&mut session, 5 * HOUR);
        assert_eq!(world.issuing.issued, 1, "{disk:?}");
        world.run(&mut session, 30 * DAY);
        let most = if disk == Disk::Full { 1 } else { 125 };
        assert!(world.issuing.issued <= most, "{disk:?}: {}", world.issuing.issued);
        assert_eq!((session.status().credential, session.status().phase), (Some("dps"), Phase::Connected));
    }
}

#[test]
fn a_full_disk_loses_no_certificate() {
    let (mut world, mut session) = due();
    world.issuing.disk = Disk::Full;
    world.run(&mut session, 5 * DAY);
    assert_eq!(session.status().certificate_failure, Some(Diagnosis::CertificateUnsaved));
    assert_eq!((world.issuing.issued, world.count(&[Kind::Renew])), (2, 1));
    world.issuing.disk = Disk::Works;
    world.run(&mut session, HOUR);
    assert_eq!((world.issuing.issued, world.issuing.kept.len(), session.status().certificate_failure), (2, 2, None));
}

#[test]
fn an_expired_certificate_leads_to_a_registration_with_a_request() {
    let (mut world, mut session) = certified();
    world.issuing.renewal = Renewal::Refuses;
    // The hub ends the connection when the certificate expires.
    world.run(&mut session, 30 * DAY - HOUR);
    world.tell(&mut session, Event::Disconnected(Loss::Dropped));
    world.log.clear();
    world.run(&mut session, 2 * HOUR);
    world.tell(&mut session, Event::Disconnected(Loss::Dropped));
    world.run(&mut session, HOUR);
    assert_eq!((world.count(&[Kind::Register]), world.issuing.kept.len()), (1, 2), "{}", session.status());
    assert_eq!(session.status().credential, Some("dps/certificate"));
}

#[test]
fn a_rejected_certificate_leads_to_a_registration_with_a_request() {
    for how in [NO, Hub::Tls(tls_of("client-rejected")), Hub::Tls(tls_of("client-expired"))] {
        for takes_keys in [false, true] {
            let (mut world, mut session) = certified();
            world.run(&mut session, 10 * HOUR);
            world.hub = Box::new(move |login, _| match &login.password {
                Password::Certificate(it) if *it == certificate(1) => how,
                Password::Certificate(_) => Hub::Accepts,
                _ if takes_keys => Hub::Accepts,
                _ => NO,
            });
            world.log.clear();
            world.tell(&mut session, Event::Disconnected(Loss::Dropped));
            if takes_keys {
                until(&mut world, &mut session, |action| matches!(action, Action::Disconnect(_)));
                let dropped = session.status().dropped.map(|it| it.why);
                let Action::Disconnect(why) = session.poll() else { panic!() };
                assert_eq!(Some(why), dropped, "{how:?}");
            }
            world.run(&mut session, HOUR);
            assert_eq!((world.count(&[Kind::Register]), world.issuing.kept.len()), (1, 2), "{how:?}");
            assert_eq!(session.status().credential, Some("dps/certificate"), "{how:?}");
        }
    }
}

#[test]
fn a_hub_that_takes_no_certificate_leads_to_a_bounded_number_of_issues() {
    let mut world = World::new();
    world.hub = Box::new(|login, _| if is_certificate(login) { NO } else { Hub::Rejects(connack(5)) });
    let mut session = world.session(sources());
    world.run(&mut session, 30 * DAY);
    assert!(world.issuing.issued <= 122, "{}", world.issuing.issued);
    assert_bounds(&world, "no certificate is taken");
}

#[test]
fn an_enrollment_without_a_policy_is_named_and_asked_again_every_few_hours() {
    let mut world = World::new();
    world.issuing.policy = false;
    let mut session = world.session(sources());
    until(&mut world, &mut session, is_stay);
    assert_eq!(session.status().credential, Some("dps"));
    assert_eq!(session.status().certificate_failure, Some(Diagnosis::CertificateWithheld));
    world.run(&mut session, 30 * DAY);
    let registrations = world.count(&[Kind::Register]);
    assert!((60..=122).contains(&registrations), "{registrations}");
    world.issuing.policy = true;
    world.run(&mut session, DAY);
    assert_eq!((session.status().credential, world.issuing.kept.len()), (Some("dps/certificate"), 1));
}

#[test]
fn a_request_that_cannot_be_made_does_not_keep_the_device_from_its_hub() {
    let mut world = World::new();
    world.issuing.makes = false;
    let mut session = world.session(sources());
    until(&mut world, &mut session, is_stay);
    assert_eq!(session.status().certificate_failure, Some(Diagnosis::RequestUnusable));
    assert_eq!((session.status().credential, world.issuing.issued), (Some("dps"), 0));
    world.issuing.makes = true;
    world.run(&mut session, HOUR);
    assert_eq!(session.status().credential, Some("dps/certificate"));
}

#[test]
fn a_clock_before_the_floor_condemns_no_certificate() {
    let (world, _) = certified();
    let (from, until_) = world.issuing.kept[0];
    let at = defender_auth::UnixTime::from_secs;
    let current = OperationalCertificate::new(certificate(1), at(from), at(until_));
    let mut world = World { off: -REAL.cast_signed(), dated: false, ..world };
    let mut session = world.session(vec![Source::new("dps", dps(3)).requesting_certificates(Some(current))]);
    until(&mut world, &mut session, is_stay);
    assert_eq!((session.status().credential, world.issuing.issued), (Some("dps/certificate"), 1));
}

#[test]
fn new_sources_have_the_certificate_of_those_that_they_replace() {
    let (mut world, mut session) = certified();
    world.log.clear();
    world.tell(&mut session, Event::Rotated(sources()));
    assert!(is_stay(&session.poll()));
    let other = vec![known("keys", key(1)), sources().remove(0)];
    world.hub = Box::new(|login, _| if is_certificate(login) { Hub::Accepts } else { NO });
    world.tell(&mut session, Event::Rotated(other));
    world.run(&mut session, HOUR);
    assert_eq!((session.status().credential, world.count(&[Kind::Register])), (Some("dps/certificate"), 0));
}

#[test]
fn only_one_source_that_registers_a_device_can_request_certificates() {
    let world = World::new();
    let dps = |name: &str| Source::new(name, dps(3)).requesting_certificates(None);
    let module = Source::new("module", agents().remove(2).1.remove(0).plan().clone()).requesting_certificates(None);
    let keys = known("keys", key(1)).requesting_certificates(None);
    for (sources, name) in [(vec![dps("a"), dps("b")], "b"), (vec![module], "module"), (vec![keys], "keys")] {
        let error = Session::new(sources, Policy::default(), None, world.now()).unwrap_err();
        assert_eq!(error, SessionError::NoCertificates { name: name.into() });
    }
}

#[test]
fn a_month_in_which_everything_fails_stays_within_its_bounds() {
    for renewal in [Renewal::Silent, Renewal::Fails(503_001), Renewal::Drops] {
        for disk in [Disk::Works, Disk::Refuses, Disk::Full] {
            for service in services() {
                let (mut world, mut session) = certified();
                (world.issuing.renewal, world.issuing.disk) = (renewal, disk);
                let policy = Policy::default().certificates;
                world.dps = Box::new(move |_| service);
                let expires = world.issuing.kept[0].1;
                world.hub = Box::new(move |login, real| match &login.password {
                    Password::Certificate(_) if real.as_secs() < expires => Hub::Flaps(40_000),
                    _ => Hub::Rejects(Rejection::Connack(ConnectRefused::NotAuthorized)),
                });
                world.run(&mut session, 60 * DAY);
                let bound = usize::try_from(policy.bound(std::time::Duration::from_millis(60 * DAY))).unwrap();
                assert!(
                    world.issuing.issued <= bound + 1,
                    "{renewal:?} {disk:?} {service:?}: {}",
                    world.issuing.issued
                );
                assert!(world.most(&[Kind::Renew], DAY) <= 30, "{renewal:?} {disk:?} {service:?}");
                assert_bounds(&world, &format!("{renewal:?} {disk:?} {service:?}"));
            }
        }
    }
}

/// A source with a certificate that is valid from and to so many seconds from now.
fn with_certificate(name: &str, plan: Plan, from: i64, to: i64) -> Source {
    let at = |seconds| defender_auth::UnixTime::from_secs(REAL.saturating_add_signed(seconds));
    Source::new(name, plan).requesting_certificates(Some(OperationalCertificate::new(certificate(9), at(from), at(to))))
}

/// Of an enrollment by another registration ID.
fn other_enrollment() -> Plan {
    let profile = Profile::new("0ne00000001".parse().unwrap(), "other".parse().unwrap());
    Plan::provision(profile, key(3)).unwrap()
}

#[test]
fn a_certificate_that_is_not_valid_at_the_start_is_replaced_by_the_registration() {
    for (from, to, issued) in [(-200, -100, 1), (100_000, 200_000, 1), (-100, 100_000, 0)] {
        let mut world = World::new();
        let mut session = world.session(vec![with_certificate("dps", dps(3), from, to)]);
        until(&mut world, &mut session, is_stay);
        assert_eq!((world.issuing.issued, world.issuing.made.len()), (issued, issued), "{from} {to}");
        assert_eq!(session.status().credential, Some("dps/certificate"));
    }
}

#[test]
fn what_is_issued_and_cannot_be_read_is_named_and_requested_with_another_key() {
    let mut world = World::new();
    world.issuing.garbles = true;
    let mut session = world.session(sources());
    until(&mut world, &mut session, is_stay);
    let status = session.status();
    assert_eq!((status.certificate_failure, status.credential), (Some(Diagnosis::InvalidMessage), Some("dps")));
    world.issuing.garbles = false;
    world.run(&mut session, DAY);
    assert_eq!(session.status().credential, Some("dps/certificate"));
    assert!(!world.issuing.made[0].is_new && world.issuing.made[1].is_new, "{:?}", world.issuing.made);
}

#[test]
fn without_a_certificate_another_registration_is_due_in_ten_to_fifteen_minutes() {
    let mut world = World::new();
    world.issuing.policy = false;
    let mut session = world.session(sources());
    until(&mut world, &mut session, is_stay);
    let Action::Stay(Some((window, Due::Certificate))) = session.poll() else { panic!("{:?}", session.poll()) };
    let now = world.now().monotonic;
    assert_eq!([window.from, window.until].map(|at| at.abs_diff(now).as_secs()), [600, 900]);
}

#[test]
fn a_certificate_that_is_overdue_is_renewed_without_a_delay() {
    let (mut world, session) = certified();
    drop(session);
    world.ms += 7 * HOUR;
    let mut session = world.session(vec![with_certificate("dps", dps(3), -2_500_000, 90_000)]);
    until(&mut world, &mut session, is_stay);
    let Action::Stay(Some((window, Due::Certificate))) = session.poll() else { panic!("{:?}", session.poll()) };
    assert_eq!((window.from, window.until), (world.now().monotonic, world.now().monotonic));
}

#[test]
fn a_certificate_is_not_given_to_another_enrollment() {
    // Of the same name, while it is kept and while it is in use; and of another name.
    for (name, plan, is_kept) in
        [("dps", other_enrollment(), false), ("dps", other_enrollment(), true), ("other", dps(3), true)]
    {
        let (mut world, mut session) = due();
        if is_kept {
            until(&mut world, &mut session, is_stay);
        } else {
            until(&mut world, &mut session, |action| matches!(action, Action::KeepCertificate(_)));
        }
        let issued = world.issuing.issued;
        world.hub = Box::new(|_, _| Hub::Accepts);
        world.tell(&mut session, Event::Rotated(vec![Source::new(name, plan).requesting_certificates(None)]));
        world.log.clear();
        until(&mut world, &mut session, |action| matches!(action, Action::MakeRequest(_)));
        assert_eq!((world.issuing.issued, world.count(&[Kind::Connect])), (issued, 0), "{name} {is_kept}");
    }
}

#[test]
fn a_hub_with_the_profile_of_mqtt_5_renews_nothing_and_is_named() {
    for (others, renewed) in [(r#","connectionProfile":"mqttV5""#, 1), ("", 2)] {
        let mut world = World::new();
        world.issuing.others = others;
        let profile = Profile::new("0ne00000001".parse().unwrap(), "dev".parse().unwrap());
        let plan = Plan::provision(profile, certificate(1)).unwrap();
        let mut session = world.session(vec![Source::new("dps", plan).requesting_certificates(None)]);
        world.run(&mut session, 29 * DAY);
        assert_eq!(world.issuing.issued, renewed, "{others}");
        let why = session.status().certificate_failure;
        assert_eq!(why, (renewed == 1).then_some(Diagnosis::RenewalUnsupported), "{others}");
    }
}

/// A hub with the profile `mqttV5`, and a device that registers with a key.
fn key_at_mqtt_5(policy: bool) -> World {
    let mut world = World::new();
    (world.issuing.others, world.issuing.policy) = (r#","connectionProfile":"mqttV5""#, policy);
    world.hub = Box::new(|login, _| {
        assert!(is_certificate(login) && login.profile == ConnectionProfile::MqttV5, "no key is tried");
        Hub::Accepts
    });
    world
}

/// What a process that ends and begins again keeps: the state, and the certificate.
fn kept(world: &World) -> Vec<Source> {
    let at = UnixTime::from_secs;
    let operational = world
        .issuing
        .kept
        .last()
        .map(|(from, until)| OperationalCertificate::new(certificate(1), at(*from), at(*until)));
    vec![Source::new("dps", dps(3)).requesting_certificates(operational)]
}

#[test]
fn what_is_issued_for_a_key_logs_in_by_mqtt_5() {
    let mut world = key_at_mqtt_5(true);
    let mut session = world.session(sources());
    until(&mut world, &mut session, is_stay);
    assert_eq!(session.status().credential, Some("dps/certificate"));
    assert_eq!((world.count(&[Kind::Register]), world.count(&[Kind::Connect]), world.issuing.issued), (1, 1, 1));
    drop(session);
    let mut session = world.session(kept(&world));
    until(&mut world, &mut session, is_stay);
    assert_eq!((world.count(&[Kind::Register]), world.count(&[Kind::Connect])), (1, 2), "the profile was saved");
    // The certificate was lost, and the key has no login: another is requested.
    let mut session = world.session(sources());
    until(&mut world, &mut session, is_stay);
    assert_eq!((world.count(&[Kind::Register]), world.issuing.issued), (2, 2));
}

#[test]
fn a_certificate_that_is_held_serves_a_registration_that_issues_none() {
    let (mut world, mut session) = certified();
    world.issuing.others = r#","connectionProfile":"mqttV5""#;
    let no = ConnectRefused::ProtocolVersion;
    world.hub = Box::new(move |login, _| match login.profile {
        ConnectionProfile::Classic => Hub::Rejects(Rejection::Connack(no)),
        _ => Hub::Accepts,
    });
    world.drop_at = Some(world.ms + 1);
    world.run(&mut session, HOUR);
    assert_eq!((session.status().phase, session.status().credential), (Phase::Connected, Some("dps/certificate")));
    assert_eq!((world.count(&[Kind::Register]), world.issuing.issued), (2, 1), "the hub has another profile now");
}

#[test]
fn a_key_without_a_certificate_for_its_hub_is_bounded_and_recovers() {
    for (policy, disk) in [(false, Disk::Works), (true, Disk::Refuses), (true, Disk::Full)] {
        let mut world = key_at_mqtt_5(policy);
        world.issuing.disk = disk;
        let mut session = world.session(sources());
        world.run(&mut session, 7 * DAY);
        let (registered, issued) = (world.most(&[Kind::Register], DAY), world.issuing.issued);
        assert!(
            registered <= 14 && issued <= 2 + 4 * 7 && world.most(&[Kind::Keep], DAY) <= 14,
            "{registered} {issued}"
        );
        assert_eq!(world.count(&[Kind::Connect]), 0, "{disk:?}");
        if disk == Disk::Full {
            assert_eq!((world.count(&[Kind::Register]), issued), (1, 1), "what was issued is kept in memory");
        }
        (world.issuing.policy, world.issuing.disk) = (true, Disk::Works);
        world.run(&mut session, 2 * DAY);
        let status = session.status();
        assert_eq!((status.phase, status.credential), (Phase::Connected, Some("dps/certificate")), "{disk:?} {status}");
    }
}

#[test]
fn a_certificate_of_a_key_that_expires_is_requested_again() {
    let mut world = key_at_mqtt_5(true);
    let mut session = world.session(sources());
    until(&mut world, &mut session, is_stay);
    world.run(&mut session, 31 * DAY);
    world.drop_at = Some(world.ms + 1);
    world.run(&mut session, DAY);
    assert_eq!((session.status().phase, world.issuing.issued), (Phase::Connected, 2), "{}", session.status());
}

#[test]
fn a_renewal_does_not_go_on_over_a_connection_of_another_credential() {
    let (mut world, mut session) = due();
    until(&mut world, &mut session, |action| matches!(action, Action::RenewCertificate(_)));
    world.hub = Box::new(|login, _| if is_certificate(login) { NO } else { Hub::Accepts });
    world.tell(&mut session, Event::Disconnected(Loss::Dropped));
    until(&mut world, &mut session, |action| is_stay(action) || matches!(action, Action::RenewCertificate(_)));
    assert!(is_stay(&session.poll()), "{:?}", session.poll());
    assert_eq!(session.status().credential, Some("dps"));
}

#[test]
fn the_third_connection_that_is_lost_for_a_renewal_ends_it() {
    let (mut world, mut session) = due();
    world.issuing.renewal = Renewal::Drops;
    until(&mut world, &mut session, |action| matches!(action, Action::RenewCertificate(_)));
    world.run(&mut session, 2 * HOUR);
    assert_eq!(session.status().certificate_failure, Some(Diagnosis::ConnectionLost));
    assert_eq!((world.count(&[Kind::Connect]), world.count(&[Kind::Request])), (3, 1));
}
