//! Tokens of one choice of credentials: one look-up at a time, under a deadline, in a thread of its own, and only those of
//! the account that the run began with.

use super::google::{self, Opened};
use super::identity::{Identity, IdentitySource};
use super::impersonation::Impersonation;
use super::outside::Outside;
use super::place::{self, Place};
use super::source::{Fetched, UNKNOWN_LIFE};
use super::trouble::{FETCHING, failed, refused};
use super::way::Way;
use super::{Tokens, Wanted, command, environment, expected, owner};
use crate::client::auth::{Grant, Secret};
use crate::client::error::ClientError;
use crate::clock;
use domain::failure::FailureKind;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc::error::SendError;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;

/// Longer than any source may take by itself.
const DEADLINE: Duration = Duration::from_secs(40);

/// A token is not used to its last second: the call takes time too.
const MARGIN: Duration = Duration::from_secs(30);

/// Asks a thread of its own, so that whatever a source does holds up nothing but the tokens, and not the end of the
/// program.
pub(super) struct Lookup {
    wanted: Wanted,
    outside: Outside,
    known: Arc<Mutex<Known>>,
    thread: Mutex<Option<UnboundedSender<Question>>>,
}

/// What is known of the tokens so far.
#[derive(Default)]
struct Known {
    identity: Option<Identity>,
    pin: Pin,
}

/// Whose tokens may be used.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum Pin {
    /// Anybody's: no run has begun.
    #[default]
    Free,
    /// Those of the account that the next token has.
    Next,
    /// Those of this account.
    Account(String),
}

/// A token is wanted.
struct Question {
    /// The token that a server has rejected.
    rejected: Option<Secret>,
    answer: oneshot::Sender<Result<Grant, ClientError>>,
}

impl Lookup {
    pub(super) fn new(wanted: Wanted, outside: Outside) -> Self {
        Self {
            wanted,
            outside,
            known: Arc::default(),
            thread: Mutex::default(),
        }
    }

    pub(super) fn wanted(&self) -> &Wanted {
        &self.wanted
    }

    pub(super) fn outside(&self) -> &Outside {
        &self.outside
    }

    /// Whose they are, as far as that is known by now.
    pub(super) fn identity(&self) -> Identity {
        let known = lock(&self.known).identity.clone();
        known.unwrap_or_else(|| expected::identity(&self.wanted, &self.outside))
    }

    /// The account of the last token.
    pub(super) fn account(&self) -> Option<String> {
        lock(&self.known).identity.as_ref()?.account.clone()
    }

    /// From now on only tokens of this account are used; if none is named, of the next token's.
    pub(super) fn pin(&self, account: Option<String>) {
        lock(&self.known).pin = account.map_or(Pin::Next, Pin::Account);
    }

    pub(super) async fn token(&self) -> Result<Grant, ClientError> {
        self.ask(None).await
    }

    /// Another token than the rejected one, if there is one.
    pub(super) async fn renewed(&self, rejected: &Secret) -> Result<Grant, ClientError> {
        self.ask(Some(rejected.clone())).await
    }

