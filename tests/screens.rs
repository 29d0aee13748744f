//! The screen without a terminal: every pane in every size and state as a snapshot, what keys do as
//! tables, and random keys that must never break it.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what helps a test may fail it"
)]

#[path = "screens/activation.rs"]
mod activation;
#[path = "screens/attention.rs"]
mod attention;
#[path = "screens/axis.rs"]
mod axis;
#[path = "screens/callers.rs"]
mod callers;
#[path = "screens/common_arguments.rs"]
mod common_arguments;
#[path = "screens/configuration.rs"]
mod configuration;
#[path = "screens/copy.rs"]
mod copy;
#[path = "screens/deployment.rs"]
mod deployment;
#[path = "screens/doctor.rs"]
mod doctor;
#[path = "screens/ending.rs"]
mod ending;
#[path = "screens/estimates.rs"]
mod estimates;
#[path = "screens/filters.rs"]
mod filters;
#[path = "screens/filters_of_windows.rs"]
mod filters_of_windows;
#[path = "screens/former.rs"]
mod former;
#[path = "screens/forms.rs"]
mod forms;
#[path = "screens/guard.rs"]
mod guard;
#[path = "screens/handling.rs"]
mod handling;
#[path = "screens/history.rs"]
mod history;
#[path = "screens/keys.rs"]
mod keys;
#[path = "screens/layout.rs"]
mod layout;
#[path = "screens/linear.rs"]
mod linear;
#[path = "screens/links.rs"]
mod links;
#[path = "screens/log_files.rs"]
mod log_files;
#[path = "screens/log_json.rs"]
mod log_json;
#[path = "screens/log_merged.rs"]
mod log_merged;
#[path = "screens/log_outside.rs"]
mod log_outside;
#[path = "screens/log_save.rs"]
mod log_save;
#[path = "screens/log_speed.rs"]
mod log_speed;
#[path = "screens/logs.rs"]
mod logs;
#[path = "screens/marks.rs"]
mod marks;
#[path = "screens/matrix.rs"]
mod matrix;
#[path = "screens/memory.rs"]
mod memory;
#[path = "screens/mouse.rs"]
mod mouse;
#[path = "screens/news.rs"]
mod news;
#[path = "screens/notices.rs"]
mod notices;
#[path = "screens/page_of_keys.rs"]
mod page_of_keys;
#[path = "screens/palette.rs"]
mod palette;
#[path = "screens/plain.rs"]
mod plain;
#[path = "screens/profiles.rs"]
mod profiles;
#[path = "screens/prompt.rs"]
mod prompt;
#[path = "screens/questions.rs"]
mod questions;
#[path = "screens/random.rs"]
mod random;
#[path = "screens/retry.rs"]
mod retry;
#[path = "screens/sample.rs"]
mod sample;
#[path = "screens/scene.rs"]
mod scene;
#[path = "screens/scroll_bars.rs"]
mod scroll_bars;
#[path = "screens/secrets.rs"]
mod secrets;
#[path = "screens/seeing.rs"]
mod seeing;
#[path = "screens/shell.rs"]
mod shell;
#[path = "screens/styles.rs"]
mod styles;
#[path = "screens/tables.rs"]
mod tables;
#[path = "screens/unsaved.rs"]
mod unsaved;
#[path = "screens/variables.rs"]
mod variables;
#[path = "screens/widths.rs"]
mod widths;
#[path = "screens/windows.rs"]
mod windows;
#[path = "screens/words.rs"]
mod words;
