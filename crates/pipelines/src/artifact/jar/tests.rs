//! Jars that nobody should send: classes that refer to themselves, nest, repeat, and unpack to very much.

use super::*;
use flate2::Compression;
use flate2::write::DeflateEncoder;
use googlesql::limits::MAX_DEPTH;
use std::io::Write;

const MANIFEST: &str = "Manifest-Version: 1.0\nExport-Package: p\n";
const CONFIG: &str = "io/cdap/cdap/api/plugin/PluginConfig";

/// Builds a class file.
#[derive(Default)]
struct Class {
    constants: Vec<Vec<u8>>,
    body: Vec<u8>,
}

impl Class {
    fn constant(&mut self, bytes: Vec<u8>) -> [u8; 2] {
        self.constants.push(bytes);
        u16::try_from(self.constants.len()).unwrap().to_be_bytes()
    }

    fn text(&mut self, text: &str) -> [u8; 2] {
        let length = u16::try_from(text.len()).unwrap().to_be_bytes();
        self.constant([&[1], &length[..], text.as_bytes()].concat())
    }

    fn class(&mut self, name: &str) -> [u8; 2] {
        let name = self.text(name);
        self.constant(vec![7, name[0], name[1]])
    }

    /// A class with these fields, each with the name of its class, and `@Plugin` with this element value, if any.
    fn new(name: &str, parent: &str, fields: &[(&str, &str)], plugin: Option<&[u8]>) -> Self {
        let mut class = Self::default();
        let head = [[0, 1], class.class(name), class.class(parent), [0, 0]].concat();
        class.body.extend(head);
        class
            .body
            .extend(u16::try_from(fields.len()).unwrap().to_be_bytes());
        for (name, kind) in fields {
            let field = [[0, 1], class.text(name), class.text(&format!("L{kind};")), [0, 0]].concat();
            class.body.extend(field);
        }
        class.body.extend([0, 0]);
        let Some(value) = plugin else {
            class.body.extend([0, 0]);
            return class;
        };
        let (attribute, kind, key) = (
            class.text("RuntimeVisibleAnnotations"),
            class.text("Lio/cdap/cdap/api/annotation/Plugin;"),
            class.text("type"),
        );
        let annotation = [&[0, 1][..], &kind, &[0, 1], &key, value].concat();
        let length = u32::try_from(annotation.len()).unwrap().to_be_bytes();
        class.body.extend([0, 1]);
        class.body.extend([&attribute[..], &length, &annotation].concat());
        class
    }

    fn bytes(&self) -> Vec<u8> {
        let count = u16::try_from(self.constants.len() + 1).unwrap().to_be_bytes();
        let head = [&[0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 52][..], &count].concat();
        [head, self.constants.concat(), self.body.clone()].concat()
    }
}

/// The element value of an annotation that consists of nested arrays.
fn nested(depth: usize) -> Vec<u8> {
    [&b"[\x00\x01".repeat(depth)[..], b"I\x00\x01"].concat()
}

/// A zip archive. Its headers say nothing true about the unpacked sizes.
fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut packed = Vec::new();
    let mut directory = Vec::new();
    let short = |number: usize| u16::try_from(number).unwrap().to_le_bytes();
    let long = |number: usize| u32::try_from(number).unwrap().to_le_bytes();
    for (name, content) in files {
        let offset = packed.len();
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(content).unwrap();
        let content = encoder.finish().unwrap();
        packed.extend(
            [
                &b"PK\x03\x04"[..],
                &[0; 22],
                &short(name.len()),
                &[0; 2],
                name.as_bytes(),
            ]
            .concat(),
        );
        packed.extend(&content);
        directory.extend(
            [
                &b"PK\x01\x02\0\0\0\0\0\0"[..],
                &short(8),
                &[0; 8],
                &long(content.len()),
            ]
            .concat(),
        );
        directory.extend(
            [
                &long(1)[..],
                &short(name.len()),
                &[0; 12],
                &long(offset),
                name.as_bytes(),
            ]
            .concat(),
        );
    }
    let start = packed.len();
    packed.extend(&directory);
    packed.extend(
        [
            &b"PK\x05\x06\0\0\0\0"[..],
            &short(files.len()),
            &short(files.len()),
        ]
        .concat(),
    );
    packed.extend([&long(directory.len())[..], &long(start), &[0, 0]].concat());
    packed
}

fn jar(classes: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut files = vec![("META-INF/MANIFEST.MF", MANIFEST.as_bytes())];
    files.extend(classes.iter().map(|(name, bytes)| (*name, &bytes[..])));
    zip(&files)
}

fn class(name: &str, parent: &str, fields: &[(&str, &str)]) -> Vec<u8> {
    Class::new(name, parent, fields, None).bytes()
}

fn plugin(config: &str) -> Vec<u8> {
    Class::new(
        "p/Plugin",
        "java/lang/Object",
        &[("config", config)],
        Some(b"I\x00\x01"),
    )
    .bytes()
}

