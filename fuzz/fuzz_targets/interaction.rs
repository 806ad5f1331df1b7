#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| quizloop::trials::run("interaction", bytes));
