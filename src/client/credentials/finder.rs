//! Asks the source of the tokens, one question at a time, and lets only those of the account through that the run began
//! with.

use super::google::{self, Opened};
use super::identity::{Identity, IdentitySource};
use super::impersonation::Impersonation;
use super::outside::Outside;
use super::place::{self, Place};
use super::source::{Fetched, UNKNOWN_LIFE};
use super::trouble::{FETCHING, refused};
use super::way::Way;
use super::{Tokens, Wanted, command, environment, owner};
use crate::client::auth::{Grant, Secret};
use crate::client::error::ClientError;
use crate::clock;
use domain::failure::FailureKind;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::oneshot;

/// A token is not used to its last second: the call takes time too.
const MARGIN: Duration = Duration::from_secs(30);

/// For so long a refusal is repeated without asking again: many tasks wait for a login, and each of them asks. Shorter
/// than the pause after a few refusals, so that nobody waits for long who has logged in again.
const REFUSED_FOR: Duration = Duration::from_secs(5);

/// What is known of the tokens so far.
#[derive(Default)]
pub(super) struct Known {
    /// Of the last token that might be used.
    pub(super) identity: Option<Identity>,
    pub(super) pin: Pin,
}

/// Whose tokens may be used.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Pin {
    /// Anybody's: no run has begun.
    #[default]
    Free,
    /// Those of the account that the next token has.
    Next,
    /// Those of this account.
    Account(String),
}

/// A token is wanted.
pub(super) struct Question {
    /// The token that a server has rejected.
    pub(super) rejected: Option<Secret>,
    pub(super) answer: oneshot::Sender<Result<Grant, ClientError>>,
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The source, once it is open, and its last token. One question is answered at a time, so that many tasks with an
/// expired token fetch one new token and not one each.
pub(super) struct Finder {
    wanted: Wanted,
    outside: Outside,
    known: Arc<Mutex<Known>>,
    way: Option<Way>,
    /// Which of Google's sources it is, once one has worked.
    place: Option<Place>,
    opened: Option<Opened>,
    held: Option<Held>,
    refusal: Option<Refusal>,
}

struct Held {
    grant: Grant,
    identity: Identity,
    /// On this program's clock, which counts the sleep of the machine.
    until: Duration,
}

/// Why there was no token the last time.
struct Refusal {
    error: ClientError,
    /// Whose tokens might be used then.
    pin: Pin,
    until: Duration,
}

impl Finder {
    pub(super) fn new(wanted: Wanted, outside: Outside, known: Arc<Mutex<Known>>) -> Self {
        Self {
            wanted,
            outside,
            known,
            way: None,
            place: None,
            opened: None,
            held: None,
            refusal: None,
        }
    }

    pub(super) async fn answer_all(mut self, mut asked: UnboundedReceiver<Question>) {
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
            let is_fresh = !is_rejected && held.until > clock::elapsed() + MARGIN;
            if is_fresh && self.admit(held.identity.account.as_deref()).is_ok() {
                return Ok(held.grant.clone());
            }
            if is_fresh || is_rejected {
                self.forget();
            }
        }
        if let Some(refusal) = &self.refusal
            && refusal.until > clock::elapsed()
            && refusal.pin == lock(&self.known).pin
        {
            return Err(refusal.error.clone());
        }
        let held = match self.fetch().await {
            Ok(held) => self.admit(held.identity.account.as_deref()).map(|()| held),
            Err(error) => Err(error),
        };
        match held {
            Ok(held) => {
                tracing::info!(identity = %held.identity, "a token was fetched");
                lock(&self.known).identity = Some(held.identity.clone());
                let grant = held.grant.clone();
                self.held = Some(held);
                Ok(grant)
            }
            Err(error) => {
                if matches!(error.kind, FailureKind::Unauthorised | FailureKind::Permanent) {
                    self.forget();
                    self.refusal = Some(Refusal {
                        error: error.clone(),
                        pin: lock(&self.known).pin.clone(),
                        until: clock::elapsed() + REFUSED_FOR,
                    });
                }
                Err(error)
            }
        }
    }

    /// Whatever the token was made of may have been replaced by now.
    fn forget(&mut self) {
        self.held = None;
        self.opened = None;
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
        let (mut identity, of_file) = (opened.identity.clone(), opened.quota_project.clone());
        if fetched.account.is_none() && !self.wanted.tokens.are_of_cdap() {
            self.known_owner(way, &mut fetched).await?;
        }
        identity.account = fetched.account.or(identity.account);
        let quota_project = [
            self.wanted.quota_project.clone(),
            self.outside.text("GOOGLE_CLOUD_QUOTA_PROJECT"),
            of_file,
        ];
        Ok(Held {
            grant: Grant {
                token: fetched.token,
                quota_project: quota_project.into_iter().flatten().next().map(Into::into),
            },
            identity,
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
