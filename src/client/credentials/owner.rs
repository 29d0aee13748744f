//! Whose a token is, where its source does not say so: Google is asked. Of Google's own tokens only.

use super::source::seconds;
use super::way::Way;
use crate::client::auth::Secret;
use crate::client::error::ClientError;
use serde_json::Value;
use std::time::Duration;
use url::Url;

const SERVER: &str = "https://oauth2.googleapis.com/tokeninfo";

const ASKING: &str = "asking whose token it is";

/// Some networks let only the three services through.
const LIMIT: Duration = Duration::from_secs(5);

/// What Google says of a token.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Owner {
    /// An address, or the number of a service account whose token does not show its address.
    pub(super) account: Option<String>,
    /// How long it is still good.
    pub(super) life: Option<Duration>,
}

/// Asks. A token that this server does not know, as those of federation, has an unknown owner.
pub(super) async fn ask(way: &Way, token: &Secret) -> Result<Owner, ClientError> {
    let Ok(server) = Url::parse(SERVER) else {
        return Ok(Owner::default());
    };
    let fields = [("access_token", token.expose())];
    let asked = way.post(ASKING, server, &fields);
    match tokio::time::timeout(LIMIT, asked).await {
        Ok(Ok(answer)) => Ok(read(&answer)),
        Ok(Err(error)) if error.service_status() == Some(400) => Ok(Owner::default()),
        Ok(Err(error)) => Err(error),
        Err(_) => Err(super::trouble::silent(ASKING, LIMIT)),
    }
}

fn read(answer: &Value) -> Owner {
    let text = |name: &str| answer[name].as_str().filter(|text| !text.is_empty());
    // `azp` of a person's token is the program that asked for it, and the same for everybody.
    let number = text("azp").filter(|id| id.chars().all(|c| c.is_ascii_digit()));
    Owner {
        account: text("email").or(text("sub")).or(number).map(str::to_owned),
        life: seconds(&answer["expires_in"]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_owner_is_an_address_or_a_number_that_no_two_share() {
        for (answer, account) in [
            (
                json!({"azp": "1-a.apps.googleusercontent.com", "sub": "7", "email": "ann@example.com"}),
                Some("ann@example.com"),
            ),
            (
                json!({"azp": "1-a.apps.googleusercontent.com", "sub": "7"}),
                Some("7"),
            ),
            (json!({"azp": "117"}), Some("117")),
            (json!({"azp": "1-a.apps.googleusercontent.com"}), None),
        ] {
            assert_eq!(read(&answer).account.as_deref(), account, "{answer}");
        }
        assert_eq!(
            read(&json!({"expires_in": "12"})).life,
            Some(Duration::from_secs(12))
        );
    }
}
