//! Generates the rows of the source and decides when they arrive. The same seed gives the same rows.

use chrono::{DateTime, Days, NaiveDateTime, TimeDelta, Utc};
use rusqlite::types::Value as Cell;
use rusqlite::{Connection, OptionalExtension, params_from_iter};

/// How many days before the start the first rows are dated.
const INITIAL_DAYS: u64 = 6;

/// About how many rows a table gets at most for a time in which it was not read.
const MAX_ROWS_PER_GAP: i64 = 300;

/// The longest normal time from one row to the next, in seconds.
const MAX_STEP: i64 = 5;

/// A table: its columns after `id`, and the number of rows that it starts with.
pub(super) struct Table {
    pub database: &'static str,
    pub name: &'static str,
    columns: &'static [(&'static str, &'static str, Generator)],
    initial_rows: i64,
}

/// Generates the values of a column.
#[derive(Clone, Copy)]
enum Generator {
    Person,
    OneOf(&'static [&'static str]),
    /// A decimal text between two amounts.
    Money(u64, u64),
    Number(u64, u64),
    Day,
    Month,
    Bool,
}

use Generator::{Bool, Day, Money, Month, Number, OneOf, Person};

const PAID: &[&str] = &["EUR", "USD", "JPY", "GBP", "CHF"];

pub(super) const TABLES: [Table; 8] = [
    Table {
        database: "hr",
        name: "engineer",
        columns: &[
            ("full_name", "STRING TEXT", Person),
            (
                "title",
                "STRING TEXT",
                OneOf(&[
                    "Data engineer",
                    "Site reliability engineer",
                    "Staff engineer",
                    "Analyst",
                ]),
            ),
            ("salary", "NUMERIC TEXT", Money(48_000, 165_000)),
            ("hired_on", "DATE TEXT", Day),
        ],
        initial_rows: 120,
    },
    Table {
        database: "hr",
        name: "payroll",
        columns: &[
            ("engineer_id", "INT64", Number(1, 120)),
            ("pay_month", "STRING TEXT", Month),
            ("gross", "NUMERIC TEXT", Money(3_900, 13_800)),
            ("net", "NUMERIC TEXT", Money(2_400, 8_600)),
        ],
        initial_rows: 480,
    },
    Table {
        database: "hr",
        name: "leave_request",
        columns: &[
            ("engineer_id", "INT64", Number(1, 120)),
            (
                "kind",
                "STRING TEXT",
                OneOf(&["vacation", "sick leave", "parental leave"]),
            ),
            ("days", "INT64", Number(1, 25)),
        ],
        initial_rows: 60,
    },
    Table {
        database: "finance",
        name: "invoice",
        columns: &[
            ("customer_id", "INT64", Number(1, 400)),
            ("amount", "NUMERIC TEXT", Money(80, 98_000)),
            ("currency", "STRING TEXT", OneOf(PAID)),
            ("issued_on", "DATE TEXT", Day),
        ],
        initial_rows: 275,
    },
    Table {
        database: "finance",
        name: "expense",
        columns: &[
            ("employee_id", "INT64", Number(1, 120)),
            (
                "category",
                "STRING TEXT",
                OneOf(&["travel", "hotel", "hardware", "books", "meals"]),
            ),
            ("amount", "NUMERIC TEXT", Money(5, 2_900)),
        ],
        initial_rows: 190,
    },
    Table {
        database: "sales",
        name: "orders",
        columns: &[
            ("customer_id", "INT64", Number(1, 400)),
            (
                "status",
                "STRING TEXT",
                OneOf(&["new", "paid", "shipped", "returned"]),
            ),
            ("total", "NUMERIC TEXT", Money(12, 5_400)),
        ],
        initial_rows: 640,
    },
    Table {
        database: "operations",
        name: "ticket",
        columns: &[
            ("opened_by", "STRING TEXT", Person),
            (
                "severity",
                "STRING TEXT",
                OneOf(&["low", "medium", "high", "critical"]),
            ),
            ("resolved", "BOOL INT", Bool),
        ],
        initial_rows: 210,
    },
    Table {
        database: "marketing",
        name: "campaign",
        columns: &[
            (
                "name",
                "STRING TEXT",
                OneOf(&[
                    "Spring",
                    "Webinar \"Zero to ETL\"",
                    "Größer denken",
                    "春のキャンペーン",
                ]),
            ),
            ("budget", "NUMERIC TEXT", Money(1_000, 80_000)),
        ],
        initial_rows: 40,
    },
];

