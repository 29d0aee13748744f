//! `GCS` sink: writes `part-r-00000` and `_SUCCESS` under a path of the local bucket.

use super::{
    Artifact, Batch, Definition, Desk, GOOGLE_CLOUD, Nested, Properties, Role, Sink, Stage, failure,
    json_line,
};
use crate::sandbox::macros::time;
use crate::sandbox::observation::{Failure, Level};

pub(super) const DEFINITION: Definition = Definition {
    name: "GCS",
    kind: "batchsink",
    artifact: GOOGLE_CLOUD,
    required: &["path", "format"],
    check: None,
    nested,
    role: Role::Sink(prepare),
};

const FORMAT_JSON: Artifact = Artifact {
    name: "format-json",
    version: "2.12.0",
    scope: "SYSTEM",
};
const LOGGER: &str = "io.cdap.plugin.gcp.gcs.sink.GCSBatchSink";

struct Files {
    stage: String,
    directory: String,
    part: String,
    lines: String,
    records: usize,
}

fn nested(properties: &Properties) -> Vec<Nested> {
    let format = properties.get("format").filter(|format| *format == "json");
    let of = |format: &String| Nested {
        suffix: format.clone(),
        name: format.clone(),
        kind: "validatingOutputFormat",
        artifact: FORMAT_JSON,
    };
    format.map(of).into_iter().collect()
}

fn prepare(stage: &Stage, _: &mut Desk<'_>) -> Result<Box<dyn Sink>, Failure> {
    let format = stage.required("format")?;
    if format != "json" {
        return Err(stage.unsupported(&format!("format '{format}'")));
    }
    let mut directory = stage.required("path")?.trim_end_matches('/').to_owned();
    if let Some(suffix) = stage.text("suffix") {
        let arguments = [suffix.to_owned()];
        let formatted = time::logical_start_time(stage.logical_start, &arguments);
        let formatted = formatted.map_err(|error| failure("java.lang.IllegalArgumentException", error.0))?;
        directory = format!("{directory}/{formatted}");
    }
    let base = stage.text("outputFileNameBase").unwrap_or("part");
    Ok(Box::new(Files {
        stage: stage.name.clone(),
        directory,
        part: format!("{base}-r-00000"),
        lines: String::new(),
        records: 0,
    }))
}

impl Sink for Files {
    fn check(&self, desk: &mut Desk<'_>) -> Result<(), Failure> {
        if desk.world.bucket.holds(&self.directory).map_err(storage)? {
            let text = format!("Output directory {} already exists", self.directory);
            return Err(failure(
                "org.apache.hadoop.mapred.FileAlreadyExistsException",
                text,
            ));
        }
        Ok(())
    }

    fn write(&mut self, batch: &Batch) -> Result<(), Failure> {
        json_line::write(batch, &mut self.lines);
        self.records += batch.rows.len();
        Ok(())
    }

    fn commit(&mut self, desk: &mut Desk<'_>) -> Result<(), Failure> {
        let bucket = &desk.world.bucket;
        // Without records there is no part, only the mark of success.
        if self.records > 0 {
            let part = format!("{}/{}", self.directory, self.part);
            bucket.write(&part, self.lines.as_bytes()).map_err(storage)?;
        }
        bucket
            .write(&format!("{}/_SUCCESS", self.directory), b"")
            .map_err(storage)?;
        let text = format!("Wrote {} records to {}", self.records, self.directory);
        desk.say(Level::Info, LOGGER, Some(&self.stage), text);
        Ok(())
    }
}

fn storage(error: std::io::Error) -> Failure {
    failure("java.io.IOException", error.to_string())
}