    async fn ask(&self, rejected: Option<Secret>) -> Result<Grant, ClientError> {
        let (answer, answered) = oneshot::channel();
        self.send(Question { rejected, answer })
            .map_err(|error| failed(FailureKind::Unsent, FETCHING, &error.to_string()))?;
        match tokio::time::timeout(DEADLINE, answered).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) => Err(failed(FailureKind::Unsent, FETCHING, "the look-up broke down")),
            Err(_) => {
                let why = format!("there was no token within {} s", DEADLINE.as_secs());
                let error = failed(FailureKind::Unsent, FETCHING, &why);
                Err(error.with_hint("Check the network and the proxy; docs/network.md tells how."))
            }
        }
    }

    /// Hands the question to the thread. One that broke down is replaced.
    fn send(&self, question: Question) -> io::Result<()> {
        let mut thread = lock(&self.thread);
        let question = match &*thread {
            Some(questions) => match questions.send(question) {
                Ok(()) => return Ok(()),
                Err(SendError(question)) => question,
            },
            None => question,
        };
        let (questions, asked) = unbounded_channel();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let finder = Finder {
            wanted: self.wanted.clone(),
            outside: self.outside.clone(),
            known: self.known.clone(),
            way: None,
            place: None,
            opened: None,
            held: None,
        };
        std::thread::Builder::new()
            .name("tokens".into())
            .spawn(move || runtime.block_on(finder.answer_all(asked)))?;
        // The thread has only just begun to listen.
        let _ = questions.send(question);
        *thread = Some(questions);
        Ok(())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The source, once it is open, and its last token. One question is answered at a time, so that many tasks with an
/// expired token fetch one new token and not one each.
struct Finder {
    wanted: Wanted,
    outside: Outside,
    known: Arc<Mutex<Known>>,
    way: Option<Way>,
    /// Which of Google's sources it is, once one has worked.
    place: Option<Place>,
    opened: Option<Opened>,
    held: Option<Held>,
}

struct Held {
    grant: Grant,
    account: Option<String>,
    /// On this program's clock, which counts the sleep of the machine.
    until: Duration,
}

impl Finder {
    async fn answer_all(mut self, mut asked: UnboundedReceiver<Question>) {
        while let Some(mut question) = asked.recv().await {
            // After a look-up that took long there may be many that nobody waits for any more.
            if question.answer.is_closed() {
                continue;
            }
            let rejected = question.rejected.take();
            let outcome = tokio::select! {
                outcome = self.grant(rejected.as_ref()) => outcome,
                // Nobody waits any more: whatever runs for it ends.
                () = question.answer.closed() => continue,
            };
            let _ = question.answer.send(outcome);
        }
    }

    async fn grant(&mut self, rejected: Option<&Secret>) -> Result<Grant, ClientError> {
        if let Some(held) = &self.held {
            let is_rejected = rejected.is_some_and(|rejected| held.grant.token == *rejected);
            if !is_rejected && held.until > clock::elapsed() + MARGIN {
                self.admit(held.account.as_deref())?;
                return Ok(held.grant.clone());
            }
            if is_rejected {
                // Whatever it was made of may have been replaced by now.
                self.held = None;
                self.opened = None;
            }
        }
        let fetched = self.fetch().await;
        if fetched
            .as_ref()
            .is_err_and(|error| error.kind == FailureKind::Unauthorised)
        {
            self.opened = None;
        }
        let held = fetched?;
        self.admit(held.account.as_deref())?;
        let grant = held.grant.clone();
        self.held = Some(held);
        Ok(grant)
    }

    /// A token from the source, and whose it is.
    async fn fetch(&mut self) -> Result<Held, ClientError> {
        let way = match &self.way {
            Some(way) => way.clone(),
            None => self.way.insert(Way::new()?).clone(),
        };
        let way = &way;
        let opened = match &mut self.opened {
            Some(opened) => opened,
            none => {
                let (opened, place) = open(&self.wanted, &self.outside, self.place.as_ref(), way).await?;
                self.place = place;
                none.insert(opened)
            }
        };
        let mut fetched = match opened.first.take() {
            Some(first) => first,
            None => opened.source.fetch(way).await?,
        };
        if fetched.account.is_none() && !self.wanted.tokens.are_of_cdap() {
            self.known_owner(way, &mut fetched).await?;
        }
        let opened = self.opened.as_ref();
        let mut identity = opened.map_or_else(
            || Identity::of(IdentitySource::None),
            |opened| opened.identity.clone(),
        );
        identity.account = fetched.account.or(identity.account);
        let quota_project = [
            self.wanted.quota_project.clone(),
            self.outside.text("GOOGLE_CLOUD_QUOTA_PROJECT"),
            opened.and_then(|opened| opened.quota_project.clone()),
        ];
        let account = identity.account.clone();
        tracing::info!(%identity, "a token was fetched");
        lock(&self.known).identity = Some(identity);
        Ok(Held {
            grant: Grant {
                token: fetched.token,
                quota_project: quota_project.into_iter().flatten().next().map(Into::into),
            },
            account,
            until: clock::elapsed() + fetched.life.unwrap_or(UNKNOWN_LIFE),
        })
    }

    /// Asks Google whose the token is. Before the account of a run is known this may fail.
    async fn known_owner(&self, way: &Way, fetched: &mut Fetched) -> Result<(), ClientError> {
        match owner::ask(way, &fetched.token).await {
            Ok(owner) => {
                fetched.account = owner.account;
                fetched.life = fetched.life.or(owner.life);
                Ok(())
            }
            Err(error) if matches!(lock(&self.known).pin, Pin::Account(_)) => Err(error),
            Err(error) => {
                tracing::warn!(%error, "whose token it is is not known");
                Ok(())
            }
        }
    }

    /// Refuses the token of another account than the run's.
    fn admit(&self, account: Option<&str>) -> Result<(), ClientError> {
        let mut known = lock(&self.known);
        let other = match (&known.pin, account) {
            (Pin::Next, Some(account)) => {
                known.pin = Pin::Account(account.to_owned());
                return Ok(());
            }
            (Pin::Free | Pin::Next, _) => return Ok(()),
            (Pin::Account(pinned), Some(account)) if pinned == account => return Ok(()),
            (Pin::Account(pinned), other) => (pinned, other),
        };
        let (pinned, of) = (other.0, other.1.unwrap_or("an account that Google does not tell"));
        let why = format!("the token is of {of}, and this run has begun as {pinned}");
        Err(refused("using a token", &why).with_hint(format!(
            "Log in as {pinned} again: the run goes on as whom it has begun. A new run may begin as another account."
        )))
    }
}

/// Opens the source that the settings name.
async fn open(
    wanted: &Wanted,
    outside: &Outside,
    place: Option<&Place>,
    way: &Way,
) -> Result<(Opened, Option<Place>), ClientError> {
    let in_variable = |names| {
        let variable = environment::Variable::new(outside, names);
        let identity = Identity::in_variable(variable.name());
        Opened::new(Box::new(variable), identity)
    };
    let printed = |command: &Secret, setting| {
        let shell = command::Shell::new(command, setting);
        Opened::new(Box::new(shell), Identity::of(IdentitySource::Command))
    };
    let (mut opened, place) = match &wanted.tokens {
        Tokens::Google => {
            let found = || place::find(outside);
            let (opened, place) = google::open(&place.cloned().unwrap_or_else(found), outside, way).await?;
            (opened, Some(place))
        }
        Tokens::Command(command) => (printed(command, "token_command"), None),
        Tokens::CdapCommand(command) => (printed(command, "cdap_token_command"), None),
        Tokens::Environment => (in_variable(environment::GOOGLE), None),
        Tokens::CdapEnvironment => (in_variable(environment::CDAP), None),
        Tokens::Nowhere => return Err(refused(FETCHING, "no credentials are used")),
    };
    if let Some(account) = &wanted.impersonate {
        let quota_project = wanted
            .quota_project
            .as_deref()
            .or(opened.quota_project.as_deref());
        opened.source = Box::new(Impersonation::of(account, opened.source, quota_project)?);
        opened.identity = opened.identity.impersonating(account);
        // It was of whoever impersonates.
        opened.first = None;
    }
    Ok((opened, place))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_look_up_that_breaks_down_is_answered_and_the_next_one_begins_anew() {
        let lookup = Lookup::new(Wanted::default(), Outside::new(|_| None));
        // A thread that has ended: its channel is closed.
        let (gone, _) = unbounded_channel();
        *lock(&lookup.thread) = Some(gone);
        let (answer, answered) = oneshot::channel();
        drop(answered);
        let rejected = None;
        lookup.send(Question { rejected, answer }).unwrap();
        let thread = lock(&lookup.thread);
        assert!(thread.as_ref().is_some_and(|thread| !thread.is_closed()));
    }
}
