//! Files are read back as they were written, and damaged files give an error.

use super::*;
use googlesql::value::ColumnType as T;
use proptest::prelude::*;

const ALL: [Container; 2] = [Container::Avro, Container::Parquet];

/// The columns and rows of a file on its own.
fn read_alone(container: Container, file: &[u8], options: ReadOptions) -> Result<Content, String> {
    let mut memory = Memory::default();
    let content = container.read(&Bytes::copy_from_slice(file), options, &mut memory)?;
    let rows: usize = content.1.iter().map(|row| bytes_of_row(row)).sum();
    assert_eq!(memory.taken(), rows, "{container:?}");
    Ok(content)
}

fn text(text: &str) -> Value {
    Value::Text(text.into())
}

/// One column of each type, and rows with and without values.
fn everything() -> Content {
    let point = T::Struct(vec![
        Column::nullable("x", T::Float64),
        Column::nullable("marks", T::Array(Box::new(T::String))),
    ]);
    let kinds = [
        ("flag", T::Bool),
        ("id", T::Int64),
        ("ratio", T::Float64),
        ("price", T::Numeric),
        ("name", T::String),
        ("raw", T::Bytes),
        ("day", T::Date),
        ("clock", T::Time),
        ("local", T::DateTime),
        ("moment", T::Timestamp),
        ("tags", T::Array(Box::new(T::Int64))),
        ("point", point.clone()),
        ("way", T::Array(Box::new(point))),
    ];
    let mut columns: Vec<_> = kinds.map(|(name, kind)| Column::nullable(name, kind)).into();
    columns[1].nullable = false;
    let spot = |x, marks: &[&str]| {
        Value::Struct(vec![
            x,
            Value::Array(marks.iter().map(|mark| text(mark)).collect()),
        ])
    };
    let full = vec![
        Value::Bool(true),
        Value::Int(i64::MIN),
        Value::Float(-0.1),
        Value::Numeric("-1234.000000001".into()),
        text("ü\u{1f600}"),
        Value::Bytes(vec![0, 255]),
        Value::Date("0001-01-01".into()),
        Value::Time("23:59:59.999999".into()),
        Value::DateTime("9999-12-31T23:59:59".into()),
        Value::Timestamp(-1),
        Value::Array(vec![Value::Int(1), Value::Int(2)]),
        spot(Value::Float(1.5), &["a", ""]),
        Value::Array(vec![spot(Value::Null, &[]), spot(Value::Float(2.0), &["b"])]),
    ];
    let empty = columns.iter().map(|column| match &column.kind {
        T::Int64 => Value::Int(0),
        T::Array(_) => Value::Array(Vec::new()),
        _ => Value::Null,
    });
    let empty = empty.collect();
    let mut rows = vec![full.clone(), empty, full];
    rows[2][1] = Value::Int(7);
    (columns, rows)
}

#[test]
fn files_are_read_back() {
    let (columns, rows) = everything();
    for container in ALL {
        for codec in [Codec::None, Codec::Deflate, Codec::Snappy] {
            let file = container.write(&columns, &rows, codec, true).unwrap();
            let (read_columns, read) = read_alone(container, &file, ReadOptions::FULL).unwrap();
            assert_eq!(read, rows, "{container:?} {codec:?}");
            let names_and_types = |columns: &[Column]| {
                let one = |column: &Column| {
                    (
                        column.name.clone(),
                        format!("{:?}", column.kind).replace("false", "true"),
                    )
                };
                columns.iter().map(one).collect::<Vec<_>>()
            };
            assert_eq!(
                names_and_types(&read_columns),
                names_and_types(&columns),
                "{container:?}"
            );
            assert_eq!(container.columns(&file.into()), Ok(read_columns.clone()));
            assert!(!read_columns[1].nullable && read_columns[2].nullable);
        }
    }
}

