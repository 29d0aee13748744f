//! Tokens from `gcp_auth`: one look-up at a time, under a deadline, with errors that say what to do.
//!
//! `gcp_auth` cannot drop a token that a server has rejected, so the whole provider is made anew.

use super::Secret;
use crate::client::error::ClientError;
use domain::cause;
use domain::failure::FailureKind;
use domain::service::Service;
use gcp_auth::TokenProvider;
use std::error::Error as _;
use std::fmt::Write as _;
use std::future::Future;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc::error::SendError;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;

/// One scope for all three services.
const SCOPES: &[&str] = &["https://www.googleapis.com/auth/cloud-platform"];

/// What is done, in the words of an error.
const FETCHING: &str = "fetching a token";

/// `gcp_auth` itself waits for ever on a network that drops packets.
const DEADLINE: Duration = Duration::from_secs(25);

/// Asks a thread of its own, because `gcp_auth` blocks its thread while it runs gcloud: one that hangs must hold up
/// nothing but the tokens, and not the end of the program.
#[derive(Default)]
pub(super) struct Google(Mutex<Option<UnboundedSender<Question>>>);

/// A token is wanted.
struct Question {
    /// The token that a server has rejected.
    rejected: Option<Secret>,
    answer: oneshot::Sender<Result<Secret, ClientError>>,
}

impl Google {
    pub(super) async fn token(&self) -> Result<Secret, ClientError> {
        self.ask(None).await
    }

    /// A token other than the rejected one, if another task has not fetched it in the meantime.
    pub(super) async fn renewed(&self, rejected: &Secret) -> Result<Secret, ClientError> {
        self.ask(Some(rejected.clone())).await
    }

    async fn ask(&self, rejected: Option<Secret>) -> Result<Secret, ClientError> {
        let (answer, answered) = oneshot::channel();
        self.send(Question { rejected, answer })
            .map_err(|error| failed(FailureKind::Unsent, FETCHING, &error.to_string()))?;
        match tokio::time::timeout(DEADLINE, answered).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) => Err(failed(FailureKind::Unsent, FETCHING, "the look-up broke down")),
            Err(_) => Err(too_late(FETCHING)),
        }
    }

    /// Hands the question to the thread. One that broke down is replaced.
    fn send(&self, question: Question) -> io::Result<()> {
        let mut thread = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let question = match &*thread {
            Some(questions) => match questions.send(question) {
                Ok(()) => return Ok(()),
                Err(SendError(question)) => question,
            },
            None => question,
        };
        Self::begin(&mut thread, question)
    }

    fn begin(thread: &mut Option<UnboundedSender<Question>>, question: Question) -> io::Result<()> {
        let (questions, asked) = unbounded_channel();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        std::thread::Builder::new()
            .name("tokens".into())
            .spawn(move || runtime.block_on(Found::default().answer_all(asked)))?;
        // The thread has only just begun to listen.
        let _ = questions.send(question);
        *thread = Some(questions);
        Ok(())
    }
}

/// The provider, once it is found. One question is answered at a time, so that many tasks with an expired token
/// fetch one new token and not one each.
#[derive(Default)]
struct Found(Option<Arc<dyn TokenProvider>>);

impl Found {
    async fn answer_all(mut self, mut asked: UnboundedReceiver<Question>) {
        while let Some(question) = asked.recv().await {
            // After a look-up that took long there may be many that nobody waits for any more.
            if question.answer.is_closed() {
                continue;
            }
            let outcome = match &question.rejected {
                Some(rejected) => self.renewed(rejected).await,
                None => self.token().await,
            };
            let _ = question.answer.send(outcome);
        }
    }

    async fn renewed(&mut self, rejected: &Secret) -> Result<Secret, ClientError> {
        if self.0.is_some() {
            let current = self.token().await?;
            if current != *rejected {
                return Ok(current);
            }
        }
        self.0 = None;
        self.token().await
    }

    async fn token(&mut self) -> Result<Secret, ClientError> {
        let found = if let Some(provider) = &self.0 {
            provider.clone()
        } else {
            let provider = with_deadline("finding an identity", gcp_auth::provider()).await?;
            self.0.insert(provider).clone()
        };
        let token = with_deadline(FETCHING, found.token(SCOPES)).await?;
        Ok(Secret::new(token.as_str()))
    }
}

