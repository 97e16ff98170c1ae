//! The tests by name, and what they have in common.

use crate::{
    asymmetric,
    forms::{Secret, random},
    process::Agent,
    scan::scan,
    scratch::Scratch,
    single_operations, symmetric,
};
use std::{collections::BTreeSet, env, slice};

const TESTS: [(&str, fn()); 12] = [
    ("a_secret_that_is_kept_is_found_in_every_form", kept),
    ("nothing_is_left_of_keys_and_their_tokens", symmetric::keys),
    ("nothing_is_left_after_any_single_operation_in_debug", single_operations::in_debug),
    ("nothing_is_left_after_any_single_operation_in_release", single_operations::in_release),
    ("nothing_is_left_after_any_single_operation_as_the_c_library_is_built", single_operations::in_dist),
    ("nothing_is_left_of_a_chain_whose_answers_the_caller_carries", symmetric::flow),
    ("nothing_is_left_of_a_tpms_passwords_and_inner_key", symmetric::tpm),
    ("of_a_chain_over_https_no_more_than_its_tokens_and_answers_are_left", symmetric::https),
    ("of_a_login_over_mqtt_no_more_than_its_token_is_left", symmetric::mqtt),
    ("of_private_keys_in_pem_no_more_than_numbers_of_rsa_are_left", asymmetric::pem),
    ("nothing_is_left_of_the_key_of_a_pfx", asymmetric::pkcs12),
    ("nothing_is_left_of_a_certificates_key_behind_https", asymmetric::certificate),
];

/// All of them, or those with the first argument in their names, as the ordinary runner does it.
pub(crate) fn run() {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let wanted = arguments.iter().find(|argument| !argument.starts_with('-'));
    for (name, test) in TESTS.iter().filter(|(name, _)| wanted.is_none_or(|part| name.contains(part.as_str()))) {
        if arguments.iter().any(|argument| argument == "--list") {
            println!("{name}: test");
            continue;
        }
        test();
        println!("test {name} ... ok");
    }
}

/// A process has done its part, and nothing is left of the secrets, but perhaps of those that a dependency keeps: these,
/// by name. Whether that one's buffers were used again since is chance.
pub(crate) fn leaves(part: &str, folder: &Scratch, secrets: &[Secret], kept: &[&str]) {
    let agent = Agent::play(part, &folder.folder());
    let mut found = scan(agent.id(), secrets);
    found.retain(|found| !kept.contains(&found.name.as_str()));
    assert!(found.is_empty(), "{found:#?}");
}

/// The scanner finds what a careless program leaves.
fn kept() {
    let folder = Scratch::new();
    let secret = Secret::key("key", &random());
    folder.write("key", secret.bytes());
    let agent = Agent::play("control", &folder.folder());
    let found: BTreeSet<_> = scan(agent.id(), slice::from_ref(&secret)).iter().map(|found| found.form).collect();
    assert_eq!(found, secret.forms().iter().map(|form| form.name).collect());
    let other = Secret::key("another key", &random());
    assert!(scan(agent.id(), &[other]).is_empty());
}