#[test]
fn a_plugin_is_found() {
    let classes = [
        ("p/Plugin.class", plugin("p/Config")),
        (
            "p/Config.class",
            class("p/Config", CONFIG, &[("path", "java/lang/String")]),
        ),
    ];
    let plugins = Jar::open(&jar(&classes)).unwrap().plugins().unwrap();
    assert_eq!(plugins[0].class_name, "p.Plugin");
    assert_eq!(plugins[0].properties.0[0].0, "path");
}

#[test]
fn a_jar_that_is_too_large_is_refused() {
    let bomb = vec![0; MAX_VALUE_BYTES + 1];
    let large = vec![0; MAX_VALUE_BYTES];
    let many: Vec<_> = (0..7).map(|_| ("p/A.class", large.clone())).collect();
    let name = "n".repeat(60_000);
    let fields = vec![(&name[..], "java/lang/String"); 300];
    let repeated = class("p/A", "java/lang/Object", &fields[..1]);
    // The fields all have the name of the first one.
    let field = repeated[repeated.len() - 12..repeated.len() - 4].to_vec();
    let mut long = repeated[..repeated.len() - 14].to_vec();
    long.extend([&1_000_u16.to_be_bytes()[..], &field.repeat(1_000), &[0; 4]].concat());
    for (what, classes) in [
        ("one entry", vec![("p/A.class", bomb.clone())]),
        ("the manifest", vec![("META-INF/MANIFEST.MF", bomb)]),
        ("all entries", many),
        ("texts that are repeated", vec![("p/A.class", long)]),
    ] {
        assert_eq!(
            Jar::open(&jar(&classes)).err(),
            Some(JarError::TooLarge),
            "{what}"
        );
    }
}

#[test]
fn configs_in_configs_are_bounded() {
    let itself = vec![
        ("p/Plugin.class".to_owned(), plugin("p/C0")),
        (
            "p/C0.class".to_owned(),
            class("p/C0", CONFIG, &[("again", "p/C0")]),
        ),
    ];
    let mut doubling = vec![("p/Plugin.class".to_owned(), plugin("p/C0"))];
    for level in 0..40 {
        let (own, next) = (format!("p/C{level}"), format!("p/C{}", level + 1));
        doubling.push((
            format!("{own}.class"),
            class(&own, CONFIG, &[("a", &next), ("b", &next)]),
        ));
    }
    doubling.push((
        "p/C40.class".to_owned(),
        class("p/C40", CONFIG, &[("x", "java/lang/String")]),
    ));
    for classes in [itself, doubling] {
        let classes: Vec<_> = classes
            .iter()
            .map(|(name, bytes)| (&name[..], bytes.clone()))
            .collect();
        assert_eq!(
            Jar::open(&jar(&classes)).unwrap().plugins(),
            Err(JarError::TooLarge)
        );
    }
}

#[test]
fn a_circle_of_superclasses_is_named() {
    for (classes, name) in [
        (vec![("p/A.class", class("p/A", "p/A", &[]))], "p.A"),
        (
            vec![
                ("p/A.class", class("p/A", "p/B", &[])),
                ("p/B.class", class("p/B", "p/C", &[])),
                ("p/C.class", class("p/C", "p/A", &[])),
            ],
            "p.A",
        ),
    ] {
        assert_eq!(
            Jar::open(&jar(&classes)).err(),
            Some(JarError::Circular(name.into()))
        );
    }
}

#[test]
fn a_class_that_refers_to_itself_or_nests_too_deeply_is_not_read() {
    let mut budget = MAX_TEXT;
    let mut read = |bytes: &[u8]| ClassFile::read(bytes, &mut budget).is_some();
    let annotated = |depth: usize| Class::new("p/A", "java/lang/Object", &[], Some(&nested(depth))).bytes();
    assert!(read(&annotated(MAX_DEPTH - 1)));
    for depth in [MAX_DEPTH + 1, 15_000, 200_000] {
        assert!(!read(&annotated(depth)), "{depth}");
    }
    // The constants are the name's text and its class; then the class names itself.
    let mut bytes = class("p/A", "java/lang/Object", &[]);
    assert!(read(&bytes));
    let at = bytes.windows(3).position(|part| part == [7, 0, 1]).unwrap();
    bytes[at + 2] = 2;
    assert!(!read(&bytes));
}

#[test]
fn damaged_archives_are_refused() {
    let whole = jar(&[("p/Plugin.class", plugin("p/Config"))]);
    for bytes in [&b""[..], b"PK", &[0; 30], &whole[..whole.len() - 30]] {
        assert_eq!(Jar::open(bytes).err(), Some(JarError::Damaged));
    }
    for at in 0..whole.len() {
        let mut broken = whole.clone();
        broken[at] = !broken[at];
        let _ = Jar::open(&broken).map(|jar| jar.plugins());
    }
}
