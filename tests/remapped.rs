//! The keys of a person's `config.toml`, in a process of its own: dispatch, footer, help and sentences follow them.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test ends where it breaks")]

#[path = "screens/sample.rs"]
#[expect(dead_code, reason = "shared with other tests")]
mod sample;

use downbeat::tui::action::keymap::{self, KeyChange, Keymap};
use downbeat::tui::action::{self, Action};
use downbeat::tui::context::Context;
use downbeat::tui::effect::Effect;
use sample::press;

#[test]
fn the_whole_screen_follows_the_keys_of_config_toml() {
    let change = |action: &str, keys: &[&str]| KeyChange {
        action: action.into(),
        keys: keys.iter().map(|key| (*key).to_owned()).collect(),
    };
    let changes = [
        change("run", &["F7", "g r"]),
        change("help", &["F4"]),
        change("quit", &["alt-q"]),
        change("reload", &["none"]),
    ];
    keymap::set(Keymap::changed(&changes).unwrap());
    let mut model = sample::ready(120, 40);
    press(&mut model, "r");
    let reply = model.notice().unwrap().text.clone();
    assert_eq!(reply, "r does nothing here. F4 shows all keys.");
    press(&mut model, "F7");
    assert_eq!(model.context(), Context::Plan);
    press(&mut model, "esc g r");
    assert_eq!(model.context(), Context::Plan);
    assert!(!press(&mut model, "esc q").contains(&Effect::Leave));
    let picture = sample::picture(&model, &sample::COLOUR);
    assert!(
        picture.contains("F7 run") && picture.contains("F4 all keys"),
        "{picture}"
    );
    assert_eq!(action::key(Action::Reload), ":reload", "the palette still has it");
    press(&mut model, "F4");
    assert_eq!(model.context(), Context::Help);
    let picture = sample::picture(&model, &sample::COLOUR);
    assert!(picture.contains("F7"), "{picture}");
    assert!(press(&mut model, "esc alt-q").contains(&Effect::Leave));
}
