//! The notices, the oldest first, with the date where it changes and their level; what lasts stands above them.

use super::Line;
use crate::tui::action::{Action, key};
use crate::tui::alert;
use crate::tui::model::Model;
use crate::tui::model::notices::{Notice, NoticeLevel};
use crate::tui::theme::Meaning;

/// The lines of the notices.
pub(super) fn lines(model: &Model) -> Vec<Line> {
    let lasting = alert::texts(model)
        .into_iter()
        .map(|text| line("now", Meaning::Warning, text));
    let mut lines: Vec<_> = lasting.collect();
    let least = model.notices.least;
    let shown = || model.notices.iter().filter(|notice| notice.level() >= least);
    let hidden = model.notices.iter().count() - shown().count();
    let mut day = String::new();
    for notice in shown() {
        let of = notice.at.stamp().chars().take(10).collect();
        if day != of {
            day = of;
            lines.push(line("", Meaning::Accent, format!("{day} (UTC)")));
        }
        lines.push(line(
            &lead(notice),
            notice.meaning,
            without_level(notice).to_owned(),
        ));
    }
    if lines.is_empty() && hidden == 0 {
        lines.push(line("", Meaning::Muted, "No notices yet.".into()));
    }
    if hidden > 0 {
        let words = format!(
            "{hidden} below the level {} hidden; {} shows others.",
            least.word(),
            key(Action::NoticeLevel)
        );
        lines.push(line("", Meaning::Muted, words));
    }
    lines
}

/// Its text without the level in front, which stands beside its time.
fn without_level(notice: &Notice) -> &str {
    let rest = notice.text.strip_prefix(notice.level().word());
    rest.and_then(|rest| rest.strip_prefix(": "))
        .unwrap_or(&notice.text)
}

/// Its time, and its level where that is more than a note: colour alone does not tell it.
fn lead(notice: &Notice) -> String {
    match notice.level() {
        NoticeLevel::Note => notice.at.clock(),
        level => format!("{} {}", notice.at.clock(), level.word()),
    }
}

fn line(lead: &str, meaning: Meaning, text: String) -> Line {
    Line {
        lead: lead.into(),
        indent: 0,
        meaning,
        text,
    }
}
