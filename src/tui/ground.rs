//! The terminal's background, asked for with OSC 11. The answer comes as keys, because it comes the way keys come: it is
//! taken out of them, and not one real key with it.

use super::theme::Ground;
use super::theme::contrast::{self, Rgb};
use ratatui::crossterm::event::{Event, KeyCode, KeyEventKind, KeyModifiers};
use std::time::Duration;
use tokio::time::Instant;

/// Asks for the background.
pub const QUESTION: &str = "\u{1b}]11;?\u{1b}\\";

/// How long an answer is expected. A slow line is slower than that seldom, and then the answer is of no use any more.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long the beginning of an answer waits for its rest before it counts as keys.
const PAUSE: Duration = Duration::from_millis(50);
/// The longest answer: `ESC ] 11 ; rgba : 4 × 4 digits with slashes, ESC \`.
const LONGEST: usize = 40;

/// The question, as long as it is open, and what may be the beginning of its answer.
#[derive(Debug, Default)]
pub struct GroundQuestion {
    until: Option<Instant>,
    held: Vec<Event>,
    held_since: Option<Instant>,
}

/// What has come of an event.
#[derive(Debug, Default, PartialEq)]
pub struct Taken {
    /// What goes on as before.
    pub events: Vec<Event>,
    /// The answer.
    pub ground: Option<Ground>,
}

impl GroundQuestion {
    /// The question was asked.
    pub fn ask(&mut self, now: Instant) {
        self.until = Some(now + PATIENCE);
    }

    /// Takes an event, if it can be a part of the answer.
    pub fn take(&mut self, event: Event, now: Instant) -> Taken {
        if self.until.is_none_or(|until| until < now) && self.held.is_empty() {
            return Taken {
                events: vec![event],
                ground: None,
            };
        }
        self.held.push(event);
        match judge(&self.held) {
            Judged::Beginning => {
                self.held_since.get_or_insert(now);
                Taken::default()
            }
            Judged::Answer(colour) => {
                *self = Self::default();
                let is_light = contrast::is_light(colour);
                Taken {
                    events: Vec::new(),
                    ground: Some(if is_light { Ground::Light } else { Ground::Dark }),
                }
            }
            Judged::Other => Taken {
                events: self.let_go(now),
                ground: None,
            },
        }
    }

    /// When what is held must go on.
    pub fn deadline(&self) -> Option<Instant> {
        self.held_since.map(|since| since + PAUSE)
    }

    /// What has been held for too long.
    pub fn overdue(&mut self, now: Instant) -> Vec<Event> {
        match self.deadline() {
            Some(deadline) if deadline <= now => self.release(),
            _ => Vec::new(),
        }
    }

    /// All that is held, but for a last event that may begin an answer itself.
    fn let_go(&mut self, now: Instant) -> Vec<Event> {
        let last = self.held.split_off(self.held.len().saturating_sub(1));
        let mut events = self.release();
        if matches!(judge(&last), Judged::Beginning) {
            (self.held, self.held_since) = (last, Some(now));
        } else {
            events.extend(last);
        }
        events
    }

    fn release(&mut self) -> Vec<Event> {
        self.held_since = None;
        std::mem::take(&mut self.held)
    }
}

/// What the events so far are.
enum Judged {
    Answer(Rgb),
    Beginning,
    Other,
}

fn judge(events: &[Event]) -> Judged {
    let Some(text) = events.iter().map(as_text).collect::<Option<String>>() else {
        return Judged::Other;
    };
    let beginning = "\u{1b}]11;rgb";
    if text.len() < beginning.len() {
        return if beginning.starts_with(&text) {
            Judged::Beginning
        } else {
            Judged::Other
        };
    }
    let Some(rest) = text.strip_prefix(beginning) else {
        return Judged::Other;
    };
    let rest = rest.strip_prefix('a').unwrap_or(rest);
    let end = rest.find(['\u{7}', '\u{1b}']).unwrap_or(rest.len());
    let (digits, end) = rest.split_at(end);
    let is_legal = digits.is_empty()
        || digits.strip_prefix(':').is_some_and(|digits| {
            digits
                .chars()
                .all(|letter| letter.is_ascii_hexdigit() || letter == '/')
        });
    match end {
        _ if !is_legal || text.len() > LONGEST => Judged::Other,
        "\u{7}" | "\u{1b}\\" => colour(digits).map_or(Judged::Other, Judged::Answer),
        "" | "\u{1b}" => Judged::Beginning,
        _ => Judged::Other,
    }
}

/// `:1e1e/1e1e/1e1e`; one to four digits each, and a fourth part for what shines through.
fn colour(text: &str) -> Option<Rgb> {
    let mut parts = text.strip_prefix(':')?.split('/').map(|digits| {
        let most = 16_u32.pow(u32::try_from(digits.len()).ok().filter(|length| *length <= 4)?) - 1;
        let number = u32::from_str_radix(digits, 16).ok()?;
        u8::try_from(number * 255 / most.max(1)).ok()
    });
    let mut part = || parts.next().flatten();
    Some([part()?, part()?, part()?])
}

