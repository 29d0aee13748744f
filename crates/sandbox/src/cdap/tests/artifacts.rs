//! Artifacts that clients add and remove, schedules, and the studio's validation.

use super::*;
use pipelines::artifact::{Artifact, PluginClass};

const N: &str = "/v3/namespaces/default";
/// The jar with which real servers were recorded.
const JAR: &[u8] = include_bytes!("../../../tests/recorded/lab/lab-plugins-1.0.0.jar");
const PIPELINES: &str = "system:cdap-data-pipeline[6.0.0,10.0.0)";

impl TestServer {
    async fn upload(&self, name: &str, headers: &[(&str, &str)], body: &'static [u8]) -> (u16, String) {
        let mut request = self
            .client
            .post(format!("{}{N}/artifacts/{name}", self.base))
            .body(body);
        for (key, value) in headers {
            request = request.header(*key, *value);
        }
        let response = request.send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }
}

const VERSION: (&str, &str) = ("Artifact-Version", "2.0.0");
const EXTENDS: (&str, &str) = ("Artifact-Extends", PIPELINES);

fn sorted(mut plugins: Vec<PluginClass>) -> Vec<PluginClass> {
    // The order of two properties in the same bucket of a hash table is not known.
    for plugin in &mut plugins {
        plugin.properties.0.sort_by(|(a, _), (b, _)| a.cmp(b));
    }
    plugins.sort_by(|a, b| (&a.r#type, &a.name).cmp(&(&b.r#type, &b.name)));
    plugins
}

#[tokio::test]
async fn a_jar_is_searched_for_plugins_as_on_a_real_server() {
    let server = start().await;
    let headers = [("Artifact-Version", "2.0.0"), ("Artifact-Extends", PIPELINES)];
    let added = (200, "Artifact added successfully".to_owned());
    assert_eq!(server.upload("lab-user", &headers, JAR).await, added);
    let text = "Artifact artifact:default.lab-user.2.0.0 already exists.";
    assert_eq!(
        server.upload("lab-user", &headers, JAR).await,
        (409, text.to_owned())
    );

    let reply = server
        .get(&format!("{N}/artifacts/lab-user/versions/2.0.0?scope=USER"))
        .await;
    let ours: Artifact = serde_json::from_str(&reply.body).unwrap();
    let real = include_str!("../../../../pipelines/assets/artifacts/lab-plugins.json");
    let real: Artifact = serde_json::from_str(real).unwrap();
    assert_eq!(sorted(ours.classes.plugins), sorted(real.classes.plugins));
    assert!(reply.body.ends_with(r#""isLowerInclusive":true,"isUpperInclusive":false}],"name":"lab-user","version":"2.0.0","scope":"USER"}"#), "{}", reply.body);

    let found = format!(
        "{N}/artifacts/cdap-data-pipeline/versions/6.11.0/extensions/batchsource/plugins/LabSource?scope=SYSTEM"
    );
    assert_eq!(server.get(&found).await.json()[0]["artifact"]["name"], "lab-user");
    let path = format!("{N}/artifacts/lab-user/versions/2.0.0");
    let gone = server.ask(Method::DELETE, &path, None).await;
    assert_eq!((gone.status, gone.body.as_str()), (200, ""));
    let again = server.ask(Method::DELETE, &path, None).await;
    assert_eq!(
        (again.status, again.body.as_str()),
        (404, "'artifact:default.lab-user.2.0.0' was not found.")
    );
}

/// Headers, body, status, text.
type Case = (
    &'static [(&'static str, &'static str)],
    &'static [u8],
    u16,
    &'static str,
);

#[tokio::test]
async fn uploads_are_refused_in_recorded_words() {
    let server = start().await;
    let snapshot = [("Artifact-Version", "3.0.0-SNAPSHOT"), EXTENDS];
    for _ in 0..2 {
        assert_eq!(server.upload("lab-user", &snapshot, JAR).await.0, 200);
    }
    let cases: [Case; 8] = [
        (
            &[EXTENDS],
            JAR,
            400,
            "Unable to derive version from artifact because manifest does not contain Bundle-Version attribute. Please include Bundle-Version in the manifest, or explicitly specify the artifact version.",
        ),
        (
            &[("Artifact-Version", "x"), EXTENDS],
            JAR,
            400,
            "Invalid artifact version x",
        ),
        (
            &[VERSION, ("Artifact-Extends", "system:nosuch[1.0.0,2.0.0)")],
            JAR,
            404,
            "Artifact artifact:default.a.2.0.0 extends artifacts 'system:nosuch[1.0.0,2.0.0)' that do not exist",
        ),
        (
            &[VERSION, EXTENDS],
            b"hello",
            400,
            "Couldn't unzip artifact artifact:default.a.2.0.0, please check it is a valid jar file.",
        ),
        (
            &[VERSION, EXTENDS],
            b"",
            400,
            "Couldn't unzip artifact artifact:default.a.2.0.0, please check it is a valid jar file.",
        ),
        (
            &[VERSION],
            JAR,
            400,
            "Class could not be found while inspecting artifact for plugins. Please check dependencies are available, and that the correct parent artifact was specified. Error class: class java.lang.NoClassDefFoundError, message: io/cdap/cdap/etl/api/action/Action.",
        ),
        (
            &[VERSION, EXTENDS, ("Artifact-Plugins", "not json")],
            JAR,
            400,
            "Artifact-Plugins header 'not json' is invalid.",
        ),
        (
            &[
                VERSION,
                EXTENDS,
                (
                    "Artifact-Plugins",
                    r#"[{"name":"m","type":"jdbc","className":"com.example.Missing"}]"#,
                ),
            ],
            JAR,
            400,
            "Artifact a with version 2.0.0 and scope USER does not have class com.example.Missing.",
        ),
    ];
    for (headers, body, status, text) in cases {
        assert_eq!(server.upload("a", headers, body).await, (status, text.to_owned()));
    }
}

#[tokio::test]
async fn a_driver_is_found_under_its_parent() {
    let server = start().await;
    let driver = r#"[{"name":"oracle","type":"jdbc","className":"lab.LabPlugins","description":"d"}]"#;
    let headers = [
        ("Artifact-Version", "8.3.0"),
        (
            "Artifact-Extends",
            "default:cloudsql-mysql-plugin[1.11.0,1.11.0]/default:mysql-plugin[1.11.0,1.11.0]",
        ),
        ("Artifact-Plugins", driver),
    ];
    assert_eq!(server.upload("driver", &headers, JAR).await.0, 200);
    let of = |artifact: &str| format!("{N}/artifacts/{artifact}/extensions/jdbc/plugins/oracle");
    let found = server
        .get(&format!(
            "{}?scope=USER",
            of("cloudsql-mysql-plugin/versions/1.11.0")
        ))
        .await;
    assert_eq!(
        found.body,
        r#"[{"properties":{},"name":"oracle","type":"jdbc","description":"d","className":"lab.LabPlugins","artifact":{"name":"driver","version":"8.3.0","scope":"USER"}}]"#
    );
    let pipeline = server
        .get(&format!(
            "{}?scope=SYSTEM",
            of("cdap-data-pipeline/versions/6.11.0")
        ))
        .await;
    assert_eq!(
        (pipeline.status, pipeline.body.as_str()),
        (404, "'system:jdbc:oracle' was not found.")
    );
}
