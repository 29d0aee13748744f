//! Reads a Java class file as far as plugin discovery needs it: names, fields and annotations (JVMS chapter 4).
//!
//! A class file comes from a client. A short one can refer to a long text a thousand times, so every text that is
//! copied is charged to a budget, which all classes of a jar share.

use googlesql::limits::MAX_DEPTH;

/// A class with the parts that describe a plugin.
#[derive(Clone, Debug, Default)]
pub(crate) struct ClassFile {
    /// `lab.LabPlugins$LabWork`
    pub name: String,
    /// The superclass.
    pub parent: String,
    /// The fields that it declares itself.
    pub fields: Vec<Field>,
    annotations: Vec<Annotation>,
}

/// A field of a class.
#[derive(Clone, Debug, Default)]
pub(crate) struct Field {
    pub name: String,
    /// The name of its class or of its primitive type.
    pub class: String,
    pub is_static: bool,
    annotations: Vec<Annotation>,
}

/// An annotation with its string values.
#[derive(Clone, Debug, Default)]
pub(crate) struct Annotation {
    /// The simple name of the annotation's type.
    name: String,
    values: Vec<(String, String)>,
}

impl Annotation {
    pub fn value(&self, name: &str) -> Option<String> {
        self.values
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.clone())
    }
}

fn find<'a>(annotations: &'a [Annotation], name: &str) -> Option<&'a Annotation> {
    annotations.iter().find(|annotation| annotation.name == name)
}

impl Field {
    /// An annotation by its simple name.
    pub fn annotation(&self, name: &str) -> Option<&Annotation> {
        find(&self.annotations, name)
    }
}

/// An entry of the constant pool: a text, or the index of the text that names a class.
#[derive(Clone, Copy, Debug)]
enum Constant<'a> {
    Text(&'a [u8]),
    Class(u16),
    Other,
}

struct Reader<'a> {
    bytes: &'a [u8],
    constants: Vec<Constant<'a>>,
    /// How many bytes of text may still be copied.
    budget: &'a mut usize,
}

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (head, tail) = self.bytes.split_at_checked(count)?;
        self.bytes = tail;
        Some(head)
    }

    fn u8(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    fn u16(&mut self) -> Option<u16> {
        Some(u16::from_be_bytes(self.take(2)?.try_into().ok()?))
    }

    fn u32(&mut self) -> Option<usize> {
        usize::try_from(u32::from_be_bytes(self.take(4)?.try_into().ok()?)).ok()
    }

    /// The text at an index, or the name of the class there.
    fn text(&mut self, at: u16) -> Option<String> {
        let is_class = |constant: &Constant<'_>| matches!(constant, Constant::Class(_));
        let named = match self.constants.get(usize::from(at))? {
            Constant::Class(name) => self.constants.get(usize::from(*name))?,
            constant => constant,
        };
        let Constant::Text(bytes) = *named else {
            return None;
        };
        // A letter that is not UTF-8 becomes three bytes.
        *self.budget = self.budget.checked_sub(bytes.len() * 3).or_else(|| {
            *self.budget = 0;
            None
        })?;
        let text = String::from_utf8_lossy(bytes);
        Some(if self.constants.get(usize::from(at)).is_some_and(is_class) {
            text.replace('/', ".")
        } else {
            text.into_owned()
        })
    }

    fn constants(&mut self) -> Option<()> {
        let count = self.u16()?;
        self.constants = vec![Constant::Other];
        while self.constants.len() < usize::from(count) {
            let tag = self.u8()?;
            let constant = match tag {
                1 => {
                    let length = usize::from(self.u16()?);
                    Constant::Text(self.take(length)?)
                }
                7 => Constant::Class(self.u16()?),
                8 | 16 | 19 | 20 => self.take(2).map(|_| Constant::Other)?,
                15 => self.take(3).map(|_| Constant::Other)?,
                3 | 4 | 9..=12 | 17 | 18 => self.take(4).map(|_| Constant::Other)?,
                5 | 6 => self.take(8).map(|_| Constant::Other)?,
                _ => return None,
            };
            self.constants.push(constant);
            // A long or a double takes two entries (JVMS 4.4.5).
            if matches!(tag, 5 | 6) {
                self.constants.push(Constant::Other);
            }
        }
        Some(())
    }

    /// Reads the next table of attributes and returns its annotations.
    fn annotations(&mut self) -> Option<Vec<Annotation>> {
        let mut found = Vec::new();
        for _ in 0..self.u16()? {
            let name = self.u16().and_then(|at| self.text(at))?;
            let length = self.u32()?;
            if name == "RuntimeVisibleAnnotations" {
                for _ in 0..self.u16()? {
                    found.push(self.annotation(0)?);
                }
            } else {
                self.take(length)?;
            }
        }
        Some(found)
    }

    /// Reads an annotation that lies this deep in others.
    fn annotation(&mut self, depth: usize) -> Option<Annotation> {
        let kind = self.u16().and_then(|at| self.text(at))?;
        let name = kind.trim_end_matches(';').rsplit(['/', '$']).next()?.to_owned();
        let mut values = Vec::new();
        for _ in 0..self.u16()? {
            let key = self.u16().and_then(|at| self.text(at))?;
            if let Some(value) = self.element(depth)? {
                values.push((key, value));
            }
        }
        Some(Annotation { name, values })
    }

    /// Reads one element value; only strings are kept.
    fn element(&mut self, depth: usize) -> Option<Option<String>> {
        if depth > MAX_DEPTH {
            return None;
        }
        match self.u8()? {
            b's' => self.u16().map(|at| self.text(at)),
            b'e' => self.take(4).map(|_| None),
            b'@' => self.annotation(depth + 1).map(|_| None),
            b'[' => {
                for _ in 0..self.u16()? {
                    self.element(depth + 1)?;
                }
                Some(None)
            }
            _ => self.take(2).map(|_| None),
        }
    }
}

