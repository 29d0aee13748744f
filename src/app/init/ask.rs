//! The questions of `downbeat init`, one line each: no screen is drawn, so that every terminal and every screen reader can
//! answer. An answer that is not legal is asked for again, with the reason.

use super::{REQUIRED, is_set};
use crate::config::{BAND_COLOURS, Config, Home, NewProfile, fault_of_name, fault_of_setting};
use domain::sanitize;
use domain::variable::{VariableName, Variables};
use std::io::{self, BufRead, Write};

/// What is asked for beside the name; everything else has a default that most leave.
const ASKED: [VariableName; 8] = [
    VariableName::ProjectId,
    VariableName::CdfLocation,
    VariableName::CdfInstance,
    VariableName::CdfPipelineName,
    VariableName::BqDatasetId,
    VariableName::BqLocation,
    VariableName::BqConfigTable,
    VariableName::BqOutputTable,
];

/// The profile with the answers to what it lacks; nothing if the answers end, or if it is not to be written.
pub(super) fn complete(
    home: &Home,
    config: &Config,
    mut new: NewProfile,
    answers: &mut impl BufRead,
    to: &mut impl Write,
) -> io::Result<Option<NewProfile>> {
    let mut asker = Asker { answers, to };
    asker.say(&format!(
        "A new profile in {}. An empty answer takes what stands in [brackets]; Ctrl-C leaves everything as it is.",
        home.config_file().display()
    ))?;
    if asker.ask_all(config, &mut new)?.is_none() {
        return Ok(None);
    }
    asker.say("")?;
    asker.say(&format!("[profile.{}]", new.name))?;
    for (name, text) in &new.settings {
        asker.say(&format!("{name} = {text}"))?;
    }
    let is_wanted = asker.yes_or_no("Write it?", true)?;
    Ok(is_wanted.unwrap_or_default().then_some(new))
}

struct Asker<'a, R, W> {
    answers: &'a mut R,
    to: &'a mut W,
}

