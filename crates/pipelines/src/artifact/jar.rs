//! Looks into a jar: its manifest, and the plugins among its classes.
//!
//! Plugins are told by their annotations: `@Plugin(type)`, `@Name`, `@Description` on the class, and
//! `@Name`, `@Description`, `@Macro`, `@Nullable` on the fields of its config. Formats: PKWARE's APPNOTE
//! (the central directory), JVMS chapter 4 (class files; read in `class_file.rs`).

use super::class_file::{ClassFile, Field};
use super::{PluginClass, Properties, Property, Requirements};
use crate::hash_order;
use flate2::read::DeflateDecoder;
use std::collections::BTreeMap;
use std::io::Read;

/// The most that one entry may hold when it is unpacked.
const LARGEST: u64 = 16 << 20;

/// A jar's entries by name.
#[derive(Debug)]
pub struct Jar {
    manifest: String,
    classes: BTreeMap<String, ClassFile>,
    /// All class names, also of those that could not be read.
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

/// The name and the packed place of each entry of the central directory.
fn directory(bytes: &[u8]) -> Option<Vec<(String, usize, usize, usize)>> {
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
        let local = u32_at(bytes, at + 42)?;
        let text = String::from_utf8_lossy(bytes.get(at + 46..at + 46 + name)?).into_owned();
        entries.push((text, method, size, local));
        at += 46 + name + extra + comment;
    }
    Some(entries)
}

fn unpacked(bytes: &[u8], (_, method, size, local): &(String, usize, usize, usize)) -> Option<Vec<u8>> {
    let start = local + 30 + u16_at(bytes, local + 26)? + u16_at(bytes, local + 28)?;
    let packed = bytes.get(start..start + size)?;
    match method {
        0 => Some(packed.to_vec()),
        8 => {
            let mut out = Vec::new();
            DeflateDecoder::new(packed)
                .take(LARGEST)
                .read_to_end(&mut out)
                .ok()?;
            Some(out)
        }
        _ => None,
    }
}

impl Jar {
    /// Reads a jar; `None` when it is none.
    pub fn open(bytes: &[u8]) -> Option<Self> {
        let entries = directory(bytes)?;
        let mut jar = Self {
            manifest: String::new(),
            classes: BTreeMap::new(),
            names: Vec::new(),
        };
        for entry in &entries {
            if entry.0 == "META-INF/MANIFEST.MF" {
                jar.manifest = String::from_utf8_lossy(&unpacked(bytes, entry)?).into_owned();
            } else if let Some(name) = entry.0.strip_suffix(".class") {
                jar.names.push(name.replace('/', "."));
            }
        }
        let exported: Vec<String> = jar.exported();
        for entry in &entries {
            let Some(path) = entry.0.strip_suffix(".class") else {
                continue;
            };
            let package = path
                .rsplit_once('/')
                .map_or("", |(package, _)| package)
                .replace('/', ".");
            // Plugins are only looked for in exported packages, their configs may be anywhere near.
            if exported.iter().any(|name| package.starts_with(name.as_str()))
                && let Some(class) = unpacked(bytes, entry).and_then(|bytes| ClassFile::read(&bytes))
            {
                jar.classes.insert(class.name.clone(), class);
            }
        }
        Some(jar)
    }

    /// A main attribute of the manifest; lines that begin with a blank go on with the one before.
    fn attribute(&self, name: &str) -> Option<String> {
        let whole = self.manifest.replace("\r\n", "\n").replace("\n ", "");
        let found = whole
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        found.map(|value| value.trim().to_owned())
    }

    /// `Bundle-Version`
    pub fn bundle_version(&self) -> Option<String> {
        self.attribute("Bundle-Version")
    }

    /// The packages of `Export-Package`, without what stands behind a semicolon or inside quotes.
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

    /// Whether it holds a class.
    pub fn has_class(&self, name: &str) -> bool {
        self.names.iter().any(|own| own == name)
    }

    /// What a plugin of it is made of that it does not bring itself: what a server without a parent misses.
    pub fn foreign_parent(&self) -> Option<String> {
        let plugins = self
            .classes
            .values()
            .filter(|class| class.annotation("Plugin").is_some());
        let mut parents = plugins.map(|class| self.topmost(class));
        parents
            .find(|parent| !parent.starts_with("java."))
            .map(|parent| parent.replace('.', "/"))
    }

    fn topmost(&self, class: &ClassFile) -> String {
        let mut class = class;
        while let Some(parent) = self.classes.get(&class.parent) {
            class = parent;
        }
        class.parent.clone()
    }

    /// Its plugins.
    pub fn plugins(&self) -> Vec<PluginClass> {
        let plugins = self.classes.values().filter_map(|class| {
            let annotation = class.annotation("Plugin")?;
            // A plugin without a type is one that only the platform itself uses.
            let kind = annotation.value("type").unwrap_or_default();
            let named = class.annotation("Name").and_then(|name| name.value("value"));
            let about = class
                .annotation("Description")
                .and_then(|text| text.value("value"));
            let config = self.config_of(class);
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

    /// The field that takes a plugin's properties.
    fn config_of<'a>(&'a self, class: &'a ClassFile) -> Option<&'a Field> {
        let own = class.fields.iter().find(|field| self.is_config(&field.class));
        own.or_else(|| {
            self.classes
                .get(&class.parent)
                .and_then(|parent| self.config_of(parent))
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

    /// A field as a property; a group brings its own properties with it.
    fn property(&self, field: &Field) -> Vec<(String, Property)> {
        let text = |annotation: &str| {
            field
                .annotation(annotation)
                .and_then(|found| found.value("value"))
        };
        let inner = if self.is_config(&field.class) {
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
            children: inner.iter().map(|(name, _)| name.clone()).collect(),
        };
        std::iter::once((property.name.clone(), property))
            .chain(inner)
            .collect()
    }
}
