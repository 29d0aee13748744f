//! Arguments that the profile gives every run: the plan, the list of rows and the form say that they come from there.

use super::sample::{self, COLOUR, press, send};
use domain::arguments::RuntimeArguments;
use downbeat::engine::Command;
use downbeat::tui::Setup;
use downbeat::tui::effect::Effect;
use downbeat::tui::model::Model;
use downbeat::tui::msg::Msg;
use downbeat::tui::update::init;

fn common() -> RuntimeArguments {
    let pairs = [
        ("source_table", "of_the_profile"),
        ("system.profile.name", "SYSTEM:dataproc"),
    ];
    pairs.into_iter().collect()
}

fn ready(width: u16, height: u16) -> Model {
    let setup = Setup {
        common_arguments: common(),
        ..sample::setup()
    };
    let mut model = setup.model();
    init(&mut model);
    send(&mut model, 0, Msg::Resized(width, height));
    sample::configuration(&mut model, 0, Ok(sample::table()));
    model
}

#[test]
fn the_list_the_plan_and_the_start_have_them() {
    let mut model = ready(120, 30);
    let picture = sample::picture(&model, &COLOUR);
    assert!(picture.contains("4 row · 1 profile"), "{picture}");
    press(&mut model, "r");
    let picture = sample::picture(&model, &COLOUR);
    let line = "arguments of the profile for each, unless its row has them: source_table =";
    assert!(
        picture.contains(line) && picture.contains("of_the_profile, system.profile.name"),
        "{picture}"
    );
    let effects = press(&mut model, "enter");
    let is_given = |effect: &Effect| matches!(effect, Effect::Send(Command::Start(request)) if request.arguments == common());
    assert!(effects.iter().any(is_given));
}

#[test]
fn the_form_says_which_line_is_the_profiles_and_an_edit_goes_before_it() {
    let mut model = ready(120, 30);
    press(&mut model, "enter");
    let picture = sample::picture(&model, &COLOUR);
    let line = |name: &str| {
        picture
            .lines()
            .find(|line| line.contains(name))
            .unwrap()
            .to_owned()
    };
    assert!(
        line("system.profile.name").contains("SYSTEM:dataproc"),
        "{picture}"
    );
    assert!(line("system.profile.name").contains("profile  "), "{picture}");
    assert!(
        line("source_table").contains("hr_engineer"),
        "the row goes before it: {picture}"
    );
    press(&mut model, "end enter x enter");
    let picture = sample::picture(&model, &COLOUR);
    assert!(
        picture.contains("SYSTEM:dataprocx") && picture.contains("added"),
        "{picture}"
    );
}
