//! What filters leave in, how they are completed, and that no text breaks them.

use super::*;
use proptest::prelude::*;

struct Line(&'static str, &'static str, &'static str);

impl Filtered for Line {
    fn text(&self) -> Cow<'_, str> {
        self.0.into()
    }

    fn field(&self, field: Field) -> Cow<'_, str> {
        match field {
            Field::State => self.1.into(),
            Field::Reason => self.2.into(),
            Field::Active => yes(self.1 != "skipped"),
            _ => "".into(),
        }
    }
}

const FIELDS: &[Field] = &[Field::State, Field::Reason, Field::Active];

fn lines() -> impl Iterator<Item = Line> {
    [
        Line("hr / engineer", "success", ""),
        Line("hr / recruiter", "failed", "Communications link failure"),
        Line("finance / ledger", "upstream_failed", "A task before it failed"),
        Line("Équipe / données", "skipped", "left out"),
    ]
    .into_iter()
}

#[test]
fn parts_of_a_filter_must_all_be_so() {
    for (text, places) in [
        ("", vec![0, 1, 2, 3]),
        ("hr", vec![0, 1]),
        ("hrengi", vec![0]),
        ("HR", vec![]),
        ("equipe", vec![3]),
        ("state:failed", vec![1]),
        ("STATE:Failed", vec![1]),
        ("state:failed,success", vec![0, 1]),
        ("-state:failed,success", vec![2, 3]),
        ("state:", vec![0, 1, 2, 3]),
        ("reason:link", vec![1]),
        ("reason:\"link failure\"", vec![1]),
        ("reason:\"link before\"", vec![]),
        ("active:no", vec![3]),
        ("hr state:fa", vec![1]),
    ] {
        let query = Query::parse(text, FIELDS).unwrap();
        assert_eq!(query.places(lines()), places, "{text}");
    }
}

#[test]
fn an_unknown_field_is_an_error_that_names_the_fields() {
    for text in ["unit:hr", "hr foo:bar", "-foo:bar", ":x"] {
        let fault = Query::parse(text, FIELDS).unwrap_err();
        assert!(fault.ends_with("There are state: reason: active:."), "{fault}");
    }
    assert!(Query::parse("-5", FIELDS).is_ok(), "a word may begin with a sign");
}

#[test]
fn words_of_sentences_are_looked_for_as_they_are() {
    let places = |text: &str| Query::of_words(text).places(lines());
    assert_eq!(places("engineer"), [0]);
    assert_eq!(places("hreng"), [] as [usize; 0], "not letter by letter");
    assert_eq!(places("10:15"), [] as [usize; 0], "no field is meant");
    assert_eq!(places("recruiter hr"), [1], "all words, in any order");
}

#[test]
fn matched_letters_are_known() {
    let query = Query::parse("hreg state:failed", FIELDS).unwrap();
    assert_eq!(query.matched("hr / engineer"), [0, 1, 5, 7]);
    assert!(Query::parse("zz", FIELDS).unwrap().matched("hr").is_empty());
}

#[test]
fn names_and_values_are_completed() {
    let values = |field| match field {
        Field::State => vec!["success".to_owned(), "skipped".into(), "failed".into()],
        _ => Vec::new(),
    };
    for (text, completed) in [
        ("st", Some("state:")),
        ("hr -st", Some("hr -state:")),
        ("state:f", Some("state:failed")),
        ("state:s", None),
        ("state:su", Some("state:success")),
        ("state:failed,sk", Some("state:failed,skipped")),
        ("nothing", None),
        ("", None),
        ("hr ", None),
    ] {
        assert_eq!(complete(text, FIELDS, values).as_deref(), completed, "{text}");
    }
}

proptest! {
    #[test]
    fn any_text_is_understood_or_refused(text in "\\PC{0,20}") {
        if let Ok(query) = Query::parse(&text, FIELDS) {
            let places = query.places(lines());
            prop_assert!(places.is_sorted() && places.len() <= 4);
            for place in query.matched("hr / engineer") {
                prop_assert!(place < 13);
            }
        }
        complete(&text, FIELDS, |_| vec!["é".into(), "eé".into()]);
    }
}
