//! Reads a jar: its manifest, and the plugins among its classes.
//!
//! Plugins are recognised by their annotations: `@Plugin(type)`, `@Name`, `@Description` on the class, and
//! `@Name`, `@Description`, `@Macro`, `@Nullable` on the fields of its config. The formats are PKWARE's
//! APPNOTE (the central directory) and JVMS chapter 4 (class files, read in `class_file.rs`).

use super::class_file::{ClassFile, Field};
use super::{PluginClass, Properties, Property, Requirements};
use crate::hash_order;
use flate2::read::DeflateDecoder;
use std::collections::BTreeMap;
use std::io::Read;

/// The most bytes of one entry after decompression.
const MAX_ENTRY_SIZE: u64 = 16 << 20;

/// The manifest and the exported classes of a jar.
#[derive(Debug)]
pub struct Jar {
    manifest: String,
    classes: BTreeMap<String, ClassFile>,
    /// The names of all classes, those that could not be read included.
    names: Vec<String>,
}

fn u16_at(bytes: &[u8], at: usize) -> Option<usize> {
    let two: [u8; 2] = bytes.get(at..at + 2)?.try_into().ok()?;
    Some(usize::from(u16::from_le_bytes(two)))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<usize> {
    let four: [u8; 4] = bytes.get(at..at + 4)?.try_into().ok()?;
    usize::try_from(u32::from_le_bytes(four)).ok()
}

/// An entry of the central directory.
struct Entry {
    name: String,
    /// 0 is stored, 8 is deflated.
    method: usize,
    compressed_size: usize,
    /// Where its local header begins.
    offset: usize,
}
fn central_directory(bytes: &[u8]) -> Option<Vec<Entry>> {
    let end = (0..bytes.len().checked_sub(21)?)
        .rev()
        .find(|at| bytes[*at..].starts_with(b"PK\x05\x06"))?;
    let (count, mut at) = (u16_at(bytes, end + 10)?, u32_at(bytes, end + 16)?);
    let mut entries = Vec::new();
    for _ in 0..count {
        if !bytes.get(at..)?.starts_with(b"PK\x01\x02") {
            return None;
        }
        let (method, size) = (u16_at(bytes, at + 10)?, u32_at(bytes, at + 20)?);
        let (name, extra, comment) = (
            u16_at(bytes, at + 28)?,
            u16_at(bytes, at + 30)?,
            u16_at(bytes, at + 32)?,
        );
        entries.push(Entry {
            name: String::from_utf8_lossy(bytes.get(at + 46..at + 46 + name)?).into_owned(),
            method,
            compressed_size: size,
            offset: u32_at(bytes, at + 42)?,
        });
        at += 46 + name + extra + comment;
    }
    Some(entries)
}

fn extract(bytes: &[u8], entry: &Entry) -> Option<Vec<u8>> {
    let header = entry.offset;
    let start = header + 30 + u16_at(bytes, header + 26)? + u16_at(bytes, header + 28)?;
    let content = bytes.get(start..start + entry.compressed_size)?;
    match entry.method {
        0 => Some(content.to_vec()),
        8 => {
            let mut out = Vec::new();
            DeflateDecoder::new(content)
                .take(MAX_ENTRY_SIZE)
                .read_to_end(&mut out)
                .ok()?;
            Some(out)
        }
        _ => None,
    }
}

impl Jar {
    /// Reads a jar; `None` if the bytes are not one.
    pub fn open(bytes: &[u8]) -> Option<Self> {
        let entries = central_directory(bytes)?;
        let mut jar = Self {
            manifest: String::new(),
            classes: BTreeMap::new(),
            names: Vec::new(),
        };
        for entry in &entries {
            if entry.name == "META-INF/MANIFEST.MF" {
                jar.manifest = String::from_utf8_lossy(&extract(bytes, entry)?).into_owned();
            } else if let Some(name) = entry.name.strip_suffix(".class") {
                jar.names.push(name.replace('/', "."));
            }
        }
        let exported: Vec<String> = jar.exported();
        for entry in &entries {
            let Some(path) = entry.name.strip_suffix(".class") else {
                continue;
            };
            let package = path
                .rsplit_once('/')
                .map_or("", |(package, _)| package)
                .replace('/', ".");
            // CDAP looks for plugins in exported packages only; their configs may be in packages below.
            if exported.iter().any(|name| package.starts_with(name.as_str()))
                && let Some(class) = extract(bytes, entry).and_then(|bytes| ClassFile::read(&bytes))
            {
                jar.classes.insert(class.name.clone(), class);
            }
        }
        Some(jar)
    }

    /// A main attribute of the manifest; a line that begins with a blank continues the one before.
    fn attribute(&self, name: &str) -> Option<String> {
        let whole = self.manifest.replace("\r\n", "\n").replace("\n ", "");
        let found = whole
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        found.map(|value| value.trim().to_owned())
    }

    /// The manifest's `Bundle-Version`.
    pub fn bundle_version(&self) -> Option<String> {
        self.attribute("Bundle-Version")
    }

    /// The packages of `Export-Package`, without their directives and quoted parts.
    fn exported(&self) -> Vec<String> {
        let list = self.attribute("Export-Package").unwrap_or_default();
        let mut quoted = false;
        let plain: String = list
            .chars()
            .filter(|c| {
                quoted ^= *c == '"';
                !quoted && *c != '"'
            })
            .collect();
        let names = plain.split(',').filter_map(|item| item.split(';').next());
        names
            .map(|name| name.trim().to_owned())
            .filter(|name| !name.is_empty())
            .collect()
    }

    /// Whether it contains a class of this name.
    pub fn has_class(&self, name: &str) -> bool {
        self.names.iter().any(|own| own == name)
    }

    /// A superclass of one of its plugins that is neither in the jar nor in the JDK, with slashes: the class that
    /// a server cannot load without the parent artifact.
    pub fn foreign_parent(&self) -> Option<String> {
        let plugins = self
            .classes
            .values()
            .filter(|class| class.annotation("Plugin").is_some());
        let mut parents = plugins.map(|class| self.root_parent(class));
        parents
            .find(|parent| !parent.starts_with("java."))
            .map(|parent| parent.replace('.', "/"))
    }

    fn root_parent(&self, class: &ClassFile) -> String {
        let mut class = class;
        while let Some(parent) = self.classes.get(&class.parent) {
            class = parent;
        }
        class.parent.clone()
    }

    /// The plugins among its classes.
    pub fn plugins(&self) -> Vec<PluginClass> {
        let plugins = self.classes.values().filter_map(|class| {
            let annotation = class.annotation("Plugin")?;
            // A plugin without a type is used by the platform only.
            let kind = annotation.value("type").unwrap_or_default();
            let named = class.annotation("Name").and_then(|name| name.value("value"));
            let about = class
                .annotation("Description")
                .and_then(|text| text.value("value"));
            let config = self.config_field(class);
            Some(PluginClass {
                r#type: kind,
                name: named.unwrap_or_else(|| class.name.clone()),
                description: about.unwrap_or_default(),
                class_name: class.name.clone(),
                config_field_name: config.map(|field| field.name.clone()),
                properties: Properties(
                    config
                        .map(|field| self.properties(&field.class))
                        .unwrap_or_default(),
                ),
                requirements: Requirements::default(),
            })
        });
        plugins.collect()
    }

    /// The field that holds a plugin's configuration, in the class or in a superclass.
    fn config_field<'a>(&'a self, class: &'a ClassFile) -> Option<&'a Field> {
        let own = class.fields.iter().find(|field| self.is_config(&field.class));
        own.or_else(|| {
            self.classes
                .get(&class.parent)
                .and_then(|parent| self.config_field(parent))
        })
    }

    fn is_config(&self, name: &str) -> bool {
        name == "io.cdap.cdap.api.plugin.PluginConfig"
            || self
                .classes
                .get(name)
                .is_some_and(|class| self.is_config(&class.parent))
    }

    fn properties(&self, config: &str) -> Vec<(String, Property)> {
        let mut found = Vec::new();
        let mut next = self.classes.get(config);
        while let Some(class) = next {
            for field in class.fields.iter().filter(|field| !field.is_static) {
                found.extend(self.property(field));
            }
            next = self.classes.get(&class.parent);
        }
        hash_order::sorted(found, |(name, _)| name.as_str())
    }

    /// The property of a field, followed by its member properties if it is a group.
    fn property(&self, field: &Field) -> Vec<(String, Property)> {
        let text = |annotation: &str| {
            field
                .annotation(annotation)
                .and_then(|found| found.value("value"))
        };
        let members = if self.is_config(&field.class) {
            self.properties(&field.class)
        } else {
            Vec::new()
        };
        let simple = field.class.rsplit(['.', '$']).next().unwrap_or_default();
        let property = Property {
            name: text("Name").unwrap_or_else(|| field.name.clone()),
            description: text("Description").unwrap_or_default(),
            r#type: match simple {
                "Integer" => "int".to_owned(),
                "Character" => "char".to_owned(),
                other => other.to_lowercase(),
            },
            required: field.annotation("Nullable").is_none(),
            macro_supported: field.annotation("Macro").is_some(),
            macro_escaping_enabled: false,
            children: members.iter().map(|(name, _)| name.clone()).collect(),
        };
        std::iter::once((property.name.clone(), property))
            .chain(members)
            .collect()
    }
}