const FIRST_NAMES: [&str; 12] = [
    "Ada",
    "Bjørn",
    "Chiara",
    "Dmitri",
    "Eun-ji",
    "Fatima",
    "Grace",
    "Hiro",
    "Inés",
    "João",
    "Katherine",
    "Lê",
];
const LAST_NAMES: [&str; 12] = [
    "Lovelace", "O'Neill", "Rossi", "Ivanov", "Kim", "Haddad", "Hopper", "Tanaka", "García", "Silva",
    "Johnson", "Nguyễn",
];

pub(super) fn databases() -> Vec<&'static str> {
    let mut names: Vec<_> = TABLES.iter().map(|table| table.database).collect();
    names.dedup();
    names
}

/// Inserts every row that is due.
pub(super) fn insert_due_rows(
    connection: &mut Connection,
    seed: u64,
    now: DateTime<Utc>,
) -> rusqlite::Result<()> {
    let transaction = connection.transaction()?;
    for table in &TABLES {
        table.create(&transaction)?;
        table.insert_due_rows(&transaction, seed, now)?;
    }
    transaction.commit()
}

impl Table {
    fn path(&self) -> String {
        format!("{}.{}", self.database, self.name)
    }

    fn create(&self, connection: &Connection) -> rusqlite::Result<()> {
        let columns: Vec<String> = self
            .columns
            .iter()
            .map(|(name, kind, _)| format!("{name} {kind}, "))
            .collect();
        let columns = columns.concat();
        connection.execute_batch(&format!(
            "CREATE TABLE IF NOT EXISTS {} (id INTEGER PRIMARY KEY, {columns}updated_at \"TIMESTAMP TEXT\");
             CREATE INDEX IF NOT EXISTS {}.ix_{}_updated_at ON {} (updated_at);",
            self.path(),
            self.database,
            self.name,
            self.name
        ))
    }