/// The bytes of which crossterm has made a key.
fn as_text(event: &Event) -> Option<String> {
    let Event::Key(key) = event else { return None };
    if key.kind == KeyEventKind::Release {
        return None;
    }
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    let alt = key.modifiers.contains(KeyModifiers::ALT);
    match (key.code, control, alt) {
        (KeyCode::Esc, false, false) => Some("\u{1b}".into()),
        (KeyCode::Char('g'), true, false) => Some("\u{7}".into()),
        (KeyCode::Char(letter), false, true) => Some(format!("\u{1b}{letter}")),
        (KeyCode::Char(letter), false, false) => Some(letter.into()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use ratatui::crossterm::event::KeyEvent;

    fn key(code: KeyCode, modifiers: KeyModifiers) -> Event {
        Event::Key(KeyEvent::new(code, modifiers))
    }

    fn plain(text: &str) -> Vec<Event> {
        text.chars()
            .map(|letter| key(KeyCode::Char(letter), KeyModifiers::NONE))
            .collect()
    }

    /// The keys that crossterm makes of `ESC ] 11 ; COLOUR` and its end.
    fn answer(colour: &str, end: Event) -> Vec<Event> {
        let mut events = vec![key(KeyCode::Char(']'), KeyModifiers::ALT)];
        events.extend(plain(&format!("11;{colour}")));
        events.push(end);
        events
    }

    fn string_end() -> Event {
        key(KeyCode::Char('\\'), KeyModifiers::ALT)
    }

    /// What goes on of these events after a question, and the answer.
    fn played(events: Vec<Event>) -> (Vec<Event>, Option<Ground>) {
        let (mut question, now) = (GroundQuestion::default(), Instant::now());
        question.ask(now);
        let (mut passed, mut ground) = (Vec::new(), None);
        for event in events {
            let taken = question.take(event, now);
            passed.extend(taken.events);
            ground = ground.or(taken.ground);
        }
        passed.extend(question.overdue(now + PAUSE));
        (passed, ground)
    }

    #[test]
    fn answers_in_every_form_are_understood_and_eat_no_key() {
        let bell = || key(KeyCode::Char('g'), KeyModifiers::CONTROL);
        for (colour, end, expected) in [
            ("rgb:1e1e/1e1e/1e1e", string_end(), Ground::Dark),
            ("rgb:FDFD/F6F6/E3E3", string_end(), Ground::Light),
            ("rgb:ff/ff/ff", bell(), Ground::Light),
            ("rgb:0/0/0", bell(), Ground::Dark),
            ("rgba:0000/0000/0000/ffff", string_end(), Ground::Dark),
        ] {
            let mut events = plain("jx");
            events.extend(answer(colour, end));
            events.extend(plain("k"));
            assert_eq!(played(events), (plain("jxk"), Some(expected)), "{colour}");
        }
    }

    #[test]
    fn an_answer_that_is_torn_at_its_escapes_is_still_one() {
        let escape = || key(KeyCode::Esc, KeyModifiers::NONE);
        let mut events = vec![escape()];
        events.extend(plain("]11;rgb:0000/0000/0000"));
        events.extend([escape()]);
        events.extend(plain("\\"));
        assert_eq!(played(events), (Vec::new(), Some(Ground::Dark)));
    }

    #[test]
    fn an_escape_goes_on_after_a_short_pause() {
        let escape = || key(KeyCode::Esc, KeyModifiers::NONE);
        let (mut question, now) = (GroundQuestion::default(), Instant::now());
        question.ask(now);
        assert_eq!(question.take(escape(), now), Taken::default());
        assert_eq!(question.overdue(now), Vec::new());
        assert_eq!(question.deadline(), Some(now + PAUSE));
        assert_eq!(question.overdue(now + PAUSE), [escape()]);
        assert_eq!(question.deadline(), None);
    }

    #[test]
    fn an_escape_right_before_the_answer_is_not_a_part_of_it() {
        let mut events = vec![key(KeyCode::Esc, KeyModifiers::NONE)];
        let escape = events.clone();
        events.extend(answer("rgb:ffff/ffff/ffff", string_end()));
        assert_eq!(played(events), (escape, Some(Ground::Light)));
    }

    #[test]
    fn without_a_question_nothing_is_held() {
        let mut question = GroundQuestion::default();
        let now = Instant::now();
        for event in answer("rgb:0/0/0", string_end()) {
            assert_eq!(question.take(event.clone(), now).events, [event]);
        }
        question.ask(now);
        let late = now + PATIENCE + PAUSE;
        let event = key(KeyCode::Esc, KeyModifiers::NONE);
        assert_eq!(question.take(event.clone(), late).events, [event]);
    }

    proptest! {
        #[test]
        fn keys_that_are_no_answer_all_go_on_in_order(text in "[\\]1;rgb:0f/a\u{1b}\u{7}x\\\\]{0,30}") {
            let events: Vec<_> = text
                .chars()
                .map(|letter| match letter {
                    '\u{1b}' => key(KeyCode::Esc, KeyModifiers::NONE),
                    '\u{7}' => key(KeyCode::Char('g'), KeyModifiers::CONTROL),
                    letter => key(KeyCode::Char(letter), KeyModifiers::NONE),
                })
                .collect();
            let (passed, ground) = played(events.clone());
            prop_assert!(ground.is_some() || passed == events, "{passed:?}");
        }
    }
}