async fn with_deadline<T>(
    operation: &str,
    work: impl Future<Output = Result<T, gcp_auth::Error>>,
) -> Result<T, ClientError> {
    match tokio::time::timeout(DEADLINE, work).await {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => {
            let is_down = is_refusal(&error) && is_down(&super::identity::token_server()).await;
            Err(from_gcp_auth(operation, &error, is_down))
        }
        Err(_) => Err(too_late(operation)),
    }
}

fn too_late(operation: &str) -> ClientError {
    let why = format!("there was no answer within {} s", DEADLINE.as_secs());
    failed(FailureKind::Unsent, operation, &why)
        .with_hint("Check the network and the proxy, and whether 'gcloud auth print-access-token' ends.")
}

fn failed(kind: FailureKind, operation: &str, why: &str) -> ClientError {
    ClientError::new(kind, Service::Credentials, operation, why)
}

/// Whether a token server answered, and not with a token. `gcp_auth` does not tell whether the identity was refused
/// or the server is in trouble.
fn is_refusal(error: &gcp_auth::Error) -> bool {
    match error {
        gcp_auth::Error::NoAuthMethod(_, _, user_file) => is_refusal(user_file),
        gcp_auth::Error::Str(text) => *text == "token request failed",
        _ => false,
    }
}

/// Whether the way to the token server was broken.
fn is_broken_way(error: &gcp_auth::Error) -> bool {
    match error {
        // With a login in a file, the others are only tried because its token could not be fetched.
        gcp_auth::Error::NoAuthMethod(_, _, user_file) => is_broken_way(user_file),
        gcp_auth::Error::Http(..) | gcp_auth::Error::Other(..) => true,
        _ => false,
    }
}

/// Whether a token server is in trouble: an empty request, which a sound one refuses, is not answered or answered
/// with 5xx or 429.
async fn is_down(address: &str) -> bool {
    // reqwest panics without a provider; a second install changes nothing.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder()
        .timeout(Duration::from_secs(10))
        .build();
    let Ok(client) = client else { return false };
    match client.post(address).send().await {
        Ok(answer) => answer.status().is_server_error() || answer.status().as_u16() == 429,
        Err(_) => true,
    }
}

fn from_gcp_auth(operation: &str, error: &gcp_auth::Error, is_down: bool) -> ClientError {
    let why = match error {
        gcp_auth::Error::NoAuthMethod(gcloud, metadata, user_file) => format!(
            "no identity was found (user file: {}; metadata server: {}; gcloud: {})",
            with_causes(user_file),
            with_causes(metadata),
            with_causes(gcloud)
        ),
        other => with_causes(other),
    };
    if let Some(cause) = cause::named(None, &why) {
        return failed(cause.kind, operation, &why); // Its remedy is the table's.
    }
    // The server or the way to it failed, not the identity.
    if is_down || is_broken_way(error) {
        let hint =
            "Try again; if it lasts, check the network, the proxy and the status page of Google Cloud.";
        return failed(FailureKind::Transient, operation, &why).with_hint(hint);
    }
    let kind = FailureKind::Unauthorised;
    failed(kind, operation, &why).with_hint(
        "Run 'gcloud auth application-default login', or point GOOGLE_APPLICATION_CREDENTIALS at a service \
         account's key file. Impersonated and federated identity files are not understood.",
    )
}