impl<R: BufRead, W: Write> Asker<'_, R, W> {
    /// Nothing if the answers end.
    fn ask_all(&mut self, config: &Config, new: &mut NewProfile) -> io::Result<Option<()>> {
        if new.name.is_empty() {
            let free = ["prod", "test"]
                .into_iter()
                .find(|name| fault_of_name(config, name).is_none());
            let judge = |text: &str| fault_of_name(config, text);
            match self.ask(
                "The name of the profile, such as prod or test",
                free.unwrap_or(""),
                judge,
            )? {
                Some(name) => new.name = name,
                None => return Ok(None),
            }
        }
        let defaults = Variables::default();
        for name in ASKED {
            let has_way = name == VariableName::CdfInstance && is_set(new, "cdap_endpoint");
            if is_set(new, name.as_str()) || has_way {
                continue;
            }
            let question = format!("{name}: {}", name.description().trim_end_matches('.'));
            let must = REQUIRED.contains(&name);
            let judge = |text: &str| match text {
                "" if must => Some("It has no default: give a value.".to_owned()),
                text => fault_of_setting(name.as_str(), text),
            };
            match self.ask(&question, &defaults.text(name), judge)? {
                Some(text) => new.settings.push((name.to_string(), text)),
                None => return Ok(None),
            }
        }
        if !is_set(new, "colour") {
            let question = format!(
                "colour: The colour of its name on the screen ({})",
                BAND_COLOURS.join(", ")
            );
            let judge = |text: &str| match text {
                "none" => None,
                text => fault_of_setting("colour", text),
            };
            match self.ask(&question, "none", judge)? {
                Some(text) if text == "none" => {}
                Some(text) => new.settings.push(("colour".into(), text)),
                None => return Ok(None),
            }
        }
        let guards = [
            (
                "protected",
                "protected: Ask for a name before anything is started, stopped or emptied in the terminal?",
            ),
            (
                "read_only",
                "read_only: Let nothing be started, stopped, emptied or written?",
            ),
        ];
        for (name, question) in guards {
            if is_set(new, name) {
                continue;
            }
            match self.yes_or_no(question, false)? {
                Some(true) => new.settings.push((name.into(), "true".into())),
                Some(false) => {}
                None => return Ok(None),
            }
        }
        Ok(Some(()))
    }

    fn say(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.to, "{}", sanitize::line(text))
    }

    /// Asks until the answer is legal.
    fn ask(
        &mut self,
        question: &str,
        default: &str,
        judge: impl Fn(&str) -> Option<String>,
    ) -> io::Result<Option<String>> {
        let brackets = if default.is_empty() {
            String::new()
        } else {
            format!(" [{default}]")
        };
        loop {
            write!(
                self.to,
                "{}{}: ",
                sanitize::line(question),
                sanitize::line(&brackets)
            )?;
            self.to.flush()?;
            let mut line = String::new();
            if self.answers.read_line(&mut line)? == 0 {
                writeln!(self.to)?;
                return Ok(None);
            }
            let answer = match line.trim() {
                "" => default,
                answer => answer,
            };
            match judge(answer) {
                None => return Ok(Some(answer.to_owned())),
                Some(fault) => self.say(&format!("  {fault}"))?,
            }
        }
    }

    fn yes_or_no(&mut self, question: &str, default: bool) -> io::Result<Option<bool>> {
        let read = |text: &str| match text.to_lowercase().as_str() {
            "y" | "yes" | "true" => Some(true),
            "n" | "no" | "false" => Some(false),
            _ => None,
        };
        let judge = |text: &str| read(text).is_none().then(|| "Answer yes or no.".to_owned());
        let answer = self.ask(question, if default { "yes" } else { "no" }, judge)?;
        Ok(answer.as_deref().and_then(read))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn asked(new: NewProfile, answers: &str) -> (Option<NewProfile>, String) {
        let config = Config::parse("[profile.prod]\n", Path::new("config.toml")).unwrap();
        let mut said = Vec::new();
        let home = Home::at(Path::new("/h"));
        let complete = complete(&home, &config, new, &mut answers.as_bytes(), &mut said).unwrap();
        (complete, String::from_utf8(said).unwrap())
    }

    #[test]
    fn an_answer_that_is_not_legal_is_asked_for_again_with_the_reason() {
        let answers =
            "prod\ntest\nP!\nmy-project\n\nfusion\npipe\n\n\n\n\nlanding\nmauve\nred\nperhaps\nyes\n\n\n";
        let (new, said) = asked(NewProfile::default(), answers);
        let new = new.unwrap();
        let set: Vec<_> = new
            .settings
            .iter()
            .map(|(name, text)| (name.as_str(), text.as_str()))
            .collect();
        let expected = [
            ("project_id", "my-project"),
            ("cdf_location", "us-west1"),
            ("cdf_instance", "fusion"),
            ("cdf_pipeline_name", "pipe"),
            ("bq_dataset_id", "cdf_output"),
            ("bq_location", "US"),
            ("bq_config_table", "configuration"),
            ("bq_output_table", "landing"),
            ("colour", "red"),
            ("protected", "true"),
        ];
        assert_eq!(
            (new.name.as_str(), set.as_slice()),
            ("test", expected.as_slice()),
            "{said}"
        );
        for words in [
            "/h/config.toml",
            "There is a profile prod already",
            "'P!' is not allowed",
            "It has no default",
            "'mauve' is not one of the colours",
            "Answer yes or no.",
            "project_id = my-project",
        ] {
            assert!(said.contains(words), "{words} in\n{said}");
        }
    }

    #[test]
    fn what_is_given_is_not_asked_for_and_an_end_of_the_answers_writes_nothing() {
        let new = NewProfile {
            name: "test".into(),
            settings: vec![
                ("project_id".into(), "my-project".into()),
                ("cdap_endpoint".into(), "https://cdap.example".into()),
            ],
            is_default: false,
        };
        let (complete, said) = asked(new.clone(), "\npipe\n\n\n\nlanding\n\n\n\n\n");
        assert!(complete.is_some(), "{said}");
        assert!(
            !said.contains("project_id:") && !said.contains("cdf_instance:"),
            "{said}"
        );
        for answers in ["", "\npipe\n", "\npipe\n\n\n\nlanding\n\n\n\nno\n"] {
            assert_eq!(asked(new.clone(), answers).0, None, "{answers:?}");
        }
    }
}
