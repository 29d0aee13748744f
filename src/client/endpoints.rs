//! Where the services are: base addresses, checked once, and paths built from parts that cannot escape.
//!
//! `https` only, except on loopback, where the sandbox listens: `client/auth.rs` relies on it, so that no
//! token crosses a network in clear text.

use super::error::ClientError;
use domain::failure::FailureKind;
use domain::service::Service;
use std::fmt;
use url::{Host, Origin, Url};

/// The base address of a service.
#[derive(Clone, PartialEq, Eq)]
pub struct Endpoint {
    base: Url,
    service: Service,
}

impl Endpoint {
    /// Checks an address: `https://host[/path]`, or `http` on loopback; no user, query or fragment.
    ///
    /// # Errors
    /// Permanent, saying what is wrong with it.
    pub fn parse(service: Service, text: &str) -> Result<Self, ClientError> {
        let text = text.trim();
        let refuse = |why: String| {
            Err(
                ClientError::new(FailureKind::Permanent, service, "using its endpoint", why).with_hint(
                    "Give an address such as https://host, or http://127.0.0.1:PORT for the sandbox.",
                ),
            )
        };
        let base = match Url::parse(text) {
            Ok(base) => base,
            Err(error) => return refuse(format!("'{text}' is not an address: {error}")),
        };
        if !base.username().is_empty() || base.password().is_some() {
            // The address itself may hold a password; it is not repeated.
            return refuse("an address must not hold a user or a password".to_owned());
        }
        if base.query().is_some() || base.fragment().is_some() {
            return refuse(format!("'{text}' has a query or a fragment"));
        }
        match base.scheme() {
            "https" if base.has_host() => Ok(Self { base, service }),
            "http" if is_loopback(&base) => Ok(Self { base, service }),
            "http" => refuse(format!("'{text}' is not encrypted, and not on this machine")),
            scheme => refuse(format!("'{scheme}' is not a scheme to use")),
        }
    }

    /// The address, as for a link.
    pub fn as_str(&self) -> &str {
        self.base.as_str()
    }

    /// Scheme, host and port.
    pub(in crate::client) fn origin(&self) -> Origin {
        self.base.origin()
    }

    /// The address of something below the base; each part becomes one encoded path segment.
    pub(in crate::client) fn join(&self, parts: &[&str]) -> Result<Url, ClientError> {
        let refuse =
            |why: String| ClientError::new(FailureKind::Permanent, self.service, "addressing it", why);
        if let Some(part) = parts.iter().find(|part| matches!(**part, "" | "." | "..")) {
            // `.` and `..` name another path, however they are encoded.
            return Err(refuse(format!("'{part}' cannot be a name")));
        }
        let mut url = self.base.clone();
        url.path_segments_mut()
            .map_err(|()| refuse("its endpoint takes no path".to_owned()))?
            .pop_if_empty()
            .extend(parts);
        Ok(url)
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Endpoint({})", self.base)
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.base.as_str().trim_end_matches('/'))
    }
}

/// Whether an address is on this machine, by the address alone and without asking DNS.
pub(in crate::client) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// The base addresses of all services.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoints {
    /// `https://datafusion.googleapis.com`; `v1/...` is appended.
    pub data_fusion: Endpoint,
    /// `https://bigquery.googleapis.com`; `bigquery/v2/...` is appended.
    pub bigquery: Endpoint,
    /// A CDAP to use instead of the instance's own; `v3/...` is appended.
    pub cdap: Option<Endpoint>,
    /// `https://serviceusage.googleapis.com`; `v1/...` is appended.
    pub services: Endpoint,
    /// `https://cloudresourcemanager.googleapis.com`; `v3/...` is appended.
    pub projects: Endpoint,
    /// `https://iam.googleapis.com`; `v1/...` is appended.
    pub accounts: Endpoint,
    /// `https://storage.googleapis.com`; `storage/v1/...` is appended.
    pub storage: Endpoint,
    /// `https://compute.googleapis.com`; `compute/v1/...` is appended.
    pub compute: Endpoint,
    /// `https://sqladmin.googleapis.com`; `v1/...` is appended.
    pub databases: Endpoint,
}

