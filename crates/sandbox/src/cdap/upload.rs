//! Artifacts that clients add and remove: plugins in a jar, drivers, and their properties.
//!
//! A jar is searched for plugins as on a real server. Its classes are never executed: a run with such a plugin ends
//! FAILED with the plugin's name.

use super::Cdap;
use super::answer::{Answer, Outcome};
use super::call::Call;
use super::catalogue::scope;
use super::string_map::string_map;
use crate::SandboxError;
use pipelines::artifact::{
    Artifact, ArtifactId, Classes, Jar, JarError, PluginClass, Properties, Version, VersionRange, entity_id,
    owner,
};

/// `POST /v3/namespaces/system/artifacts` reads the system's artifacts again; there is never a new one.
pub fn reload(call: &Call) -> Outcome {
    if call.namespace() == "system" {
        return Ok(Answer::empty());
    }
    Err(Answer::framework(405, call.uri.clone()))
}

/// `POST {N}/artifacts/{artifact}`, with the version, the parents and further plugins in its headers.
pub fn add(call: &Call) -> Outcome {
    let (namespace, name) = (call.namespace(), call.path_param("artifact"));
    call.cdap.state().check_namespace(namespace)?;
    let jar = Jar::open(&call.body);
    // Its manifest was not read, so that nothing can be said of the version in it.
    if let Err(error @ JarError::TooLarge) = &jar {
        return Err(refused(error, name));
    }
    let version = version(call, jar.as_ref().ok())?;
    let id = ArtifactId {
        name: name.to_owned(),
        version: version.version.clone(),
        scope: "USER".to_owned(),
    };
    let entity_id = entity_id(namespace, name, &id.version);
    let parents = parents(call, &entity_id)?;
    if !version.is_snapshot()
        && call
            .cdap
            .state()
            .installed
            .get(namespace, "USER", name, &id.version)
            .is_some()
    {
        return Err(Answer::refuse(
            409,
            format!("Artifact {entity_id} already exists."),
        ));
    }
    let jar = jar.map_err(|error| refused(&error, &entity_id))?;
    let mut plugins = jar.plugins().map_err(|error| refused(&error, &entity_id))?;
    if parents.is_empty()
        && let Some(missing) = jar.foreign_parent()
    {
        return Err(unloadable("NoClassDefFoundError", &missing));
    }
    plugins.extend(further(call, &jar, &id)?);
    let artifact = Artifact {
        classes: Classes {
            apps: Vec::new(),
            plugins,
        },
        properties: Properties::default(),
        parents,
        id,
        namespace: namespace.to_owned(),
    };
    call.cdap.install(artifact);
    Ok(Answer::text("Artifact added successfully"))
}

/// `POST {N}/apps`: an app in a jar. The sandbox runs pipelines alone, so that a jar is looked through, found to
/// hold no app that can run here, and not kept.
pub fn app(call: &Call) -> Outcome {
    let refuse = |text: String| Err(Answer::refuse(400, text));
    let Some(name) = call.header("x-archive-name").filter(|name| !name.is_empty()) else {
        let text =
            "X-Archive-Name header not present. Please include the header and set its value to the jar name.";
        return Err(Answer::refuse(400, text).with_close());
    };
    let stem = name.strip_suffix(".jar").unwrap_or(name);
    let split = stem.match_indices('-').find_map(|(at, _)| {
        let version = Version::parse(&stem[at + 1..])?;
        Some((&stem[..at], version.version))
    });
    let Some((name, version)) = split else {
        return refuse(format!(
            "Artifact name '{stem}' is not of the form {{name}}-{{version}}.jar"
        ));
    };
    let namespace = call.namespace();
    Jar::open(&call.body).map_err(|error| refused(&error, &entity_id(namespace, name, &version)))?;
    refuse(format!(
        "No application class found in artifact 'ArtifactId{{name='{name}', version={version}, scope='USER'}}' in \
         namespace 'namespace:{namespace}'."
    ))
}

/// Why a jar is not taken.
fn refused(error: &JarError, entity_id: &str) -> Answer {
    match error {
        JarError::Damaged => {
            let text = format!("Couldn't unzip artifact {entity_id}, please check it is a valid jar file.");
            Answer::refuse(400, text)
        }
        JarError::TooLarge => {
            let text = format!("Artifact {entity_id} unpacks to more than the sandbox reads.");
            Answer::refuse(413, text)
        }
        JarError::Circular(class) => unloadable("ClassCircularityError", &class.replace('.', "/")),
    }
}

/// A class that a JVM does not load.
fn unloadable(error: &str, class: &str) -> Answer {
    let text = format!(
        "Class could not be found while inspecting artifact for plugins. Please check dependencies are available, and \
         that the correct parent artifact was specified. Error class: class java.lang.{error}, message: {class}."
    );
    Answer::refuse(400, text)
}

