//! The report for a ticket, and JSON.

use super::{ask, steps};
use crate::support::{HOST, KEY, LONG_KEY, device, site::Site, string};
use serde_json::Value;
use std::fs;

#[test]
fn json_has_an_object_for_each_step() {
    let site = Site::new();
    let run = ask(&site, &["-", "--json"], &device()).0.done();
    let json = run.json();
    assert_eq!((&json["verdict"], &json["first_failure"]), (&"ok".into(), &Value::Null));
    for step in steps(&run) {
        assert!(["ok", "skipped"].contains(&step["status"].as_str().unwrap()), "{step}");
        assert_eq!(step["error"], Value::Null);
    }
    let wrong = string(&format!("DeviceId=dev-01;SharedAccessKey={LONG_KEY}"));
    let run = ask(&site, &["-", "--json"], &wrong).0;
    assert!(run.code == 1 && run.json()["first_failure"] == "login" && run.json()["verdict"] == "failed", "{run:?}");
    assert!(!run.err.contains("error: "), "{run:?}");
    let steps = steps(&run);
    let error = &steps.iter().find(|step| step["step"] == "login").unwrap()["error"];
    assert_eq!((&error["code"], &error["kind"]), (&901.into(), &"service".into()), "{error}");
    assert_eq!(error["causes"][0]["code"], "connack:5");
}

#[test]
fn a_report_is_what_is_printed() {
    let site = Site::new();
    let path = site.scratch.path("report.txt");
    let run = ask(&site, &["-", "--report", &path], &device()).0.done();
    let report = fs::read_to_string(&path).unwrap();
    let (head, lines) = report.split_once('\n').unwrap();
    assert!(head.starts_with("defenderauth ") && head.contains(" doctor, 20"), "{head}");
    assert_eq!(lines, run.out);
    assert!(report.contains("dev-01") && !report.contains(&KEY[..8]) && !report.contains("sig="), "{report}");
    ask(&site, &["-", "--report", &path], &device()).0.failed(2, &["it exists already"]);
    ask(&site, &["-", "--report", "/nowhere/report"], &device()).0.failed(2, &["/nowhere/report", "cannot be written"]);
    assert_eq!(fs::read_to_string(&path).unwrap(), report);
}

#[test]
fn a_report_has_hashes_in_place_of_ids_on_request() {
    let site = Site::new();
    let wrong = string(&format!("DeviceId=dev-01;ModuleId=azureiotsecurity;SharedAccessKey={KEY}"));
    let reports = ["a", "b"].map(|name| {
        let path = site.scratch.path(name);
        let run = ask(&site, &["-", "--report", &path, "--hash-ids"], &wrong).0;
        assert!(run.code == 1 && run.out.contains(HOST), "the terminal has them: {run:?}");
        fs::read_to_string(&path).unwrap()
    });
    for report in &reports {
        for id in [HOST, "contoso", "dev-01", "azureiotsecurity"] {
            assert!(!report.contains(id), "{id} in {report}");
        }
        assert!(report.contains("az iot hub module-identity show --hub-name id-"), "{report}");
    }
    let hashes = |text: &str| -> Vec<String> {
        text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-')
            .filter(|word| word.starts_with("id-"))
            .map(String::from)
            .collect()
    };
    assert_eq!(hashes(&reports[0]), hashes(&reports[1]), "an ID has the same hash in every report");
    ask(&site, &["-", "--hash-ids"], &wrong).0.misused(&["--report"]);
}
