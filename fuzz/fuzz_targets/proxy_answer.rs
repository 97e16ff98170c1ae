#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| defender_auth_properties::proxy_answer::check(data));