fn version(call: &Call, jar: Option<&Jar>) -> Result<Version, Answer> {
    let given = call.header("artifact-version").filter(|text| !text.is_empty());
    let of_jar = || jar.and_then(Jar::bundle_version);
    let text = given.map(str::to_owned).or_else(of_jar).ok_or_else(|| {
        let text = "Unable to derive version from artifact because manifest does not contain Bundle-Version \
                    attribute. Please include Bundle-Version in the manifest, or explicitly specify the artifact \
                    version.";
        Answer::refuse(400, text)
    })?;
    Version::parse(&text).ok_or_else(|| Answer::refuse(400, format!("Invalid artifact version {text}")))
}

/// The artifacts that it extends: at least one of the ranges must contain an installed one.
fn parents(call: &Call, entity_id: &str) -> Result<Vec<VersionRange>, Answer> {
    let Some(text) = call.header("artifact-extends").filter(|text| !text.is_empty()) else {
        return Ok(Vec::new());
    };
    let parsed: Option<Vec<_>> = text.split('/').map(VersionRange::parse).collect();
    // A real server's text for an invalid range is not known.
    let parents =
        parsed.ok_or_else(|| Answer::refuse(400, format!("Artifact-Extends header '{text}' is invalid.")))?;
    let state = call.cdap.state();
    let exists = state
        .installed
        .visible_in(call.namespace())
        .any(|artifact| artifact.is_parent_in(&parents));
    if exists {
        return Ok(parents);
    }
    Err(Answer::refuse(
        404,
        format!("Artifact {entity_id} extends artifacts '{text}' that do not exist"),
    ))
}

/// The plugins that a header names, such as drivers.
fn further(call: &Call, jar: &Jar, id: &ArtifactId) -> Result<Vec<PluginClass>, Answer> {
    let Some(text) = call.header("artifact-plugins").filter(|text| !text.is_empty()) else {
        return Ok(Vec::new());
    };
    let plugins: Vec<PluginClass> = serde_json::from_str(text)
        .map_err(|_| Answer::refuse(400, format!("Artifact-Plugins header '{text}' is invalid.")))?;
    match plugins.iter().find(|plugin| !jar.has_class(&plugin.class_name)) {
        Some(absent) => {
            let ArtifactId { name, version, scope } = id;
            let class = &absent.class_name;
            let text = format!(
                "Artifact {name} with version {version} and scope {scope} does not have class {class}."
            );
            Err(Answer::refuse(400, text))
        }
        None => Ok(plugins),
    }
}

/// `DELETE {N}/artifacts/{artifact}/versions/{version}`
pub fn delete(call: &Call) -> Outcome {
    let owner = owner(scope(call)?.unwrap_or("USER"), call.namespace());
    let (name, version) = (call.path_param("artifact"), call.path_param("version"));
    let removed = call.cdap.state().installed.remove(owner, name, version);
    if removed.is_none() {
        return Err(Answer::not_found(&entity_id(owner, name, version)));
    }
    let key = format!("{owner}/{name}/{version}");
    call.cdap.store.delete("artifact", &key);
    call.cdap.store.put("artifact-gone", &key, &true);
    Ok(Answer::empty())
}

/// `PUT …/properties` and `DELETE …/properties`: all of them at once.
pub fn set_properties(call: &Call) -> Outcome {
    let scope = scope(call)?.unwrap_or("USER");
    let (namespace, name, version) = (
        call.namespace(),
        call.path_param("artifact"),
        call.path_param("version"),
    );
    let properties = if call.method == "DELETE" {
        Vec::new()
    } else {
        let body = call.json().map_err(|(text, _)| Answer::refuse(400, text))?;
        string_map(&body).map_err(|error| Answer::refuse(400, error.gson_text()))?
    };
    let found = call
        .cdap
        .state()
        .installed
        .get(namespace, scope, name, version)
        .cloned();
    let Some(mut artifact) = found else {
        return Err(Answer::not_found(&entity_id(
            owner(scope, namespace),
            name,
            version,
        )));
    };
    artifact.properties = Properties(properties);
    call.cdap.install(artifact);
    Ok(Answer::empty())
}

impl Cdap {
    fn install(&self, artifact: Artifact) {
        let mut state = self.state();
        let key = format!(
            "{}/{}/{}",
            artifact.namespace, artifact.id.name, artifact.id.version
        );
        self.store.put("artifact", &key, &artifact);
        self.store.delete("artifact-gone", &key);
        state.installed.put(artifact);
    }

    /// Loads what clients added and removed in earlier processes.
    pub(super) fn load_artifacts(&self) -> Result<(), SandboxError> {
        let mut state = self.state();
        for (key, mut artifact) in self.store.all::<Artifact>("artifact")? {
            key.split('/')
                .next()
                .unwrap_or_default()
                .clone_into(&mut artifact.namespace);
            state.installed.put(artifact);
        }
        for (key, _) in self.store.all::<bool>("artifact-gone")? {
            if let [namespace, name, version] = key.split('/').collect::<Vec<_>>()[..] {
                state.installed.remove(namespace, name, version);
            }
        }
        Ok(())
    }
}