impl Endpoints {
    /// Checks a set of addresses. The other services are Google's own, unless Data Fusion is on this machine: then they
    /// are there too, so that what is meant for a sandbox never reaches a real project.
    ///
    /// # Errors
    /// Permanent, for the first that cannot be used.
    pub fn parse(data_fusion: &str, bigquery: &str, cdap: Option<&str>) -> Result<Self, ClientError> {
        let data_fusion = Endpoint::parse(Service::DataFusion, data_fusion)?;
        let other = |service, google: &str| {
            let local = is_loopback(&data_fusion.base).then_some(data_fusion.as_str());
            Endpoint::parse(service, local.unwrap_or(google))
        };
        Ok(Self {
            services: other(Service::ServiceUsage, "https://serviceusage.googleapis.com")?,
            projects: other(
                Service::ResourceManager,
                "https://cloudresourcemanager.googleapis.com",
            )?,
            accounts: other(Service::Iam, "https://iam.googleapis.com")?,
            storage: other(Service::Storage, "https://storage.googleapis.com")?,
            compute: other(Service::Compute, "https://compute.googleapis.com")?,
            databases: other(Service::CloudSql, "https://sqladmin.googleapis.com")?,
            data_fusion,
            bigquery: Endpoint::parse(Service::BigQuery, bigquery)?,
            cdap: cdap
                .map(|text| Endpoint::parse(Service::Cdap, text))
                .transpose()?,
        })
    }

    /// The same with another address for a service; without a text nothing changes.
    ///
    /// # Errors
    /// Permanent, when it cannot be used.
    pub fn with(mut self, service: Service, text: Option<&str>) -> Result<Self, ClientError> {
        let Some(endpoint) = text.map(|text| Endpoint::parse(service, text)).transpose()? else {
            return Ok(self);
        };
        match service {
            Service::DataFusion => self.data_fusion = endpoint,
            Service::BigQuery => self.bigquery = endpoint,
            Service::Cdap => self.cdap = Some(endpoint),
            Service::ServiceUsage => self.services = endpoint,
            Service::ResourceManager => self.projects = endpoint,
            Service::Iam => self.accounts = endpoint,
            Service::Storage => self.storage = endpoint,
            Service::Compute => self.compute = endpoint,
            Service::CloudSql => self.databases = endpoint,
            // Its addresses come from the credentials themselves.
            Service::Credentials => {}
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_encrypted_or_local_addresses_are_taken() {
        for (text, good) in [
            ("https://x-dot-usw1.datafusion.googleusercontent.com/api", true),
            ("http://127.0.0.1:11015", true),
            ("http://[::1]:1/api", true),
            ("http://localhost:1", true),
            ("http://10.0.0.1:11015", false),
            ("http://127.0.0.1.evil.example", false),
            ("http://localhost.evil.example", false),
            ("https://user:secret@host", false),
            ("https://host/?a=b", false),
            ("ftp://host", false),
            ("host:80", false),
            ("", false),
        ] {
            let parsed = Endpoint::parse(Service::Cdap, text);
            assert_eq!(parsed.is_ok(), good, "{text}: {parsed:?}");
            if let Err(error) = parsed {
                assert!(!format!("{error:?} {error}").contains("secret"));
            }
        }
    }

    #[test]
    fn what_is_not_named_is_googles_or_beside_a_data_fusion_of_this_machine() {
        let google =
            Endpoints::parse("https://datafusion.googleapis.com", "https://b.example", None).unwrap();
        assert_eq!(google.storage.as_str(), "https://storage.googleapis.com/");
        let local = Endpoints::parse("http://127.0.0.1:1", "http://127.0.0.1:1", None).unwrap();
        let others = [&local.services, &local.projects, &local.accounts, &local.storage];
        assert!(others.iter().all(|other| other.as_str() == "http://127.0.0.1:1/"));
        let other = local.with(Service::Iam, Some("http://127.0.0.1:2")).unwrap();
        assert_eq!(other.accounts.as_str(), "http://127.0.0.1:2/");
    }

    #[test]
    fn parts_stay_parts() {
        let base = Endpoint::parse(Service::Cdap, "https://host/api").unwrap();
        for (part, path) in [
            ("plain", "/api/v3/plain"),
            ("a/b?c#d e%2f", "/api/v3/a%2Fb%3Fc%23d%20e%252f"),
            ("ä\\", "/api/v3/%C3%A4%5C"),
        ] {
            assert_eq!(base.join(&["v3", part]).unwrap().path(), path);
        }
        for part in ["", ".", ".."] {
            assert!(base.join(&["v3", part]).is_err(), "{part:?}");
        }
        let rooted = Endpoint::parse(Service::Cdap, "https://host/").unwrap();
        assert_eq!(rooted.join(&["v3"]).unwrap().path(), "/v3");
    }
}