/// The type of a field descriptor: `Ljava/lang/String;` is `java.lang.String`.
fn descriptor_type(descriptor: &str) -> String {
    match descriptor {
        "I" => "int".to_owned(),
        "J" => "long".to_owned(),
        "Z" => "boolean".to_owned(),
        "D" => "double".to_owned(),
        "F" => "float".to_owned(),
        other => other
            .trim_start_matches('L')
            .trim_end_matches(';')
            .replace('/', "."),
    }
}

impl ClassFile {
    /// Reads a class file; `None` if the bytes are not one, or if `budget`, a number of bytes, is used up.
    pub fn read(bytes: &[u8], budget: &mut usize) -> Option<Self> {
        let mut reader = Reader {
            bytes,
            constants: Vec::new(),
            budget,
        };
        if reader.u32()? != 0xcafe_babe {
            return None;
        }
        reader.take(4)?;
        reader.constants()?;
        reader.take(2)?;
        let name = reader.u16().and_then(|at| reader.text(at))?;
        let parent = reader.u16().and_then(|at| reader.text(at)).unwrap_or_default();
        let interfaces = usize::from(reader.u16()?);
        reader.take(interfaces * 2)?;
        let mut fields = Vec::new();
        for _ in 0..reader.u16()? {
            let flags = reader.u16()?;
            let name = reader.u16().and_then(|at| reader.text(at))?;
            let class = reader.u16().and_then(|at| reader.text(at))?;
            fields.push(Field {
                name,
                class: descriptor_type(&class),
                is_static: flags & 8 != 0,
                annotations: reader.annotations()?,
            });
        }
        for _ in 0..reader.u16()? {
            reader.take(6)?;
            reader.annotations()?;
        }
        Some(Self {
            name,
            parent,
            fields,
            annotations: reader.annotations()?,
        })
    }

    /// An annotation by its simple name.
    pub fn annotation(&self, name: &str) -> Option<&Annotation> {
        find(&self.annotations, name)
    }
}
