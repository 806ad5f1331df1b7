# Shortcuts for the everyday commands. Each prints the plain command that it runs; CONTRIBUTING.md
# lists them too, so nobody needs `just`.

# Lists the recipes.
default:
    @just --list

# Runs all tests. What the machine lacks is skipped, and the tests say so.
test *ARGS:
    cargo test {{ ARGS }}

# Runs the integration tests whose path contains NAME: just one streaks::
one NAME *ARGS:
    cargo test --test it -- {{ NAME }} {{ ARGS }}

# Runs the tests of one crate: just crate quizloop-core
crate NAME *ARGS:
    cargo test -p {{ NAME }} {{ ARGS }}

# Checks formatting and lints, as .ci/run does.
lint:
    cargo fmt --check
    cargo clippy --locked --all-targets -- -D warnings
    cargo clippy --locked --no-default-features -- -D warnings

# Formats the code.
fmt:
    cargo fmt

# Starts the bot in a simulated Discord: http://127.0.0.1:8420
sandbox *ARGS:
    cargo run -- sandbox {{ ARGS }}

# Accepts changed snapshots. Read the diff afterwards.
snapshots *ARGS:
    cargo insta test --workspace --accept {{ ARGS }}
    git diff --stat

# Builds the documentation of all items, private ones included.
doc:
    RUSTDOCFLAGS="-D warnings" cargo doc --locked --no-deps --document-private-items

# Runs one benchmark: bot, chart, core, database, memory or store.
bench NAME:
    cargo bench --bench {{ NAME }}

# Runs every check that must pass before a change is merged.
check-all:
    .ci/run