#[test]
fn many_rows_take_many_blocks() {
    let columns = [Column::nullable("n", T::Int64), Column::nullable("t", T::String)];
    let row = |n| {
        let padding = if n % 3 == 0 {
            Value::Null
        } else {
            text("xxxxxxxxxxxxxxxx")
        };
        vec![Value::Int(n), padding]
    };
    let rows: Vec<_> = (0..150_000).map(row).collect();
    for container in ALL {
        let file = container.write(&columns, &rows, Codec::Snappy, true).unwrap();
        assert_eq!(read_alone(container, &file, ReadOptions::FULL).unwrap().1, rows);
        let file = container.write(&columns, &[], Codec::None, true).unwrap();
        assert_eq!(
            read_alone(container, &file, ReadOptions::FULL).unwrap().1.len(),
            0
        );
    }
}

#[test]
fn types_are_plain_without_logical_types_and_list_inference() {
    let columns = [
        Column::nullable("day", T::Date),
        Column::nullable("moment", T::Timestamp),
        Column::nullable("tags", T::Array(Box::new(T::String))),
    ];
    let rows = [vec![
        Value::Date("1970-01-02".into()),
        Value::Timestamp(5),
        Value::Array(vec![text("a")]),
    ]];
    let plain = ReadOptions {
        logical_types: false,
        list_inference: false,
    };
    let avro = Container::Avro.write(&columns, &rows, Codec::None, true).unwrap();
    let (kinds, read) = read_alone(Container::Avro, &avro, plain).unwrap();
    assert_eq!((&kinds[0].kind, &kinds[1].kind), (&T::Int64, &T::Int64));
    assert_eq!(read[0][..2], [Value::Int(1), Value::Int(5)]);
    // As an export without logical types has it.
    let avro = Container::Avro
        .write(&columns, &rows, Codec::None, false)
        .unwrap();
    let (kinds, read) = read_alone(Container::Avro, &avro, ReadOptions::FULL).unwrap();
    assert_eq!((&kinds[0].kind, &kinds[1].kind), (&T::String, &T::Int64));
    assert_eq!(read[0][0], text("1970-01-02"));
    // A list is a group of groups then, as BigQuery loads it.
    let parquet = Container::Parquet
        .write(&columns, &rows, Codec::None, true)
        .unwrap();
    let (kinds, read) = read_alone(Container::Parquet, &parquet, plain).unwrap();
    let element = T::Struct(vec![Column::nullable("element", T::String)]);
    let list = Column {
        nullable: false,
        ..Column::nullable("list", T::Array(Box::new(element)))
    };
    assert_eq!(kinds[2].kind, T::Struct(vec![list]));
    let group = Value::Struct(vec![text("a")]);
    assert_eq!(read[0][2], Value::Struct(vec![Value::Array(vec![group])]));
}

#[test]
fn invalid_files_are_errors() {
    let full = ReadOptions::FULL;
    assert_eq!(
        read_alone(Container::Avro, b"a,b\n", full).unwrap_err(),
        avro::NOT_AVRO
    );
    assert_eq!(
        read_alone(Container::Parquet, b"PAR1nothingPAR1", full).unwrap_err(),
        "Input file is not in Parquet format."
    );
    let (columns, rows) = everything();
    let avro = Container::Avro
        .write(&columns, &rows, Codec::Snappy, true)
        .unwrap();
    let early = read_alone(Container::Avro, &avro[..avro.len() - 20], full);
    assert_eq!(early.unwrap_err(), "the file ends too early");
    let odd = [vec![Value::Numeric("1".repeat(31))]];
    let column = [Column::nullable("n", T::Numeric)];
    for container in ALL {
        let error = container.write(&column, &odd, Codec::None, true).unwrap_err();
        assert!(error.contains("digits"), "{error}");
    }
}

