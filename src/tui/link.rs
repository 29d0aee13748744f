//! Links to the pages of Data Fusion's own user interface and of the console. Each part is encoded, and only an HTTPS
//! address is ever made: it is given to another program.

use super::effect::Link;
use super::model::Model;
use domain::variable::Variables;
use url::Url;

const CONSOLE: &str = "https://console.cloud.google.com/data-fusion/locations";

/// The page of what is selected: the pipeline run of the task, else the pipeline, or the instance.
///
/// # Errors
/// Why there is none, in a sentence.
pub fn of_selection(model: &Model) -> Result<Link, String> {
    use super::context::Pane;
    if model.is_sandbox {
        return Err("The sandbox has no user interface of its own.".into());
    }
    let working = &model.variables.working;
    match model.focus {
        Pane::Variables => instance(working),
        Pane::Configuration => pipeline(model, working),
        Pane::Grid | Pane::Logs => of_task(model),
    }
}

fn of_task(model: &Model) -> Result<Link, String> {
    let Some(run) = model.shown_run() else {
        return pipeline(model, &model.variables.working);
    };
    let variables = &run.request.variables;
    let page = pipeline(model, variables)?;
    let shown = model.logs.target.as_ref().map(|target| target.number);
    let tries = model.selected_task().map(|task| &task.tries);
    let Some(tries) = tries.filter(|tries| !tries.is_empty()) else {
        return Ok(page);
    };
    let place = shown.and_then(|number| usize::try_from(number).ok()?.checked_sub(1));
    let chosen = place.and_then(|place| tries.get(place)).or(tries.last());
    match chosen.and_then(|chosen| chosen.pipeline_run.as_ref()) {
        None => Ok(page),
        Some(id) => {
            let mut url = Url::parse(&page.url).map_err(|error| error.to_string())?;
            url.query_pairs_mut().append_pair("runid", id.as_str());
            Ok(Link {
                what: format!("the page of the pipeline run {id}"),
                url: url.into(),
            })
        }
    }
}

fn pipeline(model: &Model, variables: &Variables) -> Result<Link, String> {
    let working = &model.variables.working;
    let place = |variables: &Variables| {
        let parts = [
            &variables.project_id,
            &variables.cdf_location,
            &variables.cdf_instance,
        ];
        parts.map(Clone::clone)
    };
    if place(variables) != place(working) {
        return Err(format!(
            "This run was in the instance {}, and another one is set now.",
            variables.cdf_instance
        ));
    }
    let Some(connected) = &model.connected else {
        return Err(
            "The address of the user interface is not known: the instance has not answered yet.".into(),
        );
    };
    let Some(base) = &connected.console else {
        return Err("The instance names no address of a user interface.".into());
    };
    let name = variables.cdf_pipeline_name.as_str();
    let parts = ["pipelines", "ns", &variables.cdf_namespace, "view", name];
    Ok(Link {
        what: format!("the page of the pipeline {name}"),
        url: below(base, &parts)?.into(),
    })
}

fn instance(variables: &Variables) -> Result<Link, String> {
    let name = variables.cdf_instance.as_str();
    let mut url = below(CONSOLE, &[&variables.cdf_location, "instances", name])?;
    url.query_pairs_mut()
        .append_pair("project", &variables.project_id);
    Ok(Link {
        what: format!("the page of the instance {name}"),
        url: url.into(),
    })
}

/// The address of parts below a base.
fn below(base: &str, parts: &[&str]) -> Result<Url, String> {
    let unknown = || format!("The address of the user interface is not one of HTTPS: {base}");
    if parts
        .iter()
        .any(|part| part.is_empty() || [".", ".."].contains(part))
    {
        return Err("The names of the pipeline and its instance are not all set.".into());
    }
    let mut url = Url::parse(base).map_err(|_| unknown())?;
    if url.scheme() != "https" || !url.has_host() || !url.username().is_empty() || url.password().is_some() {
        return Err(unknown());
    }
    url.path_segments_mut()
        .map_err(|()| unknown())?
        .pop_if_empty()
        .extend(parts);
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_is_encoded_and_stays_in_its_place() {
        let url = below(
            "https://x-dot-usw1.datafusion.googleusercontent.com/",
            &["view", "a/b?c#d e"],
        )
        .unwrap();
        assert_eq!(
            url.as_str(),
            "https://x-dot-usw1.datafusion.googleusercontent.com/view/a%2Fb%3Fc%23d%20e"
        );
        for base in [
            "http://x",
            "javascript:alert(1)",
            "file:///etc",
            "https://u:p@x",
            "-x",
        ] {
            assert!(below(base, &["a"]).is_err(), "{base}");
        }
        assert!(below("https://x", &["..", "a"]).is_err() && below("https://x", &[""]).is_err());
    }
}