fn with_causes(error: &gcp_auth::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let said = cause.to_string();
        if !text.contains(&said) {
            let _ = write!(text, ": {said}");
        }
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::testing::{Script, Step};
    use gcp_auth::Error;

    struct Counted(std::sync::atomic::AtomicU32);

    #[async_trait::async_trait]
    impl TokenProvider for Counted {
        async fn token(&self, _: &[&str]) -> Result<Arc<gcp_auth::Token>, Error> {
            let number = self.0.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            let token = serde_json::json!({"access_token": format!("t{number}"), "expires_in": 3600});
            Ok(Arc::new(serde_json::from_value(token).unwrap()))
        }

        async fn project_id(&self) -> Result<Arc<str>, Error> {
            Err(Error::Str("none"))
        }
    }

    #[test]
    fn all_that_was_tried_is_told() {
        let io = |text: &str| io::Error::other(text.to_owned());
        let error = Error::NoAuthMethod(
            Box::new(Error::Io("failed to run `gcloud`", io("No such file"))),
            Box::new(Error::Str("HTTP request failed")),
            Box::new(Error::Io("failed to open file", io("denied"))),
        );
        let error = from_gcp_auth("finding an identity", &error, false);
        assert_eq!(error.kind, FailureKind::Unauthorised);
        for part in ["No such file", "HTTP request failed", "denied"] {
            assert!(error.to_string().contains(part), "{error}");
        }
        assert!(error.hint().contains("gcloud auth application-default login"));
    }

    #[test]
    fn a_broken_way_is_no_missing_identity() {
        let error = Error::Other("HTTP request failed", "connection refused".into());
        let error = from_gcp_auth("fetching a token", &error, false);
        assert_eq!(error.kind, FailureKind::Transient);
        assert!(error.text().contains("connection refused"), "{error}");
        let untrusted = "client error (Connect): invalid peer certificate: UnknownIssuer";
        let error = from_gcp_auth(
            "fetching a token",
            &Error::Other("HTTP request failed", untrusted.into()),
            false,
        );
        assert_eq!(error.kind, FailureKind::Permanent);
        assert!(error.hint().contains("SSL_CERT_FILE"), "{}", error.hint());
    }

    #[test]
    fn a_login_whose_token_server_cannot_be_reached_is_not_a_missing_identity() {
        let no_method = |user_file| {
            Error::NoAuthMethod(
                Box::new(Error::Str("gcloud")),
                Box::new(Error::Other("HTTP request failed", "no route".into())),
                Box::new(user_file),
            )
        };
        let kind = |error, is_down| from_gcp_auth("finding an identity", &error, is_down).kind;
        let broken = || Error::Other("HTTP request failed", "connection refused".into());
        let refused = || Error::Str("token request failed");
        assert_eq!(kind(no_method(broken()), false), FailureKind::Transient);
        assert_eq!(kind(no_method(refused()), false), FailureKind::Unauthorised);
        assert_eq!(kind(no_method(refused()), true), FailureKind::Transient);
        assert!(is_refusal(&no_method(refused())) && is_refusal(&refused()) && !is_refusal(&broken()));
        let no_file = Error::Io("failed to open", io::Error::other("none"));
        assert_eq!(kind(no_method(no_file), false), FailureKind::Unauthorised);
    }

    #[tokio::test]
    async fn a_token_server_in_trouble_is_told_from_one_that_refuses() {
        let script = Script::serve([503, 429, 400, 401].map(|status| Step::Say(status, "{}".into()))).await;
        for is_in_trouble in [true, true, false, false] {
            assert_eq!(is_down(&script.address).await, is_in_trouble);
        }
        let closed = std::net::TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap();
        assert!(is_down(&format!("http://{closed}/")).await);
    }

    #[tokio::test]
    async fn a_token_that_was_replaced_already_is_not_replaced_again() {
        let provider: Arc<dyn TokenProvider> = Arc::new(Counted(std::sync::atomic::AtomicU32::new(7)));
        let mut found = Found(Some(provider));
        let token = found.renewed(&Secret::new("t6")).await.unwrap();
        assert_eq!(token.expose(), "t7");
    }

    #[tokio::test]
    async fn a_look_up_that_breaks_down_is_answered_and_the_next_one_begins_anew() {
        let google = Google::default();
        // A thread that has ended: its channel is closed.
        let (gone, _) = unbounded_channel();
        *google.0.lock().unwrap() = Some(gone);
        let (answer, answered) = oneshot::channel();
        drop(answered);
        let rejected = None;
        google.send(Question { rejected, answer }).unwrap();
        assert!(
            google
                .0
                .lock()
                .unwrap()
                .as_ref()
                .is_some_and(|thread| !thread.is_closed())
        );
    }
}
