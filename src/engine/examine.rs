//! What a run needs of the project, without a run: only reads, and writes nothing.

use super::SharedSecrets;
use super::cloud::Cloud;
use crate::client::Client;
use domain::doctor::Report;
use domain::failure::Failure;
use domain::variable::Variables;

/// Makes all checks; without a client none can be made, which is what the report then says. It holds no secrets.
pub async fn examine(
    client: Result<Client, Failure>,
    secrets: &SharedSecrets,
    profile: &str,
    variables: &Variables,
) -> Report {
    let mut report = match client {
        Ok(client) => Cloud::new(&client, secrets, variables).examine(profile).await,
        Err(failure) => Report::unasked(&failure),
    };
    secrets.redact_report(&mut report);
    report
}
