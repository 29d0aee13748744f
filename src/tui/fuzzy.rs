//! How well a name fits what somebody types: its letters in this order, the closer together and the nearer to the
//! beginnings of words the better.

use nucleo_matcher::pattern::{AtomKind, CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

/// A typed text, ready to be compared with names.
#[derive(Debug)]
pub struct Fuzzy {
    matcher: Matcher,
    letters: Pattern,
    words: Pattern,
    buffer: Vec<char>,
}

impl Fuzzy {
    /// For this text. An empty one fits everything.
    pub fn new(text: &str) -> Self {
        let pattern = |kind| Pattern::new(text, CaseMatching::Ignore, Normalization::Smart, kind);
        let mut config = Config::DEFAULT;
        // "run" means `run` before `resume run`.
        config.prefer_prefix = true;
        Self {
            matcher: Matcher::new(config),
            letters: pattern(AtomKind::Fuzzy),
            words: pattern(AtomKind::Substring),
            buffer: Vec::new(),
        }
    }

    /// How well a name fits, letter by letter; nothing if it does not.
    pub fn name(&mut self, name: &str) -> Option<u32> {
        let name = Utf32Str::new(name, &mut self.buffer);
        self.letters.score(name, &mut self.matcher)
    }

    /// How well a sentence fits. Each word must be in it as a whole: letters that are spread over a sentence mean nothing.
    pub fn sentence(&mut self, sentence: &str) -> Option<u32> {
        let sentence = Utf32Str::new(sentence, &mut self.buffer);
        self.words.score(sentence, &mut self.matcher)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_fit_a_name_and_whole_words_a_sentence() {
        let mut fuzzy = Fuzzy::new("stptsk");
        assert!(fuzzy.name("stop task").is_some());
        assert_eq!(fuzzy.name("retry all"), None);
        assert_eq!(fuzzy.sentence("Stop the selected task; asks first."), None);
        assert!(
            Fuzzy::new("selected ask")
                .sentence("Stop the selected task; asks first.")
                .is_some()
        );
        let mut fuzzy = Fuzzy::new("run");
        assert!(
            fuzzy.name("run") > fuzzy.name("resume run"),
            "a whole name is better"
        );
        assert!(Fuzzy::new("").name("anything").is_some());
    }
}