proptest! {
    /// Whatever is in a file, reading it ends, with rows or with a sentence.
    #[test]
    fn a_damaged_file_is_handled(
        places in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        end in any::<prop::sample::Index>(),
        cut in any::<bool>(),
    ) {
        let (columns, rows) = everything();
        for container in ALL {
            for codec in [Codec::None, Codec::Snappy] {
                let mut file = container.write(&columns, &rows, codec, true).unwrap();
                for (place, byte) in &places {
                    let place = place.index(file.len());
                    file[place] = *byte;
                }
                if cut {
                    file.truncate(end.index(file.len()));
                }
                let _ = read_alone(container, &file, ReadOptions::FULL);
            }
        }
    }
}

/// An Avro file with one block.
fn avro_file(kind: &str, codec: &str, count: i64, block: &[u8]) -> Vec<u8> {
    let schema = format!(r#"{{"type":"record","name":"r","fields":[{{"name":"f","type":{kind}}}]}}"#);
    let mut file = b"Obj\x01".to_vec();
    avro::long(2, &mut file);
    for text in ["avro.schema", &schema, "avro.codec", codec] {
        avro::bytes(text.as_bytes(), &mut file);
    }
    avro::long(0, &mut file);
    file.extend([0; 16]);
    avro::long(count, &mut file);
    avro::bytes(block, &mut file);
    file.extend([0; 16]);
    file
}

#[test]
fn an_avro_file_that_says_more_than_it_has_is_refused() {
    let zeros = vec![0; 41 << 20];
    let mut bomb = Vec::new();
    let mut packer = flate2::read::DeflateEncoder::new(&zeros[..], flate2::Compression::fast());
    std::io::Read::read_to_end(&mut packer, &mut bomb).unwrap();
    // A thousand arrays of twenty thousand nulls, each of a few bytes.
    let mut nulls = Vec::new();
    avro::long(1_000, &mut nulls);
    for _ in 0..1_000 {
        avro::long(20_000, &mut nulls);
        avro::long(0, &mut nulls);
    }
    nulls.extend(vec![0; 40_000]);
    let symbol = format!(
        r#"{{"type":"enum","name":"e","symbols":["{}"]}}"#,
        "s".repeat(100_000)
    );
    // Two million entries without a key and a value.
    let map = r#"{"type":"map","values":"null"}"#;
    let mut entries = Vec::new();
    avro::long(2 << 20, &mut entries);
    entries.extend(vec![0; (2 << 20) + 1]);
    let arrays = r#"{"type":"array","items":{"type":"array","items":"null"}}"#;
    let memory = "rows that take more than 134217728 bytes of memory are not supported by the sandbox";
    for (what, file, error) in [
        (
            "many records",
            avro_file(r#""null""#, "null", i64::MAX, &[0]),
            "a block ends too early",
        ),
        (
            "fewer than none",
            avro_file(r#""long""#, "null", -1, &[0]),
            "a block's count is negative",
        ),
        (
            "a bomb",
            avro_file(r#""string""#, "deflate", 1, &bomb),
            "a block is too long",
        ),
        (
            "a length of 2 GiB",
            avro_file(
                r#""string""#,
                "snappy",
                1,
                &[0x80, 0x80, 0x80, 0x80, 8, 0, 0, 0, 0],
            ),
            "a block is too long",
        ),
        ("nulls", avro_file(arrays, "null", 1, &nulls), memory),
        ("entries of a map", avro_file(map, "null", 1, &entries), memory),
        (
            "a long symbol",
            avro_file(&symbol, "null", 1_000_000, &vec![0; 1_000_000]),
            memory,
        ),
        (
            "a string",
            avro_file(r#""string""#, "null", 1, &[0xff, 0xff, 0xff, 0xff, 0x0f]),
            "a length is negative",
        ),
    ] {
        let read = read_alone(Container::Avro, &file, ReadOptions::FULL);
        assert_eq!(read.err().as_deref(), Some(error), "{what}");
    }
    let nested = format!(
        "{}\"long\"{}",
        r#"{"type":"array","items":"#.repeat(61),
        "}".repeat(61)
    );
    let read = Container::Avro.columns(&avro_file(&nested, "null", 0, &[]).into());
    assert_eq!(
        read,
        Err("the type of f is not supported by the sandbox".to_owned())
    );
}

#[test]
fn files_that_are_read_together_share_the_memory() {
    let columns = [Column::nullable("t", T::String)];
    let rows = vec![vec![text(&"x".repeat(1_000))]; 20_000];
    for container in ALL {
        let file = Bytes::from(container.write(&columns, &rows, Codec::Deflate, true).unwrap());
        assert!(file.len() < 1 << 20);
        let mut memory = Memory::default();
        let read = |memory: &mut Memory| container.read(&file, ReadOptions::FULL, memory);
        let kept: Vec<_> = std::iter::from_fn(|| read(&mut memory).ok()).collect();
        assert_eq!(kept.len(), 6, "{container:?}");
        // What is let go has room again.
        for content in kept {
            let bytes = memory.taken();
            let converted = convert_rows(content, &columns, &mut memory).unwrap();
            assert_eq!((memory.taken(), converted.len()), (bytes, 20_000));
            memory.release(converted.iter().map(|row| bytes_of_row(row)).sum());
        }
        assert_eq!(read(&mut Memory::default()).unwrap().1.len(), 20_000);
    }
}

#[test]
fn rows_that_grow_are_refused() {
    let rows = vec![vec![Value::Int(1)]; 100_000];
    let own = vec![Column::nullable("n", T::Int64)];
    let wide: Vec<_> = (0..100)
        .map(|n| Column::nullable(format!("c{n}"), T::Int64))
        .collect();
    let numbers = T::Array(Box::new(T::Int64));
    let list = (
        vec![Column::nullable("n", numbers)],
        vec![vec![Value::Array(vec![Value::Int(1); 3 << 20])]],
    );
    let decimals = [Column::nullable("n", T::Array(Box::new(T::Numeric)))];
    for (content, columns) in [((own, rows), &wide[..]), (list, &decimals)] {
        let mut memory = Memory::of(&content.1).unwrap();
        let error = convert_rows(content, columns, &mut memory).unwrap_err();
        assert!(matches!(error, SchemaMismatch::TooLarge(_)), "{error}");
    }
}

#[test]
fn wide_rows_of_a_parquet_file_count_once() {
    let columns: Vec<_> = (0..800)
        .map(|n| Column::nullable(format!("c{n}"), T::Int64))
        .collect();
    let rows = vec![vec![Value::Int(1); 800]; 4_500];
    let file = Container::Parquet
        .write(&columns, &rows, Codec::Snappy, true)
        .unwrap();
    let read = read_alone(Container::Parquet, &file, ReadOptions::FULL);
    assert_eq!(read.unwrap().1.len(), 4_500);
}

#[test]
fn large_rows_are_written_piece_by_piece() {
    /// Keeps what is written, and the largest piece.
    #[derive(Default)]
    struct Pieces(Vec<u8>, usize);

    impl Write for Pieces {
        fn write(&mut self, piece: &[u8]) -> std::io::Result<usize> {
            self.0.extend(piece);
            self.1 = self.1.max(piece.len());
            Ok(piece.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    let columns = [Column::nullable("t", T::String)];
    let row = |n: u32| vec![text(&n.to_string().repeat(1 << 20))];
    let rows: Vec<_> = (0..40).map(row).collect();
    for container in ALL {
        let mut out = Pieces::default();
        container
            .write_to(&mut out, (&columns, &rows), Codec::None, true)
            .unwrap();
        assert!(out.1 < 5 << 20, "{container:?}: {}", out.1);
        let read = read_alone(container, &out.0, ReadOptions::FULL);
        assert!(read.unwrap().1 == rows, "{container:?}");
    }
}