    fn insert_due_rows(
        &self,
        connection: &Connection,
        seed: u64,
        now: DateTime<Utc>,
    ) -> rusqlite::Result<()> {
        let newest = format!(
            "SELECT id, updated_at FROM {} ORDER BY id DESC LIMIT 1",
            self.path()
        );
        let last: Option<(i64, String)> = connection
            .query_row(&newest, [], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let now = now.timestamp();
        let (mut id, mut moment, pace) = if let Some((id, text)) = last {
            let moment = micros(&text).unwrap_or_default() / 1_000_000;
            (id, moment, ((now - moment) / MAX_ROWS_PER_GAP).max(1))
        } else {
            let start = now - i64::try_from(INITIAL_DAYS * 86_400).unwrap_or_default();
            // The first rows are spread over several days, with this average distance.
            (0, start, (now - start) / self.initial_rows)
        };
        let mut insert = connection.prepare(&format!(
            "INSERT INTO {} VALUES (?{})",
            self.path(),
            ", ?".repeat(self.columns.len() + 1)
        ))?;
        let first = id == 0;
        loop {
            let mut random = Random::new(seed ^ hash(self.name), id + 1);
            // Normally there is a row every 2 to 5 seconds; initially and after a gap they are further apart.
            // Such a stretch ends with a row at `now` and has no step below the normal maximum. Otherwise a
            // later call could insert rows before that one, into a window that has already been read.
            let step = if first || pace > MAX_STEP {
                let slow = (pace / 2 + random.up_to(pace.max(1))).max(MAX_STEP);
                slow.min(now - moment)
            } else {
                2 + random.up_to(4)
            };
            if step <= 0 || moment + step > now {
                return Ok(());
            }
            (id, moment) = (id + 1, moment + step);
            let Some(stamp) = DateTime::from_timestamp(moment, 0) else {
                return Ok(());
            };
            let mut cells = vec![Cell::Integer(id)];
            cells.extend(
                self.columns
                    .iter()
                    .map(|(.., generator)| generator.cell(&mut random, stamp)),
            );
            cells.push(Cell::Text(stamp.format("%F %T").to_string()));
            insert.execute(params_from_iter(cells))?;
        }
    }
}

impl Generator {
    fn cell(self, random: &mut Random, moment: DateTime<Utc>) -> Cell {
        // One value in forty is NULL, as in real tables.
        if random.up_to(40) == 0 {
            return Cell::Null;
        }
        match self {
            Person => Cell::Text(format!(
                "{} {}",
                random.one_of(&FIRST_NAMES),
                random.one_of(&LAST_NAMES)
            )),
            OneOf(words) => Cell::Text(random.one_of(words).to_owned()),
            Money(least, most) => {
                let whole = random.between(least, most);
                Cell::Text(format!("{whole}.{:02}", random.up_to(100)))
            }
            Number(least, most) => {
                Cell::Integer(i64::try_from(random.between(least, most)).unwrap_or_default())
            }
            Day => {
                let back = Days::new(random.between(1, 2_000));
                Cell::Text(
                    moment
                        .date_naive()
                        .checked_sub_days(back)
                        .unwrap_or_default()
                        .to_string(),
                )
            }
            Month => Cell::Text(
                (moment - TimeDelta::days(random.up_to(90)))
                    .format("%Y-%m")
                    .to_string(),
            ),
            Bool => Cell::Integer(random.up_to(2)),
        }
    }
}

/// The microseconds since 1970 of a text as `updated_at` has it.
pub(super) fn micros(text: &str) -> Option<i64> {
    NaiveDateTime::parse_from_str(text, "%F %T")
        .ok()
        .map(|moment| moment.and_utc().timestamp_micros())
}

fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// A deterministic generator for one row (`SplitMix64`).
struct Random(u64);

impl Random {
    fn new(seed: u64, row: i64) -> Self {
        Self(seed.wrapping_add(row.unsigned_abs().wrapping_mul(0x9e37_79b9_7f4a_7c15)))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn between(&mut self, least: u64, most: u64) -> u64 {
        least + self.next() % (most - least + 1)
    }

    fn up_to(&mut self, end: i64) -> i64 {
        i64::try_from(self.next() % end.unsigned_abs().max(1)).unwrap_or_default()
    }

    fn one_of(&mut self, words: &'static [&'static str]) -> &'static str {
        let index = usize::try_from(self.next()).unwrap_or(0) % words.len();
        words[index]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows_until(connection: &Connection, table: &Table, until: i64) -> i64 {
        let sql = format!(
            "SELECT COUNT(*) FROM {} WHERE unixepoch(updated_at) <= ?1",
            table.path()
        );
        connection.query_row(&sql, [until], |row| row.get(0)).unwrap()
    }

    #[test]
    fn no_row_is_inserted_before_an_earlier_read() {
        for seed in 0..8 {
            let mut connection = Connection::open_in_memory().unwrap();
            for database in databases() {
                connection
                    .execute(&format!("ATTACH ':memory:' AS {database}"), [])
                    .unwrap();
            }
            let mut now = 1_700_000_000;
            // Reads in quick succession, and after long gaps.
            for gap in [0, 1, 2, 60, 400, 40_000, 3, 50, 2_000, 7, 3_000_000, 5, 90] {
                now += gap;
                let look = |at: i64| DateTime::from_timestamp(at, 0).unwrap();
                insert_due_rows(&mut connection, seed, look(now)).unwrap();
                let seen: Vec<i64> = TABLES.iter().map(|t| rows_until(&connection, t, now)).collect();
                insert_due_rows(&mut connection, seed, look(now + 45)).unwrap();
                for (table, seen) in TABLES.iter().zip(seen) {
                    let later = rows_until(&connection, table, now);
                    assert_eq!(later, seen, "{} seed {seed} gap {gap}", table.path());
                }
                now += 45;
            }
        }
    }
}
