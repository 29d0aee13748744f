//! Keeps the requests of pipelines on this machine.
//!
//! A pipeline comes from whoever can deploy one, and an address in it may be that of a server that only this machine
//! reaches. So the addresses that are really connected to are looked at: those that a name resolves to, and those of
//! redirects.

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::{Action, Attempt};
use std::net::{IpAddr, SocketAddr};
use url::{Host, Url};

/// How many redirects are followed, as by default.
const MAX_REDIRECTS: usize = 10;

/// Resolves names to addresses of this machine.
pub(super) struct LoopbackNames;

impl Resolve for LoopbackNames {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let found: Vec<SocketAddr> = found.collect();
            if let Some(foreign) = found.iter().find(|address| !is_loopback(address.ip())) {
                return Err(refusal(&format!("{} ({})", name.as_str(), foreign.ip())).into());
            }
            let found: Addrs = Box::new(found.into_iter());
            Ok(found)
        })
    }
}

/// Checks an address that is no name: only names are resolved.
///
/// # Errors
/// The refusal of an address of another machine.
pub(super) fn check(url: &Url) -> Result<(), String> {
    let address = match url.host() {
        Some(Host::Ipv4(address)) => IpAddr::V4(address),
        Some(Host::Ipv6(address)) => IpAddr::V6(address),
        Some(Host::Domain(_)) | None => return Ok(()),
    };
    if is_loopback(address) {
        return Ok(());
    }
    Err(refusal(&address.to_string()))
}

/// Follows a redirect on this machine.
pub(super) fn redirect(attempt: Attempt<'_>) -> Action {
    if attempt.previous().len() > MAX_REDIRECTS {
        return attempt.error("too many redirects");
    }
    match check(attempt.url()) {
        Ok(()) => attempt.follow(),
        Err(text) => attempt.error(text),
    }
}

/// Whether an address is of this machine, also if it is an IPv4 address in the form of an IPv6 one.
fn is_loopback(address: IpAddr) -> bool {
    address.to_canonical().is_loopback()
}

fn refusal(host: &str) -> String {
    format!("{host} is not this machine: the sandbox reaches others only with --allow-network")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_other_machines_are_refused_in_every_notation() {
        for (address, host) in [
            ("http://10.0.0.1/", "10.0.0.1"),
            ("http://167772161/", "10.0.0.1"),
            ("http://0xa.1/", "10.0.0.1"),
            ("http://0/", "0.0.0.0"),
            ("http://[::ffff:10.0.0.1]/", "::ffff:10.0.0.1"),
            ("http://[::]/", "::"),
            ("http://169.254.169.254/", "169.254.169.254"),
        ] {
            assert_eq!(
                check(&Url::parse(address).unwrap()),
                Err(refusal(host)),
                "{address}"
            );
        }
        for address in [
            "http://127.0.0.1/",
            "http://127.8.8.8/",
            "http://2130706433/",
            "http://[::1]/",
            "http://[::ffff:127.0.0.1]/",
            "http://example.com/",
        ] {
            assert_eq!(check(&Url::parse(address).unwrap()), Ok(()), "{address}");
        }
    }

    #[test]
    fn names_of_other_machines_are_refused_after_they_are_resolved() {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let resolve = |name: &str| runtime.block_on(LoopbackNames.resolve(name.parse().unwrap()));
        assert!(
            resolve("localhost")
                .unwrap()
                .all(|address| is_loopback(address.ip()))
        );
        // A notation that the system's resolver knows, and no name server is asked for.
        let Err(error) = resolve("10.1") else {
            panic!("10.1 was resolved");
        };
        assert_eq!(error.to_string(), refusal("10.1 (10.0.0.1)"));
    }
}
