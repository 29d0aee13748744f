//! What was said above the footer: what is still unread, newest first, and what was said before, also in earlier
//! sessions.

use crate::tui::theme::Meaning;
use domain::time::Timestamp;
use std::collections::VecDeque;

/// How many are kept; the journal has all that matter.
const KEPT: usize = 200;

/// A message in the line above the footer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// When it was shown first.
    pub at: Timestamp,
    /// How it is coloured.
    pub meaning: Meaning,
    /// One sentence or two.
    pub text: String,
    /// Whether the next key hides it: it only replies to a key.
    pub is_transient: bool,
}

/// How grave a notice is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum NoticeLevel {
    /// Worth knowing.
    #[default]
    Note,
    /// Look at this.
    Warning,
    /// Something failed.
    Error,
}

impl NoticeLevel {
    /// In a word, on the screen and in the file.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }

    /// The level of a word; one that is not known is a note.
    pub fn from_word(word: &str) -> Self {
        let known = [Self::Note, Self::Warning, Self::Error];
        known
            .into_iter()
            .find(|level| level.word() == word)
            .unwrap_or_default()
    }

    /// How notices of this level are coloured that come from a file.
    pub const fn meaning(self) -> Meaning {
        match self {
            Self::Note => Meaning::Waiting,
            Self::Warning => Meaning::Warning,
            Self::Error => Meaning::Danger,
        }
    }

    /// The one after it, for a filter; after the gravest come all again.
    #[must_use]
    pub const fn next(self) -> Self {
        match self {
            Self::Note => Self::Warning,
            Self::Warning => Self::Error,
            Self::Error => Self::Note,
        }
    }
}

impl Notice {
    /// How grave it is.
    pub const fn level(&self) -> NoticeLevel {
        match self.meaning {
            Meaning::Danger => NoticeLevel::Error,
            Meaning::Warning => NoticeLevel::Warning,
            _ => NoticeLevel::Note,
        }
    }
}

/// All notices, the newest last.
#[derive(Clone, Debug, Default)]
pub struct Notices {
    all: VecDeque<Kept>,
    /// The least level that the list shows.
    pub least: NoticeLevel,
}

#[derive(Clone, Debug)]
struct Kept {
    notice: Notice,
    is_read: bool,
    is_in_file: bool,
}

impl Kept {
    const fn new(notice: Notice) -> Self {
        Self {
            notice,
            is_read: false,
            is_in_file: false,
        }
    }
}

impl Notices {
    /// Those of earlier sessions; they are read and in the file.
    pub fn of_earlier(notices: impl IntoIterator<Item = Notice>) -> Self {
        let mut all: VecDeque<_> = notices
            .into_iter()
            .map(|notice| Kept {
                notice,
                is_read: true,
                is_in_file: true,
            })
            .collect();
        all.drain(..all.len().saturating_sub(KEPT));
        Self {
            all,
            ..Self::default()
        }
    }

    /// Says something. What only replied to a key is gone then.
    pub fn push(&mut self, notice: Notice) {
        self.all.retain(|kept| !kept.notice.is_transient);
        if self.all.len() >= KEPT {
            self.all.pop_front();
        }
        self.all.push_back(Kept::new(notice));
    }

    /// Says something that can wait: it is shown once all others are read.
    pub fn push_behind(&mut self, notice: Notice) {
        let place = self.all.iter().position(|kept| !kept.is_read);
        let place = place.unwrap_or(self.all.len());
        self.all.insert(place, Kept::new(notice));
    }

    /// The newest that nobody has read.
    pub fn shown(&self) -> Option<&Notice> {
        let unread = self.all.iter().rev().find(|kept| !kept.is_read)?;
        Some(&unread.notice)
    }

    /// How many others nobody has read.
    pub fn others(&self) -> usize {
        let unread = self.all.iter().filter(|kept| !kept.is_read).count();
        unread.saturating_sub(1)
    }

    /// The shown one is read: the one before it is shown, if nobody has read that.
    pub fn hide(&mut self) {
        if let Some(shown) = self.all.iter_mut().rev().find(|kept| !kept.is_read) {
            shown.is_read = true;
        }
        self.all.retain(|kept| !kept.notice.is_transient || !kept.is_read);
    }

    /// All are read.
    pub fn read_all(&mut self) {
        self.all.iter_mut().for_each(|kept| kept.is_read = true);
    }

    /// What is said at each start is not written down each time.
    pub fn keep_out_of_file(&mut self) {
        self.all.iter_mut().for_each(|kept| kept.is_in_file = true);
    }

    /// Those that the file does not have yet; from now on it has them.
    pub fn take_new(&mut self) -> Vec<Notice> {
        let is_new = |kept: &&mut Kept| !kept.is_in_file && !kept.notice.is_transient;
        let new = self.all.iter_mut().filter(is_new).map(|kept| {
            kept.is_in_file = true;
            kept.notice.clone()
        });
        new.collect()
    }

    /// All, the oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Notice> {
        self.all.iter().map(|kept| &kept.notice)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notice(text: &str, is_transient: bool) -> Notice {
        Notice {
            at: Timestamp::default(),
            meaning: Meaning::Warning,
            text: text.into(),
            is_transient,
        }
    }

    fn shown(notices: &Notices) -> Option<&str> {
        notices.shown().map(|notice| notice.text.as_str())
    }

    #[test]
    fn each_is_shown_until_it_is_hidden_the_newest_first() {
        let mut notices = Notices::of_earlier([notice("of yesterday", false)]);
        assert_eq!(shown(&notices), None, "it was read");
        for text in ["one", "two"] {
            notices.push(notice(text, false));
        }
        notices.push(notice("reply", true));
        assert_eq!((shown(&notices), notices.others()), (Some("reply"), 2));
        notices.hide();
        assert_eq!((shown(&notices), notices.others()), (Some("two"), 1));
        notices.hide();
        assert_eq!((shown(&notices), notices.others()), (Some("one"), 0));
        notices.hide();
        assert_eq!(shown(&notices), None);
        assert_eq!(
            notices.iter().count(),
            3,
            "the reply is gone, the others are kept"
        );
    }

    #[test]
    fn what_can_wait_is_shown_last() {
        let mut notices = Notices::of_earlier([notice("of yesterday", false)]);
        notices.push(notice("one", false));
        notices.push(notice("reply", true));
        notices.push_behind(notice("later", false));
        assert_eq!((shown(&notices), notices.others()), (Some("reply"), 2));
        for expected in [Some("one"), Some("later"), None] {
            notices.hide();
            assert_eq!(shown(&notices), expected);
        }
        notices.push_behind(notice("again", false));
        assert_eq!(shown(&notices), Some("again"));
    }

    #[test]
    fn only_what_lasts_is_written_down_and_only_once() {
        let mut notices = Notices::default();
        notices.push(notice("of the start", false));
        notices.keep_out_of_file();
        notices.push(notice("new", false));
        notices.push(notice("reply", true));
        let texts = |new: Vec<Notice>| new.into_iter().map(|notice| notice.text).collect::<Vec<_>>();
        assert_eq!(texts(notices.take_new()), ["new"]);
        assert_eq!(texts(notices.take_new()), Vec::<String>::new());
    }

    #[test]
    fn their_number_is_bounded() {
        let mut notices = Notices::of_earlier((0..999).map(|_| notice("x", false)));
        for _ in 0..999 {
            notices.push(notice("y", false));
        }
        assert_eq!(notices.iter().count(), KEPT);
    }
}
