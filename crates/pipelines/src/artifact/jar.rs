//! Reads a jar: its manifest, and the plugins among its classes.
//!
//! Plugins are recognised by their annotations: `@Plugin(type)`, `@Name`, `@Description` on the class, and
//! `@Name`, `@Description`, `@Macro`, `@Nullable` on the fields of its config. The formats are PKWARE's
//! APPNOTE (the central directory) and JVMS chapter 4 (class files, read in `class_file.rs`).
//!
//! A jar comes from a client: what it unpacks to is counted while it is unpacked, whatever its headers say.
//! `jar/discovery.rs` finds the plugins.

mod discovery;

use super::class_file::ClassFile;
use flate2::read::DeflateDecoder;
use googlesql::limits::{MAX_VALUE_BYTES, read_at_most};
use std::collections::BTreeMap;

/// The most bytes of the manifest and of the classes that are searched, of all of them together.
const MAX_UNPACKED: usize = 64 << 20;

/// The most bytes of the texts in these classes. Those of Google's own plugins are 3 MB.
const MAX_TEXT: usize = 48 << 20;

/// How far from its end a zip archive may have its directory's place: behind it lies a comment of 64 KiB at most.
const MAX_END: usize = 22 + 65_535;

/// Why a jar is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JarError {
    /// It is no zip archive, or a damaged one.
    #[error("not a jar")]
    Damaged,
    /// It unpacks to more than the sandbox reads.
    #[error("its classes are larger than the sandbox reads")]
    TooLarge,
    /// A class is its own superclass, directly or not; with its name.
    #[error("{0} is its own superclass")]
    Circular(String),
}

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
struct Entry<'a> {
    name: &'a str,
    /// 0 is stored, 8 is deflated.
    method: usize,
    compressed_size: usize,
    /// Where its local header begins.
    offset: usize,
}

fn central_directory(bytes: &[u8]) -> Option<Vec<Entry<'_>>> {
    let end = (bytes.len().saturating_sub(MAX_END)..bytes.len().checked_sub(21)?)
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
            // What a jar needs is named in ASCII.
            name: std::str::from_utf8(bytes.get(at + 46..at + 46 + name)?).unwrap_or_default(),
            method,
            compressed_size: size,
            offset: u32_at(bytes, at + 42)?,
        });
        at += 46 + name + extra + comment;
    }
    Some(entries)
}

/// The content of an entry, which is charged to `budget`.
fn extract(bytes: &[u8], entry: &Entry<'_>, budget: &mut usize) -> Result<Vec<u8>, JarError> {
    let most = MAX_VALUE_BYTES.min(*budget);
    let content = (|| {
        let header = entry.offset;
        let start = header + 30 + u16_at(bytes, header + 26)? + u16_at(bytes, header + 28)?;
        bytes.get(start..start.checked_add(entry.compressed_size)?)
    })();
    let content = content.ok_or(JarError::Damaged)?;
    let read = match entry.method {
        0 => read_at_most(content, most),
        8 => read_at_most(DeflateDecoder::new(content), most),
        _ => return Err(JarError::Damaged),
    };
    let plain = read.map_err(|_| JarError::Damaged)?.ok_or(JarError::TooLarge)?;
    *budget -= plain.len();
    Ok(plain)
}

/// Package names, without those that begin with another one.
struct Prefixes(Vec<String>);

impl Prefixes {
    fn new(mut names: Vec<String>) -> Self {
        names.sort_unstable();
        // A name that begins with another one follows it.
        names.dedup_by(|name, before| name.starts_with(before.as_str()));
        Self(names)
    }

    /// Whether a text begins with one of the names.
    fn begin(&self, text: &str) -> bool {
        let after = self.0.partition_point(|name| name.as_str() <= text);
        after
            .checked_sub(1)
            .is_some_and(|at| text.starts_with(self.0[at].as_str()))
    }
}

impl Jar {
    /// Reads a jar.
    ///
    /// # Errors
    /// Bytes that are not a jar, one that unpacks to more than the sandbox reads, and one that no JVM can load.
    pub fn open(bytes: &[u8]) -> Result<Self, JarError> {
        let entries = central_directory(bytes).ok_or(JarError::Damaged)?;
        let (mut unpacked, mut text) = (MAX_UNPACKED, MAX_TEXT);
        let mut jar = Self {
            manifest: String::new(),
            classes: BTreeMap::new(),
            names: Vec::new(),
        };
        for entry in &entries {
            if entry.name == "META-INF/MANIFEST.MF" {
                let manifest = extract(bytes, entry, &mut unpacked)?;
                jar.manifest = String::from_utf8_lossy(&manifest).into_owned();
            } else if let Some(name) = entry.name.strip_suffix(".class") {
                text = text.checked_sub(name.len()).ok_or(JarError::TooLarge)?;
                jar.names.push(name.replace('/', "."));
            }
        }
        let exported = Prefixes::new(jar.exported());
        for entry in &entries {
            let Some(path) = entry.name.strip_suffix(".class") else {
                continue;
            };
            let package = path
                .rsplit_once('/')
                .map_or("", |(package, _)| package)
                .replace('/', ".");
            // CDAP looks for plugins in exported packages only; their configs may be in packages below.
            if !exported.begin(&package) {
                continue;
            }
            let class = match extract(bytes, entry, &mut unpacked) {
                Ok(class) => ClassFile::read(&class, &mut text),
                Err(JarError::TooLarge) => return Err(JarError::TooLarge),
                Err(_) => None,
            };
            if text == 0 {
                return Err(JarError::TooLarge);
            }
            if let Some(class) = class {
                jar.classes.insert(class.name.clone(), class);
            }
        }
        match jar.circular() {
            Some(name) => Err(JarError::Circular(name)),
            None => Ok(jar),
        }
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
}

#[cfg(test)]
mod tests;
