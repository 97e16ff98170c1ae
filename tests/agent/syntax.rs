//! Texts that are not what the agents read.

use super::{C_AGENT, CSHARP_AGENT, JSON, MICRO, STRING, XML, agent, is_config, misread};
use defender_auth::{
    Error,
    agent::load,
    connection_string::ConnectionStringError,
    error::{Code, ConfigError, ErrorKind, FileProblem},
};

const DEPTH: usize = 10_000;

/// A configuration that is not JSON or XML at that place.
#[track_caller]
fn is_broken(name: &str, contents: &str, place: (usize, usize)) {
    let error = misread(name, contents);
    let Error::Config(ConfigError::Syntax { line, column, .. }) = error.inner() else { panic!("{error:?}") };
    assert_eq!((*line, *column), place, "{error}");
    assert_eq!((error.code(), error.kind()), (Code::Config, ErrorKind::Configuration));
}

#[test]
fn a_setting_that_occurs_twice_is_refused() {
    let twice = |member: &str| C_AGENT.replace(member, &format!("{member} {member}"));
    is_broken(JSON, &twice("\"DeviceId\": \"dev-01\","), (8, 38));
    let xml = CSHARP_AGENT.replace("</A", "<add key=\"DEVICEID\" value=\"dev-02\" /></A");
    is_config(&misread(XML, xml), ConfigError::Duplicate { setting: "deviceId" });
    let xml = CSHARP_AGENT.replace("<add key=\"type\"", "<add key=\"identity\"");
    is_config(&misread(XML, xml), ConfigError::Duplicate { setting: "identity" });
}

#[test]
fn broken_json_is_refused_where_it_breaks() {
    is_broken(JSON, &C_AGENT.replace("\"SecurityModule\",", "\"SecurityModule\""), (6, 7));
    is_broken(JSON, &C_AGENT.replace("\"dev-01\"", "dev-01"), (8, 19));
    is_broken(JSON, &C_AGENT.replace("},\n    \"Logging", "}\n    \"Logging"), (11, 5));
    is_broken(JSON, &format!("{C_AGENT}\n}}"), (14, 1));
}

#[test]
fn broken_xml_is_refused_where_it_breaks() {
    is_broken(XML, &CSHARP_AGENT.replace("\"dev-01\" />", "\"dev-01\">"), (10, 1));
    is_broken(XML, &CSHARP_AGENT.replace("\"dev-01\"", "dev-01"), (4, 29));
    is_broken(XML, &CSHARP_AGENT.replace("SymmetricKey", "&key;"), (7, 26));
    is_broken(XML, &format!("{CSHARP_AGENT}<"), (10, 18));
}

#[test]
fn an_empty_file_is_refused() {
    for (name, text) in [(JSON, ""), (XML, ""), (JSON, "\u{feff}\n"), (XML, " \r\n")] {
        let error = misread(name, text);
        let Error::File(file) = error.inner() else { panic!("{error:?}") };
        assert_eq!(file.problem, FileProblem::Empty);
    }
    let error = misread(MICRO, "");
    assert_eq!(error.inner(), &ConnectionStringError::Empty.into());
}

#[test]
fn texts_must_be_in_quotation_marks() {
    for (text, other) in [
        ("\"SecurityModule\"", "7"),
        ("\"key.txt\"", "true"),
        ("\"dev-01\"", "[\"dev-01\"]"),
        ("\"contoso.azure-devices.net\"", "{}"),
    ] {
        let error = misread(JSON, C_AGENT.replace(text, other));
        assert!(error.to_string().contains("texts in quotation marks"), "{error}");
    }
}

/// An array of five texts would be accepted otherwise.
#[test]
fn an_object_must_be_an_object() {
    let list = r#"[[["SecurityModule", "SasToken", "key.txt", "dev-01", "contoso.azure-devices.net"]]]"#;
    assert_eq!(misread(JSON, list).code(), Code::Config);
}

#[test]
fn xml_with_a_document_type_is_refused() {
    for subset in [
        "",
        "[<!ENTITY id \"dev-01\">]",
        "[<!ENTITY id SYSTEM \"file:///etc/hostname\">]",
        "[<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;\"><!ENTITY id \"&b;&b;&b;&b;\">]",
    ] {
        let declared = format!("?>\n<!DOCTYPE Authentication {subset}>");
        for xml in [CSHARP_AGENT.into(), CSHARP_AGENT.replace("dev-01", "&id;")] {
            let error = misread(XML, xml.replacen("?>", &declared, 1));
            let foreign = matches!(error.inner(), Error::Config(ConfigError::Foreign { .. }));
            assert!(foreign && error.to_string().contains("DOCTYPE"), "{error:?}");
        }
    }
}

#[test]
fn deep_json_is_refused() {
    let (open, close) = ("[".repeat(DEPTH), "]".repeat(DEPTH));
    for text in [
        open.clone(),
        format!("{open}{close}"),
        "{\"Configuration\":".repeat(DEPTH / 4),
        format!("{{\"Configuration\":{open}{close}}}"),
        C_AGENT.replace("\"dev-01\"", &format!("{open}{close}")),
    ] {
        assert_eq!(misread(JSON, text).code(), Code::Config);
    }
}

/// A setting that is not read is skipped without recursion, however deep it is.
#[test]
fn deep_json_in_a_setting_that_is_not_read_is_accepted() {
    let deep = format!("{{ \"Deep\": {}{},", "[".repeat(DEPTH), "]".repeat(DEPTH));
    let folder = agent(JSON, C_AGENT.replace("{ \"System", &format!("{deep} \"System")));
    assert!(load(folder.folder()).is_ok());
}

#[test]
fn deep_xml_is_refused() {
    let open = "<a>".repeat(DEPTH);
    let nested = |depth: usize| format!("{}{}", "<a>".repeat(depth), "</a>".repeat(depth));
    for text in [
        open.clone(),
        nested(DEPTH * 9 / 10),
        CSHARP_AGENT.replace("</A", &format!("{open}</A")),
        CSHARP_AGENT.replace("</A", &format!("{}</A", nested(DEPTH * 9 / 10))),
    ] {
        assert_eq!(misread(XML, text).code(), Code::Config);
    }
}

#[test]
fn a_broken_connection_string_is_refused() {
    let error = misread(MICRO, STRING.replace("SharedAccessKey", "SharedAccesKey"));
    assert!(error.to_string().contains("correct its spelling"), "{error}");
    assert_eq!((error.code(), error.kind()), (Code::ConnectionString, ErrorKind::Input));
}
