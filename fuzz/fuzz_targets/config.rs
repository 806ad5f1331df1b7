#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| quizloop::fuzzing::run("config", bytes));
