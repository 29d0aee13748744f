//! The built program before Google's own host names, over TLS with a certificate authority of its own, through a proxy:
//! which way its calls take, and as whom it makes them while a run goes on. What was called is counted on the other side.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test ends where it breaks")]

#[path = "support/google.rs"]
#[expect(
    dead_code,
    reason = "the other kinds of credentials are tested beside the client"
)]
mod google;
#[path = "support/home.rs"]
#[expect(dead_code, reason = "each test binary uses a part of it")]
mod home;
#[path = "support/server.rs"]
#[expect(dead_code, reason = "each test binary uses a part of it")]
mod server;

#[path = "google/account.rs"]
mod account;
#[path = "google/lab.rs"]
mod lab;
#[path = "google/way.rs"]
mod way;
