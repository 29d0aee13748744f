//! Class files that a compiler would not write (JVMS chapter 4).

/// A class of only what a reader of plugins looks at.
#[derive(Default)]
pub struct Class {
    constants: Vec<u8>,
    count: u16,
}

impl Class {
    fn add(&mut self, bytes: &[u8]) -> u16 {
        self.constants.extend(bytes);
        self.count += 1;
        self.count
    }

    fn text(&mut self, text: &str) -> u16 {
        let length = u16::try_from(text.len()).unwrap().to_be_bytes();
        self.add(&[&[1], &length[..], text.as_bytes()].concat())
    }

    fn class(&mut self, name: u16) -> u16 {
        self.add(&[&[7], &name.to_be_bytes()[..]].concat())
    }

    /// The whole file.
    fn file(&self, name: u16, parent: u16, attributes: &[u8]) -> Vec<u8> {
        let mut file = vec![0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 52];
        file.extend((self.count + 1).to_be_bytes());
        file.extend(&self.constants);
        file.extend([0, 33]);
        file.extend(name.to_be_bytes());
        file.extend(parent.to_be_bytes());
        // No interfaces, fields and methods.
        file.extend([0; 6]);
        file.extend(attributes);
        file
    }
}

/// The Class constant that names the class is named by itself.
pub fn names_itself() -> Vec<u8> {
    let mut class = Class::default();
    let name = class.class(1);
    class.file(name, 0, &[0, 0])
}

/// A plugin with this parent.
pub fn child(name: &str, parent: &str) -> Vec<u8> {
    let mut class = Class::default();
    let (name, parent) = (class.text(name), class.text(parent));
    let (name, parent) = (class.class(name), class.class(parent));
    let (attribute, kind, key, value) = (
        class.text("RuntimeVisibleAnnotations"),
        class.text("Lio/cdap/cdap/api/annotation/Plugin;"),
        class.text("type"),
        class.text("batchsource"),
    );
    let mut annotation = vec![0, 1];
    annotation.extend(kind.to_be_bytes());
    annotation.extend([0, 1]);
    annotation.extend(key.to_be_bytes());
    annotation.push(b's');
    annotation.extend(value.to_be_bytes());
    class.file(name, parent, &attributes(attribute, &annotation))
}

/// An annotation whose value is an array in an array, `depth` times.
pub fn nested(depth: usize) -> Vec<u8> {
    let mut class = Class::default();
    let text = class.text("a/Deep");
    let name = class.class(text);
    let attribute = class.text("RuntimeVisibleAnnotations");
    let mut annotation = vec![0, 1];
    annotation.extend(text.to_be_bytes());
    annotation.extend([0, 1]);
    annotation.extend(text.to_be_bytes());
    annotation.extend(b"[\0\x01".repeat(depth));
    annotation.extend([b's', 0, 1]);
    class.file(name, 0, &attributes(attribute, &annotation))
}

/// A table of one attribute.
fn attributes(name: u16, content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).unwrap();
    [&[0, 1], &name.to_be_bytes()[..], &length.to_be_bytes(), content].concat()
}
