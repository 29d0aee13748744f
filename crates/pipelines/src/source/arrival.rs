//! The rows of the source: what they look like, and when they arrive. Same seed, same rows.

use chrono::{DateTime, Days, TimeDelta, Utc};
use rusqlite::types::Value as Cell;
use rusqlite::{Connection, OptionalExtension, params_from_iter};

/// How far back the first rows lie.
const FIRST_DAYS: u64 = 6;

/// A table that was not watched for longer gets at most about so many rows for the gap.
const MOST_PER_GAP: i64 = 300;

/// The longest normal step from one row to the next, in seconds.
const LONGEST_STEP: i64 = 5;

/// A table: where it is, its columns behind `id`, and how many rows it begins with.
pub(super) struct Table {
    pub database: &'static str,
    pub name: &'static str,
    columns: &'static [(&'static str, &'static str, Filling)],
    first_rows: i64,
}

/// What a column is filled with.
#[derive(Clone, Copy)]
enum Filling {
    Person,
    Of(&'static [&'static str]),
    /// Decimal text between two whole amounts.
    Money(u64, u64),
    Number(u64, u64),
    Day,
    Month,
    Truth,
}

use Filling::{Day, Money, Month, Number, Of, Person, Truth};

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
                Of(&[
                    "Data engineer",
                    "Site reliability engineer",
                    "Staff engineer",
                    "Analyst",
                ]),
            ),
            ("salary", "NUMERIC TEXT", Money(48_000, 165_000)),
            ("hired_on", "DATE TEXT", Day),
        ],
        first_rows: 120,
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
        first_rows: 480,
    },
    Table {
        database: "hr",
        name: "leave_request",
        columns: &[
            ("engineer_id", "INT64", Number(1, 120)),
            (
                "kind",
                "STRING TEXT",
                Of(&["vacation", "sick leave", "parental leave"]),
            ),
            ("days", "INT64", Number(1, 25)),
        ],
        first_rows: 60,
    },
    Table {
        database: "finance",
        name: "invoice",
        columns: &[
            ("customer_id", "INT64", Number(1, 400)),
            ("amount", "NUMERIC TEXT", Money(80, 98_000)),
            ("currency", "STRING TEXT", Of(PAID)),
            ("issued_on", "DATE TEXT", Day),
        ],
        first_rows: 275,
    },
    Table {
        database: "finance",
        name: "expense",
        columns: &[
            ("employee_id", "INT64", Number(1, 120)),
            (
                "category",
                "STRING TEXT",
                Of(&["travel", "hotel", "hardware", "books", "meals"]),
            ),
            ("amount", "NUMERIC TEXT", Money(5, 2_900)),
        ],
        first_rows: 190,
    },
    Table {
        database: "sales",
        name: "orders",
        columns: &[
            ("customer_id", "INT64", Number(1, 400)),
            (
                "status",
                "STRING TEXT",
                Of(&["new", "paid", "shipped", "returned"]),
            ),
            ("total", "NUMERIC TEXT", Money(12, 5_400)),
        ],
        first_rows: 640,
    },
    Table {
        database: "operations",
        name: "ticket",
        columns: &[
            ("opened_by", "STRING TEXT", Person),
            (
                "severity",
                "STRING TEXT",
                Of(&["low", "medium", "high", "critical"]),
            ),
            ("resolved", "BOOL INT", Truth),
        ],
        first_rows: 210,
    },
    Table {
        database: "marketing",
        name: "campaign",
        columns: &[
            (
                "name",
                "STRING TEXT",
                Of(&[
                    "Spring",
                    "Webinar \"Zero to ETL\"",
                    "Größer denken",
                    "春のキャンペーン",
                ]),
            ),
            ("budget", "NUMERIC TEXT", Money(1_000, 80_000)),
        ],
        first_rows: 40,
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

/// Lets in every row whose moment has come.
pub(super) fn arrive(connection: &mut Connection, seed: u64, now: DateTime<Utc>) -> rusqlite::Result<()> {
    let transaction = connection.transaction()?;
    for table in &TABLES {
        table.create(&transaction)?;
        table.arrive(&transaction, seed, now)?;
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

    fn arrive(&self, connection: &Connection, seed: u64, now: DateTime<Utc>) -> rusqlite::Result<()> {
        let newest = format!(
            "SELECT id, updated_at FROM {} ORDER BY id DESC LIMIT 1",
            self.path()
        );
        let last: Option<(i64, String)> = connection
            .query_row(&newest, [], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let now = now.timestamp();
        let (mut id, mut moment, pace) = if let Some((id, text)) = last {
            let moment = super::embedded::micros(&text).unwrap_or_default() / 1_000_000;
            (id, moment, ((now - moment) / MOST_PER_GAP).max(1))
        } else {
            let start = now - i64::try_from(FIRST_DAYS * 86_400).unwrap_or_default();
            // The first rows fill several days; each next one comes this much later on average.
            (0, start, (now - start) / self.first_rows)
        };
        let mut insert = connection.prepare(&format!(
            "INSERT INTO {} VALUES (?{})",
            self.path(),
            ", ?".repeat(self.columns.len() + 1)
        ))?;
        let first = id == 0;
        loop {
            let mut dice = Dice::new(seed ^ hash(self.name), id + 1);
            // Normally a row every 2 to 5 seconds; in a gap, or at first, as many times slower.
            // A thinned stretch ends with a row at `now`, and no step of it is shorter than a normal one
            // may be: otherwise a later look would put rows behind this one, into a window that has passed.
            let step = if first || pace > LONGEST_STEP {
                let slow = (pace / 2 + dice.up_to(pace.max(1))).max(LONGEST_STEP);
                slow.min(now - moment)
            } else {
                2 + dice.up_to(4)
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
                    .map(|(.., filling)| filling.cell(&mut dice, stamp)),
            );
            cells.push(Cell::Text(stamp.format("%F %T").to_string()));
            insert.execute(params_from_iter(cells))?;
        }
    }
}

impl Filling {
    fn cell(self, dice: &mut Dice, moment: DateTime<Utc>) -> Cell {
        // One cell in forty is NULL: real tables have holes.
        if dice.up_to(40) == 0 {
            return Cell::Null;
        }
        match self {
            Person => Cell::Text(format!("{} {}", dice.of(&FIRST_NAMES), dice.of(&LAST_NAMES))),
            Of(words) => Cell::Text(dice.of(words).to_owned()),
            Money(least, most) => {
                let whole = dice.between(least, most);
                Cell::Text(format!("{whole}.{:02}", dice.up_to(100)))
            }
            Number(least, most) => {
                Cell::Integer(i64::try_from(dice.between(least, most)).unwrap_or_default())
            }
            Day => {
                let back = Days::new(dice.between(1, 2_000));
                Cell::Text(
                    moment
                        .date_naive()
                        .checked_sub_days(back)
                        .unwrap_or_default()
                        .to_string(),
                )
            }
            Month => Cell::Text(
                (moment - TimeDelta::days(dice.up_to(90)))
                    .format("%Y-%m")
                    .to_string(),
            ),
            Truth => Cell::Integer(dice.up_to(2)),
        }
    }
}

fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// Repeatable chance for one row (`SplitMix64`).
struct Dice(u64);

impl Dice {
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

    fn of(&mut self, words: &'static [&'static str]) -> &'static str {
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
    fn no_row_arrives_behind_an_earlier_look() {
        for seed in 0..8 {
            let mut connection = Connection::open_in_memory().unwrap();
            for database in databases() {
                connection
                    .execute(&format!("ATTACH ':memory:' AS {database}"), [])
                    .unwrap();
            }
            let mut now = 1_700_000_000;
            // Looks close together, and after long absences.
            for gap in [0, 1, 2, 60, 400, 40_000, 3, 50, 2_000, 7, 3_000_000, 5, 90] {
                now += gap;
                let look = |at: i64| DateTime::from_timestamp(at, 0).unwrap();
                arrive(&mut connection, seed, look(now)).unwrap();
                let seen: Vec<i64> = TABLES.iter().map(|t| rows_until(&connection, t, now)).collect();
                arrive(&mut connection, seed, look(now + 45)).unwrap();
                for (table, seen) in TABLES.iter().zip(seen) {
                    let later = rows_until(&connection, table, now);
                    assert_eq!(later, seen, "{} seed {seed} gap {gap}", table.path());
                }
                now += 45;
            }
        }
    }
}
