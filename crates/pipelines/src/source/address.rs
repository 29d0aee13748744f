//! The address of a real MySQL or `MariaDB`: `mysql://user[:password]@127.0.0.1[:port][/database]`.
//!
//! It contains the password, which `Debug` and `Display` leave out.

use percent_encoding::percent_decode_str;
use std::fmt;
use std::str::FromStr;
use url::{Host, Url};

/// The address of a database server, with its credentials.
#[derive(Clone, PartialEq, Eq)]
pub struct Address {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) user: String,
    pub(super) password: String,
    pub(super) database: String,
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            host,
            port,
            user,
            database,
            ..
        } = self;
        write!(f, "mysql://{user}@{host}:{port}/{database}")
    }
}

impl FromStr for Address {
    type Err = String;

    /// An error never repeats the text, which may contain a password.
    fn from_str(text: &str) -> Result<Self, String> {
        let form = "write it as mysql://user[:password]@127.0.0.1[:port][/database]";
        let url = Url::parse(text).map_err(|error| format!("{error}; {form}"))?;
        if url.scheme() != "mysql" {
            return Err(format!("the scheme is not mysql; {form}"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(format!("parameters are not supported; {form}"));
        }
        let host = match url.host() {
            Some(Host::Ipv6(address)) => address.to_string(),
            Some(host) => host.to_string(),
            None => return Err(format!("the host is missing; {form}")),
        };
        if url.username().is_empty() {
            return Err(format!("the user is missing; {form}"));
        }
        let plain = |part: &str| percent_decode_str(part).decode_utf8_lossy().into_owned();
        let database = plain(url.path().trim_start_matches('/'));
        if database.contains('/') {
            return Err(format!("the path has more than one database; {form}"));
        }
        Ok(Self {
            host,
            port: url.port().unwrap_or(3306),
            user: plain(url.username()),
            password: plain(url.password().unwrap_or_default()),
            database,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_parsed_and_its_password_never_shown() {
        let address: Address = "mysql://ro%40t:s3cr%2Fet@127.0.0.1:3307/hr".parse().unwrap();
        assert_eq!(
            (address.user.as_str(), address.password.as_str()),
            ("ro@t", "s3cr/et")
        );
        assert_eq!((address.port, address.database.as_str()), (3307, "hr"));
        for told in [format!("{address:?}"), format!("{address}")] {
            assert!(
                !told.contains("s3cr") && told.contains("127.0.0.1:3307/hr"),
                "{told}"
            );
        }
        let plain: Address = "mysql://root@localhost".parse().unwrap();
        assert_eq!(
            (plain.port, plain.database.as_str(), plain.password.as_str()),
            (3306, "", "")
        );
    }

    #[test]
    fn an_invalid_address_is_refused_without_repeating_it() {
        for text in [
            "postgres://a:pw@h/",
            "mysql://h/x",
            "nonsense pw",
            "mysql://a:pw@h/x/y",
            "mysql://a:pw@h/?x=1",
        ] {
            let error = text.parse::<Address>().unwrap_err();
            assert!(error.contains("mysql://user") && !error.contains("pw"), "{error}");
        }
    }
}
